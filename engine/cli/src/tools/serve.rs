//! `sidetone serve`: the engine, until it is told to stop.

use std::time::Duration;

use crate::tools::progress;
use sidetone::app::Engine;
use sidetone::calibrate::calibrate;
use sidetone::config::Config;
use sidetone::core_dumps;
use sidetone::recognition::Recogniser;
use sidetone::services::Services;
use sidetone::telemetry;
use sidetone::transport::Front;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing::info;

use super::Outcome;

/// How long is measured what recognition costs before calls are let in.
const CALIBRATE: Duration = Duration::from_secs(3);

/// Runs the command. The address is bound first, so that a port that is taken shows at once and
/// probes are answered while models load. SIGTERM lets live calls end first, SIGINT and a second
/// signal do not.
pub fn run(config: Config) -> anyhow::Result<Outcome> {
    telemetry::start_log(&config.log);
    core_dumps::forbid();
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        let mut signals = Signals::new()?;
        let front = Front::open(&config.server).await?;
        let readiness = front.readiness().clone();
        let prepare = {
            let config = config.clone();
            move || {
                readiness.waits_for("the store, rules and articles");
                let services = Services::open(&config)?;
                readiness.waits_for("the weights of the models");
                info!("loading models");
                let recogniser = Recogniser::load(&config, &progress::log())?;
                readiness.waits_for("measuring what recognition costs");
                calibrate(&recogniser, &config, CALIBRATE)?;
                anyhow::Ok((services, recogniser))
            }
        };
        let prepared = tokio::select! {
            prepared = tokio::task::spawn_blocking(prepare) => prepared,
            _ = signals.next() => {
                // What is loaded or fetched is given up with the process.
                std::process::exit(0);
            }
        };
        let (services, recogniser) = prepared??;
        let mut engine = Engine::start_behind(front, config, recogniser, services).await?;
        if signals.next().await == Asked::ToDrain {
            let hurry = async {
                signals.next().await;
            };
            engine.drain(hurry).await;
        }
        engine.stop().await?;
        Ok(Outcome::Done)
    })
}

/// What a signal asks for.
#[derive(Debug, Eq, PartialEq)]
enum Asked {
    /// SIGTERM: live calls may end by themselves.
    ToDrain,
    /// SIGINT: somebody waits at a terminal.
    ToStop,
}

struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn next(&mut self) -> Asked {
        tokio::select! {
            _ = self.terminate.recv() => Asked::ToDrain,
            _ = self.interrupt.recv() => Asked::ToStop,
        }
    }
}
