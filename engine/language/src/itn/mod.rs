//! Numbers as they are said in, as they are written out (inverse text normalisation): `twenty five
//! dollars` → `$25`, `一三八零零一三八零零零` → `13800138000`.
//!
//! A number that is written wrongly is worse than one that is left in words. So every reading is a
//! short rule that has to fit as a whole; where two readings fit (`nineteen ninety nine`: a year, a
//! price or a time), where numbers stand side by side in no known order, and in set phrases
//! (`一五一十`), the words stay, all of them: a number is read from its first word to its last, or not
//! at all. So do small numbers in running text, as style guides have it: `one of us`, `一个`.
//!
//! | module | its one reason to exist |
//! |---|---|
//! | `spaced` | how numbers are said in languages that write spaces, one file per kind of number |
//! | `spaced::english` | kinds that only English says in its way: dates, times, ordinals, codes |
//! | `mandarin` | how Mandarin speakers say numbers, in both scripts |
//! | `figures` | what all need to write numbers down |
//!
//! The words themselves are the topics `numbers` and `figures` of the lexicon.

use sidetone_types::lang::Lang;

use crate::lexicon::Lexicon;

mod figures;
mod mandarin;
mod number;
mod spaced;

pub use number::Number;

/// The numbers of a line that are written otherwise than they stand there, in order, none within
/// another. None in a language that has no number words in the lexicon.
pub fn numbers(line: &str, lang: Lang, lexicon: &Lexicon) -> Vec<Number> {
    let found = match (lexicon.numbers.of_lang(lang), lexicon.figures.get(&lang)) {
        (Some(numbers), Some(figures)) if lang == Lang::ZH => {
            mandarin::numbers(line, (numbers, figures))
        }
        (Some(numbers), Some(figures)) if !lang.is_unspaced() => {
            spaced::numbers(line, lang, (numbers, figures, &lexicon.dates))
        }
        _ => Vec::new(),
    };
    let differs = |number: &Number| line[number.span.clone()] != number.text;
    found.into_iter().filter(differs).collect()
}

/// The line with its `numbers` written out.
pub fn written(line: &str, numbers: &[Number]) -> String {
    let mut text = String::new();
    let mut at = 0;
    for number in numbers {
        text.push_str(&line[at..number.span.start]);
        text.push_str(&number.text);
        at = number.span.end;
    }
    text + &line[at..]
}

#[cfg(test)]
mod tests;
