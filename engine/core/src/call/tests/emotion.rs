//! What voices sound like.

use super::*;
use crate::emotion::STRAINED;

/// The same with a voice in it, as angry as it is loud.
fn feel(job: &Job) -> Hypothesis {
    let loud = job.voice.clone().map(|voice| {
        let voice = &job.audio[voice];
        voice.iter().fold(0.0_f32, |most, x| most.max(x.abs()))
    });
    Hypothesis {
        voice: loud.map(|loud| Impression {
            scores: [1.0, 16.0 * loud, 0.0, 0.0, 0.0],
            average: [0.0; 5],
        }),
        ..hear(job)
    }
}

fn emotions(stage: &Stage) -> Vec<(Role, u64, u64, Emotion)> {
    let event = stage.events.iter().filter_map(|event| match event.kind {
        EventKind::Emotion(emotion) => Some((
            event.role?,
            event.start.as_millis(),
            event.end.as_millis(),
            emotion,
        )),
        _ => None,
    });
    event.collect()
}

/// Answers all that is asked, with what the voice sounds like.
fn answer_all(stage: &mut Stage) {
    while !stage.asked.is_empty() {
        let (id, job) = stage.asked.remove(0);
        stage.handle(Input::Answer(id, Ok(feel(&job))));
    }
}

#[test]
fn the_customers_voice_is_read_once_for_each_stretch_of_it_and_the_agents_never() {
    let mut stage = Stage::new([(Agent, stream()), (Customer, stream())]);
    // Two seconds; too little; nine seconds with readings on the way.
    for (ms, pause) in [(2_000, 1_000), (600, 1_000), (9_000, 1_500)] {
        for _ in 0..ms / 200 {
            stage.stream(200, &[(Agent, true), (Customer, true)]);
            answer_all(&mut stage);
        }
        for _ in 0..pause / 100 {
            stage.stream(100, &[(Agent, false), (Customer, false)]);
            answer_all(&mut stage);
        }
    }
    let read = emotions(&stage);
    assert!(read.iter().all(|(role, ..)| *role == Customer), "{read:?}");
    assert!((3..=5).contains(&read.len()), "{read:?}");
    let mut until = 0;
    for (_, start, end, emotion) in &read {
        assert!(*start >= until && end - start >= 1_000, "{read:?}");
        assert!(emotion.moods.probability(Mood::Anger) > 0.5);
        until = *end;
    }
    assert!(until >= 12_500, "to the end of what was said: {read:?}");
    stage.handle(Input::HangUp(EndReason::Closed));
    assert!(read[0].3.strain < read[2].3.strain);
}

#[test]
fn angry_words_are_told_of_however_short_they_are_and_of_nobody_but_the_customer() {
    for (word, told) in [(" ridiculous", true), (" w0", false)] {
        let mut stage = Stage::new([(Agent, stream()), (Customer, stream())]);
        for loud in [true, false] {
            stage.stream(800, &[(Agent, loud), (Customer, loud)]);
            while !stage.asked.is_empty() {
                let (id, job) = stage.asked.remove(0);
                let mut answer = feel(&job);
                let first = answer.words.iter_mut().take(1);
                first.for_each(|heard| heard.text = word.to_owned());
                stage.handle(Input::Answer(id, Ok(answer)));
            }
        }
        let read = emotions(&stage);
        assert_eq!(read.len(), usize::from(told), "{word}: {read:?}");
        for (role, _, _, emotion) in read {
            assert_eq!(role, Customer);
            assert!(emotion.strain >= STRAINED, "{emotion:?}");
        }
    }
}

#[test]
fn without_words_a_sound_has_no_mood() {
    let mut stage = Stage::new([(Customer, stream())]);
    for loud in [true, false] {
        stage.stream(2_000, &[(Customer, loud)]);
        while !stage.asked.is_empty() {
            let (id, job) = stage.asked.remove(0);
            let answer = Hypothesis {
                words: Vec::new(),
                rejected: Some(Rejection::NoVoice),
                ..feel(&job)
            };
            stage.handle(Input::Answer(id, Ok(answer)));
        }
    }
    assert!(emotions(&stage).is_empty());
}
