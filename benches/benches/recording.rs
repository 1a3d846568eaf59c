//! What does it cost to record a call?
//!
//! `minute` is a minute of a two-sided call, coded, sealed and written to a file, out of the sample calls one behind
//! the other; the time of its thread, and what it waits for the disk. Before it stands the CPU time of the process for
//! an hour of them, and the bytes that it takes. `silence` is a minute in which nobody speaks, `muted` one of a
//! recording that is written anew since a stretch of it is to be silent.

use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use rustix::time::{ClockId, clock_gettime};
use sidetone::audio_file;
use sidetone::config::RecordingConfig;
use sidetone::recordings::Recordings;
use sidetone::storage::sqlite::Store;
use sidetone_types::id::CallId;

const RATE_HZ: usize = 16_000;
const HOUR: usize = 3_600;
/// Between two looks at how far the writer is.
const LOOK: usize = 60;

/// The sample calls one behind the other, both sides interleaved, and again until they are so long.
fn calls(seconds: usize) -> Vec<i16> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/calls");
    let mut files: Vec<_> = std::fs::read_dir(root)
        .expect("the calls")
        .filter_map(|file| Some(file.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|ending| ending == "flac"))
        .collect();
    files.sort();
    let mut sound = Vec::new();
    for file in files {
        let call = audio_file::Recording::open(&file).expect("a call");
        let call = call.at_rate(RATE_HZ as u32);
        if let [agent, customer] = &call.channels[..] {
            let both = customer.iter().zip(agent);
            sound.extend(both.flat_map(|(c, a)| [c, a].map(|s| (s * 32_767.0) as i16)));
        }
    }
    let wanted = seconds * RATE_HZ * 2;
    sound.iter().copied().cycle().take(wanted).collect()
}

fn cpu() -> Duration {
    let now = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(now.tv_sec as u64, now.tv_nsec as u32)
}

struct Place {
    dir: tempfile::TempDir,
    _store: Store,
    recordings: Recordings,
    runtime: tokio::runtime::Runtime,
    calls: u32,
}

impl Place {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let store = Store::temporary().expect("a store");
        let config = RecordingConfig {
            threads: 1,
            ..RecordingConfig::default()
        };
        let known = store.recordings().expect("open");
        Self {
            recordings: Recordings::start(&config, known, dir.path()).expect("starts"),
            dir,
            _store: store,
            runtime: tokio::runtime::Runtime::new().expect("a runtime"),
            calls: 0,
        }
    }

    /// Records a call, and waits until it is on the disk. Says how long its end took.
    fn record(&mut self, sound: &[i16], muted: Option<(u64, u64)>) -> (CallId, Duration) {
        self.calls += 1;
        let id = CallId::new(format!("call-{}", self.calls));
        let class = self.recordings.class("", "").expect("there is one");
        let mut recording = self.recordings.begin(&id, class, 0);
        for piece in sound.chunks(LOOK * RATE_HZ * 2) {
            let before = self.recordings.figures().seconds();
            recording.sound(piece.into());
            let whole = (piece.len() / 2 / 4_096 * 4_096) as f64 / RATE_HZ as f64;
            while self.recordings.figures().seconds() < before + whole - 1.0 {
                std::thread::sleep(Duration::from_millis(1));
            }
        }
        if let Some((from, to)) = muted {
            recording.silence(from, to);
        }
        let began = Instant::now();
        self.runtime.block_on(recording.finish());
        assert!(self.recordings.figures().shed_seconds() < f64::EPSILON);
        (id, began.elapsed())
    }
}

fn bench(c: &mut Criterion) {
    let mut place = Place::new();
    let hour = calls(HOUR);
    for (name, sound) in [("speech", &hour), ("silence", &vec![0; hour.len()])] {
        let (began, wall) = (cpu(), Instant::now());
        let (id, _) = place.record(sound, None);
        let spent = cpu() - began;
        let audio = place.recordings.audio(id.as_str()).expect("kept");
        println!(
            "an hour of {name}: {:.2} ms of CPU per second, {:.1} MB, {:.1} s",
            spent.as_secs_f64() * 1e3 / HOUR as f64,
            audio.length() as f64 / 1e6,
            wall.elapsed().as_secs_f64()
        );
    }
    let span = (RATE_HZ as u64, 3 * RATE_HZ as u64);
    let (_, ended) = place.record(&hour, Some(span));
    println!("silencing 2 s of an hour: {:.2} s", ended.as_secs_f64());

    let mut group = c.benchmark_group("recording");
    group
        .sample_size(10)
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(3));
    let minute = &hour[..LOOK * RATE_HZ * 2];
    let silent = vec![0; minute.len()];
    let span = (RATE_HZ as u64, 2 * RATE_HZ as u64);
    for (name, sound, muted) in [
        ("minute", minute, None),
        ("silence", &silent[..], None),
        ("muted", minute, Some(span)),
    ] {
        group.bench_function(name, |b| b.iter(|| place.record(sound, muted)));
    }
    group.finish();
    assert!(place.dir.path().exists());
}

criterion_group!(benches, bench);
criterion_main!(benches);
