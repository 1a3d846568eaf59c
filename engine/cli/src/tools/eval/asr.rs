//! `sidetone eval asr`: recordings with known words through the recogniser.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use crate::tools::progress;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use sidetone::audio_file::{AudioFileError, Recording};
use sidetone::config::Config;
use sidetone::offline::{Listening, Offline};
use sidetone::recognition::Recogniser;
use sidetone_core::call::NO_LIKELY_WORDS;
use sidetone_media::audio::{Codec, decode, encode};
use sidetone_types::event::{EventKind, TimedWord};
use sidetone_types::id::{CallId, UtteranceId};
use sidetone_types::lang::{Lang, LanguageTag};
use sidetone_types::party::Role;
use sidetone_types::recognise::Phrase;
use sidetone_types::time::SAMPLE_RATE;

use super::manifest::{self, Row, Wanted};
use super::reliability::HeardWord;
use super::report::{Effort, Report, Run, Setting};
use super::score::{Evaluation, Heard, Scored};
use crate::tell::tell;
use crate::tools::Outcome;
use crate::tools::parallel::in_order;
use crate::tools::process::cpu_time;
use crate::tools::recordings;
use crate::tools::vocabulary::VocabularyArgs;

/// Errors, cost and latency of speech recognition.
#[derive(Args, Debug)]
pub struct AsrArgs {
    /// Tab-separated, with a header; needs the columns file, lang, text and split. Each recording
    /// runs as a call of its own. Rows with the text `-` are left out.
    manifest: PathBuf,
    /// Rows in this language only.
    #[arg(long)]
    lang: Option<LanguageTag>,
    /// No more rows than this.
    #[arg(long)]
    limit: Option<usize>,
    /// Rows of this split only.
    #[arg(long)]
    split: Option<String>,
    /// Send the audio through 8 kHz G.711 mu-law first.
    #[arg(long)]
    telephone: bool,
    /// Take each recording as one utterance of at most 30 s, instead of looking for where speech
    /// begins and ends.
    #[arg(long)]
    uncut: bool,
    /// Score the words for the record, after the second pass, instead of the live ones.
    #[arg(long, conflicts_with = "uncut")]
    record: bool,
    /// Ask for interim results as a live call does. The words scored are still those of finals,
    /// which build on them, and the cost is that of all looks.
    #[arg(long, conflicts_with = "uncut")]
    interim: bool,
    /// Let the recogniser find the language among English and Chinese, instead of telling it.
    #[arg(long)]
    detect: bool,
    #[command(flatten)]
    vocabulary: VocabularyArgs,
    /// A name of `sidetone models list`, instead of the configured one.
    #[arg(long)]
    pub model: Option<String>,
    /// One JSON object instead of a report.
    #[arg(long)]
    json: bool,
    /// Show so many of the worst recordings.
    #[arg(long, default_value_t = 5)]
    worst: usize,
}

/// Runs the command.
pub fn run(args: &AsrArgs, config: &Config) -> anyhow::Result<Outcome> {
    let wanted = Wanted {
        lang: args.lang,
        split: args.split.clone(),
        limit: args.limit,
    };
    let rows = manifest::read(&args.manifest, &wanted)?;
    let vocabulary: Arc<[Phrase]> = args.vocabulary.phrases(config.defaults.boost)?.into();
    let mut config = config.clone();
    config.call.second_pass.enabled = args.record;
    let recogniser = Recogniser::load(&config, &progress::stderr())?;
    let setting = Setting {
        model: config.recogniser.model.clone(),
        telephone: args.telephone,
        uncut: args.uncut,
        record: args.record.then(|| config.recogniser.record().to_owned()),
        interim: args.interim,
        detect: args.detect,
        phrases: vocabulary.len(),
        threads: recogniser.threads,
    };
    let mut evaluation = Evaluation::default();
    let (began, cpu_before) = (Instant::now(), cpu_time());
    hear_all(&rows, args, &vocabulary, &recogniser, &mut evaluation)?;
    let effort = Effort {
        wall: began.elapsed(),
        cpu: cpu_time() - cpu_before,
    };
    let report = Report {
        manifest: &args.manifest.display().to_string(),
        run: Some(Run { setting, effort }),
        evaluation: &evaluation,
        worst: args.worst,
    };
    report.write(&mut io::stdout(), args.json)?;
    let whole = evaluation.unread == 0 && evaluation.unrecognised == 0;
    Ok(if whole {
        Outcome::Done
    } else {
        Outcome::Failed
    })
}

fn hear_all(
    rows: &[Row],
    args: &AsrArgs,
    vocabulary: &Arc<[Phrase]>,
    recogniser: &Recogniser,
    evaluation: &mut Evaluation,
) -> anyhow::Result<()> {
    let offline = recogniser.offline();
    let style = ProgressStyle::with_template("{wide_bar} {pos}/{len} recordings, {eta} to go");
    let bar = ProgressBar::new(rows.len() as u64).with_style(style.expect("the template is fixed"));
    in_order(
        rows,
        recogniser.threads + 1,
        |row| hear(row, args, vocabulary, &offline),
        |row, heard| {
            bar.inc(1);
            match heard? {
                Ok(heard) => {
                    let scored = Scored::new(&row.name, row.lang.lang, &row.text, &heard.text);
                    evaluation.add(scored, &heard);
                }
                Err(error) => {
                    evaluation.unread += 1;
                    bar.suspend(|| tell(format_args!("error: {error}")));
                }
            }
            anyhow::Ok(())
        },
    )?;
    bar.finish_and_clear();
    Ok(())
}

fn hear(
    row: &Row,
    args: &AsrArgs,
    vocabulary: &Arc<[Phrase]>,
    offline: &Offline<'_>,
) -> anyhow::Result<Result<Heard, AudioFileError>> {
    let mut recording = match recordings::open(&row.path) {
        Ok(recording) => recording,
        Err(error) => return Ok(Err(error)),
    };
    if args.telephone {
        recording = through_telephone(&recording);
    }
    let among = || {
        ["en", "zh"]
            .into_iter()
            .map(str::parse)
            .collect::<Result<_, _>>()
    };
    let how = Listening {
        languages: if args.detect {
            among()?
        } else {
            vec![row.lang]
        },
        vocabulary: Arc::clone(vocabulary),
        partials: args.interim,
        mono: Role::Customer,
    };
    let mut texts = BTreeMap::new();
    let mut words = BTreeMap::new();
    let heard_words = |words: &[TimedWord]| words.iter().map(HeardWord::from).collect::<Vec<_>>();
    let mut heard = Heard {
        text: String::new(),
        latencies: Vec::new(),
        unrecognised: 0,
        audio: recording.duration(),
        words: Vec::new(),
    };
    if args.uncut {
        for samples in recording.at_rate(SAMPLE_RATE).channels {
            let began = Instant::now();
            match offline.hear_whole(samples.into(), &how) {
                Ok(hypothesis) => {
                    heard
                        .words
                        .extend(hypothesis.words.iter().map(HeardWord::from));
                    texts.insert(UtteranceId(texts.len() as u64), hypothesis.text());
                }
                Err(_) => heard.unrecognised += 1,
            }
            heard.latencies.push(began.elapsed());
        }
        heard.text = join(&texts, row.lang.lang);
        return Ok(Ok(heard));
    }
    offline.run(
        CallId::new(row.name.as_str()),
        &recording,
        &how,
        |event| match event.event.kind {
            EventKind::Final(done) => {
                words.insert(done.utterance, heard_words(&done.words));
                texts.insert(done.utterance, done.spoken);
                heard.latencies.extend(event.event.latency);
            }
            EventKind::Revised(revised) => {
                words.insert(revised.words.utterance, heard_words(&revised.words.words));
                texts.insert(revised.words.utterance, revised.words.spoken);
            }
            // It could be recognised: there are no words in it, or none that are likely.
            EventKind::Unrecognised { reason, .. } if reason == NO_LIKELY_WORDS => {}
            EventKind::Unrecognised { .. } => heard.unrecognised += 1,
            _ => {}
        },
    )?;
    heard.text = join(&texts, row.lang.lang);
    heard.words = words.into_values().flatten().collect();
    Ok(Ok(heard))
}

/// Utterances as one text.
fn join(texts: &BTreeMap<UtteranceId, String>, lang: Lang) -> String {
    let texts: Vec<&str> = texts.values().map(String::as_str).collect();
    texts.join(if lang.is_unspaced() { "" } else { " " })
}

/// What a telephone line leaves of a recording.
fn through_telephone(recording: &Recording) -> Recording {
    let mut line = recording.at_rate(Codec::Pcmu.rate().hz());
    for samples in &mut line.channels {
        *samples = decode(Codec::Pcmu, &encode(Codec::Pcmu, samples));
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_telephone_line_leaves_8_khz_and_the_levels_of_mu_law() {
        let tone = |rate: u32| {
            let sample =
                move |i| 0.5 * (std::f32::consts::TAU * 440.0 * i as f32 / rate as f32).sin();
            (0..rate).map(sample).collect::<Vec<f32>>()
        };
        let recording = Recording {
            rate_hz: 16_000,
            channels: vec![tone(16_000)],
        };
        let line = through_telephone(&recording);
        assert_eq!((line.rate_hz, line.channels[0].len()), (8_000, 8_000));
        assert_eq!(
            through_telephone(&line),
            line,
            "what has been through loses nothing more"
        );
        let noise: f32 = line.channels[0][100..7_900]
            .iter()
            .zip(&tone(8_000)[100..7_900])
            .map(|(a, b)| (a - b) * (a - b))
            .sum();
        let signal: f32 = line.channels[0].iter().map(|s| s * s).sum();
        let snr_db = 10.0 * (signal / noise).log10();
        assert!((25.0..60.0).contains(&snr_db), "{snr_db} dB");
    }
}
