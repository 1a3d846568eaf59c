//! An evaluation as text for people, and as JSON for what compares evaluations.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};
use std::io::{self, Write};
use std::time::Duration;

use serde::Serialize;
use sidetone_types::lang::Lang;

use super::normalise::described;
use super::reliability::Reliability;
use super::score::{Evaluation, Scored, Totals};
use crate::tools::percentile;

/// How the recordings were heard.
#[derive(Clone, Debug, Serialize)]
pub struct Setting {
    /// The model's name.
    pub model: String,
    /// Whether the audio was sent down a telephone line first.
    pub telephone: bool,
    /// Whether each was taken as one utterance.
    pub uncut: bool,
    /// The model whose words for the record were scored; `None` if the live ones were.
    pub record: Option<String>,
    /// Whether interim results were asked for.
    pub interim: bool,
    /// Whether the language was left for the recogniser to find.
    pub detect: bool,
    /// Words and names of a vocabulary that were listened for.
    pub phrases: usize,
    /// Inference threads. One more recording than these is on its way at once.
    pub threads: usize,
}

/// What the evaluation took, without loading the models.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// On the clock.
    pub wall: Duration,
    /// Of all threads of this process.
    pub cpu: Duration,
}

/// A run of our own recogniser.
#[derive(Clone, Debug)]
pub struct Run {
    /// How it went about it.
    pub setting: Setting,
    /// What it took.
    pub effort: Effort,
}

/// A finished evaluation. Its text is the report.
pub struct Report<'a> {
    /// Where the references stand.
    pub manifest: &'a str,
    /// How the recordings were heard; `None` if others heard them.
    pub run: Option<Run>,
    /// What came out.
    pub evaluation: &'a Evaluation,
    /// So many of the worst recordings are shown.
    pub worst: usize,
}

impl Report<'_> {
    /// Effort per second of audio; `None` if there was none, or if it was not ours.
    fn effort(&self, of: impl Fn(&Effort) -> Duration) -> Option<f64> {
        let audio = self.evaluation.all.audio_seconds;
        let run = self.run.as_ref().filter(|_| audio > 0.0)?;
        Some(of(&run.effort).as_secs_f64() / audio)
    }

    fn count(&self, what: impl Fn(&Scored) -> bool) -> usize {
        self.evaluation.rows.iter().filter(|row| what(row)).count()
    }

    /// Writes it as text, or as one JSON object.
    pub fn write(&self, out: &mut impl Write, json: bool) -> io::Result<()> {
        if json {
            serde_json::to_writer_pretty(&mut *out, &self.json())?;
            return writeln!(out);
        }
        write!(out, "{self}")
    }

    /// The report as one JSON object, with every recording.
    pub fn json(&self) -> impl Serialize {
        let latency =
            |share| percentile(&self.evaluation.latencies, share).map(|l| l.as_millis() as u64);
        let totals = |totals: &Totals| RatedTotals {
            totals: totals.clone(),
            error_rate_percent: totals.error_rate(),
        };
        Json {
            manifest: self.manifest.to_owned(),
            setting: self.run.as_ref().map(|run| run.setting.clone()),
            languages: self
                .evaluation
                .by_lang
                .iter()
                .map(|(lang, of)| (lang.code(), totals(of)))
                .collect(),
            all: totals(&self.evaluation.all),
            cpu_seconds_per_audio_second: self.effort(|effort| effort.cpu),
            wall_seconds_per_audio_second: self.effort(|effort| effort.wall),
            latency_ms_p50: latency(0.5),
            latency_ms_p95: latency(0.95),
            looping: self.count(|row| row.looping),
            invented: self.count(|row| row.invented),
            unrecognised: self.evaluation.unrecognised,
            unread: self.evaluation.unread,
            calibration_error: self.evaluation.reliability.calibration_error(),
            reliability: self.evaluation.reliability,
            rows: self.evaluation.rows.clone(),
        }
    }
}

#[derive(Serialize)]
struct Json {
    manifest: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    setting: Option<Setting>,
    languages: BTreeMap<&'static str, RatedTotals>,
    all: RatedTotals,
    cpu_seconds_per_audio_second: Option<f64>,
    wall_seconds_per_audio_second: Option<f64>,
    latency_ms_p50: Option<u64>,
    latency_ms_p95: Option<u64>,
    looping: usize,
    invented: usize,
    unrecognised: u64,
    unread: u64,
    calibration_error: Option<f64>,
    reliability: Reliability,
    rows: Vec<Scored>,
}

#[derive(Serialize)]
struct RatedTotals {
    #[serde(flatten)]
    totals: Totals,
    error_rate_percent: Option<f64>,
}

/// What the error rate is called: of words or of characters.
pub(super) fn rate_name(lang: Lang) -> &'static str {
    if lang.is_unspaced() { "CER" } else { "WER" }
}

impl Display for Report<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.manifest)?;
        if let Some(Run { setting, .. }) = &self.run {
            write!(f, ", model {}", setting.model)?;
            for (is_so, said) in [
                (setting.telephone, ", through 8 kHz G.711 mu-law"),
                (setting.uncut, ", uncut"),
                (setting.interim, ", with interim results"),
                (setting.detect, ", language detected"),
            ] {
                f.write_str(if is_so { said } else { "" })?;
            }
            if setting.phrases > 0 {
                write!(f, ", {} phrases listened for", setting.phrases)?;
            }
            if let Some(model) = &setting.record {
                write!(f, ", words for the record by {model}")?;
            }
        }
        writeln!(f)?;
        for lang in self.evaluation.by_lang.keys() {
            writeln!(f, "{lang} is scored in {}", described(*lang))?;
        }
        writeln!(f)?;
        self.table(f)?;
        writeln!(f)?;
        if let Some(run) = &self.run {
            self.costs(f, run)?;
        }
        self.oddities(f)?;
        write!(f, "{}", self.evaluation.reliability)?;
        for row in self.evaluation.worst(self.worst) {
            writeln!(
                f,
                "\n{}: {} edits of {}",
                row.file,
                row.edits.total(),
                row.words
            )?;
            writeln!(f, "  said   {}\n  heard  {}", row.reference, row.output)?;
        }
        Ok(())
    }
}

impl Report<'_> {
    fn table(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:<4} {:>11} {:>10} {:>7} {:>6} {:>6} {:>6} {:>9}",
            "", "error rate", "recordings", "words", "subst", "delet", "insert", "audio"
        )?;
        let evaluation = self.evaluation;
        for (lang, totals) in &evaluation.by_lang {
            line(f, lang.code(), rate_name(*lang), totals)?;
        }
        match evaluation.by_lang.len() {
            // Words and characters are added up here, so it is neither of the two rates.
            2.. => line(f, "all", "", &evaluation.all),
            _ => Ok(()),
        }
    }

    fn costs(&self, f: &mut Formatter<'_>, run: &Run) -> fmt::Result {
        let figure = |n: Option<f64>| n.map_or("-".to_owned(), |n| format!("{n:.4}"));
        let cpu = self.effort(|effort| effort.cpu);
        writeln!(
            f,
            "CPU      {} s per second of audio: this process, user and system, from reading files to \
             the last words, without loading models",
            figure(cpu)
        )?;
        let wall = figure(self.effort(|effort| effort.wall));
        writeln!(
            f,
            "wall     {wall} s per second of audio, on {} inference threads",
            run.setting.threads
        )?;
        let latencies = &self.evaluation.latencies;
        let ms = |share| {
            percentile(latencies, share).map_or("-".to_owned(), |l| format!("{} ms", l.as_millis()))
        };
        writeln!(
            f,
            "latency  p50 {}, p95 {}: from handing over an utterance's last audio to its words, among {} \
             recordings at once",
            ms(0.5),
            ms(0.95),
            run.setting.threads + 1
        )
    }

    fn oddities(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let silent = self.count(|row| row.words == 0);
        writeln!(
            f,
            "looping  {}: the same words over and over where nobody repeated them",
            self.count(|row| row.looping)
        )?;
        writeln!(
            f,
            "invented {}: words in {} of {silent} recordings without any, and outputs with half as many \
             words put in as were said",
            self.count(|row| row.invented),
            self.count(|row| row.words == 0 && row.invented),
        )?;
        if self.evaluation.unrecognised > 0 {
            writeln!(
                f,
                "failed   {} utterances could not be recognised",
                self.evaluation.unrecognised
            )?;
        }
        if self.evaluation.unread > 0 {
            writeln!(
                f,
                "unread   {} recordings could not be read",
                self.evaluation.unread
            )?;
        }
        Ok(())
    }
}

fn line(f: &mut Formatter<'_>, name: &str, rate: &str, totals: &Totals) -> fmt::Result {
    let percent = totals
        .error_rate()
        .map_or("-".to_owned(), |rate| format!("{rate:.2} %"));
    let edits = totals.edits;
    let audio = match totals.audio_seconds {
        0.0 => "-".to_owned(),
        seconds => format!("{seconds:.1} s"),
    };
    writeln!(
        f,
        "{name:<4} {:>11} {:>10} {:>7} {:>6} {:>6} {:>6} {audio:>9}",
        format!("{rate} {percent}"),
        totals.utterances,
        totals.words,
        edits.substitutions,
        edits.deletions,
        edits.insertions
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tools::eval::score::Heard;

    fn evaluation(rows: &[(&str, Lang, &str, &str)]) -> Evaluation {
        let mut evaluation = Evaluation::default();
        for (i, (file, lang, said, text)) in rows.iter().enumerate() {
            let heard = Heard {
                text: (*text).to_owned(),
                latencies: vec![Duration::from_millis(100 * (i as u64 + 1))],
                unrecognised: 0,
                audio: Duration::from_secs(10),
                words: Vec::new(),
            };
            evaluation.add(Scored::new(file, *lang, said, text), &heard);
        }
        evaluation
    }

    fn run() -> Option<Run> {
        let setting = Setting {
            model: "whisper-base".to_owned(),
            telephone: true,
            uncut: true,
            record: Some("whisper-small".to_owned()),
            interim: false,
            detect: false,
            phrases: 3,
            threads: 2,
        };
        let effort = Effort {
            wall: Duration::from_millis(1500),
            cpu: Duration::from_secs(3),
        };
        Some(Run { setting, effort })
    }

    #[test]
    fn the_report_has_all_figures_and_says_what_they_cover() {
        let evaluation = evaluation(&[
            ("a.wav", Lang::EN, "press one two three", "press 1 to 3"),
            ("b.wav", Lang::ZH, "设定二十九度", "设定29度"),
            ("c.wav", Lang::EN, "[noise]", "thank you"),
        ]);
        let report = Report {
            manifest: "set.tsv",
            run: run(),
            evaluation: &evaluation,
            worst: 1,
        };
        let text = report.to_string();
        for expected in [
            "set.tsv, model whisper-base, through 8 kHz G.711 mu-law, uncut, 3 phrases listened for, words for the record by whisper-small\n",
            "en is scored in words: lower case",
            "en   WER 75.00 %          2       4      1      0      2    20.0 s\n",
            "zh    CER 0.00 %          1       5      0      0      0    10.0 s\n",
            "all      33.33 %          3       9      1      0      2    30.0 s\n",
            "CPU      0.1000 s per second of audio",
            "wall     0.0500 s",
            "p50 200 ms, p95 300 ms",
            "invented 1: words in 1 of 1 recordings without any",
            "c.wav: 2 edits of 0\n  said   \n  heard  thank you\n",
        ] {
            assert!(text.contains(expected), "{expected:?} is not in\n{text}");
        }
        assert!(!text.contains("a.wav:"), "only the worst was asked for");
    }

    #[test]
    fn without_anything_to_score_no_figure_is_made_up() {
        let evaluation = Evaluation::default();
        let report = Report {
            manifest: "set.tsv",
            run: run(),
            evaluation: &evaluation,
            worst: 3,
        };
        assert!(report.to_string().contains("CPU      - s per second"));
        let json = serde_json::to_value(report.json()).expect("plain data");
        assert_eq!(json["all"]["error_rate_percent"], serde_json::Value::Null);
        assert_eq!(json["latency_ms_p50"], serde_json::Value::Null);
    }

    #[test]
    fn of_what_others_heard_only_the_errors_are_told() {
        let evaluation = evaluation(&[("a.wav", Lang::EN, "one two", "one")]);
        let report = Report {
            manifest: "set.tsv",
            run: None,
            evaluation: &evaluation,
            worst: 0,
        };
        let text = report.to_string();
        assert!(text.contains("WER 50.00 %"), "{text}");
        assert!(!text.contains("CPU"), "{text}");
        let json = serde_json::to_value(report.json()).expect("plain data");
        assert_eq!(json.get("setting"), None);
    }

    #[test]
    fn the_json_holds_every_recording() {
        let evaluation = evaluation(&[("a.wav", Lang::EN, "one two", "one two three")]);
        let report = Report {
            manifest: "set.tsv",
            run: run(),
            evaluation: &evaluation,
            worst: 0,
        };
        let json = serde_json::to_value(report.json()).expect("plain data");
        assert_eq!(json["languages"]["en"]["insertions"], 1);
        assert_eq!(json["languages"]["en"]["error_rate_percent"], 50.0);
        assert_eq!(json["rows"][0]["file"], "a.wav");
        assert_eq!(json["cpu_seconds_per_audio_second"], 0.3);
    }
}
