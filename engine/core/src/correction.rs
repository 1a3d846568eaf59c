//! What a person writes over words that were misheard: where in the sound it was said, and what is
//! to be listened for from then on.

mod phrases;

use std::fmt;
use std::ops::Range;
use std::time::Duration;

use sidetone_language::tokens::{Figures, cut};
use sidetone_language::twins::{letters, twins};
use sidetone_types::controls::controls;
use sidetone_types::event::TimedWord;
use sidetone_types::id::UtteranceId;
use sidetone_types::time::MediaTime;

pub use phrases::phrases;

/// Longest line that is taken, in bytes: more than anybody says between two pauses.
const MAX_TEXT: usize = 4 * 1024;
/// Longest name of who corrects, in bytes.
const MAX_NAME: usize = 256;

/// A word takes at least so long, where there is room.
const SHORTEST_TIME: Duration = Duration::from_millis(60);

/// What was said instead of what was heard.
#[derive(Clone, Eq, PartialEq)]
pub struct Correction {
    /// Which utterance.
    pub utterance: UtteranceId,
    /// All that was said in it, as one line.
    pub text: String,
    /// Who says so; may be empty.
    pub by: String,
}

/// A correction that cannot be taken. Trying again will not help.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum CorrectionError {
    /// What remains of an utterance has words.
    #[error("a correction needs words: write all that was said in utterance {0}")]
    NoWords(u64),
    /// Only one of them could be the last word.
    #[error("utterance {0} is corrected twice at once: send the last word alone")]
    Twice(u64),
    /// It is no line of text.
    #[error(
        "{what} of a correction holds a line break, or a character that controls, turns the \
         direction of writing or is not seen: leave it out"
    )]
    NotALine {
        /// Which one.
        what: &'static str,
    },
    /// A text is longer than anybody needs.
    #[error("{what} of a correction takes {bytes} bytes; at most {most} are kept")]
    TooLong {
        /// Which one.
        what: &'static str,
        /// Its length.
        bytes: usize,
        /// The bound.
        most: usize,
    },
}

impl Correction {
    /// Finds what keeps it from being taken.
    pub fn check(&self) -> Result<(), CorrectionError> {
        let texts = [
            // What was pasted may end with a line break.
            ("the text", self.text.trim(), MAX_TEXT),
            ("`by`", self.by.as_str(), MAX_NAME),
        ];
        for (what, text, most) in texts {
            let bytes = text.len();
            if bytes > most {
                return Err(CorrectionError::TooLong { what, bytes, most });
            }
            if text.chars().any(controls) {
                return Err(CorrectionError::NotALine { what });
            }
        }
        match cut(&self.text, Figures::AsWritten).is_empty() {
            true => Err(CorrectionError::NoWords(self.utterance.0)),
            false => Ok(()),
        }
    }

    /// Its words, with times: those that were heard keep theirs, and others share the time between
    /// them. `heard` was said from `within.start` to `within.end`.
    pub fn words(&self, heard: &[TimedWord], within: Range<MediaTime>) -> Vec<TimedWord> {
        let new = pieces(&self.text);
        let spelt: Vec<String> = new.iter().map(|piece| letters(piece)).collect();
        let old: Vec<String> = heard.iter().map(|word| letters(&word.word)).collect();
        let mut twins = twins(&old, &spelt, |a, b| !a.is_empty() && a == b);
        make_room(&mut twins, heard, &within);
        let mut words: Vec<TimedWord> = Vec::with_capacity(new.len());
        for (at, spaced) in new.into_iter().enumerate() {
            let (start, end) = match twins[at] {
                Some(twin) => (heard[twin].start, heard[twin].end),
                None => {
                    let behind = twins[at..].iter().position(Option::is_some);
                    let next = behind.and_then(|count| twins[at + count]);
                    let next = next.map_or(within.end, |twin| heard[twin].start);
                    let count = behind.unwrap_or(twins.len() - at);
                    let start = words.last().map_or(within.start, |last| last.end);
                    let share = next.since(start).as_millis() as u64 / count.max(1) as u64;
                    (start, MediaTime::from_millis(start.as_millis() + share))
                }
            };
            words.push(TimedWord {
                word: spaced.trim().to_owned(),
                spaced,
                start,
                end,
                confidence: 1.0,
            });
        }
        words
    }
}

impl fmt::Debug for Correction {
    /// Nobody's words in a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Correction(of {})", self.utterance.0)
    }
}

/// Has new words that nothing is between share the time of those beside them, as many as it takes:
/// `twins` says which of the words `heard` each is.
fn make_room(twins: &mut [Option<usize>], heard: &[TimedWord], within: &Range<MediaTime>) {
    let mut from = 0;
    while let Some(first) = twins[from..].iter().position(Option::is_none) {
        let mut run = from + first..from + first;
        run.end += twins[run.start..]
            .iter()
            .take_while(|twin| twin.is_none())
            .count();
        loop {
            let before = run.start.checked_sub(1).and_then(|i| twins[i]);
            let behind = twins.get(run.end).copied().flatten();
            let start = before.map_or(within.start, |twin| heard[twin].end);
            let end = behind.map_or(within.end, |twin| heard[twin].start);
            if end.since(start) >= SHORTEST_TIME * run.len() as u32 {
                break;
            }
            if before.is_some() {
                run.start -= 1;
            } else if behind.is_some() {
                run.end += 1;
            } else {
                break;
            }
            twins[run.clone()].fill(None);
            // Others may be new beyond it.
            run.end += twins[run.end..]
                .iter()
                .take_while(|twin| twin.is_none())
                .count();
            let new = twins[..run.start]
                .iter()
                .rev()
                .take_while(|twin| twin.is_none());
            run.start -= new.count();
        }
        from = run.end;
    }
}

/// The words of a line with the marks beside them, each with the space before it where it has one;
/// by character where words are written without spaces.
fn pieces(line: &str) -> Vec<String> {
    let tokens = cut(line.trim(), Figures::AsWritten);
    let line = line.trim();
    let mut pieces: Vec<String> = Vec::with_capacity(tokens.len());
    let mut from = 0;
    for (i, token) in tokens.iter().enumerate() {
        if i > 0 && token.span.start < from {
            continue;
        }
        let next = tokens[i + 1..]
            .iter()
            .find(|next| next.span.start >= token.span.end);
        let until = next.map_or(line.len(), |next| next.span.start);
        // Marks belong to the word before them, up to the space.
        let marks = &line[token.span.end..until];
        let closing = match (next, marks.find(char::is_whitespace)) {
            (None, _) => marks.trim_end().len(),
            (Some(_), Some(space)) => space,
            (Some(_), None) => marks.len(),
        };
        let end = token.span.end + closing;
        let piece = &line[from..end];
        let space = if piece.starts_with(char::is_whitespace) {
            " "
        } else {
            ""
        };
        pieces.push(format!("{space}{}", piece.trim()));
        from = end;
    }
    pieces
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sidetone_types::lang::Lang;
    use sidetone_types::recognise::join;

    use super::*;

    fn correction(text: &str) -> Correction {
        Correction {
            utterance: UtteranceId(3),
            text: text.to_owned(),
            by: String::new(),
        }
    }

    fn heard(line: &str, ms: u64) -> Vec<TimedWord> {
        let words = correction(line).words(&[], MediaTime::ZERO..MediaTime::from_millis(ms));
        assert_eq!(join(words.iter().map(|word| word.spaced.as_str())), line);
        words
    }

    #[test]
    fn words_that_were_heard_keep_their_times_and_new_ones_share_what_is_between() {
        let heard = heard("I was charged wife, today.", 2_500);
        let end = MediaTime::from_millis(2_500);
        for (text, times) in [
            ("I was charged twice, today.", [1_500, 2_000]),
            ("I was charged two times today.", [1_500, 1_750]),
            // It takes of the word behind it.
            ("Twice. I was charged twice today.", [0, 250]),
        ] {
            let words = correction(text).words(&heard, MediaTime::ZERO..end);
            assert_eq!(join(words.iter().map(|word| word.spaced.as_str())), text);
            let new = words
                .iter()
                .find(|word| word.word.to_lowercase().starts_with("tw"));
            let new = new.expect("it is there");
            assert_eq!(
                [new.start, new.end].map(MediaTime::as_millis),
                times,
                "{text}"
            );
            assert!(
                words
                    .iter()
                    .all(|word| word.start <= word.end && word.end <= end)
            );
            assert!(words.windows(2).all(|pair| pair[0].end <= pair[1].start));
        }
    }

    #[test]
    fn what_says_nothing_or_too_much_is_refused() {
        let with = |text: &str, by: &str| Correction {
            by: by.to_owned(),
            ..correction(text)
        };
        for (correction, problem) in [
            (with("", "a"), Some("needs words")),
            (with(" . ", "a"), Some("needs words")),
            (
                with(&"a ".repeat(3_000), "a"),
                Some("the text of a correction takes 5999 bytes"),
            ),
            (
                with("yes", &"a".repeat(300)),
                Some("`by` of a correction takes 300 bytes"),
            ),
            (
                with("a --\n\n00:05.000", ""),
                Some("the text of a correction holds a line break"),
            ),
            (
                with("yes", "a\u{202e}b"),
                Some("`by` of a correction holds"),
            ),
            (with("yes", "a\n"), Some("`by` of a correction holds")),
            (with("yes\n", "a"), None),
            (with("yes", ""), None),
            (with("是", ""), None),
        ] {
            let error = correction.check().err().map(|error| error.to_string());
            match problem {
                None => assert_eq!(error, None),
                Some(problem) => assert!(
                    error.as_ref().is_some_and(|error| error.contains(problem)),
                    "{error:?}"
                ),
            }
        }
    }

    proptest! {
        #[test]
        fn whatever_is_typed_keeps_its_words_and_marks_in_order_and_in_time(
            old in "[a-c我要退 ,.$0-9]{0,30}",
            new in "\\PC{0,40}",
        ) {
            let within = MediaTime::ZERO..MediaTime::from_millis(3_000);
            let heard = correction(&old).words(&[], within.clone());
            let words = correction(&new).words(&heard, within.clone());
            let typed: String = new.chars().filter(|c| !c.is_whitespace()).collect();
            let kept: String = words.iter().map(|word| word.spaced.as_str()).collect();
            let kept: String = kept.chars().filter(|c| !c.is_whitespace()).collect();
            prop_assert!(words.is_empty() || typed == kept, "{typed:?} {kept:?}");
            prop_assert!(words.windows(2).all(|pair| pair[0].end <= pair[1].start));
            prop_assert!(words.iter().all(|word| word.start <= word.end && word.end <= within.end));
            for phrase in phrases(&old, &new, Lang::EN) {
                prop_assert!(new.contains(&phrase));
            }
        }
    }
}
