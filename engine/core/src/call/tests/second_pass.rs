//! What was cut at pauses is heard again, for the record.

use super::*;

fn assisted() -> Stage {
    Stage::assisted([(Customer, stream())], Some(context()))
}

/// Speaks for each of these times, pausing for so long behind each, and is answered at once.
fn speak(stage: &mut Stage, parts: &[(u64, u64)]) {
    for (voice, pause) in parts {
        for (ms, loud) in [(*voice, true), (*pause, false)] {
            for _ in 0..ms / 100 {
                stage.stream(100, &[(Customer, loud)]);
                answer_live(stage);
            }
        }
    }
}

/// Answers all but second passes.
fn answer_live(stage: &mut Stage) {
    let (live, record) = std::mem::take(&mut stage.asked)
        .into_iter()
        .partition(|(_, job)| job.purpose != Purpose::Record);
    stage.asked = live;
    stage.answer(0);
    let later = std::mem::replace(&mut stage.asked, record);
    stage.asked.extend(later);
}

/// Answers second passes, of which there is one at a time.
fn answer_one_by_one(stage: &mut Stage) -> Vec<Job> {
    let mut jobs = Vec::new();
    while let Some((id, job)) = stage.asked.pop() {
        assert!(stage.asked.is_empty(), "one at a time");
        stage.reply(id, &job);
        jobs.push(job);
    }
    jobs
}

fn revised(stage: &Stage) -> Vec<(u64, String, String)> {
    let revised = stage.events.iter().filter_map(|event| match &event.kind {
        EventKind::Revised(revised) => Some((
            revised.words.utterance.0,
            revised.live.clone(),
            revised.words.spoken.clone(),
        )),
        _ => None,
    });
    revised.collect()
}

#[test]
fn utterances_that_follow_closely_are_heard_again_as_one() {
    let mut stage = assisted();
    speak(&mut stage, &[(1_000, 800), (1_200, 5_000)]);
    assert!(stage.asked.is_empty(), "more may follow");
    speak(&mut stage, &[(0, 200)]);
    let (_, job) = stage.asked.last().expect("they are heard again");
    assert_eq!(job.purpose, Purpose::Record);
    let seconds = job.audio.len() as f32 / 16_000.0;
    assert!((3.2..3.5).contains(&seconds), "{seconds} s with the pause");
    let live = job.expected.as_ref().map(|live| live.tokens.clone());
    assert_eq!(live, Some(vec![0, 1, 2, 0, 1, 2, 3]), "of both, in order");
    assert!(job.confirmed.is_none() && job.before.is_none());
    stage.answer(0);
    assert_eq!(
        revised(&stage),
        [(2, "wa wb wc wd.".to_owned(), "wd we wf wg wh.".to_owned())],
        "the first was heard well, and only its mark is another"
    );
    stage.handle(Input::HangUp(EndReason::Closed));
    let lines: Vec<&str> = stage.summaries[0]
        .lines
        .iter()
        .map(|line| line.text.as_str())
        .collect();
    assert_eq!(lines, ["wa wb wc.", "wd we wf wg wh."]);
}

#[test]
fn what_stands_alone_is_heard_once() {
    let mut stage = assisted();
    speak(&mut stage, &[(1_000, 6_000), (1_000, 6_000)]);
    stage.handle(Input::HangUp(EndReason::Closed));
    assert!(stage.asked.is_empty());
    assert_eq!(*stage.kinds().last().expect("told"), "call_ended");
}

#[test]
fn the_end_of_a_call_waits_for_it_and_not_for_ever() {
    for answers in [true, false] {
        let mut stage = assisted();
        speak(&mut stage, &[(1_000, 800), (1_200, 800)]);
        stage.handle(Input::HangUp(EndReason::Closed));
        assert_eq!(stage.asked.len(), 1, "all of it is there at once");
        assert!(stage.summaries.is_empty());
        if answers {
            stage.answer(0);
        } else {
            stage.wait(SecondPassConfig::default().due_ms.into());
            assert_eq!(stage.cancelled.len(), 1);
        }
        assert_eq!(revised(&stage).len(), usize::from(answers));
        assert_eq!(stage.summaries.len(), 1, "answered: {answers}");
    }
}

#[test]
fn a_second_pass_that_lost_words_or_made_some_up_changes_nothing() {
    for (case, skipped, times) in [
        ("nothing is left", 0, 0),
        ("the first utterance has no words", 4, 1),
        ("four times as many words", 0, 4),
    ] {
        let mut stage = assisted();
        speak(&mut stage, &[(1_000, 800), (1_200, 5_200)]);
        let (id, job) = stage.asked.remove(0);
        let mut hypothesis = hear(&job);
        let words = std::mem::take(&mut hypothesis.words)
            .into_iter()
            .skip(skipped);
        hypothesis.words = words.flat_map(|word| vec![word; times]).collect();
        stage.handle(Input::Answer(id, Ok(hypothesis)));
        assert!(revised(&stage).is_empty(), "{case}");
    }
}

#[test]
fn a_long_speech_is_heard_again_in_parts_that_end_at_its_longest_pauses() {
    let mut stage = assisted();
    let mut parts = vec![(3_000, 800); 12];
    parts[3].1 = 1_200;
    parts[8].1 = 1_300;
    speak(&mut stage, &parts);
    speak(&mut stage, &[(0, 5_200)]);
    let jobs = answer_one_by_one(&mut stage);
    let seconds: Vec<usize> = jobs.iter().map(|job| job.audio.len() / 16_000).collect();
    assert_eq!(seconds, [14, 18, 11]);
}

#[test]
fn where_there_is_no_time_for_it_what_was_said_last_is_heard_again() {
    let mut stage = assisted();
    for seconds in 2..10 {
        speak(&mut stage, &[(1_000, 800), (1_000 * seconds, 5_200)]);
    }
    let jobs = answer_one_by_one(&mut stage);
    let seconds: Vec<usize> = jobs.iter().map(|job| job.audio.len() / 16_000).collect();
    assert_eq!(
        seconds,
        [4, 8, 9, 10, 11],
        "the first was begun, and the last wait"
    );
    stage.handle(Input::HangUp(EndReason::Closed));
    assert_eq!(stage.summaries.len(), 1);
}

#[test]
fn what_is_no_speech_or_another_language_is_not_heard_again() {
    for rejection in [Rejection::NoSpeech, Rejection::OtherLanguage] {
        let mut stage = assisted();
        speak(&mut stage, &[(1_000, 800)]);
        stage.stream(1_200, &[(Customer, true)]);
        stage.stream(800, &[(Customer, false)]);
        while let Some((id, _)) = stage.asked.pop() {
            let heard = Hypothesis::silence(Lang::EN, rejection);
            stage.handle(Input::Answer(id, Ok(heard)));
        }
        speak(&mut stage, &[(0, 5_200)]);
        assert!(
            stage.asked.is_empty(),
            "{rejection:?}: a single utterance is left"
        );
    }
}

#[test]
fn an_engine_that_goes_down_waits_for_no_second_pass() {
    for pause in [800, 5_200] {
        let mut stage = assisted();
        speak(&mut stage, &[(1_000, 800), (1_200, pause)]);
        stage.handle(Input::GiveUp);
        assert!(stage.call.ended(), "after {pause} ms");
        assert_eq!(*stage.kinds().last().expect("told"), "summary");
    }
}

#[test]
fn a_doubtful_sentence_whose_beginning_was_confirmed_is_heard_again_free_of_it() {
    for (confidence, again) in [(0.9, false), (0.4, true)] {
        let mut stage = assisted();
        stage.confidence = confidence;
        speak(&mut stage, &[(3_000, 6_000)]);
        let jobs: Vec<_> = stage.asked.iter().map(|(_, job)| job).collect();
        assert_eq!(jobs.len(), usize::from(again), "{confidence}");
        assert!(jobs.iter().all(|job| job.confirmed.is_none()));
    }
}

#[test]
fn what_was_said_before_a_leg_is_muted_is_heard_again_while_it_is() {
    let mut stage = assisted();
    speak(&mut stage, &[(1_000, 800), (1_200, 800)]);
    stage.control(Customer, Control::Mute(true));
    speak(&mut stage, &[(0, 6_000)]);
    assert_eq!(stage.asked.len(), 1);
    assert_eq!(stage.asked[0].1.purpose, Purpose::Record);
}

#[test]
fn words_for_the_record_come_behind_the_final_that_they_replace() {
    let mut stage = Stage::assisted([(Customer, stream()), (Agent, stream())], Some(context()));
    stage.stream(1_000, &[(Customer, false), (Agent, true)]);
    stage.stream(800, &[(Customer, false), (Agent, false)]);
    // The agent's words, which end first, are long on their way.
    stage.asked.clear();
    for (ms, loud) in [(1_000, true), (800, false), (1_200, true), (6_000, false)] {
        for _ in 0..ms / 100 {
            stage.stream(100, &[(Customer, loud), (Agent, false)]);
            stage.answer(0);
        }
    }
    assert!(stage.finals().is_empty() && revised(&stage).is_empty());
    stage.handle(Input::HangUp(EndReason::Closed));
    stage.wait(60_000);
    let mut done = Vec::new();
    for event in &stage.events {
        match &event.kind {
            EventKind::Final(words) => done.push(words.utterance),
            EventKind::Revised(revised) => assert!(done.contains(&revised.words.utterance)),
            _ => {}
        }
    }
    assert!(done.len() == 2 && !revised(&stage).is_empty());
}
