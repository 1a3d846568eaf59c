//! Set phrases with numerals in them, which are words and not numbers: `phrases` of the lexicon.

use super::chars::Chars;
use super::numeral::is_numeral;
use super::read::Read;

/// A set phrase. One that goes on with a numeral is none: `二百五十`.
pub(super) fn idiom(chars: &Chars<'_>, at: usize) -> Option<Read> {
    let fits = |idiom: &&String| {
        let end = || at + idiom.chars().count();
        chars.fits(at, idiom) && !is_numeral(chars.at(end())) && !is_numeral(chars.before(at))
    };
    let idioms = chars.figures.phrases.iter().filter(fits);
    let longest = idioms.map(|idiom| idiom.chars().count());
    Some(Read::nothing(at + longest.max()?))
}
