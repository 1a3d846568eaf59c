//! `sidetone eval keywords`: are the words heard that bring up cards and alerts?

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::fmt::{self, Display, Formatter};
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::tools::progress;
use anyhow::{Context, bail, ensure};
use clap::Args;
use serde::Serialize;
use sidetone::config::Config;
use sidetone::knowledge::{Knowledge, favoured};
use sidetone::offline::{Listening, Offline};
use sidetone::recognition::Recogniser;
use sidetone_core::describe::{MAX_BOOST, is_boost};
use sidetone_types::lang::{Lang, LanguageTag};
use sidetone_types::party::Role;
use sidetone_types::recognise::Phrase;
use sidetone_types::time::samples_to_duration;

use super::normalise::normalise;
use super::passage::{self, Passage};
use super::report::rate_name;
use super::score::{Evaluation, Heard, Scored, Totals};
use crate::tell::tell;
use crate::tools::Outcome;
use crate::tools::parallel::in_order;

/// How well trigger phrases are heard, with and without favouring all that rules and articles
/// listen for.
///
/// A phrase is heard if it stands in what was recognised, and a false alarm if it stands there and
/// nobody said it, both once per utterance and as `eval asr` normalises words. What favouring costs
/// or mends in all other words shows in the error rate. By default the phrases are those of the
/// configured rules and articles which the references hold most often.
#[derive(Args, Debug)]
pub struct KeywordsArgs {
    /// Manifests as `eval asr` takes them, and scripted calls: JSON with `turns`, beside a FLAC of
    /// the same name. Each row and each turn is one utterance of at most 30 s.
    #[arg(required = true, value_name = "MANIFEST")]
    sources: Vec<PathBuf>,
    /// Utterances in this language only.
    #[arg(long)]
    lang: Option<LanguageTag>,
    /// No more utterances than this of each manifest.
    #[arg(long)]
    limit: Option<usize>,
    /// A file with a phrase per line, instead of those of rules and articles.
    #[arg(long, value_name = "FILE")]
    phrases: Option<PathBuf>,
    /// So many phrases of each language: those that are said most often.
    #[arg(long, default_value_t = 40)]
    most: usize,
    /// How much they are favoured, if not as the configuration says (`knowledge.boost`).
    #[arg(long)]
    boost: Option<f32>,
    /// Do not listen a second time with the phrases favoured.
    #[arg(long)]
    no_bias: bool,
    /// Say also what was said and what was heard wherever a phrase was missed or made up. JSON
    /// always does.
    #[arg(long)]
    show: bool,
    /// A name of `sidetone models list`, instead of the configured one.
    #[arg(long)]
    pub model: Option<String>,
    /// One JSON object instead of a report.
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(args: &KeywordsArgs, config: &Config) -> anyhow::Result<Outcome> {
    let boost = args.boost.unwrap_or(config.knowledge.boost);
    ensure!(
        is_boost(boost),
        "--boost is {boost}: give a number from 0 to {MAX_BOOST}"
    );
    let passages = passage::read(&args.sources, args.lang, args.limit)?;
    let offered = offered(args, config, &passages)?;
    let keywords = Keywords::choose(&offered, &passages, args.most);
    if keywords.0.values().all(Vec::is_empty) {
        bail!("none of the phrases is said in these texts; give others with --phrases");
    }
    let recogniser = Recogniser::load(config, &progress::stderr())?;
    let mut tests = Vec::new();
    for boost in [0.0, boost].into_iter().take(2 - usize::from(args.no_bias)) {
        let mut test = Test::new(boost, &keywords);
        let favoured = keywords
            .0
            .keys()
            .map(|lang| (*lang, favoured(&offered, &[*lang].into(), boost)));
        let favoured: BTreeMap<Lang, Arc<[Phrase]>> = favoured.collect();
        in_order(
            &passages,
            recogniser.threads + 1,
            |passage| {
                let offline = recogniser.offline();
                hear(passage, favoured[&passage.lang.lang].clone(), &offline)
            },
            |passage, heard| {
                match heard {
                    Ok((text, audio)) => test.add(&keywords, passage, &text, audio),
                    Err(problem) => {
                        test.failed += 1;
                        tell(format_args!("error: {}: {problem}", passage.name));
                    }
                }
                Ok::<(), Infallible>(())
            },
        )?;
        tests.push(test);
    }
    let report = Report {
        utterances: passages.len(),
        most: args.most,
        keywords: &keywords,
        tests: &tests,
        show: args.show,
    };
    let mut out = io::stdout();
    if args.json {
        serde_json::to_writer_pretty(&mut out, &report.json()).map_err(io::Error::from)?;
        writeln!(out)?;
    } else {
        write!(out, "{report}")?;
    }
    let whole = tests.iter().all(|test| test.failed == 0);
    Ok(if whole {
        Outcome::Done
    } else {
        Outcome::Failed
    })
}

/// What was recognised, and how long the passage is.
fn hear(
    passage: &Passage,
    vocabulary: Arc<[Phrase]>,
    offline: &Offline<'_>,
) -> anyhow::Result<(String, Duration)> {
    let audio = passage.audio()?;
    let length = samples_to_duration(audio.len() as u64);
    let how = Listening {
        languages: vec![passage.lang],
        vocabulary,
        partials: false,
        mono: Role::Customer,
    };
    Ok((offline.hear_whole(audio.into(), &how)?.text(), length))
}

/// All phrases there are to choose from: those of a file for every language of the passages.
fn offered(
    args: &KeywordsArgs,
    config: &Config,
    passages: &[Passage],
) -> anyhow::Result<Vec<(Lang, String)>> {
    let Some(path) = &args.phrases else {
        return Ok(Knowledge::open(&config.knowledge, &config.defaults)?.phrases());
    };
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("cannot read phrases {}", path.display()))?;
    let languages: BTreeSet<Lang> = passages.iter().map(|passage| passage.lang.lang).collect();
    let of = |lang: Lang| text.lines().map(move |line| (lang, line.to_owned()));
    Ok(languages.into_iter().flat_map(of).collect())
}

/// A phrase to listen for.
#[derive(Clone, Debug)]
struct Keyword {
    /// As it was written.
    phrase: String,
    /// As it is compared.
    words: Vec<String>,
    /// In how many utterances it is said.
    said: u64,
}

impl Keyword {
    fn is_in(&self, text: &[String]) -> bool {
        text.windows(self.words.len())
            .any(|words| words == self.words)
    }
}

/// The phrases of each language, the most often said first.
#[derive(Debug)]
struct Keywords(BTreeMap<Lang, Vec<Keyword>>);

impl Keywords {
    /// Of those `offered`, the `most` of each language that the passages hold most often.
    fn choose(offered: &[(Lang, String)], passages: &[Passage], most: usize) -> Self {
        let mut said: BTreeMap<Lang, Vec<Vec<String>>> = BTreeMap::new();
        for passage in passages {
            let lang = passage.lang.lang;
            let words = normalise(&passage.text, lang);
            said.entry(lang).or_default().push(words);
        }
        let chosen = said.into_iter().map(|(lang, said)| {
            let mut seen = BTreeSet::new();
            let mut keywords: Vec<Keyword> = offered
                .iter()
                .filter(|(of, _)| *of == lang)
                .map(|(_, phrase)| (phrase, normalise(phrase, lang)))
                .filter(|(_, words)| !words.is_empty() && seen.insert(words.clone()))
                .map(|(phrase, words)| Keyword {
                    phrase: phrase.trim().to_owned(),
                    words,
                    said: 0,
                })
                .collect();
            for keyword in &mut keywords {
                keyword.said = said.iter().filter(|text| keyword.is_in(text)).count() as u64;
            }
            keywords.retain(|keyword| keyword.said > 0);
            keywords.sort_by_key(|keyword| Reverse(keyword.said));
            keywords.truncate(most);
            (lang, keywords)
        });
        Self(chosen.collect())
    }
}

/// How a phrase fared, in utterances.
#[derive(Clone, Copy, Debug, Default, Serialize)]
struct Count {
    said: u64,
    heard: u64,
    false_alarms: u64,
}

/// All passages heard once.
#[derive(Debug)]
struct Test {
    boost: f32,
    /// In the order of the keywords.
    counts: BTreeMap<Lang, Vec<Count>>,
    slips: BTreeMap<Lang, Vec<Slip>>,
    evaluation: Evaluation,
    failed: u64,
}

/// An utterance in which a phrase was missed, or made up.
#[derive(Clone, Debug, Serialize)]
struct Slip {
    phrase: String,
    false_alarm: bool,
    name: String,
    said: String,
    heard: String,
}

impl Test {
    fn new(boost: f32, keywords: &Keywords) -> Self {
        let counts = keywords.0.iter();
        Self {
            boost,
            counts: counts
                .map(|(lang, of)| (*lang, vec![Count::default(); of.len()]))
                .collect(),
            slips: BTreeMap::new(),
            evaluation: Evaluation::default(),
            failed: 0,
        }
    }

    fn add(&mut self, keywords: &Keywords, passage: &Passage, text: &str, audio: Duration) {
        let lang = passage.lang.lang;
        let (said, heard) = (normalise(&passage.text, lang), normalise(text, lang));
        let counts = self.counts.get_mut(&lang).into_iter().flatten();
        for (count, keyword) in counts.zip(&keywords.0[&lang]) {
            let (was_said, was_heard) = (keyword.is_in(&said), keyword.is_in(&heard));
            count.said += u64::from(was_said);
            count.heard += u64::from(was_said && was_heard);
            count.false_alarms += u64::from(!was_said && was_heard);
            if was_said != was_heard {
                self.slips.entry(lang).or_default().push(Slip {
                    phrase: keyword.phrase.clone(),
                    false_alarm: was_heard,
                    name: passage.name.clone(),
                    said: passage.text.clone(),
                    heard: text.to_owned(),
                });
            }
        }
        let heard = Heard {
            text: text.to_owned(),
            latencies: Vec::new(),
            unrecognised: 0,
            audio,
            words: Vec::new(),
        };
        self.evaluation.add(
            Scored::new(&passage.name, lang, &passage.text, text),
            &heard,
        );
    }

    fn total(&self, lang: Lang) -> Total {
        let counts = &self.counts[&lang];
        let sum = |of: fn(&Count) -> u64| counts.iter().map(of).sum::<u64>();
        let (said, heard) = (sum(|count| count.said), sum(|count| count.heard));
        let false_alarms = sum(|count| count.false_alarms);
        let whole = self.evaluation.by_lang.get(&lang);
        let hours = whole.map_or(0.0, |totals| totals.audio_seconds) / 3600.0;
        Total {
            error_rate_percent: whole.and_then(Totals::error_rate),
            said,
            heard,
            recall_percent: (said > 0).then(|| 100.0 * heard as f64 / said as f64),
            false_alarms,
            false_alarms_per_hour: (hours > 0.0).then(|| false_alarms as f64 / hours),
            hours,
        }
    }
}

/// How the phrases of a language fared together.
#[derive(Clone, Debug, Serialize)]
struct Total {
    said: u64,
    heard: u64,
    recall_percent: Option<f64>,
    /// Of all words, those of no phrase included.
    error_rate_percent: Option<f64>,
    false_alarms: u64,
    false_alarms_per_hour: Option<f64>,
    hours: f64,
}

struct Report<'a> {
    utterances: usize,
    most: usize,
    keywords: &'a Keywords,
    tests: &'a [Test],
    show: bool,
}

#[derive(Serialize)]
struct JsonTest {
    boost: f32,
    lang: Lang,
    #[serde(flatten)]
    total: Total,
    phrases: BTreeMap<String, Count>,
    slips: Vec<Slip>,
}

impl Report<'_> {
    fn json(&self) -> impl Serialize {
        let of_lang = |test: &Test, lang: &Lang| {
            let keywords = self.keywords.0[lang].iter().map(|k| k.phrase.clone());
            JsonTest {
                boost: test.boost,
                lang: *lang,
                total: test.total(*lang),
                phrases: keywords.zip(test.counts[lang].iter().copied()).collect(),
                slips: test.slips.get(lang).cloned().unwrap_or_default(),
            }
        };
        let tests = self.tests.iter();
        let all = tests.flat_map(|test| self.keywords.0.keys().map(move |lang| (test, lang)));
        all.map(|(test, lang)| of_lang(test, lang))
            .collect::<Vec<_>>()
    }
}

impl Display for Report<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let number = |n: Option<f64>| n.map_or("-".to_owned(), |n| format!("{n:.1}"));
        writeln!(f, "{} utterances", self.utterances)?;
        for (lang, keywords) in &self.keywords.0 {
            let said: u64 = keywords.iter().map(|keyword| keyword.said).sum();
            writeln!(
                f,
                "\n{lang}: {} phrases that are said here, of {} wanted; {said} times",
                keywords.len(),
                self.most
            )?;
            for test in self.tests {
                let total = test.total(*lang);
                writeln!(
                    f,
                    "boost {:<4} recall {:>5} % ({} of {})   false alarms {} in {:.2} h, {} per hour   {} {} %",
                    test.boost,
                    number(total.recall_percent),
                    total.heard,
                    total.said,
                    total.false_alarms,
                    total.hours,
                    number(total.false_alarms_per_hour),
                    rate_name(*lang),
                    number(total.error_rate_percent)
                )?;
            }
            self.missed(f, *lang, keywords)?;
            if self.show {
                self.slips(f, *lang)?;
            }
        }
        Ok(())
    }
}

impl Report<'_> {
    /// The phrases that did not fare perfectly, with a column for each boost.
    fn missed(&self, f: &mut Formatter<'_>, lang: Lang, keywords: &[Keyword]) -> fmt::Result {
        for (i, keyword) in keywords.iter().enumerate() {
            let counts = || self.tests.iter().map(|test| test.counts[&lang][i]);
            if counts().all(|count| count.heard == count.said && count.false_alarms == 0) {
                continue;
            }
            for count in counts() {
                write!(f, "  {:>3} of {:<3}", count.heard, count.said)?;
                match count.false_alarms {
                    0 => write!(f, "         ")?,
                    false_alarms => write!(f, " {false_alarms:>2} false")?,
                }
            }
            writeln!(f, "  {}", keyword.phrase)?;
        }
        Ok(())
    }

    /// What was said and heard where phrases were missed or made up.
    fn slips(&self, f: &mut Formatter<'_>, lang: Lang) -> fmt::Result {
        for test in self.tests {
            for slip in test.slips.get(&lang).into_iter().flatten() {
                let what = if slip.false_alarm {
                    "made up"
                } else {
                    "missed"
                };
                writeln!(
                    f,
                    "\nboost {}, {what}: {} ({})\n  said   {}\n  heard  {}",
                    test.boost, slip.phrase, slip.name, slip.said, slip.heard
                )?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tools::eval::manifest::Row;

    fn passages(texts: &[(&str, &str)]) -> Vec<Passage> {
        let passage = |(lang, text): &(&str, &str)| {
            Passage::from(Row {
                name: "a.wav".to_owned(),
                path: "a.wav".into(),
                lang: lang.parse().expect("a language"),
                text: (*text).to_owned(),
            })
        };
        texts.iter().map(passage).collect()
    }

    fn offered(phrases: &[(Lang, &str)]) -> Vec<(Lang, String)> {
        let phrase = |(lang, phrase): &(Lang, &str)| (*lang, (*phrase).to_owned());
        phrases.iter().map(phrase).collect()
    }

    #[test]
    fn the_phrases_said_most_often_are_chosen_for_each_language() {
        let passages = passages(&[
            ("en", "I want a refund."),
            ("en", "A refund, or I'll cancel my contract!"),
            ("en", "Press 1."),
            ("zh", "我要退款"),
        ]);
        let offered = offered(&[
            (Lang::EN, "cancel my contract"),
            (Lang::EN, "refund"),
            (Lang::EN, "Refund"),
            (Lang::EN, "press one"),
            (Lang::EN, "lawyer"),
            (Lang::ZH, "退款"),
        ]);
        let keywords = Keywords::choose(&offered, &passages, 2);
        let names = |lang: Lang| {
            let chosen = keywords.0[&lang].iter();
            chosen
                .map(|keyword| (keyword.phrase.as_str(), keyword.said))
                .collect::<Vec<_>>()
        };
        assert_eq!(names(Lang::EN), [("refund", 2), ("cancel my contract", 1)]);
        assert_eq!(names(Lang::ZH), [("退款", 1)]);
        assert!(favoured(&offered, &[Lang::EN].into(), 0.0).is_empty());
        assert_eq!(favoured(&offered, &[Lang::EN].into(), 2.0).len(), 5);
        assert_eq!(favoured(&offered, &[Lang::ZH].into(), 2.0)[0].text, "退款");
    }

    #[test]
    fn what_is_heard_missed_and_made_up_is_counted_once_per_utterance() {
        let passages = passages(&[
            ("en", "a refund, a refund"),
            ("en", "refund me"),
            ("en", "it is funny"),
        ]);
        let keywords = Keywords::choose(&offered(&[(Lang::EN, "refund")]), &passages, 40);
        let mut test = Test::new(0.0, &keywords);
        for (passage, heard) in passages
            .iter()
            .zip(["Refund!", "re fund me", "it is refund"])
        {
            test.add(&keywords, passage, heard, Duration::from_secs(360));
        }
        let total = test.total(Lang::EN);
        assert_eq!((total.said, total.heard, total.false_alarms), (2, 1, 1));
        assert_eq!(total.recall_percent, Some(50.0));
        let per_hour = total.false_alarms_per_hour.expect("there is audio");
        assert!((per_hour - 1.0 / 0.3).abs() < 1e-9);
        let report = Report {
            utterances: 3,
            most: 40,
            keywords: &keywords,
            tests: &[test],
            show: true,
        };
        let text = report.to_string();
        assert!(text.contains("recall  50.0 % (1 of 2)"), "{text}");
        assert!(text.contains("1 of 2    1 false  refund"), "{text}");
        assert!(
            text.contains("made up: refund (a.wav)\n  said   it is funny\n  heard  it is refund"),
            "{text}"
        );
    }
}
