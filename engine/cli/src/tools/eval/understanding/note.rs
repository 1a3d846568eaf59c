//! The note of a call that is written in one field: its turns parted by ` / `.

use std::time::SystemTime;

use anyhow::Context;
use jiff::civil::{Date, DateTime};
use sidetone::knowledge::Knowledge;
use sidetone_core::script;
use sidetone_core::wrap_up::{Facts, summarise};
use sidetone_types::lang::Lang;
use sidetone_types::party::Direction;
use sidetone_types::summary::Summary;

/// The day a call begins, at noon unless the time is given as well.
pub fn began(date: &str) -> anyhow::Result<DateTime> {
    if let Ok(day) = date.parse::<Date>()
        && !date.contains('T')
    {
        return Ok(day.at(12, 0, 0, 0));
    }
    let began = date.parse::<DateTime>();
    began.with_context(|| format!("`date` is `{date}`: write 2026-09-23 or 2026-09-23T18:00"))
}

/// The note of a call.
pub fn note(
    knowledge: &Knowledge,
    (lang, direction): (Lang, Direction),
    began: DateTime,
    turns: &str,
) -> anyhow::Result<Summary> {
    let context = knowledge.assist_context(SystemTime::now(), &[lang]);
    let facts = Facts {
        began,
        direction,
        main_lang: lang,
        customer_name: String::new(),
        terms: context.terms,
        lexicon: context.lexicon,
    };
    let lines = script::call(turns.split(" / "), lang)?;
    Ok(summarise(&facts, &lines, &[], &[]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_has_a_noon() {
        let at = |date| began(date).map(|at| at.to_string()).ok();
        assert_eq!(at("2026-09-23").as_deref(), Some("2026-09-23T12:00:00"));
        assert_eq!(
            at("2026-09-23T18:05").as_deref(),
            Some("2026-09-23T18:05:00")
        );
        assert_eq!(at("23.9.2026"), None);
    }
}
