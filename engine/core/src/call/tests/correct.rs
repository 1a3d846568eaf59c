//! What people write over words that were misheard.

use sidetone_types::event::Revised;
use sidetone_types::id::UtteranceId;
use sidetone_types::recognise::Phrase;

use super::*;
use crate::correction::Correction;

/// A customer has said "wa wb wc.", and is heard.
fn said() -> Stage {
    let phrase = Phrase {
        text: "refund".to_owned(),
        boost: 1.5,
    };
    let assist = AssistContext {
        rules: Arc::new(RuleSet::parse([("rules.toml", LAWYER)]).expect("a rule")),
        vocabulary: Arc::from([phrase]),
        ..context()
    };
    let mut stage = Stage::assisted([(Agent, stream()), (Customer, stream())], Some(assist));
    speak(&mut stage);
    stage
}

const LAWYER: &str = r#"
[[rule]]
name = "legal threat"
lang = "en"
role = "customer"
any = ["my lawyer"]
severity = "critical"
action = "escalate"
message = "The customer speaks of a lawyer"
"#;

fn speak(stage: &mut Stage) {
    stage.stream(1_000, &[(Agent, false), (Customer, true)]);
    stage.stream(700, &[(Agent, false), (Customer, false)]);
    stage.answer(0);
}

/// The last that was told of an utterance.
fn told(stage: &Stage, utterance: u64) -> Event {
    let mut told = stage.events.iter().rev();
    let last = told.find(|event| {
        event.kind.words().is_some() && event.kind.utterance() == Some(UtteranceId(utterance))
    });
    last.expect("it was told").clone()
}

fn correct(stage: &mut Stage, utterance: u64, text: &str) -> Event {
    let correction = Correction {
        utterance: UtteranceId(utterance),
        text: text.to_owned(),
        by: "agent-7".to_owned(),
    };
    let heard = told(stage, utterance);
    stage.handle(Input::Correct(correction, Box::new(heard)));
    told(stage, utterance)
}

fn revised(event: &Event) -> &Revised {
    match &event.kind {
        EventKind::Revised(revised) => revised,
        other => panic!("{} is not revised", other.name()),
    }
}

#[test]
fn a_persons_words_take_the_place_of_what_was_heard() {
    let mut stage = said();
    let heard = told(&stage, 1);
    let event = correct(&mut stage, 1, "wa twenty-five dollars.");
    assert_eq!(
        (event.role, event.start, event.end),
        (Some(Customer), heard.start, heard.end)
    );
    let words = revised(&event);
    assert_eq!(words.live, "wa wb wc.");
    assert_eq!(words.words.text, "wa $25.");
    assert_eq!(words.by.as_deref(), Some("agent-7"));
    let again = correct(&mut stage, 1, "wa twice.");
    assert_eq!(revised(&again).live, "wa wb wc.", "what was heard stays");
    stage.handle(Input::HangUp(EndReason::Closed));
    stage.answer(0);
    let lines: Vec<&str> = stage.summaries[0]
        .lines
        .iter()
        .map(|line| line.text.as_str())
        .collect();
    assert_eq!(lines, ["wa twice."]);
}

#[test]
fn a_second_pass_leaves_what_was_corrected_and_what_was_said_around_it() {
    for before_it_is_asked in [true, false] {
        let mut stage = said();
        speak(&mut stage);
        if before_it_is_asked {
            correct(&mut stage, 1, "wa twice.");
        }
        stage.stream(6_000, &[(Agent, false), (Customer, false)]);
        assert_eq!(stage.asked.is_empty(), before_it_is_asked);
        if !before_it_is_asked {
            correct(&mut stage, 1, "wa twice.");
        }
        stage.answer(0);
        assert_eq!(revised(&told(&stage, 1)).words.text, "wa twice.");
        let other = told(&stage, 2).kind;
        assert!(matches!(other, EventKind::Final(_)), "words would move");
    }
}

#[test]
fn an_utterance_that_was_not_recognised_can_be_written_down() {
    let mut stage = said();
    stage.stream(1_000, &[(Agent, false), (Customer, true)]);
    stage.stream(700, &[(Agent, false), (Customer, false)]);
    while !stage.asked.is_empty() {
        let (id, _) = stage.asked.remove(0);
        let failed = RecogniseError("the recogniser failed".to_owned());
        stage.handle(Input::Answer(id, Err(failed)));
    }
    let heard = stage.events.last().expect("told").clone();
    assert_eq!(heard.kind.name(), "unrecognised");
    let correction = Correction {
        utterance: UtteranceId(2),
        text: "I want a refund.".to_owned(),
        by: String::new(),
    };
    stage.handle(Input::Correct(correction, Box::new(heard)));
    let event = told(&stage, 2);
    assert_eq!(
        (revised(&event).live.as_str(), event.role),
        ("", Some(Customer))
    );
    assert_eq!(revised(&event).words.text, "I want a refund.");
    stage.handle(Input::HangUp(EndReason::Closed));
    stage.answer(0);
    assert_eq!(stage.summaries[0].lines.len(), 2);
    assert_eq!(stage.ended().legs[1].utterances, 2);
}

#[test]
fn a_call_that_has_been_hung_up_takes_no_corrections() {
    let mut stage = said();
    stage.handle(Input::HangUp(EndReason::Closed));
    stage.answer(0);
    let count = stage.events.len();
    let last = correct(&mut stage, 1, "wa twice.");
    assert!(matches!(last.kind, EventKind::Final(_)));
    assert_eq!(stage.events.len(), count);
}

#[test]
fn what_was_corrected_is_listened_for_from_then_on() {
    let mut stage = said();
    correct(&mut stage, 1, "wa Aurora Fibre.");
    correct(&mut stage, 1, "wa Aurora Fibre!");
    stage.stream(1_000, &[(Customer, true)]);
    stage.stream(700, &[(Customer, false)]);
    let (_, job) = stage.asked.last().expect("asked for words");
    let phrases: Vec<(&str, f32)> = job
        .vocabulary
        .phrases()
        .map(|phrase| (phrase.text.as_str(), phrase.boost))
        .collect();
    assert_eq!(phrases, [("Aurora Fibre", 1.5), ("refund", 1.5)]);
}

#[test]
fn rules_hear_what_was_corrected_once() {
    let mut stage = said();
    let alerts = |stage: &Stage| {
        let raised = stage.kinds().into_iter();
        raised.filter(|kind| *kind == "alert_raised").count()
    };
    assert_eq!(alerts(&stage), 0);
    correct(&mut stage, 1, "You hear from my lawyer.");
    assert_eq!(alerts(&stage), 1);
    correct(&mut stage, 1, "You will hear from my lawyer.");
    assert_eq!(alerts(&stage), 1, "it is the same threat");
    correct(&mut stage, 1, "You will hear from my layer.");
    let last = &stage.events.last().expect("told").kind;
    let EventKind::AlertCleared(cleared) = last else {
        panic!("{} clears nothing", last.name());
    };
    assert!(cleared.withdrawn, "nobody spoke of a lawyer");
}

#[test]
fn an_alert_is_of_who_said_what_was_corrected_among_several_of_a_side() {
    let rules = LAWYER.replace("customer\"", "agent\"");
    let assist = AssistContext {
        rules: Arc::new(RuleSet::parse([("rules.toml", &*rules)]).expect("a rule")),
        ..context()
    };
    let legs = [
        (Agent, stream()),
        (Supervisor, stream()),
        (Customer, stream()),
    ];
    let mut stage = Stage::assisted(legs, Some(assist));
    let voices = |loud| [(Agent, false), (Supervisor, loud), (Customer, false)];
    stage.stream(1_000, &voices(true));
    stage.stream(700, &voices(false));
    stage.answer(0);
    correct(&mut stage, 1, "You hear from my lawyer.");
    let alert = stage
        .events
        .iter()
        .find(|event| event.kind.name() == "alert_raised");
    assert_eq!(alert.expect("raised").role, Some(Supervisor));
}

#[test]
fn words_of_a_second_pass_that_waited_do_not_follow_a_correction() {
    let mut stage = said();
    let final_words = told(&stage, 1).kind.words().expect("a final").clone();
    let revised = |by: Option<&str>| {
        EventKind::Revised(Revised {
            words: final_words.clone(),
            live: String::new(),
            by: by.map(str::to_owned),
        })
    };
    assert!(!stage.call.second_pass.is_outdated(&revised(None)));
    correct(&mut stage, 1, "wa twice.");
    assert!(stage.call.second_pass.is_outdated(&revised(None)));
    assert!(
        !stage
            .call
            .second_pass
            .is_outdated(&revised(Some("agent-7")))
    );
}
