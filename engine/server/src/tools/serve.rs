//! `sidetone serve`: the engine, until it is told to stop.

use anyhow::Context;
use sidetone::config::Config;
use sidetone::engine::Engine;
use sidetone::{load, telemetry};
use sidetone_models::weights::Progress;
use tokio::signal::unix::{SignalKind, signal};

use super::Outcome;

/// Runs the command. SIGINT and SIGTERM end it in order.
pub fn run(config: Config) -> anyhow::Result<Outcome> {
    telemetry::start_log(&config.log);
    let models = load::models(&config, &Progress::log())?;
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let listen = config.server.listen;
        let engine = Engine::start(config, models)
            .await
            .with_context(|| format!("cannot serve on {listen}"))?;
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        engine.stop().await?;
        Ok(Outcome::Done)
    })
}
