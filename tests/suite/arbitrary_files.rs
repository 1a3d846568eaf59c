//! Files that somebody hands to the engine, with whatever harm: a reason, or something sound, and
//! never a panic.
//!
//! `PROPTEST_CASES=100000 cargo test --release arbitrary` runs these for longer.

use std::fs;
use std::path::{Path, PathBuf};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use sidetone::audio_file::Recording;
use sidetone::config::Config;

/// Bytes that change, and where the file ends.
#[derive(Clone, Debug)]
struct Harm {
    hits: Vec<(Index, u8)>,
    /// In the first so many bytes, where sizes and formats stand, or anywhere.
    reach: Option<usize>,
    end: Option<Index>,
}

fn harm() -> impl Strategy<Value = Harm> {
    let hits = vec((any::<Index>(), any::<u8>()), 0..6);
    let reach = select(vec![Some(16), Some(60), None]);
    (hits, reach, prop::option::of(any::<Index>())).prop_map(|(hits, reach, end)| Harm {
        hits,
        reach,
        end,
    })
}

impl Harm {
    fn done_to(&self, bytes: &mut Vec<u8>) {
        let reach = self.reach.unwrap_or(usize::MAX).min(bytes.len());
        for (at, value) in &self.hits {
            bytes[at.index(reach)] = *value;
        }
        if let Some(end) = self.end {
            bytes.truncate(end.index(bytes.len() + 1));
        }
    }
}

/// A WAV file of 16-bit PCM: 50 ms of two channels at 8 kHz.
fn wav() -> Vec<u8> {
    let data: Vec<u8> = (0..800_i16).flat_map(|i| (i * 37).to_le_bytes()).collect();
    let mut wav = b"RIFF".to_vec();
    wav.extend((36 + data.len() as u32).to_le_bytes());
    wav.extend(b"WAVEfmt \x10\0\0\0\x01\0\x02\0");
    wav.extend(8_000_u32.to_le_bytes());
    wav.extend(32_000_u32.to_le_bytes());
    wav.extend(b"\x04\0\x10\0data");
    wav.extend((data.len() as u32).to_le_bytes());
    wav.extend(data);
    wav
}

/// The first seconds of a recorded call, cut off in the middle of a frame.
fn flac() -> Vec<u8> {
    let calls = Path::new(env!("CARGO_MANIFEST_DIR")).join("calls");
    let mut call = fs::read(calls.join("en-billing-dispute.flac")).expect("the repository has it");
    call.truncate(20_000);
    call
}

/// A second in each of the other codings.
const CODED: [&[u8]; 5] = [
    include_bytes!("../coded/ima.wav"),
    include_bytes!("../coded/ms.wav"),
    include_bytes!("../coded/gsm.wav"),
    include_bytes!("../coded/second.mp3"),
    include_bytes!("../coded/second.opus"),
];

fn recordings() -> Vec<Vec<u8>> {
    let coded = CODED.iter().map(|bytes| bytes.to_vec());
    [wav(), flac()].into_iter().chain(coded).collect()
}

fn open(bytes: &[u8], dir: &Path) -> Result<Recording, String> {
    let path: PathBuf = dir.join("call");
    fs::write(&path, bytes).expect("a file for the test");
    Recording::open(&path).map_err(|error| error.to_string())
}

#[test]
fn the_files_that_come_to_harm_here_are_sound_before() {
    let dir = tempfile::tempdir().expect("a folder");
    let recording = open(&wav(), dir.path()).expect("a whole file");
    assert_eq!((recording.rate_hz, recording.channels.len()), (8_000, 2));
    assert_eq!(recording.channels[0].len(), 400);
    assert_eq!(&flac()[..4], b"fLaC");
    for bytes in CODED {
        let recording = open(bytes, dir.path()).expect("a whole file");
        let length = recording.duration().as_secs_f32();
        assert!((0.9..1.3).contains(&length), "{length} s");
    }
    let config = dir.path().join("sidetone.toml");
    fs::write(&config, CONFIG).expect("a file for the test");
    Config::load(Some(&config), []).expect("a configuration that serves");
}

/// A configuration with a value of each kind.
const CONFIG: &str = r#"
[server]
listen = "127.0.0.1:7600"
max_calls = 20

[media]
port_min = 40000
port_max = 49999

[recogniser]
precision = "int8"
beam = 5

[defaults]
languages = ["en", "zh-TW"]
time_zone = "Europe/Dublin"

[knowledge]
boost = 1.5
"#;

proptest! {
    #[test]
    fn arbitrary_harm_to_a_recording_is_refused_or_leaves_sound(
        file in any::<Index>(), harm in harm(),
    ) {
        let dir = tempfile::tempdir().expect("a folder");
        let mut recordings = recordings();
        let mut bytes = recordings.swap_remove(file.index(recordings.len()));
        harm.done_to(&mut bytes);
        match open(&bytes, dir.path()) {
            Ok(recording) => {
                prop_assert!((1..=2).contains(&recording.channels.len()));
                prop_assert!(recording.rate_hz > 0);
                let lengths: Vec<usize> = recording.channels.iter().map(Vec::len).collect();
                prop_assert_eq!(lengths.iter().min(), lengths.iter().max());
            }
            Err(reason) => prop_assert!(reason.contains("call: "), "{}", reason),
        }
    }

    #[test]
    fn arbitrary_bytes_are_no_recording_or_one_with_a_rate(bytes in vec(any::<u8>(), 0..400)) {
        let dir = tempfile::tempdir().expect("a folder");
        if let Ok(recording) = open(&bytes, dir.path()) {
            prop_assert!(recording.rate_hz > 0);
        }
    }

    #[test]
    fn arbitrary_harm_to_a_configuration_is_told_or_leaves_one_that_serves(
        harm in harm(),
        variable in select(vec![
            "SERVER__LISTEN", "SERVER__MAX_CALLS", "MEDIA__PORT_MIN", "RECOGNISER__BEAM",
            "DEFAULTS__LANGUAGES", "DEFAULTS__TIME_ZONE", "KNOWLEDGE__BOOST", "STORE__DIR", "", "__",
        ]),
        value in "\\PC{0,12}|-?[0-9]{1,30}(\\.[0-9]+)?|\\[.{0,8}\\]|nan|inf|true",
    ) {
        let dir = tempfile::tempdir().expect("a folder");
        let mut bytes = CONFIG.as_bytes().to_vec();
        harm.done_to(&mut bytes);
        let path = dir.path().join("sidetone.toml");
        fs::write(&path, &bytes).expect("a file for the test");
        let variable = (format!("SIDETONE__{variable}"), value);
        for environment in [None, Some(variable)] {
            match Config::load(Some(&path), environment) {
                Ok(config) => {
                    prop_assert!(config.threads() > 0 && config.max_calls() > 0);
                }
                Err(error) => prop_assert!(!error.to_string().is_empty()),
            }
        }
    }
}
