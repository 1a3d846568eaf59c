//! What a line leaves behind: what is expected next, what is held back, what may be said again.

use sidetone_types::secret::SecretKind;

use super::cues::{Cue, is_of_card};
use super::line::Line;
use super::structure::{is_card, is_iban, is_resident_id};
use super::{Expected, Known, Takes, Topic};
use crate::tokens::Token;

/// Behind the name of what is asked for there are no more words than this: "for the account please".
const ASKING: usize = 8;
/// A harmless number is known again if it has so many digits.
const LEAST_KNOWN: usize = 3;
/// The same in characters.
const ASKING_HAN: usize = 14;
/// A line of more words tells something, unless it asks.
const TELLING: usize = 5;

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
        let named = self.cues.iter().any(|cue| cue.topic == Topic::Harmless);
        let chains = match named {
            true => self.chains(),
            false => Vec::new(),
        };
        let parts = chains.into_iter().flat_map(|chain| chain.parts);
        let harmless = parts.filter(|part| {
            let about = self.about(part.start);
            about.is_some_and(|about| about.named && about.topic == Topic::Harmless)
        });
        let codes = harmless.map(|part| self.code(part));
        let long = codes.filter(|code| code.len() >= LEAST_KNOWN);
        long.map(|code| Known { kind: None, code })
    }
}
