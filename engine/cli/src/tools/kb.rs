//! `sidetone kb`: what authors of articles need.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args, Subcommand, ValueEnum};
use console::style;
use sidetone::config::Config;
use sidetone::knowledge;
use sidetone_kb::relevance::{Figures, Row, SAMPLE_TABLE, held_out, measure, parse_table};
use sidetone_kb::{Article, Checked, Date, Hit, Index, Lang, check, check_dir, load_dir, samples};

use super::Outcome;

/// Check, try and measure the articles of the knowledge base.
#[derive(Args, Debug)]
pub struct KbArgs {
    /// What to do.
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Read all articles and say what is wrong with them, and what is odd.
    Check {
        /// The folder, if not the configured one.
        dir: Option<PathBuf>,
    },
    /// Show which articles fit what a caller says.
    Search {
        /// What the caller says.
        #[arg(required = true)]
        text: Vec<String>,
        /// Only articles of this language.
        #[arg(long, value_enum)]
        lang: Option<LangArg>,
        /// At most so many.
        #[arg(long, default_value_t = 3)]
        limit: usize,
    },
    /// Measure how good the suggestions are, with a table of what callers say.
    Eval {
        /// Rows of language, article ids (or `-` for none) and words, with tabs between; without a file,
        /// the table that comes with the program.
        table: Option<PathBuf>,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum LangArg {
    En,
    Zh,
}

impl From<LangArg> for Lang {
    fn from(lang: LangArg) -> Self {
        match lang {
            LangArg::En => Self::EN,
            LangArg::Zh => Self::ZH,
        }
    }
}

/// Runs the command.
pub fn run(args: &KbArgs, config: &Config) -> anyhow::Result<Outcome> {
    let configured = config.knowledge.articles.as_path();
    let today = knowledge::today(&config.defaults)?;
    let mut out = io::stdout();
    match &args.what {
        What::Check { dir } => {
            let dir = dir.as_deref().unwrap_or(configured);
            let checked = match dir.as_os_str().is_empty() {
                true => check(samples(), today),
                false => check_dir(dir, today),
            };
            let articles = tell(&mut out, &checked)?;
            let rules = knowledge::rules_in(&config.knowledge)?.rules().len();
            writeln!(out, "{rules} rules")?;
            Ok(articles)
        }
        What::Search { text, lang, limit } => {
            let index = index(configured, today)?;
            let hits = index.search(&text.join(" "), lang.map(Lang::from), *limit);
            if hits.is_empty() {
                writeln!(out, "no article fits")?;
            }
            for hit in hits {
                let article = index.article(&hit.id).expect("a hit is in the index");
                show(&mut out, &hit, article)?;
            }
            Ok(Outcome::Done)
        }
        What::Eval { table } => {
            let index = index(configured, today)?;
            match table {
                Some(file) => {
                    let text = fs::read_to_string(file)
                        .with_context(|| format!("cannot read {}", file.display()))?;
                    let rows = parse_table(&text).with_context(|| file.display().to_string())?;
                    report(&mut out, &index, "", &rows)?;
                }
                None => {
                    let rows = parse_table(SAMPLE_TABLE)?;
                    let (tuned, held_out) = held_out(&rows);
                    report(&mut out, &index, "tuned on", &tuned)?;
                    report(&mut out, &index, "held out", &held_out)?;
                }
            }
            Ok(Outcome::Done)
        }
    }
}

/// The articles that are valid today.
fn index(dir: &Path, today: Date) -> anyhow::Result<Index> {
    let mut articles = match dir.as_os_str().is_empty() {
        true => samples(),
        false => load_dir(dir)?,
    };
    articles.retain(|article| article.is_valid_on(today));
    Ok(Index::build(articles)?)
}

fn tell(out: &mut impl Write, checked: &Checked) -> anyhow::Result<Outcome> {
    for error in &checked.errors {
        writeln!(out, "{} {error}", style("error:").red().bold())?;
    }
    for warning in &checked.warnings {
        writeln!(out, "{} {warning}", style("warning:").yellow().bold())?;
    }
    for lang in [Lang::EN, Lang::ZH] {
        let of = || {
            checked
                .articles
                .iter()
                .filter(|article| article.lang == lang)
        };
        let triggers: usize = of().map(|article| article.triggers.len()).sum();
        let count = of().count();
        writeln!(
            out,
            "{}  {count} articles, {triggers} triggers",
            style(lang.code()).bold()
        )?;
    }
    let (errors, warnings) = (checked.errors.len(), checked.warnings.len());
    if errors == 0 {
        writeln!(out, "{} {warnings} warnings", style("no errors,").green())?;
        return Ok(Outcome::Done);
    }
    writeln!(
        out,
        "{} {warnings} warnings",
        style(format!("{errors} errors,")).red()
    )?;
    Ok(Outcome::Failed)
}

/// What is too weak to be suggested is dimmed.
fn show(out: &mut impl Write, hit: &Hit, article: &Article) -> io::Result<()> {
    let score = format!("{:.2}", hit.score);
    let score = match hit.score >= Index::SURE {
        true => style(score).green().bold(),
        false => style(score).dim(),
    };
    writeln!(out, "{score}  {}  {}", style(&hit.id).bold(), hit.title)?;
    let heard: Vec<&str> = hit.words.iter().map(|word| word.text.as_str()).collect();
    writeln!(out, "      heard     {}", style(heard.join(", ")).cyan())?;
    writeln!(out, "      triggers  {}", article.triggers.join(" | "))?;
    writeln!(out, "      {}", style(&hit.snippet).dim())
}

fn report(out: &mut impl Write, index: &Index, part: &str, rows: &[Row]) -> io::Result<()> {
    for lang in [Lang::EN, Lang::ZH] {
        let figures = measure(index, rows, lang);
        if figures.asked + figures.quiet == 0 {
            continue;
        }
        writeln!(out, "{}", figures_line(lang, part, &figures))?;
        for miss in &figures.misses {
            let expected = match miss.row.expected.as_slice() {
                [] => "nothing".to_owned(),
                ids => ids
                    .iter()
                    .map(ToString::to_string)
                    .collect::<Vec<_>>()
                    .join(" or "),
            };
            let suggested = match miss.suggested.as_slice() {
                [] => "nothing".to_owned(),
                hits => hits
                    .iter()
                    .map(|(id, score)| format!("{id} {score:.2}"))
                    .collect::<Vec<_>>()
                    .join(", "),
            };
            writeln!(out, "    {}", miss.row.said)?;
            writeln!(
                out,
                "        {}",
                style(format!("wanted {expected}; got {suggested}")).dim()
            )?;
        }
    }
    Ok(())
}

fn figures_line(lang: Lang, part: &str, figures: &Figures) -> String {
    let percent =
        |share: Option<f64>| share.map_or("-".to_owned(), |s| format!("{:.1} %", s * 100.0));
    format!(
        "{} {part:<8}  precision@1 {} ({} of {} answers)  recall {} ({} of {} questions)  \
         false suggestions {} ({} of {} without a question)",
        style(lang.code()).bold(),
        percent(figures.precision_at_1()),
        figures.first,
        figures.answered,
        percent(figures.recall()),
        figures.found,
        figures.asked,
        percent(figures.false_suggestions()),
        figures.disturbed,
        figures.quiet,
    )
}
