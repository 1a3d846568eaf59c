//! Birthdays, and until when cards are valid.

use std::ops::Range;

use sidetone_types::secret::SecretKind;

use super::line::Line;
use super::structure::{is_month_and_year, is_year, is_year_and_month, may_be_date};
use super::units::What;
use super::{Takes, Topic};
use crate::tokens::Token;

/// A date has no more units.
const MOST: usize = 12;

/// A birthday is known again if it has so many digits.
const LEAST_AGAIN: usize = 3;

/// Who gives a birthday unasked was born no later.
const LAST_BORN: u32 = 2_010;

/// A stretch that looks like a date.
struct Stretch {
    units: Range<usize>,
    /// Its numbers.
    numbers: usize,
    /// Whether it names a month, or is written as dates are.
    marked: bool,
    /// Whether it names a day, which cards do not expire on.
    day: bool,
}

impl Line<'_> {
    pub(super) fn find_dates(&mut self) {
        let mut at = 0;
        while at < self.units.len() {
            let Some(stretch) = self.date_at(at) else {
                at += 1;
                continue;
            };
            let units = stretch.units.clone();
            at = units.end;
            if self.is_another_date(&stretch) || self.is_no_repetition(&stretch) {
                continue;
            }
            let counts = self.counts_behind(&units);
            let Some(kind) = self.date_kind(&stretch).filter(|_| !counts) else {
                continue;
            };
            let whole = match self.before.expected.filter(|_| stretch.numbers == 1) {
                Some(_) if self.is_answer() => true,
                _ => stretch.marked || stretch.numbers >= 2 || self.code(units.clone()).len() >= 4,
            };
            if whole && self.is_free(&units) {
                self.take(kind, units);
            }
        }
    }

    /// Whether what was asked for has been told, and a date is another one.
    fn is_another_date(&self, stretch: &Stretch) -> bool {
        let units = &stretch.units;
        let expected = self.before.expected.map(|expected| expected.takes);
        let named = self.about(units.start).is_some_and(|about| about.named);
        if named || expected.is_none_or(|takes| takes == Takes::All) {
            return false;
        }
        let tokens = self.tokens_of(units);
        let alone = self.is_filled(self.first..tokens.start.max(self.first))
            && self.is_filled(tokens.end..self.tokens.len());
        let awaited = self.is_told_again(stretch)
            || self.is_answer()
            || alone && stretch.marked
            || self.called(units.end).is_some()
            || self.is_beside_card(stretch)
            || self.is_awaited(stretch);
        !awaited
    }

    /// Whether a birthday that was told before is said again.
    fn is_told_again(&self, stretch: &Stretch) -> bool {
        let code = self.code(stretch.units.clone());
        let mut known = self.before.known.iter();
        let told =
            known.any(|known| known.kind == Some(SecretKind::Birthday) && known.code == code);
        stretch.marked && code.len() >= LEAST_AGAIN && told
    }

    /// Whether the other party, who says it again and nothing else, tells another date.
    fn is_no_repetition(&self, stretch: &Stretch) -> bool {
        let units = &stretch.units;
        let named = self.about(units.start).is_some_and(|about| about.named);
        if !self.before.repeats || named || self.is_answer() || self.corrects() {
            return false;
        }
        let code = self.code(units.clone());
        let marked = stretch.marked || stretch.day;
        let told = self.before.known.iter().any(|known| {
            known.code == code || marked && code.len() >= 2 && known.code.ends_with(&code)
        });
        let short = marked && code.len() < 3;
        !told && !short
    }

    /// Whether a stretch is a birthday, or an expiry date.
    fn date_kind(&self, stretch: &Stretch) -> Option<SecretKind> {
        let units = &stretch.units;
        let code = self.code(units.clone());
        let slashed = matches!(self.units[units.start].what, What::Date(_));
        let called = self.called(units.end);
        let about = self.about(units.start);
        if self.is_told_again(stretch) && !about.is_some_and(|about| about.named) {
            return Some(SecretKind::Birthday);
        }
        let open = about.is_none_or(|about| !about.named && about.topic == Topic::Harmless);
        if open && called.is_none() && self.is_born(stretch) {
            return Some(SecretKind::Birthday);
        }
        let topic = match (about, called) {
            (Some(about), _) if about.named && about.topic != Topic::Harmless => about.topic,
            // "Ends in May" may be anything.
            (_, Some(called))
                if code.len() >= 3 || called != Topic::Secret(SecretKind::CardExpiry) =>
            {
                called
            }
            (Some(about), _)
                if about.named
                    || about.topic != Topic::Harmless
                    || !self.is_beside_card(stretch) =>
            {
                about.topic
            }
            (Some(_), _) => return Some(SecretKind::CardExpiry),
            (None, _) => {
                return self
                    .is_beside_card(stretch)
                    .then_some(SecretKind::CardExpiry);
            }
        };
        let full = stretch.marked
            && (stretch.numbers >= 3 || code.len() >= 6 || stretch.day && code.len() >= 5);
        let whole = slashed && code.len() >= 6 && !about.is_some_and(|about| about.named);
        let birthday = self.expects(SecretKind::Birthday);
        if full && birthday.is_some_and(|expected| expected.takes == Takes::All) {
            return Some(SecretKind::Birthday);
        }
        let month = is_month_and_year(&code)
            || stretch.marked && is_year_and_month(&code)
            || stretch.marked && self.is_answer();
        match topic {
            // Birthdays are asked for along with what else tells who somebody is.
            Topic::Secret(
                SecretKind::Address
                | SecretKind::IdentityNumber
                | SecretKind::Password
                | SecretKind::Phone
                | SecretKind::Email,
            ) if whole => Some(SecretKind::Birthday),
            Topic::Secret(SecretKind::Birthday) => Some(SecretKind::Birthday),
            Topic::Secret(SecretKind::CardExpiry)
                if code.len() <= 6 && !stretch.day && (month || stretch.marked) =>
            {
                Some(SecretKind::CardExpiry)
            }
            // Cards are asked for as a whole.
            Topic::AfterCard
            | Topic::Secret(SecretKind::CardSecurityCode | SecretKind::CardNumber)
                if (slashed || stretch.marked) && month && !stretch.day && code.len() <= 6 =>
            {
                Some(SecretKind::CardExpiry)
            }
            _ => None,
        }
    }

    /// Whether a whole date that is long past stands behind a name ("Joel Prentiss, 07/22/1964"), or
    /// answers a question that names nothing.
    fn is_born(&self, stretch: &Stretch) -> bool {
        let code = self.code(stretch.units.clone());
        let years = [code.get(..4), code.get(code.len().saturating_sub(4)..)];
        let born = years
            .into_iter()
            .flatten()
            .any(|year| is_year(year) && year.parse::<u32>().is_ok_and(|year| year <= LAST_BORN));
        let tokens = self.tokens_of(&stretch.units);
        if !born || !stretch.marked || code.len() < 6 {
            return false;
        }
        let behind = self.is_filled(tokens.end..self.tokens.len());
        if self.before.unnamed && behind && self.is_filled(self.first..tokens.start.max(self.first))
        {
            return true;
        }
        let slashed = matches!(self.units[stretch.units.start].what, What::Date(_));
        let before = tokens
            .start
            .checked_sub(1)
            .filter(|before| *before >= self.first);
        before.is_some_and(|before| {
            let name = &self.text[self.tokens[before].span.clone()];
            let comma = matches!(self.between(tokens.start).trim(), "," | "，");
            slashed && comma && name.starts_with(char::is_uppercase)
        })
    }

    /// Whether a whole date that is long past comes where a birthday was asked for before.
    fn is_awaited(&self, stretch: &Stretch) -> bool {
        let code = self.code(stretch.units.clone());
        let year = code.get(code.len().saturating_sub(4)..);
        let old = year.is_some_and(|year| {
            is_year(year) && year.parse::<u32>().is_ok_and(|year| year <= LAST_BORN)
        });
        let awaited = self.expects(SecretKind::Birthday);
        let open = awaited.is_some_and(|expected| {
            expected.takes >= Takes::Answers && expected.carried.is_empty()
        });
        open && old && stretch.marked && !self.before.repeats
    }

    /// Whether what stands behind a stretch tells how many of something its number is: 1199元.
    fn counts_behind(&self, units: &Range<usize>) -> bool {
        let lists = &self.lexicon.redaction;
        let next = self.tokens_of(units).end;
        self.tokens.get(next).is_some_and(|token| {
            !token.opens()
                && lists.units.longest_at(&self.tokens, next).is_some()
                && !lists.date_joining.have(&token.text)
                && !lists.months.have(&token.text)
        })
    }

    /// Whether a stretch is a month and a year, and the line names the code of a card.
    fn is_beside_card(&self, stretch: &Stretch) -> bool {
        let code = Topic::Secret(SecretKind::CardSecurityCode);
        stretch.marked
            && !stretch.day
            && self.code(stretch.units.clone()).len() <= 6
            && self.cues.iter().any(|cue| cue.topic == code)
    }

    /// The longest stretch from a unit on that looks like a date.
    fn date_at(&self, at: usize) -> Option<Stretch> {
        let lists = &self.lexicon.redaction;
        // 哪一年, 几月 ask.
        let asks = at.checked_sub(1).is_some_and(|before| {
            lists
                .asking
                .have(&self.tokens[self.units[before].tokens.start].text)
        });
        if asks {
            return None;
        }
        // Spelt letters beside it: a postcode.
        let spelt = |at: usize| {
            self.units
                .get(at)
                .is_some_and(|unit| matches!(unit.what, What::Code(_)))
        };
        let beside = |at: usize| self.between(self.units[at].tokens.start).trim().is_empty();
        if beside(at) && at.checked_sub(1).is_some_and(spelt) {
            return None;
        }
        // The number of a dwelling.
        let dwelling = self.tokens[self.units[at].tokens.start]
            .is_figure()
            .then(|| self.units[at].tokens.start.checked_sub(1))
            .flatten();
        if dwelling.is_some_and(|token| lists.dwellings.have(&self.tokens[token].text)) {
            return None;
        }
        // Digits of a longer number.
        let digits = |at: usize| {
            let unit = self.units.get(at);
            unit.is_some_and(|unit| matches!(unit.what, What::Digits(_) | What::Amount(_)))
        };
        let dash = |at: usize| {
            let unit = self.units.get(at);
            unit.is_some_and(|unit| {
                unit.what == What::Joint && self.tokens[unit.tokens.start].text == "-"
            })
        };
        let cut = at >= 2 && dash(at - 1) && digits(at - 2) && !self.is_taken(at - 2);
        let begun = digits(at)
            && (cut || at.checked_sub(1).is_some_and(digits))
            && !self.is_taken(at - 1)
            && !self.tokens[self.units[at].tokens.start].opens();
        let mut end = at;
        let mut last = at;
        let (mut numbers, mut marked, mut day, mut dashed) = (0, false, false, false);
        while end < self.units.len() && end - at < MOST && !self.is_taken(end) {
            let unit = &self.units[end];
            let token = &self.tokens[unit.tokens.start];
            if end > at && self.ends_sentence(unit.tokens.start) {
                break;
            }
            let text = token.text.as_str();
            let ordinal = self.lexicon.numbers.all().ordinal_value(text).is_some()
                || self.lexicon.numbers.all().written_ordinal(text).is_some();
            match &unit.what {
                What::Date(digits) => {
                    numbers += 2;
                    marked = true;
                    last = end + 1;
                    // Nothing of a date follows what is written as one.
                    if is_month_and_year(digits) {
                        break;
                    }
                }
                What::Digits(digits) | What::Amount(digits)
                    if digits.len() <= 8 && !self.is_in_no_date(end) =>
                {
                    numbers += 1;
                    last = end + 1;
                }
                What::Word | What::Joint if lists.months.have(text) => {
                    if token.is_han() && numbers == 0 {
                        break;
                    }
                    // "30 September".
                    day |= numbers > 0 && !token.is_han();
                    marked = true;
                    last = end + 1;
                }
                What::Word | What::Joint if ordinal => {
                    day = true;
                    numbers += 1;
                    last = end + 1;
                }
                What::Word | What::Joint
                    if token.is_han() && lists.date_joining.have(text) && numbers > 0 =>
                {
                    marked |= text == "年";
                    day |= matches!(text, "日" | "号");
                    last = end + 1;
                }
                What::Word | What::Joint if end > at && lists.date_joining.have(text) => {}
                What::Joint if end > at && text == "-" => dashed |= numbers >= 2,
                // "the fourteenth of June"
                What::Word if text == "the" => {}
                _ => break,
            }
            end += 1;
        }
        let month_alone = numbers == 0;
        if spelt(last) && beside(last) {
            return None;
        }
        let code = self.code(at..last);
        let goes_on = digits(last) || dash(last) && digits(last + 1);
        marked |= dashed && !begun && !goes_on && may_be_date(&code);
        let whole = marked || day || !begun && !goes_on && may_be_date(&code);
        (last > at && !month_alone && code.len() <= 8 && whole).then_some(Stretch {
            units: at..last,
            numbers,
            marked,
            day,
        })
    }

    /// Whether a number is money, a time (`11:45`), a fraction, or in a group as no date has any:
    /// `774-555-0129`.
    fn is_in_no_date(&self, at: usize) -> bool {
        let unit = &self.units[at];
        if !self.tokens[unit.tokens.start].is_figure() {
            // 七十二年: a year of the Republic.
            if self
                .tokens
                .get(unit.tokens.end)
                .is_some_and(|token| token.text == "年")
            {
                return false;
            }
            // "A hundred and fifty" is no day and no year.
            let value = match &unit.what {
                What::Amount(digits) => digits.parse::<u32>().ok(),
                _ => None,
            };
            return value.is_some_and(|value| value > 31 && !(1_900..=2_100).contains(&value));
        }
        let text = &self.text[unit.span.clone()];
        let dots = text.matches('.').count();
        let behind = self.between(unit.tokens.end);
        let time = self.between(unit.tokens.start) == ":" || behind == ":";
        let three = text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_digit());
        self.is_money(at)
            || dots == 1 && text.contains('.') && !text.ends_with('.')
            || time
            || three && !self.tokens.get(unit.tokens.end).is_some_and(Token::is_han)
            || behind.starts_with(['%', '％', '元'])
    }

    /// The stretch that looks like a date at the end of a line that goes on, or so near to it that
    /// it may be called a birthday yet.
    pub(super) fn open_dates(&self) -> Vec<Range<usize>> {
        let mut open = Vec::new();
        let mut at = 0;
        while at < self.units.len() {
            let Some(stretch) = self.date_at(at) else {
                at += 1;
                continue;
            };
            at = stretch.units.end;
            if self.code(stretch.units.clone()).len() >= 3 {
                open.push(stretch.units);
            }
        }
        open
    }
}
