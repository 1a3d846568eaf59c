//! `sidetone models`: which models there are, and bringing them here.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::{Args, Subcommand};
use console::{Alignment, measure_text_width, pad_str};
use indicatif::HumanBytes;
use sidetone::config::Config;
use sidetone::recognition::model_loader;
use sidetone_weights::{Entry, ModelName, Store};

use crate::tools::progress;

use super::Outcome;

/// List, fetch, check and import models.
#[derive(Args, Debug)]
pub struct ModelsArgs {
    /// What to do.
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Show the models that are known or installed.
    List,
    /// Fetch a model; without a name, those that the configuration names.
    Pull {
        /// A name of the list, or `hf:OWNER/REPO`.
        name: Option<ModelName>,
    },
    /// Hash the files of a model, or of all that are installed, and name those that are damaged.
    Verify {
        /// A name of the list.
        name: Option<ModelName>,
    },
    /// Bring in a Whisper that lies in a directory, as Hugging Face or CTranslate2 lays it out.
    Import {
        /// The directory. It stays as it is.
        dir: PathBuf,
        /// What to call the model, if not like the directory.
        #[arg(long)]
        name: Option<ModelName>,
    },
}

/// Runs the command. `configured` reads the configuration, which only some of it needs.
pub fn run(
    args: &ModelsArgs,
    configured: impl FnOnce() -> anyhow::Result<Config>,
) -> anyhow::Result<Outcome> {
    let store = Store::from_env()?;
    let mut out = io::stdout();
    match &args.what {
        What::List => {
            write!(out, "{}", table(&store.list()?))?;
            writeln!(out, "\nin {}", store.root().display())?;
        }
        What::Pull { name } => {
            let names = match name {
                Some(name) => vec![name.clone()],
                None => model_loader::needed(&configured()?)?,
            };
            for name in names {
                store.pull(&name, &progress::stderr())?;
            }
        }
        What::Verify { name } => return verify(name, &store, &mut out),
        What::Import { dir, name } => {
            store.import(dir, name.clone(), &progress::stderr())?;
        }
    }
    Ok(Outcome::Done)
}

fn verify(
    name: &Option<ModelName>,
    store: &Store,
    out: &mut impl Write,
) -> anyhow::Result<Outcome> {
    let names = match name {
        Some(name) => vec![name.clone()],
        None => {
            let entries = store.list()?.into_iter();
            let installed = entries.filter(|entry| entry.installed_bytes.is_some());
            installed.map(|entry| entry.name).collect()
        }
    };
    anyhow::ensure!(
        !names.is_empty(),
        "no model is installed: run `sidetone models pull`"
    );
    let mut outcome = Outcome::Done;
    for name in names {
        let report = store.verify(&name)?;
        writeln!(out, "{name}: {report}")?;
        if !report.is_sound() {
            outcome = Outcome::Failed;
        }
    }
    Ok(outcome)
}

/// A line for each model; the default of each kind is marked with a star.
fn table(entries: &[Entry]) -> String {
    let heading = ["NAME", "KIND", "INSTALLED", "DOWNLOAD", "LICENCE", "SOURCE"].map(str::to_owned);
    let size = |bytes: Option<u64>, without: &str| {
        bytes.map_or(without.to_owned(), |n| HumanBytes(n).to_string())
    };
    let rows = entries.iter().map(|entry| {
        [
            format!("{}{}", entry.name, if entry.default { " *" } else { "" }),
            entry.kind.to_string(),
            size(entry.installed_bytes, "no"),
            size(entry.download_bytes, "-"),
            entry
                .licence
                .clone()
                .unwrap_or_else(|| "not known".to_owned()),
            entry.source.clone(),
        ]
    });
    let rows: Vec<[String; 6]> = std::iter::once(heading).chain(rows).collect();
    let width = |column: usize| {
        rows.iter()
            .map(|row| measure_text_width(&row[column]))
            .max()
            .unwrap_or(0)
    };
    let widths: [usize; 6] = std::array::from_fn(width);
    let mut table = String::new();
    for row in &rows {
        let cells = row
            .iter()
            .zip(widths)
            .map(|(cell, width)| pad_str(cell, width, Alignment::Left, None));
        let line = cells
            .map(|cell| cell.into_owned())
            .collect::<Vec<_>>()
            .join("  ");
        table.push_str(line.trim_end());
        table.push('\n');
    }
    table
}

#[cfg(test)]
mod tests {
    use sidetone_weights::Kind;

    use super::*;

    #[test]
    fn the_table_is_aligned_and_tells_what_is_installed() {
        let entry = |name: &str, default, installed_bytes, licence: Option<&str>| Entry {
            name: name.parse().expect("a name"),
            kind: Kind::Asr,
            default,
            description: String::new(),
            licence: licence.map(str::to_owned),
            source: "https://example.org".to_owned(),
            download_bytes: None,
            installed_bytes,
        };
        let entries = [
            entry("whisper-base", true, Some(2 << 20), Some("MIT")),
            entry("own", false, None, None),
        ];
        assert_eq!(
            table(&entries),
            "NAME            KIND  INSTALLED  DOWNLOAD  LICENCE    SOURCE\n\
             whisper-base *  asr   2.00 MiB   -         MIT        https://example.org\n\
             own             asr   no         -         not known  https://example.org\n"
        );
    }

    #[test]
    fn without_a_configuration_what_is_marked_with_a_star_is_pulled() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let entries = Store::at(dir.path()).list().expect("readable").into_iter();
        let marked: Vec<ModelName> = entries
            .filter(|entry| entry.default)
            .map(|entry| entry.name)
            .collect();
        let needed = model_loader::needed(&Config::default()).expect("names of models");
        assert_eq!(needed, marked);
    }

    #[test]
    fn a_store_of_nothing_has_nothing_to_verify() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let store = Store::at(dir.path());
        let error = verify(&None, &store, &mut Vec::new()).expect_err("nothing is installed");
        assert!(error.to_string().contains("sidetone models pull"));
    }
}
