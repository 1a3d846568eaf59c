//! `sidetone adapt`: a language model from texts of the trade.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use clap::Args;
use indicatif::HumanBytes;
use sidetone::config::Config;
use sidetone::recognition::model_loader;
use sidetone::storage::{Corrected, Reader};
use sidetone_core::rules::RuleSet;
use sidetone_kb::Article;
use sidetone_models::lm::{Piece, Trainer, pieces};

use super::Outcome;
use crate::tools::progress;

/// Of the texts, every so many-th sentence is held back to tell what learning the others is worth.
const HELD_BACK: usize = 10;

/// Texts larger than this together are refused, in MB: they would take more memory than a machine
/// for calls has to spare.
const MOST_MB: u64 = 64;

/// Corrected lines that are learnt from, the newest.
const MOST_CORRECTED: usize = 10_000;

/// Make a language model from texts of the trade, so that its words are heard better.
///
/// It knows the sentences of customer service that come with the program, and what these texts add.
/// Sentences as people say them on the phone help most: corrected transcripts first, then tickets,
/// then what agents are to say.
#[derive(Args, Debug)]
pub struct AdaptArgs {
    /// Plain text with a sentence or a few on each line, articles (`*.md`), rules (`*.toml`), and
    /// folders of these.
    #[arg(required_unless_present = "corrections")]
    texts: Vec<PathBuf>,
    /// Learn also from what agents have corrected: the lines as they were said, from the store of
    /// the configuration, while the engine runs or not. What customers said is in the model then,
    /// though not to be read, also when their calls are forgotten.
    #[arg(long)]
    corrections: bool,
    /// Where the model is written.
    #[arg(long, default_value = "language-model.lm")]
    out: PathBuf,
    /// A name of `sidetone models list`, instead of the configured one: the model fits that
    /// recogniser alone.
    #[arg(long)]
    pub model: Option<String>,
}

/// Runs the command.
pub fn run(args: &AdaptArgs, config: &Config) -> anyhow::Result<Outcome> {
    let mut files = Vec::new();
    for path in &args.texts {
        find(path, true, &mut files)?;
    }
    let mut bytes = 0;
    for file in &files {
        bytes += fs::metadata(file)
            .with_context(|| format!("cannot read {}", file.display()))?
            .len();
    }
    ensure!(
        bytes <= MOST_MB * 1_000_000,
        "the texts have {} MB together, and {MOST_MB} MB are the most: leave out the oldest",
        bytes.div_ceil(1_000_000)
    );
    let mut learnt = Vec::new();
    for file in &files {
        learnt.extend(read(file)?);
    }
    let corrected = match args.corrections {
        true => corrected(config)?,
        false => Vec::new(),
    };
    ensure!(
        !args.corrections || !args.texts.is_empty() || !corrected.is_empty(),
        "nothing is corrected in the calls that are kept: name texts to learn from, or learn later"
    );
    let from_agents = match args.corrections {
        true => format!(" and {} corrected lines", corrected.len()),
        false => String::new(),
    };
    learnt.extend(corrected.iter().filter_map(|line| Piece::said(&line.meant)));
    if learnt.is_empty() {
        bail!(
            "there is no sentence in {} files (*.txt, *.md, *.toml): write one on each line",
            files.len()
        );
    }
    let trainer = model_loader::trainer(config, &progress::stderr())?;
    let mut out = io::stdout();
    writeln!(
        out,
        "{} sentences and phrases from {} files{from_agents}",
        learnt.len(),
        files.len()
    )?;
    if let Some(note) = without_effect(&learnt) {
        writeln!(out, "{note}")?;
    }
    if learnt.len() >= 2 * HELD_BACK {
        tell_worth(&mut out, &trainer, &learnt)?;
    }
    let model = trainer.train(&learnt.iter().collect::<Vec<_>>())?;
    trainer.write(&args.out, &model)?;
    let size = fs::metadata(&args.out).map_or(0, |meta| meta.len());
    writeln!(
        out,
        "wrote {}: {} n-grams, {}. To use it, put into the configuration:\n\n[recogniser]\nlanguage_model = {:?}",
        args.out.display(),
        model.len(),
        HumanBytes(size),
        // The engine may run elsewhere.
        std::path::absolute(&args.out)?.display().to_string()
    )?;
    Ok(Outcome::Done)
}

/// What agents have corrected, the newest first.
fn corrected(config: &Config) -> anyhow::Result<Vec<Corrected>> {
    let reader = Reader::open(&config.store).context("cannot read what was corrected")?;
    let corrected = reader.corrections(MOST_CORRECTED);
    corrected.context("cannot read what was corrected")
}

/// Says how many of the texts change nothing: Chinese is heard without a language model.
fn without_effect(learnt: &[Piece]) -> Option<String> {
    let chinese = learnt.iter().filter(|piece| piece.is_chinese()).count();
    (chinese > 0).then(|| {
        format!(
            "note: {chinese} of them are Chinese, and have no effect on what is heard in Chinese: \
             it is heard without a language model. Names and terms are heard better with \
             `--vocabulary` or the vocabulary of a call"
        )
    })
}

/// Says how well sentences that were not learnt are foreseen without the others and with them.
fn tell_worth(out: &mut impl Write, trainer: &Trainer, learnt: &[Piece]) -> anyhow::Result<()> {
    let is_held = |(at, _): &(usize, &Piece)| at % HELD_BACK == HELD_BACK - 1;
    let (held, others): (Vec<_>, Vec<_>) = learnt.iter().enumerate().partition(is_held);
    let pieces = |of: Vec<(usize, _)>| of.into_iter().map(|(_, piece)| piece).collect::<Vec<_>>();
    let (held, others) = (pieces(held), pieces(others));
    let before = trainer.perplexity(&trainer.built_in(), &held);
    let after = trainer.perplexity(&trainer.train(&others)?, &held);
    writeln!(
        out,
        "perplexity of {} that were held back: {before:.0} with the model that comes with the program, \
         {after:.0} with the others learnt",
        held.len()
    )?;
    Ok(())
}

/// Adds `path` if it is a file, and what can be learnt from in it if it is a folder. `named` is
/// what the command line says.
fn find(path: &Path, named: bool, files: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    let cannot = || format!("cannot read {}", path.display());
    if path.is_dir() {
        let entries = fs::read_dir(path).with_context(cannot)?;
        let entries: io::Result<Vec<PathBuf>> = entries.map(|entry| Ok(entry?.path())).collect();
        let mut entries = entries.with_context(cannot)?;
        entries.sort();
        for entry in entries {
            find(&entry, false, files)?;
        }
        return Ok(());
    }
    let known = ending(path).is_some_and(|ending| matches!(ending, "txt" | "md" | "toml"));
    if named || known {
        files.push(path.to_owned());
    }
    Ok(())
}

fn ending(path: &Path) -> Option<&str> {
    path.extension().and_then(|ending| ending.to_str())
}

/// What can be learnt from a file.
fn read(path: &Path) -> anyhow::Result<Vec<Piece>> {
    let name = path.display().to_string();
    let content = fs::read(path).with_context(|| format!("cannot read {name}"))?;
    let plain = || pieces(&content).with_context(|| name.clone());
    let text = str::from_utf8(&content);
    match (ending(path), text) {
        (Some("toml"), Ok(text)) => rules(&name, text),
        (Some("md"), Ok(text)) if text.trim_start_matches('\u{feff}').starts_with("+++") => {
            article(path, text)
        }
        _ => plain(),
    }
}

/// What agents may say word for word, and the phrases that are listened for.
fn rules(name: &str, text: &str) -> anyhow::Result<Vec<Piece>> {
    let rules = RuleSet::parse([(name, text)])?;
    let mut found = Vec::new();
    for rule in rules.rules() {
        found.extend(pieces(rule.script.as_bytes())?);
        found.extend(
            rule.phrases
                .iter()
                .filter_map(|phrase| Piece::fragment(phrase)),
        );
    }
    Ok(found)
}

/// What customers say, what agents may say, and what agents are to do.
fn article(path: &Path, text: &str) -> anyhow::Result<Vec<Piece>> {
    let article = Article::parse(path, text)?;
    let triggers = article.triggers.join("\n");
    let lines = format!("{triggers}\n{}\n{}", article.say, article.body);
    Ok(pieces(lines.as_bytes())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(paths: &[PathBuf]) -> String {
        let args = AdaptArgs {
            texts: paths.to_vec(),
            corrections: false,
            out: PathBuf::from("never-written.lm"),
            model: None,
        };
        let error = run(&args, &Config::default()).expect_err("there is nothing to learn from");
        format!("{error:#}")
    }

    #[test]
    fn texts_that_cannot_be_learnt_from_are_refused_by_name() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = |name: &str| dir.path().join(name);
        let write = |name: &str, content: &[u8]| fs::write(path(name), content).expect("writable");
        write("empty.txt", b"");
        write("numbers.txt", b"12\n34\n");
        write("call.wav", b"RIFF\0\0\0\0WAVE");
        write("latin1.txt", b"caf\xe9\n");
        write("broken.toml", b"lang = \"en\"\n[[rule]]\n");
        let huge = fs::File::create(path("huge.txt")).expect("writable");
        huge.set_len(65_000_000).expect("a sparse file");
        for (name, expected) in [
            ("empty.txt", "no sentence"),
            ("numbers.txt", "no sentence"),
            ("call.wav", "no text in UTF-8"),
            ("latin1.txt", "no text in UTF-8"),
            ("broken.toml", "broken.toml:"),
            ("huge.txt", "65 MB together, and 64 MB are the most"),
            ("missing.txt", "cannot read"),
        ] {
            let error = error(&[path(name)]);
            assert!(error.contains(expected), "{name}: {error}");
        }
        let nothing = tempfile::tempdir().expect("a temporary directory");
        assert!(error(&[nothing.path().to_owned()]).contains("no sentence in 0 files"));
        assert!(!Path::new("never-written.lm").exists());
    }

    #[test]
    fn sentences_that_change_nothing_are_counted() {
        let note = |text: &str| without_effect(&pieces(text.as_bytes()).expect("it is text"));
        let told = note("I was charged twice.\n我要退款。\n我的 iPhone 坏了。\n");
        let told = told.expect("two are Chinese");
        assert!(told.starts_with("note: 2 of them are Chinese"), "{told}");
        assert_eq!(note("I was charged twice.\n"), None);
    }

    #[test]
    fn articles_and_rules_are_read_for_what_people_say() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        for (file, text) in sidetone_kb::sample_files() {
            let path = dir.path().join(file);
            fs::create_dir_all(path.parent().expect("a folder")).expect("writable");
            fs::write(path, text).expect("writable");
        }
        let mut files = Vec::new();
        find(dir.path(), true, &mut files).expect("readable");
        let found: Vec<Piece> = files
            .iter()
            .flat_map(|file| read(file).expect("they are right"))
            .collect();
        for (is_sentence, text) in [
            (true, "I was charged twice."),
            (false, "paid twice"),
            (false, "cancel my contract"),
            (true, "重复扣费。"),
        ] {
            let piece = match is_sentence {
                true => Piece::Sentence(text.to_owned()),
                false => Piece::Fragment(text.to_owned()),
            };
            assert!(found.contains(&piece), "{piece:?}");
        }
        assert!(
            found
                .iter()
                .all(|piece| !piece.text().contains(['|', '*', '`'])),
            "neither patterns nor Markdown"
        );
    }
}
