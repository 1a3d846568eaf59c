//! Whether something was said to be *not* so.
//!
//! A negation ends at the border of its clause. Within it, how far it reaches is for the reader to
//! say: a rule that listens to every word wants to be sure, so that a negation reaches over light
//! words only (wishes, plans, sayings): in "I do not want to cancel" over "want to", in "it is not
//! fixed, cancel it" over nothing, because "fixed" is what it speaks of. A promise is no promise
//! with any "not" before it in its clause.

use crate::lexicon::Negation;
use crate::tokens::Token;

/// How far a negation reaches.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Reach {
    /// Over light words only.
    Beside,
    /// To the end of its clause.
    Clause,
}

/// Longest negation, in tokens: 没有办法.
const LONGEST: usize = 4;

impl Negation {
    /// Whether the token at `start` is reached by a negation no more than `within` tokens before
    /// it. `own` tells which tokens belong to what was found: a negation among those is part of it.
    pub fn denies<T: AsRef<Token>>(
        &self,
        tokens: &[T],
        start: usize,
        within: usize,
        reach: Reach,
        own: impl Fn(usize) -> bool,
    ) -> bool {
        for place in (start.saturating_sub(within)..start).rev() {
            if tokens[place + 1].as_ref().opens() {
                return false;
            }
            if own(place) {
                continue;
            }
            if self.is_negation(tokens, place, reach) {
                return true;
            }
            if reach == Reach::Beside && !self.light.have(&tokens[place].as_ref().text) {
                return false;
            }
        }
        false
    }

    /// Whether the token at `place` is part of a negation that denies something.
    fn is_negation<T: AsRef<Token>>(&self, tokens: &[T], place: usize, reach: Reach) -> bool {
        let further = match reach {
            Reach::Beside => &self.beside,
            Reach::Clause => &self.within_clause,
        };
        (place.saturating_sub(LONGEST - 1)..=place).any(|from| {
            let end = self
                .negators
                .longest_at(tokens, from)
                .max(further.longest_at(tokens, from));
            end.is_some_and(|end| {
                end > place
                    && !self.is_harmless(tokens, from)
                    && !asks_by_itself(tokens, from)
                    && self.asked.longest_at(tokens, end).is_none()
            })
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

/// A question of the kind of 是不是, 要不要.
fn asks_by_itself<T: AsRef<Token>>(tokens: &[T], at: usize) -> bool {
    let word = |at: Option<usize>| Some(tokens.get(at?)?.as_ref()).filter(|token| token.is_han());
    let (before, after) = (word(at.checked_sub(1)), word(Some(at + 1)));
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
            assert_eq!(is_denied(text, thing, Reach::Beside), expected, "{text}");
        }
    }

    #[test]
    fn a_negation_reaches_to_the_end_of_its_clause_where_it_is_asked_to() {
        for (text, thing, expected) in [
            ("we will not be able to call you back", "call", true),
            ("we are not open but I will call you back", "call", true),
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
            assert_eq!(is_denied(text, thing, Reach::Clause), expected, "{text}");
        }
    }

    /// Whether `thing` is denied where it is first said: as rules look at it, or as the wrap-up
    /// does.
    fn is_denied(text: &str, thing: &str, reach: Reach) -> bool {
        let lexicon = Lexicon::built_in();
        let tokens: Vec<Token> = match reach {
            Reach::Beside => spoken([text], &lexicon)
                .into_iter()
                .map(|said| said.token)
                .collect(),
            Reach::Clause => lexicon.tokenise(text),
        };
        let thing = lexicon.tokenise(thing).remove(0).text;
        let place = tokens.iter().position(|token| token.text == thing);
        let place = place.expect("the thing is said");
        lexicon.negation.denies(&tokens, place, 8, reach, |_| false)
    }

    #[test]
    fn a_negation_too_far_away_or_of_its_own_does_not_count() {
        let lexicon = Lexicon::built_in();
        let text = spoken(["I do not want to cancel"], &lexicon);
        let is_negated = |start, within, own: fn(usize) -> bool| {
            lexicon
                .negation
                .denies(&text, start, within, Reach::Beside, own)
        };
        assert!(!is_negated(5, 2, |_| false));
        assert!(!is_negated(5, 0, |_| false));
        assert!(!is_negated(5, 6, |place| place == 2));
    }
}
