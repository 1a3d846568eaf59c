//! Where models are kept.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::error::WeightsError;

/// The directory of models: `SIDETONE_MODELS`, else a directory of ours in the platform's cache.
///
/// `env` looks a variable up. An empty one counts as not set, and so does a relative
/// `XDG_CACHE_HOME`, as its specification says.
pub(crate) fn root(env: impl Fn(&str) -> Option<OsString>) -> Result<PathBuf, WeightsError> {
    let var = |name: &str| {
        env(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    if let Some(root) = var("SIDETONE_MODELS") {
        return Ok(root);
    }
    let cache = if cfg!(windows) {
        var("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        var("HOME").map(|home| home.join("Library/Caches"))
    } else {
        var("XDG_CACHE_HOME")
            .filter(|cache| cache.is_absolute())
            .or_else(|| var("HOME").map(|home| home.join(".cache")))
    };
    cache
        .map(|cache| cache.join("sidetone").join("models"))
        .ok_or(WeightsError::NoCacheDir)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_own_variable_goes_before_the_platform() {
        let at = |set: &'static [(&str, &str)]| {
            root(move |name| {
                set.iter()
                    .find(|(key, _)| *key == name)
                    .map(|(_, value)| OsString::from(value))
            })
            .ok()
        };
        assert_eq!(
            at(&[("SIDETONE_MODELS", "/m"), ("HOME", "/h")]),
            Some("/m".into())
        );
        assert_eq!(at(&[]), None);
        if cfg!(target_os = "linux") {
            let home = Some(PathBuf::from("/h/.cache/sidetone/models"));
            assert_eq!(at(&[("SIDETONE_MODELS", ""), ("HOME", "/h")]), home);
            assert_eq!(at(&[("XDG_CACHE_HOME", "rel"), ("HOME", "/h")]), home);
            assert_eq!(
                at(&[("XDG_CACHE_HOME", "/x"), ("HOME", "/h")]),
                Some("/x/sidetone/models".into())
            );
        }
    }
}
