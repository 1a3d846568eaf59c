//! Whether `serve` may download weights: somebody has to have asked for it, or to be watching.

use std::io::{self, IsTerminal as _};

use anyhow::bail;
use sidetone::config::Config;
use sidetone::recognition::model_loader;
use sidetone_weights::Store;

/// Refuses to start without weights, unless they may be fetched: because of `fetch`, or because
/// somebody sits at a terminal and sees what happens.
pub fn allow(config: &Config, fetch: bool) -> anyhow::Result<()> {
    let watched = io::stdin().is_terminal() && io::stderr().is_terminal();
    check(config, fetch || watched)
}

/// The same, where nobody may be watching.
pub fn check(config: &Config, fetch: bool) -> anyhow::Result<()> {
    if fetch {
        return Ok(());
    }
    without_fetching(config, &Store::from_env()?)
}

fn without_fetching(config: &Config, store: &Store) -> anyhow::Result<()> {
    let missing = model_loader::missing(config, store)?;
    if missing.is_empty() {
        return Ok(());
    }
    let names: Vec<String> = missing.iter().map(ToString::to_string).collect();
    let pull: Vec<String> = names
        .iter()
        .map(|name| format!("`sidetone models pull {name}`"))
        .collect();
    bail!(
        "the weights of {} are not in {}: run {}, or start with `--fetch` to download them",
        names.join(" and "),
        store.root().display(),
        pull.join(" and ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_engine_without_weights_downloads_nothing_unasked_and_says_how_to_get_them() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let error = without_fetching(&Config::default(), &Store::at(dir.path()));
        let error = error.expect_err("nothing is installed").to_string();
        for part in [
            "whisper-base",
            "silero-vad",
            "`sidetone models pull whisper-base`",
            "`--fetch`",
        ] {
            assert!(error.contains(part), "{part}: {error}");
        }
        assert!(check(&Config::default(), true).is_ok());
    }
}
