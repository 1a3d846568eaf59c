//! Whether something was said to be *not* so.
//!
//! A negation denies what is behind it in its clause: "I am not threatening you with a lawyer".
//! There are three exceptions. Where it belongs to a thing or a state it denies that alone: "it is
//! not working, cancel it", "no internet". Where it belongs to a verb that means the opposite,
//! what follows is meant: "I will not hesitate to cancel". And what is not wanted may stand before
//! it: 律师就不用了.

use std::ops::Range;

use crate::clauses::{begins_clause, is_parted};
use crate::lexicon::{Clauses, Lexicon, Negation};
use crate::tokens::Token;

/// Longest negation, in tokens: 没有办法.
const LONGEST: usize = 4;

/// What is asked of a negation.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Asks {
    /// Whether what is named is meant.
    Meant,
    /// Whether what is named will be done.
    Done,
}

/// Whether what stands in `find` is said not to be meant, by a negation no more than `within` tokens
/// before it or by a refusal behind it. `own` tells which tokens belong to what was found: a
/// negation among those is part of it.
pub fn is_denied<T: AsRef<Token>>(
    lexicon: &Lexicon,
    tokens: &[T],
    find: Range<usize>,
    within: usize,
    own: impl Fn(usize) -> bool,
) -> bool {
    let negation = &lexicon.negation;
    let before = || negation.before(&lexicon.clauses, tokens, find.start, within, own);
    within > 0 && negation.is_dismissed(tokens, find.end)
        || before().is_some_and(|negator| {
            negation.reaches(tokens, &negator, find.start)
                && !is_of_its_cause(lexicon, tokens, &negator, find.start)
        })
}

/// Whether a negation only denies what brings about what begins at `start`: "it is not the broadband
/// that makes me want to die", 不是宽带让我想死.
fn is_of_its_cause<T: AsRef<Token>>(
    lexicon: &Lexicon,
    tokens: &[T],
    negator: &Range<usize>,
    start: usize,
) -> bool {
    let negation = &lexicon.negation;
    let word = |at: usize| &tokens[at].as_ref().text;
    let is = |at: usize| negation.copulas.have(word(at));
    let is_cleft = negator.start.checked_sub(1).is_some_and(is) || is(negator.end);
    let names = |at: usize| !is(at) && !negation.light.have(word(at));
    let causes = |at: usize| lexicon.reading.causing.longest_at(tokens, at).is_some();
    let cause = (negator.end..start).find(|at| causes(*at));
    is_cleft && cause.is_some_and(|cause| (negator.end..cause).any(names))
}

/// Whether a text that goes on may yet refuse what stands before `end`: 律师就…
pub fn may_be_dismissed<T: AsRef<Token>>(lexicon: &Lexicon, tokens: &[T], end: usize) -> bool {
    let Negation {
        dismissals, leads, ..
    } = &lexicon.negation;
    let behind = leads.skip(tokens, end);
    behind > end && behind == tokens.len()
        || (end..=behind).any(|at| {
            dismissals.are_begun_by(&tokens[at..])
                || dismissals.longest_at(tokens, at) == Some(tokens.len())
        })
}

/// Whether what begins at `start` is not wanted: "I do not want to cancel", 不用派师傅. What is only
/// not so is no refusal: "I did not receive my bill". `own` as in [`is_denied`].
pub fn is_refused<T: AsRef<Token>>(
    lexicon: &Lexicon,
    tokens: &[T],
    start: usize,
    own: impl Fn(usize) -> bool,
) -> bool {
    let negation = &lexicon.negation;
    let found = negation.before(&lexicon.clauses, tokens, start, usize::MAX, own);
    found.is_some_and(|negator| {
        let is_refusal =
            negation.refusing_behind.longest_at(tokens, negator.start) == Some(negator.end);
        (is_refusal || negation.attitudes.longest_at(tokens, negator.end).is_some())
            && negation.reaches(tokens, &negator, start)
    })
}

/// Whether words right behind what ends at `end` refuse it: 律师就不用了, 主管就别叫了. A state that
/// came about denies nothing so: 这个卡不用了.
pub fn is_dismissed<T: AsRef<Token>>(lexicon: &Lexicon, tokens: &[T], end: usize) -> bool {
    let negation = &lexicon.negation;
    let refused = negation.refusing_behind.longest_at(tokens, end);
    let goes_on = |behind: usize| {
        let next = tokens.get(behind).map(AsRef::as_ref);
        let completed = &lexicon.modality.completed;
        next.is_some_and(|next| !is_parted(next) && !completed.have(&next.text))
    };
    let is_here = tokens
        .get(end)
        .is_some_and(|first| !is_parted(first.as_ref()));
    is_here && refused.is_some_and(goes_on) || negation.is_dismissed(tokens, end)
}

/// The words that a negation denies directly, over light words alone: "lost" in "I have not lost it",
/// 问题 in 没问题. Each with the beginning of its negation. `own` tells which words are not light though
/// they are for others: "complaining" where complaints are asked for.
pub fn directly_denied<T: AsRef<Token>>(
    lexicon: &Lexicon,
    tokens: &[T],
    own: impl Fn(usize) -> bool,
) -> Vec<(usize, usize)> {
    let negation = &lexicon.negation;
    let mut denied: Vec<(usize, usize)> = Vec::new();
    for place in 0..tokens.len() {
        let Some(negator) = negation.at(tokens, place, Asks::Meant) else {
            continue;
        };
        let mut next = negator.end;
        let passes = |at: usize| {
            let token = tokens.get(at)?.as_ref();
            let light = !own(at)
                && (negation.light.have(&token.text)
                    || negation.leads.have(&token.text)
                    || says_nothing(lexicon, token));
            let attitude = negation.attitudes.longest_at(tokens, at);
            attitude.or(light.then_some(at + 1))
        };
        while let Some(end) = passes(next) {
            next = end;
        }
        let apart =
            (negator.end..=next).any(|at| tokens.get(at).is_some_and(|t| is_parted(t.as_ref())));
        if next < tokens.len() && !apart && denied.last().is_none_or(|(_, last)| *last != next) {
            denied.push((negator.start, next));
        }
    }
    denied
}

/// Whether a word only denies, or wishes: "not", "want". Without what it is about it says nothing.
pub fn says_nothing(lexicon: &Lexicon, token: &Token) -> bool {
    let Negation {
        negators,
        beside,
        attitudes,
        ..
    } = &lexicon.negation;
    let lists = [negators, beside, attitudes];
    lists.iter().any(|words| words.have(&token.text))
}

impl Negation {
    /// Whether a negation before `start`, in the same clause, says that what is there will not be
    /// done.
    pub fn denies<T: AsRef<Token>>(&self, clauses: &Clauses, tokens: &[T], start: usize) -> bool {
        for place in (0..start).rev() {
            if tokens[place + 1].as_ref().opens() {
                return false;
            }
            if self.at(tokens, place, Asks::Done).is_some() {
                return true;
            }
            if begins_clause(clauses, tokens, place + 1) {
                return false;
            }
        }
        false
    }

    /// The last negation of what is meant before `start`, no more than `within` tokens away and in
    /// the same clause.
    fn before<T: AsRef<Token>>(
        &self,
        clauses: &Clauses,
        tokens: &[T],
        start: usize,
        within: usize,
        own: impl Fn(usize) -> bool,
    ) -> Option<Range<usize>> {
        for place in (start.saturating_sub(within)..start).rev() {
            if is_parted(tokens[place + 1].as_ref()) {
                return None;
            }
            if own(place) {
                continue;
            }
            let negator = self.at(tokens, place, Asks::Meant);
            if negator.is_some() || begins_clause(clauses, tokens, place + 1) {
                return negator;
            }
        }
        None
    }

    /// Whether a negation is about what begins at `start`, in the same clause.
    fn reaches<T: AsRef<Token>>(&self, tokens: &[T], negator: &Range<usize>, start: usize) -> bool {
        if self.is_rhetorical(tokens, negator, start) {
            return false;
        }
        let between = negator.end..start;
        if (between.clone()).any(|at| self.turning.longest_at(tokens, at).is_some()) {
            return false;
        }
        let is_light = |at: usize| self.light.have(&tokens[at].as_ref().text);
        // "I don't want offers, cancel my account": a thing does nothing.
        let is_order = tokens
            .get(start + 1)
            .is_some_and(|next| self.owned.have(&next.as_ref().text));
        if is_order
            && !between.is_empty()
            && !is_light(start - 1)
            && !self.helping.have(&tokens[start - 1].as_ref().text)
        {
            return false;
        }
        if self.negators.longest_at(tokens, negator.start) != Some(negator.end)
            && self.attitudes.longest_at(tokens, negator.end).is_none()
        {
            return between.clone().all(is_light);
        }
        // "This is not fair": what is behind such a state is a sentence of its own, unless it is
        // linked to it: "it is not about my lawyer".
        let is_state = negator.start > 0
            && self.copulas.have(&tokens[negator.start - 1].as_ref().text)
            && between.len() == 1;
        let governs = |at: usize| is_light(at) || tokens[at].as_ref().text.ends_with("ing");
        !is_state || governs(start - 1) || governs(start)
    }

    /// Whether the clause only asks by a negation of being: 这不是骗人吗.
    fn is_rhetorical<T: AsRef<Token>>(
        &self,
        tokens: &[T],
        negator: &Range<usize>,
        start: usize,
    ) -> bool {
        let clause = (start + 1..tokens.len()).take_while(|at| !tokens[*at].as_ref().opens());
        let last = clause.last().unwrap_or(start);
        let being = |at: usize| {
            tokens
                .get(at)
                .is_some_and(|token| self.copulas.have(&token.as_ref().text))
        };
        being(negator.end) && self.rhetorical.longest_at(tokens, last).is_some()
    }

    /// Whether the clause ends with a refusal of what stands before `end`.
    fn is_dismissed<T: AsRef<Token>>(&self, tokens: &[T], end: usize) -> bool {
        let behind = self.leads.skip(tokens, end);
        let mut after = (end..=behind).filter_map(|at| self.dismissals.longest_at(tokens, at));
        after.any(|after| {
            tokens
                .get(after)
                .is_none_or(|next| is_parted(next.as_ref()))
        })
    }

    /// Whether the token at `place` is part of a negation of what is meant.
    pub(crate) fn denies_at<T: AsRef<Token>>(&self, tokens: &[T], place: usize) -> bool {
        self.at(tokens, place, Asks::Meant).is_some()
    }

    /// The negation that the token at `place` is part of, if it denies something.
    fn at<T: AsRef<Token>>(&self, tokens: &[T], place: usize, asks: Asks) -> Option<Range<usize>> {
        let further = match asks {
            Asks::Meant => &self.beside,
            Asks::Done => &self.within_clause,
        };
        (place.saturating_sub(LONGEST - 1)..=place).find_map(|from| {
            let end = self
                .negators
                .longest_at(tokens, from)
                .max(further.longest_at(tokens, from))?;
            let denies = end > place
                && !self.is_harmless(tokens, from)
                && !asks_by_itself(tokens, from)
                && (end > from + 1 || self.asked.longest_at(tokens, end).is_none());
            denies.then_some(from..end)
        })
    }

    /// Whether a negation that begins at `from` is part of words that deny nothing.
    fn is_harmless<T: AsRef<Token>>(&self, tokens: &[T], from: usize) -> bool {
        (from.saturating_sub(LONGEST - 1)..=from).any(|at| {
            self.harmless
                .longest_at(tokens, at)
                .is_some_and(|end| end > from)
        })
    }
}

/// Whether the token at `at` is the middle of a question of the kind of 是不是, 要不要.
pub fn asks_by_itself<T: AsRef<Token>>(tokens: &[T], at: usize) -> bool {
    let word = |at: Option<usize>| Some(tokens.get(at?)?.as_ref()).filter(|token| token.is_han());
    let (before, after) = (word(at.checked_sub(1)), word(Some(at + 1)));
    if is_parted(tokens[at].as_ref()) {
        return false;
    }
    before
        .zip(after)
        .is_some_and(|(before, after)| before.text == after.text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lexicon::Lexicon;
    use crate::spoken::spoken;

    #[test]
    fn a_negation_reaches_over_light_words() {
        for (text, thing, expected) in [
            ("I don't want to cancel", "cancel", true),
            ("I'm not going to cancel", "cancel", true),
            ("I do not think I will cancel", "cancel", true),
            ("I never said I would cancel", "cancel", true),
            ("there is no need to cancel", "cancel", true),
            ("I want to cancel", "cancel", false),
            ("It is not fixed, cancel", "cancel", false),
            (
                "if it is not fixed by friday I will cancel",
                "cancel",
                false,
            ),
            ("this is not fair cancel", "cancel", false),
            ("not only will I cancel", "cancel", false),
            ("I no longer want to cancel", "cancel", true),
            ("no one will cancel", "cancel", true),
            ("not to worry I cancel", "cancel", false),
            ("don't make me cancel", "cancel", false),
            ("I can't wait to cancel", "cancel", false),
            ("I won't hesitate to cancel", "cancel", false),
            (
                "I won't hesitate to contact the ombudsman",
                "ombudsman",
                false,
            ),
            (
                "I will not accept this. I won't hesitate to contact the ombudsman",
                "ombudsman",
                false,
            ),
            (
                "dont make me file a complaint with the regulator",
                "regulator",
                false,
            ),
            ("why don't you cancel", "cancel", false),
            ("why can't I cancel", "cancel", false),
            ("No. I want to cancel", "cancel", false),
            ("no I want to cancel", "cancel", false),
            ("我不是要投诉", "投诉", true),
            ("我不想投诉", "投诉", true),
            ("没说要投诉", "投诉", true),
            ("不用投诉", "投诉", true),
            ("别投诉", "投诉", true),
            ("我要投诉", "投诉", false),
            ("再不解决我就要投诉", "投诉", false),
            ("不行我要投诉", "投诉", false),
            ("不，我要投诉", "投诉", false),
            ("是不是要投诉", "投诉", false),
            ("要不要投诉", "投诉", false),
            ("要不我投诉", "投诉", false),
            ("我不得不投诉", "投诉", false),
            ("这不是骗人吗", "骗", false),
            ("这不是骗人", "骗", true),
            ("受不了我要投诉", "投诉", false),
            ("不光要投诉", "投诉", false),
            ("没人管我要投诉", "投诉", false),
            ("特别想投诉", "投诉", false),
            ("没用我要投诉", "投诉", false),
            ("不对我要投诉", "投诉", false),
            ("不是要投诉到工信部", "工信部", true),
            ("我沒說要投訴", "投诉", true),
            ("要别的律师", "律师", false),
        ] {
            assert_eq!(is_denied_in(text, thing, Asks::Meant), expected, "{text}");
        }
    }

    #[test]
    fn a_negation_reaches_to_the_end_of_its_clause_where_it_is_asked_to() {
        for (text, thing, expected) in [
            ("we will not be able to call you back", "call", true),
            ("we are not open but I will call you back", "call", false),
            ("we are not open, I will call you back", "call", false),
            ("not a problem I will call you back", "call", false),
            ("not only will I call you back", "call", false),
            ("why don't I call you back", "call", false),
            ("I am unable to call you back", "call", true),
            ("no problem I will call you back", "call", false),
            ("我们不会再给您回电话", "回", true),
            ("没有办法给您回电话", "回", true),
            ("没有问题我给您回电话", "回", false),
            ("能不能给我回电话", "回", false),
            ("可不可以给我回电话", "回", false),
            ("要不要我给您回电话", "回", false),
            ("我特别安排人给您回电话", "回", false), // 别 of 特别 denies nothing
            ("不好意思我给您回电话", "回", false),
        ] {
            assert_eq!(is_denied_in(text, thing, Asks::Done), expected, "{text}");
        }
    }

    /// Whether `thing` is denied where it is first said: as rules look at it, or as the wrap-up
    /// does.
    fn is_denied_in(text: &str, thing: &str, asks: Asks) -> bool {
        let lexicon = Lexicon::built_in();
        let tokens: Vec<Token> = match asks {
            Asks::Meant => spoken([text], &lexicon)
                .into_iter()
                .map(|said| said.token)
                .collect(),
            Asks::Done => lexicon.tokenise(text),
        };
        let thing = lexicon.tokenise(thing);
        let mut places = tokens.windows(thing.len());
        let is_it = |part: &[Token]| part.iter().zip(&thing).all(|(a, b)| a.text == b.text);
        let place = places.position(is_it).expect("the thing is said");
        match asks {
            Asks::Meant => is_denied(&lexicon, &tokens, place..place + thing.len(), 16, |_| false),
            Asks::Done => lexicon.negation.denies(&lexicon.clauses, &tokens, place),
        }
    }

    #[test]
    fn what_is_not_wanted_is_refused_and_what_is_not_so_is_not() {
        let lexicon = Lexicon::built_in();
        for (text, thing, expected) in [
            ("I don't want to cancel my contract", "cancel", true),
            ("I did not receive my bill", "bill", false),
            ("the router is not working", "working", false),
            ("不用派师傅", "师", true),
            ("家里上不了网", "网", false),
            ("我不想退款", "退", true),
        ] {
            let tokens = lexicon.tokenise(text);
            let at = tokens.iter().position(|token| token.text == thing);
            let at = at.expect("it is said");
            assert_eq!(
                is_refused(&lexicon, &tokens, at, |_| false),
                expected,
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_denied_directly_is_what_is_spoken_of() {
        let lexicon = Lexicon::built_in();
        for (text, own, denied) in [
            (
                "I am not complaining about it",
                "complaining",
                Some("complaining"),
            ),
            ("I am not complaining about my bill", "bill", Some("bill")),
            (
                "it is not really a complaint",
                "complaint",
                Some("complaint"),
            ),
            (
                "I have nothing to complain about",
                "complain",
                Some("complain"),
            ),
            ("我不投诉", "投", Some("投")),
            ("我不是来投诉的", "投", Some("投")),
            ("我要投诉", "投", None),
        ] {
            let tokens = lexicon.tokenise(text);
            let found = directly_denied(&lexicon, &tokens, |at| tokens[at].text == own);
            let found = found.first().map(|(_, at)| tokens[*at].text.as_str());
            assert_eq!(found, denied, "{text}");
        }
    }

    #[test]
    fn a_negation_too_far_away_or_of_its_own_does_not_count() {
        let lexicon = Lexicon::built_in();
        let text = spoken(["I do not want to cancel"], &lexicon);
        let is_negated = |start, within, own: fn(usize) -> bool| {
            is_denied(&lexicon, &text, start..start + 1, within, own)
        };
        assert!(!is_negated(5, 2, |_| false));
        assert!(!is_negated(5, 0, |_| false));
        assert!(!is_negated(5, 6, |place| place == 2));
    }
}
