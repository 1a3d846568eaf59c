//! Words and names to listen for, as options of the command line.

use std::path::PathBuf;

use anyhow::{Context, bail, ensure};
use clap::Args;
use sidetone_core::describe::{MAX_BOOST, is_boost};
use sidetone_types::recognise::Phrase;

/// Words and names to listen for.
#[derive(Args, Clone, Debug, Default)]
pub struct VocabularyArgs {
    /// A file with a word or name per line to listen for, each with a tab and a boost if need be.
    #[arg(long)]
    vocabulary: Option<PathBuf>,
    /// A word or name to listen for.
    #[arg(long)]
    phrase: Vec<String>,
}

impl VocabularyArgs {
    /// All phrases. Those without a boost of their own get `boost`.
    pub fn phrases(&self, boost: f32) -> anyhow::Result<Vec<Phrase>> {
        let given = self.phrase.iter().map(|text| Phrase {
            text: text.clone(),
            boost,
        });
        let mut phrases: Vec<Phrase> = given.collect();
        if let Some(path) = &self.vocabulary {
            let text = std::fs::read_to_string(path)
                .with_context(|| format!("cannot read vocabulary {}", path.display()))?;
            phrases.extend(read_phrases(&text, boost).with_context(|| path.display().to_string())?);
        }
        Ok(phrases)
    }
}

fn read_phrases(text: &str, boost: f32) -> anyhow::Result<Vec<Phrase>> {
    let lines = text.lines().enumerate();
    let filled = lines.filter(|(_, line)| !line.trim().is_empty());
    let phrase = |(i, line): (usize, &str)| {
        let line_number = i + 1;
        let (text, boost) = match line.split_once('\t') {
            None => (line, boost),
            Some((text, own)) => {
                let own = own.trim();
                let boost: f32 = match own.parse() {
                    Ok(boost) => boost,
                    Err(_) => bail!("line {line_number}: boost `{own}` is not a number"),
                };
                ensure!(
                    is_boost(boost),
                    "line {line_number}: boost `{own}` is not from 0 to {MAX_BOOST}"
                );
                (text, boost)
            }
        };
        let text = text.trim().to_owned();
        ensure!(
            !text.is_empty(),
            "line {line_number}: there is a boost and no phrase"
        );
        Ok(Phrase { text, boost })
    };
    filled.map(phrase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vocabulary_may_set_boosts_and_a_wrong_one_is_named() {
        let phrases = read_phrases("Northwind\n\n  Joe Miller \t4\r\n", 1.5).expect("well formed");
        let expected = [("Northwind", 1.5), ("Joe Miller", 4.0)];
        let found: Vec<(&str, f32)> = phrases.iter().map(|p| (p.text.as_str(), p.boost)).collect();
        assert_eq!(found, expected);
        for (text, expected) in [
            (
                "ok\nJoe\tstrong\n",
                "line 2: boost `strong` is not a number",
            ),
            ("Joe\t21", "line 1: boost `21` is not from 0 to 20"),
            ("Joe\tnan", "line 1: boost `nan` is not from 0 to 20"),
            ("ok\n\n \t2", "line 3: there is a boost and no phrase"),
        ] {
            let error = read_phrases(text, 1.5).expect_err(expected).to_string();
            assert_eq!(error, expected);
        }
    }
}
