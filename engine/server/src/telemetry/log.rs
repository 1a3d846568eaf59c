//! The log.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

use super::config::LogConfig;

/// Of these libraries nothing is told but what the filter asks for by their names: one tells each message
/// word for word, at `info`, the other what it thinks of a stranger's handshake, at `warn`.
const QUIET: &str = "rsipstack=error,rustls=error";

/// Starts the log on standard error. A second start in one process changes nothing.
pub fn start_log(config: &LogConfig) {
    let filter = EnvFilter::try_new(format!("{QUIET},{}", config.filter));
    let filter = filter.unwrap_or_else(|_| EnvFilter::new(format!("{QUIET},info")));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        // Colours are for people: in a file they are noise.
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        // A line that cannot be written would be told with `eprintln!`, which then panics.
        .log_internal_errors(false);
    // Refused if the process has a log already, which then stays.
    let _ = if config.json {
        log.json().try_init()
    } else {
        log.try_init()
    };
}
