//! `sidetone audit search` and `export`: the log for people, and for other machines.

use std::collections::VecDeque;
use std::fs;
use std::io::{self, BufWriter, Write};

use clap::{Args, ValueEnum};
use console::{Alignment, measure_text_width, pad_str, style};
use sidetone::config::Config;
use sidetone::services::audit_words;
use sidetone_audit::{Entry, Line, Outcome as Ended, Search, printable, syslog};

use super::{FilterArgs, Outcome, Place};
use crate::tell::tell;

/// Show who did what: the newest last.
#[derive(Args, Debug)]
pub struct SearchArgs {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    filter: FilterArgs,
    /// At most so many, the newest.
    #[arg(long, default_value_t = 50)]
    limit: usize,
    /// The lines as they stand in the log, JSON Lines.
    #[arg(long)]
    json: bool,
}

/// Write the log to standard output, checkpoints too, for a machine that keeps it where nobody here can change it.
#[derive(Args, Debug)]
pub struct ExportArgs {
    #[command(flatten)]
    place: Place,
    /// How each line is written.
    #[arg(long, value_enum, default_value_t = Format::Jsonl)]
    format: Format,
    #[command(flatten)]
    filter: FilterArgs,
    /// With syslog: the name of this machine, if not the system's.
    #[arg(long, value_name = "NAME")]
    host: Option<String>,
}

/// What a line is written as.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum Format {
    /// As it stands in the log.
    Jsonl,
    /// A message of RFC 5424, facility `log audit`, with all the line says as structured data.
    Syslog,
}

/// Runs `search`.
pub fn run(args: &SearchArgs, config: &Config) -> anyhow::Result<Outcome> {
    let filter = args.filter.filter(config, false)?;
    // A log from elsewhere is shown as it is.
    let words = audit_words(config).ok();
    let mut search = Search::new(&args.place.dir(config)?, filter)?;
    let mut found = VecDeque::new();
    let mut total = 0_u64;
    while let Some(line) = search.next() {
        let (line, bytes) = line?;
        total += 1;
        found.push_back(match args.json {
            true => Shown::Bytes(bytes.to_vec()),
            false => {
                let entry = line.entry().cloned().unwrap_or_default();
                let entry = match &words {
                    Some(words) => words.open(entry),
                    None => entry,
                };
                Shown::Cells(cells(&line, &entry))
            }
        });
        if found.len() > args.limit {
            found.pop_front();
        }
    }
    let mut out = BufWriter::new(io::stdout());
    let mut rows = Vec::new();
    let shown = found.len();
    for line in found {
        match line {
            Shown::Bytes(bytes) => out.write_all(&[&bytes[..], b"\n"].concat())?,
            Shown::Cells(cells) => rows.push(cells),
        }
    }
    if !args.json {
        out.write_all(table(&rows).as_bytes())?;
        writeln!(out, "{shown} of {total} entries")?;
    }
    out.flush()?;
    Ok(say_unreadable(&search))
}

/// Runs `export`.
pub fn export(args: &ExportArgs, config: &Config) -> anyhow::Result<Outcome> {
    let filter = args.filter.filter(config, true)?;
    let mut search = Search::new(&args.place.dir(config)?, filter)?;
    let host = args.host.clone().unwrap_or_else(host);
    let mut out = BufWriter::new(io::stdout());
    while let Some(line) = search.next() {
        let (line, bytes) = line?;
        match args.format {
            Format::Jsonl => {
                out.write_all(bytes)?;
                out.write_all(b"\n")?;
            }
            Format::Syslog => writeln!(out, "{}", syslog(&line, &host))?,
        }
    }
    out.flush()?;
    Ok(say_unreadable(&search))
}

fn say_unreadable(search: &Search) -> Outcome {
    match search.unreadable() {
        0 => Outcome::Done,
        lines => {
            tell(format_args!(
                "error: {lines} lines are damaged and were left out; `sidetone audit verify` says which"
            ));
            Outcome::Failed
        }
    }
}

/// What the system calls this machine; empty if it does not say.
fn host() -> String {
    let name = fs::read_to_string("/proc/sys/kernel/hostname");
    name.map(|name| name.trim().to_owned()).unwrap_or_default()
}

enum Shown {
    Bytes(Vec<u8>),
    Cells([String; COLUMNS]),
}

const COLUMNS: usize = 8;
const HEADING: [&str; COLUMNS] = [
    "SEQ", "TIME", "OUTCOME", "WHO", "ACTION", "WHAT", "FROM", "WHY",
];

/// What a line says, for a terminal.
fn cells(line: &Line, entry: &Entry) -> [String; COLUMNS] {
    let show = |text: &str| printable(text).into_owned();
    let together = |texts: [&str; 2]| {
        let texts = texts.into_iter().filter(|text| !text.is_empty());
        show(&texts.collect::<Vec<_>>().join(", "))
    };
    [
        line.seq.to_string(),
        format!("{:.3}", line.time),
        entry.outcome.to_string(),
        together([&entry.who, &entry.by]),
        show(&entry.action),
        show(&entry.what),
        together([&entry.door, &entry.from]),
        together([&entry.policy, &entry.detail]),
    ]
}

/// A line for each row, with what was refused or failed marked.
fn table(rows: &[[String; COLUMNS]]) -> String {
    let heading = HEADING.map(str::to_owned);
    let all = || std::iter::once(&heading).chain(rows);
    let width = |column: usize| all().map(|row| measure_text_width(&row[column])).max();
    let widths: Vec<_> = (0..COLUMNS)
        .map(|column| width(column).unwrap_or_default())
        .collect();
    let mut table = String::new();
    for row in all() {
        let cells = row.iter().zip(&widths);
        let cells =
            cells.map(|(cell, width)| pad_str(cell, *width, Alignment::Left, None).into_owned());
        let line = cells.collect::<Vec<_>>().join("  ");
        let line = line.trim_end();
        let ended = row[2].parse::<Ended>();
        match ended.is_ok_and(|ended| ended != Ended::Done) {
            true => table.push_str(&style(line).bold().to_string()),
            false => table.push_str(line),
        }
        table.push('\n');
    }
    table
}

#[cfg(test)]
mod tests {
    use console::strip_ansi_codes;
    use sidetone_audit::{AuditLog, AuditOptions, Entry, Filter};

    use super::*;

    #[test]
    fn who_did_what_stands_in_a_line_that_nobody_can_forge() {
        let root = tempfile::tempdir().expect("a temporary directory");
        let dir = root.path().join("audit");
        let key = root.path().join("audit.key");
        let log = AuditLog::open(&dir, &key, AuditOptions::default()).expect("writable");
        let entry = Entry {
            who: "ann\u{202e}".to_owned(),
            by: "session".to_owned(),
            door: "rest".to_owned(),
            from: "192.0.2.1".to_owned(),
            action: "read_call".to_owned(),
            what: "c-1\n2 ok".to_owned(),
            outcome: Ended::Refused,
            policy: "role".to_owned(),
            ..Entry::default()
        };
        log.write(entry).wait().expect("written");
        log.close().expect("written");
        let mut search = Search::new(&dir, Filter::default()).expect("there");
        let (line, _) = search.next().expect("one").expect("readable");
        let table = table(&[cells(&line, line.entry().expect("an entry"))]);
        let lines: Vec<_> = table
            .lines()
            .map(|line| strip_ansi_codes(line).into_owned())
            .collect();
        assert_eq!(lines.len(), 2);
        assert!(
            lines[0].starts_with("SEQ  TIME                      OUTCOME  WHO"),
            "{}",
            lines[0]
        );
        let end = r"refused  ann\u{202e}, session  read_call  c-1\n2 ok  rest, 192.0.2.1  role";
        assert!(lines[1].ends_with(end), "{}", lines[1]);
    }
}
