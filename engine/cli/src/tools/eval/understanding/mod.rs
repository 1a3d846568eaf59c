//! `sidetone eval understanding`: situations with right values, against what the engine concludes.
//!
//! A table is tab-separated with a header. Its columns tell what it is about:
//!
//! | columns | what is judged |
//! |---|---|
//! | `id lang role sentence expect must_not` | rules that are raised, word by word and of the whole sentence |
//! | `id lang sentence expect must_not` | articles that are shown |
//! | `id lang spoken expect` | figures, as the line is written |
//! | `id date lang turns expect` | follow-up tasks and the promises of customers |
//! | `id date lang direction turns expect` | the reason for the call |
//! | `id region given expect` | numbers of telephones |
//!
//! `|` with blanks around it parts values that are equally right, `;` parts things of which all are
//! expected, `none` is nothing at all, and `-` demands nothing; `others` in `must_not` is all that is not
//! expected. Rows are counted by their kind, which is their `id` without the number at its end, and by
//! language.

mod alerts;
mod cards;
mod figures;
mod note;
mod phones;
mod promises;
mod reasons;
mod tally;

use std::collections::BTreeSet;
use std::path::PathBuf;

use anyhow::{Context, anyhow, bail};
use clap::Args;
use sidetone::config::Config;
use sidetone::knowledge::Knowledge;
use sidetone_core::script::table;
use sidetone_types::lang::{Lang, LanguageTag};

use super::print;
use crate::tools::Outcome;

use tally::{Report, TableReport, Verdict};

/// Promises, alerts, cards, figures, reasons and telephone numbers, against tables of situations.
///
/// Each row that comes out otherwise is printed with what was expected, and then how many came out
/// right by kind and language, with precision and recall.
///
/// The columns of a table tell what it is about. Alerts: id lang role sentence expect must_not.
/// Cards: id lang sentence expect must_not. Figures: id lang spoken expect. Promises: id date lang
/// turns expect. Reasons: id date lang direction turns expect. Telephone numbers: id region given
/// expect. In `turns` stand `a: …` and `c: …` parted by ` / `; ` | ` parts values that are equally
/// right, `;` things of which all are expected; `none` is nothing at all, `-` demands nothing, and
/// `others` in `must_not` is all that is not expected.
#[derive(Args, Debug)]
pub struct UnderstandingArgs {
    /// Tab-separated tables with a header.
    #[arg(required = true, value_name = "TABLE.tsv")]
    tables: Vec<PathBuf>,
    /// One JSON object instead of a report.
    #[arg(long)]
    json: bool,
}

/// Judges the rows of a table.
type Judge = fn(&str, &Knowledge, &Config) -> anyhow::Result<Vec<Verdict>>;

/// Tables by their columns; the first that has all of them is meant.
const TABLES: &[(&[&str], Judge)] = &[
    (reasons::COLUMNS.as_slice(), reasons::judge),
    (promises::COLUMNS.as_slice(), promises::judge),
    (alerts::COLUMNS.as_slice(), alerts::judge),
    (cards::COLUMNS.as_slice(), cards::judge),
    (figures::COLUMNS.as_slice(), figures::judge),
    (phones::COLUMNS.as_slice(), phones::judge),
];

/// Runs the command. Rows that come out otherwise are its result, not its failure.
pub fn run(args: &UnderstandingArgs, config: &Config) -> anyhow::Result<Outcome> {
    let knowledge = Knowledge::open(&config.knowledge, &config.defaults)?;
    let mut report = Report::default();
    for path in &args.tables {
        let name = path.display().to_string();
        let text =
            std::fs::read_to_string(path).with_context(|| format!("cannot read `{name}`"))?;
        let verdicts = judge_of(&text)
            .and_then(|judge| judge(&text, &knowledge, config))
            .with_context(|| format!("`{name}`"))?;
        report.tables.push(TableReport::new(name, verdicts));
    }
    print(&report, args.json)?;
    Ok(Outcome::Done)
}

/// Who judges a table with that header.
fn judge_of(text: &str) -> anyhow::Result<Judge> {
    let header = text.lines().next().unwrap_or_default();
    let titles: Vec<&str> = header
        .trim_start_matches('\u{feff}')
        .split('\t')
        .map(str::trim)
        .collect();
    let known = TABLES
        .iter()
        .find(|(columns, _)| columns.iter().all(|column| titles.contains(column)));
    match known {
        Some((_, judge)) => Ok(*judge),
        None => {
            let known: Vec<String> = TABLES
                .iter()
                .map(|(columns, _)| columns.join(" "))
                .collect();
            bail!(
                "line 1: these columns are of no known table; one has {}",
                known.join(", or ")
            )
        }
    }
}

/// The rows of a table, of which no field is empty, with the number of their line.
fn rows<'a, const N: usize>(
    text: &'a str,
    columns: [&str; N],
) -> anyhow::Result<Vec<(usize, [&'a str; N])>> {
    let rows = table(text, columns)?;
    for (line, fields) in &rows {
        if let Some((column, _)) = columns
            .iter()
            .zip(fields)
            .find(|(_, field)| field.is_empty())
        {
            bail!(
                "line {line}: `{column}` is empty: write `none` for nothing at all, `-` if all is right"
            );
        }
    }
    Ok(rows)
}

/// Complains of a name that nothing has.
fn check_names(what: &str, names: &[&str], known: &BTreeSet<&str>) -> anyhow::Result<()> {
    match names.iter().find(|name| !known.contains(**name)) {
        Some(unknown) => {
            let known: Vec<&str> = known.iter().copied().collect();
            bail!(
                "there is no {what} `{unknown}`; known are {}",
                known.join(", ")
            )
        }
        None => Ok(()),
    }
}

/// The language of a row.
fn lang(code: &str) -> anyhow::Result<Lang> {
    let tag: Result<LanguageTag, _> = code.parse();
    tag.map(|tag| tag.lang)
        .map_err(|_| anyhow!("`lang` is `{code}`: write a language such as en or zh"))
}

/// Values that are equally right.
fn alternatives(expect: &str) -> impl Iterator<Item = &str> {
    expect.split(" | ").map(str::trim)
}

fn is_one_of(expect: &str, got: &str) -> bool {
    alternatives(expect).any(|one| one == got)
}

/// Things of which all are expected; none for `none` and `-`.
fn list(expect: &str) -> Vec<&str> {
    match expect {
        "none" | "-" | alerts::OTHERS => Vec::new(),
        _ => expect.split(';').map(str::trim).collect(),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    /// Tables whose rows all come out right.
    const ALL_RIGHT: [&str; 5] = ["alerts", "cards", "figures", "promises", "reasons"];

    #[test]
    fn the_situations_of_the_repository_come_out_right() {
        let config = Config::default();
        let knowledge = Knowledge::open(&config.knowledge, &config.defaults).expect("our articles");
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/understanding");
        for name in ALL_RIGHT {
            let text = std::fs::read_to_string(dir.join(name).with_extension("tsv"));
            let text = text.expect("a table");
            let judge = judge_of(&text).expect("its columns are known");
            let verdicts = judge(&text, &knowledge, &config).expect("its rows can be read");
            let wrong = verdicts.iter().filter(|verdict| !verdict.right);
            let wrong: Vec<String> = wrong
                .map(|v| {
                    format!(
                        "{} {}\n  expected {}\n  got {}",
                        v.id, v.given, v.expected, v.got
                    )
                })
                .collect();
            assert!(verdicts.len() > 20, "{name}: {} rows", verdicts.len());
            assert!(wrong.is_empty(), "{name}\n{}", wrong.join("\n"));
        }
    }

    #[test]
    fn the_columns_tell_what_a_table_is_about() {
        for (header, known) in [
            ("id\tlang\trole\tsentence\texpect\tmust_not\twhy", true),
            ("\u{feff}expect\tspoken\tlang\tid", true),
            ("id\tlang\texpect", false),
            ("", false),
        ] {
            assert_eq!(judge_of(header).is_ok(), known, "{header}");
        }
    }
}
