//! What is written down as if it had been said: sentences and whole calls, for whoever measures or
//! tests what is concluded from words.

mod table;

use std::time::Duration;

pub use table::{TableError, table};

use crate::stable_words::StableWords;
use crate::wrap_up::Line;
use sidetone_types::event::TimedWord;
use sidetone_types::id::UtteranceId;
use sidetone_types::lang::Lang;
use sidetone_types::party::Side;
use sidetone_types::time::MediaTime;

/// How long a word takes.
const WORD: Duration = Duration::from_millis(400);
/// How long a turn of a call takes, and the pause behind it.
const TURN: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_secs(1);

/// A finished utterance that begins at `start`.
pub fn said(
    utterance: u64,
    side: Side,
    lang: Lang,
    start: MediaTime,
    sentence: &str,
) -> StableWords {
    let timed = |(i, spaced): (u32, &str)| TimedWord {
        word: spaced.trim().to_owned(),
        spaced: spaced.to_owned(),
        start: start + WORD * i,
        end: start + WORD * (i + 1),
        confidence: 0.95,
    };
    StableWords {
        utterance: UtteranceId(utterance),
        side,
        lang,
        words: (0..).zip(words(sentence, lang)).map(timed).collect(),
        finished: true,
    }
}

/// The same utterance, word by word and then over.
pub fn growing(said: &StableWords) -> impl Iterator<Item = StableWords> {
    let steps = (1..=said.words.len()).map(|count| StableWords {
        words: said.words[..count].to_vec(),
        finished: false,
        ..said.clone()
    });
    steps.chain([said.clone()])
}

/// Words with the space before them: of an unspaced language each character, and runs of letters
/// and figures. Marks belong to the word before them.
fn words(sentence: &str, lang: Lang) -> Vec<&str> {
    let mut starts = vec![0];
    let mut before = None;
    for (at, c) in sentence.char_indices() {
        let is_character = |c: char| c.is_alphanumeric() && !c.is_ascii();
        let begins = match before {
            None => false,
            Some(_) if c.is_whitespace() => true,
            Some(before) if char::is_whitespace(before) => false,
            Some(before) if lang.is_unspaced() => {
                is_character(c) || (c.is_ascii_alphanumeric() && is_character(before))
            }
            Some(_) => false,
        };
        if begins {
            starts.push(at);
        }
        before = Some(c);
    }
    let ends = starts.iter().skip(1).copied().chain([sentence.len()]);
    let words = starts
        .iter()
        .zip(ends)
        .map(|(start, end)| &sentence[*start..end]);
    words.filter(|word| !word.trim().is_empty()).collect()
}

/// A turn that says nobody's name.
#[derive(Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{0}` is nobody's turn: begin it with `a:` or `c:`")]
pub struct TurnError(String);

/// The turns of a whole call: `a: …` of the agent and `c: …` of the customer.
///
/// # Errors
///
/// [`TurnError`] for a turn that begins with neither.
pub fn call<'a>(
    turns: impl IntoIterator<Item = &'a str>,
    lang: Lang,
) -> Result<Vec<Line>, TurnError> {
    let line = |(i, turn): (u32, &str)| {
        let (side, text) = match turn.trim().split_once(':') {
            Some(("a", text)) => (Side::Agent, text),
            Some(("c", text)) => (Side::Customer, text),
            _ => return Err(TurnError(turn.trim().to_owned())),
        };
        let start = MediaTime::ZERO + (TURN + PAUSE) * i;
        Ok(Line {
            side,
            lang,
            start,
            end: start + TURN,
            text: text.trim().to_owned(),
            doubtful: Vec::new(),
        })
    };
    (0..).zip(turns).map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_is_cut_as_the_recogniser_would() {
        for (lang, sentence, expected) in [
            (
                Lang::EN,
                "I'd like to, thanks.",
                vec!["I'd", " like", " to,", " thanks."],
            ),
            (
                Lang::ZH,
                "我要退款，谢谢。",
                vec!["我", "要", "退", "款，", "谢", "谢。"],
            ),
            (Lang::ZH, "用APP付25元", vec!["用", "APP", "付", "25", "元"]),
            (Lang::EN, "", vec![]),
        ] {
            assert_eq!(words(sentence, lang), expected, "{sentence}");
        }
    }

    #[test]
    fn an_utterance_grows_by_a_word_and_is_over_at_last() {
        let said = said(
            1,
            Side::Customer,
            Lang::EN,
            MediaTime::ZERO,
            "cancel my contract",
        );
        let steps: Vec<(usize, bool)> = growing(&said)
            .map(|step| (step.words.len(), step.finished))
            .collect();
        assert_eq!(steps, [(1, false), (2, false), (3, false), (3, true)]);
    }

    #[test]
    fn turns_belong_to_their_side() {
        let lines = call(["a: Hello.", "c: Hello: it is me."], Lang::EN).expect("turns");
        let said: Vec<(Side, &str)> = lines.iter().map(|l| (l.side, l.text.as_str())).collect();
        assert_eq!(
            said,
            [
                (Side::Agent, "Hello."),
                (Side::Customer, "Hello: it is me.")
            ]
        );
        assert!(call(["x: Hello."], Lang::EN).is_err());
    }
}
