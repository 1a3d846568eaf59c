//! Makes a finished model of raw files: Whisper as Hugging Face or CTranslate2 lays it out, or
//! Silero.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::convert::{self, Ct2Config, Plan};
use crate::ct2::Container;
use crate::error::{Doing, WeightsError};
use crate::kind::Kind;
use crate::record::{FileRecord, file, needed};
use crate::tensors;
use crate::whisper::{Config, Generation, Tokenizer, language, null_is_empty};

/// CTranslate2's file of weights.
pub(crate) const CT2_WEIGHTS: &str = "model.bin";
/// Where Hugging Face keeps the settings of decoding.
pub(crate) const HF_GENERATION: &str = "generation_config.json";

/// What may become of the raw files.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Place {
    /// They are ours.
    Move,
    /// They are somebody else's, and stay.
    Copy,
}

/// Makes the files of a finished model in `ready`, an empty directory, and tells what they are.
pub(crate) fn finish(
    kind: Kind,
    raw: &Path,
    ready: &Path,
    place: Place,
) -> Result<Vec<FileRecord>, WeightsError> {
    match kind {
        Kind::Asr => whisper(raw, ready, place)?,
        Kind::Vad => {
            tensors::read_header(&raw.join(file::WEIGHTS))?;
            put(raw, ready, file::WEIGHTS, place)?;
        }
    }
    needed(kind)
        .iter()
        .map(|name| FileRecord::of(ready, name))
        .collect()
}

/// Nothing is moved before all has been checked, so that a failure costs no second fetch.
fn whisper(raw: &Path, ready: &Path, place: Place) -> Result<(), WeightsError> {
    let tokenizer: Tokenizer = read_json(raw, file::TOKENIZER)?;
    if raw.join(CT2_WEIGHTS).is_file() {
        let settings: Ct2Config = read_json(raw, file::CONFIG)?;
        let path = raw.join(CT2_WEIGHTS);
        let from = File::open(&path).doing(|| format!("opening {}", path.display()))?;
        let mut container = Container::open(from)?;
        let plan = convert::plan(&mut container)?;
        let generation = settings.generation(&tokenizer)?;
        settle(plan.config.clone(), generation, &tokenizer, ready)?;
        convert_to(ready, &plan, &mut container)?;
    } else if raw.join(file::WEIGHTS).is_file() {
        let (config, generation) = read_hugging_face(raw, &tokenizer)?;
        settle(config, generation, &tokenizer, ready)?;
        put(raw, ready, file::WEIGHTS, place)?;
    } else {
        return Err(WeightsError::NotWhisper(format!(
            "{} has neither {} nor {CT2_WEIGHTS}",
            raw.display(),
            file::WEIGHTS
        )));
    }
    put(raw, ready, file::TOKENIZER, place)
}

/// Checks that the parts of a Whisper fit one another, and writes its `config.json` and
/// `generation.json`.
fn settle(
    mut config: Config,
    generation: Generation,
    tokenizer: &Tokenizer,
    ready: &Path,
) -> Result<(), WeightsError> {
    tokenizer.check(config.vocab_size)?;
    let generation = generation.fit(&config)?;
    config
        .suppress_tokens
        .clone_from(&generation.suppress_tokens);
    write_json(ready, file::CONFIG, &config)?;
    write_json(ready, file::GENERATION, &generation)
}

fn convert_to(
    ready: &Path,
    plan: &Plan,
    container: &mut Container<File>,
) -> Result<(), WeightsError> {
    let path = ready.join(file::WEIGHTS);
    let doing = || format!("writing {}", path.display());
    let mut to = BufWriter::new(File::create(&path).doing(doing)?);
    tensors::write(plan, container, &mut to)?;
    to.flush().doing(doing)
}

/// What we read of Hugging Face's `config.json`. Older repositories have settings of decoding in
/// it.
#[derive(Deserialize)]
struct HfConfig {
    model_type: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    begin_suppress_tokens: Vec<u32>,
    #[serde(flatten)]
    sizes: Config,
}

/// What we read of Hugging Face's `generation_config.json`.
#[derive(Default, Deserialize)]
struct HfGeneration {
    suppress_tokens: Option<Vec<u32>>,
    begin_suppress_tokens: Option<Vec<u32>>,
    #[serde(default, deserialize_with = "null_is_empty")]
    alignment_heads: Vec<(usize, usize)>,
    lang_to_id: Option<std::collections::BTreeMap<String, u32>>,
}

fn read_hugging_face(
    raw: &Path,
    tokenizer: &Tokenizer,
) -> Result<(Config, Generation), WeightsError> {
    let config: HfConfig = read_json(raw, file::CONFIG)?;
    if config.model_type != "whisper" {
        return Err(WeightsError::NotWhisper(format!(
            "config.json is that of a `{}`",
            config.model_type
        )));
    }
    config.sizes.check()?;
    tensors::check(&raw.join(file::WEIGHTS), &config.sizes)?;
    let found: HfGeneration = if raw.join(HF_GENERATION).is_file() {
        read_json(raw, HF_GENERATION)?
    } else {
        HfGeneration::default()
    };
    let generation = Generation {
        suppress_tokens: found
            .suppress_tokens
            .unwrap_or_else(|| config.sizes.suppress_tokens.clone()),
        begin_suppress_tokens: found
            .begin_suppress_tokens
            .unwrap_or(config.begin_suppress_tokens),
        alignment_heads: found.alignment_heads,
        lang_to_id: match found.lang_to_id {
            Some(tokens) => tokens
                .iter()
                .filter_map(|(token, id)| Some((language(token)?.to_owned(), *id)))
                .collect(),
            None => tokenizer.all_languages(),
        },
    };
    Ok((config.sizes, generation))
}

fn put(raw: &Path, ready: &Path, name: &str, place: Place) -> Result<(), WeightsError> {
    let (from, to) = (raw.join(name), ready.join(name));
    match place {
        Place::Move => fs::rename(&from, &to),
        Place::Copy => fs::copy(&from, &to).map(|_| ()),
    }
    .doing(|| format!("bringing {} to {}", from.display(), to.display()))
}

fn read_json<T: DeserializeOwned>(dir: &Path, name: &str) -> Result<T, WeightsError> {
    let path = dir.join(name);
    let text = fs::read_to_string(&path).doing(|| format!("reading {}", path.display()))?;
    serde_json::from_str(&text)
        .map_err(|err| WeightsError::NotWhisper(format!("{}: {err}", path.display())))
}

fn write_json<T: serde::Serialize>(dir: &Path, name: &str, value: &T) -> Result<(), WeightsError> {
    let path = dir.join(name);
    let text = serde_json::to_string_pretty(value).expect("plain data");
    fs::write(&path, text + "\n").doing(|| format!("writing {}", path.display()))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::convert::tests::{tiny, tiny_container};
    use crate::tensors::tests::zeros;

    /// A tokenizer's file that goes with [`tiny`]'s vocabulary.
    pub const TOKENIZER: &str = r#"{"version": "1.0", "added_tokens": [
        {"id": 4, "content": "<|endoftext|>"}, {"id": 5, "content": "<|startoftranscript|>"},
        {"id": 6, "content": "<|en|>"}, {"id": 7, "content": "<|zh|>"},
        {"id": 8, "content": "<|translate|>"}, {"id": 9, "content": "<|notimestamps|>"}]}"#;
    /// CTranslate2's settings for [`tiny`].
    pub const CT2_CONFIG: &str = r#"{"alignment_heads": [[0, 0]], "lang_ids": [6, 7],
        "suppress_ids": [1, 2], "suppress_ids_begin": [3]}"#;

    /// Fills `dir` with [`tiny`] as Hugging Face lays it out.
    pub fn write_hugging_face(dir: &Path) {
        let mut config = serde_json::to_value(tiny()).expect("plain data");
        config["model_type"] = "whisper".into();
        config["suppress_tokens"] = serde_json::Value::Null;
        for (name, content) in [
            (file::CONFIG, config.to_string().into_bytes()),
            (file::TOKENIZER, TOKENIZER.into()),
            (file::WEIGHTS, zeros(&tiny(), &[])),
            (
                HF_GENERATION,
                br#"{"suppress_tokens": [1, 2], "begin_suppress_tokens": [3], "alignment_heads": [[0, 0]],
                    "lang_to_id": {"<|en|>": 6, "<|zh|>": 7}, "max_length": 448}"#
                    .to_vec(),
            ),
        ] {
            fs::write(dir.join(name), content).expect("a file for the test");
        }
    }

    /// Fills `dir` with [`tiny`] as CTranslate2 lays it out.
    pub fn write_ct2(dir: &Path) {
        for (name, content) in [
            (file::CONFIG, CT2_CONFIG.into()),
            (file::TOKENIZER, TOKENIZER.into()),
            (CT2_WEIGHTS, tiny_container().bytes()),
        ] {
            fs::write(dir.join(name), content).expect("a file for the test");
        }
    }

    fn generation() -> Generation {
        Generation {
            suppress_tokens: vec![1, 2],
            begin_suppress_tokens: vec![3],
            alignment_heads: vec![(0, 0)],
            lang_to_id: [("en".to_owned(), 6), ("zh".to_owned(), 7)].into(),
        }
    }

    #[test]
    fn both_layouts_end_as_the_same_files() {
        for write in [write_hugging_face, write_ct2] {
            let (raw, ready) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
            write(raw.path());
            let records =
                finish(Kind::Asr, raw.path(), ready.path(), Place::Copy).expect("a whole Whisper");
            let names: Vec<&str> = records.iter().map(|record| record.name.as_str()).collect();
            assert_eq!(names, needed(Kind::Asr));
            let config: Config = read_json(ready.path(), file::CONFIG).expect("it was written");
            assert_eq!(config.suppress_tokens, [1, 2]);
            assert_eq!(
                Config {
                    suppress_tokens: vec![],
                    ..config
                },
                tiny()
            );
            let written: Generation = read_json(ready.path(), file::GENERATION).expect("it, too");
            assert_eq!(written, generation());
            tensors::check(&ready.path().join(file::WEIGHTS), &tiny()).expect("whole weights");
            assert!(
                raw.path().join(file::TOKENIZER).exists(),
                "copied, not moved"
            );
        }
    }

    #[test]
    fn an_older_repository_without_settings_of_decoding_will_do() {
        let (raw, ready) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        write_hugging_face(raw.path());
        fs::remove_file(raw.path().join(HF_GENERATION)).expect("it was written");
        let path = raw.path().join(file::CONFIG);
        let config = fs::read_to_string(&path).expect("it was written").replace(
            "\"suppress_tokens\":null",
            "\"suppress_tokens\":[1,2],\"begin_suppress_tokens\":[3]",
        );
        fs::write(&path, config).expect("writing over it");
        finish(Kind::Asr, raw.path(), ready.path(), Place::Move).expect("a whole Whisper");
        let written: Generation =
            read_json(ready.path(), file::GENERATION).expect("it was written");
        assert_eq!(written, generation());
        assert!(
            !raw.path().join(file::WEIGHTS).exists(),
            "moved, not copied"
        );
    }

    #[test]
    fn what_is_no_whisper_is_refused() {
        let remove =
            |name: &'static str| move |dir: &Path| fs::remove_file(dir.join(name)).unwrap();
        let replace = |name: &'static str, from: &'static str, to: &'static str| {
            move |dir: &Path| {
                let text = fs::read_to_string(dir.join(name)).unwrap();
                assert!(text.contains(from));
                fs::write(dir.join(name), text.replace(from, to)).unwrap();
            }
        };
        type Damage = Box<dyn Fn(&Path)>;
        let cases: Vec<(&str, Damage)> = vec![
            ("tokenizer.json", Box::new(remove(file::TOKENIZER))),
            ("neither", Box::new(remove(file::WEIGHTS))),
            ("config.json", Box::new(remove(file::CONFIG))),
            (
                "`bert`",
                Box::new(replace(file::CONFIG, "\"whisper\"", "\"bert\"")),
            ),
            (
                "64",
                Box::new(replace(file::CONFIG, "\"d_model\":64", "\"d_model\":60")),
            ),
            (
                "shape",
                Box::new(replace(
                    file::CONFIG,
                    "\"vocab_size\":12",
                    "\"vocab_size\":11",
                )),
            ),
            (
                "startoftranscript",
                Box::new(replace(file::TOKENIZER, "startoftranscript", "cls")),
            ),
            (
                "alignment head",
                Box::new(replace(HF_GENERATION, "[[0, 0]]", "[[1, 0]]")),
            ),
            (
                "token 12",
                Box::new(replace(HF_GENERATION, "[1, 2]", "[12]")),
            ),
        ];
        for (said, damage) in cases {
            let (raw, ready) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
            write_hugging_face(raw.path());
            damage(raw.path());
            let err = finish(Kind::Asr, raw.path(), ready.path(), Place::Copy)
                .expect_err(said)
                .to_string();
            assert!(err.contains(said), "{said}: {err}");
            finish(Kind::Asr, raw.path(), ready.path(), Place::Move).expect_err(said);
            let kept = raw.path().join(file::WEIGHTS).exists();
            assert!(kept || said == "neither", "{said}: nothing is moved");
        }
    }
}
