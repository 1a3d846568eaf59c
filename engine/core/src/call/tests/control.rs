//! Who takes part, and what is listened to.

use super::*;
use sidetone_media::audio::Encoding;
use sidetone_media::rtp::Payload;
use sidetone_types::event::LegState;

fn party(role: Role, id: &str) -> Party {
    Party {
        role,
        id: id.into(),
        name: "".into(),
    }
}

/// What was told of legs and parties: kind, role, party.
fn changes(stage: &Stage) -> Vec<(String, Option<Role>, String)> {
    let told = stage.events.iter().filter_map(|event| {
        let what = match &event.kind {
            EventKind::LegState { state } => state.as_str(),
            EventKind::PartyJoined(_) | EventKind::PartyLeft | EventKind::SourceChanged => {
                event.kind.name()
            }
            _ => return None,
        };
        Some((what.to_owned(), event.role, event.party.to_string()))
    });
    told.collect()
}

fn final_parties(stage: &Stage) -> Vec<String> {
    let finals = stage.events.iter();
    let finals = finals.filter(|event| matches!(event.kind, EventKind::Final(_)));
    finals.map(|event| event.party.to_string()).collect()
}

#[test]
fn after_a_transfer_the_words_of_a_leg_are_those_of_the_new_agent() {
    let mut stage = Stage::new([(Agent, stream()), (Customer, stream())]);
    stage.control(Agent, Control::Join(party(Agent, "agent-7")));
    stage.stream(1_000, &[(Agent, true), (Customer, false)]);
    // In the middle of a word.
    stage.control(Agent, Control::Join(party(Agent, "agent-9")));
    stage.stream(1_000, &[(Agent, true), (Customer, false)]);
    stage.stream(700, &[(Agent, false), (Customer, false)]);
    stage.answer(0);
    assert_eq!(final_parties(&stage), ["agent-7", "agent-9"]);
    let joined = |id: &str| ("party_joined".to_owned(), Some(Agent), id.to_owned());
    let left = |id: &str| ("party_left".to_owned(), Some(Agent), id.to_owned());
    assert_eq!(
        changes(&stage),
        [
            left(""),
            joined("agent-7"),
            left("agent-7"),
            joined("agent-9")
        ]
    );
    stage.control(Agent, Control::Join(party(Agent, "agent-9")));
    assert_eq!(changes(&stage).len(), 4, "nothing has changed");
}

#[test]
fn music_on_hold_is_nobodys_words_and_no_lack_of_media() {
    for off in [Control::Hold, Control::Mute, Control::Pause] {
        let mut stage = Stage::new([(Customer, stream())]);
        stage.stream(1_000, &[(Customer, true)]);
        stage.control(Customer, off(true));
        stage.stream(4_000, &[(Customer, true)]);
        stage.wait(20_000);
        stage.control(Customer, off(false));
        stage.stream(1_000, &[(Customer, true)]);
        stage.stream(700, &[(Customer, false)]);
        stage.answer(0);
        assert_eq!(
            stage.finals(),
            [(Customer, 0, 1_000), (Customer, 5_000, 6_000)],
            "{:?}",
            off(true)
        );
        assert!(!stage.kinds().contains(&"no_media"), "{:?}", off(true));
        let states = changes(&stage);
        assert_eq!((states.len(), states[1].0.as_str()), (2, "active"));
    }
}

#[test]
fn music_on_hold_that_comes_as_rtp_is_left_out_as_well() {
    let mut stage = Stage::new([(Customer, rtp())]);
    let mut sender = Packetiser::new(7, 0, Codec::Pcmu);
    for (i, packet) in packets(&mut sender, &[true; 300]).into_iter().enumerate() {
        stage.wait(20);
        match i {
            100 => stage.control(Customer, Control::Hold(true)),
            200 => stage.control(Customer, Control::Hold(false)),
            _ => {}
        }
        stage.datagram(Customer, &packet);
    }
    stage.wait(2_000);
    stage.answer(0);
    let finals = stage.finals();
    assert_eq!(finals.len(), 2, "{finals:?}");
    let (first, second) = (finals[0].2, finals[1].1);
    assert!(first.abs_diff(2_000) <= 60 && second.abs_diff(4_000) <= 60);
    stage.handle(Input::HangUp(EndReason::Closed));
    stage.answer(0);
    let rtp = stage.ended().legs[0].rtp.as_ref().expect("RTP");
    assert_eq!((rtp.packets, rtp.lost), (300, 0), "and nothing was lost");
}

#[test]
fn a_call_that_is_held_outlives_the_media_timeout_and_not_for_ever() {
    let mut stage = Stage::new([(Agent, stream()), (Customer, stream())]);
    stage.stream(500, &[(Agent, false), (Customer, false)]);
    stage.control(Customer, Control::Hold(true));
    stage.wait(600_000);
    assert!(!stage.call.ending());
    stage.wait(3_600_000);
    assert_eq!(stage.ended().reason, EndReason::MediaTimeout);
}

#[test]
fn a_leg_that_is_muted_and_held_is_heard_again_once_both_are_over() {
    let mut stage = Stage::new([(Agent, stream())]);
    for control in [
        Control::Mute(true),
        Control::Hold(true),
        Control::Hold(false),
        Control::Hold(false),
        Control::Mute(false),
    ] {
        stage.control(Agent, control);
    }
    let states: Vec<String> = changes(&stage).into_iter().map(|(what, ..)| what).collect();
    assert_eq!(states, ["muted", "held", "muted", "active"]);
}

#[test]
fn keys_are_told_from_signalling_but_not_while_a_card_number_is_kept_from_us() {
    let mut stage = Stage::new([(Customer, stream())]);
    let key = Control::Dtmf {
        key: '5',
        duration: Duration::from_millis(80),
    };
    stage.control(Customer, key.clone());
    stage.control(Customer, Control::Pause(true));
    stage.control(Customer, key);
    let keys = stage.events.iter();
    let keys = keys.filter(|event| matches!(event.kind, EventKind::Dtmf { key: '5', .. }));
    assert_eq!(keys.count(), 1);
}

#[test]
fn a_supervisor_who_joins_with_a_leg_of_their_own_is_heard_at_the_time_they_speak() {
    let mut stage = Stage::new([(Agent, stream()), (Customer, stream())]);
    stage.stream(3_000, &[(Agent, false), (Customer, false)]);
    let leg = LegDescription::new(party(Role::Supervisor, "lead-1"), stream());
    let added = stage.call.add_leg(&leg, Box::new(Loud), stage.now);
    stage.roles.push(Role::Supervisor);
    stage.drain();
    assert_eq!(added, stage.leg(Role::Supervisor));
    stage.stream(1_000, &[(Role::Supervisor, true), (Customer, false)]);
    stage.stream(700, &[(Role::Supervisor, false), (Customer, false)]);
    stage.answer(0);
    assert_eq!(stage.finals(), [(Role::Supervisor, 3_000, 4_000)]);
    assert_eq!(final_parties(&stage), ["lead-1"]);
    stage.control(Role::Supervisor, Control::Leave);
    stage.stream(2_000, &[(Role::Supervisor, true), (Customer, false)]);
    assert!(stage.asked.is_empty(), "who has left is not listened to");
    let left = (
        "party_left".to_owned(),
        Some(Role::Supervisor),
        "lead-1".to_owned(),
    );
    assert_eq!(changes(&stage).last(), Some(&left));
}

#[test]
fn what_becomes_known_later_is_told_with_all_that_is_known() {
    let mut stage = Stage::new([(Customer, stream())]);
    let caller = PhoneNumber {
        given: "+14155550117".to_owned(),
        e164: Some("+14155550117".to_owned()),
    };
    stage.handle(Input::Change(CallChange {
        caller: Some(caller.clone()),
        metadata: [("queue".to_owned(), "billing".to_owned())].into(),
        ..CallChange::default()
    }));
    let Some(EventKind::CallUpdated(known)) = stage.events.last().map(|event| &event.kind) else {
        panic!("told");
    };
    assert_eq!(
        (&known.caller, known.direction),
        (&caller, Direction::Inbound)
    );
    assert_eq!(known.metadata["queue"], "billing");
}

#[test]
fn another_sender_on_a_leg_is_told_and_its_words_are_an_utterance_of_their_own() {
    let mut stage = Stage::new([(Customer, rtp())]);
    let mut first = Packetiser::new(7, 0, Codec::Pcmu);
    for packet in packets(&mut first, &[true; 75]) {
        stage.wait(20);
        stage.datagram(Customer, &packet);
    }
    let mut second = Packetiser::new(8, 0, Codec::Pcmu);
    for packet in packets(&mut second, &[true; 75]) {
        stage.wait(20);
        stage.datagram(Customer, &packet);
    }
    stage.wait(2_000);
    stage.answer(0);
    let told = stage.kinds();
    let told = told
        .iter()
        .filter(|kind| **kind == "source_changed")
        .count();
    assert_eq!((told, stage.finals().len()), (1, 2), "{:?}", stage.kinds());
}

#[test]
fn the_state_of_a_leg_and_its_words_have_one_meaning_each() {
    let states = [
        LegState::Active,
        LegState::Held,
        LegState::Muted,
        LegState::Paused,
    ];
    for state in states {
        let json = serde_json::to_value(state).expect("a word");
        assert_eq!(json, state.as_str());
    }
}

#[test]
fn a_codec_that_is_agreed_anew_in_mid_call_is_understood_from_then_on() {
    let mut stage = Stage::new([(Customer, rtp())]);
    let l16 = Encoding::new("L16", 16_000, 1, "").expect("known");
    for (payload_type, agreed) in [(0, false), (96, true)] {
        let agreed = agreed.then(|| PayloadMap::new([(96, Payload::Audio(l16.clone()))]));
        if let Some(payloads) = agreed {
            let payloads = payloads.expect("a free payload type");
            stage.control(Customer, Control::Payloads(payloads));
        }
        let codec = match payload_type {
            0 => Codec::Pcmu,
            _ => Codec::L16 {
                rate: ClockRate::Hz16000,
            },
        };
        let mut sender = Packetiser::new(7 + u32::from(payload_type), payload_type, codec);
        for _ in 0..50 {
            stage.wait(20);
            let samples: Vec<f32> = (0..if payload_type == 0 { 160 } else { 320 })
                .map(|i| if i / 4 % 2 == 0 { 0.3 } else { -0.3 })
                .collect();
            stage.datagram(Customer, &sender.audio(&samples));
        }
        stage.wait(1_500);
        stage.answer(0);
    }
    assert_eq!(stage.finals().len(), 2, "{:?}", stage.kinds());
}

#[test]
fn a_pause_of_one_leg_does_not_move_what_it_says_later() {
    let mut stage = Stage::new([(Agent, stream()), (Customer, stream())]);
    stage.stream(1_000, &[(Agent, false), (Customer, false)]);
    stage.control(Customer, Control::Pause(true));
    for _ in 0..60 {
        stage.stream(1_000, &[(Agent, false)]);
        stage.wait(0);
    }
    stage.control(Customer, Control::Pause(false));
    stage.stream(1_000, &[(Customer, true), (Agent, false)]);
    stage.stream(700, &[(Customer, false), (Agent, false)]);
    stage.answer(0);
    assert_eq!(stage.finals(), [(Customer, 61_000, 62_000)]);
    let active = stage.events.iter().rev();
    let mut active = active.filter(|event| matches!(event.kind, EventKind::LegState { .. }));
    let active = active.next().expect("told");
    assert_eq!(active.start.as_millis(), 61_000, "now, not when it began");
}

#[test]
fn who_comes_is_neither_on_hold_nor_muted_and_has_not_been_silent() {
    let mut stage = Stage::new([(Agent, stream()), (Customer, stream())]);
    stage.control(Agent, Control::Mute(true));
    stage.control(Agent, Control::Join(party(Agent, "agent-9")));
    stage.stream(1_000, &[(Agent, true), (Customer, false)]);
    stage.stream(700, &[(Agent, false), (Customer, false)]);
    stage.answer(0);
    assert_eq!(final_parties(&stage), ["agent-9"]);
    stage.control(Agent, Control::Leave);
    for _ in 0..60 {
        stage.stream(1_000, &[(Customer, false)]);
        stage.wait(0);
    }
    stage.control(Agent, Control::Join(party(Agent, "agent-8")));
    stage.wait(1_000);
    assert!(!stage.kinds().contains(&"no_media"), "{:?}", stage.kinds());
}

#[test]
fn a_call_is_as_long_as_what_was_sent_while_nobody_was_listened_to() {
    let mut stage = Stage::new([(Customer, stream())]);
    stage.stream(1_000, &[(Customer, false)]);
    stage.control(Customer, Control::Hold(true));
    stage.stream(10_000, &[(Customer, true)]);
    stage.handle(Input::HangUp(EndReason::Closed));
    assert_eq!(stage.events.last().expect("told").end.as_millis(), 11_000);
}
