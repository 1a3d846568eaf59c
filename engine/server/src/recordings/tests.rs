//! Recordings as a whole: what is heard of them, what a crash leaves, and what lies on the disk.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime};

use sidetone_vault::BLOCK;
use tempfile::TempDir;

use super::flac::{Encoder, FRAME, SIDES};
use super::frames::FrameWriter;
use super::*;
use crate::audio_file::{Room, flac as flac_file};
use crate::storage::samples::place_call;
use crate::storage::{NewRecording, RecordingState, Store};

/// Sound with pauses, so many samples of each side.
pub(super) fn sound(samples: usize) -> Vec<i16> {
    let mut seed = 7_u32;
    let mut random = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 16) as i16
    };
    let mut sides = Vec::with_capacity(samples * SIDES);
    for at in 0..samples {
        for side in 0..SIDES {
            let speaks = (at / 16_000 + side) % 2 == 0;
            let tone = (at as f32 * 0.05 * (side + 1) as f32).sin() * 9_000.0;
            let noise = random() >> 8;
            sides.push(if speaks { tone as i16 + noise } else { 0 });
        }
    }
    sides
}

/// The loudest noise there is: its frames are longer than what they are made of.
pub(super) fn loud(samples: usize) -> Vec<i16> {
    let mut seed = 1_u64;
    let mut sides = Vec::new();
    for _ in 0..samples * SIDES {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        sides.push((seed >> 48) as i16);
    }
    sides
}

struct Kept {
    dir: TempDir,
    store: Store,
    recordings: Recordings,
}

impl Kept {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let store = Store::temporary().expect("a store");
        let recordings = start(&store, dir.path().join("sound"));
        Self {
            dir,
            store,
            recordings,
        }
    }

    fn folder(&self) -> PathBuf {
        self.dir.path().join("sound")
    }

    fn begin(&self, call: &str) -> Recording {
        let class = self.recordings.class("", "").expect("there is one").clone();
        // Calls of long ago have grown too old.
        self.recordings.begin(&CallId::new(call), &class, now())
    }

    /// Records `samples`, in pieces of odd lengths.
    fn record(&self, call: &str, samples: &[i16]) {
        let mut recording = self.begin(call);
        for piece in samples.chunks(2 * 777) {
            recording.sound(piece.into());
        }
        assert_eq!(recording.problem(), None);
        finish(recording);
    }

    fn file(&self, call: &str) -> Vec<u8> {
        let audio = self.recordings.audio(call).expect("it may be heard");
        let length = audio.length();
        let file = bytes(audio, 0..length);
        assert_eq!(file.len() as u64, length);
        file
    }

    fn heard(&self, call: &str) -> Vec<i16> {
        decoded(&self.file(call))
    }

    /// As after a crash.
    fn start_again(&mut self) {
        self.recordings = start(&self.store, self.folder());
    }

    fn files(&self) -> Vec<String> {
        let Ok(files) = fs::read_dir(self.folder()) else {
            return Vec::new();
        };
        let names = files.map(|file| file.expect("readable").file_name());
        names
            .map(|name| name.into_string().expect("ours"))
            .collect()
    }
}

fn now() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    now.expect("later").as_millis() as u64
}

fn start(store: &Store, folder: PathBuf) -> Recordings {
    let config = RecordingConfig {
        threads: 1,
        ..RecordingConfig::default()
    };
    let store = store.recordings().expect("open");
    Recordings::start(&config, store, &folder).expect("readable")
}

fn finish(recording: Recording) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime");
    runtime.block_on(recording.finish());
}

fn bytes(audio: Audio, range: std::ops::Range<u64>) -> Vec<u8> {
    let pieces = audio.pieces(range).map(|piece| piece.expect("readable"));
    pieces.flat_map(|piece| piece.to_vec()).collect()
}

fn decoded(file: &[u8]) -> Vec<i16> {
    let file = flac_file::read(file, Room::TOOL).expect("FLAC");
    assert_eq!((file.rate_hz, file.warnings.len()), (16_000, 0));
    let [agent, customer] = &file.channels[..] else {
        panic!("two sides");
    };
    let both = agent.iter().zip(customer);
    let exact = |sample: f32| (sample * 32_768.0) as i16;
    both.flat_map(|(a, c)| [exact(*a), exact(*c)]).collect()
}

#[test]
fn what_was_said_is_heard_bit_by_bit_whatever_its_length() {
    let kept = Kept::new();
    for samples in [1, 31, 32, 63, 64, 4_095, 4_096, 4_097, 40 * 4_096, 700_001] {
        let (call, sound) = (format!("call-{samples}"), sound(samples));
        kept.record(&call, &sound);
        assert!(kept.heard(&call) == sound, "{samples}");
        let row = kept.recordings.store().recording(&call).expect("readable");
        let row = row.expect("there");
        assert_eq!(
            (row.state, row.samples),
            (RecordingState::Whole, samples as u64)
        );
    }
    let sound = loud(60_000);
    kept.record("loud", &sound);
    assert!(kept.heard("loud") == sound);
}

#[test]
fn a_call_that_says_nothing_leaves_nothing() {
    let kept = Kept::new();
    finish(kept.begin("a"));
    let error = kept.recordings.audio("a").expect_err("nothing");
    assert!(matches!(error, RecordingError::None(_)), "{error}");
    assert_eq!(kept.files(), [""; 0]);
}

#[test]
fn any_part_of_a_file_is_that_part_of_the_whole() {
    let kept = Kept::new();
    kept.record("a", &sound(400_000));
    let whole = kept.file("a");
    let length = whole.len() as u64;
    assert!(length > 5 * BLOCK as u64);
    for (from, to) in [
        (0, 1),
        (0, 42),
        (41, 43),
        (length - 1, length),
        (BLOCK as u64 - 1, BLOCK as u64 + 100),
        (100, 3 * BLOCK as u64),
        (5, length + 100),
    ] {
        let audio = kept.recordings.audio("a").expect("kept");
        let part = bytes(audio, from..to);
        let end = to.min(length) as usize;
        assert!(part == whole[from as usize..end], "{from}..{to}");
    }
    // Players leap to a point each 10 s: 25 s have three.
    let (points, start) = (&whole[42..46], 46 + 3 * 18);
    assert_eq!(points, [0x83, 0, 0, 3 * 18]);
    for point in whole[46..start].chunks(18) {
        let offset = u64::from_be_bytes(point[8..16].try_into().expect("8 bytes"));
        let frame = &whole[start + offset as usize..];
        assert_eq!(frame[..2], [0xff, 0xf8]);
        let sample = u64::from_be_bytes(point[..8].try_into().expect("8 bytes"));
        assert_eq!(u64::from(frame[4]), sample / FRAME as u64);
    }
}

#[test]
fn nothing_of_a_recording_lies_in_clear_and_nobody_else_reads_its_file() {
    let kept = Kept::new();
    kept.record("call-of-ann", &sound(100_000));
    let [name] = &kept.files()[..] else {
        panic!("one file");
    };
    assert!(!name.contains("ann"), "{name}");
    let file = fs::read(kept.folder().join(name)).expect("readable");
    let clear = kept.file("call-of-ann");
    let frames = clear[200..].chunks_exact(16).step_by(50);
    for piece in frames {
        assert!(!file.windows(16).any(|window| window == piece));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        for (path, mode) in [(kept.folder(), 0o700), (kept.folder().join(name), 0o600)] {
            let found = fs::metadata(path).expect("there").permissions().mode();
            assert_eq!(found & 0o777, mode);
        }
    }
}

#[test]
fn a_recording_that_a_crash_has_left_is_closed_by_the_next_start_as_it_is() {
    let mut kept = Kept::new();
    let sound = sound(300_000);
    let store = kept.store.recordings().expect("open");
    let begin = |call: &str, file: &str| {
        let new = NewRecording {
            call,
            class: "default",
            file,
            began_ms: now(),
            keep_until_ms: None,
        };
        store.begin(&new).expect("new")
    };
    begin("no-file", "a.rec");
    let key = begin("cut", "b.rec");
    let mut encoder = Encoder::new().expect("made");
    let folder = kept.folder();
    let mut writer = FrameWriter::create(&folder, "b.rec", &key, Instant::now()).expect("new");
    for frame in sound.chunks_exact(FRAME * SIDES) {
        writer.sound(&mut encoder, frame).expect("writable");
    }
    drop(writer);
    let ours = format!("{}-1.rec", store.id().expect("there"));
    for stranger in [ours.as_str(), "0123-1.rec"] {
        fs::write(folder.join(stranger), b"of no recording").expect("writable");
    }
    store
        .mark_silent("cut", (16_000, 32_000))
        .expect("writable");
    let error = kept.recordings.audio("cut").expect_err("open").to_string();
    assert!(error.contains("still recorded"), "{error}");

    kept.start_again();
    let row = store.recording("cut").expect("readable").expect("there");
    assert_eq!(row.state, RecordingState::Cut);
    let missing = store.recording("no-file").expect("readable");
    let missing = missing.expect("its disk may come back");
    assert_eq!(missing.state, RecordingState::Open);
    assert_eq!(kept.recordings.figures().failures(), 1);
    let mut expected = sound;
    expected[16_000 * SIDES..32_000 * SIDES].fill(0);
    let heard = kept.heard("cut");
    assert!(heard.len() > 220_000 * SIDES, "{}", heard.len());
    assert!(heard == expected[..heard.len()]);
    let mut files = kept.files();
    files.sort();
    let mut expected = [row.file, "0123-1.rec".to_owned()];
    expected.sort();
    assert_eq!(files, expected, "those of other stores stay");
}

#[test]
fn what_has_no_sound_is_silent_however_long_and_keeps_no_other_call_back() {
    let kept = Kept::new();
    let sound = sound(10_000);
    let mut late = kept.begin("late");
    let mut other = kept.begin("other");
    let mut expected = Vec::new();
    let hour = 3_600 * 16_000 + 77;
    for nothing in [0, hour, 5, 3 * FRAME, 1] {
        late.nothing(nothing as u64);
        expected.resize(expected.len() + nothing * SIDES, 0);
        late.sound(sound.clone().into());
        expected.extend_from_slice(&sound);
        other.sound(sound.clone().into());
    }
    assert_eq!((late.problem(), other.problem()), (None, None));
    finish(other);
    finish(late);
    assert_eq!(kept.heard("other"), sound.repeat(5));
    assert!(kept.heard("late") == expected);
    assert!(kept.recordings.figures().shed_seconds() == 0.0);
}

#[test]
fn a_folder_that_cannot_be_used_keeps_no_engine_from_starting() {
    let mut kept = Kept::new();
    kept.record("a", &sound(50_000));
    let elsewhere = kept.dir.path().join("elsewhere");
    fs::rename(kept.folder(), &elsewhere).expect("ours");
    fs::write(kept.folder(), b"no folder").expect("writable");
    kept.start_again();
    assert_eq!(kept.recordings.figures().failures(), 1);
    assert!(kept.recordings.audio("a").is_err());
    let mut recording = kept.begin("b");
    recording.sound(sound(50_000).into());
    finish(recording);
    assert_eq!(
        kept.recordings.store().recording("b").expect("readable"),
        None
    );
    fs::remove_file(kept.folder()).expect("ours");
    fs::rename(&elsewhere, kept.folder()).expect("ours");
    assert!(kept.heard("a") == sound(50_000));
}

#[test]
fn what_cannot_be_closed_is_told_so_and_may_be_erased_once_its_call_is_over() {
    let mut kept = Kept::new();
    place_call(&kept.store, "a", Duration::ZERO);
    let store = kept.store.recordings().expect("open");
    let new = NewRecording {
        call: "a",
        class: "default",
        file: "missing.rec",
        began_ms: now(),
        keep_until_ms: None,
    };
    store.begin(&new).expect("new");
    kept.start_again();
    let error = kept.recordings.audio("a").expect_err("not closed");
    assert!(matches!(error, RecordingError::NotClosed(_)), "{error}");
    store.forget("a").expect("its call is over");
    kept.store.forget("a").expect("over");
    let error = store.begin(&new).expect_err("forgotten");
    assert!(matches!(error, StoreError::CallForgotten(_)), "{error}");
}

#[test]
fn stretches_are_silenced_before_anybody_hears_them() {
    let kept = Kept::new();
    let mut expected = sound(100_000);
    let mut recording = kept.begin("a");
    recording.sound(expected[..80_000].into());
    recording.silence(10_000, 11_000);
    recording.silence(4_096, 8_192);
    recording.sound(expected[80_000..].into());
    finish(recording);
    let mut mute = |from: usize, to: usize| {
        let end = (to * SIDES).min(expected.len());
        expected[from * SIDES..end].fill(0);
        expected.clone()
    };
    mute(10_000, 11_000);
    let expected = mute(4_096, 8_192);
    assert!(kept.heard("a") == expected);
    assert_eq!(kept.files().len(), 1, "what was said is gone");
    let row = kept.recordings.store().recording("a").expect("readable");
    assert_eq!(row.expect("there").state, RecordingState::Whole);
}

#[test]
fn a_call_that_ends_without_a_word_keeps_what_was_handed_over() {
    let mut kept = Kept::new();
    let sound = sound(100_000);
    let mut recording = kept.begin("a");
    recording.sound(sound.clone().into());
    drop(recording);
    let mut other = kept.begin("b");
    other.sound(sound.clone().into());
    kept.recordings.stop();
    assert_eq!(other.problem(), None);
    other.sound(sound.clone().into());
    assert!(other.problem().expect("told").contains("goes down"));
    assert_eq!(other.problem(), None, "once");
    kept.start_again();
    for call in ["a", "b"] {
        let heard = kept.heard(call);
        assert!(heard.len() > 90_000 * SIDES && heard == sound[..heard.len()]);
        let row = kept.recordings.store().recording(call).expect("readable");
        assert_eq!(row.expect("there").state, RecordingState::Cut);
    }
}

#[test]
fn sound_that_finds_no_room_is_silent_and_what_follows_is_in_its_place() {
    let kept = Kept::new();
    let (orders, waits) = crossbeam::channel::unbounded();
    let queue = recording::Queue {
        orders,
        waiting: std::sync::Arc::default(),
    };
    let beginning = Beginning {
        call: "a".to_owned(),
        class: "default".into(),
        began_ms: 0,
        keep_until_ms: None,
        status: Default::default(),
    };
    let shared = std::sync::Arc::clone(&kept.recordings.0.shared);
    let mut recording = Recording::begin(1, beginning, &queue, shared);
    let frame = |recording: &mut Recording| recording.sound(vec![5; FRAME * SIDES].into());
    (0..recording::QUEUE + 3).for_each(|_| frame(&mut recording));
    assert_eq!(recording.problem(), None, "it goes on");
    queue.waiting.store(0, std::sync::atomic::Ordering::Relaxed);
    frame(&mut recording);
    drop(recording);
    let orders: Vec<_> = waits.try_iter().collect();
    let frames = orders.iter().filter_map(|order| match order {
        recording::Order::Frame(_, shed, _) => Some(*shed),
        _ => None,
    });
    let frames: Vec<u32> = frames.collect();
    assert_eq!(frames.len(), recording::QUEUE + 1);
    assert_eq!(frames.iter().sum::<u32>(), 3);
    assert_eq!(frames.last(), Some(&3));
    let shed = 3.0 * FRAME as f64 / 16_000.0;
    assert!((kept.recordings.figures().shed_seconds() - shed).abs() < 1e-9);
}

#[test]
fn a_disk_that_takes_nothing_is_told_and_keeps_no_other_call_back() {
    let kept = Kept::new();
    fs::write(kept.folder(), b"no folder").expect("writable");
    let mut recording = kept.begin("a");
    recording.sound(sound(50_000).into());
    finish(recording);
    let mut recording = kept.begin("b");
    recording.sound(sound(50_000).into());
    // The writer has come so far once another one is finished.
    finish(kept.begin("c"));
    let problem = recording.problem().expect("told");
    assert!(problem.contains("recording.dir"), "{problem}");
    finish(recording);
    assert!(kept.recordings.figures().failures() >= 2);
    fs::remove_file(kept.folder()).expect("ours");
    kept.record("d", &sound(50_000));
    assert!(kept.heard("d") == sound(50_000));
}

#[test]
fn a_second_recording_of_a_call_leaves_the_first_as_it_is() {
    let kept = Kept::new();
    kept.record("a", &sound(50_000));
    let before = kept.file("a");
    let mut again = kept.begin("a");
    again.sound(loud(50_000).into());
    finish(again);
    assert!(kept.file("a") == before);
    let row = kept.recordings.store().recording("a").expect("readable");
    assert_eq!(row.expect("there").state, RecordingState::Whole);
}

#[test]
fn a_file_goes_with_its_recording_and_with_its_call() {
    let kept = Kept::new();
    for call in ["a", "b", "c"] {
        place_call(&kept.store, call, Duration::ZERO);
        kept.record(call, &sound(20_000));
    }
    kept.recordings.store().forget("a").expect("closed");
    kept.store.forget("b").expect("over");
    remove_gone(&kept.folder(), kept.recordings.store()).expect("writable");
    assert_eq!(kept.files().len(), 1);
    assert!(kept.store.knows("a").expect("readable"), "its call stays");
    for call in ["a", "b"] {
        assert!(kept.recordings.audio(call).is_err(), "{call}");
    }
    assert!(kept.heard("c") == sound(20_000));
}

#[test]
fn a_class_says_how_long_its_recordings_are_kept() {
    let kept = Kept::new();
    let now = now();
    let config: RecordingConfig =
        toml::from_str("keep_days = 2\n[classes.short]\nrecord = \"all\"\n").expect("taken");
    let store = kept.store.recordings().expect("open");
    let recordings = Recordings::start(&config, store, &kept.folder()).expect("starts");
    let class = recordings.class("short", "").expect("there").clone();
    let mut recording = recordings.begin(&CallId::new("a"), &class, now);
    recording.sound(sound(5_000).into());
    finish(recording);
    let row = recordings.store().recording("a").expect("readable");
    let row = row.expect("there");
    assert_eq!(row.keep_until_ms, Some(now + 2 * DAY_MS));
    assert_eq!(row.class, "short");
}

#[test]
fn a_crash_leaves_no_row_without_a_key_and_no_key_without_a_row() {
    let kept = Kept::new();
    let store = kept.recordings.store();
    let new = NewRecording {
        call: "a",
        class: "default",
        file: "a.rec",
        began_ms: now(),
        keep_until_ms: None,
    };
    store.begin(&new).expect("new");
    assert!(store.begin(&new).is_err(), "once");
    assert!(store.open("a").expect("readable").is_some());
    assert_eq!(store.unclosed().expect("readable"), ["a"]);
}
