//! `sidetone audit verify`: whether the log is as it was written.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;
use sidetone::config::Config;
use sidetone_audit::{AuditError, Noted, PublicKey, Report, public_path, verify_noted};

use super::{Outcome, Place};

/// Read the whole log, and name every place where it was changed, cut or forged. Ends with 1 if there is one.
#[derive(Args, Debug)]
pub struct VerifyArgs {
    #[command(flatten)]
    place: Place,
    /// The public key (`audit.pub`), or the private one; without it, that beside the log. Who has this machine may
    /// have exchanged both: keep the public key elsewhere, and name it here.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// A newest line that an earlier `verify` has told: it has to be there still. So an older copy of the log is found that
    /// somebody has put back.
    #[arg(long, value_name = "SEQ:HASH")]
    noted: Option<Noted>,
    /// One JSON object instead of text.
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(args: &VerifyArgs, config: &Config) -> anyhow::Result<Outcome> {
    let dir = args.place.dir(config)?;
    if !dir.is_dir() {
        return Err(AuditError::Missing(dir).into());
    }
    let key = match &args.key {
        Some(file) => PublicKey::load(file)?,
        None => key_of(args.place.key(config)?)?,
    };
    let report = verify_noted(&dir, &key, args.noted)?;
    let found = Found::new(&report, &key);
    let mut out = io::stdout();
    match args.json {
        true => writeln!(out, "{}", serde_json::to_string(&found)?)?,
        false => write_text(&mut out, &dir, &found)?,
    }
    Ok(match report.is_whole() {
        true => Outcome::Done,
        false => Outcome::Failed,
    })
}

/// The key, or else its public half.
fn key_of(key: PathBuf) -> anyhow::Result<PublicKey> {
    let public = public_path(&key);
    let file = if key.exists() || !public.exists() {
        key
    } else {
        public
    };
    Ok(PublicKey::load(&file)?)
}

/// What was found, for programs.
#[derive(Serialize)]
struct Found {
    whole: bool,
    segments: usize,
    lines: u64,
    checkpoints: u64,
    first: Option<Point>,
    last: Option<Point>,
    /// The newest line, as `--noted` takes it.
    newest: Option<String>,
    key: String,
    damage: Vec<String>,
    more_damage: u64,
}

#[derive(Serialize)]
struct Point {
    seq: u64,
    time: String,
}

impl Found {
    fn new(report: &Report, key: &PublicKey) -> Self {
        let point = |(seq, time)| Point {
            seq,
            time: format!("{time:.3}"),
        };
        Self {
            whole: report.is_whole(),
            segments: report.segments,
            lines: report.lines,
            checkpoints: report.checkpoints,
            first: report.first.map(point),
            last: report.last.map(|(seq, _, time)| point((seq, time))),
            newest: report.last.map(|(seq, hash, _)| format!("{seq}:{hash}")),
            key: key.to_hex(),
            damage: report.damage.iter().map(ToString::to_string).collect(),
            more_damage: report.more_damage,
        }
    }
}

fn write_text(out: &mut impl Write, dir: &Path, found: &Found) -> anyhow::Result<()> {
    writeln!(
        out,
        "{}: {} lines in {} segments, {} of them checkpoints",
        dir.display(),
        found.lines,
        found.segments,
        found.checkpoints
    )?;
    if let (Some(first), Some(last)) = (&found.first, &found.last) {
        writeln!(out, "from line {}, {}", first.seq, first.time)?;
        writeln!(out, "to line   {}, {}", last.seq, last.time)?;
    }
    writeln!(out, "key    {}", found.key)?;
    if let Some(newest) = &found.newest {
        writeln!(out, "newest {newest}")?;
    }
    for damage in &found.damage {
        writeln!(out, "DAMAGE {damage}")?;
    }
    if found.more_damage > 0 {
        writeln!(out, "DAMAGE and {} more", found.more_damage)?;
    }
    match (&found.first, found.whole) {
        (Some(first), true) if first.seq > 1 => writeln!(
            out,
            "whole since {}; what was before was removed because of its age",
            first.time
        )?,
        (_, true) => writeln!(out, "whole")?,
        (_, false) => writeln!(
            out,
            "not whole: keep a copy of all as it is, and ask who had access"
        )?,
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use sidetone_audit::{AuditLog, AuditOptions, Entry};

    use super::*;

    #[test]
    fn damage_is_told_with_its_place_and_all_else_with_its_newest_line() {
        let root = tempfile::tempdir().expect("a temporary directory");
        let dir = root.path().join("audit");
        let log = AuditLog::open(&dir, &dir.with_extension("key"), AuditOptions::default())
            .expect("writable");
        log.write(Entry::default()).wait().expect("written");
        log.close().expect("written");
        let key = key_of(dir.with_extension("key")).expect("made with the log");
        let told = |noted| {
            let report = verify_noted(&dir, &key, noted).expect("readable");
            let found = Found::new(&report, &key);
            let mut out = Vec::new();
            write_text(&mut out, &dir, &found).expect("memory");
            (String::from_utf8(out).expect("text"), found.newest)
        };
        let (text, newest) = told(None);
        assert!(
            text.contains("3 lines in 1 segments, 2 of them checkpoints"),
            "{text}"
        );
        assert!(text.ends_with("\nwhole\n"), "{text}");
        let noted = newest
            .and_then(|newest| newest.parse().ok())
            .expect("as --noted takes it");
        assert!(told(Some(noted)).0.ends_with("\nwhole\n"));

        let segment = dir.join("audit-00000001.jsonl");
        let text = fs::read_to_string(&segment).expect("there");
        fs::write(&segment, text.replace("done", "dome")).expect("writable");
        let (text, _) = told(None);
        assert!(
            text.contains("DAMAGE audit-00000001.jsonl, line 2: the line was changed\n"),
            "{text}"
        );
        assert!(text.contains("\nnot whole"), "{text}");
        fs::remove_file(dir.with_extension("key")).expect("there");
        assert_eq!(
            key_of(dir.with_extension("key")).expect("the public half"),
            key
        );
    }
}
