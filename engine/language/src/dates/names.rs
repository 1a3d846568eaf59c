//! Times by the names that languages have for them: the part of dates that needs no grammar.

use super::said::{Item, Length, Month, Period, Said, Year};
use crate::lexicon::Dates;
use crate::pattern::Phrases;
use crate::tokens::Token;

/// The longest name that begins at token `at`, and the token after it.
pub(super) fn named(tokens: &[Token], at: usize, words: &Dates) -> Option<(Said, usize)> {
    let days = |days| Said::Ahead(Length::Days(days));
    let table = [
        (&words.gone, Said::NoDay),
        (&words.some_time, Said::Unclear),
        (&words.at_once, Said::AtOnce),
        (&words.end_of_day, Said::EndOfDay),
        (&words.today, days(0)),
        (&words.tomorrow, days(1)),
        (&words.in_two_days, days(2)),
        (&words.in_three_days, days(3)),
        (&words.in_a_week, days(7)),
        (&words.in_two_weeks, days(14)),
        (&words.in_a_month, Said::Ahead(Length::months(1))),
        (
            &words.next_business_day,
            Said::Ahead(Length::BusinessDays(1)),
        ),
        (&words.in_an_hour, Said::Ahead(Length::Minutes(60))),
        (&words.by_the_weekend, Said::Whole(Period::Week(0))),
        (
            &words.end_of_year,
            Said::Whole(Period::Year(Year::Ahead(0))),
        ),
    ];
    longest(table, tokens, at)
}

/// The period that begins at token `at` and has a name: `next week`, `下个月`.
pub(super) fn named_period(tokens: &[Token], at: usize, words: &Dates) -> Option<(Period, usize)> {
    let table = [
        (&words.this_week, Period::Week(0)),
        (&words.next_week, Period::Week(1)),
        (&words.week_after_next, Period::Week(2)),
        (&words.weekend, Period::Weekend(0)),
        (&words.next_weekend, Period::Weekend(1)),
        (&words.weekend_after_next, Period::Weekend(2)),
        (&words.this_month, Period::Month(Month::Ahead(0))),
        (&words.next_month, Period::Month(Month::Ahead(1))),
        (&words.month_after_next, Period::Month(Month::Ahead(2))),
        (&words.this_quarter, Period::Quarter(0)),
        (&words.next_quarter, Period::Quarter(1)),
        (&words.spring, Period::Season(3, None)),
        (&words.summer, Period::Season(6, None)),
        (&words.autumn, Period::Season(9, None)),
        (&words.winter, Period::Season(12, None)),
    ];
    longest(table, tokens, at)
}

/// The year that begins at token `at` and has a name: `next year`, `明年`.
pub(super) fn named_year(tokens: &[Token], at: usize, words: &Dates) -> Option<(Year, usize)> {
    let table = [
        (&words.this_year, Year::Ahead(0)),
        (&words.next_year, Year::Ahead(1)),
        (&words.year_after_next, Year::Ahead(2)),
    ];
    longest(table, tokens, at)
}

/// A period that is named by its unit alone, as only a part of it is: `the end of the week`, `月底`.
pub(super) fn unit(tokens: &[Token], at: usize, words: &Dates) -> Option<(Period, usize)> {
    let table = [
        (&words.the_week, Period::Week(0)),
        (&words.the_month, Period::Month(Month::Any)),
        (&words.the_quarter, Period::Quarter(0)),
        (&words.the_year, Period::Year(Year::Any)),
    ];
    longest(table, tokens, at)
}

/// What is counted in a period: `Wednesday`, `working day`, `周`.
pub(super) fn item(tokens: &[Token], at: usize, words: &Dates) -> Option<(Item, usize)> {
    let weekday = words.weekday_at(tokens, at);
    weekday
        .map(|(day, end)| (Item::Weekday(day), end))
        .or_else(|| {
            let table = [
                (&words.business_days, Item::WorkingDay),
                (&words.days, Item::Day),
                (&words.weeks, Item::Week),
                // By its end.
                (&words.weekends, Item::Weekday(6)),
            ];
            longest(table, tokens, at)
        })
}

/// Of a table of lists, what the longest phrase means that fits from token `at` on.
pub(super) fn longest<'a, T>(
    table: impl IntoIterator<Item = (&'a Phrases, T)>,
    tokens: &[Token],
    at: usize,
) -> Option<(T, usize)> {
    table
        .into_iter()
        .filter_map(|(phrases, meant)| Some((meant, phrases.longest_at(tokens, at)?)))
        .max_by_key(|(_, end)| *end)
}

impl Dates {
    /// The day of the week that a word names; Monday is 0.
    pub(crate) fn weekday(&self, word: &str) -> Option<i8> {
        (0..)
            .zip(self.week())
            .find_map(|(day, names)| names.have(word).then_some(day))
    }

    /// The day of the week that is named from token `at` on, and the token after it.
    pub(super) fn weekday_at(&self, tokens: &[Token], at: usize) -> Option<(i8, usize)> {
        longest(
            (0..).zip(self.week()).map(|(day, names)| (names, day)),
            tokens,
            at,
        )
    }

    pub(super) const fn week(&self) -> [&Phrases; 7] {
        [
            &self.monday,
            &self.tuesday,
            &self.wednesday,
            &self.thursday,
            &self.friday,
            &self.saturday,
            &self.sunday,
        ]
    }

    /// The month that a word names; January is 1.
    pub(crate) fn month(&self, word: &str) -> Option<u32> {
        let months = (1..).zip(self.year());
        let mut named = months.filter(|(_, names)| names.have(word));
        named.next().map(|(month, _)| month)
    }

    /// The month that is named from token `at` on, and the token after it.
    pub(super) fn month_at(&self, tokens: &[Token], at: usize) -> Option<(u32, usize)> {
        let months = (1..).zip(self.year());
        longest(months.map(|(month, names)| (names, month)), tokens, at)
    }

    const fn year(&self) -> [&Phrases; 12] {
        [
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
        ]
    }
}
