//! What there is to recognise, and what should come out: a table with a row per recording.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use sidetone_types::lang::LanguageTag;

use sidetone_core::script::table;

/// The columns a manifest has, in any order; others are passed over.
const COLUMNS: [&str; 4] = ["file", "lang", "text", "split"];

/// Stands for what is not known.
const UNKNOWN: &str = "-";

/// One recording and what is said in it.
#[derive(Clone, Debug)]
pub struct Row {
    /// As the manifest names it.
    pub name: String,
    /// Where it lies.
    pub path: PathBuf,
    /// What is spoken.
    pub lang: LanguageTag,
    /// What is said; empty if nobody speaks.
    pub text: String,
}

/// Which rows are wanted.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Of this language only.
    pub lang: Option<LanguageTag>,
    /// Of this part of the data only.
    pub split: Option<String>,
    /// No more than this many.
    pub limit: Option<usize>,
}

/// Reads the manifest at `path`: tab-separated, with a header.
///
/// Rows whose text is `-`, which means that nobody knows it, are left out. Files are relative to
/// the manifest. Every wrong line is an error that names it, wanted or not.
pub fn read(path: &Path, wanted: &Wanted) -> anyhow::Result<Vec<Row>> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("cannot read manifest {}", path.display()))?;
    let dir = path.parent().unwrap_or(Path::new(""));
    parse(&text, dir, wanted).with_context(|| path.display().to_string())
}

fn parse(text: &str, dir: &Path, wanted: &Wanted) -> anyhow::Result<Vec<Row>> {
    let mut rows = Vec::new();
    for (number, fields) in table(text, COLUMNS)? {
        let parsed = row(fields, dir);
        let (row, split) = parsed.with_context(|| format!("line {number}"))?;
        let of_lang = wanted.lang.is_none_or(|lang| lang.lang == row.lang.lang);
        let of_split = wanted.split.as_ref().is_none_or(|wanted| *wanted == split);
        let in_limit = wanted.limit.is_none_or(|limit| rows.len() < limit);
        if of_lang && of_split && in_limit && row.text != UNKNOWN {
            rows.push(row);
        }
    }
    if rows.is_empty() {
        bail!("no row is wanted: check --lang, --split and --limit against its columns");
    }
    Ok(rows)
}

/// Reads what others heard: a table with the columns `file` and `text`. Texts by file.
pub fn read_texts(path: &Path) -> anyhow::Result<BTreeMap<String, String>> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("cannot read texts {}", path.display()))?;
    texts(&text).with_context(|| path.display().to_string())
}

fn texts(text: &str) -> anyhow::Result<BTreeMap<String, String>> {
    let mut texts = BTreeMap::new();
    for (number, [file, text]) in table(text, ["file", "text"])? {
        let before = texts.insert(file.to_owned(), text.to_owned());
        ensure!(
            before.is_none(),
            "line {number}: `{file}` for a second time"
        );
    }
    Ok(texts)
}

fn row([file, lang, text, split]: [&str; 4], dir: &Path) -> anyhow::Result<(Row, String)> {
    ensure!(!file.is_empty() && file != UNKNOWN, "no file is named");
    let row = Row {
        name: file.to_owned(),
        path: dir.join(file),
        // Of a recording in two languages (`en+zh`) the first is what is scored.
        lang: lang.split('+').next().unwrap_or(lang).parse()?,
        text: text.to_owned(),
    };
    Ok((row, split.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = "file\tseconds\tlang\tspeaker\temotion\ttext\tsplit\n\
        a.flac\t1.5\ten\tann\t-\thello there\tdev\n\
        b.flac\t2.0\tzh\tbob\t-\t你好\ttrain\n\
        c.flac\t2.0\ten\tbob\t-\t-\tdev\n\
        \n\
        d.flac\t2.0\ten\tbob\t-\t\tdev\n";

    fn names(text: &str, wanted: &Wanted) -> Vec<String> {
        let rows = parse(text, Path::new("dir"), wanted).expect("well formed");
        rows.into_iter().map(|row| row.name).collect()
    }

    fn wanted(lang: Option<&str>, split: Option<&str>, limit: Option<usize>) -> Wanted {
        Wanted {
            lang: lang.map(|tag| tag.parse().expect("a language")),
            split: split.map(str::to_owned),
            limit,
        }
    }

    #[test]
    fn rows_with_a_text_are_read_and_those_without_words_kept() {
        let rows = parse(MANIFEST, Path::new("dir"), &Wanted::default()).expect("well formed");
        let found: Vec<_> = rows
            .iter()
            .map(|row| (row.name.as_str(), row.text.as_str()))
            .collect();
        assert_eq!(
            found,
            [
                ("a.flac", "hello there"),
                ("b.flac", "你好"),
                ("d.flac", "")
            ]
        );
        assert_eq!(rows[0].path, Path::new("dir/a.flac"));
        assert_eq!(rows[1].lang.lang.code(), "zh");
    }

    #[test]
    fn only_what_is_wanted_is_kept() {
        for (lang, split, limit, expected) in [
            (Some("en"), None, None, vec!["a.flac", "d.flac"]),
            (Some("zh-CN"), None, None, vec!["b.flac"]),
            (None, Some("train"), None, vec!["b.flac"]),
            (None, None, Some(2), vec!["a.flac", "b.flac"]),
            (Some("en"), Some("dev"), Some(1), vec!["a.flac"]),
        ] {
            assert_eq!(names(MANIFEST, &wanted(lang, split, limit)), expected);
        }
        let none = parse(MANIFEST, Path::new(""), &wanted(Some("de"), None, None));
        assert!(
            none.expect_err("there is no German")
                .to_string()
                .contains("--lang")
        );
    }

    #[test]
    fn columns_may_stand_in_any_order() {
        let text = "split\ttext\tnote\tlang\tfile\r\ndev\thi\t?\ten\tx.wav\r\n";
        assert_eq!(names(text, &Wanted::default()), ["x.wav"]);
    }

    #[test]
    fn texts_of_others_stand_by_file_and_once() {
        let heard = texts("text\tms\tfile\nhello\t7\ta.wav\n\t7\tb.wav\n").expect("well formed");
        let expected = [("a.wav", "hello"), ("b.wav", "")];
        let found: Vec<_> = heard
            .iter()
            .map(|(f, t)| (f.as_str(), t.as_str()))
            .collect();
        assert_eq!(found, expected);
        let twice = texts("file\ttext\na\tx\na\ty\n").expect_err("a is there twice");
        assert_eq!(twice.to_string(), "line 3: `a` for a second time");
    }

    #[test]
    fn a_wrong_line_is_named() {
        for (text, expected) in [
            ("", "line 1: the header is missing"),
            ("file\tlang\ttext\n", "line 1: no column `split`"),
            (
                "file\tlang\ttext\tsplit\na\ten\thi\tdev\nb\ten\thi\n",
                "line 3: 3 fields",
            ),
            (
                "file\tlang\ttext\tsplit\na\tklingon\thi\tdev\n",
                "line 2: language `klingon`",
            ),
            (
                "file\tlang\ttext\tsplit\n\ten\thi\tdev\n",
                "line 2: no file",
            ),
        ] {
            let error = parse(text, Path::new(""), &Wanted::default()).expect_err(expected);
            assert!(format!("{error:#}").contains(expected), "{error:#}");
        }
    }
}
