//! Whatever lies in the files that models come in: a reason, or a whole model, and never a panic.
//!
//! `PROPTEST_CASES=100000 cargo test --release arbitrary` runs these for longer.

use std::fs;
use std::path::Path;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::finish::tests::{write_ct2, write_hugging_face};
use crate::finish::{CT2_WEIGHTS, HF_GENERATION, Place, finish};
use crate::kind::Kind;
use crate::manifest::Manifest;
use crate::record::{Record, file};
use crate::tensors;
use crate::wheel::{self, tests::wheel};

/// What may have happened to a file.
#[derive(Clone, Debug)]
enum Harm {
    Cut(Index),
    Grow(Vec<u8>),
    Overwrite(Vec<(Index, u8)>),
    /// Near the beginning, where the sizes stand.
    Header(Vec<(usize, u8)>),
    /// A number in a text becomes another.
    Number(Index, i64),
    Replace(Vec<u8>),
}

fn harm() -> impl Strategy<Value = Harm> {
    prop_oneof![
        any::<Index>().prop_map(Harm::Cut),
        vec(any::<u8>(), 1..40).prop_map(Harm::Grow),
        vec((any::<Index>(), any::<u8>()), 1..6).prop_map(Harm::Overwrite),
        vec((0_usize..40, any::<u8>()), 1..4).prop_map(Harm::Header),
        (any::<Index>(), any::<i64>()).prop_map(|(at, value)| Harm::Number(at, value)),
        vec(any::<u8>(), 0..300).prop_map(Harm::Replace),
    ]
}

impl Harm {
    fn done_to(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Cut(at) => bytes.truncate(at.index(bytes.len() + 1)),
            Self::Grow(more) => bytes.extend(more),
            Self::Replace(other) => bytes.clone_from(other),
            _ if bytes.is_empty() => {}
            Self::Overwrite(hits) => {
                for (at, value) in hits {
                    let at = at.index(bytes.len());
                    bytes[at] = *value;
                }
            }
            Self::Header(hits) => {
                let last = bytes.len() - 1;
                for (at, value) in hits {
                    bytes[last.min(*at)] = *value;
                }
            }
            Self::Number(at, value) => {
                let digits: Vec<usize> = (0..bytes.len())
                    .filter(|i| bytes[*i].is_ascii_digit())
                    .collect();
                if !digits.is_empty() {
                    let at = digits[at.index(digits.len())];
                    bytes.splice(at..=at, value.to_string().into_bytes());
                }
            }
        }
    }

    fn done_to_file(&self, path: &Path) {
        let mut bytes = fs::read(path).expect("it was written");
        self.done_to(&mut bytes);
        fs::write(path, bytes).expect("a file for the test");
    }
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a directory for the test")
}

proptest! {
    #[test]
    fn arbitrary_harm_to_a_model_is_refused_or_leaves_a_whole_one(
        from_hub in any::<bool>(), which in any::<Index>(), harms in vec(harm(), 1..3),
    ) {
        let (raw, ready) = (folder(), folder());
        let (write, other): (fn(&Path), _) = if from_hub {
            (write_hugging_face, [file::WEIGHTS, HF_GENERATION])
        } else {
            (write_ct2, [CT2_WEIGHTS, CT2_WEIGHTS])
        };
        let files = [file::CONFIG, file::TOKENIZER, other[0], other[1]];
        write(raw.path());
        let hit = raw.path().join(files[which.index(files.len())]);
        for harm in &harms {
            harm.done_to_file(&hit);
        }
        if let Ok(records) = finish(Kind::Asr, raw.path(), ready.path(), Place::Copy) {
            for record in records {
                let path = ready.path().join(&record.name);
                prop_assert_eq!(fs::metadata(path).expect("it is there").len(), record.bytes);
            }
            tensors::read_header(&ready.path().join(file::WEIGHTS)).expect("whole weights");
        }
    }

    #[test]
    fn arbitrary_bytes_are_no_weights(bytes in vec(any::<u8>(), 0..400)) {
        let dir = folder();
        let path = dir.path().join(file::WEIGHTS);
        fs::write(&path, &bytes).expect("a file for the test");
        // Nothing but an empty table of tensors is that short.
        if let Ok(metadata) = tensors::read_header(&path) {
            prop_assert!(metadata.data_len() <= bytes.len());
        }
    }

    #[test]
    fn arbitrary_harm_to_a_wheel_never_writes_outside_its_folder(
        harms in vec(harm(), 1..3), name in "[a-z./]{0,12}",
    ) {
        let dir = folder();
        let path = dir.path().join("one.whl");
        let mut about = wheel(&path, "one", &[("data/a", "a", b"first"), ("data/b", "b", b"then")]);
        about.take[1].from = name;
        for harm in &harms {
            harm.done_to_file(&path);
        }
        let into = dir.path().join("into");
        fs::create_dir(&into).expect("a directory for the test");
        let _ = wheel::unpack(&path, &about, &into);
        let beside: Vec<_> = fs::read_dir(dir.path())
            .expect("it is there")
            .map(|entry| entry.expect("readable").file_name())
            .collect();
        prop_assert_eq!(beside.len(), 2, "{:?}", beside);
    }

    #[test]
    fn arbitrary_harm_to_a_manifest_is_refused_or_leaves_a_sound_one(harms in vec(harm(), 1..4)) {
        let mut text = include_bytes!("../manifest.toml").to_vec();
        for harm in &harms {
            harm.done_to(&mut text);
        }
        if let Ok(manifest) = Manifest::parse(&String::from_utf8_lossy(&text)) {
            for model in manifest.models() {
                prop_assert!(manifest.get(&model.name).is_some());
            }
        }
    }

    #[test]
    fn arbitrary_harm_to_a_record_names_no_file_outside_its_folder(
        harms in vec(harm(), 1..4), name in select(vec!["a", "../a", "/a", "a/b", "..", ""]),
    ) {
        let dir = folder();
        let mut text = format!(
            r#"{{"kind": "vad", "licence": null, "source": "x", "files": [
                {{"name": "{name}", "bytes": 1, "sha256": "{}"}}]}}"#,
            "0".repeat(64)
        )
        .into_bytes();
        for harm in &harms {
            harm.done_to(&mut text);
        }
        fs::write(dir.path().join(file::RECORD), &text).expect("a file for the test");
        if let Ok(Some(record)) = Record::read(dir.path()) {
            for file in &record.files {
                prop_assert!(!file.name.contains(['/', '\\']) && file.name != "..", "{}", file.name);
            }
        }
    }
}
