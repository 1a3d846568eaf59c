//! Whole calls in few words. What the sample rules make of single sentences is in `tests/understanding`.

mod voices;

use std::sync::Arc;

use proptest::prelude::*;

use super::{Alert, Watch};
use crate::rules::RuleSet;
use crate::script::{self, growing};
use crate::stable_words::StableWords;
use sidetone_types::lang::Lang;
use sidetone_types::party::Side;
use sidetone_types::time::MediaTime;

const RULES: &str = r#"
[[rule]]
name = "churn"
lang = "en"
role = "customer"
action = "escalate"
message = "Wants to leave"
script = "May I look for a better offer?"
any = ["cancel my (contract|policy)", "take my business elsewhere"]
not = ["if you"]
hold_s = 30
cooldown_s = 10

[[rule]]
name = "asks again"
lang = "en"
action = "warn"
message = "Asks again and again"
any = ["how long"]
count = 2
window_s = 60

[[rule]]
name = "监管投诉"
lang = "zh"
role = "customer"
action = "escalate"
message = "客户要向监管部门投诉"
near = [{ words = ["投诉", "(工信部|消协)"], within = 4 }]
"#;

fn watch(languages: &[Lang]) -> Watch {
    let rules = RuleSet::parse([("rules.toml", RULES)]).expect("they are good");
    Watch::new(Arc::new(rules), languages)
}

/// An utterance that begins at a second, in the language of its letters.
fn said(utterance: u64, side: Side, second: u64, text: &str) -> StableWords {
    let lang = if text.is_ascii() { Lang::EN } else { Lang::ZH };
    script::said(
        utterance,
        side,
        lang,
        MediaTime::from_millis(1000 * second),
        text,
    )
}

fn ms(at: MediaTime) -> u64 {
    at.as_millis()
}

#[test]
fn an_alert_says_what_who_where_and_why() {
    let mut watch = watch(&[Lang::EN]);
    let alerts = watch.observe_words(&said(3, Side::Customer, 35, "I will cancel my contract."));
    let [
        Alert {
            side,
            utterance,
            start,
            end,
            raised,
        },
    ] = &alerts[..]
    else {
        panic!("one alert: {}", alerts.len());
    };
    assert_eq!((*side, utterance.0), (Side::Customer, 3));
    assert_eq!((ms(*start), ms(*end)), (35_800, 37_000));
    assert_eq!((raised.alert, raised.rule.as_str()), (1, "churn"));
    assert_eq!(raised.script, "May I look for a better offer?");
    assert_eq!(raised.triggers, ["cancel my contract"]);
    assert_eq!(raised.why, "customer said \"cancel my contract\" at 00:35");
}

#[test]
fn words_taken_for_others_are_told_as_they_were_heard() {
    let mut watch = watch(&[Lang::ZH]);
    let alerts = watch.observe_words(&said(1, Side::Customer, 30, "我就要投诉到公信部。"));
    let raised = &alerts[0].raised;
    assert_eq!(raised.triggers, ["投诉", "公信部"]);
    assert_eq!(raised.why, "客户在 00:31 说“投诉 … 公信部”（音近“工信部”）");
}

#[test]
fn an_alert_does_not_wait_for_the_end_and_is_raised_once() {
    let mut watch = watch(&[Lang::EN]);
    let long = said(
        1,
        Side::Customer,
        0,
        "I will cancel my contract and that is all I have to say",
    );
    let raised: Vec<usize> = growing(&long)
        .map(|said| watch.observe_words(&said).len())
        .collect();
    assert_eq!(raised.iter().position(|alerts| *alerts == 1), Some(5));
    assert_eq!(raised.iter().sum::<usize>(), 1);
}

#[test]
fn only_what_was_said_before_keeps_an_early_alert_back() {
    let text = "if you wait I cancel my contract";
    assert!(
        watch(&[Lang::EN])
            .observe_words(&said(1, Side::Customer, 0, text))
            .is_empty()
    );
}

#[test]
fn the_other_side_and_other_languages_are_not_listened_to() {
    assert!(
        watch(&[Lang::EN])
            .observe_words(&said(1, Side::Agent, 0, "so you cancel my contract"))
            .is_empty()
    );
    assert!(
        watch(&[Lang::ZH])
            .observe_words(&said(1, Side::Customer, 0, "cancel my contract"))
            .is_empty()
    );
    assert!(
        watch(&[Lang::EN])
            .observe_words(&said(1, Side::Customer, 0, "投诉到工信部"))
            .is_empty()
    );
}

#[test]
fn a_count_tells_every_time_it_was_said() {
    let mut watch = watch(&[Lang::EN]);
    let twice = said(1, Side::Customer, 0, "how long is it now how long");
    assert_eq!(
        growing(&twice)
            .map(|said| watch.observe_words(&said).len())
            .sum::<usize>(),
        0
    );
    let alerts = watch.observe_words(&said(2, Side::Agent, 20, "you ask how long"));
    assert_eq!(
        alerts[0].raised.why,
        "customer said \"how long\" at 00:00, agent said \"how long\" at 00:20 (2 times within 1 min)"
    );
    assert_eq!(alerts[0].raised.triggers.len(), 2);
}

#[test]
fn said_again_it_lasts_longer_and_then_it_is_cleared_once() {
    let mut watch = watch(&[Lang::EN]);
    assert_eq!(watch.next_clear(), None);
    watch.observe_words(&said(1, Side::Customer, 0, "cancel my contract"));
    assert_eq!(watch.next_clear().map(ms), Some(31_200));
    assert!(
        watch
            .observe_words(&said(
                2,
                Side::Customer,
                20,
                "yes cancel my contract cancel my policy"
            ))
            .is_empty()
    );
    assert_eq!(watch.next_clear().map(ms), Some(52_800));
    assert!(watch.tick(MediaTime::from_millis(52_700)).is_empty());

    let cleared = watch.tick(MediaTime::from_millis(60_000));
    let [(at, cleared)] = &cleared[..] else {
        panic!("one is cleared");
    };
    assert_eq!((ms(*at), cleared.alert), (52_800, 1));
    assert_eq!(cleared.why, "not heard again for 30 s");
    assert_eq!(watch.next_clear(), None);
    assert!(watch.tick(MediaTime::from_millis(90_000)).is_empty());

    assert!(
        watch
            .observe_words(&said(3, Side::Customer, 60, "cancel my contract"))
            .is_empty(),
        "cooling"
    );
    let again = watch.observe_words(&said(4, Side::Customer, 70, "cancel my contract"));
    assert_eq!(again[0].raised.alert, 2);
}

#[test]
fn words_of_before_do_not_raise_again_once_an_alert_was_cleared() {
    let mut watch = watch(&[Lang::EN]);
    let long = said(
        1,
        Side::Customer,
        0,
        "cancel my contract as soon as you can",
    );
    let mut steps = growing(&long);
    let raised: usize = steps
        .by_ref()
        .take(5)
        .map(|said| watch.observe_words(&said).len())
        .sum();
    assert_eq!(raised, 1);
    watch.tick(MediaTime::from_millis(500_000));
    let late = StableWords {
        words: long.words.clone(),
        ..long.clone()
    };
    assert!(watch.observe_words(&late).is_empty());
}

#[test]
fn a_find_that_means_something_else_once_the_sentence_is_over_is_taken_back() {
    let mut watch = watch(&[Lang::EN]);
    let turned = said(
        1,
        Side::Customer,
        0,
        "I cancel my contract when pigs fly is what they tell me if you ask",
    );
    let mut later = turned.clone();
    later.words.truncate(8);
    later.finished = false;
    assert_eq!(watch.observe_words(&later).len(), 1);
    assert!(watch.withdrawn().is_empty());
    let rest = said(1, Side::Customer, 0, "I do not cancel my contract");
    assert!(watch.observe_words(&rest).is_empty());
    let withdrawn = watch.withdrawn();
    assert!(withdrawn.len() == 1 && withdrawn[0].withdrawn && withdrawn[0].alert == 1);
    assert_eq!(watch.next_clear(), None);
    assert!(watch.withdrawn().is_empty(), "told once");
    let again = watch.observe_words(&said(2, Side::Customer, 9, "cancel my contract"));
    assert_eq!(again[0].raised.alert, 2);
}

proptest! {
    /// However speech is cut into steps, the same alerts come of it.
    #[test]
    fn growing_utterances_raise_what_finished_ones_do(
        texts in prop::collection::vec("(cancel |my |contract |how |long |not |want to |投诉|到|工信部){1,8}", 1..6),
        agent in any::<bool>(),
    ) {
        let side = if agent { Side::Agent } else { Side::Customer };
        let rules = |alerts: Vec<Alert>| alerts.into_iter().map(|alert| alert.raised.rule).collect::<Vec<_>>();
        let (mut whole, mut steps) = (watch(&[Lang::EN, Lang::ZH]), watch(&[Lang::EN, Lang::ZH]));
        for (place, text) in texts.iter().enumerate() {
            let said = said(place as u64 + 1, side, place as u64 * 20, text);
            let mut at_once = rules(whole.observe_words(&said));
            let mut in_steps = rules(growing(&said).flat_map(|said| steps.observe_words(&said)).collect());
            at_once.sort();
            in_steps.sort();
            prop_assert_eq!(at_once, in_steps);
        }
    }
}

#[test]
fn a_phrase_that_a_second_pass_moves_over_a_cut_counts_once() {
    let mut watch = watch(&[Lang::EN]);
    let live = [
        said(1, Side::Customer, 10, "and how long"),
        said(2, Side::Customer, 14, "does it take"),
    ];
    for said in &live {
        assert!(watch.observe_words(said).is_empty());
    }
    let lines = || live.iter().map(|said| (said.utterance, Some(said)));
    let moved = [
        said(1, Side::Customer, 10, "and"),
        said(2, Side::Customer, 14, "how long does it take"),
    ];
    assert!(watch.observe_revised(lines(), &moved).is_empty());
    let both = [said(2, Side::Customer, 14, "how long does it take")];
    let alerts = watch.observe_revised(lines(), &both);
    assert_eq!(alerts.len(), 1, "it was said twice");
}
