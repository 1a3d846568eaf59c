//! What is to be listened for since it was misheard.

use std::ops::Range;

use sidetone_language::itn;
use sidetone_language::lexicon::Lexicon;
use sidetone_language::mandarin_words::MandarinWords;
use sidetone_language::numerals::{ReadAs, digit};
use sidetone_language::tokens::{Figures, Token, cut};
use sidetone_language::twins::twins;
use sidetone_types::lang::Lang;
use sidetone_types::secret::{NO_WORDS, without_labels};

/// More new words in a row than these are another sentence rather than words misheard, and nothing
/// to listen for.
const MOST_WORDS: usize = 5;
const MOST_CHARACTERS: usize = 10;
/// A single word shorter than this is no phrase, in letters.
const SHORTEST_WORD: usize = 5;

/// What is to be listened for since `meant` was said where `heard` was heard, in `lang`: the new
/// words, with as many of their neighbours as it takes to be more than one everyday word. Nothing
/// with numbers, in figures or in words: those are other ones each time.
pub fn phrases(heard: &str, meant: &str, lang: Lang) -> Vec<String> {
    let (heard, meant) = (&*without_labels(heard), &*without_labels(meant));
    let old = cut(heard, Figures::AsWritten);
    let new = cut(meant, Figures::AsWritten);
    let twins = twins(&old, &new, |a, b| a.text == b.text);
    let words = MandarinWords::of(meant);
    let lexicon = Lexicon::built_in();
    let is_number = |token: &Token| {
        let mut characters = token.text.chars();
        let digit = characters.next().and_then(|c| digit(c, ReadAs::Either));
        let alone = characters.next().is_none();
        lexicon.numbers.all().value(&token.text).is_some() || (alone && digit.is_some())
    };
    let has_numbers = |phrase: &String| {
        let tokens = cut(phrase, Figures::AsWritten);
        let digit_by_digit = tokens.windows(2).any(|pair| pair.iter().all(is_number));
        phrase.contains(char::is_numeric)
            || digit_by_digit
            || !itn::numbers(phrase, lang, &lexicon).is_empty()
    };
    let mut phrases = Vec::new();
    let mut at = 0;
    while at < new.len() {
        let run = at..new.len();
        let len = run
            .take_while(|i| twins[*i].is_none() && (*i == at || !new[*i].opens()))
            .count();
        if len > 0 {
            let phrase = phrase(meant, &new, at..at + len, &words);
            phrases
                .extend(phrase.filter(|phrase| !has_numbers(phrase) && !phrase.contains(NO_WORDS)));
        }
        at += len.max(1);
    }
    phrases
}

/// What is to be listened for where the tokens `run` of `text` are new.
fn phrase(
    text: &str,
    tokens: &[Token],
    mut run: Range<usize>,
    words: &MandarinWords,
) -> Option<String> {
    let han = tokens[run.clone()].iter().any(Token::is_han);
    let most = if han { MOST_CHARACTERS } else { MOST_WORDS };
    if run.len() > most {
        return None;
    }
    let follows = |i: usize| i < tokens.len() && !tokens[i].opens();
    if han {
        while follows(run.start) && !words.ends_at(tokens[run.start].span.start) {
            run.start -= 1;
        }
        while follows(run.end) && !words.ends_at(tokens[run.end - 1].span.end) {
            run.end += 1;
        }
    }
    let is_name = |i: usize| {
        let inside = i < tokens.len() && !tokens[i].opens();
        inside && text[tokens[i].span.clone()].starts_with(char::is_uppercase)
    };
    let named = run.clone().any(is_name);
    if named {
        while run.start > 0 && is_name(run.start - 1) && follows(run.start) {
            run.start -= 1;
        }
        while is_name(run.end) {
            run.end += 1;
        }
    }
    if run.len() == 1 && !named {
        if follows(run.start) {
            run.start -= 1;
        } else if follows(run.end) {
            run.end += 1;
        }
    }
    let phrase = &tokens[run];
    let letters = phrase.first().map_or(0, |token| token.text.chars().count());
    let enough = phrase.len() > 1 || letters >= SHORTEST_WORD;
    let (first, last) = (phrase.first()?, phrase.last()?);
    enough.then(|| text[first.span.start..last.span.end].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_listened_for_is_what_was_misheard_and_more_than_an_everyday_word() {
        for (heard, meant, expected) in [
            (
                "I was charged wife.",
                "I was charged twice.",
                &["charged twice"][..],
            ),
            (
                "we have a roar of fibre",
                "we have Aurora Fibre",
                &["Aurora Fibre"],
            ),
            (
                "Talk to miss Kowalski",
                "Talk to miss Kovalchyk",
                &["Kovalchyk"],
            ),
            ("Fiver is down", "Fibre is down", &["Fibre is"]),
            ("I was charged twice", "I was charged twice.", &[]),
            ("it costs 15 dollars", "it costs 50 dollars", &[]),
            ("it costs a lot", "it costs $25", &[]),
            ("it costs a lot", "it costs fifteen", &[]),
            ("call one two nine", "call one three nine", &[]),
            ("我的号码是一三八", "我的号码是一三九", &[]),
            ("hello", "what they said is a whole other sentence", &[]),
            ("yes", "no", &[]),
            ("我要退宽", "我要退款", &["退款"]),
            ("办理光先宽带", "办理光纤宽带", &["光纤"]),
            ("帮我查一下，号吗", "帮我查一下，号码", &["号码"]),
            ("", "Aurora Fibre", &["Aurora Fibre"]),
            ("the router, it", "the modem, it", &["the modem"]),
        ] {
            let lang = if meant.is_ascii() { Lang::EN } else { Lang::ZH };
            assert_eq!(phrases(heard, meant, lang), expected, "{heard} / {meant}");
        }
    }
}
