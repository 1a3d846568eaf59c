//! What was said in many calls, and what quality managers ask about them.

use std::sync::LazyLock;

use sidetone_kb::archive::{Line, Order, Query};
use sidetone_kb::relevance::{SAMPLE_TABLE, parse_table};
use sidetone_types::lang::Lang;
use sidetone_types::party::Role;

use crate::random::Random;

/// Utterances of one call.
pub const LINES_PER_CALL: u64 = 30;

const RULES: [&str; 4] = ["churn", "regulator", "legal", "supervisor"];
const AGENTS: u64 = 200;
/// Calls begin so far apart, in milliseconds.
const APART: u64 = 30_000;
/// When the first one begins, in milliseconds since 1970.
const BEGIN: u64 = 1_770_000_000_000;

/// The lines of a call, half of the calls in each language, and the rules that raised alerts in it.
pub fn lines(call: u64) -> (Vec<Line>, Vec<String>) {
    let mut random = Random::new(call);
    let lang = (call % 2) as usize;
    let said = &SENTENCES[lang];
    let agent_id = format!("agent-{}", random.below(AGENTS));
    let line = |utterance: u64, random: &mut Random| Line {
        call_id: call_id(call),
        utterance,
        speaker: [Role::Agent, Role::Customer][(utterance % 2) as usize],
        agent_id: agent_id.clone(),
        customer_id: Some(format!("customer-{}", call / 3)),
        phone: Some(format!("+1415{:07}", call / 3)),
        lang: ["en", "zh"][lang].to_owned(),
        said_at: BEGIN + call * APART + utterance * 5_000,
        start_ms: utterance * 5_000,
        end_ms: utterance * 5_000 + 4_000,
        // A number of its own keeps lines from being all the same.
        text: format!(
            "{} {}",
            said[random.below(said.len() as u64) as usize],
            random.below(100_000)
        ),
        voice: None,
    };
    let lines = (0..LINES_PER_CALL)
        .map(|utterance| line(utterance, &mut random))
        .collect();
    let rules = RULES.iter().filter(|_| random.below(10) == 0);
    (lines, rules.map(|&rule| rule.to_owned()).collect())
}

/// Questions of all kinds: words, phrases, circumstances, and all of these together.
pub fn questions(count: u64) -> Vec<Query> {
    let mut random = Random::new(7);
    let texts = [
        "refund",
        "charged twice",
        "\"cancel my contract\"",
        "supervisor router",
        "invoice",
        "退款",
        "“重复扣”",
        "宽带 路由器",
        "投诉到工信部",
        "套餐",
        "",
    ];
    let question = |_| {
        let text = texts[random.below(texts.len() as u64) as usize];
        let mut sometimes = |of| random.below(of) == 0;
        let (by_role, by_agent, by_time, by_rule, by_best) = (
            sometimes(2),
            sometimes(4),
            sometimes(3),
            sometimes(4),
            sometimes(3),
        );
        let from = BEGIN + random.below(5_000) * APART;
        Query {
            speaker: by_role.then_some(Role::Customer),
            agent_id: by_agent.then(|| format!("agent-{}", random.below(AGENTS))),
            from: by_time.then_some(from),
            until: by_time.then_some(from + 2_000 * APART),
            rules: if by_rule {
                vec![RULES[random.below(4) as usize].to_owned()]
            } else {
                Vec::new()
            },
            order: if by_best { Order::Best } else { Order::Newest },
            ..Query::of(text)
        }
    };
    (0..count).map(question).collect()
}

fn call_id(call: u64) -> String {
    format!("call-{call:06}")
}

/// What callers say, in English and in Mandarin.
static SENTENCES: LazyLock<[Vec<String>; 2]> = LazyLock::new(|| {
    let rows = parse_table(SAMPLE_TABLE).expect("a test reads it");
    [Lang::EN, Lang::ZH].map(|lang| {
        let of_lang = rows.iter().filter(|row| row.lang == lang);
        of_lang.map(|row| row.said.clone()).collect()
    })
});
