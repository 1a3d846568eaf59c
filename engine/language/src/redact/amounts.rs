//! Numbers that tell how many, or when, and codes that are said as if they did.

use std::ops::Range;

use sidetone_types::secret::SecretKind;

use super::Topic;
use super::line::{About, Line};
use super::numbers::{LEAST_NAMED, LEAST_TOLD, LONGEST_TIME};
use super::units::What;

/// A number in front of a unit is an amount if it is no longer than this.
const LONGEST_AMOUNT: usize = 6;

impl Line<'_> {
    /// Whether a number tells how many of something, or when: "45 pounds".
    pub(super) fn counts(&self, part: &Range<usize>) -> bool {
        let digits = self.code(part.clone()).len();
        let next = self.units[part.end - 1].tokens.end;
        let Some(token) = self.tokens.get(next) else {
            return false;
        };
        digits <= LONGEST_AMOUNT
            && !token.opens()
            && self
                .lexicon
                .redaction
                .units
                .longest_at(&self.tokens, next)
                .is_some()
    }

    /// Whether a word before a number tells that it is a time or an estimate: "about five thirty".
    pub(super) fn is_time(&self, first: &Range<usize>, digits: usize) -> bool {
        let token = self.units[first.start].tokens.start;
        let before = token.checked_sub(1).filter(|before| {
            !self.cues.iter().any(|cue| cue.tokens.contains(before)) && !self.tokens[token].opens()
        });
        digits <= LONGEST_TIME
            && before.is_some_and(|before| {
                self.lexicon
                    .redaction
                    .timing
                    .have(&self.tokens[before].text)
            })
    }

    /// Whether a unit behind a code tells nothing against it: it stands right behind its name, or an
    /// answer begins with it. "CVV is 737 days"? 验证码是492108下一步.
    pub(super) fn is_told(&self, about: Option<About>, start: usize, code: &str) -> bool {
        let Some(About {
            topic: Topic::Secret(kind),
            named,
        }) = about
        else {
            return false;
        };
        if matches!(kind, SecretKind::CardExpiry | SecretKind::Birthday) {
            return false;
        }
        let token = self.units[start].tokens.start;
        let cue = self.cues.iter().rev().find(|cue| cue.tokens.end <= token);
        let from = cue.map_or(self.first, |cue| cue.tokens.end);
        let least = match kind {
            _ if named => LEAST_NAMED,
            SecretKind::CardSecurityCode => LEAST_NAMED,
            _ => LEAST_TOLD,
        };
        code.len() >= least && from <= token && self.is_filled(from..token)
    }

    /// Numbers with hundreds that are a code that was asked for: "one hundred and twenty three".
    pub(super) fn find_amounts(&mut self) {
        for at in 0..self.units.len() {
            let What::Amount(digits) = &self.units[at].what else {
                continue;
            };
            let digits = digits.clone();
            let about = self.about(at);
            let counts = self.counts(&(at..at + 1)) && !self.is_told(about, at, &digits);
            if self.is_taken(at) || counts || digits.len() < 3 || self.is_money(at) {
                continue;
            }
            if self.is_grouped(at)
                && let Some(kind) =
                    about.and_then(|about| self.fits(about, &digits, digits.len(), at))
                && self.is_answer()
            {
                self.take(kind, at..at + 1);
                continue;
            }
            let kind = match about.map(|about| about.topic) {
                Some(Topic::Secret(
                    kind @ (SecretKind::CardSecurityCode
                    | SecretKind::Password
                    | SecretKind::OneTimeCode),
                )) => kind,
                _ => continue,
            };
            let told = self.is_answer() || self.is_told(about, at, &digits);
            if digits.len() <= 8 && told {
                self.take(kind, at..at + 1);
            }
        }
    }

    /// Whether a number is written in groups, as codes sometimes are: `4,532`. Money is not.
    fn is_grouped(&self, at: usize) -> bool {
        let span = self.units[at].span.clone();
        self.text[span].contains([',', '，']) && !self.is_money(at)
    }

    /// Whether a sign of money stands before a number.
    pub(super) fn is_money(&self, at: usize) -> bool {
        let before = self.text[..self.units[at].span.start].chars().next_back();
        before.is_some_and(|c| matches!(c, '$' | '£' | '€' | '¥' | '￥'))
    }
}
