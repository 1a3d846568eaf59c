//! `sidetone eval echo`: calls in which one side hears itself, made of recordings.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{bail, ensure};
use clap::Args;
use indicatif::ProgressBar;
use sidetone::audio_file::Recording;
use sidetone::config::Config;
use sidetone::offline::{Listening, Offline};
use sidetone::recognition::Recogniser;
use sidetone_media::audio::{Codec, decode, encode};
use sidetone_types::event::{EventKind, LegState};
use sidetone_types::id::CallId;
use sidetone_types::lang::{Lang, LanguageTag};
use sidetone_types::party::Role;
use sidetone_types::prng::SplitMix64;

use super::distance::edits;
use super::manifest::{self, Row, Wanted};
use super::normalise::normalise;
use crate::tools::Outcome;
use crate::tools::parallel::in_order;
use crate::tools::{progress, recordings};

/// Words of the wrong side where one comes back on the other's leg, and words lost where both
/// speak.
///
/// Makes calls of pairs of recordings, 8 kHz mu-law: echoes of one on the other's leg, half of them
/// followed by an answer; both at once, half of them with an echo; and one sound on both legs. What
/// is heard is compared with what is heard of the same recordings without any of that.
#[derive(Args, Debug)]
pub struct EchoArgs {
    /// Manifests as `eval asr` takes them. With several, the two sides of a call are of different
    /// ones.
    #[arg(required = true)]
    manifests: Vec<PathBuf>,
    /// Rows in this language only.
    #[arg(long)]
    lang: Option<LanguageTag>,
    /// Calls of each kind.
    #[arg(long, default_value_t = 40)]
    count: usize,
    /// Other seeds make other calls.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Show the words of each call that is not as it should be.
    #[arg(long)]
    show: bool,
}

/// Samples a second of a call.
const RATE: usize = 8_000;
/// Recordings that are shorter or longer than this are not used, in samples: 1.5 s and 15 s.
const LENGTHS: std::ops::Range<usize> = 12_000..120_000;
/// What is looked for, for people.
const USABLE: &str = "recording of 1.5 to 15 s with words";

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    /// The customer says nothing, or answers.
    Echo { answers: bool },
    /// The customer speaks at the same time.
    Both { echo: bool },
    /// The legs carry one sound.
    Mono,
}

/// A call, and the same one without what makes it hard.
struct Mixture {
    kind: Kind,
    /// What was done, for people.
    how: String,
    langs: [LanguageTag; 2],
    legs: [Vec<f32>; 2],
    clean: [Vec<f32>; 2],
}

/// What was heard of a call, side by side.
#[derive(Clone, Default)]
struct Heard {
    words: [Vec<String>; 2],
    /// Interim results with words.
    interim: [usize; 2],
    copies: usize,
}

/// What is counted of one kind of calls.
#[derive(Default)]
struct Totals {
    calls: usize,
    /// What was heard without the difficulty.
    words: u64,
    /// Words that are not among them.
    wrong: u64,
    lost: u64,
    changed: u64,
    interim: usize,
    copies: usize,
}

/// Runs the command.
pub fn run(args: &EchoArgs, config: &Config) -> anyhow::Result<Outcome> {
    let wanted = Wanted {
        lang: args.lang,
        ..Wanted::default()
    };
    let sets = args
        .manifests
        .iter()
        .map(|path| manifest::read(path, &wanted));
    let sets = sets.collect::<anyhow::Result<Vec<_>>>()?;
    let sets: Vec<_> = args
        .manifests
        .iter()
        .map(PathBuf::as_path)
        .zip(sets)
        .collect();
    let mixtures = mixtures(&sets, args)?;
    let recogniser = Recogniser::load(config, &progress::stderr())?;
    let offline = recogniser.offline();
    let bar = ProgressBar::new(mixtures.len() as u64);
    let mut out = io::stdout();
    let mut echoes = Totals::default();
    let mut both = Totals::default();
    let mut mono = Totals::default();
    in_order(
        &mixtures,
        recogniser.threads + 1,
        |mixture| hear(mixture, &offline),
        |mixture, heard| {
            bar.inc(1);
            let (clean, heard) = heard?;
            let totals = match mixture.kind {
                Kind::Echo { .. } => &mut echoes,
                Kind::Both { .. } => &mut both,
                Kind::Mono => &mut mono,
            };
            if totals.add(mixture.kind, &clean, &heard) && args.show {
                bar.suspend(|| show(&mut out, mixture, &clean, &heard))?;
            }
            anyhow::Ok(())
        },
    )?;
    bar.finish_and_clear();
    writeln!(
        out,
        "echoes:       {} calls, {} words of the wrong side, {} interim results of it",
        echoes.calls, echoes.wrong, echoes.interim
    )?;
    writeln!(
        out,
        "              {} words of answers, {} lost, {} changed",
        echoes.words, echoes.lost, echoes.changed
    )?;
    let percent = 100.0 * (both.lost + both.changed) as f64 / both.words.max(1) as f64;
    writeln!(
        out,
        "both at once: {} calls, {} words, {} lost, {} changed ({percent:.1} %), {} more",
        both.calls, both.words, both.lost, both.changed, both.wrong
    )?;
    writeln!(
        out,
        "one sound:    {} calls, {} words, {} heard twice, {} lost, told in {}",
        mono.calls, mono.words, mono.wrong, mono.lost, mono.copies
    )?;
    Ok(Outcome::Done)
}

impl Totals {
    /// Whether something is not as it should be.
    fn add(&mut self, kind: Kind, clean: &Heard, heard: &Heard) -> bool {
        self.calls += 1;
        self.copies += usize::from(heard.copies > 0);
        let (wrong, lost, changed) = match kind {
            Kind::Mono => {
                // Whichever leg is heard, its words come once.
                let [one, other] = &heard.words;
                let (most, least) = if one.len() >= other.len() {
                    (one, other)
                } else {
                    (other, one)
                };
                let edits = edits(&clean.words[0], most);
                self.words += clean.words[0].len() as u64;
                (least.len() as u64, edits.deletions + edits.substitutions, 0)
            }
            _ => {
                let sides: &[usize] = if matches!(kind, Kind::Echo { .. }) {
                    &[1]
                } else {
                    &[0, 1]
                };
                let mut sum = (0, 0, 0);
                for side in sides {
                    let edits = edits(&clean.words[*side], &heard.words[*side]);
                    self.words += clean.words[*side].len() as u64;
                    sum.0 += edits.insertions;
                    sum.1 += edits.deletions;
                    sum.2 += edits.substitutions;
                }
                if kind == (Kind::Echo { answers: false }) {
                    self.interim += heard.interim[1];
                }
                sum
            }
        };
        self.wrong += wrong;
        self.lost += lost;
        self.changed += changed;
        wrong + lost + changed > 0
    }
}

fn show(out: &mut impl Write, mixture: &Mixture, clean: &Heard, heard: &Heard) -> io::Result<()> {
    writeln!(out, "{:?}, {}", mixture.kind, mixture.how)?;
    for side in [0, 1] {
        let joint = if mixture.langs[side].lang.is_unspaced() {
            ""
        } else {
            " "
        };
        writeln!(
            out,
            "  {side}: {}\n     {}",
            clean.words[side].join(joint),
            heard.words[side].join(joint)
        )?;
    }
    Ok(())
}

/// Calls of the recordings of manifests.
fn mixtures(sets: &[(&Path, Vec<Row>)], args: &EchoArgs) -> anyhow::Result<Vec<Mixture>> {
    let mut rng = SplitMix64::new(args.seed);
    let mut warned = BTreeSet::new();
    let mut mixtures = Vec::new();
    for kind in [
        |even| Kind::Echo { answers: even },
        |even| Kind::Both { echo: even },
        |_| Kind::Mono,
    ] {
        for i in 0..args.count {
            let one = rng.below(sets.len());
            let other = if sets.len() == 1 {
                one
            } else {
                (one + 1 + rng.below(sets.len() - 1)) % sets.len()
            };
            let (path, rows) = &sets[one];
            let Some((first, a)) = pick(rows, "", &mut rng, &mut warned)? else {
                bail!(
                    "{}: there is no {USABLE} for one side of a call",
                    path.display()
                );
            };
            let (path, rows) = &sets[other];
            let Some((second, b)) = pick(rows, &first.name, &mut rng, &mut warned)? else {
                bail!(
                    "{}: there is no {USABLE} for the other side of a call, whose first is {}",
                    path.display(),
                    first.name
                );
            };
            let langs = [first.lang, second.lang];
            mixtures.push(mixture(kind(i % 2 == 1), langs, (&a, &b), &mut rng));
        }
    }
    Ok(mixtures)
}

/// A recording of a useful length that is not called `but`, at a common level; `None` if none is
/// found. What is odd about a file is said unless it is among those `warned` of, and then it is.
fn pick<'a>(
    rows: &'a [Row],
    but: &str,
    rng: &mut SplitMix64,
    warned: &mut BTreeSet<&'a Path>,
) -> anyhow::Result<Option<(&'a Row, Vec<f32>)>> {
    for _ in 0..1_000 {
        let row = &rows[rng.below(rows.len())];
        if row.name == but || row.text.is_empty() {
            continue;
        }
        let (recording, warnings) = recordings::read(&row.path, None)?;
        if warned.insert(&row.path) {
            warnings
                .iter()
                .for_each(|odd| recordings::say(&row.path, odd));
        }
        let recording = recording.at_rate(RATE as u32);
        let samples = &recording.channels[0];
        let power = samples.iter().map(|s| s * s).sum::<f32>() / samples.len().max(1) as f32;
        if LENGTHS.contains(&samples.len()) && power > 0.0 {
            let gain = gain(-20.0 - 8.0 * rng.share()) / power.sqrt();
            return Ok(Some((row, samples.iter().map(|s| gain * s).collect())));
        }
    }
    Ok(None)
}

fn gain(db: f32) -> f32 {
    10.0_f32.powf(db / 20.0)
}

/// Adds `sound` to `leg` from sample `at` on.
fn add(leg: &mut Vec<f32>, sound: &[f32], at: usize, gain: f32) {
    leg.resize(leg.len().max(at + sound.len()), 0.0);
    for (to, from) in leg[at..].iter_mut().zip(sound) {
        *to += gain * from;
    }
}

fn mixture(
    kind: Kind,
    langs: [LanguageTag; 2],
    (a, b): (&[f32], &[f32]),
    rng: &mut SplitMix64,
) -> Mixture {
    let within = |rng: &mut SplitMix64, from: f32, to: f32| from + (to - from) * rng.share();
    let samples = |ms: f32| (ms * RATE as f32 / 1_000.0) as usize;
    let begin = samples(500.0);
    let (late_ms, db) = (within(rng, 20.0, 300.0), within(rng, -20.0, -3.0));
    let dull = rng.below(2) == 1;
    let (late, mut how) = (
        begin + samples(late_ms),
        format!("{late_ms:.0} ms, {db:.0} dB"),
    );
    let (mut agent, mut customer) = (Vec::new(), Vec::new());
    add(&mut agent, a, begin, 1.0);
    let back = if dull { through_handset(a) } else { a.to_vec() };
    let mut clean = customer.clone();
    match kind {
        Kind::Echo { answers } => {
            add(&mut customer, &back, late, gain(db));
            if answers {
                let at = begin + a.len() + samples(within(rng, 300.0, 1_500.0));
                add(&mut customer, b, at, 1.0);
                add(&mut clean, b, at, 1.0);
            }
        }
        Kind::Both { echo } => {
            let at = begin + samples(within(rng, 200.0, 1_000.0));
            add(&mut customer, b, at, 1.0);
            clean = customer.clone();
            match echo {
                true => add(&mut customer, &back, late, gain(db)),
                false => how.clear(),
            }
        }
        Kind::Mono => {
            let at = begin + a.len() + samples(700.0);
            add(&mut agent, b, at, 1.0);
            let lag = if rng.below(2) == 0 {
                0
            } else {
                samples(late_ms)
            };
            how = format!("{} ms", lag * 1_000 / RATE);
            add(&mut customer, &agent, lag, 1.0);
        }
    }
    let length = [&agent, &customer, &clean]
        .map(Vec::len)
        .into_iter()
        .max()
        .unwrap_or(0)
        + RATE;
    let line = |mut leg: Vec<f32>, rng: &mut SplitMix64| {
        leg.resize(length, 0.0);
        let noise = gain(-65.0);
        leg.iter_mut()
            .for_each(|s| *s += noise * (rng.share() + rng.share() - 1.0));
        decode(Codec::Pcmu, &encode(Codec::Pcmu, &leg))
    };
    Mixture {
        kind,
        how,
        langs,
        clean: [line(agent.clone(), rng), line(clean, rng)],
        legs: [line(agent, rng), line(customer, rng)],
    }
}

/// What a handset's loudspeaker and microphone leave of a sound: duller, with some reflections.
fn through_handset(sound: &[f32]) -> Vec<f32> {
    const TAPS: [(usize, f32); 7] = [
        (0, 0.25),
        (1, 0.5),
        (2, 0.25),
        (7, -0.2),
        (13, 0.12),
        (22, 0.08),
        (31, -0.05),
    ];
    let at = |n: usize| {
        TAPS.iter()
            .filter(move |(late, _)| *late <= n)
            .map(move |(late, tap)| tap * sound[n - late])
    };
    (0..sound.len()).map(|n| at(n).sum()).collect()
}

/// The call without what makes it hard, and with it.
fn hear(mixture: &Mixture, offline: &Offline<'_>) -> anyhow::Result<(Heard, Heard)> {
    let clean = if mixture.kind == Kind::Mono {
        // Of one leg, the whole call.
        hear_call(
            &[mixture.clean[0].clone(), vec![0.0; mixture.clean[0].len()]],
            mixture.langs,
            false,
            offline,
        )?
    } else {
        let mut clean = Heard::default();
        for side in [0, 1] {
            let mut legs = mixture.clean.clone();
            legs[1 - side].fill(0.0);
            let alone = hear_call(&legs, mixture.langs, false, offline)?;
            clean.words[side].clone_from(&alone.words[side]);
        }
        clean
    };
    // Interim results are decoded again and again: only where they must not be there.
    let partials = mixture.kind == (Kind::Echo { answers: false });
    Ok((
        clean,
        hear_call(&mixture.legs, mixture.langs, partials, offline)?,
    ))
}

fn hear_call(
    legs: &[Vec<f32>; 2],
    langs: [LanguageTag; 2],
    partials: bool,
    offline: &Offline<'_>,
) -> anyhow::Result<Heard> {
    let recording = Recording {
        rate_hz: RATE as u32,
        channels: legs.to_vec(),
    };
    let mut languages = langs.to_vec();
    languages.dedup();
    ensure!(languages.len() <= 2, "a call has two sides");
    let how = Listening {
        languages,
        vocabulary: [].into(),
        partials,
        mono: Role::Customer,
    };
    let mut heard = Heard::default();
    offline.run(CallId::new("echo"), &recording, &how, |event| {
        let side = usize::from(event.event.role == Some(Role::Customer));
        match event.event.kind {
            EventKind::Final(done) => heard.words[side].extend(words(&done.spoken, done.lang)),
            EventKind::Partial(_) => heard.interim[side] += 1,
            EventKind::LegState {
                state: LegState::Copy,
            } => heard.copies += 1,
            _ => {}
        }
    })?;
    Ok(heard)
}

fn words(text: &str, lang: Lang) -> Vec<String> {
    normalise(text, lang)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file of so many samples at 8 kHz.
    fn wav(samples: u32) -> Vec<u8> {
        let sizes = [36 + 2 * samples, 16, 2 * samples].map(u32::to_le_bytes);
        let (pcm, channels) = (1_u16.to_le_bytes(), 1_u16.to_le_bytes());
        let (rate, bytes) = (8_000_u32.to_le_bytes(), 16_000_u32.to_le_bytes());
        let (align, bits) = (2_u16.to_le_bytes(), 16_u16.to_le_bytes());
        let head: [&[u8]; 13] = [
            b"RIFF", &sizes[0], b"WAVE", b"fmt ", &sizes[1], &pcm, &channels, &rate, &bytes,
            &align, &bits, b"data", &sizes[2],
        ];
        let tone = (0..samples).map(|i| (6_000.0 * (i as f32 * 0.3).sin()) as i16);
        [head.concat(), tone.flat_map(i16::to_le_bytes).collect()].concat()
    }

    #[test]
    fn the_missing_side_of_a_pair_is_named_and_a_file_is_warned_of_once() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let row = |name: &str, samples| {
            let path = dir.path().join(name);
            // What a recorder left that was switched off: a warning.
            let file = wav(samples);
            std::fs::write(&path, &file[..file.len() - 1_000]).expect("writable");
            let lang = "en".parse().expect("a language");
            let (name, text) = (name.to_owned(), "hello".to_owned());
            Row {
                name,
                path,
                lang,
                text,
            }
        };
        let (long, short) = (row("long.wav", 24_000), row("short.wav", 4_000));
        let args = EchoArgs {
            manifests: Vec::new(),
            lang: None,
            count: 1,
            seed: 1,
            show: false,
        };
        let set = Path::new("set.tsv");
        for (rows, expected) in [
            (vec![short.clone()], "for one side of a call"),
            (
                vec![long.clone(), short],
                "for the other side of a call, whose first is long.wav",
            ),
        ] {
            let error = mixtures(&[(set, rows)], &args).err().expect(expected);
            let error = error.to_string();
            assert!(
                error.starts_with("set.tsv: there is no recording"),
                "{error}"
            );
            assert!(error.ends_with(expected), "{error}");
        }
        let rows = [long];
        let (mut rng, mut warned) = (SplitMix64::new(1), BTreeSet::new());
        for _ in 0..2 {
            let picked = pick(&rows, "", &mut rng, &mut warned).expect("it is read");
            assert!(picked.is_some());
            assert_eq!(warned.len(), 1);
        }
    }

    #[test]
    fn calls_are_made_the_same_from_the_same_seed_and_the_echo_is_as_late_as_said() {
        let tone: Vec<f32> = (0..16_000).map(|i| 0.2 * (i as f32 * 0.3).sin()).collect();
        let langs = ["en", "zh"].map(|tag| tag.parse().expect("a language"));
        let make = |seed, kind| mixture(kind, langs, (&tone, &tone), &mut SplitMix64::new(seed));
        let kind = Kind::Echo { answers: false };
        let (one, same, other) = (make(1, kind), make(1, kind), make(2, kind));
        assert_eq!(one.legs, same.legs);
        assert_ne!(one.how, other.how);
        let begins = |leg: &[f32]| leg.iter().position(|s| s.abs() > 0.004).expect("it sounds");
        let late_ms: usize = one
            .how
            .split(' ')
            .next()
            .and_then(|ms| ms.parse().ok())
            .expect("ms");
        let late = (begins(&one.legs[1]) - begins(&one.legs[0])) * 1_000 / RATE;
        assert!(late.abs_diff(late_ms) <= 3, "{late} {late_ms}");
        let loudest = one.clean[1]
            .iter()
            .fold(0.0_f32, |most, s| most.max(s.abs()));
        assert!(loudest < 0.004, "the customer says nothing: {loudest}");
    }
}
