//! Days, weeks and months by the names that languages have for them: the part of dates that needs
//! no grammar.

use super::when::When;
use crate::lexicon::Dates;
use crate::tokens::Token;

/// The longest name that begins at token `at`, and the token after it.
pub(super) fn named(tokens: &[Token], at: usize, words: &Dates) -> Option<(When, usize)> {
    let table = [
        (&words.gone, When::NoDay),
        (&words.at_once, When::AtOnce),
        (&words.end_of_day, When::EndOfDay),
        (&words.today, When::Days(0)),
        (&words.tomorrow, When::Days(1)),
        (&words.in_two_days, When::Days(2)),
        (&words.in_three_days, When::Days(3)),
        (&words.in_two_weeks, When::Days(14)),
        (&words.in_a_month, When::Months(1)),
        (&words.next_business_day, When::BusinessDays(1)),
        (&words.in_half_an_hour, When::Minutes(30)),
        (&words.in_an_hour, When::Minutes(60)),
        (&words.in_one_and_a_half_hours, When::Minutes(90)),
        (&words.this_week, When::Week(0)),
        (&words.next_week, When::Week(1)),
        (&words.early_next_week, When::EarlyInWeek(1)),
        (&words.week_after_next, When::Week(2)),
        (&words.weekend, When::Weekend(0)),
        (&words.next_weekend, When::Weekend(1)),
        (&words.end_of_year, When::EndOfYear),
    ];
    table
        .into_iter()
        .filter_map(|(names, when)| Some((when, names.longest_at(tokens, at)?)))
        .max_by_key(|(_, end)| *end)
}

impl Dates {
    /// The day of the week that a word names; Monday is 0.
    pub(crate) fn weekday(&self, word: &str) -> Option<i8> {
        let week = [
            &self.monday,
            &self.tuesday,
            &self.wednesday,
            &self.thursday,
            &self.friday,
            &self.saturday,
            &self.sunday,
        ];
        (0..)
            .zip(week)
            .find_map(|(day, names)| names.have(word).then_some(day))
    }

    /// The month that a word names; January is 1.
    pub(crate) fn month(&self, word: &str) -> Option<u32> {
        let year = [
            &self.january,
            &self.february,
            &self.march,
            &self.april,
            &self.may,
            &self.june,
            &self.july,
            &self.august,
            &self.september,
            &self.october,
            &self.november,
            &self.december,
        ];
        (1..)
            .zip(year)
            .find_map(|(month, names)| names.have(word).then_some(month))
    }
}
