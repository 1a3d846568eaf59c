//! `sidetone eval lines`: a recogniser that another program asks, one recording after the other.
//!
//! Who compares recognisers has them take turns, and wants to know what each utterance took. So the
//! model is loaded once, each line of standard input names a recording, and each is answered at
//! once with a line of JSON on standard output:
//!
//! ```json
//! {"path": "a.wav", "text": "Press one.", "lang": "en", "looped": false,
//!  "audio_seconds": 2.1, "cpu_seconds": 0.084, "wall_seconds": 0.085}
//! ```
//!
//! The processor's time is that of all threads, user and system, without reading the recording. A
//! recording that cannot be read or recognised is answered with `path` and `error`.

use std::io::{self, BufRead, Write};
use std::path::Path;
use std::time::Instant;

use crate::tools::progress;
use clap::Args;
use serde::Serialize;
use sidetone::config::Config;
use sidetone::offline::{Listening, Offline};
use sidetone::recognition::Recogniser;
use sidetone_types::lang::{Lang, LanguageTag};
use sidetone_types::party::Role;
use sidetone_types::time::SAMPLE_RATE;

use crate::tools::Outcome;
use crate::tools::process::cpu_time;
use crate::tools::recordings;

/// Answer each recording named on standard input with a line of JSON: text and cost.
///
/// Each is one utterance of at most 30 s on one channel.
#[derive(Args, Debug)]
pub struct LinesArgs {
    /// The languages that may be spoken.
    #[arg(long, value_delimiter = ',', default_value = "en")]
    lang: Vec<LanguageTag>,
    /// A name of `sidetone models list`, instead of the configured one.
    #[arg(long)]
    pub model: Option<String>,
}

/// Runs the command.
pub fn run(args: &LinesArgs, config: &Config) -> anyhow::Result<Outcome> {
    let recogniser = Recogniser::load(config, &progress::stderr())?;
    let offline = recogniser.offline();
    let how = Listening {
        languages: args.lang.clone(),
        vocabulary: [].into(),
        partials: false,
        mono: Role::Customer,
    };
    let mut outcome = Outcome::Done;
    let mut out = io::stdout();
    for path in io::stdin().lock().lines() {
        let path = path?;
        let answer = hear(path.trim(), &offline, &how).unwrap_or_else(|error| {
            outcome = Outcome::Failed;
            let path = path.trim().to_owned();
            Answer::Failed { path, error }
        });
        serde_json::to_writer(&mut out, &answer).map_err(io::Error::from)?;
        writeln!(out)?;
        out.flush()?;
    }
    Ok(outcome)
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Answer {
    Heard {
        path: String,
        text: String,
        lang: Lang,
        looped: bool,
        audio_seconds: f64,
        cpu_seconds: f64,
        wall_seconds: f64,
    },
    Failed {
        path: String,
        error: String,
    },
}

fn hear(path: &str, offline: &Offline<'_>, how: &Listening) -> Result<Answer, String> {
    let recording = recordings::open(Path::new(path)).map_err(|error| error.to_string())?;
    let audio_seconds = recording.duration().as_secs_f64();
    let mut channels = recording.at_rate(SAMPLE_RATE).channels.into_iter();
    let (Some(samples), None) = (channels.next(), channels.next()) else {
        return Err("has two channels; give it one".to_owned());
    };
    let (began, cpu_before) = (Instant::now(), cpu_time());
    let heard = offline.hear_whole(samples.into(), how);
    let (wall, cpu) = (began.elapsed(), cpu_time() - cpu_before);
    let heard = heard.map_err(|error| error.to_string())?;
    Ok(Answer::Heard {
        path: path.to_owned(),
        text: heard.text(),
        lang: heard.lang,
        looped: heard.looped,
        audio_seconds,
        cpu_seconds: cpu.as_secs_f64(),
        wall_seconds: wall.as_secs_f64(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_one_line() {
        let heard = Answer::Heard {
            path: "a.wav".to_owned(),
            text: "one\ntwo".to_owned(),
            lang: Lang::EN,
            looped: false,
            audio_seconds: 2.5,
            cpu_seconds: 0.25,
            wall_seconds: 0.5,
        };
        assert_eq!(
            serde_json::to_string(&heard).expect("plain data"),
            r#"{"path":"a.wav","text":"one\ntwo","lang":"en","looped":false,"audio_seconds":2.5,"cpu_seconds":0.25,"wall_seconds":0.5}"#
        );
        let failed = Answer::Failed {
            path: "b.wav".to_owned(),
            error: "no such file".to_owned(),
        };
        assert_eq!(
            serde_json::to_string(&failed).expect("plain data"),
            r#"{"path":"b.wav","error":"no such file"}"#
        );
    }
}
