//! How long a pause lasts before it is the end.

use super::*;

/// The words of `text`, 200 ms each.
fn words(text: &str) -> Hypothesis {
    let words = text.split(' ').enumerate().map(|(i, word)| Word {
        text: format!(" {word}"),
        start: Duration::from_millis(200 * i as u64),
        end: Duration::from_millis(200 * (i as u64 + 1)),
        confidence: 0.9,
        tokens: vec![i as u32],
    });
    Hypothesis {
        words: words.collect(),
        confidence: 0.9,
        rejected: None,
        ..Hypothesis::silence(Lang::EN, Rejection::Empty)
    }
}

impl Stage {
    /// Answers all that was asked with `text`, at once.
    fn answer_with(&mut self, text: &str) {
        while !self.asked.is_empty() {
            let (id, _) = self.asked.remove(0);
            self.handle(Input::Answer(id, Ok(words(text))));
        }
    }

    /// Silence on some legs until the first final is there, in ms; `None` if none comes in 2 s.
    fn silence_until_final(&mut self, text: &str, loud: &[(Role, bool)]) -> Option<u64> {
        (20..=2_000).step_by(20).find(|_| {
            self.stream(20, loud);
            self.answer_with(text);
            !self.finals().is_empty()
        })
    }
}

#[test]
fn a_whole_sentence_ends_soon_and_one_that_wants_more_is_waited_for() {
    for (text, partials, expected) in [
        ("I was charged twice.", true, 500),
        ("I was charged twice.", false, 500),
        ("I was charged twice because.", true, 1200),
        ("I was charged twice because.", false, 1200),
        ("It is four one five", true, 1200),
    ] {
        let mut stage = Stage::new([(Customer, stream())]);
        stage.call.partials = partials;
        stage.stream(2_000, &[(Customer, true)]);
        stage.answer_with(text);
        let waited = stage.silence_until_final(text, &[(Customer, false)]);
        assert_eq!(waited, Some(expected), "{text}");
        let partial = stage.kinds().contains(&"partial");
        assert_eq!(partial, partials, "{text}");
    }
}

#[test]
fn who_goes_on_after_a_moment_of_thought_is_one_utterance() {
    let mut stage = Stage::new([(Customer, stream())]);
    stage.stream(2_000, &[(Customer, true)]);
    stage.answer_with("I will.");
    for _ in 0..45 {
        stage.stream(20, &[(Customer, false)]);
        stage.answer_with("I will.");
    }
    stage.stream(1_000, &[(Customer, true)]);
    stage.answer_with("I will want a refund.");
    stage.silence_until_final("I will want a refund.", &[(Customer, false)]);
    assert_eq!(stage.finals(), [(Customer, 0, 3_900)]);
}

#[test]
fn nobody_is_waited_for_once_the_other_side_speaks() {
    let mut stage = Stage::new([(Agent, stream()), (Customer, stream())]);
    stage.stream(2_000, &[(Customer, true), (Agent, false)]);
    stage.answer_with("I was charged twice and.");
    stage.stream(600, &[(Customer, false), (Agent, false)]);
    stage.answer_with("I was charged twice and.");
    assert!(stage.finals().is_empty());
    stage.stream(140, &[(Customer, false), (Agent, true)]);
    assert_eq!(stage.finals(), [(Customer, 0, 2_000)]);
}

#[test]
fn a_late_answer_keeps_the_utterance_open_and_goes_first() {
    let mut stage = Stage::new([(Customer, stream())]);
    stage.stream(2_000, &[(Customer, true)]);
    stage.answer_with("I was charged twice.");
    stage.stream(700, &[(Customer, false)]);
    let asked: Vec<JobId> = stage.asked.iter().map(|(id, _)| *id).collect();
    assert_eq!(stage.promoted, asked, "it is urgent by now");
    assert!(!stage.kinds().contains(&"speech_end"));
    stage.answer_with("I was charged twice.");
    assert_eq!(stage.finals(), [(Customer, 0, 2_000)]);
}

#[test]
fn a_look_that_is_given_up_leaves_the_end_where_it_was() {
    let mut stage = Stage::new([(Customer, stream())]);
    stage.stream(2_000, &[(Customer, true)]);
    stage.answer_with("I was charged twice and.");
    stage.stream(300, &[(Customer, false)]);
    let (id, _) = stage.asked.remove(0);
    stage.handle(Input::Shed(id));
    stage.asked.clear();
    let over = (20..=2_000).step_by(20).find(|_| {
        stage.stream(20, &[(Customer, false)]);
        stage.kinds().contains(&"speech_end")
    });
    assert!(over.is_some_and(|ms| ms <= 220), "{over:?}");
}
