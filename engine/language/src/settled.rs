//! Whether a matter is over: done, come, or working again.
//!
//! Whole sayings tell it ("came through", 好了), and verbs that put things right where they are said as
//! done: "it has been fixed", "they took it off", "I got the router going", 已经退, 还完了. It is not over
//! where that is denied, only told, hoped for or no longer so: "you said it was fixed", 修好了又.

use std::ops::Range;

use crate::clauses::is_parted;
use crate::lexicon::{Lexicon, Settled};
use crate::tokens::Token;

/// Longest saying that may be begun, in tokens.
const LONGEST: usize = 4;
/// So many words before it at most a negation bears on it: "it never really came through".
const DENIED: usize = 4;
/// The name of a thing begins with one of so many words: "the broadband box".
const THING: usize = 2;

/// Where words stand in a clause that say that all is well. `awaited` tells of which words it says so
/// where they are the thing that has come or was put right: "got my refund".
pub fn settled<T: AsRef<Token>>(
    lexicon: &Lexicon,
    tokens: &[T],
    clause: Range<usize>,
    awaited: impl Fn(usize) -> bool,
) -> Option<Range<usize>> {
    let reads = Reads::new(lexicon, tokens, clause, awaited);
    let place = |at: usize| Some(at..reads.end(at)?);
    let mut places = reads.clause.clone().filter_map(place);
    places.find(|place| place.end <= reads.clause.end && !reads.is_open(place))
}

/// Whether a clause at the end of a text that goes on may yet say that all is well: "it came …", "you took
/// the late fee …", 到账…. `awaited` as in [`settled`].
pub fn may_be_settled<T: AsRef<Token>>(
    lexicon: &Lexicon,
    tokens: &[T],
    clause: Range<usize>,
    awaited: impl Fn(usize) -> bool,
) -> bool {
    let reads = Reads::new(lexicon, tokens, clause, awaited);
    let mut last = tokens.len().saturating_sub(LONGEST)..tokens.len();
    last.any(|at| {
        let rest = &tokens[at..];
        let begins = rest[0].as_ref().is_han() && reads.mended(at) == Some(tokens.len());
        begins
            || [&reads.words.sayings, &reads.words.mended]
                .iter()
                .any(|it| it.are_begun_by(rest))
    }) || reads.clause.clone().any(|at| {
        let has = reads.words.has.skip(tokens, at);
        has > at && reads.thing(has) == Some(tokens.len())
    })
}

/// A clause, and what is waited for in it.
struct Reads<'a, T, F> {
    lexicon: &'a Lexicon,
    words: &'a Settled,
    tokens: &'a [T],
    clause: Range<usize>,
    awaited: F,
}

impl<'a, T: AsRef<Token>, F: Fn(usize) -> bool> Reads<'a, T, F> {
    fn new(lexicon: &'a Lexicon, tokens: &'a [T], clause: Range<usize>, awaited: F) -> Self {
        Self {
            lexicon,
            words: &lexicon.settled,
            tokens,
            clause,
            awaited,
        }
    }

    fn word(&self, at: usize) -> &str {
        self.tokens
            .get(at)
            .map_or("", |token| token.as_ref().text.as_str())
    }

    /// Where words end that begin at `at` and say that all is well.
    fn end(&self, at: usize) -> Option<usize> {
        let words = self.words;
        let said = words.sayings.longest_at(self.tokens, at);
        said.or_else(|| match self.tokens[at].as_ref().is_han() {
            true => self.mandarin(at),
            false => (self.state(at))
                .or_else(|| self.perfect(at))
                .or_else(|| self.done_to_it(at)),
        })
    }

    /// A verb that puts something right, with what has become of it.
    fn mended(&self, at: usize) -> Option<usize> {
        let verb = self.words.mended.longest_at(self.tokens, at)?;
        Some(self.words.results.skip(self.tokens, verb))
    }

    fn lately(&self, at: usize) -> usize {
        let light = &self.lexicon.negation.light;
        let behind = self.words.lately.skip(self.tokens, at);
        light.longest_at(self.tokens, behind).map_or(behind, |end| {
            match self.mended(end).is_some() && self.mended(behind).is_none() {
                true => end,
                false => behind,
            }
        })
    }

    /// "Is fixed", "is now fixed", "mine is fine".
    fn state(&self, at: usize) -> Option<usize> {
        let (words, from) = (self.words, self.lately(at + 1));
        if !self.lexicon.negation.copulas.have(self.word(at)) {
            return None;
        }
        let well = || words.well.longest_at(self.tokens, from);
        let end = self
            .mended(from)
            .or_else(|| words.righted.longest_at(self.tokens, from))
            .or_else(|| well().filter(|_| !words.was_so.have(self.word(at))))?;
        (!self.goes_on(end)).then_some(end)
    }

    /// "Has already fixed", "got it going", "have had the router replaced".
    fn perfect(&self, at: usize) -> Option<usize> {
        let words = self.words;
        let has = words.has.skip(self.tokens, at);
        if has == at {
            return None;
        }
        let put_right = |from: usize| {
            let from = self.lately(from);
            (self.mended(from))
                .or_else(|| words.righted.longest_at(self.tokens, from))
                .or_else(|| words.results.longest_at(self.tokens, from))
        };
        let from = self.lately(has);
        let verb = self.mended(from);
        let end = verb.or_else(|| put_right(self.thing(from)?))?;
        (!self.goes_on(end)).then_some(end)
    }

    /// "They corrected it", "dealt with my complaint", "got my refund".
    fn done_to_it(&self, at: usize) -> Option<usize> {
        let received = || {
            let end = self.words.received.longest_at(self.tokens, at)?;
            (!self.words.indefinite.have(self.word(end))).then_some(end)
        };
        let begins = at == self.clause.start;
        let verb = self.mended(at).filter(|_| !begins).or_else(received)?;
        let end = self.words.results.skip(self.tokens, self.thing(verb)?);
        (!self.goes_on(end)).then_some(end)
    }

    /// A thing that is waited for, or a word that stands for it: "my refund", "the copy of the invoice".
    fn thing(&self, at: usize) -> Option<usize> {
        let pointing = &self.lexicon.clauses.pointing;
        let pointed = pointing.longest_at(self.tokens, at);
        if pointed.is_some_and(|end| !(self.awaited)(end)) {
            return pointed;
        }
        let from = self.words.determiners.skip(self.tokens, at);
        let denies = |at| self.lexicon.negation.denies_at(self.tokens, at);
        let last = self.clause.end.min(from + THING);
        // Not "my phone stolen".
        let is_named = |at: &usize| {
            let word = self.word(*at);
            (self.awaited)(*at) && !word.ends_with("ed") && !word.ends_with("en")
        };
        let thing = (from..last).find(is_named)?;
        let is_determined = from > at || self.words.determiners.have(self.word(at - 1));
        if !is_determined || (at..from).any(denies) {
            return None;
        }
        let mut end = thing + 1;
        while end < self.clause.end && is_named(&end) {
            end += 1;
        }
        let of = self.words.belongs.longest_at(self.tokens, end);
        of.and_then(|of| self.thing(of)).or(Some(end))
    }

    /// Whether the clause goes on with what tells something: "paid the bill twice".
    fn goes_on(&self, end: usize) -> bool {
        (end..self.clause.end).any(&self.awaited)
    }

    /// 还完了, 已经给我退, 早就激活了.
    fn mandarin(&self, at: usize) -> Option<usize> {
        let (words, completed) = (self.words, &self.lexicon.modality.completed);
        if let Some(has) = words.has.longest_at(self.tokens, at) {
            return self.mended(words.lately.skip(self.tokens, has));
        }
        let verb = words.mended.longest_at(self.tokens, at)?;
        let end = words.results.skip(self.tokens, verb);
        let is_done = completed.longest_at(self.tokens, end);
        is_done.filter(|_| end > at + 1)
    }

    /// Whether something around it says that it is not over.
    fn is_open(&self, place: &Range<usize>) -> bool {
        let (words, negation) = (self.words, &self.lexicon.negation);
        let before = self.clause.start..place.start;
        let behind = words.not_behind.longest_at(self.tokens, place.end);
        before
            .clone()
            .next_back()
            .is_some_and(|at| words.not_before.have(self.word(at)))
            || before
                .clone()
                .any(|at| words.supposed.longest_at(self.tokens, at).is_some())
            || before
                .rev()
                .take(DENIED)
                .any(|at| negation.denies_at(self.tokens, at))
            || behind.is_some() && !is_parted(self.tokens[place.end].as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_over_is_told_from_what_is_hoped_for() {
        let lexicon = Lexicon::built_in();
        for (text, expected) in [
            ("the refund came through", true),
            ("the refund never came through", false),
            ("you said it has been fixed", false),
            ("until it has been fixed", false),
            ("I got my refund", true),
            ("I never got my refund", false),
            ("I got a refund that is wrong", false),
            ("they have finally fixed it", true),
            ("your colleague dealt with my refund", true),
            ("please return my refund", false),
            ("you took my refund off", true),
            ("you took my refund twice", false),
            ("I have no refund back", false),
            ("it is fine until the evening", false),
            ("退款还完了", true),
            ("已经给我退款", true),
            ("我想把它退掉了", false),
            ("没退回来", false),
            ("网已经好了", true),
            ("网修好了又断", false),
            ("客服说修好了", false),
            ("退款没收到", false),
        ] {
            let tokens = lexicon.tokenise(text);
            let found = settled(&lexicon, &tokens, 0..tokens.len(), |at| {
                tokens.get(at).is_some_and(|token| token.text == "refund")
            });
            assert_eq!(found.is_some(), expected, "{text}");
        }
    }
}
