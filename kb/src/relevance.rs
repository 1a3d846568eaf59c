//! How good the suggestions are: a table of what callers say, measured.

use crate::article::ArticleId;
use crate::index::Index;
use crate::schema::LANGUAGES;
use sidetone_types::lang::Lang;

/// So many suggestions are looked at for recall: what an agent's screen shows at once.
const SHOWN: usize = 3;

/// The table that comes with the program: written as people speak, without looking at the articles,
/// about half of it with words as a recogniser mishears them.
pub const SAMPLE_TABLE: &str = include_str!("../tests/relevance.tsv");

/// One line of a table.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Row {
    /// What the caller speaks.
    pub lang: Lang,
    /// The articles of which any helps; none if nothing should be suggested.
    pub expected: Vec<ArticleId>,
    /// What the caller says.
    pub said: String,
}

/// Why a table cannot be read.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error(
    "line {line}: {what}: write language, article ids (or `-`) and the words, with tabs between"
)]
pub struct TableError {
    /// From 1.
    pub line: usize,
    /// What is wrong.
    pub what: String,
}

/// What came out for one row.
#[derive(Clone, Debug, PartialEq)]
pub struct Miss {
    /// The row.
    pub row: Row,
    /// What was suggested instead, best first, with scores.
    pub suggested: Vec<(ArticleId, f32)>,
}

/// The figures of one language, or of a part of a table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figures {
    /// Rows that some article should be suggested for.
    pub asked: usize,
    /// Of these, rows for which anything was suggested.
    pub answered: usize,
    /// Of these, rows for which a right article came first.
    pub first: usize,
    /// Of `asked`, rows for which a right article was among the first three.
    pub found: usize,
    /// Rows for which nothing should be suggested.
    pub quiet: usize,
    /// Of these, rows for which something was.
    pub disturbed: usize,
    /// The rows that went wrong in any of these ways.
    pub misses: Vec<Miss>,
}

impl Figures {
    /// Share of answers whose first article is right, in [0, 1]; `None` without an answer.
    #[must_use]
    pub fn precision_at_1(&self) -> Option<f64> {
        share(self.first, self.answered)
    }

    /// Share of questions for which a right article is shown, in [0, 1]; `None` without a question.
    #[must_use]
    pub fn recall(&self) -> Option<f64> {
        share(self.found, self.asked)
    }

    /// Share of small talk that brings up an article, in [0, 1]; `None` without small talk.
    #[must_use]
    pub fn false_suggestions(&self) -> Option<f64> {
        share(self.disturbed, self.quiet)
    }
}

/// Reads a table: one row a line, tab-separated; blank lines and lines that begin with `#` are left
/// out.
///
/// # Errors
///
/// [`TableError`] for the first line that is no row.
pub fn parse_table(text: &str) -> Result<Vec<Row>, TableError> {
    let mut rows = Vec::new();
    for (at, line) in text.lines().enumerate() {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        rows.push(parse_row(line).map_err(|what| TableError { line: at + 1, what })?);
    }
    Ok(rows)
}

fn parse_row(line: &str) -> Result<Row, String> {
    let mut columns = line.split('\t');
    let (Some(lang), Some(ids), Some(said), None) = (
        columns.next(),
        columns.next(),
        columns.next(),
        columns.next(),
    ) else {
        return Err("there are not three columns".to_owned());
    };
    let lang = LANGUAGES
        .into_iter()
        .find(|known| known.code() == lang)
        .ok_or_else(|| format!("`{lang}` is no language that articles are written in"))?;
    let ids = ids.split(',').map(str::trim).filter(|&id| id != "-");
    let expected = ids.map(|id| ArticleId::try_from(id.to_owned()));
    Ok(Row {
        lang,
        expected: expected.collect::<Result<_, _>>()?,
        said: said.to_owned(),
    })
}

/// Every third row of each language and kind: nothing is tuned on these.
#[must_use]
pub fn held_out(rows: &[Row]) -> (Vec<Row>, Vec<Row>) {
    let (mut tuned, mut held_out) = (Vec::new(), Vec::new());
    let mut seen = [[0_usize; 2]; 2];
    for row in rows {
        let count =
            &mut seen[usize::from(row.lang == Lang::ZH)][usize::from(row.expected.is_empty())];
        *count += 1;
        let part = if (*count).is_multiple_of(3) {
            &mut held_out
        } else {
            &mut tuned
        };
        part.push(row.clone());
    }
    (tuned, held_out)
}

/// Asks for suggestions for each row of that language, and counts.
#[must_use]
pub fn measure(index: &Index, rows: &[Row], lang: Lang) -> Figures {
    let mut figures = Figures::default();
    for row in rows.iter().filter(|row| row.lang == lang) {
        let hits = index.suggest(&row.said, lang, SHOWN);
        let is_right = |at: usize| {
            hits.get(at)
                .is_some_and(|hit| row.expected.contains(&hit.id))
        };
        let good = if row.expected.is_empty() {
            figures.quiet += 1;
            figures.disturbed += usize::from(!hits.is_empty());
            hits.is_empty()
        } else {
            figures.asked += 1;
            figures.answered += usize::from(!hits.is_empty());
            figures.first += usize::from(is_right(0));
            figures.found += usize::from((0..SHOWN).any(is_right));
            is_right(0)
        };
        if !good {
            let suggested = hits.into_iter().map(|hit| (hit.id, hit.score)).collect();
            let row = row.clone();
            figures.misses.push(Miss { row, suggested });
        }
    }
    figures
}

fn share(part: usize, all: usize) -> Option<f64> {
    (all > 0).then(|| part as f64 / all as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_has_three_columns_and_tells_which_line_is_wrong() {
        let rows = parse_table("# a note\n\nen\ta, b\twords said\nzh\t-\t再见\n").unwrap();
        let ids = |row: &Row| {
            row.expected
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
        };
        assert_eq!(
            (ids(&rows[0]), &*rows[0].said),
            (vec!["a".into(), "b".into()], "words said")
        );
        assert!(rows[1].expected.is_empty());
        for (text, line) in [
            ("en\ta", 1),
            ("\nfr\ta\tb", 2),
            ("en\tA B\tc", 1),
            ("en\ta\tb\tc", 1),
        ] {
            assert_eq!(parse_table(text).unwrap_err().line, line, "{text:?}");
        }
    }

    #[test]
    fn the_sample_table_names_sample_articles_only_and_is_large_enough() {
        let index = Index::build(crate::samples()).unwrap();
        let rows = parse_table(SAMPLE_TABLE).unwrap();
        for lang in [Lang::EN, Lang::ZH] {
            let of = || rows.iter().filter(|row| row.lang == lang);
            assert!(of().filter(|row| !row.expected.is_empty()).count() >= 60);
            assert!(of().filter(|row| row.expected.is_empty()).count() >= 40);
            for id in of().flat_map(|row| &row.expected) {
                assert!(index.article(id).is_some(), "{id}");
            }
        }
    }

    #[test]
    fn a_third_of_each_kind_is_held_out() {
        let rows = parse_table(&"en\ta\tb\nen\t-\tc\nzh\t-\td\n".repeat(6)).unwrap();
        let (tuned, held_out) = held_out(&rows);
        assert_eq!((tuned.len(), held_out.len()), (12, 6));
    }
}
