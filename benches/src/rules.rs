//! Rules, and utterances for them to hear.

use std::fmt::Write;

use sidetone_core::rules::RuleSet;
use sidetone_core::script;
use sidetone_core::stable_words::StableWords;
use sidetone_types::lang::Lang;
use sidetone_types::party::Side;
use sidetone_types::time::MediaTime;

use crate::random::Random;

/// The rules that come with the program.
pub fn sample_rules() -> RuleSet {
    RuleSet::parse([
        (
            "general.en.toml",
            include_str!("../../kb/rules/general.en.toml"),
        ),
        (
            "general.zh.toml",
            include_str!("../../kb/rules/general.zh.toml"),
        ),
        (
            "telecom.en.toml",
            include_str!("../../kb/rules/telecom.en.toml"),
        ),
        (
            "telecom.zh.toml",
            include_str!("../../kb/rules/telecom.zh.toml"),
        ),
    ])
    .expect("a test of the core reads them all")
}

/// As many rules as a large call centre may write, half of them in each language.
pub fn two_hundred_rules() -> RuleSet {
    const RULES: u64 = 200;
    const PHRASES: u64 = 10;
    const ENGLISH: [&str; 24] = [
        "invoice",
        "charge",
        "router",
        "cancel",
        "contract",
        "parcel",
        "claim",
        "lawyer",
        "refund",
        "account",
        "delivery",
        "manager",
        "number",
        "signal",
        "evening",
        "light",
        "regulator",
        "policy",
        "friday",
        "fixed",
        "connection",
        "insurance",
        "payment",
        "supervisor",
    ];
    const MANDARIN: &str = "工信部投诉律师经理退款合同保险快递宽带路由器套餐处理解决星期亮灯";
    let signs: Vec<char> = MANDARIN.chars().collect();
    let mut random = Random::new(1);
    let mut text = String::new();
    for rule in 0..RULES {
        let english = rule % 2 == 0;
        let lang = if english { "en" } else { "zh" };
        let mut phrase = || -> String {
            let length = 2 + random.below(3);
            let mut pick = |from: usize| random.below(from as u64) as usize;
            let words = (0..length).map(|_| match english {
                true => format!("{} ", ENGLISH[pick(ENGLISH.len())]),
                false => signs[pick(signs.len())].to_string(),
            });
            words.collect()
        };
        let phrases: Vec<String> = (0..PHRASES).map(|_| phrase()).collect();
        write!(
            text,
            "[[rule]]\nname = \"{rule}\"\nlang = \"{lang}\"\naction = \"warn\"\nmessage = \"-\"\nany = {phrases:?}\n"
        )
        .expect("a string takes all");
    }
    RuleSet::parse([("200.toml", text)]).expect("such rules are good")
}

/// A finished utterance of a customer.
pub fn said(lang: Lang, text: &str) -> StableWords {
    script::said(1, Side::Customer, lang, MediaTime::ZERO, text)
}
