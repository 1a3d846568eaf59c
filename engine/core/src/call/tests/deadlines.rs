//! Media that gets lost, stops or never comes, and answers that never do.

use super::*;

#[test]
fn rtp_becomes_words_and_what_was_lost_a_gap() {
    let mut stage = Stage::new([(Customer, rtp())]);
    let mut sender = Packetiser::new(7, 0, Codec::Pcmu);
    let loud: Vec<bool> = (0..200).map(|i| (25..100).contains(&i)).collect();
    for (i, packet) in packets(&mut sender, &loud).into_iter().enumerate() {
        stage.wait(20);
        if !(60..65).contains(&i) {
            stage.datagram(Customer, &packet);
        }
    }
    stage.answer(0);
    let gap = stage.events.iter().find_map(|event| match event.kind {
        EventKind::Gap {
            lost_packets,
            lost_ms,
        } => Some((event.start.as_millis(), lost_packets, lost_ms)),
        _ => None,
    });
    // The first packet came 20 ms into the call.
    assert_eq!(gap, Some((60 * 20 + 20, 5, 100)));
    assert_eq!(stage.finals().len(), 1);
    stage.handle(Input::HangUp(EndReason::Closed));
    let rtp = stage.ended().legs[0].rtp.as_ref().expect("RTP");
    assert_eq!((rtp.packets, rtp.lost), (195, 5));
}

#[test]
fn a_leg_without_media_says_so_and_a_dead_call_ends() {
    let mut stage = Stage::new([(Agent, rtp()), (Customer, rtp())]);
    stage.wait(6_000);
    assert_eq!(stage.kinds(), ["call_started", "no_media", "no_media"]);
    stage.wait(60_000);
    assert_eq!(stage.ended().reason, EndReason::MediaTimeout);
}

#[test]
fn packets_that_nobody_described_are_no_media_and_the_call_says_what_came() {
    let mut stage = Stage::new([(Customer, rtp())]);
    let mut sender = Packetiser::new(7, 111, Codec::Pcmu);
    for packet in packets(&mut sender, &[true; 300]) {
        stage.wait(20);
        stage.datagram(Customer, &packet);
    }
    let event = stage.events.iter().find_map(|event| match event.kind {
        EventKind::NoMedia { payload_type, .. } => Some(payload_type),
        _ => None,
    });
    assert_eq!(event, Some(Some(111)));
}

#[test]
fn a_sender_that_stops_in_mid_word_ends_the_utterance() {
    let mut stage = Stage::new([(Customer, rtp())]);
    let mut sender = Packetiser::new(7, 0, Codec::Pcmu);
    for packet in packets(&mut sender, &[true; 50]) {
        stage.wait(20);
        stage.datagram(Customer, &packet);
    }
    stage.wait(1_000);
    assert!(stage.kinds().contains(&"speech_end"), "{:?}", stage.kinds());
    assert!(stage.began < stage.now);
}

#[test]
fn a_stream_that_stops_in_mid_word_ends_the_utterance_and_gets_its_final() {
    let mut stage = Stage::new([(Customer, stream())]);
    stage.stream(1_500, &[(Customer, true)]);
    stage.wait(1_000);
    assert!(stage.kinds().contains(&"speech_end"), "{:?}", stage.kinds());
    stage.answer(0);
    assert_eq!(stage.finals().len(), 1);
}

#[test]
fn a_stream_that_never_sends_says_so_and_its_call_ends() {
    let mut stage = Stage::new([(Agent, stream()), (Customer, stream())]);
    stage.wait(6_000);
    assert_eq!(stage.kinds(), ["call_started", "no_media", "no_media"]);
    stage.wait(60_000);
    assert_eq!(stage.ended().reason, EndReason::MediaTimeout);
}

#[test]
fn a_stream_in_large_pieces_is_not_cut_between_them() {
    let mut stage = Stage::new([(Customer, stream())]);
    let loud: Vec<u8> = (0..32_000)
        .flat_map(|i| (if i % 2 == 0 { 8_000_i16 } else { -8_000 }).to_le_bytes())
        .collect();
    for _ in 0..3 {
        stage.audio(Customer, None, &loud);
        stage.wait(2_000);
    }
    let ends = stage
        .kinds()
        .iter()
        .filter(|kind| **kind == "speech_end")
        .count();
    assert_eq!(ends, 0, "six seconds of voice without a pause");
}

#[test]
fn a_stream_that_is_not_read_for_want_of_answers_is_not_timed_out() {
    let mut stage = Stage::new([(Customer, stream())]);
    for _ in 0..BACKLOG {
        stage.stream(1_000, &[(Customer, true)]);
        stage.stream(1_000, &[(Customer, false)]);
    }
    assert!(!stage.call.wants_audio());
    stage.wait(200_000);
    assert!(
        !stage.call.ending(),
        "the engine was slow, not the client silent"
    );
    stage.answer(0);
    assert!(stage.call.wants_audio());
    stage.wait(70_000);
    assert_eq!(stage.ended().reason, EndReason::MediaTimeout);
}

#[test]
fn words_that_a_stalled_recogniser_never_gives_are_given_up_and_the_call_goes_on() {
    let mut stage = Stage::new([(Agent, rtp()), (Customer, stream())]);
    stage.stream(1_000, &[(Customer, true)]);
    stage.stream(600, &[(Customer, false)]);
    let begun = stage.now;
    while stage.now < begun + Duration::from_secs(310) {
        stage.stream(1_000, &[(Customer, false)]);
        stage.wait(0);
    }
    assert!(!stage.call.ending(), "somebody still listens to it");
    assert!(stage.asked.is_empty(), "nobody needs the answer any more");
    let told = stage.events.last().expect("told");
    let EventKind::Unrecognised { reason, .. } = &told.kind else {
        panic!("{}", told.kind.name());
    };
    assert!(reason.contains("within 300 s"), "{reason}");
    stage.stream(1_000, &[(Customer, true)]);
    stage.stream(600, &[(Customer, false)]);
    stage.answer(0);
    assert_eq!(stage.finals().len(), 1, "what comes after it is heard");
}

#[test]
fn a_stream_whose_answers_never_come_is_read_on_in_the_end() {
    let mut stage = Stage::new([(Customer, stream())]);
    for _ in 0..BACKLOG {
        stage.stream(1_000, &[(Customer, true)]);
        stage.stream(1_000, &[(Customer, false)]);
    }
    assert!(!stage.call.wants_audio());
    stage.wait(310_000);
    assert!(stage.call.wants_audio());
    let lost = stage.kinds();
    let lost = lost.iter().filter(|kind| **kind == "unrecognised").count();
    assert_eq!(lost, BACKLOG);
    // And if its client is gone, it ends.
    stage.wait(70_000);
    assert_eq!(stage.ended().reason, EndReason::MediaTimeout);
}

#[test]
fn time_that_is_told_late_does_not_run_backwards() {
    let mut stage = Stage::new([(Customer, stream())]);
    stage.stream(1_000, &[(Customer, true)]);
    let before = stage.call.deadline();
    stage.now -= Duration::from_millis(700);
    stage.handle(Input::Tick);
    assert_eq!(stage.call.deadline(), before);
}

#[test]
fn a_call_that_gives_up_ends_at_once_and_says_what_was_not_recognised() {
    let mut stage = Stage::new([(Customer, stream())]);
    stage.stream(1_500, &[(Customer, true)]);
    stage.handle(Input::GiveUp);
    assert_eq!(stage.ended().reason, EndReason::Shutdown);
    assert!(
        stage.kinds().contains(&"unrecognised"),
        "{:?}",
        stage.kinds()
    );
}
