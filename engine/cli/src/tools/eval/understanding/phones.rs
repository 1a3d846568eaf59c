//! Numbers of telephones as they are given, in international form.

use sidetone::config::Config;
use sidetone::knowledge::Knowledge;
use sidetone_core::phone;

use super::tally::{Found, Verdict};
use super::{is_one_of, rows};

pub const COLUMNS: [&str; 4] = ["id", "region", "given", "expect"];

pub fn judge(text: &str, _: &Knowledge, _: &Config) -> anyhow::Result<Vec<Verdict>> {
    let judge = |(line, [id, region, given, expect]): (usize, [&str; 4])| {
        anyhow::ensure!(
            phone::knows_region(region),
            "line {line}: `region` is `{region}`: write a country of ISO 3166, such as US or CN"
        );
        let got = phone::parse(given, region).e164;
        let got = got.unwrap_or_else(|| "none".to_owned());
        let right = is_one_of(expect, &got);
        Ok(Verdict {
            id: id.to_owned(),
            lang: region.to_owned(),
            given: given.to_owned(),
            expected: expect.to_owned(),
            got,
            right,
            found: Found::one(right),
        })
    };
    rows(text, COLUMNS)?.into_iter().map(judge).collect()
}
