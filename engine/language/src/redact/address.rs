//! Where people live.

use std::ops::Range;

use sidetone_types::secret::SecretKind;

use super::line::Line;
use super::units::What;
use super::{Known, Topic};
use crate::tokens::Token;

/// Numbers of an address are known again if they have so many digits.
const LEAST_AGAIN: usize = 2;
/// An answer that only names something has no more tokens.
const NAMED: usize = 14;
/// A town has no more tokens.
const TOWN: usize = 3;
/// An address has no more tokens.
const MOST: usize = 32;
/// Between the number of a house and the street there are no more words.
const NAME: usize = 4;
/// A house behind a comma is told within so many characters.
const CLAUSE: usize = 12;

impl Line<'_> {
    pub(super) fn find_addresses(&mut self) {
        let expected = self
            .words_expected(SecretKind::Address)
            .or_else(|| self.said_at());
        if let Some(from) = expected {
            if self.before.goes_on {
                let units = self.unit_at(from)..self.units.len();
                self.held.push((SecretKind::Address, units));
            }
            if let Some(units) = self.address_from(from) {
                self.take(SecretKind::Address, units);
            }
        }
        if self.before.goes_on
            && let Some(from) = self.begun_in_region()
        {
            let units = self.unit_at(from)..self.units.len();
            self.held.push((SecretKind::Address, units));
        }
        let mut at = 0;
        // The name of a school may have a street in it.
        let named = self
            .expects(SecretKind::Password)
            .is_some_and(|expected| expected.asked)
            && self.expects(SecretKind::Address).is_none()
            && self.tokens.len() <= self.first + NAMED;
        while at < self.tokens.len() && !named {
            match self
                .address_by_form(at)
                .or_else(|| self.address_told_again(at))
            {
                Some(tokens) => {
                    at = tokens.end.max(at + 1);
                    let units = self.unit_at(tokens.start)..self.unit_at(tokens.end - 1) + 1;
                    if self.is_free(&units) {
                        self.take(SecretKind::Address, units);
                    }
                }
                None => at += 1,
            }
        }
    }

    /// Where a clause at the end begins that may become an address: 天河区体育东.
    fn begun_in_region(&self) -> Option<usize> {
        let lists = &self.lexicon.redaction;
        let tokens = self.first..self.tokens.len();
        let from = tokens
            .clone()
            .rev()
            .find(|token| self.tokens[*token].opens());
        let from = from.unwrap_or(self.first);
        let plain = |token: &usize| lists.no_address.have(&self.tokens[*token].text);
        let last = (from..self.tokens.len()).rev().find(plain);
        let from = last.map_or(from, |plain| plain + 1);
        let named = (from + 1..tokens.end).any(|token| {
            let region = lists.regions.have(&self.tokens[token].text);
            region && self.tokens[token - 1].is_han()
        });
        named.then_some(from)
    }

    /// Behind a name of it that leads to it without another word: 住在.
    fn said_at(&self) -> Option<usize> {
        let cue = self
            .cues
            .iter()
            .rev()
            .find(|cue| cue.topic == Topic::Secret(SecretKind::Address) && !cue.forbidden)?;
        let last = &self.tokens[cue.tokens.end - 1];
        let leads = ["at", "in", "to", "在", "到", "on"].contains(&last.text.as_str());
        let number = self.tokens.get(cue.tokens.end)?;
        (leads || number.is_figure() || number.is_han()).then_some(cue.tokens.end)
    }

    /// An address that begins at a token or behind it, which is expected there.
    fn address_from(&self, from: usize) -> Option<Range<usize>> {
        let lists = &self.lexicon.redaction;
        let end = self.address_end(from);
        let han = self.tokens.get(from)?.is_han();
        let goes_on = self.goes_on_with(SecretKind::Address);
        let is_number = |token: usize| {
            let unit = &self.units[self.unit_at(token)];
            unit.code().is_some() || matches!(unit.what, What::Amount(_) | What::Date(_))
        };
        let marked = (from..end).any(|token| self.is_place(token));
        let mut start = from;
        if !han && !goes_on {
            let opens = |token: &usize| {
                is_number(*token) || lists.dwellings.have(&self.tokens[*token].text)
            };
            start = match (from..end).find(opens) {
                // "The Old Rectory, 12 Church Lane."
                Some(number) if marked && self.names_house(from..number) => from,
                Some(start) => start,
                None if marked && self.gives(SecretKind::Address) => from,
                None => return None,
            };
        }
        if end <= start {
            return None;
        }
        let whole_line = end == self.tokens.len();
        if han && !goes_on && self.is_floor(start..end) {
            return None;
        }
        let has_number = (start..end).any(is_number);
        let digits = self.code(self.unit_at(start)..self.unit_at(end - 1) + 1);
        let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
        let postcode = !(plain && !marked && digits.len() > 6)
            && (5..=9).contains(&digits.len())
            && (self.is_answer() || end - start <= 8);
        let next = self.tokens.get(end);
        let counts = next.is_some_and(|token| lists.units.have(&token.text))
            && digits.len() <= 3
            && end - start == 1;
        // What else is said of an address that goes on: the town.
        let town = goes_on && whole_line && end - start <= TOWN && self.cues.is_empty();
        let named = !han && end - start >= 3 && self.is_capital(start + 1..end);
        let begun = match han {
            true => marked && (whole_line && (has_number || end - start > TOWN) || goes_on),
            false => {
                goes_on && self.is_capital(start..end) || marked && self.gives(SecretKind::Address)
            }
        };
        let whole = town || begun || has_number && (marked || postcode || named);
        if !whole || counts {
            return None;
        }
        let units = self.unit_at(start)..self.unit_at(end - 1) + 1;
        self.is_free(&units).then_some(units)
    }

    /// Whether an answer begins with the name of a house before its number.
    fn names_house(&self, tokens: Range<usize>) -> bool {
        let lists = &self.lexicon.redaction;
        let name = |token: usize| {
            let text = &self.tokens[token].text;
            !lists.no_address.have(text) && !lists.no_answer.have(text)
        };
        self.gives(SecretKind::Address)
            && !tokens.is_empty()
            && tokens.len() <= NAME
            && tokens.end < self.tokens.len()
            && tokens.into_iter().all(name)
    }

    /// Whether nothing but a floor is told: 十二楼.
    fn is_floor(&self, tokens: Range<usize>) -> bool {
        tokens.clone().all(|token| {
            let unit = &self.units[self.unit_at(token)];
            unit.code().is_some()
                || matches!(unit.what, What::Amount(_))
                || matches!(self.tokens[token].text.as_str(), "楼" | "层")
        })
    }

    fn is_capital(&self, mut tokens: Range<usize>) -> bool {
        tokens
            .any(|token| self.text[self.tokens[token].span.clone()].starts_with(char::is_uppercase))
    }

    /// Whether a token names a street or a dwelling.
    fn is_place(&self, token: usize) -> bool {
        let lists = &self.lexicon.redaction;
        let fits = |list: &crate::pattern::Phrases| list.longest_at(&self.tokens, token).is_some();
        fits(&lists.streets) || fits(&lists.dwellings) || fits(&lists.regions)
    }

    /// Where an address that begins at a token is over.
    fn address_end(&self, from: usize) -> usize {
        let lists = &self.lexicon.redaction;
        let han = self.tokens.get(from).is_some_and(Token::is_han);
        let first = self.units.get(self.unit_at(from)).filter(|_| !han);
        let number =
            first.filter(|unit| matches!(unit.what, What::Amount(_)) && unit.tokens.start == from);
        let mut end = number.map_or(from, |unit| unit.tokens.end);
        let mut last_mark = from;
        while end < self.tokens.len() && end - from < MOST {
            let token = &self.tokens[end];
            let number = self.units[self.unit_at(end)].code().is_some()
                || matches!(self.units[self.unit_at(end)].what, What::Amount(_));
            // 二栋1609，邮编610041.
            let postcode = lists
                .postcode
                .longest_at(&self.tokens, end)
                .filter(|_| han && end > from);
            if let Some(behind) = postcode
                && let Some(unit) = self.units.get(self.unit_at(behind))
                && unit.is_digits()
            {
                end = unit.tokens.end;
                last_mark = end;
                continue;
            }
            let parted = han && token.opens() && !number && !self.is_dwelling_ahead(end);
            if end > from && (self.ends_sentence(end) || parted) {
                break;
            }
            if lists.no_address.have(&token.text) && !(han && number) {
                break;
            }
            end += 1;
            if han {
                let mark = self.is_place(end - 1) || matches!(token.text.as_str(), "号" | "室");
                if mark || number && last_mark > from {
                    last_mark = end;
                }
                // Marks of two characters.
                let two = lists
                    .dwellings
                    .longest_at(&self.tokens, end - 1)
                    .or(lists.streets.longest_at(&self.tokens, end - 1));
                if let Some(two) = two {
                    last_mark = last_mark.max(two);
                }
            }
        }
        match han {
            true => last_mark.min(self.tokens.len()),
            false => end,
        }
    }

    /// Whether a token ends the name of a dwelling: the 区 of 小区.
    fn is_within_dwelling(&self, token: usize) -> bool {
        let dwellings = &self.lexicon.redaction.dwellings;
        token
            .checked_sub(1)
            .and_then(|before| dwellings.longest_at(&self.tokens, before))
            .is_some_and(|end| end > token)
    }

    /// Whether a house is told behind a comma: 65号，望江苑3栋1单元.
    fn is_dwelling_ahead(&self, token: usize) -> bool {
        let lists = &self.lexicon.redaction;
        let clause = (token + 1..self.tokens.len().min(token + CLAUSE))
            .take_while(|token| !self.tokens[*token].opens());
        clause.into_iter().any(|token| {
            lists.dwellings.longest_at(&self.tokens, token).is_some()
                && self.units[self.unit_at(token - 1)].is_digits()
        })
    }

    /// A street or a dwelling with the numbers of an address that was told before.
    fn address_told_again(&self, at: usize) -> Option<Range<usize>> {
        let starts = at == self.first || self.tokens[at].opens() || !self.tokens[at - 1].is_han();
        if !self.tokens[at].is_han() || !starts {
            return None;
        }
        let end = self.address_end(at);
        let code = (end > at).then(|| self.code(self.unit_at(at)..self.unit_at(end - 1) + 1))?;
        let known =
            |known: &Known| known.kind == Some(SecretKind::Address) && known.code.contains(&code);
        let again = code.len() >= LEAST_AGAIN && self.before.known.iter().any(known);
        (again && (at..end).any(|token| self.is_place(token))).then_some(at..end)
    }

    /// An address that shows itself: a number before a street; a street before a number with 号.
    fn address_by_form(&self, at: usize) -> Option<Range<usize>> {
        let lists = &self.lexicon.redaction;
        let unit = &self.units[self.unit_at(at)];
        if self.tokens[at].is_han() {
            return self.chinese_address(at);
        }
        let said = || !self.tokens[at].is_figure();
        let digits = match &unit.what {
            What::Digits(digits) => digits.clone(),
            What::Amount(digits) if said() => digits.clone(),
            What::Code(code) if code.starts_with(|c: char| c.is_ascii_digit()) => code.clone(),
            What::Date(digits) => digits.clone(),
            _ => return None,
        };
        if digits.len() > 7 || unit.tokens.start < at {
            return None;
        }
        // "Twelve b Station Road."
        let letter = self.units.get(self.unit_at(at) + 1);
        let letter =
            letter.filter(|unit| matches!(&unit.what, What::Code(code) if code.len() == 1));
        let name = letter.map_or(unit.tokens.end, |letter| letter.tokens.end);
        let street = (name + 1..(name + NAME).min(self.tokens.len()))
            .find(|token| lists.streets.have(&self.tokens[*token].text))?;
        let plain = (name..street).all(|token| {
            let word = &self.units[self.unit_at(token)];
            word.what == What::Word
                && !self.tokens[token].opens()
                && !lists.no_address.have(&self.tokens[token].text)
                && !lists.units.have(&self.tokens[token].text)
                && !lists.no_mail.have(&self.tokens[token].text)
        });
        let sure = self.is_capital(name..street)
            || !lists.perhaps_streets.have(&self.tokens[street].text)
            || self.is_address_here(at);
        if !plain || !sure {
            return None;
        }
        let start = self.house_from(unit.tokens.start);
        Some(self.dwelling_before(start).unwrap_or(start)..self.address_end(start))
    }

    /// Where the number of a house begins whose last digit is at a token: "two two one five".
    fn house_from(&self, token: usize) -> usize {
        let mut unit = self.unit_at(token);
        while let Some(before) = unit.checked_sub(1)
            && self.units[before].is_digits()
            && self.units[unit].is_digits()
            && self.units[before].tokens.start >= self.first
        {
            unit = before;
        }
        self.units[unit].tokens.start
    }

    /// Where a dwelling begins whose number stands right before a token: "Flat 6, 118 …".
    fn dwelling_before(&self, token: usize) -> Option<usize> {
        let number = self.unit_at(token).checked_sub(1)?;
        let start = self.units[number].tokens.start;
        let name = start.checked_sub(1)?;
        let dwelling = self
            .lexicon
            .redaction
            .dwellings
            .have(&self.tokens[name].text);
        (dwelling && self.units[number].code().is_some()).then_some(name)
    }

    /// Whether an address is announced or asked for at a token.
    fn is_address_here(&self, token: usize) -> bool {
        let about = self.about(self.unit_at(token)).map(|about| about.topic);
        about == Some(Topic::Secret(SecretKind::Address))
    }

    /// 江苏省苏州市姑苏区平江路八号: two marks at least, one of them a street with a number.
    fn chinese_address(&self, at: usize) -> Option<Range<usize>> {
        let lists = &self.lexicon.redaction;
        let starts = at == 0
            || self.tokens[at].opens()
            || !self.tokens[at - 1].is_han()
            || lists.no_address.have(&self.tokens[at - 1].text)
            || [
                "在", "到", "是", "从", "寄", "去", "来", "往", "址", "家", "件",
            ]
            .contains(&self.tokens[at - 1].text.as_str());
        if !starts {
            return None;
        }
        let end = self.address_end(at);
        let region = (at..end)
            .filter(|token| lists.regions.have(&self.tokens[*token].text))
            .filter(|token| !self.is_within_dwelling(*token))
            .count();
        let street = (at + 1..end).find(|token| {
            let fits =
                |list: &crate::pattern::Phrases| list.longest_at(&self.tokens, *token).is_some();
            fits(&lists.streets) || fits(&lists.dwellings) && self.tokens[*token - 1].is_han()
        })?;
        let number = (street..end).any(|token| {
            self.units[self.unit_at(token)].is_digits()
                || matches!(self.units[self.unit_at(token)].what, What::Amount(_))
        });
        (region > 0 && number && end - at >= 5).then_some(at..end)
    }
}
