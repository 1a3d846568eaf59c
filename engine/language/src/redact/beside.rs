//! What units become by those beside them: dates, fractions, hundreds among digits, single letters.

use super::units::{Reader, Unit, What};

/// Before the point of an amount there are no more digits in one go.
const MOST_WHOLE: usize = 5;

impl Reader<'_> {
    /// `05/28` is one.
    pub(super) fn join_dates(&mut self) {
        let mut at = 0;
        while at + 2 < self.units.len() {
            let is_slash = |unit: &Unit| self.line[unit.span.clone()].trim() == "/";
            let short =
                |unit: &Unit| unit.is_digits() && unit.code().is_some_and(|code| code.len() <= 4);
            // `11/27，304` is cut as if it were thousands.
            let comma = |unit: &Unit| {
                unit.digits().is_some() && self.line[unit.span.clone()].contains('，')
            };
            let behind = short(&self.units[at + 2]) || comma(&self.units[at + 2]);
            let four = |unit: &Unit| unit.code().is_some_and(|code| code.len() >= 3);
            let long = four(&self.units[at]) && four(&self.units[at + 2]);
            if short(&self.units[at]) && is_slash(&self.units[at + 1]) && behind && !long {
                let mut end = at + 3;
                if end + 1 < self.units.len()
                    && is_slash(&self.units[end])
                    && short(&self.units[end + 1])
                {
                    end += 2;
                }
                let mut digits: String = self.units[at..end]
                    .iter()
                    .filter_map(Unit::digits)
                    .collect();
                let mut span = self.units[at].span.start..self.units[end - 1].span.end;
                let tokens = self.units[at].tokens.start..self.units[end - 1].tokens.end;
                let mut rest = None;
                let text = &self.line[span.clone()];
                if let Some((date, _)) = text.split_once('，') {
                    let behind = digits.split_off(date.bytes().filter(u8::is_ascii_digit).count());
                    rest = Some(Unit {
                        span: span.start + date.len() + '，'.len_utf8()..span.end,
                        tokens: tokens.end - 1..tokens.end,
                        what: What::Digits(behind),
                    });
                    span.end = span.start + date.len();
                }
                let what = What::Date(digits);
                let date = Unit { span, tokens, what };
                self.units
                    .splice(at..end, std::iter::once(date).chain(rest));
            }
            at += 1;
        }
    }

    /// "Three point five", 三点五.
    pub(super) fn fractions(&mut self) {
        let point = &self.lexicon.numbers.all().lists.point;
        for at in 1..self.units.len().saturating_sub(1) {
            let text = self.text(self.units[at].tokens.start);
            let is_point = point.have(text) || text == "点";
            let long = self.units[at - 1]
                .code()
                .is_some_and(|code| code.len() > MOST_WHOLE);
            let ends = long && !self.units[at + 1].is_digits();
            let whole = matches!(self.units[at - 1].what, What::Digits(_) | What::Amount(_));
            if is_point && whole && !ends && self.units[at].tokens.len() == 1 {
                let behind = self.units[at + 1..]
                    .iter()
                    .take_while(|unit| unit.is_digits());
                for side in (at - 1..at).chain(at + 1..at + 1 + behind.count()) {
                    if let What::Digits(digits) = &self.units[side].what {
                        let digits = digits.clone();
                        self.units[side].what = What::Amount(digits);
                    }
                }
            }
        }
    }

    /// "Double oh nine hundred three one two": hundreds among digits are three of them.
    pub(super) fn hundreds(&mut self) {
        for at in 0..self.units.len().saturating_sub(1) {
            let What::Amount(amount) = &self.units[at].what else {
                continue;
            };
            let told = !self.tokens[self.units[at].tokens.start].is_figure();
            let whole = amount.len() == 3 && amount.ends_with("00") && told;
            let before = at.checked_sub(1).map(|before| &self.units[before]);
            let next = &self.units[at + 1];
            let goes_on = |unit: &Unit| unit.is_digits() && unit.tokens.len() == 1;
            let behind = self.units.get(at + 2).is_some_and(goes_on) && goes_on(next);
            if whole
                && (before.is_some_and(Unit::is_digits) && next.is_digits()
                    || before.is_none() && behind)
            {
                self.units[at].what = What::Digits(amount.clone());
            }
        }
    }

    /// "A" and "I" are letters among letters and digits, words elsewhere.
    pub(super) fn single_letters(&mut self) {
        for at in 0..self.units.len() {
            let What::Code(code) = &self.units[at].what else {
                continue;
            };
            if code != "a" && code != "i" {
                continue;
            }
            // The letter of a number of digits in Chinese characters.
            let han = |unit: &Unit| self.tokens[unit.tokens.start].is_han() && unit.is_digits();
            if self.units.get(at + 1).is_some_and(han) {
                continue;
            }
            // "A-4471".
            let end = self.units[at].span.end;
            let joined = self.line[end..].starts_with(['-', '/']);
            if joined
                && self
                    .raw(&self.tokens[self.units[at].tokens.start])
                    .starts_with(['A', 'I'])
            {
                continue;
            }
            let spelt = |unit: Option<&Unit>| {
                unit.and_then(Unit::code)
                    .is_some_and(|code| !matches!(code, "a" | "i") && code.len() <= 4)
            };
            let before = at.checked_sub(1).and_then(|before| self.units.get(before));
            // Behind digits a sentence may go on: "441 920 I want".
            let next = self.units.get(at + 1);
            let goes_on = before.is_some_and(Unit::is_digits)
                && next.is_some_and(|unit| unit.what == What::Word);
            if !(spelt(before) && !goes_on
                || spelt(self.units.get(at + 1))
                    && (code != "a" || !self.units.get(at + 1).is_some_and(Unit::is_digits)))
            {
                self.units[at].what = What::Word;
            }
        }
    }
}
