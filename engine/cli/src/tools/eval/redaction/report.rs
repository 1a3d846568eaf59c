//! What came of the calls of a table, in sum.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};

use console::style;
use serde::Serialize;

use super::super::percent;
use super::play::Played;
use super::row::Row;

/// Secrets of one kind in one language.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Tally {
    /// Those that were said, and those of them that are hidden whole.
    pub secrets: u64,
    pub hidden: u64,
    /// What was hidden, and what of that was a secret of that kind.
    pub taken: u64,
    pub right: u64,
    /// Of the secrets, how much was hidden; `None` if there was none.
    pub recall: Option<f64>,
    /// Of what was hidden, how much was to be; `None` if nothing was.
    pub precision: Option<f64>,
    /// Calls in which a partial showed a secret.
    pub leaks: u64,
    /// Calls in which a partial or a final did, with turns cut in two.
    pub cut_leaks: u64,
}

impl Tally {
    fn share(&mut self) {
        let share = |part: u64, whole: u64| (whole > 0).then(|| part as f64 / whole as f64);
        self.recall = share(self.hidden, self.secrets);
        self.precision = share(self.right, self.taken);
    }
}

/// A call that came out otherwise.
#[derive(Debug, Serialize)]
pub struct Wrong {
    pub id: String,
    pub lang: String,
    pub given: String,
    pub told: String,
    pub leaks: Vec<String>,
}

/// A table.
#[derive(Debug, Default, Serialize)]
pub struct TableReport {
    pub table: String,
    pub rows: u64,
    /// Calls that showed a secret with the treatments that are set where nothing is configured, in
    /// partials or finals.
    pub shown_by_default: u64,
    pub by_language: BTreeMap<String, Tally>,
    pub by_kind: BTreeMap<String, BTreeMap<String, Tally>>,
    pub wrong: Vec<Wrong>,
}

/// All tables.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    pub tables: Vec<TableReport>,
}

impl TableReport {
    pub fn new(table: String) -> Self {
        Self {
            table,
            ..Self::default()
        }
    }

    /// Counts what came of a call.
    pub fn add(&mut self, row: &Row, played: &Played) {
        self.rows += 1;
        self.shown_by_default += u64::from(played.shown_by_default > 0);
        let lang = row.lang.code();
        let all = self.by_language.entry(lang.to_owned()).or_default();
        all.leaks += u64::from(!played.leaks.is_empty());
        all.cut_leaks += u64::from(!played.cut_leaks.is_empty());
        let mut kinds = BTreeMap::<&str, Tally>::new();
        for secret in &played.secrets {
            let of_kind = kinds.entry(secret.kind.as_str()).or_default();
            of_kind.secrets += 1;
            of_kind.hidden += u64::from(secret.hidden);
        }
        for taken in &played.taken {
            let of_kind = kinds.entry(taken.kind.as_str()).or_default();
            of_kind.taken += 1;
            of_kind.right += u64::from(taken.right);
        }
        for (kind, new) in kinds {
            let of_kind = self.by_kind.entry(kind.to_owned()).or_default();
            let of_kind = of_kind.entry(lang.to_owned()).or_default();
            for tally in [of_kind, &mut *all] {
                tally.secrets += new.secrets;
                tally.hidden += new.hidden;
                tally.taken += new.taken;
                tally.right += new.right;
                tally.share();
            }
        }
        let missed = played.secrets.iter().any(|secret| !secret.hidden);
        let wrong = played.taken.iter().any(|taken| !taken.right);
        if missed || wrong || !played.leaks.is_empty() || played.shown_by_default > 0 {
            self.wrong.push(Wrong {
                id: row.id.clone(),
                lang: lang.to_owned(),
                given: row.given.clone(),
                told: played.told.join(" / "),
                leaks: played.leaks.clone(),
            });
        }
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for table in &self.tables {
            writeln!(f, "{}", style(&table.table).bold())?;
            for row in &table.wrong {
                writeln!(f, "  {} ({}): {}", row.id, row.lang, row.given)?;
                writeln!(f, "    told      {}", row.told)?;
                for leak in row.leaks.iter().take(1) {
                    writeln!(f, "    partial   {leak}")?;
                }
            }
            writeln!(
                f,
                "  {:24} {:5} {:>8} {:>8} {:>8} {:>10}",
                "kind", "lang", "secrets", "hidden", "recall", "precision"
            )?;
            for (kind, langs) in &table.by_kind {
                for (lang, tally) in langs {
                    line(f, kind, lang, tally)?;
                }
            }
            for (lang, tally) in &table.by_language {
                line(f, "all", lang, tally)?;
            }
            let (leaks, cut_leaks) = table.by_language.values().fold((0, 0), |(a, b), tally| {
                (a + tally.leaks, b + tally.cut_leaks)
            });
            writeln!(
                f,
                "  {} calls; secrets in partials: {leaks}; with turns cut in two: {cut_leaks}; with the default treatments, in partials or finals: {}",
                table.rows, table.shown_by_default
            )?;
        }
        Ok(())
    }
}

fn line(f: &mut Formatter<'_>, kind: &str, lang: &str, tally: &Tally) -> fmt::Result {
    writeln!(
        f,
        "  {kind:24} {lang:5} {:>8} {:>8} {:>8} {:>10}",
        tally.secrets,
        tally.hidden,
        percent(tally.recall),
        percent(tally.precision)
    )
}
