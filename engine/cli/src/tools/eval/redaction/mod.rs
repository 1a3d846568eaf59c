//! `sidetone eval redaction`: calls in which secrets are said, against what is told of them.
//!
//! A table is tab-separated with the header `id lang turns secrets`, and perhaps more. In `turns`
//! stand `a: …` and `c: …` parted by ` / `; in `secrets` `kind=text` parted by `; `, each text as it
//! stands in the turns, its parts joined by ` + `, or `none`.
//!
//! Each call is played word by word, as a recogniser gives partials, and then final by final; once
//! as it stands, and with each turn that has a secret cut in two at several places.

mod attributes;
mod play;
mod report;
mod row;

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use anyhow::Context;
use clap::Args;
use sidetone::config::Config;
use sidetone::knowledge::Knowledge;
use sidetone_core::script::table;
use sidetone_language::lexicon::Lexicon;
use sidetone_types::lang::LanguageTag;

use super::print;
use crate::tools::Outcome;
use report::{Report, TableReport};
use row::Row;

const COLUMNS: [&str; 4] = ["id", "lang", "turns", "secrets"];

/// Secrets that are said in calls, against tables of calls: what is hidden, and what ever shows.
///
/// Every kind is masked, whatever is configured; once more each call is played with the treatments
/// that are set where nothing is configured, and counts if it shows what these hide. Each call that comes out otherwise is printed, then
/// recall and precision by kind and language, and in how many calls a partial showed more than three
/// digits of a secret, all of a shorter one, or half of one in words.
///
/// Columns: id lang turns secrets. In `turns` stand `a: …` and `c: …` parted by ` / `; in `secrets`
/// `kind=text` parted by `; `, as it stands in the turns, its parts joined by ` + `, or `none`.
#[derive(Args, Debug)]
pub struct RedactionArgs {
    /// Tab-separated tables with a header.
    #[arg(required = true, value_name = "TABLE.tsv")]
    tables: Vec<PathBuf>,
    /// One JSON object instead of a report.
    #[arg(long)]
    json: bool,
    /// Writes what the tagger is told of these calls instead: `models/redaction/fit.py` fits it to that.
    #[arg(long, value_name = "FILE.tsv", conflicts_with = "json")]
    attributes: Option<PathBuf>,
}

/// Runs the command. Calls that come out otherwise are its result, not its failure.
pub fn run(args: &RedactionArgs, config: &Config) -> anyhow::Result<Outcome> {
    let knowledge = Knowledge::open(&config.knowledge, &config.defaults)?;
    let lexicon = knowledge.assist_context(SystemTime::now(), &[]).lexicon;
    if let Some(out) = &args.attributes {
        let mut file = BufWriter::new(File::create(out).with_context(|| cannot_write(out))?);
        for path in &args.tables {
            let table = path.file_name().unwrap_or_default().to_string_lossy();
            each_row(path, |row| {
                attributes::write(row, (&row.id, &table), &lexicon, &mut file)
                    .with_context(|| cannot_write(out))
            })?;
        }
        file.flush().with_context(|| cannot_write(out))?;
        return Ok(Outcome::Done);
    }
    let mut report = Report::default();
    for path in &args.tables {
        report.tables.push(judge(path, &lexicon)?);
    }
    print(&report, args.json)?;
    Ok(Outcome::Done)
}

fn cannot_write(path: &Path) -> String {
    format!("cannot write `{}`", path.display())
}

/// Does something with each row of a table.
fn each_row(path: &Path, mut with: impl FnMut(&Row) -> anyhow::Result<()>) -> anyhow::Result<()> {
    let name = path.display();
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read `{name}`"))?;
    let rows = table(&text, COLUMNS).with_context(|| format!("`{name}`"))?;
    for (line, [id, code, turns, secrets]) in rows {
        let read = || {
            let tag: LanguageTag = code
                .parse()
                .with_context(|| format!("`lang` is `{code}`: write en or zh"))?;
            Row::read(id, tag.lang, turns, secrets)
        };
        let row = read().with_context(|| format!("`{name}`, line {line}"))?;
        with(&row)?;
    }
    Ok(())
}

fn judge(path: &Path, lexicon: &Arc<Lexicon>) -> anyhow::Result<TableReport> {
    let mut report = TableReport::new(path.display().to_string());
    each_row(path, |row| {
        report.add(row, &play::play(row, lexicon));
        Ok(())
    })?;
    Ok(report)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(table: &str) -> TableReport {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/redaction");
        judge(&dir.join(table), &Lexicon::built_in()).expect("its rows can be read")
    }

    #[test]
    fn the_secrets_of_the_repository_are_hidden_and_nothing_else() {
        for table in [
            "tuned.tsv",
            "held.tsv",
            "later.tsv",
            "spoken.tsv",
            "asked.tsv",
            "ordinary.tsv",
            "mixed.tsv",
            "seventh.tsv",
        ] {
            let report = report(table);
            assert!(report.rows >= 40, "{table}: {} rows", report.rows);
            for (lang, tally) in &report.by_language {
                let wrong: Vec<&str> = report.wrong.iter().map(|row| row.id.as_str()).collect();
                let wrong = format!("{table}, {lang}: {wrong:?}");
                assert!(tally.recall >= Some(0.98), "{wrong}");
                assert!(tally.precision >= Some(0.95), "{wrong}");
                assert_eq!(tally.leaks, 0, "{wrong}");
            }
            assert_eq!(report.shown_by_default, 0, "{table}, by default");
        }
    }

    #[test]
    fn a_row_says_where_its_secrets_are() {
        let given = "a: Code? / c: It is 12, no, 123. / a: 123";
        let row = Row::read(
            "x-1",
            sidetone_types::lang::Lang::EN,
            given,
            "card_security_code=12 + 123; card_security_code=123",
        );
        let row = row.expect("it is good");
        let parts: Vec<(usize, &str)> = row
            .secrets
            .iter()
            .flat_map(|secret| &secret.parts)
            .map(|(turn, bytes)| (*turn, &row.turns[*turn].text[bytes.clone()]))
            .collect();
        assert_eq!(parts, [(1, "12"), (1, "123"), (2, "123")]);
        for faulty in ["cvv=123", "card_number=99", "card_number"] {
            let refused = Row::read("x-1", sidetone_types::lang::Lang::EN, given, faulty);
            assert!(refused.is_err(), "{faulty}");
        }
    }
}
