//! Every metric by name. The table in `engine/docs/OPERATE.md` lists them; a test keeps it in step.
//!
//! | module | what it counts |
//! |---|---|
//! | `calls` | calls, capacity, doors |
//! | `events` | what was told, how soon, to how many |
//! | `recognition` | what waits, and how long it takes |
//! | `media` | what comes over the network |
//! | `crm` | what the CRM is owed, and how it answers |
//! | `keeping` | store, recordings, audit, knowledge |
//! | `interfaces` | HTTP, gRPC, search |
//! | `board` | thresholds, and what the board is made of |

mod board;
mod calls;
mod crm;
mod events;
mod interfaces;
mod keeping;
mod media;
mod recognition;
#[cfg(test)]
mod tests;

use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;
use sidetone_core::capacity::Report;

#[cfg(test)]
pub use calls::REFUSALS;
pub(crate) use interfaces::Timed;

use super::process::Process;

type Seconds = Counter<f64, AtomicU64>;
type Level = Gauge<f64, AtomicU64>;

/// All the engine counts and measures.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    /// Calls, capacity and doors.
    pub calls: calls::CallMetrics,
    /// What was told.
    pub events: events::EventMetrics,
    /// What was recognised.
    pub recognition: recognition::RecognitionMetrics,
    /// What came over the network.
    pub media: media::MediaMetrics,
    crm: crm::CrmMetrics,
    keeping: keeping::KeepingMetrics,
    interfaces: interfaces::InterfaceMetrics,
    board: board::BoardMetrics,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut metrics = Self {
            registry: Registry::default(),
            calls: Default::default(),
            events: Default::default(),
            recognition: Default::default(),
            media: Default::default(),
            crm: Default::default(),
            keeping: Default::default(),
            interfaces: Default::default(),
            board: Default::default(),
        };
        metrics.register();
        metrics
    }
}

impl Metrics {
    fn register(&mut self) {
        self.registry.register_collector(Box::new(Process));
        let r = self.registry.sub_registry_with_prefix("sidetone");
        r.register(
            "build",
            "The program that runs",
            Info::new([("version", env!("CARGO_PKG_VERSION"))]),
        );
        self.calls.register(r);
        self.recognition.register(r);
        self.events.register(r);
        self.crm.register(r);
        self.media.register(r);
        self.interfaces.register(r);
        self.keeping.register(r);
        self.board.register(r);
    }

    /// Takes up what is known of the capacity now. No more than `most` calls are let in, whatever it says.
    pub(crate) fn fit(&self, report: &Report, most: usize) {
        self.calls.fit(report, most);
    }

    /// All of it in the OpenMetrics text format.
    pub fn render(&self) -> String {
        let mut text = String::new();
        encode(&mut text, &self.registry).expect("a string takes any text");
        text
    }
}
