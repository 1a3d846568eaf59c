//! What a line leaves behind: what is expected next, what is held back, what may be said again.

use std::ops::Range;

use sidetone_types::secret::SecretKind;

use super::cues::{Cue, is_of_card};
use super::line::Line;
use super::structure::{is_card, is_iban, is_resident_id, may_begin_card};
use super::units::What;
use super::{Expected, Known, Takes, Topic};
use crate::tokens::Token;

/// Behind a number that looks harmless so many words may still tell what it is.
const UNDECIDED: usize = 6;
/// Behind the name of what is asked for there are no more words than this: "for the account please".
const ASKING: usize = 8;
/// A harmless number is known again if it has so many digits.
const LEAST_KNOWN: usize = 3;
/// The same in characters.
const ASKING_HAN: usize = 14;
/// A line of more words tells something, unless it asks.
const TELLING: usize = 5;
/// Behind the number of a house its street is named before so many words.
const HOUSE: usize = 3;
/// Longest harmless number that is shown as soon as something follows it.
const SHORT: usize = 2;

/// Whether nothing is missing of a code.
fn is_complete(kind: SecretKind, code: &str) -> bool {
    match kind {
        SecretKind::Iban => is_iban(code),
        SecretKind::IdentityNumber => is_resident_id(code) || code.len() == 9,
        SecretKind::Phone => code.len() >= 10,
        SecretKind::Passport => code.len() >= 8,
        SecretKind::Birthday | SecretKind::OneTimeCode => code.len() >= 6,
        SecretKind::Password => code.len() >= 4,
        SecretKind::AccountNumber => code.len() >= 8,
        _ => false,
    }
}

impl Line<'_> {
    /// What is expected behind the line; `None` if it changes nothing.
    pub(super) fn next(&self, begun: Option<(SecretKind, String)>) -> Option<Expected> {
        let expect = |topic, carried, asked| {
            Some(Expected {
                topic,
                carried,
                asked,
                open: false,
                takes: Takes::All,
                also: Vec::new(),
            })
        };
        if let Some((kind, carried)) = begun {
            return expect(Topic::Secret(kind), carried, false);
        }
        let typed = |cue: &Cue| {
            let typed = &self.lexicon.redaction.typed;
            typed.longest_at(&self.tokens, cue.tokens.start) == Some(cue.tokens.end)
        };
        // "You did not give your PIN, did you?"
        let asked_for = |cue: &&Cue| {
            let asked = !cue.forbidden || !cue.own && self.is_question(cue.tokens.start);
            asked && !typed(cue) && !self.only_tells(cue)
        };
        let mut cue = self.cues.iter().rev().find(asked_for);
        // Of what is named in one question, a secret counts.
        let ends = |cue: &&Cue| {
            let endings = &self.lexicon.redaction.endings;
            endings.longest_at(&self.tokens, cue.tokens.start).is_some()
        };
        let only_end = cue.is_some_and(|cue| ends(&cue));
        if let Some(harmless) = cue.filter(|cue| cue.topic == Topic::Harmless)
            && let Some(secret) = self.cues.iter().rev().filter(asked_for).find(|cue| {
                !cue.weak
                    && cue.topic != Topic::Harmless
                    && (!(cue.tokens.end..=harmless.tokens.start)
                        .any(|token| self.ends_sentence(token))
                        || cue.topic == Topic::Secret(SecretKind::OneTimeCode)
                        || self.is_question(cue.tokens.start)
                            && !self.is_question(harmless.tokens.start))
            })
        {
            cue = Some(secret);
        }
        let last = self.hits.iter().max_by_key(|hit| hit.units.end);
        let behind_last = cue.filter(|cue| {
            last.is_none_or(|hit| {
                let hit_end = self.units[hit.units.end - 1].tokens.end;
                cue.tokens.start >= hit_end && self.called(hit.units.end) != Some(cue.topic)
            })
        });
        if let Some(cue) = behind_last {
            let carried = self.before.expected.filter(|_| cue.part);
            let carried = carried.map_or_else(String::new, |before| before.carried.clone());
            let cue = self.first_asked(cue);
            let expected = expect(cue.topic, carried, self.asks_for(cue));
            let code = cue.topic == Topic::Secret(SecretKind::OneTimeCode);
            return expected.map(|expected| Expected {
                takes: match only_end {
                    true => Takes::Long,
                    false if cue.weak && code => Takes::Answers,
                    false => Takes::All,
                },
                also: self.asked_along(cue),
                ..expected
            });
        }
        let last = last?;
        // "I will send you a code. Is 07700 900417 still yours?"
        let code = Topic::Secret(SecretKind::OneTimeCode);
        let told = self
            .hits
            .iter()
            .any(|hit| hit.kind == SecretKind::OneTimeCode);
        let sent = self
            .cues
            .iter()
            .any(|cue| cue.topic == code && !cue.forbidden && !cue.weak);
        if sent && !told && last.kind == SecretKind::Phone {
            return expect(code, String::new(), true);
        }
        let code: String = self
            .hits
            .iter()
            .filter(|hit| hit.kind == last.kind)
            .map(|hit| hit.code.as_str())
            .collect();
        let before = self
            .expects(last.kind)
            .map_or("", |expected| expected.carried.as_str());
        // Said again is not said further.
        let again = self.before.repeats || before.ends_with(&code);
        if again && (!before.is_empty() || self.is_known_card(&code)) {
            return self.before.expected.cloned();
        }
        let carried = format!("{before}{code}");
        if last.kind == SecretKind::CardNumber
            && let Some(after) = self
                .before
                .expected
                .filter(|after| after.topic == Topic::AfterCard && !after.carried.is_empty())
        {
            return Some(Expected {
                carried: format!("{}{code}", after.carried),
                ..after.clone()
            });
        }
        if let Some(rest) = self.rest_of_asked(last.kind, &carried) {
            return Some(rest);
        }
        match last.kind {
            SecretKind::CardNumber if is_card(&carried) || carried.len() >= 19 => {
                expect(Topic::AfterCard, carried, false)
            }
            SecretKind::CardExpiry | SecretKind::CardSecurityCode if carried.len() >= 3 => {
                expect(Topic::AfterCard, String::new(), false)
            }
            kind => Some(Expected {
                topic: Topic::Secret(kind),
                takes: match is_complete(kind, &carried) {
                    true => Takes::Answers,
                    false => Takes::All,
                },
                carried,
                asked: false,
                open: last.units.end == self.units.len(),
                also: self.before.expected.map_or_else(Vec::new, |before| {
                    let rest = before.kinds().filter(|kind| *kind != last.kind);
                    rest.collect()
                }),
            }),
        }
    }

    /// Whether it only says that something has expired: nobody spoke of a card, and nothing is asked.
    fn only_tells(&self, cue: &Cue) -> bool {
        cue.topic == Topic::Secret(SecretKind::CardExpiry)
            && !self.tokens[cue.tokens.start].is_han()
            && !self.is_card_spoken_of(cue)
            && !self.is_question_or_request()
            && self.tokens.len() > self.first + TELLING
    }

    /// Whether somebody spoke of a card, beside what a cue names of it.
    pub(super) fn is_card_spoken_of(&self, named: &Cue) -> bool {
        let card = |kind: Option<SecretKind>| kind == Some(SecretKind::CardNumber);
        self.before.known.iter().any(|known| card(known.kind))
            || self
                .before
                .expected
                .is_some_and(|expected| is_of_card(expected.topic))
            || self.hits.iter().any(|hit| card(Some(hit.kind)))
            || self
                .cues
                .iter()
                .any(|cue| is_of_card(cue.topic) && cue.tokens != named.tokens)
    }

    /// Whether the sentence that a token is in ends with a question mark.
    pub(super) fn is_question(&self, token: usize) -> bool {
        let end = (token + 1..self.tokens.len()).find(|end| self.ends_sentence(*end));
        let text = match end {
            Some(end) => &self.text[..self.tokens[end].span.start],
            None => self.text,
        };
        text.trim_end_matches([' ', '"', '”', '\n'])
            .ends_with(['?', '？'])
    }

    /// Whether the line asks for what it names, rather than to tell it.
    pub(super) fn asks_for(&self, cue: &Cue) -> bool {
        let lists = &self.lexicon.redaction;
        let behind = lists.naming.skip(&self.tokens, cue.tokens.end);
        let is = behind > cue.tokens.end
            && lists
                .named
                .longest_at(&self.tokens[..behind], behind - 1)
                .is_some();
        let told = is
            && self
                .tokens
                .get(behind)
                .is_some_and(|token| !lists.asking.have(&token.text));
        let next = self.tokens.get(cue.tokens.end);
        let asking = if next.is_some_and(Token::is_han) {
            ASKING_HAN
        } else {
            ASKING
        };
        let ends = self.text.trim_end().ends_with(['?', '？'])
            || self.tokens.len() <= cue.tokens.end + asking
            || !next.is_some_and(Token::is_han)
                && lists.question_words.are_in(&self.tokens[cue.tokens.end..])
                && self.units[self.unit_at(cue.tokens.end).min(self.units.len())..]
                    .iter()
                    .all(|unit| !unit.is_digits());
        let han = self.tokens[cue.tokens.start].is_han();
        let behind_name = &self.tokens[cue.tokens.end..];
        let requested = !han
            || behind_name.is_empty()
            || lists
                .requests
                .are_in(&self.tokens[self.first.min(cue.tokens.start)..cue.tokens.start])
            || lists.requests.are_in(&self.tokens[cue.tokens.start..])
            || self.text.trim_end().ends_with(['?', '？']);
        let ends = ends && requested;
        let question = lists.questions.longest_at(&self.tokens, cue.tokens.start);
        question == Some(cue.tokens.end) || !cue.own && !told && ends
    }

    /// Whether a code is that of a card, or a part of it, that has been said whole.
    fn is_known_card(&self, code: &str) -> bool {
        let mut known = self.before.known.iter();
        known.any(|known| is_card(&known.code) && known.code.contains(code))
    }

    /// What somebody may say again.
    pub(super) fn said(&self) -> Vec<Known> {
        let mut said: Vec<Known> = Vec::new();
        let carried = self
            .before
            .expected
            .map_or("", |expected| expected.carried.as_str());
        let kinds = SecretKind::ALL.into_iter();
        for kind in kinds {
            let codes = self
                .hits
                .iter()
                .filter(|hit| hit.kind == kind)
                .map(|hit| hit.code.as_str());
            let code: String = codes.collect();
            if code.len() >= 3 {
                let whole = match self.expects(kind).is_some() && !self.before.repeats {
                    true => format!("{carried}{code}"),
                    false => code.clone(),
                };
                if is_card(&whole) || !carried.is_empty() {
                    said.push(Known {
                        kind: Some(kind),
                        code: whole,
                    });
                }
                said.push(Known {
                    kind: Some(kind),
                    code,
                });
            }
        }
        said.extend(self.told_as_harmless());
        said
    }

    /// Numbers that are called something that is no secret.
    fn told_as_harmless(&self) -> impl Iterator<Item = Known> + '_ {
        let chains = self.chains().into_iter();
        let parts = chains.flat_map(|chain| chain.parts);
        let harmless = parts.filter(|part| {
            let about = self.about(part.start);
            about.is_some_and(|about| about.named && about.topic == Topic::Harmless)
        });
        let codes = harmless.map(|part| self.code(part));
        let long = codes.filter(|code| code.len() >= LEAST_KNOWN);
        long.map(|code| Known { kind: None, code })
    }

    /// What is not shown of a line that goes on.
    pub(super) fn held_back(&self) -> Vec<Range<usize>> {
        let kept = |kind: &SecretKind| self.before.kept.contains(kind);
        let secret = self.held.iter().filter(|(kind, _)| !kept(kind));
        let mut units: Vec<Range<usize>> = secret.map(|(_, units)| units.clone()).collect();
        for chain in self.chains() {
            for part in &chain.parts {
                if !self.is_harmless(part) && !self.is_kept(part) {
                    units.push(part.clone());
                }
            }
        }
        // What looks like a kind that is told may become a card yet.
        let told = self.hits.iter().filter(|hit| kept(&hit.kind));
        let cards = told.filter(|hit| {
            let behind = self.units[hit.units.end - 1].tokens.end;
            let goes_on = !self.is_past(hit.units.end) || self.is_answer_from(behind);
            let mut so_far = self
                .hits
                .iter()
                .filter(|other| other.kind == hit.kind && other.units.start <= hit.units.start);
            goes_on && so_far.any(|other| may_begin_card(&other.code))
        });
        units.extend(cards.map(|hit| hit.units.clone()));
        for (at, unit) in self.units.iter().enumerate() {
            let open = match &unit.what {
                What::Amount(_) => self.is_secret_here(at) || self.may_be_said_house(at),
                What::Date(_) => !self.is_past(at + 1),
                What::Word => self.is_date_word(at) && self.is_date_here(at),
                _ => false,
            };
            if open && !self.is_taken(at) && !self.is_kept(&(at..at + 1)) {
                units.push(at..at + 1);
            }
        }
        for date in self.open_dates() {
            let harmless = self.is_past(date.end) && !self.is_secret_here(date.start);
            if !harmless && !self.is_kept(&date) && date.clone().all(|unit| !self.is_taken(unit)) {
                units.push(date);
            }
        }
        units.retain(|range| !range.is_empty());
        units.sort_by_key(|range| (range.start, range.end));
        let mut held: Vec<Range<usize>> = Vec::new();
        for range in units {
            let span = self.span(&range);
            match held.last_mut().filter(|last| last.end >= span.start) {
                Some(last) => last.end = last.end.max(span.end),
                None => held.push(span),
            }
        }
        held
    }

    /// Whether digits are of a kind that is told as it is, and no beginning of another: a telephone
    /// number that was asked for.
    fn is_kept(&self, units: &Range<usize>) -> bool {
        let Some(Topic::Secret(kind)) = self.about(units.start).map(|about| about.topic) else {
            return false;
        };
        let code = self.code(units.clone());
        let known = self
            .before
            .known
            .iter()
            .any(|known| known.code.starts_with(&code));
        self.before.kept.contains(&kind) && !known && !may_begin_card(&code)
    }

    /// Whether what unit `at` belongs to is announced or asked for.
    fn is_secret_here(&self, at: usize) -> bool {
        matches!(
            self.about(at).map(|about| about.topic),
            Some(Topic::Secret(_) | Topic::AfterCard)
        )
    }

    /// Whether a number before a token may be that of a house: the street is named yet.
    fn may_be_house(&self, behind: usize) -> bool {
        let name = &self.text[self.tokens[behind].span.clone()];
        name.starts_with(char::is_uppercase) && self.tokens.len() < behind + UNDECIDED
    }

    /// Whether a number in words at the end may be that of a house: the street is named yet.
    fn may_be_said_house(&self, at: usize) -> bool {
        let lists = &self.lexicon.redaction;
        let tokens = &self.units[at].tokens;
        let first = &self.tokens[tokens.start];
        let behind = tokens.end..self.tokens.len();
        !first.is_han()
            && !first.is_figure()
            && behind.len() < HOUSE
            && !behind.clone().any(|token| {
                let word = &self.tokens[token];
                lists.units.have(&word.text)
                    || lists.no_address.have(&word.text)
                    || self.unit_at(token) < at
                    || self.units[self.unit_at(token)].code().is_some()
            })
    }

    /// Whether a date that is a secret is announced or asked for at unit `at`.
    fn is_date_here(&self, at: usize) -> bool {
        let about = self.about(at).map(|about| about.topic);
        matches!(
            about,
            Some(Topic::Secret(SecretKind::Birthday | SecretKind::CardExpiry) | Topic::AfterCard)
        )
    }

    /// Whether a unit is the name of a month, or which day it is.
    fn is_date_word(&self, at: usize) -> bool {
        let text = &self.tokens[self.units[at].tokens.start].text;
        self.lexicon.redaction.months.have(text)
            || self.lexicon.numbers.all().ordinal_value(text).is_some()
    }

    /// Whether so much follows that nothing more is said about what ends before a unit.
    fn is_past(&self, end: usize) -> bool {
        let Some(next) = self.units.get(end).map(|unit| unit.tokens.start) else {
            return false;
        };
        self.tokens.len() >= next + UNDECIDED
    }

    /// Whether digits that were not found to be a secret may be shown though the line goes on.
    fn is_harmless(&self, part: &Range<usize>) -> bool {
        let Some(behind) = self.units.get(part.end).map(|unit| unit.tokens.start) else {
            return false;
        };
        let about = self.about(part.start).map(|about| about.topic);
        if matches!(about, Some(Topic::Secret(_) | Topic::AfterCard)) {
            return self.counts(part)
                && self.code(part.clone()).len() <= SHORT
                && self.is_past(part.end);
        }
        let length = self.code(part.clone()).len();
        let rest = &self.tokens[behind..];
        let may_be_named = self.lexicon.redaction.may_become_name(rest)
            || self.lexicon.redaction.named.are_begun_by(rest)
            || self.is_filled(behind..self.tokens.len());
        if self.counts(part) && length <= 3 || about == Some(Topic::Harmless) {
            return !may_be_named || self.is_past(part.end);
        }
        length <= SHORT && !may_be_named && !self.may_be_house(behind)
    }
}
