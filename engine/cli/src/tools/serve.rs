//! `sidetone serve`: the engine, until it is told to stop.

use std::time::Duration;

use crate::tools::progress;
use sidetone::calibrate::calibrate;
use sidetone::config::Config;
use sidetone::engine::Engine;
use sidetone::recogniser::Recogniser;
use sidetone::services::Services;
use sidetone::telemetry;
use tokio::signal::unix::{SignalKind, signal};

use super::Outcome;

/// How long is measured what recognition costs before calls are let in.
const CALIBRATE: Duration = Duration::from_secs(3);

/// Runs the command. SIGINT and SIGTERM end it in order.
pub fn run(config: Config) -> anyhow::Result<Outcome> {
    telemetry::start_log(&config.log);
    let services = Services::open(&config)?;
    let recogniser = Recogniser::load(&config, &progress::log())?;
    calibrate(&recogniser, &config, CALIBRATE)?;
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let engine = Engine::start(config, recogniser, services).await?;
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        engine.stop().await?;
        Ok(Outcome::Done)
    })
}
