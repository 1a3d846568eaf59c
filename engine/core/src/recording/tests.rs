use std::f32::consts::TAU;

use sidetone_types::time::SAMPLE_RATE;
use sidetone_types::vad::FRAME;

use super::*;

const SECOND: u64 = SAMPLE_RATE as u64;

fn at(ms: u64) -> MediaTime {
    MediaTime::from_millis(ms)
}

fn recorded(policy: RecordingPolicy) -> Recorder {
    let mut recorder = Recorder::new(policy);
    recorder.begin();
    recorder
}

fn always() -> RecordingPolicy {
    RecordingPolicy {
        from_the_start: true,
        ..RecordingPolicy::default()
    }
}

/// Says `level` on a side from `from` until `to`, in milliseconds.
fn say(recorder: &mut Recorder, side: Side, (from, to): (u64, u64), level: f32) {
    for ms in (from..to).step_by(20) {
        recorder.hear((side as usize, side), at(ms), &[level; FRAME]);
    }
}

/// All that is given away before `until`, as one.
fn all(recorder: &mut Recorder, until: u64) -> Vec<i16> {
    let mut all = Vec::new();
    while let Some(recorded) = recorder.take(at(until), true) {
        match recorded {
            Recorded::Sound(sound) => all.extend_from_slice(&sound),
            Recorded::Nothing(samples) => all.resize(all.len() + 2 * samples as usize, 0),
            Recorded::Silence(_) => panic!("nothing was late"),
        }
    }
    all
}

/// The samples of both sides at a time.
fn both(sound: &[i16], ms: u64) -> [i16; 2] {
    let place = at(ms).samples() as usize * 2;
    [sound[place], sound[place + 1]]
}

fn state(event: Option<Change>) -> Option<(RecordingState, RecordingReason)> {
    match event? {
        (EventKind::Recording(recording), _) => Some((recording.state, recording.why)),
        (other, _) => panic!("{}", other.name()),
    }
}

#[test]
fn both_sides_stand_where_they_were_heard_and_what_nobody_said_is_silent() {
    let mut recorder = recorded(always());
    say(&mut recorder, Side::Agent, (500, 1_000), 0.25);
    say(&mut recorder, Side::Customer, (800, 1_500), 0.5);
    // Another leg of the agent's side.
    say(&mut recorder, Side::Agent, (900, 1_000), 0.25);
    let sound = all(&mut recorder, 2_000);
    assert_eq!(sound.len() as u64, 2 * 2 * SECOND);
    assert_eq!(both(&sound, 400), [0, 0]);
    assert_eq!(both(&sound, 600), [8_192, 0]);
    assert_eq!(both(&sound, 850), [8_192, 16_384]);
    assert_eq!(both(&sound, 950), [16_384, 16_384]);
    assert_eq!(both(&sound, 1_400), [0, 16_384]);
    assert_eq!(both(&sound, 1_600), [0, 0]);
}

#[test]
fn sound_is_held_back_until_it_is_settled_and_a_secret_in_it_is_silent_on_both_sides() {
    let mut recorder = recorded(always());
    for side in [Side::Agent, Side::Customer] {
        say(&mut recorder, side, (0, 4_000), 0.5);
    }
    assert_eq!(recorder.take(at(100), false), None, "too little");
    assert!(recorder.take(at(1_000), false).is_some());
    recorder.mute(at(2_000), at(3_000));
    let sound = all(&mut recorder, 4_000);
    let before = 1_000;
    assert_eq!(both(&sound, 1_580 - before), [16_384; 2]);
    for ms in [1_601, 2_000, 2_999, 3_399] {
        assert_eq!(both(&sound, ms - before), [0; 2], "{ms}");
    }
    assert_eq!(both(&sound, 3_401 - before), [16_384; 2]);
    // It is given away by now.
    recorder.mute(at(3_500), at(3_600));
    let late = recorder.take(at(4_000), true);
    let from = at(3_100).samples()..at(4_000).samples();
    assert_eq!(late, Some(Recorded::Silence(from)));
}

#[test]
fn nothing_is_kept_before_they_agree_and_nothing_after_they_do_not() {
    let mut recorder = Recorder::new(RecordingPolicy {
        needs_consent: true,
        ..always()
    });
    let begins = state(recorder.begin());
    assert_eq!(
        begins,
        Some((RecordingState::Off, RecordingReason::Consent))
    );
    say(&mut recorder, Side::Customer, (0, 1_000), 0.5);
    assert_eq!(recorder.take(at(1_000), true), None);
    let mut consent = |given, ms| {
        let order = RecordingOrder::Consent(given);
        let events = recorder.order(order, RecordingReason::Asked, "ann", at(ms));
        say(&mut recorder, Side::Customer, (ms, ms + 1_000), 0.5);
        let names: Vec<_> = events.iter().map(|(kind, _)| kind.name()).collect();
        names.join(" ")
    };
    assert_eq!(consent(true, 1_000), "consent recording");
    assert_eq!(consent(false, 2_000), "consent recording");
    assert_eq!(consent(false, 3_000), "consent");
    let sound = all(&mut recorder, 4_000);
    let heard = [500, 1_500, 2_500, 3_500].map(|ms| both(&sound, ms)[1]);
    assert_eq!(heard, [0, 16_384, 0, 0]);
}

#[test]
fn keys_of_an_agent_pause_it_and_others_do_not() {
    let mut recorder = recorded(RecordingPolicy {
        pause_key: "*7".into(),
        resume_key: "*7".into(),
        ..always()
    });
    let mut press = |key, ms| state(recorder.key(key, at(ms)));
    assert_eq!([press('*', 0), press('1', 200), press('7', 400)], [None; 3]);
    assert_eq!(press('*', 1_000), None);
    assert_eq!(press('7', 9_000), None, "much later");
    assert_eq!(press('*', 9_500), None);
    let paused = Some((RecordingState::Paused, RecordingReason::Key));
    assert_eq!(press('7', 9_700), paused);
    assert_eq!(press('*', 12_000), None);
    let on = Some((RecordingState::On, RecordingReason::Key));
    assert_eq!(press('7', 12_300), on);
}

#[test]
fn it_pauses_while_a_secret_is_expected_and_an_agents_pause_outlasts_that() {
    let mut recorder = recorded(RecordingPolicy {
        pause_for: [SecretKind::CardNumber].into(),
        ..always()
    });
    let mut expect = |kind, ms| state(recorder.expect(kind, at(ms)));
    assert_eq!(expect(Some(SecretKind::Phone), 1_000), None);
    let paused = Some((RecordingState::Paused, RecordingReason::Secret));
    assert_eq!(expect(Some(SecretKind::CardNumber), 2_000), paused);
    assert_eq!(expect(Some(SecretKind::CardNumber), 3_000), None);
    let pause = RecordingOrder::Pause;
    let asked = RecordingReason::Asked;
    assert_eq!(recorder.order(pause, asked, "", at(3_500)), []);
    assert_eq!(recorder.expect(None, at(4_000)), None);
    let on = recorder.order(RecordingOrder::Resume, asked, "", at(5_000));
    assert_eq!(
        state(on.into_iter().next()),
        Some((RecordingState::On, asked))
    );
    say(&mut recorder, Side::Agent, (0, 6_000), 0.5);
    let sound = all(&mut recorder, 6_000);
    let heard = [1_900, 2_100, 4_500, 5_100].map(|ms| both(&sound, ms)[0]);
    assert_eq!(heard, [16_384, 0, 0, 16_384]);
}

#[test]
fn what_nobody_has_looked_through_for_minutes_is_not_kept() {
    let mut recorder = recorded(always());
    say(&mut recorder, Side::Agent, (0, 130_000), 0.5);
    // Its first word has not been recognised yet.
    let sound = all(&mut recorder, 0);
    assert_eq!(sound.len() as u64, 2 * 10 * SECOND);
    assert!(sound.iter().all(|sample| *sample == 0));
    let rest = all(&mut recorder, 130_000);
    assert!(rest.iter().step_by(2).all(|sample| *sample != 0));
}

#[test]
fn an_order_holds_against_what_was_wanted_before_it_and_is_known_later() {
    let mut recorder = recorded(RecordingPolicy {
        pause_for: [SecretKind::CardNumber].into(),
        ..always()
    });
    say(&mut recorder, Side::Agent, (0, 20_000), 0.5);
    let rule = RecordingReason::Rule;
    let asked = RecordingReason::Asked;
    recorder.order(RecordingOrder::Pause, asked, "ann", at(9_500));
    // A rule has found words of before, and what was expected before that has been said.
    let resume = recorder.order(RecordingOrder::Resume, rule, "r", at(9_000));
    assert_eq!(resume, []);
    recorder.expect(Some(SecretKind::CardNumber), at(3_000));
    // Whoever wants to go on does not wait for the secret either.
    let on = recorder.order(RecordingOrder::Resume, asked, "ann", at(10_800));
    assert_eq!(on.first().map(|(_, from)| *from), Some(at(10_800)));
    assert_eq!(recorder.expect(None, at(10_000)), None);
    let sound = all(&mut recorder, 20_000);
    let heard = [2_900, 9_600, 10_700, 10_900].map(|ms| both(&sound, ms)[0]);
    assert_eq!(heard, [16_384, 0, 0, 16_384]);
}

#[test]
fn a_pause_that_is_known_late_silences_what_was_given_away() {
    let mut recorder = recorded(always());
    say(&mut recorder, Side::Agent, (0, 4_000), 0.5);
    assert!(recorder.take(at(3_000), false).is_some());
    let rule = RecordingReason::Rule;
    recorder.order(RecordingOrder::Pause, rule, "r", at(2_000));
    let late = at(2_000).samples()..at(3_000).samples();
    assert_eq!(
        recorder.take(at(3_000), false),
        Some(Recorded::Silence(late))
    );
}

#[test]
fn before_it_begins_no_sound_is_held_and_hours_of_silence_are_one_thing() {
    let mut recorder = Recorder::new(RecordingPolicy::default());
    assert_eq!(recorder.begin(), None);
    let hour = 3_600_000;
    say(&mut recorder, Side::Agent, (hour - 1_000, hour), 0.5);
    let asked = RecordingReason::Asked;
    // Paused before it is on: what comes late for before is not kept either.
    recorder.order(RecordingOrder::Pause, asked, "", at(hour));
    recorder.order(RecordingOrder::Start, asked, "", at(hour));
    say(&mut recorder, Side::Agent, (hour - 500, hour + 1_000), 0.5);
    assert_eq!(
        recorder.take(at(hour + 500), false),
        Some(Recorded::Nothing(at(hour + 500).samples()))
    );
    recorder.order(RecordingOrder::Resume, asked, "", at(hour + 1_000));
    assert!(recorder.fail().is_some());
    assert!(!recorder.can_record());
    let again = recorder.order(RecordingOrder::Start, asked, "", at(hour + 2_000));
    assert_eq!(again, [], "it cannot be recorded any more");
}

#[test]
fn an_automatic_pause_ends_when_nobody_says_the_secret_or_somebody_wants_to_go_on() {
    let pausing = || {
        recorded(RecordingPolicy {
            pause_for: [SecretKind::CardNumber].into(),
            ..always()
        })
    };
    let card = Some(SecretKind::CardNumber);
    let secret = RecordingReason::Secret;
    let mut recorder = pausing();
    assert!(recorder.expect(card, at(2_000)).is_some());
    assert_eq!(recorder.expect(card, at(30_000)), None);
    assert_eq!(recorder.pass(at(61_000)), None);
    let (_, from) = recorder.pass(at(62_100)).expect("it goes on");
    assert_eq!(from, at(62_000));
    assert_eq!(recorder.expect(card, at(70_000)), None, "it was waited for");
    assert_eq!(recorder.expect(None, at(80_000)), None);
    let paused = Some((RecordingState::Paused, secret));
    assert_eq!(
        state(recorder.expect(card, at(90_000))),
        paused,
        "asked anew"
    );

    // A part of it that is said is waited on from there.
    recorder.mute(at(140_000), at(141_000));
    assert_eq!(recorder.pass(at(160_000)), None);
    let asked = RecordingReason::Asked;
    let on = recorder.order(RecordingOrder::Resume, asked, "ann", at(165_000));
    let on = state(on.into_iter().next());
    assert_eq!(on, Some((RecordingState::On, asked)));
    assert_eq!(recorder.expect(card, at(170_000)), None);
}

#[test]
fn keys_that_are_heard_are_silent() {
    let mut recorder = recorded(always());
    for ms in (0..3_000).step_by(20) {
        let pressed = (1_000..1_100).contains(&ms);
        let sound: [f32; FRAME] = std::array::from_fn(|i| {
            let time = ms as f32 / 1_000.0 + i as f32 / SAMPLE_RATE as f32;
            let sine = |hz: f32| 0.2 * (TAU * hz * time).sin();
            match pressed {
                true => sine(770.0) + sine(1_209.0),
                false => sine(300.0),
            }
        });
        recorder.hear((0, Side::Customer), at(ms), &sound);
    }
    let sound = all(&mut recorder, 3_000);
    let loud = |from: u64, to: u64| (from..to).any(|ms| both(&sound, ms)[1] != 0);
    assert!(loud(900, 950));
    assert!(!loud(1_000, 1_101));
    assert!(loud(1_160, 1_300));
}
