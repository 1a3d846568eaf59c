//! What is kept of the sound of a call.

use sidetone_types::event::{RecordingReason, RecordingState};
use sidetone_types::secret::SecretKind;

use super::*;
use crate::recording::{RecordingOrder, RecordingPolicy};

fn recorded(policy: RecordingPolicy) -> Stage {
    let mut stage = Stage::assisted([(Agent, stream()), (Customer, stream())], Some(context()));
    stage.call.record(policy);
    stage.drain();
    stage
}

fn policy() -> RecordingPolicy {
    RecordingPolicy {
        from_the_start: true,
        pause_for: [SecretKind::CardNumber].into(),
        ..RecordingPolicy::default()
    }
}

/// Answers what was asked of an utterance with the words of `text`, 300 ms each.
fn answer(stage: &mut Stage, text: &str) {
    while !stage.asked.is_empty() {
        let (id, job) = stage.asked.remove(0);
        let mut heard = hear(&job);
        heard.words = text
            .split(' ')
            .enumerate()
            .map(|(i, word)| Word {
                text: format!(" {word}"),
                start: Duration::from_millis(300 * i as u64),
                end: Duration::from_millis(300 * (i as u64 + 1)),
                confidence: 0.9,
                tokens: vec![i as u32],
            })
            .collect();
        stage.handle(Input::Answer(id, Ok(heard)));
    }
}

/// The customer says something for `ms`, and is silent.
fn say(stage: &mut Stage, role: Role, ms: u64, text: &str) {
    let other = if role == Agent { Customer } else { Agent };
    stage.stream(ms, &[(role, true), (other, false)]);
    let told = stage.sound.len();
    stage.stream(1_200, &[(role, false), (other, false)]);
    assert!(stage.sound.len() < told + 32_000, "held back");
    answer(stage, text);
    stage.stream(600, &[(role, false), (other, false)]);
}

/// Whether anything is heard of either side from `from` until `to`.
fn is_heard(stage: &Stage, from: u64, to: u64) -> bool {
    let place = |ms| MediaTime::from_millis(ms).samples() as usize * 2;
    stage.sound[place(from)..place(to)]
        .iter()
        .any(|sample| *sample != 0)
}

fn states(stage: &Stage) -> Vec<(RecordingState, RecordingReason, u64)> {
    let told = stage.events.iter().filter_map(|event| match &event.kind {
        EventKind::Recording(recording) => {
            Some((recording.state, recording.why, event.start.as_millis()))
        }
        _ => None,
    });
    told.collect()
}

#[test]
fn a_secret_that_is_told_is_silent_and_what_stands_around_it_is_heard() {
    let mut stage = recorded(RecordingPolicy {
        pause_for: [].into(),
        ..policy()
    });
    stage.stream(1_000, &[(Agent, false), (Customer, false)]);
    say(
        &mut stage,
        Customer,
        6_000,
        "well it is my phone that is so so so slow today and",
    );
    say(
        &mut stage,
        Customer,
        6_000,
        "my card number is 4556 7375 8689 9855 can you hear me well",
    );
    stage.handle(Input::HangUp(EndReason::Closed));
    answer(&mut stage, "");
    stage.wait(20_000);
    let told = stage.events.iter().filter_map(|event| event.kind.words());
    let told: Vec<_> = told.collect();
    let secret = told[1].redacted[0];
    assert_eq!(secret.kind, SecretKind::CardNumber);
    let (from, to) = (secret.start.as_millis(), secret.end.as_millis());
    assert!(to - from >= 1_200, "{from} to {to}");
    assert!(!is_heard(&stage, from - 390, to + 390));
    assert!(is_heard(&stage, from - 600, from - 410));
    assert!(is_heard(&stage, to + 410, to + 600));
    assert!(is_heard(&stage, 1_200, 6_900));
    // All of the call is there, to its last frame.
    assert_eq!(
        stage.sound.len() as u64 / 2,
        stage.call.position().samples()
    );
    assert_eq!(
        states(&stage)[0],
        (RecordingState::On, RecordingReason::Configured, 0)
    );
}

#[test]
fn it_pauses_by_itself_from_the_question_for_a_card_to_its_answer() {
    let mut stage = recorded(policy());
    stage.stream(1_000, &[(Agent, false), (Customer, false)]);
    say(
        &mut stage,
        Agent,
        3_000,
        "could i take your card number please",
    );
    let asked = 4_000;
    say(&mut stage, Customer, 3_000, "one moment i have to find it");
    say(&mut stage, Customer, 3_000, "4556 7375 8689 9855");
    for _ in 0..10 {
        say(
            &mut stage,
            Agent,
            3_000,
            "that has gone through and it will come by post",
        );
    }
    let states = states(&stage);
    let kinds: Vec<_> = states
        .iter()
        .map(|(state, why, _)| (*state, *why))
        .collect();
    let secret = RecordingReason::Secret;
    assert_eq!(
        kinds,
        [
            (RecordingState::On, RecordingReason::Configured),
            (RecordingState::Paused, secret),
            (RecordingState::On, secret),
        ]
    );
    assert!(states[1].2.abs_diff(asked) < 200, "{states:?}");
    assert!(!is_heard(&stage, states[1].2, states[2].2));
    assert!(is_heard(&stage, 1_100, 3_800));
    assert!(is_heard(&stage, states[2].2, states[2].2 + 5_000));
}

#[test]
fn whoever_pauses_it_is_told_and_a_call_without_a_policy_is_not_recorded() {
    let mut stage = recorded(policy());
    stage.stream(1_000, &[(Agent, true), (Customer, false)]);
    stage.handle(Input::Recording(RecordingOrder::Pause, "ann"));
    stage.stream(1_000, &[(Agent, true), (Customer, false)]);
    stage.handle(Input::Recording(RecordingOrder::Resume, "ann"));
    stage.stream(1_000, &[(Agent, true), (Customer, false)]);
    stage.handle(Input::HangUp(EndReason::Closed));
    answer(&mut stage, "well it is my phone");
    stage.wait(20_000);
    assert!(is_heard(&stage, 100, 900));
    assert!(!is_heard(&stage, 1_000, 2_000));
    assert!(is_heard(&stage, 2_100, 2_900));

    let mut stage = Stage::new([(Agent, stream())]);
    stage.handle(Input::Recording(RecordingOrder::Start, "ann"));
    stage.stream(3_000, &[(Agent, true)]);
    assert_eq!((states(&stage).len(), stage.sound.len()), (0, 0));
}

#[test]
fn a_leg_of_which_nothing_comes_does_not_keep_the_others_back() {
    let mut stage = Stage::assisted([(Agent, rtp()), (Customer, rtp())], Some(context()));
    stage.call.record(policy());
    let mut sender = Packetiser::new(7, 0, Codec::Pcmu);
    for packet in packets(&mut sender, &[false; 300]) {
        stage.now += Duration::from_millis(20);
        stage.datagram(Agent, &packet);
    }
    let given = stage.sound.len() as u64 / 2;
    assert!(given >= MediaTime::from_millis(3_000).samples(), "{given}");
}

#[test]
fn what_recognition_could_not_listen_to_is_not_kept() {
    let mut stage = recorded(policy());
    stage.stream(1_000, &[(Agent, false), (Customer, false)]);
    stage.stream(3_000, &[(Agent, false), (Customer, true)]);
    stage.stream(1_200, &[(Agent, false), (Customer, false)]);
    for (id, _) in std::mem::take(&mut stage.asked) {
        let error = RecogniseError("it broke".to_owned());
        stage.handle(Input::Answer(id, Err(error)));
    }
    stage.stream(2_000, &[(Agent, true), (Customer, false)]);
    stage.handle(Input::HangUp(EndReason::Closed));
    answer(&mut stage, "well it is my phone");
    stage.wait(20_000);
    assert!(!is_heard(&stage, 900, 4_300));
    assert!(is_heard(&stage, 5_700, 7_000));
}

#[test]
fn keys_that_are_told_as_secrets_are_not_heard_either() {
    let mut stage = recorded(policy());
    stage.stream(4_000, &[(Agent, true), (Customer, false)]);
    for key in ['4', '1', '7', '2'] {
        let duration = Duration::from_millis(120);
        stage.control(Customer, Control::Dtmf { key, duration });
        stage.stream(400, &[(Agent, true), (Customer, false)]);
    }
    stage.stream(2_000, &[(Agent, true), (Customer, false)]);
    stage.handle(Input::HangUp(EndReason::Closed));
    answer(&mut stage, "well it is my phone");
    stage.wait(20_000);
    assert!(is_heard(&stage, 500, 2_400));
    assert!(!is_heard(&stage, 4_000, 5_400));
    assert!(is_heard(&stage, 6_000, 7_400));
}
