//! Metrics, in the text format that the reader asks for.

use std::collections::HashMap;
use std::fmt::Write as _;

use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};

use super::app::App;
use super::failure::Failure;
use crate::transport::identify::Who;

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const PROMETHEUS: &str = "text/plain; version=0.0.4; charset=utf-8";

/// What the engine counts and measures.
pub(super) async fn metrics(
    State(app): State<App>,
    Who(who): Who,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let text = app.api.metrics(&who).await?;
    let accept = headers.get(header::ACCEPT);
    let accept = accept.and_then(|accept| accept.to_str().ok());
    let (kind, text) = match wants_plain_text(accept.unwrap_or_default()) {
        true => (PROMETHEUS, prometheus(&text)),
        false => (OPEN_METRICS, text),
    };
    Ok(([(header::CONTENT_TYPE, kind)], text).into_response())
}

/// Whether `text/plain` is asked for by name, and preferred to OpenMetrics.
fn wants_plain_text(accept: &str) -> bool {
    let quality = |wanted: &str| {
        let kinds = accept.split(',').map(|kind| kind.split(';').map(str::trim));
        let found = kinds.filter_map(|mut kind| {
            let named = kind.next()?.eq_ignore_ascii_case(wanted);
            let weight = kind.find_map(|parameter| parameter.strip_prefix("q="));
            let weight = weight.and_then(|weight| weight.parse::<f32>().ok());
            named.then_some(weight.unwrap_or(1.0))
        });
        found.fold(0.0, f32::max)
    };
    quality("text/plain") > quality("application/openmetrics-text")
}

/// OpenMetrics as the older text format has it: counters are declared by their full names, an info
/// is a gauge, and there are no units and no end.
fn prometheus(open_metrics: &str) -> String {
    let kinds: HashMap<&str, &str> = open_metrics
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '))
        .collect();
    let mut text = String::with_capacity(open_metrics.len());
    for line in open_metrics.lines() {
        let declared = ["# HELP ", "# TYPE "].into_iter().find_map(|what| {
            let (name, rest) = line.strip_prefix(what)?.split_once(' ')?;
            Some((what, name, rest))
        });
        let Some((what, name, rest)) = declared else {
            if !line.starts_with('#') {
                text.push_str(line);
                text.push('\n');
            }
            continue;
        };
        let (ending, kind) = match kinds.get(name) {
            Some(&"counter") => ("_total", "counter"),
            Some(&"info") => ("_info", "gauge"),
            Some(kind) => ("", *kind),
            None => ("", "untyped"),
        };
        let rest = if what == "# TYPE " { kind } else { rest };
        writeln!(text, "{what}{name}{ending} {rest}").expect("a string takes any text");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_gets_the_format_it_prefers_and_open_metrics_if_it_names_none() {
        for (accept, plain) in [
            ("", false),
            ("*/*", false),
            ("text/html,application/xhtml+xml,*/*;q=0.8", false),
            ("text/plain", true),
            ("Text/Plain; version=0.0.4", true),
            ("application/openmetrics-text", false),
            // As Prometheus asks.
            (
                "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.1",
                false,
            ),
            (
                "application/openmetrics-text;version=1.0.0;q=0.2,text/plain;version=0.0.4;q=0.3",
                true,
            ),
        ] {
            assert_eq!(wants_plain_text(accept), plain, "{accept}");
        }
    }

    #[test]
    fn plain_text_declares_counters_by_their_names_and_has_no_units() {
        let open_metrics = "\
# HELP calls_ended Calls that have ended.
# TYPE calls_ended counter
calls_ended_total{reason=\"closed\"} 2
# HELP build The program.
# TYPE build info
build_info{version=\"1.0\"} 1
# HELP latency_seconds How late.
# TYPE latency_seconds histogram
# UNIT latency_seconds seconds
latency_seconds_bucket{le=\"+Inf\"} 0
# EOF
";
        let expected = "\
# HELP calls_ended_total Calls that have ended.
# TYPE calls_ended_total counter
calls_ended_total{reason=\"closed\"} 2
# HELP build_info The program.
# TYPE build_info gauge
build_info{version=\"1.0\"} 1
# HELP latency_seconds How late.
# TYPE latency_seconds histogram
latency_seconds_bucket{le=\"+Inf\"} 0
";
        assert_eq!(prometheus(open_metrics), expected);
    }
}
