//! Why the customer called, in one line of the note.

use anyhow::{Context, bail};
use sidetone::config::Config;
use sidetone::knowledge::Knowledge;
use sidetone_types::party::Direction;

use super::note::{began, note};
use super::tally::{Found, Verdict};
use super::{alternatives, lang, rows};

pub const COLUMNS: [&str; 6] = ["id", "date", "lang", "direction", "turns", "expect"];

pub fn judge(text: &str, knowledge: &Knowledge, _: &Config) -> anyhow::Result<Vec<Verdict>> {
    let judge = |(line, [id, date, code, direction, turns, expect]): (usize, [&str; 6])| {
        let reason = || {
            let direction = match direction {
                "inbound" => Direction::Inbound,
                "outbound" => Direction::Outbound,
                _ => bail!("`direction` is `{direction}`: write inbound or outbound"),
            };
            let note = note(knowledge, (lang(code)?, direction), began(date)?, turns)?;
            Ok(match note.reason.is_empty() {
                true => "none".to_owned(),
                false => note.reason,
            })
        };
        let got = reason().with_context(|| format!("line {line}"))?;
        let right = alternatives(expect).any(|one| bare(one) == bare(&got));
        Ok(Verdict {
            id: id.to_owned(),
            lang: code.to_owned(),
            given: turns.to_owned(),
            expected: expect.to_owned(),
            got,
            right,
            found: Found::one(right),
        })
    };
    rows(text, COLUMNS)?.into_iter().map(judge).collect()
}

/// A sentence without the mark at its end, in lower case: the note writes both as it should be.
fn bare(sentence: &str) -> String {
    sentence.trim_end_matches(['.', '。']).to_lowercase()
}
