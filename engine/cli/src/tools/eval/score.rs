//! One recording's output against its reference, and many of them added up.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;
use sidetone_types::lang::Lang;

use super::distance::{Edits, edits};
use super::normalise::{loops, normalise};
use super::reliability::{HeardWord, Reliability};

/// What became of one recording.
#[derive(Clone, Debug)]
pub struct Heard {
    /// The words of all its utterances, joined.
    pub text: String,
    /// Of each utterance, from when its last audio was handed over until its words came.
    pub latencies: Vec<Duration>,
    /// Utterances that could not be recognised.
    pub unrecognised: u64,
    /// How long the recording is.
    pub audio: Duration,
    /// Each word by itself, where that is known.
    pub words: Vec<HeardWord>,
}

/// One recording, scored.
#[derive(Clone, Debug, Serialize)]
pub struct Scored {
    /// As the manifest names it.
    pub file: String,
    /// The language it was scored in.
    pub lang: Lang,
    /// What was said, normalised.
    pub reference: String,
    /// What came out, normalised.
    pub output: String,
    /// What was said, counted in words or characters.
    pub words: u64,
    /// How far they are apart.
    #[serde(flatten)]
    pub edits: Edits,
    /// Whether the output goes round in circles and the reference does not.
    pub looping: bool,
    /// Whether the output is more than was said: see [`is_invented`].
    pub invented: bool,
}

impl Scored {
    /// Compares what was heard with what was said.
    pub fn new(file: &str, lang: Lang, said: &str, heard: &str) -> Self {
        let (reference, output) = (normalise(said, lang), normalise(heard, lang));
        let edits = edits(&reference, &output);
        let words = reference.len() as u64;
        let joint = if lang.is_unspaced() { "" } else { " " };
        Self {
            file: file.to_owned(),
            lang,
            looping: loops(&output) && !loops(&reference),
            invented: is_invented(words, edits.insertions),
            reference: reference.join(joint),
            output: output.join(joint),
            words,
            edits,
        }
    }
}

/// Words where nobody spoke; or three and more put in, and half as many as were said.
fn is_invented(said: u64, insertions: u64) -> bool {
    if said == 0 {
        insertions > 0
    } else {
        insertions >= 3 && 2 * insertions >= said
    }
}

/// Recordings added up.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Totals {
    /// Recordings.
    pub utterances: u64,
    /// What was said in them, in words or characters.
    pub words: u64,
    /// How far the outputs are from it.
    #[serde(flatten)]
    pub edits: Edits,
    /// How long they are.
    pub audio_seconds: f64,
}

impl Totals {
    fn add(&mut self, scored: &Scored, audio: Duration) {
        self.utterances += 1;
        self.words += scored.words;
        self.edits += scored.edits;
        self.audio_seconds += audio.as_secs_f64();
    }

    /// Edits per word that was said, in percent; `None` if nothing was.
    pub fn error_rate(&self) -> Option<f64> {
        (self.words > 0).then(|| 100.0 * self.edits.total() as f64 / self.words as f64)
    }
}

/// A whole evaluation, as it goes on.
#[derive(Debug, Default)]
pub struct Evaluation {
    /// Each recording, in the manifest's order.
    pub rows: Vec<Scored>,
    /// By language.
    pub by_lang: BTreeMap<Lang, Totals>,
    /// Of all languages.
    pub all: Totals,
    /// Of all utterances, in no order.
    pub latencies: Vec<Duration>,
    /// Utterances that could not be recognised.
    pub unrecognised: u64,
    /// Recordings that could not be read.
    pub unread: u64,
    /// How far the confidence of words is to be believed.
    pub reliability: Reliability,
}

impl Evaluation {
    /// Adds a recording and what became of it.
    pub fn add(&mut self, scored: Scored, heard: &Heard) {
        self.by_lang
            .entry(scored.lang)
            .or_default()
            .add(&scored, heard.audio);
        self.all.add(&scored, heard.audio);
        self.latencies.extend(&heard.latencies);
        self.reliability
            .add(scored.lang, &scored.reference, &heard.words);
        self.unrecognised += heard.unrecognised;
        self.rows.push(scored);
    }

    /// The rows with the most edits per word, the worst first. Those without any are left out.
    pub fn worst(&self, most: usize) -> Vec<&Scored> {
        let mut rows: Vec<&Scored> = self
            .rows
            .iter()
            .filter(|row| row.edits.total() > 0)
            .collect();
        let rate = |row: &Scored| row.edits.total() as f64 / row.words.max(1) as f64;
        rows.sort_by(|a, b| rate(b).total_cmp(&rate(a)));
        rows.truncate(most);
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(seconds: u64) -> Heard {
        Heard {
            text: String::new(),
            latencies: vec![Duration::from_millis(100 * seconds)],
            unrecognised: 0,
            audio: Duration::from_secs(seconds),
            words: Vec::new(),
        }
    }

    #[test]
    fn languages_are_added_up_apart_and_together() {
        let mut evaluation = Evaluation::default();
        evaluation.add(
            Scored::new("a", Lang::EN, "Hello, big world.", "hello world"),
            &heard(2),
        );
        evaluation.add(Scored::new("b", Lang::EN, "Yes.", "yes"), &heard(1));
        evaluation.add(Scored::new("c", Lang::ZH, "你好吗", "你号吗"), &heard(3));
        let en = &evaluation.by_lang[&Lang::EN];
        assert_eq!((en.utterances, en.words, en.edits.deletions), (2, 4, 1));
        assert_eq!(en.error_rate(), Some(25.0));
        let all = &evaluation.all;
        assert_eq!(
            (all.words, all.edits.total(), all.audio_seconds),
            (7, 2, 6.0)
        );
        let worst: Vec<&str> = evaluation
            .worst(5)
            .iter()
            .map(|row| row.file.as_str())
            .collect();
        assert_eq!(worst.len(), 2);
        assert!(worst.contains(&"a") && worst.contains(&"c"));
    }

    #[test]
    fn made_up_words_are_told_from_mistakes() {
        for (case, said, came_out, invented) in [
            ("silence kept", "", "", false),
            ("words out of silence", "[noise]", "Thank you.", true),
            ("one word more", "yes", "oh yes", false),
            (
                "as much again",
                "press one now please",
                "press one now please subscribe to my channel",
                true,
            ),
            (
                "a long text with three more",
                "a b c d e f g h i j",
                "x a b c d e y f g h i j z",
                false,
            ),
        ] {
            assert_eq!(
                Scored::new("f", Lang::EN, said, came_out).invented,
                invented,
                "{case}"
            );
        }
    }

    #[test]
    fn a_loop_counts_only_if_nobody_spoke_one() {
        let again = "no ".repeat(12);
        assert!(Scored::new("f", Lang::EN, "no", &again).looping);
        assert!(!Scored::new("f", Lang::EN, &again, &again).looping);
    }
}
