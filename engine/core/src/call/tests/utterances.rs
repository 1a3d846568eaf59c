//! Utterances: how they grow, end, and get their words.

use super::*;

#[test]
fn an_utterance_is_shown_growing_and_then_for_good() {
    let mut stage = Stage::new([(Customer, stream())]);
    stage.stream(500, &[(Customer, false)]);
    for _ in 0..15 {
        stage.stream(200, &[(Customer, true)]);
        stage.answer(0);
    }
    stage.stream(300, &[(Customer, false)]);
    stage.answer(50);
    stage.stream(300, &[(Customer, false)]);
    assert!(
        stage.asked.is_empty(),
        "what was decoded at the pause was the final"
    );
    stage.handle(Input::HangUp(EndReason::EndOfAudio));

    let kinds = stage.kinds();
    assert_eq!(kinds[..2], ["call_started", "speech_begin"]);
    assert!(
        kinds.iter().filter(|kind| **kind == "partial").count() >= 3,
        "{kinds:?}"
    );
    assert_eq!(
        kinds[kinds.len() - 3..],
        ["speech_end", "final", "call_ended"]
    );
    assert_eq!(stage.finals(), [(Customer, 500, 3500)]);
    let words = stage.events.iter().find_map(|event| match &event.kind {
        EventKind::Final(done) => Some(&done.words),
        _ => None,
    });
    let words = words.expect("it was told");
    let (first, last) = (&words[0], &words[words.len() - 1]);
    assert_eq!(
        first.start.as_millis(),
        500,
        "though the sound begins before the voice"
    );
    assert!(last.end.as_millis() <= 3_500, "{last:?}");
    let confirmed: Vec<&str> = stage
        .events
        .iter()
        .filter_map(|event| match &event.kind {
            EventKind::Partial(partial) => Some(partial.confirmed.as_str()),
            _ => None,
        })
        .collect();
    assert!(
        confirmed
            .windows(2)
            .all(|pair| pair[1].starts_with(pair[0])),
        "{confirmed:?}"
    );
    assert!(
        confirmed.last().is_some_and(|last| !last.is_empty()),
        "{confirmed:?}"
    );
    assert_eq!(stage.ended().legs[0].utterances, 1);
}

#[test]
fn under_load_interim_results_come_more_rarely_and_the_final_as_ever() {
    let interims = |pace: Pace| {
        let mut stage = Stage::new([(Customer, stream())]);
        stage.handle(Input::Pace(pace));
        let mut decoded = 0;
        for _ in 0..50 {
            stage.stream(100, &[(Customer, true)]);
            decoded += stage.asked.len();
            stage.answer(0);
        }
        stage.stream(600, &[(Customer, false)]);
        stage.answer(0);
        assert_eq!(stage.finals(), [(Customer, 0, 5000)], "{pace:?}");
        decoded
    };
    let (often, rarely) = (interims(Pace::AS_CONFIGURED), interims(Pace::of(4.0)));
    assert_eq!(
        (often, rarely),
        (5, 2),
        "at 0.6 s, then every 0.9 s or a quarter more; 3.6 s later"
    );
}

#[test]
fn under_load_what_may_be_the_end_is_decoded_as_soon_as_ever() {
    let decoded_after = |pace: Pace| {
        let mut stage = Stage::new([(Customer, stream())]);
        stage.handle(Input::Pace(pace));
        stage.stream(600, &[(Customer, true)]);
        stage.answer(0);
        (20..=500)
            .step_by(20)
            .find(|_| {
                stage.stream(20, &[(Customer, false)]);
                !stage.asked.is_empty()
            })
            .expect("it is over at last")
    };
    let paces = [Pace::AS_CONFIGURED, Pace::of(4.0)];
    assert_eq!(paces.map(decoded_after), [240, 240]);
}

#[test]
fn a_final_is_late_by_the_silence_waited_for_and_the_recognition() {
    let mut stage = Stage::new([(Customer, stream())]);
    stage.stream(400, &[(Customer, true)]);
    stage.stream(500, &[(Customer, false)]);
    stage.answer(150);
    let latency = stage
        .events
        .last()
        .and_then(|event| event.latency)
        .expect("a final");
    assert_eq!(latency, Duration::from_millis(650));
}

#[test]
fn legs_never_mix_and_finals_come_in_order_of_their_ends() {
    let mut stage = Stage::new([(Agent, stream()), (Customer, stream())]);
    stage.stream(1000, &[(Agent, true), (Customer, false)]);
    stage.stream(500, &[(Agent, true), (Customer, true)]);
    stage.stream(1000, &[(Agent, true), (Customer, false)]);
    stage.stream(700, &[(Agent, false), (Customer, false)]);
    // The answers come in the wrong order: the last asked first.
    while let Some((id, job)) = stage.asked.pop() {
        stage.handle(Input::Answer(id, Ok(hear(&job))));
    }
    assert_eq!(stage.finals(), [(Customer, 1000, 1500), (Agent, 0, 2500)]);
}

#[test]
fn sound_that_holds_no_words_takes_its_partials_back() {
    let mut stage = Stage::new([(Customer, stream())]);
    stage.stream(1000, &[(Customer, true)]);
    stage.answer(0);
    assert!(stage.kinds().contains(&"partial"));
    stage.stream(600, &[(Customer, false)]);
    while let Some((id, _)) = stage.asked.pop() {
        stage.handle(Input::Answer(
            id,
            Ok(Hypothesis::silence(Lang::EN, Rejection::NoSpeech)),
        ));
    }
    assert_eq!(stage.kinds().last(), Some(&"retracted"));
}

#[test]
fn an_utterance_that_began_always_ends_with_words_or_is_taken_back_or_given_up() {
    type Answer = fn(&Job) -> Result<Hypothesis, RecogniseError>;
    let clicks = [40, 60, 100, 120, 160, 200, 400, 900];
    let answers: [(&str, Answer); 3] = [
        ("words", |job| Ok(hear(job))),
        ("silence", |_| {
            Ok(Hypothesis::silence(Lang::EN, Rejection::NoSpeech))
        }),
        ("failure", |_| Err(RecogniseError("boom".into()))),
    ];
    for (case, answer) in answers {
        let mut stage = Stage::new([(Customer, stream())]);
        for ms in clicks {
            stage.stream(ms, &[(Customer, true)]);
            stage.stream(1_000, &[(Customer, false)]);
            while let Some((id, job)) = stage.asked.pop() {
                stage.handle(Input::Answer(id, answer(&job)));
            }
        }
        stage.handle(Input::HangUp(EndReason::Closed));
        // The second pass.
        while let Some((id, job)) = stage.asked.pop() {
            stage.handle(Input::Answer(id, answer(&job)));
        }
        assert!(stage.call.ended());
        let of = |kinds: &[&str]| -> Vec<u64> {
            let wanted = stage.events.iter().map(|event| &event.kind);
            let wanted = wanted.filter(|kind| kinds.contains(&kind.name()));
            wanted
                .filter_map(|kind| Some(kind.utterance()?.0))
                .collect()
        };
        let begun = of(&["speech_begin"]);
        assert!(begun.len() > 3, "{case}: {begun:?}");
        assert_eq!(of(&["final", "retracted", "unrecognised"]), begun, "{case}");
    }
}

#[test]
fn a_failed_run_costs_its_utterance_and_is_told() {
    let mut stage = Stage::new([(Customer, stream())]);
    stage.stream(400, &[(Customer, true)]);
    stage.stream(600, &[(Customer, false)]);
    while let Some((id, _)) = stage.asked.pop() {
        stage.handle(Input::Answer(id, Err(RecogniseError("boom".into()))));
    }
    stage.handle(Input::HangUp(EndReason::Closed));
    assert_eq!(
        stage.kinds(),
        [
            "call_started",
            "speech_begin",
            "speech_end",
            "unrecognised",
            "call_ended"
        ]
    );
}

#[test]
fn an_interim_decoding_given_up_for_lack_of_time_never_costs_the_final() {
    let mut stage = Stage::new([(Customer, stream())]);
    stage.stream(400, &[(Customer, true)]);
    stage.stream(220, &[(Customer, false)]);
    let (interim, _) = stage.asked.pop().expect("decoded at the pause");
    stage.stream(400, &[(Customer, false)]);
    assert_eq!(stage.promoted, [interim]);
    stage.handle(Input::Shed(interim));
    let (_, job) = stage.asked.first().expect("asked again");
    assert_eq!(job.purpose, Purpose::Final);
    stage.answer(0);
    assert_eq!(stage.finals().len(), 1);
}

#[test]
fn a_call_that_hangs_up_mid_word_still_gets_its_last_words() {
    let mut stage = Stage::new([(Agent, stream()), (Customer, stream())]);
    stage.stream(900, &[(Agent, false), (Customer, true)]);
    stage.handle(Input::HangUp(EndReason::Closed));
    assert!(!stage.call.ended() && stage.call.deadline().is_some());
    stage.answer(100);
    assert_eq!(stage.finals(), [(Customer, 0, 900)]);
    assert!(stage.call.ended());
}

#[test]
fn a_recogniser_that_never_answers_cannot_keep_a_call_open() {
    let mut stage = Stage::new([(Customer, stream())]);
    stage.stream(900, &[(Customer, true)]);
    stage.handle(Input::HangUp(EndReason::Shutdown));
    stage.wait(60_000);
    assert_eq!(
        stage.kinds()[stage.kinds().len() - 2..],
        ["unrecognised", "call_ended"]
    );
}

#[test]
fn what_the_recogniser_keeps_of_an_utterance_goes_with_its_next_job_and_no_other() {
    let mut stage = Stage::new([(Customer, stream())]);
    let mut given = Vec::new();
    let mut look = |stage: &mut Stage, number: u64| {
        while !stage.asked.is_empty() {
            let (id, job) = stage.asked.remove(0);
            let kept = job.kept.as_ref().and_then(KeptSound::get::<u64>);
            given.push((job.purpose, kept.map(|kept| *kept)));
            let answer = Hypothesis {
                kept: job
                    .purpose
                    .ne(&Purpose::Record)
                    .then(|| KeptSound::new(Arc::new(number))),
                ..hear(&job)
            };
            stage.handle(Input::Answer(id, Ok(answer)));
        }
    };
    for number in 0..20 {
        stage.stream(200, &[(Customer, true)]);
        look(&mut stage, number);
    }
    stage.stream(800, &[(Customer, false)]);
    look(&mut stage, 20);
    for number in 21..30 {
        stage.stream(200, &[(Customer, true)]);
        look(&mut stage, number);
    }
    let looks: Vec<_> = given.iter().map(|(_, kept)| *kept).collect();
    let anew = looks.iter().filter(|kept| kept.is_none()).count();
    assert_eq!(anew, 2, "each utterance begins with nothing: {given:?}");
    let grows = looks.iter().flatten();
    assert!(looks.len() >= 6 && grows.is_sorted(), "{given:?}");
}

/// Somebody speaks for so long, and the recogniser makes `heard` of it.
fn spoken(ms: u64, heard: impl Fn(Hypothesis) -> Hypothesis) -> Stage {
    let mut stage = Stage::new([(Customer, stream())]);
    stage.stream(ms, &[(Customer, true)]);
    stage.stream(700, &[(Customer, false)]);
    while !stage.asked.is_empty() {
        let (id, job) = stage.asked.remove(0);
        stage.handle(Input::Answer(id, Ok(heard(hear(&job)))));
    }
    stage
}

#[test]
fn voice_of_which_no_words_could_be_made_is_told_unless_it_may_be_a_cough() {
    for (ms, last) in [(1_000, "retracted"), (3_000, "unrecognised")] {
        let stage = spoken(ms, |heard| Hypothesis {
            words: Vec::new(),
            rejected: Some(Rejection::Unlikely),
            ..heard
        });
        assert_eq!(stage.kinds().last(), Some(&last), "{ms} ms");
    }
}

#[test]
fn voice_behind_words_is_told_where_it_lies_in_the_utterance() {
    let seconds = |start, end| Duration::from_millis(start)..Duration::from_millis(end);
    for (hole, told) in [
        (seconds(1_000, 2_500), true),
        (seconds(1_000, 1_500), false),
        // It lies in the silence behind.
        (seconds(3_000, 9_000), false),
    ] {
        let stage = spoken(3_000, |heard| Hypothesis {
            unrecognised: vec![hole.clone()],
            ..heard
        });
        let last = stage.events.last().expect("told");
        let EventKind::Final(done) = &last.kind else {
            panic!("{} is no final", last.kind.name());
        };
        assert_eq!(done.unrecognised.len(), usize::from(told), "{hole:?}");
        for stretch in &done.unrecognised {
            assert_eq!(stretch.length(), hole.end - hole.start);
            assert!(last.start <= stretch.start && stretch.end <= last.end);
        }
    }
}
