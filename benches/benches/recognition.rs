//! How many seconds of audio per second does the recogniser take, on one thread?
//!
//! An "element" of `thrpt` is one second of audio: at 1 elem/s a core keeps up with one person who talks
//! without a pause. `final` is an utterance by itself; `batch` four at once, to be compared with `final/5_s`;
//! `partial` a look at an utterance half of whose words are confirmed, which the decoder need not find.
//!
//! It takes Whisper base and Silero VAD from the store of models, and fetches them if they are not there.

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::measurement::WallTime;
use criterion::{
    BenchmarkGroup, Criterion, SamplingMode, Throughput, criterion_group, criterion_main,
};
use sidetone_benches::turns::Turns;
use sidetone_core::lang::{ChineseScript, Lang};
use sidetone_core::recognise::{Beginning, Hypothesis, Job, Purpose};
use sidetone_models::asr::{Whisper, WhisperFiles, WhisperOptions};
use sidetone_models::recogniser::Recogniser;
use sidetone_models::transcriber;
use sidetone_models::vad::{SecondOpinion, SecondOpinionConfig, Silero};
use sidetone_models::weights::{Kind, Progress, Store};

/// Samples in a second.
const SECOND: usize = 16_000;

fn load() -> Result<Recogniser, Box<dyn std::error::Error>> {
    let store = Store::from_env()?;
    let progress = Progress::stderr();
    let asr = store
        .ensure(&"whisper-base".parse()?, &progress)?
        .require(Kind::Asr)?;
    let vad = store
        .ensure(&"silero-vad".parse()?, &progress)?
        .require(Kind::Vad)?;
    let files = WhisperFiles {
        weights: asr.weights(),
        config: asr.config(),
        tokenizer: asr.tokenizer(),
        generation: asr.generation(),
    };
    let voice = SecondOpinion::new(
        Silero::load(&vad.weights())?,
        SecondOpinionConfig::default(),
    );
    let whisper = Whisper::load(&files, WhisperOptions::default())?;
    Ok(Recogniser::new(voice, whisper))
}

fn job(audio: &Arc<[f32]>) -> Job {
    Job {
        purpose: Purpose::Final,
        due: Instant::now(),
        audio: audio.clone(),
        languages: [Lang::EN].into(),
        script: ChineseScript::Simplified,
        confirmed: None,
        expected: None,
        vocabulary: [].into(),
    }
}

/// A look at the same sound once the first half of its words is confirmed.
fn partial(recogniser: &mut Recogniser, audio: &Arc<[f32]>) -> Job {
    let heard = transcribe(recogniser, &[job(audio)]).remove(0);
    let (first_half, _) = heard.words.split_at(heard.words.len() / 2);
    let tokens = first_half.iter().flat_map(|word| word.tokens.clone());
    Job {
        purpose: Purpose::Partial,
        confirmed: Some(Beginning {
            lang: heard.lang,
            tokens: tokens.collect(),
        }),
        ..job(audio)
    }
}

/// Recognises `jobs`, in each of which there are words to be found.
fn transcribe(recogniser: &mut Recogniser, jobs: &[Job]) -> Vec<Hypothesis> {
    let answers = transcriber::transcribe(recogniser, jobs.iter().cloned()).into_iter();
    answers
        .map(|answer| {
            let heard = answer.expect("the recogniser takes every utterance");
            assert!(!heard.words.is_empty(), "an utterance gave no words");
            heard
        })
        .collect()
}

fn bench(c: &mut Criterion) {
    // `cargo test` runs each bench once to see that it works: there it is no place for a download and
    // minutes of a model.
    if !std::env::args().any(|arg| arg == "--bench") {
        eprintln!("recognition: skipped, because it is slow; `cargo bench` runs it");
        return;
    }
    let mut recogniser = match load() {
        Ok(recogniser) => recogniser,
        Err(error) => {
            eprintln!("recognition: SKIPPED, because there are no models to run: {error}");
            return;
        }
    };
    let turns = Turns::open().expect("the recorded calls are part of the repository");
    let (two, five, ten) = (
        turns.two_seconds(),
        turns.five_seconds(),
        turns.ten_seconds(),
    );
    let jobs = [
        ("final/2_s", vec![job(&two)]),
        ("final/5_s", vec![job(&five[0])]),
        ("final/10_s", vec![job(&ten)]),
        ("batch/4_x_5_s", five.iter().map(job).collect()),
        ("partial/5_s", vec![partial(&mut recogniser, &five[0])]),
    ];
    let mut group = c.benchmark_group("recognition");
    group
        .sampling_mode(SamplingMode::Flat)
        .sample_size(10)
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(6));
    for (name, jobs) in jobs {
        measure(&mut group, name, &mut recogniser, &jobs);
    }
    group.finish();
}

fn measure(
    group: &mut BenchmarkGroup<'_, WallTime>,
    name: &str,
    recogniser: &mut Recogniser,
    jobs: &[Job],
) {
    let samples: usize = jobs.iter().map(|job| job.audio.len()).sum();
    group.throughput(Throughput::Elements((samples / SECOND) as u64));
    group.bench_function(name, |b| {
        b.iter(|| transcribe(recogniser, black_box(jobs)));
    });
}

criterion_group!(benches, bench);
criterion_main!(benches);
