//! `sidetone eval lengths`: loops and made-up words at all lengths of an utterance.
//!
//! A recogniser that is shown less than the window it was trained on may repeat itself, and one
//! that is shown no speech may invent some. Both depend on the length, so all are tried.

use std::f32::consts::TAU;
use std::fmt::{self, Display, Formatter};
use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Duration;

use crate::tools::progress;
use clap::Args;
use serde::Serialize;
use sidetone::config::Config;
use sidetone::offline::{Listening, Offline};
use sidetone::recognition::Recogniser;
use sidetone_types::lang::LanguageTag;
use sidetone_types::party::Role;
use sidetone_types::recognise::RecogniseError;
use sidetone_types::time::SAMPLE_RATE;

use super::normalise::{loops, normalise};
use super::passage::{self, Passage};
use crate::tools::Outcome;
use crate::tools::process::cpu_time;

/// What is tried, in seconds: as short as a word and as long as the window.
const LENGTHS_S: [f64; 14] = [
    0.3, 0.5, 0.8, 1.0, 1.5, 2.0, 3.0, 5.0, 7.5, 10.0, 15.0, 20.0, 25.0, 30.0,
];
/// Between recordings that are joined.
const PAUSE_S: f64 = 0.3;
/// More words than anybody says in a second, or characters where words have no spaces.
const FASTEST_PER_S: f64 = 8.0;
/// Allowed on top, for the words at both ends that are cut.
const CUT_WORDS: f64 = 2.0;

/// Loops and made-up words at lengths of 0.3 to 30 s.
///
/// Recordings are joined with short pauses, and cut into utterances of each length without regard
/// for words. A cut with more words than anybody can say in its time has made some up; so has any
/// text where nobody speaks: silence, white noise, hum, a tone.
#[derive(Args, Debug)]
pub struct LengthsArgs {
    /// A manifest as `eval asr` takes it.
    manifest: PathBuf,
    /// Recordings in this language only.
    #[arg(long, default_value = "en")]
    lang: LanguageTag,
    /// No more recordings than this.
    #[arg(long, default_value_t = 50)]
    limit: usize,
    /// So many cuts of each length.
    #[arg(long, default_value_t = 8)]
    cuts: usize,
    /// A name of `sidetone models list`, instead of the configured one.
    #[arg(long)]
    pub model: Option<String>,
    /// One JSON object per length instead of a table.
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(args: &LengthsArgs, config: &Config) -> anyhow::Result<Outcome> {
    let passages = passage::read(
        std::slice::from_ref(&args.manifest),
        Some(args.lang),
        Some(args.limit),
    )?;
    let speech = Joined::new(&passages)?;
    let recogniser = Recogniser::load(config, &progress::stderr())?;
    let offline = recogniser.offline();
    let listener = Listener {
        offline: &offline,
        how: Listening {
            languages: vec![args.lang],
            vocabulary: [].into(),
            partials: false,
            mono: Role::Customer,
        },
    };
    let mut out = io::stdout();
    if !args.json {
        writeln!(out, "{HEADER}")?;
    }
    for length_s in LENGTHS_S {
        let row = listener.try_length(length_s, &speech, args.cuts)?;
        if args.json {
            serde_json::to_writer(&mut out, &row).map_err(io::Error::from)?;
            writeln!(out)?;
        } else {
            writeln!(out, "{row}")?;
        }
    }
    Ok(Outcome::Done)
}

/// Recordings one after the other.
struct Joined {
    samples: Vec<f32>,
    /// Where each begins.
    begins: Vec<usize>,
    /// Whether somebody repeats himself in any of them.
    loops: bool,
}

impl Joined {
    fn new(passages: &[Passage]) -> anyhow::Result<Self> {
        let mut joined = Self {
            samples: Vec::new(),
            begins: Vec::new(),
            loops: false,
        };
        for passage in passages {
            joined.begins.push(joined.samples.len());
            joined.samples.extend(passage.audio()?);
            let pause = std::iter::repeat_n(0.0, samples(PAUSE_S));
            joined.samples.extend(pause);
            joined.loops |= loops(&normalise(&passage.text, passage.lang.lang));
        }
        Ok(joined)
    }

    /// Cut `i` of `count` of this length: from where a recording begins, and round to the first
    /// again.
    fn cut(&self, i: usize, count: usize, length: usize) -> Vec<f32> {
        let begin = self.begins[i * self.begins.len() / count];
        let endless = self.samples.iter().cycle();
        endless.skip(begin).take(length).copied().collect()
    }
}

/// What came of one length.
#[derive(Debug, Serialize)]
struct Row {
    seconds: f64,
    cuts: usize,
    /// Cuts with any text.
    with_text: usize,
    /// Texts that go round in circles.
    looping: usize,
    /// Runs in which the recogniser stopped itself from that.
    stopped: usize,
    /// Texts of more words than can be said.
    invented: usize,
    /// Sounds without speech, and those of them with text.
    silent: usize,
    silent_with_text: usize,
    /// Of the cuts of speech.
    cpu_ms_per_cut: f64,
}

const HEADER: &str =
    " seconds  speech  with text  looping  stopped  invented  no speech  with text  CPU ms";

impl Display for Row {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:>8.1} {:>7} {:>10} {:>8} {:>8} {:>9} {:>10} {:>10} {:>7.0}",
            self.seconds,
            self.cuts,
            self.with_text,
            self.looping,
            self.stopped,
            self.invented,
            self.silent,
            self.silent_with_text,
            self.cpu_ms_per_cut
        )
    }
}

struct Listener<'a> {
    offline: &'a Offline<'a>,
    how: Listening,
}

impl Listener<'_> {
    fn try_length(
        &self,
        length_s: f64,
        speech: &Joined,
        cuts: usize,
    ) -> Result<Row, RecogniseError> {
        let mut row = Row {
            seconds: length_s,
            cuts,
            with_text: 0,
            looping: 0,
            stopped: 0,
            invented: 0,
            silent: 0,
            silent_with_text: 0,
            cpu_ms_per_cut: 0.0,
        };
        let length = samples(length_s);
        let cpu_before = cpu_time();
        for i in 0..cuts {
            let (words, stopped) = self.hear(speech.cut(i, cuts, length))?;
            row.with_text += usize::from(!words.is_empty());
            row.looping += usize::from(loops(&words) && !speech.loops);
            row.stopped += usize::from(stopped);
            row.invented += usize::from(too_many(words.len(), length_s));
        }
        let cpu: Duration = cpu_time() - cpu_before;
        row.cpu_ms_per_cut = cpu.as_secs_f64() * 1000.0 / cuts.max(1) as f64;
        for sound in no_speech(length) {
            row.silent += 1;
            row.silent_with_text += usize::from(!self.hear(sound)?.0.is_empty());
        }
        Ok(row)
    }

    /// The words as they are scored, and whether the recogniser had to stop itself.
    fn hear(&self, audio: Vec<f32>) -> Result<(Vec<String>, bool), RecogniseError> {
        let heard = self.offline.hear_whole(audio.into(), &self.how)?;
        let lang = self.how.languages[0].lang;
        Ok((normalise(&heard.text(), lang), heard.looped))
    }
}

fn too_many(words: usize, length_s: f64) -> bool {
    words as f64 > length_s * FASTEST_PER_S + CUT_WORDS
}

fn samples(seconds: f64) -> usize {
    (seconds * f64::from(SAMPLE_RATE)).round() as usize
}

/// Sounds in which nobody speaks.
fn no_speech(length: usize) -> [Vec<f32>; 4] {
    let tone = |hz: f32, level: f32| {
        let step = TAU * hz / SAMPLE_RATE as f32;
        move |i: usize| level * (step * i as f32).sin()
    };
    let (hum, overtone, beep) = (tone(50.0, 0.05), tone(150.0, 0.02), tone(440.0, 0.1));
    let mut state = 1_u32;
    let mut noise = |_| {
        // Numerical Recipes' generator; its high bits are noise enough.
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        0.05 * (state as f32 / u32::MAX as f32 * 2.0 - 1.0)
    };
    [
        vec![0.0; length],
        (0..length).map(&mut noise).collect(),
        (0..length).map(|i| hum(i) + overtone(i)).collect(),
        (0..length).map(beep).collect(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_begin_with_recordings_and_go_round() {
        let joined = Joined {
            samples: vec![0.0, 0.1, 0.2, 0.3, 0.4],
            begins: vec![0, 2, 3],
            loops: false,
        };
        assert_eq!(joined.cut(0, 3, 2), [0.0, 0.1]);
        assert_eq!(joined.cut(2, 3, 4), [0.3, 0.4, 0.0, 0.1]);
        assert_eq!(joined.cut(1, 2, 1), [0.2], "spread over all");
    }

    #[test]
    fn fast_speech_is_not_made_up() {
        for (words, length_s, invented) in [
            (0, 0.3, false),
            (3, 0.3, false),
            (9, 0.3, true),
            (12, 3.0, false),
            (224, 30.0, false),
            (400, 30.0, true),
        ] {
            assert_eq!(too_many(words, length_s), invented, "{words} in {length_s}");
        }
    }

    #[test]
    fn sounds_without_speech_are_as_long_as_asked_and_never_clip() {
        for sound in no_speech(8_000) {
            assert_eq!(sound.len(), 8_000);
            assert!(sound.iter().all(|sample| sample.abs() < 0.2));
        }
    }
}
