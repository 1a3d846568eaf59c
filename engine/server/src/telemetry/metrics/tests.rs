use std::collections::BTreeSet;
use std::path::Path;

use sidetone_core::capacity::{Capacity, CapacityConfig};

use super::*;
use crate::storage::StoreHealth;

fn rendered(metrics: &Metrics) -> String {
    let capacity = Capacity::new(CapacityConfig::default(), 2, 0.05);
    metrics.fit(&capacity.report(std::time::Instant::now()), 10);
    // What is served is timed from the start.
    metrics.http_route("GET", "/v1/calls");
    metrics.grpc_method("OpenCall");
    metrics.render()
}

/// `# UNIT name seconds` of all metrics, by name.
fn metric_lines<'a>(text: &'a str, what: &str) -> Vec<(&'a str, &'a str)> {
    let lines = text.lines().filter_map(|line| line.strip_prefix(what));
    lines.filter_map(|line| line.split_once(' ')).collect()
}

/// A row of the table for each metric: name, type, unit, labels, meaning.
fn rows(text: &str) -> Vec<String> {
    let (units, helps) = (metric_lines(text, "# UNIT "), metric_lines(text, "# HELP "));
    let of = |name: &str, told: &[(&str, &str)]| {
        let found = told.iter().find(|(of, _)| *of == name);
        found.map(|(_, text)| text.trim_end_matches('.').to_owned())
    };
    let row = |(name, kind): (&str, &str)| {
        let (shown, sample) = match kind {
            "counter" => (format!("{name}_total"), format!("{name}_total")),
            "info" => (format!("{name}_info"), format!("{name}_info")),
            "histogram" => (name.to_owned(), format!("{name}_bucket")),
            _ => (name.to_owned(), name.to_owned()),
        };
        let mut labels = BTreeSet::new();
        let mut samples = 0;
        for line in text.lines() {
            let Some(rest) = line.strip_prefix(&sample) else {
                continue;
            };
            samples += u32::from(rest.starts_with(['{', ' ']));
            let Some((inside, _)) = rest.strip_prefix('{').and_then(|rest| rest.split_once('}'))
            else {
                continue;
            };
            let names = inside.split(',').filter_map(|label| label.split_once('='));
            labels.extend(names.map(|(name, _)| name).filter(|name| *name != "le"));
        }
        assert!(samples > 0, "{name} is not there from the beginning");
        let labels: Vec<String> = labels.iter().map(|label| format!("`{label}`")).collect();
        format!(
            "| `{shown}` | {kind} | {} | {} | {} |",
            of(name, &units).unwrap_or_default(),
            labels.join(", "),
            of(name, &helps).unwrap_or_default()
        )
    };
    metric_lines(text, "# TYPE ").into_iter().map(row).collect()
}

// Elsewhere there is nothing of the process.
#[cfg(target_os = "linux")]
#[test]
fn the_table_of_metrics_in_the_docs_is_what_is_told() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/OPERATE.md");
    let docs = std::fs::read_to_string(path).expect("the docs");
    let listed: Vec<&str> = docs
        .lines()
        .filter(|line| line.starts_with("| `sidetone_") || line.starts_with("| `process_"))
        .collect();
    let told = rows(&rendered(&Metrics::default()));
    assert_eq!(listed, told, "the table should be\n{}", told.join("\n"));
}

#[test]
fn what_is_counted_is_there_before_it_has_happened_and_labels_say_what_they_are() {
    let text = rendered(&Metrics::default());
    for line in [
        "sidetone_calls_refused_total{reason=\"full\"} 0",
        "sidetone_calls_ended_total{reason=\"media_timeout\"} 0",
        "sidetone_events_total{kind=\"final\"} 0",
        "sidetone_rejected_total{reason=\"loop\"} 0",
        "sidetone_rtp_total{outcome=\"lost\"} 0",
        "sidetone_jobs_total{purpose=\"final\"} 0",
        "sidetone_jobs_waiting{purpose=\"partial\"} 0",
        "sidetone_crm_notes{state=\"dead\"} 0",
        "sidetone_store_changes_total{outcome=\"lost\"} 0",
        "sidetone_store_write_failures_total 0",
        "sidetone_knowledge_reloads_total{outcome=\"failed\"} 0",
        "sidetone_alerts_raised_total{severity=\"critical\"} 0",
        "sidetone_card_votes_total{vote=\"not_useful\"} 0",
        "sidetone_crm_lookups_total{outcome=\"unavailable\"} 0",
        "sidetone_crm_writes_total{outcome=\"written\"} 0",
        "sidetone_http_answers_total{status=\"5xx\"} 0",
        "sidetone_threshold_webhooks_total{outcome=\"failed\"} 0",
        "sidetone_recognition_wait_seconds_count{purpose=\"final\"} 0",
    ] {
        assert!(text.lines().any(|told| told == line), "{line} in\n{text}");
    }
    let version = env!("CARGO_PKG_VERSION");
    let build = format!("sidetone_build_info{{version=\"{version}\"}} 1");
    assert!(text.contains(&build), "{text}");
    assert!(!text.contains("what="), "{text}");
    assert!(text.contains("sidetone_inference_busy_ratio "), "{text}");
}

#[test]
fn a_store_that_cannot_write_shows() {
    let metrics = Metrics::default();
    metrics.store(&StoreHealth {
        failing_for: Some(std::time::Duration::from_millis(2_500)),
        refusals: 3,
        failed: 2,
        spilled: 0,
        lost: 1,
    });
    let text = rendered(&metrics);
    for line in [
        "sidetone_store_write_failures_total 3",
        "sidetone_store_failing_seconds 2.5",
        "sidetone_store_changes_total{outcome=\"failed\"} 2",
        "sidetone_store_changes_total{outcome=\"lost\"} 1",
    ] {
        assert!(text.contains(line), "{line} in\n{text}");
    }
}

/// All that begins like a metric of ours, in a text.
fn named(text: &str) -> BTreeSet<String> {
    let is_part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let words = text.split(|c| !is_part(c) && c != ':');
    let ours = words.filter(|word| {
        ["sidetone_", "process_"]
            .iter()
            .any(|is| word.starts_with(is))
    });
    ours.map(|word| word.trim_end_matches([':', '_']).to_owned())
        .collect()
}

#[cfg(target_os = "linux")]
#[test]
fn what_docs_rules_and_dashboard_ask_for_is_told() {
    let text = rendered(&Metrics::default());
    let mut told = BTreeSet::new();
    for (name, kind) in metric_lines(&text, "# TYPE ") {
        let endings: &[&str] = match kind {
            "counter" => &["_total"],
            "info" => &["_info"],
            "histogram" => &["", "_bucket", "_sum", "_count"],
            _ => &[""],
        };
        told.extend(endings.iter().map(|ending| format!("{name}{ending}")));
    }
    let engine = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for (file, least) in [
        ("docs/OPERATE.md", 60),
        ("deploy/prometheus/rules.yml", 20),
        ("deploy/prometheus/rules_test.yml", 8),
        ("deploy/grafana/sidetone.json", 40),
    ] {
        let asked = named(&std::fs::read_to_string(engine.join(file)).expect("a file"));
        assert!(asked.len() >= least, "{file}: {}", asked.len());
        let unknown: Vec<_> = asked.difference(&told).collect();
        assert_eq!(unknown, [""; 0], "{file}");
    }
}
