//! How a line is written whose numbers were said in words.

use anyhow::Context;
use sidetone::config::Config;
use sidetone::knowledge::Knowledge;
use sidetone_language::itn;
use std::time::SystemTime;

use super::tally::{Found, Verdict};
use super::{is_one_of, lang, rows};

pub const COLUMNS: [&str; 4] = ["id", "lang", "spoken", "expect"];

pub fn judge(text: &str, knowledge: &Knowledge, _: &Config) -> anyhow::Result<Vec<Verdict>> {
    let lexicon = knowledge.assist_context(SystemTime::now(), &[]).lexicon;
    let judge = |(line, [id, code, spoken, expect]): (usize, [&str; 4])| {
        let lang = lang(code).with_context(|| format!("line {line}"))?;
        let got = itn::written(spoken, &itn::numbers(spoken, lang, &lexicon));
        let right = is_one_of(expect, &got);
        Ok(Verdict {
            id: id.to_owned(),
            lang: code.to_owned(),
            given: spoken.to_owned(),
            expected: expect.to_owned(),
            got,
            right,
            found: Found::one(right),
        })
    };
    rows(text, COLUMNS)?.into_iter().map(judge).collect()
}
