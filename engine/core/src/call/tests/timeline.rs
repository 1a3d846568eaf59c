//! Where on the call's timeline things stand, whatever the arrival of their audio.

use super::*;

fn begins(stage: &Stage) -> Vec<(Role, u64)> {
    let begun = stage.events.iter();
    let begun = begun.filter(|event| matches!(event.kind, EventKind::SpeechBegin { .. }));
    begun
        .map(|event| (event.role.expect("a leg"), event.start.as_millis()))
        .collect()
}

/// Sends frames of a leg from `at` on, with their times.
fn timed(stage: &mut Stage, role: Role, at: u64, frames: u64, loud: bool) {
    for i in 0..frames {
        let at = MediaTime::from_millis(at + 20 * i);
        stage.audio(role, Some(at), &frame(loud));
    }
}

#[test]
fn a_stream_that_begins_late_does_not_slide_against_the_other() {
    for times in [true, false] {
        let mut stage = Stage::new([(Agent, stream()), (Customer, stream())]);
        for _ in 0..400 {
            stage.stream(20, &[(Agent, false)]);
            stage.wait(0);
        }
        match times {
            true => timed(&mut stage, Customer, 8_000, 50, true),
            false => stage.stream(1_000, &[(Agent, false), (Customer, true)]),
        }
        assert_eq!(begins(&stage), [(Customer, 8_000)], "times: {times}");
        assert!(stage.kinds().contains(&"no_media"));
    }
}

#[test]
fn a_stream_that_pauses_goes_on_where_the_call_is() {
    for times in [true, false] {
        let mut stage = Stage::new([(Agent, stream()), (Customer, stream())]);
        stage.stream(1_000, &[(Agent, false), (Customer, true)]);
        for _ in 0..150 {
            stage.stream(20, &[(Agent, false)]);
            stage.wait(0);
        }
        match times {
            true => timed(&mut stage, Customer, 4_000, 50, true),
            false => stage.stream(1_000, &[(Agent, false), (Customer, true)]),
        }
        stage.wait(2_000);
        let expected = [(Customer, 0), (Customer, 4_000)];
        assert_eq!(begins(&stage), expected, "times: {times}");
    }
}

#[test]
fn legs_that_are_sent_one_after_the_other_in_large_pieces_stay_side_by_side() {
    let mut stage = Stage::new([(Agent, stream()), (Customer, stream())]);
    let second = |loud| (0..50).flat_map(|_| frame(loud)).collect::<Vec<u8>>();
    for loud in [false, true, false, false] {
        stage.audio(Agent, None, &second(false));
        stage.now += Duration::from_millis(950);
        stage.audio(Customer, None, &second(loud));
        stage.now += Duration::from_millis(50);
    }
    assert_eq!(begins(&stage), [(Customer, 1_000)]);
}

#[test]
fn times_that_jitter_change_nothing() {
    let mut stage = Stage::new([(Customer, stream())]);
    for i in 0..100_u64 {
        let jitter = [0, 7, 13, 2, 19][i as usize % 5];
        let at = MediaTime::from_millis(20 * i + jitter);
        stage.audio(Customer, Some(at), &frame((25..75).contains(&i)));
    }
    stage.answer(0);
    assert_eq!(stage.finals(), [(Customer, 500, 1_500)]);
}

#[test]
fn a_frame_that_is_late_is_left_out_and_counted() {
    let mut stage = Stage::new([(Customer, stream())]);
    timed(&mut stage, Customer, 0, 25, false);
    timed(&mut stage, Customer, 1_000, 50, false);
    timed(&mut stage, Customer, 500, 10, true);
    timed(&mut stage, Customer, 2_000, 50, false);
    stage.handle(Input::HangUp(EndReason::EndOfAudio));
    assert_eq!(begins(&stage), []);
    assert_eq!(stage.ended().legs[0].late_ms, 200);
}

#[test]
fn latency_counts_from_the_arrival_of_a_packet_and_not_from_its_turn() {
    let latency = |waited: u64| {
        let mut stage = Stage::new([(Customer, rtp())]);
        let mut sender = Packetiser::new(7, 0, Codec::Pcmu);
        let loud: Vec<bool> = (0..120).map(|i| i < 60).collect();
        for packet in packets(&mut sender, &loud) {
            stage.wait(20);
            let (leg, from, at) = (stage.leg(Customer), sender_address(), stage.now);
            stage.call.handle(
                stage.now + Duration::from_millis(waited),
                Input::Datagram {
                    leg,
                    from,
                    at,
                    bytes: &packet,
                },
            );
            stage.now += Duration::from_millis(waited);
            stage.drain();
            stage.now -= Duration::from_millis(waited);
        }
        stage.now += Duration::from_millis(waited);
        stage.answer(0);
        let last = stage.events.iter().rev();
        let mut last = last.filter(|event| matches!(event.kind, EventKind::Final(_)));
        last.next()
            .and_then(|event| event.latency)
            .expect("a final")
    };
    let (at_once, later) = (latency(0), latency(70));
    assert_eq!(later - at_once, Duration::from_millis(70));
}
