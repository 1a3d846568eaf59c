//! Whether what was said so far is a whole sentence, told by its words and marks: what endpointing
//! goes by when a speaker pauses.
//!
//! The recogniser writes a full stop behind most of what it hears before a silence, so that a mark
//! alone says little. What does say something is the last word: nobody is done with "because" or
//! 如果, and a number that is told digit by digit goes on until there are enough of them.

use sidetone_types::lang::Lang;

use crate::lexicon::Lexicon;
use crate::numbers::NumberWords;
use crate::numerals::{ReadAs, digit};
use crate::tokens::Token;

/// Digits from which on a number that is told digit by digit may be whole: telephone numbers
/// without their area code have seven.
const WHOLE_NUMBER: usize = 7;
/// Digits in one figure that may be the beginning of a longer number: fewer count things, or are
/// the day of a month.
const PART_OF_NUMBER: usize = 3;

/// How an utterance reads so far.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Completeness {
    /// It may well be all.
    Complete,
    /// Nothing speaks for either.
    Unclear,
    /// More is to come.
    Unfinished,
}

/// How `text` reads, as a recogniser wrote it down in `lang`.
pub fn completeness(text: &str, lang: Lang, lexicon: &Lexicon) -> Completeness {
    let tokens = lexicon.tokenise(text);
    let Some(last) = tokens.last() else {
        return Completeness::Unclear;
    };
    let mark = Mark::behind(&text[last.span.end..]);
    let by_words = (lexicon.sentence.unfinished).end_before(&tokens, tokens.len());
    match mark {
        Mark::Question => Completeness::Complete,
        Mark::GoesOn => Completeness::Unfinished,
        _ if by_words || number_goes_on(&tokens, lexicon.numbers.all()) => Completeness::Unfinished,
        Mark::End => Completeness::Complete,
        // Recognisers leave out the last mark of many a Chinese sentence, and of few others.
        Mark::None if lang.is_unspaced() => Completeness::Unclear,
        Mark::None => Completeness::Unfinished,
    }
}

/// The mark behind the last word.
enum Mark {
    None,
    End,
    Question,
    /// A comma, a dash, three points.
    GoesOn,
}

impl Mark {
    fn behind(rest: &str) -> Self {
        let points = rest.chars().filter(|c| *c == '.').count();
        if rest.contains(['?', '？']) {
            Self::Question
        } else if points > 1
            || rest.contains(['…', ',', '，', '、', '-', '–', '—', ':', '：', ';', '；'])
        {
            Self::GoesOn
        } else if rest.contains(['.', '!', '。', '！']) {
            Self::End
        } else {
            Self::None
        }
    }
}

/// Whether the text ends within a number that is told digit by digit.
fn number_goes_on(tokens: &[Token], words: &NumberWords) -> bool {
    let run: Vec<usize> = tokens
        .iter()
        .rev()
        .map_while(|token| digits(&token.text, words))
        .collect();
    let told: usize = run.iter().sum();
    let in_parts = run.len() > 1 || run.first().is_some_and(|first| *first >= PART_OF_NUMBER);
    let year = run.len() == 1 && tokens.last().is_some_and(|last| is_year(&last.text));
    in_parts && told < WHOLE_NUMBER && !year
}

/// How many digits a token tells, if it is nothing else; none of a hyphen between them.
fn digits(token: &str, words: &NumberWords) -> Option<usize> {
    if token == "-" {
        return Some(0);
    }
    if token.chars().all(|c| c.is_ascii_digit()) {
        return Some(token.len());
    }
    let mut chars = token.chars();
    match (chars.next(), chars.next()) {
        (Some(c), None) if digit(c, ReadAs::Digits).is_some() => Some(1),
        _ => {
            let told = words.ones(token).is_some() || words.told_digit(token).is_some();
            told.then_some(1)
        }
    }
}

fn is_year(token: &str) -> bool {
    token.len() == 4 && (token.starts_with("19") || token.starts_with("20"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_told_from_a_pause_by_the_last_words() {
        use Completeness::{Complete, Unclear, Unfinished};
        let lexicon = Lexicon::built_in();
        for (lang, text, expected) in [
            (Lang::EN, "I'd like a refund.", Complete),
            (Lang::EN, "I'd like a refund", Unfinished),
            (Lang::EN, "What is it for?", Complete),
            (Lang::EN, "I was charged twice, and...", Unfinished),
            (Lang::EN, "I was charged twice because.", Unfinished),
            (Lang::EN, "Well, I will.", Unfinished),
            (Lang::EN, "My number is the.", Unfinished),
            (Lang::EN, "Um,", Unfinished),
            (Lang::EN, "Yes.", Complete),
            (Lang::EN, "My number is 415.", Unfinished),
            (Lang::EN, "four one five.", Unfinished),
            (Lang::EN, "It's 415-555-0132.", Complete),
            (Lang::EN, "I bought it in 2019.", Complete),
            (Lang::EN, "That's on May 7.", Complete),
            (Lang::EN, "It was $25.", Complete),
            (Lang::ZH, "我想退款。", Complete),
            (Lang::ZH, "我想退款", Unclear),
            (Lang::ZH, "我想退款，", Unfinished),
            (Lang::ZH, "因为", Unfinished),
            (Lang::ZH, "我的号码是一三八", Unfinished),
            (Lang::ZH, "號碼是13812345678", Unclear),
            (Lang::ZH, "如果。", Unfinished),
            (Lang::EN, "", Unclear),
        ] {
            assert_eq!(completeness(text, lang, &lexicon), expected, "{text}");
        }
    }
}
