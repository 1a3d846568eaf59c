//! Rules that ask what a voice sounds like.

use super::*;
use crate::escalation::Felt;
use sidetone_types::emotion::{Emotion, Mood, Reading, VoiceMood};
use sidetone_types::id::UtteranceId;

const RULES: &str = r#"
lang = "en"

[[rule]]
name = "angry"
role = "customer"
action = "warn"
message = "The customer sounds angry"
mood = "anger"
mood_above = 0.6
hold_s = 30
cooldown_s = 10

[[rule]]
name = "strained"
role = "customer"
action = "escalate"
message = "It gets worse"
strain = { above = 0.5, turns = 2, of = 3 }

[[rule]]
name = "angry to leave"
action = "escalate"
message = "Wants to leave, and means it"
any = ["cancel my contract"]
mood = "anger"
"#;

fn watch(languages: &[Lang]) -> Watch {
    let rules = RuleSet::parse([("voices.toml", RULES)]).expect("they are good");
    Watch::new(Arc::new(rules), languages)
}

/// Two seconds of an utterance, sounding angry with this probability.
fn felt(utterance: u64, side: Side, second: u64, anger: f32, strain: f32) -> Felt {
    let mut moods = [(1.0 - anger) / 4.0; 5];
    moods[Mood::Anger as usize] = anger;
    let moods = Reading { moods };
    Felt {
        side,
        lang: Lang::EN,
        start: MediaTime::from_millis(1000 * second),
        end: MediaTime::from_millis(1000 * second + 2000),
        emotion: Emotion {
            utterance: UtteranceId(utterance),
            voice: Some(VoiceMood::new(moods, 0.0)),
            strain,
            trend: 0.0,
        },
    }
}

fn names(alerts: &[Alert]) -> Vec<&str> {
    alerts
        .iter()
        .map(|alert| alert.raised.rule.as_str())
        .collect()
}

#[test]
fn an_angry_voice_raises_an_alert_with_its_span_and_calm_clears_it() {
    let mut watch = watch(&[Lang::EN]);
    assert!(
        watch
            .observe_emotion(&felt(1, Side::Customer, 5, 0.55, 0.1))
            .is_empty()
    );
    assert!(
        watch
            .observe_emotion(&felt(2, Side::Agent, 8, 0.9, 0.1))
            .is_empty(),
        "the agent"
    );
    let alerts = watch.observe_emotion(&felt(3, Side::Customer, 35, 0.72, 0.2));
    assert_eq!(names(&alerts), ["angry"]);
    let alert = &alerts[0];
    assert_eq!(
        (alert.start.as_millis(), alert.end.as_millis()),
        (35_000, 37_000)
    );
    assert_eq!(alert.raised.why, "customer at 00:35 sounded angry (72 %)");
    assert!(alert.raised.triggers.is_empty());
    assert!(watch.tick(MediaTime::from_millis(66_999)).is_empty());
    assert_eq!(watch.tick(MediaTime::from_millis(67_000)).len(), 1);
}

#[test]
fn strain_has_to_last_for_several_turns() {
    let mut watch = watch(&[Lang::EN]);
    let turn = |watch: &mut Watch, i: u64, strain| {
        let alerts = watch.observe_emotion(&felt(2 * i, Side::Customer, 10 * i, 0.3, strain));
        watch.observe_words(&said(2 * i, Side::Customer, 10 * i, "well then"));
        watch.observe_words(&said(2 * i + 1, Side::Agent, 10 * i + 5, "I see"));
        alerts
    };
    assert!(turn(&mut watch, 1, 0.8).is_empty());
    assert!(turn(&mut watch, 2, 0.2).is_empty());
    let alerts = turn(&mut watch, 3, 0.7);
    assert_eq!(names(&alerts), ["strained"]);
    assert_eq!(
        (alerts[0].start.as_millis(), alerts[0].end.as_millis()),
        (10_000, 32_000)
    );
    assert!(
        alerts[0]
            .raised
            .why
            .contains("strained in 2 of the last 3 turns")
    );
}

#[test]
fn words_and_voice_together_wait_for_each_other() {
    let words = "please cancel my contract now";
    // Words are settled before the voice is read: the finished utterance decides.
    let mut watch = watch(&[Lang::EN]);
    let so_far = StableWords {
        finished: false,
        ..said(1, Side::Agent, 3, words)
    };
    assert!(watch.observe_words(&so_far).is_empty());
    assert!(
        watch
            .observe_emotion(&felt(1, Side::Agent, 3, 0.8, 0.1))
            .is_empty()
    );
    let alerts = watch.observe_words(&said(1, Side::Agent, 3, words));
    assert_eq!(names(&alerts), ["angry to leave"]);
    let why = &alerts[0].raised.why;
    assert!(
        why.contains("\"cancel my contract\"") && why.contains("sounded angry (80 %)"),
        "{why}"
    );
    assert_eq!(alerts[0].raised.triggers, ["cancel my contract"]);
    // Said calmly it is nothing, and another utterance's anger does not count.
    assert!(
        watch
            .observe_emotion(&felt(2, Side::Agent, 200, 0.8, 0.1))
            .is_empty()
    );
    assert!(
        watch
            .observe_emotion(&felt(3, Side::Agent, 210, 0.2, 0.1))
            .is_empty()
    );
    assert!(
        watch
            .observe_words(&said(3, Side::Agent, 210, words))
            .is_empty()
    );
}

#[test]
fn a_call_in_two_languages_is_warned_of_once() {
    let mandarin = RULES
        .replace("lang = \"en\"", "lang = \"zh\"")
        .replace("name = \"", "name = \"又 ");
    let files = [("en.toml", RULES), ("zh.toml", mandarin.as_str())];
    let rules = RuleSet::parse(files).expect("they are good");
    let mut watch = Watch::new(Arc::new(rules), &[Lang::EN, Lang::ZH]);
    let alerts = watch.observe_emotion(&felt(1, Side::Customer, 5, 0.9, 0.1));
    assert_eq!(names(&alerts), ["angry"]);
    let in_mandarin = Felt {
        lang: Lang::ZH,
        ..felt(2, Side::Customer, 8, 0.9, 0.1)
    };
    let alerts = watch.observe_emotion(&in_mandarin);
    assert_eq!(names(&alerts), ["又 angry"]);
    assert_eq!(alerts[0].raised.why, "客户在 00:08 听起来愤怒（90%）");
}

#[test]
fn a_mistake_in_what_is_asked_of_a_voice_is_named() {
    for (from, to, expected) in [
        (
            "mood = \"anger\"",
            "mood = \"fury\"",
            "unknown variant `fury`",
        ),
        (
            "mood_above = 0.6",
            "mood_above = 1.5",
            "`mood_above` of rule `angry` must be between",
        ),
        (
            "mood = \"anger\"\nmood_above",
            "any = [\"x-ray\"]\nmood_above",
            "`mood_above` of rule `angry` has no meaning",
        ),
        (
            "above = 0.5, turns = 2",
            "above = 5.0, turns = 2",
            "`strain` of rule `strained` needs `above`",
        ),
        (
            "turns = 2, of = 3",
            "turns = 4, of = 3",
            "`strain` of rule `strained` needs `turns`",
        ),
        (
            "turns = 2, of = 3",
            "turns = 2, of = 30",
            "`strain` of rule `strained` looks back too far",
        ),
        (
            "mood_above = 0.6",
            "not = [\"if you\"]",
            "`not` of rule `angry` has no meaning",
        ),
    ] {
        let bad = RULES.replacen(from, to, 1);
        assert_ne!(bad, RULES, "{from}");
        let error = RuleSet::parse([("voices.toml", bad)])
            .expect_err(to)
            .to_string();
        assert!(error.contains(expected), "{error}");
    }
}
