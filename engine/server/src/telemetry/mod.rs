//! Every metric by name, and the log. Base units; labels never name a call or a person.

mod config;
mod labelled;
mod log;
mod metrics;
mod process;
mod timing;

pub use self::config::LogConfig;
pub use self::log::start_log;
pub use self::metrics::Metrics;
#[cfg(test)]
pub(crate) use self::metrics::REFUSALS;
pub(crate) use self::metrics::Timed;
