//! `sidetone emotion cost`: what reading moods adds to recognition.

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::tools::progress;
use crate::tools::recordings;
use anyhow::{Context, ensure};
use clap::Args;
use sidetone::config::Config;
use sidetone::recognition::model_loader;
use sidetone_models::transcriber::{Transcriber, transcribe};
use sidetone_types::lang::{ChineseScript, Lang, LanguageTag};
use sidetone_types::recognise::{Job, Purpose, Vocabulary};

use crate::tools::Outcome;
use crate::tools::process::thread_cpu_time;

/// No more of a recording is listened to than the recogniser hears at once.
const LONGEST: usize = 480_000;
/// Where the recogniser listens, in Hz.
const HEARD_HZ: u32 = 16_000;
/// When words are due: all care may be taken.
const NO_HURRY: Duration = Duration::from_secs(3_600);

/// Measure what reading the mood of every utterance adds to recognising it.
///
/// Each recording is one utterance, recognised with and without, in turns, on one thread.
#[derive(Args, Debug)]
pub struct CostArgs {
    /// Recordings; the first 30 s of their first channel.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// What is spoken.
    #[arg(long, default_value = "en")]
    lang: LanguageTag,
    /// How often each is recognised either way.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
}

/// Runs the command.
pub fn run(args: &CostArgs, config: &Config) -> anyhow::Result<Outcome> {
    let mut config = config.clone();
    config.recogniser.threads = 1;
    config.call.emotion.read = true;
    let mut models = model_loader::models(&config, &progress::stderr())?;
    let transcriber = models.transcribers.first_mut().context("one thread")?;
    let mut sounds: Vec<Arc<[f32]>> = Vec::new();
    for file in &args.files {
        let heard = recordings::open(file)?.at_rate(HEARD_HZ);
        let channel = heard
            .channels
            .first()
            .context("a recording has a channel")?;
        sounds.push(channel.iter().take(LONGEST).copied().collect());
    }
    // What is slow the first time is in neither sum.
    hear(transcriber.as_mut(), &sounds[0], true, args.lang.lang)?;
    let (mut plain, mut with) = (Duration::ZERO, Duration::ZERO);
    let mut read = 0;
    for round in 0..args.rounds {
        for (i, sound) in sounds.iter().enumerate() {
            for voice in [(round + i) % 2 == 0, (round + i) % 2 != 0] {
                let before = thread_cpu_time();
                let was_read = hear(transcriber.as_mut(), sound, voice, args.lang.lang)?;
                let took = thread_cpu_time() - before;
                read += usize::from(was_read);
                *(if voice { &mut with } else { &mut plain }) += took;
            }
        }
    }
    ensure!(
        read > 0,
        "no mood was read: none of the recordings holds words"
    );
    let samples: usize = sounds.iter().map(|sound| sound.len()).sum();
    let audio = args.rounds as f64 * samples as f64 / f64::from(HEARD_HZ);
    let mut out = io::stdout().lock();
    let (plain, with) = (plain.as_secs_f64(), with.as_secs_f64());
    writeln!(
        out,
        "{read} of {} utterances had a mood",
        args.rounds * sounds.len()
    )?;
    writeln!(
        out,
        "without  {:.4} s of CPU per second of audio",
        plain / audio
    )?;
    writeln!(out, "with     {:.4}", with / audio)?;
    writeln!(out, "extra    {:.2} %", 100.0 * (with / plain - 1.0))?;
    Ok(Outcome::Done)
}

/// Recognises `sound`, and tells whether its mood was read.
fn hear(
    transcriber: &mut dyn Transcriber,
    sound: &Arc<[f32]>,
    voice: bool,
    lang: Lang,
) -> anyhow::Result<bool> {
    let job = Job {
        purpose: Purpose::Final,
        due: Instant::now() + NO_HURRY,
        audio: sound.clone(),
        languages: Arc::from([lang]),
        script: ChineseScript::Simplified,
        confirmed: None,
        expected: None,
        before: None,
        left_context: None,
        kept: None,
        vocabulary: Vocabulary::default(),
        voice: voice.then_some(0..sound.len()),
    };
    let answer = transcribe(transcriber, [job])
        .pop()
        .context("an answer")??;
    Ok(answer.voice.is_some())
}
