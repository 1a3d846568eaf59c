//! Voice without words: a text that ends early is the likeliest on average now and then, and its last
//! word has all the sound that follows. "Four or six to" was told of 14 s, of a speaker who had said
//! much the same right before.

use std::ops::Range;
use std::time::Duration;

use sidetone_types::recognise::Word;

/// A word takes no longer, the pause behind it included. `benches/README.md` has what words take.
const LONGEST: Duration = Duration::from_secs(2);

/// What each digit of it adds, and each sign between letters, as in what is spelled: `13951583593` was
/// dictated for 4.8 s.
const LONGEST_SPELLED: Duration = Duration::from_millis(500);

/// What a word takes at least, before what is behind it is told to be without words.
const USUAL: Duration = Duration::from_millis(500);

/// Where one of `words`, up to the next one or to the end of the sound at `length`, takes longer than
/// it can: what is left behind as much as it usually takes. Of those that hold the first `confirmed`
/// tokens the last one alone counts.
pub fn holes(words: &[Word], confirmed: usize, length: Duration) -> Vec<Range<Duration>> {
    let mut tokens = 0;
    let bound = words.iter().take_while(|word| {
        tokens += word.tokens.len();
        tokens <= confirmed
    });
    let first = bound.count().saturating_sub(1);
    let starts = words.iter().map(|word| word.start);
    // What is in front of the first word is its own.
    let starts = [Duration::ZERO].into_iter().chain(starts.skip(1));
    let ends = words.iter().skip(1).map(|word| word.start);
    let places = starts.zip(ends.chain([length])).zip(words);
    let hole = |((start, end), word): ((Duration, Duration), &Word)| {
        let spelled = word.text.trim_matches(|c: char| !c.is_alphanumeric());
        let spelled = spelled.chars().filter(|c| !c.is_alphabetic()).count();
        let spelled = LONGEST_SPELLED * spelled as u32;
        (end.saturating_sub(start) > LONGEST + spelled).then(|| start + USUAL + spelled..end)
    };
    places.skip(first).filter_map(hole).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_takes_too_long_for_a_word_has_left_others_out() {
        let word = |(text, start): &(&str, u64)| Word {
            text: (*text).to_owned(),
            start: Duration::from_millis(*start),
            end: Duration::from_millis(*start),
            confidence: 1.0,
            tokens: vec![1],
        };
        let she_said = &[("She", 100), (" said", 2_300)][..];
        for (case, words, confirmed, length, expected) in [
            (
                "said at once",
                &[("I", 0), (" see", 900)][..],
                0,
                2_800,
                None,
            ),
            (
                "at the end",
                &[("4", 0), (" or.", 900)],
                0,
                3_000,
                Some((1_400, 3_000)),
            ),
            ("in the middle", she_said, 0, 2_800, Some((500, 2_300))),
            (
                "at the beginning",
                &[("It", 2_400), (" is", 2_600)],
                0,
                3_000,
                Some((500, 2_600)),
            ),
            (
                "behind what is confirmed",
                she_said,
                1,
                2_800,
                Some((500, 2_300)),
            ),
            ("within what is confirmed", she_said, 2, 2_800, None),
            ("a number", &[("13951583593", 0)], 0, 4_800, None),
            (
                "more than a number",
                &[("1395", 0)],
                0,
                4_800,
                Some((2_500, 4_800)),
            ),
            ("letter by letter", &[("A-B-C-D", 0)], 0, 3_400, None),
            ("no words", &[], 0, 4_800, None),
        ] {
            let words: Vec<Word> = words.iter().map(word).collect();
            let holes = holes(&words, confirmed, Duration::from_millis(length));
            let expected = expected
                .map(|(start, end)| Duration::from_millis(start)..Duration::from_millis(end));
            assert_eq!(holes, Vec::from_iter(expected), "{case}");
        }
    }
}
