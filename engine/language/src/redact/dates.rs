//! Birthdays, and until when cards are valid.

use std::ops::Range;

use sidetone_types::secret::SecretKind;

use super::line::Line;
use super::structure::{is_month_and_year, is_year, is_year_and_month};
use super::units::What;
use super::{Takes, Topic};

/// A date has no more units.
const MOST: usize = 12;

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
            let expected = self.before.expected.map(|expected| expected.takes);
            let named = self.about(units.start).is_some_and(|about| about.named);
            let over = !named && expected.is_some_and(|takes| takes != Takes::All);
            let tokens = self.tokens_of(&units);
            let alone = self.is_filled(self.first..tokens.start.max(self.first))
                && self.is_filled(tokens.end..self.tokens.len());
            if over
                && !self.is_answer()
                && !(alone && stretch.marked)
                && self.called(units.end).is_none()
                && !self.is_beside_card(&stretch)
            {
                continue;
            }
            let Some(kind) = self.date_kind(&stretch) else {
                continue;
            };
            let whole = match self.before.expected.filter(|_| stretch.numbers == 1) {
                Some(_) if self.is_answer() => true,
                _ => stretch.marked || stretch.numbers >= 2 || self.code(units.clone()).len() >= 3,
            };
            if whole && self.is_free(&units) {
                self.take(kind, units);
            }
        }
    }

    /// Whether a stretch is a birthday, or an expiry date.
    fn date_kind(&self, stretch: &Stretch) -> Option<SecretKind> {
        let units = &stretch.units;
        let code = self.code(units.clone());
        let slashed = matches!(self.units[units.start].what, What::Date(_));
        let called = self.called(units.end);
        let about = self.about(units.start);
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
        let full = stretch.marked && (stretch.numbers >= 3 || code.len() >= 6);
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
        let mut end = at;
        let mut last = at;
        let (mut numbers, mut marked, mut day) = (0, false, false);
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
                What::Digits(digits) | What::Amount(digits) if digits.len() <= 8 => {
                    numbers += 1;
                    last = end + 1;
                }
                What::Word | What::Joint if lists.months.have(text) => {
                    if token.is_han() && numbers == 0 {
                        break;
                    }
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
                What::Joint if end > at && text == "-" => marked = numbers >= 2,
                // "the fourteenth of June"
                What::Word if text == "the" => {}
                _ => break,
            }
            end += 1;
        }
        let month_alone = numbers == 0;
        if spelt(last) {
            return None;
        }
        (last > at && !month_alone).then_some(Stretch {
            units: at..last,
            numbers,
            marked,
            day,
        })
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
