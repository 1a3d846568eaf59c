//! What is listened for.

use std::sync::Arc;

use jiff::civil::date;
use sidetone_language::lexicon::Lexicon;
use sidetone_types::recognise::Phrase;

use super::*;
use crate::rules::RuleSet;

/// The phrases of the last question to the recogniser.
fn listened_for(stage: &mut Stage) -> Vec<String> {
    stage.stream(1_000, &[(Customer, true)]);
    stage.stream(700, &[(Customer, false)]);
    let (_, job) = stage.asked.last().expect("asked for words");
    let phrases = job.vocabulary.phrases();
    phrases.map(|phrase| phrase.text.clone()).collect()
}

#[test]
fn the_name_of_a_customer_is_listened_for_while_the_call_is_with_them() {
    let assist = AssistContext {
        rules: Arc::new(RuleSet::parse::<&str, &str>([]).expect("no rules")),
        began: date(2026, 11, 26).at(10, 0, 0, 0),
        lexicon: Lexicon::built_in(),
        terms: Arc::from([]),
        vocabulary: Arc::from([Phrase {
            text: "refund".to_owned(),
            boost: 1.5,
        }]),
    };
    let mut stage = Stage::assisted([(Customer, stream())], Some(assist));
    assert_eq!(listened_for(&mut stage), ["refund"]);
    let customer = sidetone_types::customer::Customer {
        name: "Margaret Doyle".to_owned(),
        ..Default::default()
    };
    stage.handle(Input::Customer(customer));
    assert_eq!(listened_for(&mut stage), ["Margaret Doyle", "refund"]);
    let change = CallChange {
        caller: Some(PhoneNumber {
            given: "+14155550199".to_owned(),
            e164: Some("+14155550199".to_owned()),
        }),
        ..CallChange::default()
    };
    stage.handle(Input::Change(change));
    assert_eq!(listened_for(&mut stage), ["refund"]);
}
