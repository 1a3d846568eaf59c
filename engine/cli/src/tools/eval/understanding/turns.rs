//! A whole call in one field: `a: …` for the agent and `c: …` for the customer, parted by ` / `.

use std::time::{Duration, SystemTime};

use anyhow::Context;
use jiff::civil::{Date, DateTime};
use sidetone::knowledge::Knowledge;
use sidetone_core::wrap_up::{Facts, Line, summarise};
use sidetone_types::lang::Lang;
use sidetone_types::party::{Direction, Side};
use sidetone_types::summary::Summary;
use sidetone_types::time::MediaTime;

/// How long a turn takes, and the pause behind it.
const TURN: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_secs(1);

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
    let lines: anyhow::Result<Vec<Line>> = (0..)
        .zip(turns.split(" / "))
        .map(|(i, turn)| line(i, turn.trim(), lang))
        .collect();
    Ok(summarise(&facts, &lines?, &[], &[]))
}

fn line(i: u32, turn: &str, lang: Lang) -> anyhow::Result<Line> {
    let (side, text) = match turn.split_once(':') {
        Some(("a", text)) => (Side::Agent, text),
        Some(("c", text)) => (Side::Customer, text),
        _ => anyhow::bail!("`{turn}` is nobody's turn: begin it with `a:` or `c:`"),
    };
    let start = MediaTime::ZERO + (TURN + PAUSE) * i;
    Ok(Line {
        side,
        lang,
        start,
        end: start + TURN,
        text: text.trim().to_owned(),
        doubtful: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_belong_to_their_side_and_a_day_has_a_noon() {
        let first = line(1, "c: Hello: it is me.", Lang::EN).expect("a turn");
        assert_eq!(
            (first.side, first.text.as_str()),
            (Side::Customer, "Hello: it is me.")
        );
        assert!(line(0, "x: Hello.", Lang::EN).is_err());
        let at = |date| began(date).map(|at| at.to_string()).ok();
        assert_eq!(at("2026-09-23").as_deref(), Some("2026-09-23T12:00:00"));
        assert_eq!(
            at("2026-09-23T18:05").as_deref(),
            Some("2026-09-23T18:05:00")
        );
        assert_eq!(at("23.9.2026"), None);
    }
}
