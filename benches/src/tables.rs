//! What people say to each other, out of the tables that understanding is measured by.

use sidetone_core::script::{self, table};
use sidetone_core::wrap_up::{Facts, Line};
use sidetone_language::lexicon::Lexicon;
use sidetone_types::lang::Lang;
use sidetone_types::party::Direction;

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
        let lines = script::call(turns.split(" / "), lang).expect("turns");
        (facts(lang), lines)
    };
    column(PROMISES, "turns", lang).map(call).collect()
}

/// What a table has in one of its columns.
fn column<'a>(text: &'a str, name: &str, lang: Lang) -> impl Iterator<Item = &'a str> {
    let rows = table(text, ["lang", name]).expect("a table with these columns");
    let lang = lang.to_string();
    let of_lang = rows.into_iter().filter(move |(_, [of, _])| *of == lang);
    of_lang.map(|(_, [_, told])| told)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_hundreds_of_utterances_in_each_language() {
        for lang in [Lang::EN, Lang::ZH] {
            assert!(utterances(lang).len() > 500, "{lang}");
            let calls = calls(lang);
            assert!(calls.len() > 100, "{lang}");
            assert!(calls.iter().all(|(_, lines)| !lines.is_empty()), "{lang}");
        }
    }
}
