//! Whether a code can be what it is taken to be about.

use sidetone_types::secret::SecretKind;

use super::line::{About, Line};
use super::numbers::{LEAST_AGAIN, LEAST_NAMED, LEAST_STRUCTURED, LEAST_TOLD, LONG};
use super::structure::{
    is_free, is_month_and_year, is_phone, is_year_and_month, may_be_card, may_be_date, may_be_iban,
    may_lengthen_card,
};
use super::{Takes, Topic};

impl Line<'_> {
    /// The kind that a code is, if it can be what it is taken to be about.
    pub(super) fn fits(
        &self,
        about: About,
        code: &str,
        digits: usize,
        at: usize,
    ) -> Option<SecretKind> {
        use SecretKind::{
            AccountNumber, Address, Birthday, CardExpiry, CardNumber, CardSecurityCode, Email,
            Iban, IdentityNumber, OneTimeCode, Passport, Password, Phone,
        };
        let carried = self
            .before
            .expected
            .map_or(0, |expected| expected.carried.len());
        let answer = self.answers_at(at);
        let n = code.len();
        // Letters among digits are of a code.
        let long = digits >= LONG || digits >= 2 && digits < n && n + 1 >= LONG;
        // An answer, behind which something else is said.
        let opens = self.is_filled(self.first..self.units[at].tokens.start.max(self.first));
        let taken = match self.before.expected.map(|expected| expected.takes) {
            _ if about.named => true,
            // Whoever says it again says nothing else.
            Some(Takes::All) if self.before.repeats => answer || self.repeats_told(code),
            Some(_) if self.before.repeats => self.repeats_told(code) || self.corrects() && answer,
            None | Some(Takes::All) => true,
            Some(Takes::Long) => long,
            Some(Takes::Answers) => answer || long || opens && digits >= LEAST_TOLD,
            Some(Takes::Corrections) => {
                self.corrects() && (answer || opens && digits >= LEAST_NAMED)
                    || digits >= LONG && n == carried && !self.before.repeats
            }
        };
        // Of several things short ones are told by themselves.
        let several = self
            .before
            .expected
            .is_some_and(|expected| !expected.also.is_empty());
        let apart = several && !about.named && digits < LEAST_AGAIN && !answer && !opens;
        if !taken || apart && !self.is_sentence(at) {
            return None;
        }
        let kind = match about.topic {
            Topic::Harmless => return None,
            Topic::AfterCard if !about.named && answer && self.lengthens_card(code) => {
                return Some(CardNumber);
            }
            Topic::AfterCard if !about.named && answer && carried > 0 && self.corrects() => {
                return Some(CardNumber);
            }
            Topic::AfterCard => {
                let filled = about.named || answer;
                return match digits {
                    _ if !filled || digits != n => None,
                    4 | 6 if is_month_and_year(code) => Some(CardExpiry),
                    3 if is_month_and_year(code)
                        && self.corrects()
                        && self.told_last(CardExpiry) =>
                    {
                        Some(CardExpiry)
                    }
                    3 => Some(CardSecurityCode),
                    4 if answer && !about.named => Some(CardSecurityCode),
                    _ => None,
                };
            }
            Topic::Secret(kind) => kind,
        };
        // Pieces of a number that goes on.
        let piece = answer
            && digits > 0
            && (about.named || carried > 0 || digits >= 2 || n == 1 || n >= LEAST_NAMED);
        // One digit of it may have been told wrongly.
        let countries = &self.lexicon.redaction.iban_countries;
        if n >= LEAST_STRUCTURED
            && matches!(kind, AccountNumber | Iban | IdentityNumber)
            && may_be_iban(code)
            && countries.have(&code[..2])
        {
            return Some(Iban);
        }
        let fits = match kind {
            CardNumber => digits >= 3 || piece,
            CardSecurityCode => (3..=4).contains(&digits) || piece && digits < 3 && carried < 4,
            CardExpiry if answer => (3..=6).contains(&digits) || piece && carried + digits <= 6,
            CardExpiry => {
                (3..=6).contains(&digits) && (is_month_and_year(code) || is_year_and_month(code))
            }
            Iban => n >= 4 && digits > 0 || answer,
            AccountNumber => {
                digits >= 4 || piece || about.named && digits == 3 && self.is_right_behind_name(at)
            }
            OneTimeCode if about.named && self.is_weakly_named(at) => {
                n == digits && (4..=8).contains(&n)
            }
            Phone if n > digits + 1 || carried == 0 && is_free(code) => false,
            IdentityNumber | Phone | OneTimeCode => digits >= 3 || piece,
            Password => digits >= 3 || piece || n >= 3 && digits > 0,
            Passport => digits >= 4 || piece,
            Address => {
                let open = self.before.expected.is_some_and(|expected| expected.open);
                digits >= 3 && n >= 5 && answer || piece && (open || about.named || digits >= 2)
            }
            Birthday => (4..=8).contains(&digits) && n == digits && may_be_date(code),
            Email => false,
        };
        // Both were asked for.
        let both = matches!(kind, CardSecurityCode | CardExpiry) && answer && n == digits;
        if both && matches!(n, 7 | 8) && is_month_and_year(&code[..4]) {
            return Some(CardExpiry);
        }
        let other = (matches!(kind, Birthday | Address) || kind == Email && !about.named)
            && matches!(digits, 9..=12)
            || matches!(kind, OneTimeCode | CardSecurityCode | CardExpiry)
                && matches!(digits, 10 | 11)
                && is_phone(code, false, &[]);
        if other && n == digits {
            return Some(Phone);
        }
        if !fits && kind == CardExpiry && digits == 3 && n == 3 {
            return Some(CardSecurityCode);
        }
        if !fits {
            // More digits than such a code has are those of the card itself.
            let card =
                matches!(kind, CardSecurityCode | CardExpiry) && digits >= 12 && may_be_card(code);
            return card.then_some(CardNumber);
        }
        Some(kind)
    }

    /// Whether nothing stands between a unit and its name.
    fn is_right_behind_name(&self, at: usize) -> bool {
        let token = self.units[at].tokens.start;
        let cue = self.cues.iter().rev().find(|cue| cue.tokens.end <= token);
        cue.is_some_and(|cue| self.is_filled(cue.tokens.end..token))
    }

    /// Whether the sentence that a unit is in holds nothing but codes and what fills.
    fn is_sentence(&self, at: usize) -> bool {
        let token = self.units[at].tokens.start;
        let from = (self.first..=token)
            .rev()
            .find(|from| self.ends_sentence(*from));
        let until = (token + 1..self.tokens.len()).find(|until| self.ends_sentence(*until));
        let tokens = from.unwrap_or(self.first)..until.unwrap_or(self.tokens.len());
        let mut at = tokens.start;
        while at < tokens.end {
            let unit = &self.units[self.unit_at(at)];
            let end = match unit.code() {
                Some(_) => unit.tokens.end.max(at + 1),
                None if self.is_filled(at..at + 1) => at + 1,
                None => return false,
            };
            at = end;
        }
        true
    }

    /// Whether what a unit is called may be called so by the way: "it came up with …".
    fn is_weakly_named(&self, at: usize) -> bool {
        let token = self.units[at].tokens.start;
        let cue = self.cues.iter().rev().find(|cue| cue.tokens.end <= token);
        cue.is_some_and(|cue| cue.weak)
    }

    /// Whether digits make the number of a card longer that has been said whole, but may have more
    /// digits, and of which nobody spoke since.
    fn lengthens_card(&self, code: &str) -> bool {
        self.before.expected.is_some_and(|expected| {
            let may_go_on = !expected.carried.is_empty() && expected.takes == Takes::All;
            may_go_on && !self.before.repeats && may_lengthen_card(&expected.carried, code.len())
        })
    }

    /// Whether the last secret that was told is of some kind.
    fn told_last(&self, kind: SecretKind) -> bool {
        let last = self
            .before
            .known
            .iter()
            .rev()
            .find(|known| known.kind.is_some());
        last.is_some_and(|known| known.kind == Some(kind))
    }

    /// Whether the line takes something back, or says which part of a number it repeats.
    pub(super) fn corrects(&self) -> bool {
        let lists = &self.lexicon.redaction;
        let tokens = &self.tokens[self.first..];
        lists.corrections.are_in(tokens) || lists.positions.are_in(tokens)
    }
}
