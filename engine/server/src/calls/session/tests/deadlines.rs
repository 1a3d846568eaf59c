//! When a session ends, whatever does not come.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_call_that_nothing_comes_from_ends_at_the_same_deadline_whatever_it_comes_as() {
    for (case, source) in [("rtp", rtp()), ("stream", stream())] {
        let (lasted, told) = Stage::new([(Role::Customer, source)]).ended().await;
        assert_eq!(lasted.as_secs(), 60, "{case}");
        let expected = ["call_started", "no_media", "call_ended", "summary"];
        assert_eq!(kinds(&told), expected, "{case}");
        assert_eq!(reason(&told), EndReason::MediaTimeout, "{case}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_word_that_breaks_off_gets_its_final_and_its_call_ends_whatever_it_comes_as() {
    for (case, source) in [("rtp", rtp()), ("stream", stream())] {
        let mut stage = Stage::new([(Role::Customer, source)]);
        stage.speak(1_500, true).await;
        let inference = stage.inference.clone();
        let recogniser = tokio::spawn(async move {
            loop {
                inference.answer(hear);
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        });
        let (lasted, told) = stage.ended().await;
        recogniser.abort();
        assert_eq!(count(&told, "final"), 1, "{case}: {:?}", kinds(&told));
        assert_eq!(reason(&told), EndReason::MediaTimeout, "{case}");
        assert_eq!(lasted.as_secs(), 61, "{case}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_flood_on_one_leg_keeps_neither_the_other_legs_words_nor_the_end_back() {
    let mut stage = Stage::new([(Role::Agent, rtp()), (Role::Customer, rtp())]);
    let mut agent = stage.sides.remove(0);
    let flooded = agent.queue.take().expect("RTP");
    let customer = &mut stage.sides[0];
    for turn in 0..100 {
        // As much as fits, again and again: this leg is never empty.
        while flooded.push(SENDER, now(), &[0xff; 172]).is_ok() {}
        customer.send(None, turn < 50).await;
        tokio::time::advance(Duration::from_millis(20)).await;
        // The loop gets its turn; it would need many more to work the flood off.
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        stage.inference.answer(hear);
    }
    while flooded.push(SENDER, now(), &[0xff; 172]).is_ok() {}
    stage.hang_up(EndReason::Closed);
    let (lasted, told) = stage.ended().await;
    assert_eq!(count(&told, "final"), 1, "{:?}", kinds(&told));
    assert_eq!(reason(&told), EndReason::Closed);
    assert!(lasted < Duration::from_secs(3), "{lasted:?}");
}

#[tokio::test(start_paused = true)]
async fn others_get_the_thread_between_the_slices_of_a_large_message() {
    let mut stage = Stage::new([(Role::Customer, stream())]);
    let audio = stage.audio.take().expect("it is a stream");
    let bytes = vec![0xff; 1 << 20];
    audio.send(piece(bytes)).await.expect("it is read");
    drop(audio);
    let mut turns = 0;
    while !stage.session.is_finished() {
        turns += 1;
        tokio::task::yield_now().await;
    }
    assert!(turns > (1 << 20) / SLICE, "{turns}");
    let (_, told) = stage.ended().await;
    let end = told.last().expect("told").event.end;
    // All of it was heard, in whole frames of 20 ms (160 bytes).
    assert_eq!(end.as_millis(), (1 << 20) / 160 * 20);
}

#[tokio::test(start_paused = true)]
async fn words_that_a_stalled_pool_never_gives_are_told_as_unrecognised_and_the_call_goes_on() {
    for (case, source) in [("rtp", rtp()), ("stream", stream())] {
        let call = CallConfig {
            final_timeout_ms: 10_000,
            ..CallConfig::default()
        };
        let mut stage = Stage::with([(Role::Customer, source)], call);
        stage.say_a_word().await;
        stage.speak(11_000, false).await;
        // The pool is back.
        stage.say_a_word().await;
        assert!(stage.inference.answer(hear) > 0, "{case}");
        stage.speak(100, false).await;
        stage.hang_up(EndReason::Closed);
        let (_, told) = stage.ended().await;
        let lost = ["recognition failed: no answer within 10 s"];
        assert_eq!(unrecognised(&told), lost, "{case}");
        assert_eq!(count(&told, "final"), 1, "{case}: {:?}", kinds(&told));
        assert_eq!(kinds(&told).last(), Some(&"summary"), "{case}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_whose_answers_never_come_is_not_open_for_ever() {
    let mut stage = Stage::new([(Role::Customer, stream())]);
    for _ in 0..8 {
        stage.say_a_word().await;
    }
    // Its client says no more and does not close it, and nobody answers.
    let (lasted, told) = stage.ended().await;
    assert_eq!(unrecognised(&told).len(), 8);
    assert_eq!(reason(&told), EndReason::MediaTimeout);
    let minutes = lasted.as_secs() / 60;
    assert_eq!(minutes, 6, "five for the answers, one for the media");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_hung_up_waits_for_its_last_words_but_not_for_ever() {
    for (case, answers, finals, seconds) in [
        ("they come", true, 1, 3..4),
        ("they never come", false, 0, 31..32),
    ] {
        let mut stage = Stage::new([(Role::Customer, rtp())]);
        stage.say_a_word().await;
        stage.hang_up(EndReason::Closed);
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert!(!stage.session.is_finished(), "{case}");
        if answers {
            stage.inference.answer(hear);
        }
        let (lasted, told) = stage.ended().await;
        assert_eq!(count(&told, "final"), finals, "{case}");
        assert_eq!(unrecognised(&told).len(), 1 - finals, "{case}");
        assert!(seconds.contains(&lasted.as_secs()), "{case}: {lasted:?}");
        assert_eq!(kinds(&told).last(), Some(&"summary"), "{case}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_gives_up_what_is_late_whatever_audio_still_waits() {
    let mut stage = Stage::new([(Role::Customer, stream())]);
    stage.say_a_word().await;
    let audio = stage.audio.take().expect("it is a stream");
    for _ in 0..4 {
        let two_minutes = piece(vec![0x10; 1 << 20]);
        audio.send(two_minutes).await.expect("it is read");
    }
    stage.hang_up(EndReason::Shutdown);
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert!(
        !stage.session.is_finished(),
        "its last words may still come"
    );
    stage.give_up.cancel();
    let (lasted, told) = stage.ended().await;
    assert_eq!(lasted.as_secs(), 6, "at once");
    assert_eq!(reason(&told), EndReason::Shutdown);
    assert!(!unrecognised(&told).is_empty(), "{:?}", kinds(&told));
    let begun = count(&told, "speech_begin");
    let ends = ["final", "retracted", "unrecognised"].map(|kind| count(&told, kind));
    assert_eq!(ends.iter().sum::<usize>(), begun, "{:?}", kinds(&told));
}
