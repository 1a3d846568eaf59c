//! Which days are worked on. A calendar of public holidays belongs into [`is_working_day`], which
//! all that counts working days asks.

use jiff::civil::Date;

use super::resolve::MOST_DAYS;

/// Whether it is Monday to Friday; public holidays differ from place to place and are not known.
pub(super) fn is_working_day(day: Date) -> bool {
    day.weekday().to_monday_zero_offset() < 5
}

/// The last of `days` business days, the first of which is the first one after `today`. `None`
/// beyond what anyone promises.
pub fn business_days_after(today: Date, days: u32) -> Option<Date> {
    if days > MOST_DAYS {
        return None;
    }
    let mut day = today;
    let mut left = days;
    while left > 0 {
        day = day.tomorrow().ok()?;
        left -= u32::from(is_working_day(day));
    }
    Some(day)
}
