//! `sidetone kb`: what authors of articles and rules need.

mod check;
mod export;
mod folder;
mod init;

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args, Subcommand, ValueEnum};
use console::style;
use sidetone::config::Config;
use sidetone::knowledge;
use sidetone_core::cards::CardConfig;
use sidetone_kb::relevance::{Figures, Row, SAMPLE_TABLE, held_out, measure, parse_table};
use sidetone_kb::{Article, ArticleId, Audience, Date, Hit, Index, load_dir, samples};
use sidetone_types::lang::Lang;

use super::Outcome;
use crate::tell::tell;

/// Check, try and measure articles and rules, and write down the built-in ones.
#[derive(Args, Debug)]
pub struct KbArgs {
    /// What to do.
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Read all articles and rules, and say what is wrong with them and what is odd.
    Check {
        /// Folders of articles (`*.md`), of rules (`*.toml`), or with folders `articles` and
        /// `rules` in them; without any, those that are configured.
        dirs: Vec<PathBuf>,
    },
    /// Show which articles fit what a caller says, and which of them the agent would see.
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
        /// Rows of language, article ids (or `-` for none) and words, with tabs between; without a
        /// file, the table that comes with the program.
        table: Option<PathBuf>,
    },
    /// Make a folder for your own articles and rules, with the built-in ones in it to start from.
    Init {
        /// The folder: a new one, or an empty one.
        dir: PathBuf,
        /// One commented example of each instead of the built-in ones.
        #[arg(long)]
        empty: bool,
    },
    /// Write the built-in articles and rules into a folder, beside what is there.
    Export {
        /// The folder. It may not hold files of these names yet.
        dir: PathBuf,
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
        What::Check { dirs } => check::run(&mut out, dirs, &config.knowledge, today),
        What::Init { dir, empty } => init::run(&mut out, dir, *empty),
        What::Export { dir } => export::run(&mut out, dir),
        What::Search { text, lang, limit } => {
            let index = index(articles(configured)?, today)?;
            let hits = index.search(&text.join(" "), lang.map(Lang::from), *limit);
            if hits.is_empty() {
                writeln!(out, "no article fits")?;
            }
            for hit in hits {
                let article = index.article(&hit.id).expect("a hit is in the index");
                show(&mut out, &hit, article, &config.call.cards)?;
            }
            Ok(Outcome::Done)
        }
        What::Eval { table } => {
            let articles = articles(configured)?;
            let Some(file) = table else {
                let index = index(articles, today)?;
                let rows = parse_table(SAMPLE_TABLE)?;
                let (tuned, held_out) = held_out(&rows);
                report(&mut out, &index, "tuned on", &tuned)?;
                report(&mut out, &index, "held out", &held_out)?;
                return Ok(Outcome::Done);
            };
            let text = fs::read_to_string(file)
                .with_context(|| format!("cannot read {}", file.display()))?;
            let rows = parse_table(&text).with_context(|| file.display().to_string())?;
            let unknown = unknown_ids(&rows, &articles, today);
            report(&mut out, &index(articles, today)?, "", &rows)?;
            for problem in &unknown {
                tell(format_args!("error: {}: {problem}", file.display()));
            }
            Ok(match unknown.is_empty() {
                true => Outcome::Done,
                false => Outcome::Failed,
            })
        }
    }
}

/// The articles of a folder; the samples if none is named.
fn articles(dir: &Path) -> anyhow::Result<Vec<Article>> {
    Ok(match dir.as_os_str().is_empty() {
        true => samples(),
        false => load_dir(dir)?,
    })
}

/// What a table expects and can never be found.
fn unknown_ids(rows: &[Row], articles: &[Article], today: Date) -> BTreeSet<String> {
    let expected = rows
        .iter()
        .flat_map(|row| row.expected.iter().map(|id| (id, row.lang)));
    let problem = |(id, lang): (&ArticleId, Lang)| {
        let Some(article) = articles.iter().find(|article| article.id == *id) else {
            return Some(format!(
                "there is no article `{id}`: correct the id, or write the article"
            ));
        };
        if article.lang != lang {
            return Some(format!(
                "`{id}` is no article in {}, which its row is in",
                lang.code()
            ));
        }
        let valid = article.is_valid_on(today);
        (!valid).then(|| format!("`{id}` is not valid today, so nothing can find it"))
    };
    expected.filter_map(problem).collect()
}

/// The articles that are valid today.
fn index(mut articles: Vec<Article>, today: Date) -> anyhow::Result<Index> {
    articles.retain(|article| article.is_valid_on(today));
    Ok(Index::build(articles)?)
}

/// Whether the agent would see it, and if not, why.
fn shown(hit: &Hit, article: &Article, cards: &CardConfig) -> Result<(), String> {
    if article.audience != Audience::Agent {
        return Err("not shown: it is not for agents".to_owned());
    }
    let least = cards.min_score.max(Index::SURE);
    if hit.score < least {
        return Err(format!(
            "not shown: below {least:.2} (call.cards.min_score)"
        ));
    }
    Ok(())
}

fn show(out: &mut impl Write, hit: &Hit, article: &Article, cards: &CardConfig) -> io::Result<()> {
    let score = format!("{:.2}", hit.score);
    let (score, told) = match shown(hit, article, cards) {
        Ok(()) => (
            style(score).green().bold(),
            style("shown to the agent".to_owned()).green(),
        ),
        Err(why) => (style(score).dim(), style(why).dim()),
    };
    writeln!(out, "{score}  {}  {}", style(&hit.id).bold(), hit.title)?;
    writeln!(out, "      {told}")?;
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

#[cfg(test)]
mod tests {
    use super::*;

    const TODAY: Date = Date {
        year: 2026,
        month: 3,
        day: 1,
    };

    #[test]
    fn a_table_that_expects_articles_nobody_wrote_is_not_measured_in_silence() {
        let table = "en\tcharged-twice-en\tI was charged twice\n\
                     en\tcharged-twise-en, refund-status-zh\tI was charged twice\n\
                     en\t-\thello\n";
        let rows = parse_table(table).expect("well formed");
        let unknown: Vec<String> = unknown_ids(&rows, &samples(), TODAY).into_iter().collect();
        assert_eq!(
            unknown,
            [
                "`refund-status-zh` is no article in en, which its row is in",
                "there is no article `charged-twise-en`: correct the id, or write the article",
            ]
        );
    }

    #[test]
    fn what_is_found_says_whether_the_agent_would_see_it() {
        let index = index(samples(), TODAY).expect("they can be indexed");
        let hits = index.search("I was charged twice", Lang::EN, 3);
        let hit = &hits[0];
        let article = index.article(&hit.id).expect("in the index");
        let at = |min_score| CardConfig {
            min_score,
            ..CardConfig::default()
        };
        assert_eq!(shown(hit, article, &at(0.55)), Ok(()));
        let why = shown(hit, article, &at(2.0)).expect_err("nothing fits so well");
        assert_eq!(why, "not shown: below 2.00 (call.cards.min_score)");
    }
}
