//! The log.
//!
//! What strangers say (the name of a call, a reason, a path) stays in its line, and is seen as what it
//! is: characters that would do something else than stand for themselves are escaped here, for all
//! fields of all messages.

use std::fmt;
use std::io::{self, IsTerminal as _, Write};

use sidetone_types::controls::controls;
use tracing::Subscriber;
use tracing::field::{Field, Visit};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FormatFields, MakeWriter};
use tracing_subscriber::util::SubscriberInitExt as _;

use super::config::LogConfig;
use crate::printable::printable;

/// Of these libraries nothing is told but what the filter asks for by their names: one tells each message
/// word for word, at `info`, the other what it thinks of a stranger's handshake, at `warn`.
const QUIET: &str = "rsipstack=error,rustls=error";

/// Starts the log on standard error. A second start in one process changes nothing.
pub fn start_log(config: &LogConfig) {
    // Colours are for people: in a file they are noise.
    let log = log(config, io::stderr().is_terminal(), io::stderr);
    // Refused if the process has a log already, which then stays.
    let _ = log.try_init();
}

fn log<W, M>(config: &LogConfig, colours: bool, to: M) -> Box<dyn Subscriber + Send + Sync>
where
    W: Write,
    M: Fn() -> W + Send + Sync + 'static,
{
    let filter = EnvFilter::try_new(format!("{QUIET},{}", config.filter));
    let filter = filter.unwrap_or_else(|_| EnvFilter::new(format!("{QUIET},info")));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        // A line that cannot be written would be told with `eprintln!`, which then panics.
        .log_internal_errors(false);
    match config.json {
        true => Box::new(log.json().with_ansi(false).with_writer(Json(to)).finish()),
        false => {
            let log = log.fmt_fields(OneLine).with_ansi(colours);
            Box::new(log.with_writer(to).finish())
        }
    }
}

/// Writes the fields of a message as text that does not leave its line.
struct OneLine;

impl<'w> FormatFields<'w> for OneLine {
    fn format_fields<R: RecordFields>(&self, writer: Writer<'w>, fields: R) -> fmt::Result {
        let mut visitor = Fields {
            writer,
            written: Ok(0),
        };
        fields.record(&mut visitor);
        visitor.written.map(drop)
    }
}

struct Fields<'w> {
    writer: Writer<'w>,
    /// How many so far.
    written: Result<usize, fmt::Error>,
}

impl Fields<'_> {
    fn write(&mut self, name: &str, value: &dyn fmt::Debug, before: usize) -> fmt::Result {
        if before > 0 {
            self.writer.write_char(' ')?;
        }
        let value = format!("{value:?}");
        let value = printable(&value);
        match (name, self.writer.has_ansi_escapes()) {
            ("message", _) => write!(self.writer, "{value}"),
            (name, true) => {
                write!(
                    self.writer,
                    "\u{1b}[3m{name}\u{1b}[0m\u{1b}[2m=\u{1b}[0m{value}"
                )
            }
            (name, false) => write!(self.writer, "{name}={value}"),
        }
    }
}

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let name = field.name();
        // Where a library's message comes from: the line says it already.
        if name.starts_with("log.") {
            return;
        }
        if let Ok(before) = self.written {
            self.written = self.write(name, value, before).map(|()| before + 1);
        }
    }
}

/// Lines of JSON, in which control characters are escaped already.
struct Json<M>(M);

impl<'a, W: Write, M: Fn() -> W> MakeWriter<'a> for Json<M> {
    type Writer = JsonLine<W>;

    fn make_writer(&'a self) -> Self::Writer {
        JsonLine(self.0())
    }
}

struct JsonLine<W>(W);

impl<W: Write> Write for JsonLine<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.write_all(escaped(line).as_deref().unwrap_or(line))?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// `line` with escapes of JSON for what it does not have to escape and terminals obey; `None` where there is
/// nothing of that. Outside of strings there never is.
fn escaped(line: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(line).ok()?;
    let obeyed = |c: char| controls(c) && c != '\n';
    if !text.chars().any(obeyed) {
        return None;
    }
    let mut plain = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match obeyed(c) {
            true => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    plain.push_str(&format!("\\u{unit:04x}"));
                }
            }
            false => plain.push(c),
        }
    }
    Some(plain.into_bytes())
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tracing::{info, info_span};

    use super::*;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("one writer").extend(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What a stranger would like to write.
    const SAID: &str = "a\u{1b}[2J\r\n2026-01-01T00:00:00Z  INFO forged\u{9b}2J\u{202e}b\u{e0041}";

    fn told(json: bool, colours: bool) -> String {
        let kept = Kept::default();
        let config = LogConfig {
            json,
            ..LogConfig::default()
        };
        let to = kept.clone();
        let log = log(&config, colours, move || to.clone());
        tracing::subscriber::with_default(log, || {
            let _call = info_span!("call", call = %SAID).entered();
            let error = io::Error::other(SAID);
            info!(%error, who = SAID, what = ?SAID, n = 7, "refused: {SAID}");
        });
        let told = kept.0.lock().expect("one writer").clone();
        String::from_utf8(told).expect("text")
    }

    #[test]
    fn nobody_writes_a_line_of_their_own_into_the_log() {
        for (json, colours) in [(false, false), (false, true), (true, false)] {
            let told = told(json, colours);
            let line = told.strip_suffix('\n').expect("it ends");
            // Colours are ours.
            let ours = [
                "\u{1b}[0m",
                "\u{1b}[1m",
                "\u{1b}[2m",
                "\u{1b}[3m",
                "\u{1b}[32m",
            ];
            let plain = ours
                .iter()
                .fold(line.to_owned(), |line, ours| line.replace(ours, ""));
            assert!(!plain.chars().any(controls), "{plain:?}");
            // As JSON the span stands among its parents as well.
            let times = if json { 6 } else { 5 };
            assert_eq!(plain.matches("forged").count(), times, "{plain}");
            assert_eq!(colours, plain != line, "{line:?}");
        }
    }

    #[test]
    fn lines_read_as_they_always_have() {
        let told = told(false, false);
        let (_, line) = told.split_once(" INFO ").expect("a level");
        assert!(line.starts_with(r"call{call=a\u{1b}[2J\r\n2026-"), "{line}");
        for part in [
            ": refused: a",
            " error=a",
            " who=\"a",
            " what=\"a",
            " n=7\n",
        ] {
            assert!(line.contains(part), "{part}: {line}");
        }
    }

    #[test]
    fn a_line_of_json_says_what_was_said() {
        let line: serde_json::Value = serde_json::from_str(&told(true, false)).expect("JSON");
        assert_eq!(line["fields"]["error"], SAID);
        assert_eq!(line["span"]["call"], SAID);
        assert_eq!(line["fields"]["n"], 7);
    }
}
