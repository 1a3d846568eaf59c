//! Voice without words: a text that ends early is the likeliest on average now and then, and its last
//! word has all the sound that follows. "Four or six to" was told of 14 s, of a speaker who had said
//! much the same right before.

use std::time::Duration;

use sidetone_types::recognise::Word;

/// A word takes no longer, the pause behind it included. `benches/README.md` has what words take.
const LONGEST: Duration = Duration::from_secs(2);

/// What each digit of it adds, and each sign between letters, as in what is spelled: `13951583593` was
/// dictated for 4.8 s.
const LONGEST_SPELLED: Duration = Duration::from_millis(500);

/// Whether one of `words`, up to the next one or to the end of the sound at `length`, takes longer
/// than it can. Of those that hold the first `confirmed` tokens the last one alone counts.
pub fn has_hole(words: &[Word], confirmed: usize, length: Duration) -> bool {
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
    places.skip(first).any(|((start, end), word)| {
        let spelled = word.text.trim_matches(|c: char| !c.is_alphanumeric());
        let spelled = spelled.chars().filter(|c| !c.is_alphabetic()).count();
        end.saturating_sub(start) > LONGEST + LONGEST_SPELLED * spelled as u32
    })
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
                false,
            ),
            ("at the end", &[("4", 0), (" or.", 900)], 0, 3_000, true),
            ("in the middle", she_said, 0, 2_800, true),
            (
                "at the beginning",
                &[("It", 2_400), (" is", 2_600)],
                0,
                3_000,
                true,
            ),
            ("behind what is confirmed", she_said, 1, 2_800, true),
            ("within what is confirmed", she_said, 2, 2_800, false),
            ("a number", &[("13951583593", 0)], 0, 4_800, false),
            ("more than a number", &[("1395", 0)], 0, 4_800, true),
            ("letter by letter", &[("A-B-C-D", 0)], 0, 3_400, false),
            ("no words", &[], 0, 4_800, false),
        ] {
            let words: Vec<Word> = words.iter().map(word).collect();
            let length = Duration::from_millis(length);
            assert_eq!(has_hole(&words, confirmed, length), expected, "{case}");
        }
    }
}
