//! What came out of the rows of a table, one by one and in sum.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};
use std::ops::AddAssign;

use console::style;
use serde::Serialize;

use super::super::percent;

/// What came out of a row.
#[derive(Debug, Serialize)]
pub struct Verdict {
    pub id: String,
    /// `en`, `zh`, or the region of a telephone number.
    pub lang: String,
    /// What was said or given.
    pub given: String,
    pub expected: String,
    pub got: String,
    pub right: bool,
    #[serde(skip)]
    pub found: Found,
}

/// Things that were expected and found, or not.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Found {
    /// Expected and there.
    pub hits: u64,
    /// Expected and not there.
    pub missed: u64,
    /// There and not to be.
    pub wrong: u64,
}

impl AddAssign for Found {
    fn add_assign(&mut self, other: Self) {
        self.hits += other.hits;
        self.missed += other.missed;
        self.wrong += other.wrong;
    }
}

impl Found {
    /// Of one thing: whether there was one, and whether it was the right one.
    pub fn one(right: bool) -> Self {
        Self {
            hits: right.into(),
            missed: (!right).into(),
            wrong: (!right).into(),
        }
    }
}

/// Rows of one kind in one language.
#[derive(Clone, Copy, Debug, Default, Serialize)]
struct Tally {
    rows: u64,
    right: u64,
    /// Of what was found, how much was to be; `None` if nothing was found.
    precision: Option<f64>,
    /// Of what was to be found, how much was; `None` if nothing was to be.
    recall: Option<f64>,
    #[serde(skip)]
    found: Found,
}

impl Tally {
    fn add(&mut self, verdict: &Verdict) {
        self.rows += 1;
        self.right += u64::from(verdict.right);
        self.found += verdict.found;
        let share = |of: u64| match of {
            0 => None,
            of => Some(self.found.hits as f64 / of as f64),
        };
        self.precision = share(self.found.hits + self.found.wrong);
        self.recall = share(self.found.hits + self.found.missed);
    }
}

/// Rows of a table that came out otherwise, and all of them by kind and language.
#[derive(Debug, Serialize)]
pub struct TableReport {
    table: String,
    all: Tally,
    by_language: BTreeMap<String, Tally>,
    by_kind: BTreeMap<String, BTreeMap<String, Tally>>,
    /// Those that came out otherwise.
    rows: Vec<Verdict>,
}

/// All tables.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    pub tables: Vec<TableReport>,
}

impl TableReport {
    pub fn new(table: String, verdicts: Vec<Verdict>) -> Self {
        let mut new = Self {
            table,
            all: Tally::default(),
            by_language: BTreeMap::new(),
            by_kind: BTreeMap::new(),
            rows: Vec::new(),
        };
        for verdict in verdicts {
            let (kind, lang) = (kind(&verdict.id), verdict.lang.clone());
            let of_kind = new.by_kind.entry(kind.to_owned()).or_default();
            of_kind.entry(lang.clone()).or_default().add(&verdict);
            new.by_language.entry(lang).or_default().add(&verdict);
            new.all.add(&verdict);
            if !verdict.right {
                new.rows.push(verdict);
            }
        }
        new
    }
}

/// `early` of `early-12`.
fn kind(id: &str) -> &str {
    match id.rsplit_once('-') {
        Some((kind, number)) if number.bytes().all(|byte| byte.is_ascii_digit()) => kind,
        _ => id,
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for table in &self.tables {
            writeln!(f, "{}", style(&table.table).bold())?;
            for row in &table.rows {
                writeln!(f, "  {} ({}): {}", row.id, row.lang, row.given)?;
                writeln!(f, "    expected  {}", row.expected)?;
                writeln!(f, "    got       {}", row.got)?;
            }
            writeln!(
                f,
                "  {:24} {:5} {:>6} {:>6} {:>8} {:>10} {:>7}",
                "kind", "lang", "rows", "right", "", "precision", "recall"
            )?;
            for (kind, langs) in &table.by_kind {
                for (lang, tally) in langs {
                    line(f, kind, lang, tally)?;
                }
            }
            for (lang, tally) in &table.by_language {
                line(f, "all", lang, tally)?;
            }
            line(f, "all", "", &table.all)?;
        }
        Ok(())
    }
}

fn line(f: &mut Formatter<'_>, kind: &str, lang: &str, tally: &Tally) -> fmt::Result {
    writeln!(
        f,
        "  {kind:24} {lang:5} {:>6} {:>6} {:>8} {:>10} {:>7}",
        tally.rows,
        tally.right,
        percent(Some(tally.right as f64 / tally.rows.max(1) as f64)),
        percent(tally.precision),
        percent(tally.recall)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(id: &str, right: bool, found: Found) -> Verdict {
        Verdict {
            id: id.to_owned(),
            lang: "en".to_owned(),
            given: String::new(),
            expected: String::new(),
            got: String::new(),
            right,
            found,
        }
    }

    #[test]
    fn rows_are_counted_by_their_kind_and_those_that_differ_are_kept() {
        let hit = Found {
            hits: 1,
            ..Found::default()
        };
        let report = TableReport::new(
            "t".to_owned(),
            vec![
                verdict("early-1", true, hit),
                verdict("early-2", false, Found::one(false)),
                verdict("early-warning", true, Found::default()),
            ],
        );
        let early = report.by_kind["early"]["en"];
        assert_eq!((early.rows, early.right), (2, 1));
        assert_eq!((early.precision, early.recall), (Some(0.5), Some(0.5)));
        assert_eq!(report.by_kind["early-warning"]["en"].recall, None);
        assert_eq!(report.rows.len(), 1);
        assert_eq!(report.all.right, 2);
    }
}
