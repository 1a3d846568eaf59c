//! `sidetone load`: how an engine fares under so many calls, and how many it can be given.
//!
//! Calls are placed as media servers place them: opened over gRPC, sent as RTP on loopback, 20 ms
//! of mu-law a packet, each leg saying whole utterances of recordings and being silent in between.

mod pacer;
mod report;
mod run;
mod search;
mod turns;
mod voices;

use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::tools::progress;
use anyhow::ensure;
use clap::Args;
use serde::Serialize;
use sidetone::app::Engine;
use sidetone::calibrate::calibrate;
use sidetone::config::Config;
use sidetone::recognition::Recogniser;
use sidetone::services::Services;
use sidetone::tls::Access;
use sidetone_proto::v1;
use tonic::transport::Uri;

use super::Outcome;
use super::connection::{ConnectionArgs, connect};
use report::{Bound, Measured, Setting};
use run::{Subject, run as place};
use search::Search;
use voices::{Voices, gather};

/// Place calls on an engine, and measure how quick it is and what it takes.
#[derive(Args, Debug)]
pub struct LoadArgs {
    /// Recordings of one or two channels (left the agent, right the customer) that calls are
    /// made of; without any, the calls of `sidetone demo`.
    files: Vec<PathBuf>,
    /// Calls at once, of two legs each. With --find, where to begin.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=MOST_CALLS))]
    calls: u16,
    /// Share of the time that each leg speaks: at 0.5 one of the two always does.
    #[arg(long, default_value_t = 0.5, value_parser = share)]
    talk: f64,
    /// How long calls are sent.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(5..=3_600))]
    seconds: u32,
    /// The same number has the same said at the same time.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Look for the largest number of calls that are all let in and served in time.
    #[arg(long)]
    find: bool,
    /// With --find: 95 % of first words have to come this soon after speech begins.
    #[arg(long, value_name = "MS", default_value_t = 1_000)]
    first_partial: u64,
    /// With --find: 95 % of finals have to come this soon after speech ends.
    #[arg(long = "final", value_name = "MS", default_value_t = 800)]
    last: u64,
    /// With --find: no more calls than this.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u16).range(1..=MOST_CALLS))]
    most: u16,
    /// Have the engine let in all calls, whatever it has measured.
    #[arg(long, conflicts_with = "connect")]
    all: bool,
    /// An engine on this machine that runs already, instead of one of its own: http://127.0.0.1:7600, or
    /// https:// and --ca, with --name where its certificate is for another name.
    #[arg(long, value_name = "URL", value_parser = on_this_machine)]
    connect: Option<Uri>,
    /// One JSON object per run.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: ConnectionArgs,
}

/// More legs than this would need more than one sending thread.
const MOST_CALLS: i64 = 500;
/// How long is measured what recognition costs before the first call, as `serve` does.
const CALIBRATE: Duration = Duration::from_secs(3);
/// From one run to the next: the engine has forgotten most of how late its finals were.
const BETWEEN_RUNS: Duration = Duration::from_secs(5);

fn share(text: &str) -> Result<f64, String> {
    let value: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    if (0.05..=1.0).contains(&value) {
        Ok(value)
    } else {
        Err("not between 0.05 and 1".to_owned())
    }
}

/// Load is for one's own machine only: elsewhere it would be an attack.
fn on_this_machine(text: &str) -> Result<Uri, String> {
    let uri: Uri = text
        .parse()
        .map_err(|_| "use http://HOST:PORT or https://HOST:PORT")?;
    let host = uri.host().unwrap_or_default();
    let loopback = host == "localhost"
        || host
            .trim_matches(['[', ']'])
            .parse()
            .is_ok_and(|ip: IpAddr| ip.is_loopback());
    if loopback && matches!(uri.scheme_str(), Some("http" | "https")) {
        Ok(uri)
    } else {
        Err(
            "use http:// or https:// and a loopback address: load is never put on other machines"
                .to_owned(),
        )
    }
}

/// Runs the command.
pub fn run(args: &LoadArgs, config: Config) -> anyhow::Result<Outcome> {
    let voices: Vec<Arc<Voices>> = gather(&args.files, &config)?
        .into_iter()
        .map(Arc::new)
        .collect();
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        if let Some(uri) = &args.connect {
            let client = connect(uri, &args.connection.access()?).await?;
            let subject = Subject { client, own: false };
            return measure(args, &subject, &voices, None).await;
        }
        let engine = start(args, config).await?;
        let own = format!("http://{}", engine.address()).parse()?;
        let client = connect(&own, &Access::default()).await?;
        let measured = measure(args, &Subject { client, own: true }, &voices, Some(&engine)).await;
        engine.stop().await?;
        measured
    })
}

/// An engine of its own, whatever is configured for the real one.
async fn start(args: &LoadArgs, mut config: Config) -> anyhow::Result<Engine> {
    config.server.listen = (Ipv4Addr::LOCALHOST, 0).into();
    config.server.tls = Default::default();
    config.server.max_calls = 0;
    config.media.bind = Ipv4Addr::LOCALHOST.into();
    config.media.advertise.clear();
    config.store = Default::default();
    config.crm = Default::default();
    config.capacity.enforce &= !args.all;
    let recogniser = Recogniser::load(&config, &progress::stderr())?;
    calibrate(&recogniser, &config, CALIBRATE)?;
    let services = Services::temporary(&config)?;
    Ok(Engine::start(config, recogniser, services).await?)
}

async fn measure(
    args: &LoadArgs,
    subject: &Subject,
    voices: &[Arc<Voices>],
    engine: Option<&Engine>,
) -> anyhow::Result<Outcome> {
    let setting = |calls| Setting {
        calls,
        seconds: args.seconds,
        talk: args.talk,
        seed: args.seed,
    };
    let once = async |calls| -> anyhow::Result<Measured> {
        let mut measured = place(subject, voices, setting(calls)).await?;
        measured.capacity = engine.map(|engine| engine.capacity().carries);
        Ok(measured)
    };
    let mut out = io::stdout();
    if !args.find {
        let measured = once(args.calls.into()).await?;
        match args.json {
            true => write_json(&mut out, &measured)?,
            false => write!(out, "{measured}")?,
        }
        return Ok(Outcome::Done);
    }
    let bound = Bound {
        first_partial_ms: args.first_partial,
        final_ms: args.last,
    };
    let mut search = Search::new(args.calls.into(), args.most.into());
    if !args.json {
        writeln!(out, "{}", Measured::COLUMNS)?;
    }
    while let Some(calls) = search.candidate() {
        ensure!(
            idle(subject).await?,
            "other calls are open on this engine; measure one without any"
        );
        let measured = once(calls).await?;
        match args.json {
            true => write_json(&mut out, &measured)?,
            false => writeln!(out, "{}", measured.row(bound))?,
        }
        search.tried(calls, measured.holds(bound));
        tokio::time::sleep(BETWEEN_RUNS).await;
    }
    if !args.json {
        writeln!(
            out,
            "{} calls at once are all let in, and 95 % of first words come within {} ms, of finals within {} ms",
            search.held(),
            bound.first_partial_ms,
            bound.final_ms
        )?;
    }
    Ok(Outcome::Done)
}

fn write_json(out: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, value).map_err(io::Error::from)?;
    writeln!(out)
}

/// Whether no calls are open.
async fn idle(subject: &Subject) -> anyhow::Result<bool> {
    let mut client = subject.client.clone();
    let list = client.list_calls(v1::ListCallsRequest::default()).await?;
    Ok(list.into_inner().calls.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn load_is_put_on_this_machine_only() {
        for (address, allowed) in [
            ("http://127.0.0.1:7600", true),
            ("http://localhost:7600", true),
            ("http://[::1]:7600", true),
            ("http://10.0.0.7:7600", false),
            ("http://example.org", false),
            ("https://127.0.0.1:7600", true),
            ("https://10.0.0.7:7600", false),
            ("ftp://127.0.0.1:7600", false),
            ("127.0.0.1", false),
        ] {
            assert_eq!(on_this_machine(address).is_ok(), allowed, "{address}");
        }
    }
}
