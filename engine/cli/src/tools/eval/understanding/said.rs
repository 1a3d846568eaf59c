//! Sentences as the recogniser gives them: word by word, and whole.

use sidetone_types::event::TimedWord;
use sidetone_types::id::UtteranceId;
use sidetone_types::lang::Lang;
use sidetone_types::party::Side;
use sidetone_types::time::MediaTime;

use sidetone_core::stable_words::StableWords;

/// A word for each of these.
const WORD_MS: u64 = 400;

/// An utterance with the words of `sentence`, which is over.
pub fn said(side: Side, lang: Lang, sentence: &str) -> StableWords {
    let words = (0..)
        .zip(words(sentence, lang))
        .map(|(i, spaced)| TimedWord {
            word: spaced.trim().to_owned(),
            spaced: spaced.to_owned(),
            start: MediaTime::from_millis(WORD_MS * i),
            end: MediaTime::from_millis(WORD_MS * (i + 1)),
            confidence: 0.95,
        });
    StableWords {
        utterance: UtteranceId(1),
        side,
        lang,
        words: words.collect(),
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
        let said = said(Side::Customer, Lang::EN, "cancel my contract");
        let steps: Vec<(usize, bool)> = growing(&said)
            .map(|step| (step.words.len(), step.finished))
            .collect();
        assert_eq!(steps, [(1, false), (2, false), (3, false), (3, true)]);
    }
}
