//! `sidetone kb`: what authors of articles need.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use console::style;
use sidetone::config::Config;
use sidetone_kb::{Article, Hit, Index, Lang, load_dir, samples};

use super::Outcome;

/// Check and try the articles of the knowledge base.
#[derive(Args, Debug)]
pub struct KbArgs {
    /// What to do.
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Read all articles and say what is wrong with them.
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
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum LangArg {
    En,
    Zh,
}

impl From<LangArg> for Lang {
    fn from(lang: LangArg) -> Self {
        match lang {
            LangArg::En => Self::En,
            LangArg::Zh => Self::Zh,
        }
    }
}

/// Runs the command.
pub fn run(args: &KbArgs, config: &Config) -> anyhow::Result<Outcome> {
    let configured = config.knowledge.articles.as_path();
    let mut out = io::stdout();
    match &args.what {
        What::Check { dir } => {
            let articles = articles(dir.as_deref().unwrap_or(configured))?;
            for lang in [Lang::En, Lang::Zh] {
                let of = articles.iter().filter(|article| article.lang == lang);
                writeln!(out, "{lang:?}: {} articles", of.count())?;
            }
        }
        What::Search { text, lang, limit } => {
            let index = Index::build(articles(configured)?)?;
            let hits = index.search(&text.join(" "), lang.map(Lang::from), *limit);
            if hits.is_empty() {
                writeln!(out, "no article fits")?;
            }
            for hit in hits {
                show(&mut out, &hit)?;
            }
        }
    }
    Ok(Outcome::Done)
}

/// Those of a folder, or the samples if no folder is named.
fn articles(dir: &Path) -> anyhow::Result<Vec<Article>> {
    if dir.as_os_str().is_empty() {
        Ok(samples())
    } else {
        Ok(load_dir(dir)?)
    }
}

fn show(out: &mut impl Write, hit: &Hit) -> io::Result<()> {
    writeln!(
        out,
        "{:>6.2}  {}  {}  heard: {}",
        hit.score,
        style(&hit.id).bold(),
        hit.title,
        hit.words.join(", ")
    )?;
    writeln!(out, "        {}", style(&hit.snippet).dim())
}
