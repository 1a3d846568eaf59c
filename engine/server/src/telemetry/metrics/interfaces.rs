//! How soon whoever asks is answered.

use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::{Registry, Unit};
use sidetone_core::board::Spread;

use super::Metrics;
use crate::telemetry::labelled::Counters;
use crate::telemetry::timing::Timing;

const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];

type Route = [(&'static str, &'static str); 2];
type Method = [(&'static str, String); 1];

/// What is counted of requests.
#[derive(Debug)]
pub struct InterfaceMetrics {
    http: Family<Route, Timing>,
    http_all: Timing,
    answers: Counters,
    failures: Counter,
    grpc: Family<Method, Timing>,
    grpc_all: Timing,
    pub(super) searches: Timing,
}

impl Default for InterfaceMetrics {
    fn default() -> Self {
        Self {
            http: Family::default(),
            http_all: Timing::default(),
            answers: Counters::new("status", CLASSES),
            failures: Counter::default(),
            grpc: Family::default(),
            grpc_all: Timing::default(),
            searches: Timing::default(),
        }
    }
}

impl InterfaceMetrics {
    pub(super) fn register(&self, r: &mut Registry) {
        r.register_with_unit(
            "http_request",
            "Time until the answer to a request over HTTP began, by method and path",
            Unit::Seconds,
            self.http.clone(),
        );
        r.register(
            "http_answers",
            "Answers to requests over HTTP, by class of their status",
            self.answers.family(),
        );
        r.register(
            "http_failures",
            "Answers to requests over HTTP that say that the engine failed (500); one without room (503) has not",
            self.failures.clone(),
        );
        r.register_with_unit(
            "grpc_request",
            "Time until the answer to a request over gRPC began, by method",
            Unit::Seconds,
            self.grpc.clone(),
        );
        r.register_with_unit(
            "search",
            "Time a search of what was said took, over whatever interface",
            Unit::Seconds,
            self.searches.clone(),
        );
    }

    /// All requests over HTTP, and over gRPC.
    pub(super) fn spreads(&self) -> (Spread, Spread) {
        (self.http_all.spread(), self.grpc_all.spread())
    }

    /// Answers over HTTP, and those that say that the engine failed.
    pub(super) fn answers(&self) -> (u64, u64) {
        let all = CLASSES.map(|class| self.answers.get(class).get());
        (all.iter().sum(), self.failures.get())
    }
}

/// One way to ask for something, and how soon it is answered.
#[derive(Clone, Debug)]
pub(crate) struct Timed {
    of: Timing,
    all: Timing,
}

impl Timed {
    /// It was answered after that time.
    pub fn answered(&self, took: Duration) {
        self.of.observe(took);
        self.all.observe(took);
    }
}

impl Metrics {
    /// Where a route of HTTP is timed; it is there from then on.
    pub(crate) fn http_route(&self, method: &'static str, route: &'static str) -> Timed {
        let of = &self.interfaces;
        let labels = [("method", method), ("route", route)];
        Timed {
            of: of.http.get_or_create(&labels).clone(),
            all: of.http_all.clone(),
        }
    }

    /// Where a method of gRPC is timed; it is there from then on.
    pub(crate) fn grpc_method(&self, method: &str) -> Timed {
        let of = &self.interfaces;
        let labels = [("method", method.to_owned())];
        Timed {
            of: of.grpc.get_or_create(&labels).clone(),
            all: of.grpc_all.clone(),
        }
    }

    /// A request over HTTP was answered with that status.
    pub(crate) fn http_answered(&self, status: u16) {
        let class = usize::from(status / 100).clamp(1, CLASSES.len()) - 1;
        self.interfaces.answers.get(CLASSES[class]).inc();
        if status == 500 {
            self.interfaces.failures.inc();
        }
    }

    /// What was said was searched.
    pub(crate) fn searched(&self, took: Duration) {
        self.interfaces.searches.observe(took);
    }
}
