//! What the tagger of secrets is told of calls whose secrets are known: to fit it.

use std::io::{self, Write};
use std::sync::Arc;

use sidetone_core::redaction::{RedactionConfig, Redactor};
use sidetone_language::lexicon::Lexicon;
use sidetone_types::id::UtteranceId;

use super::play::{timed, within};
use super::row::{Row, words};

/// Writes each turn of a call: a line that names the call and its table, then one for each token, with
/// its label, its attributes and those of what the rules make of it.
pub fn write(
    row: &Row,
    (id, table): (&str, &str),
    lexicon: &Arc<Lexicon>,
    out: &mut impl Write,
) -> io::Result<()> {
    let mut redactor = Redactor::by_rules(RedactionConfig::mask_all(), Arc::clone(lexicon));
    for (i, turn) in row.turns.iter().enumerate() {
        writeln!(out, "call\t{id}\t{table}")?;
        let (attributes, spans) = redactor.attributes(turn.leg, &turn.text);
        for (token, span) in attributes.tokens.iter().zip(&spans) {
            let label = row.secrets.iter().find_map(|secret| {
                let mut parts = secret.parts.iter();
                let part = parts.find(|(of, bytes)| {
                    *of == i && bytes.start < span.end && span.start < bytes.end
                })?;
                let begins = span.start <= part.1.start;
                Some(format!(
                    "{}-{}",
                    if begins { "B" } else { "I" },
                    secret.kind
                ))
            });
            let number = token.number.map(|number| &attributes.numbers[number]);
            let shared = number.unwrap_or(&attributes.words);
            let own = shared.iter().chain(&token.own);
            let list = |all: Vec<String>| all.join(" ");
            writeln!(
                out,
                "{}\t{}\t{}",
                label.unwrap_or_else(|| "O".to_owned()),
                list(own.map(|attribute| attribute.0.to_string()).collect()),
                list(
                    token
                        .rules
                        .iter()
                        .map(|attribute| attribute.0.to_string())
                        .collect()
                ),
            )?;
        }
        let all = words(&turn.text, row.lang);
        let utterance = (turn.leg, UtteranceId(i as u64));
        redactor.finish(
            utterance,
            row.lang,
            &timed(&turn.text, &all),
            within(all.len()),
        );
    }
    Ok(())
}
