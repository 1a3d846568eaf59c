//! How many seconds of audio per second does the recogniser take, on one thread?
//!
//! An "element" of `thrpt` is one second of audio: at 1 elem/s a core keeps up with one person who
//! talks without a pause. `final` is an utterance by itself; `batch` four at once, to be compared
//! with `final/5_s`; `partial` a look at an utterance half of whose words are confirmed, which the
//! decoder need not find.
//!
//! `encoder` is all that comes before the first token, for utterances of some lengths. `decoder` is
//! one step for so many utterances together; an "element" is a token there, so that it shows what
//! sharing a step is worth.
//!
//! It takes Whisper base and Silero VAD from the store of models, and fetches them if they are not
//! there.

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::measurement::WallTime;
use criterion::{
    BenchmarkGroup, Criterion, SamplingMode, Throughput, criterion_group, criterion_main,
};
use sidetone_benches::turns::Turns;
use sidetone_models::asr::{Begun, Underway, Whisper, WhisperFiles, WhisperOptions};
use sidetone_models::recogniser::Recogniser;
use sidetone_models::transcriber::{self, Ticket};
use sidetone_models::vad::{SecondOpinion, SecondOpinionConfig, Silero};
use sidetone_types::lang::{ChineseScript, Lang};
use sidetone_types::recognise::{Beginning, Effort, Hypothesis, Job, Purpose, Vocabulary};
use sidetone_weights::{Kind, Progress, Store};

/// Samples in a second.
const SECOND: usize = 16_000;

fn load() -> Result<(SecondOpinion, Whisper), Box<dyn std::error::Error>> {
    let store = Store::from_env()?;
    let progress = Progress::lines(|line| eprintln!("{line}"));
    let asr = store.ensure(&"whisper-base".parse()?, Kind::Asr, &progress)?;
    let vad = store.ensure(&"silero-vad".parse()?, Kind::Vad, &progress)?;
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
    Ok((voice, whisper))
}

/// Has `whisper` encode `job`, so that text is next.
fn encode(whisper: &mut Whisper, job: Job) -> Underway {
    match whisper.begin(Ticket(0), job, Effort::Full) {
        Ok(Begun::Underway(underway)) => {
            let mut group = vec![*underway];
            while group[0].is_being_encoded() {
                whisper.go_on(&mut group);
            }
            group.remove(0)
        }
        other => panic!("an utterance needs no recognition: {other:?}"),
    }
}

/// The time of `steps` of the decoder, for so many utterances of `audio` at a time.
fn decode(whisper: &mut Whisper, audio: &Arc<[f32]>, utterances: usize, steps: u64) -> Duration {
    let mut group = Vec::new();
    let mut took = Duration::ZERO;
    for _ in 0..steps {
        // They come to their end together.
        if group.is_empty() {
            group.extend((0..utterances).map(|_| {
                let greedy = Job {
                    purpose: Purpose::Partial,
                    ..job(audio)
                };
                encode(whisper, greedy)
            }));
        }
        let began = Instant::now();
        black_box(whisper.go_on(&mut group));
        took += began.elapsed();
    }
    took
}

fn job(audio: &Arc<[f32]>) -> Job {
    Job {
        purpose: Purpose::Final,
        due: Instant::now() + Duration::from_secs(3600),
        audio: audio.clone(),
        languages: [Lang::EN].into(),
        script: ChineseScript::Simplified,
        confirmed: None,
        expected: None,
        before: None,
        left_context: None,
        kept: None,
        vocabulary: Vocabulary::default(),
        voice: None,
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
    // `cargo test` runs each bench once to see that it works: there it is no place for a download
    // and minutes of a model.
    if !std::env::args().any(|arg| arg == "--bench") {
        eprintln!("recognition: skipped, because it is slow; `cargo bench` runs it");
        return;
    }
    let (voice, mut whisper) = match load() {
        Ok(loaded) => loaded,
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
    let mut recogniser = Recogniser::new(voice, whisper.clone());
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
    for seconds in [1, 3, 5, 10, 30] {
        let audio: Arc<[f32]> = ten.iter().copied().cycle().take(seconds * SECOND).collect();
        group.throughput(Throughput::Elements(seconds as u64));
        group.bench_function(format!("encoder/{seconds}_s"), |b| {
            b.iter(|| encode(&mut whisper, black_box(job(&audio))));
        });
    }
    for utterances in [1, 2, 4, 8, 16, 32] {
        group.throughput(Throughput::Elements(utterances as u64));
        group.bench_function(format!("decoder/{utterances}"), |b| {
            b.iter_custom(|steps| decode(&mut whisper, &ten, utterances, steps));
        });
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
