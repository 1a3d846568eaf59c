//! What people say to each other, out of the tables that understanding is measured by.

use sidetone_core::wrap_up::{Facts, Line};
use sidetone_language::lexicon::Lexicon;
use sidetone_types::lang::Lang;
use sidetone_types::party::{Direction, Side};
use sidetone_types::time::MediaTime;

const PROMISES: &str = include_str!("../../tests/understanding/promises.tsv");
const FIGURES: &str = include_str!("../../tests/understanding/figures.tsv");
const ALERTS: &str = include_str!("../../tests/understanding/alerts.tsv");

/// All utterances in a language.
pub fn utterances(lang: Lang) -> Vec<String> {
    let calls = calls(lang).into_iter().flat_map(|(_, lines)| lines);
    let spoken = column(FIGURES, "spoken", lang);
    let sentences = column(ALERTS, "sentence", lang);
    let told = spoken.chain(sentences).map(str::to_owned);
    calls.map(|line| line.text).chain(told).collect()
}

/// Short calls in a language, with promises in them.
pub fn calls(lang: Lang) -> Vec<(Facts, Vec<Line>)> {
    let call = |turns: &str| {
        let lines = (0..).zip(turns.split(" / "));
        let lines = lines.filter_map(|(i, turn)| line(i, turn, lang)).collect();
        (facts(lang), lines)
    };
    column(PROMISES, "turns", lang).map(call).collect()
}

/// What a table has in one of its columns.
fn column<'a>(table: &'a str, name: &str, lang: Lang) -> impl Iterator<Item = &'a str> {
    let mut rows = table.lines().map(|row| row.split('\t').collect::<Vec<_>>());
    let names = rows.next().unwrap_or_default();
    let place = |name: &str| names.iter().position(|known| *known == name);
    let places = place("lang").zip(place(name));
    let lang = lang.to_string();
    rows.filter_map(move |row| {
        let (of_lang, place) = places?;
        let told = *row.get(place)?;
        (*row.get(of_lang)? == lang).then_some(told)
    })
}

fn facts(lang: Lang) -> Facts {
    Facts {
        began: "2026-09-23T10:30".parse().expect("a date and time"),
        direction: Direction::Inbound,
        main_lang: lang,
        customer_name: String::new(),
        terms: [].into(),
        lexicon: Lexicon::built_in(),
    }
}

/// A turn of five seconds, with a second behind it: `a: Hello.`
fn line(i: u64, turn: &str, lang: Lang) -> Option<Line> {
    let (side, text) = turn.split_once(": ")?;
    let start = MediaTime::from_millis(i * 6_000);
    Some(Line {
        side: if side == "a" {
            Side::Agent
        } else {
            Side::Customer
        },
        lang,
        start,
        end: start + std::time::Duration::from_secs(5),
        text: text.to_owned(),
        doubtful: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_hundreds_of_utterances_in_each_language() {
        for lang in [Lang::EN, Lang::ZH] {
            assert!(utterances(lang).len() > 500, "{lang}");
            assert!(
                calls(lang).iter().all(|(_, lines)| lines.len() > 1),
                "{lang}"
            );
        }
    }
}
