//! The words of an utterance, for good: as they were said, and as they are read.

use sidetone_language::itn;
use sidetone_language::lexicon::Lexicon;

use sidetone_types::event::{Final, TimedWord, WrittenNumber};
use sidetone_types::id::UtteranceId;
use sidetone_types::lang::Lang;
use sidetone_types::recognise::join;

/// Puts the words of an utterance together to a line, and writes its numbers in figures, by the
/// word lists that come with the program.
pub fn finalise(
    utterance: UtteranceId,
    lang: Lang,
    confidence: f32,
    words: Vec<TimedWord>,
) -> Final {
    finalise_by(&Lexicon::built_in(), utterance, lang, confidence, words)
}

/// The same, by the word lists of `lexicon`.
pub fn finalise_by(
    lexicon: &Lexicon,
    utterance: UtteranceId,
    lang: Lang,
    confidence: f32,
    words: Vec<TimedWord>,
) -> Final {
    let spoken = join(words.iter().map(|word| word.spaced.as_str()));
    let numbers = itn::numbers(&spoken, lang, lexicon);
    let text = itn::written(&spoken, &numbers);
    let ends = ends_in_line(&words);
    let numbers = numbers
        .into_iter()
        .map(|number| WrittenNumber {
            kind: number.kind,
            text: number.text,
            start_word: ends.partition_point(|end| *end <= number.span.start),
            end_word: ends.partition_point(|end| *end < number.span.end) + 1,
        })
        .collect();
    Final {
        utterance,
        text,
        spoken,
        numbers,
        lang,
        confidence,
        words,
        unrecognised: Vec::new(),
        redacted: Vec::new(),
    }
}

/// Where each word ends in the line that [`join`] makes of them, in bytes.
fn ends_in_line(words: &[TimedWord]) -> Vec<usize> {
    let whole: String = words.iter().map(|word| word.spaced.as_str()).collect();
    let lead = whole.len() - whole.trim_start().len();
    let ends = words.iter().scan(0, |end, word| {
        *end += word.spaced.len();
        Some(end.saturating_sub(lead))
    });
    ends.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use sidetone_types::time::MediaTime;

    #[test]
    fn a_final_has_figures_to_read_and_the_words_as_they_were_said() {
        for (lang, spaced, text, numbers) in [
            (
                Lang::EN,
                vec![
                    " That's",
                    " twenty-five",
                    " dollars,",
                    " by",
                    " May",
                    " seventh.",
                ],
                "That's $25, by May 7.",
                vec![("$25", 1..3), ("May 7", 4..6)],
            ),
            (
                Lang::ZH,
                vec![
                    "我", "付了", "二", "十", "五块", "五，", " 五", "月", "七号",
                ],
                "我付了25.5元， 5月7号",
                vec![("25.5元", 2..6), ("5月7号", 6..9)],
            ),
            (Lang::EN, vec![" one", " of", " us"], "one of us", vec![]),
            (Lang::EN, vec![], "", vec![]),
        ] {
            let words: Vec<TimedWord> = spaced.iter().map(|spaced| word(spaced, 0, 0)).collect();
            let done = finalise(UtteranceId(1), lang, 0.5, words.clone());
            assert_eq!(done.text, text);
            assert_eq!(done.spoken, spaced.concat().trim());
            assert_eq!(done.words, words);
            let found: Vec<_> = done
                .numbers
                .iter()
                .map(|number| (number.text.as_str(), number.start_word..number.end_word))
                .collect();
            assert_eq!(found, numbers);
        }
    }

    fn word(spaced: &str, start: u64, end: u64) -> TimedWord {
        TimedWord {
            word: spaced.trim().to_owned(),
            spaced: spaced.to_owned(),
            start: MediaTime::from_millis(start),
            end: MediaTime::from_millis(end),
            confidence: 0.5,
        }
    }
}
