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

/// A call in which customers' voices are read, or only what they say.
fn stage(legs: impl IntoIterator<Item = (Role, Source)>, reads_voices: bool) -> Stage {
    let mut config = CallConfig::default();
    config.emotion.read = reads_voices;
    Stage::configured(legs, None, config)
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
    let mut stage = stage([(Agent, stream()), (Customer, stream())], true);
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
        let voice = emotion.voice.expect("it is read");
        assert!(voice.moods.probability(Mood::Anger) > 0.5);
        until = *end;
    }
    assert!(until >= 12_500, "to the end of what was said: {read:?}");
    stage.handle(Input::HangUp(EndReason::Closed));
    assert!(read[0].3.strain < read[2].3.strain);
}

#[test]
fn angry_words_are_told_of_however_short_they_are_and_of_nobody_but_the_customer() {
    for (word, told, reads_voices) in [
        (" ridiculous", true, true),
        (" ridiculous", true, false),
        (" w0", false, true),
        (" w0", false, false),
    ] {
        let mut stage = stage([(Agent, stream()), (Customer, stream())], reads_voices);
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
            assert_eq!(emotion.voice.is_some(), reads_voices, "{emotion:?}");
        }
    }
}

#[test]
fn without_words_a_sound_has_no_mood() {
    let mut stage = stage([(Customer, stream())], true);
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

#[test]
fn no_voice_is_asked_for_unless_reading_was_turned_on() {
    let mut stage = Stage::new([(Agent, stream()), (Customer, stream())]);
    for loud in [true, false] {
        for _ in 0..20 {
            stage.stream(200, &[(Agent, loud), (Customer, loud)]);
            assert!(stage.asked.iter().all(|(_, job)| job.voice.is_none()));
            answer_all(&mut stage);
        }
    }
    assert!(emotions(&stage).is_empty());
}

#[test]
fn where_neither_voices_are_read_nor_words_looked_at_nothing_is_told() {
    let mut config = CallConfig::default();
    config.emotion.words = false;
    let mut stage = Stage::configured([(Customer, stream())], None, config);
    for loud in [true, false] {
        stage.stream(2_000, &[(Customer, loud)]);
        while !stage.asked.is_empty() {
            let (id, job) = stage.asked.remove(0);
            let mut answer = feel(&job);
            let first = answer.words.iter_mut().take(1);
            first.for_each(|heard| heard.text = " ridiculous".to_owned());
            stage.handle(Input::Answer(id, Ok(answer)));
        }
    }
    assert!(emotions(&stage).is_empty());
}
