//! `sidetone demo`: a call through a whole engine, from its first word to the ticket in the CRM.
//!
//! Nothing is taken a shortcut: the engine serves on loopback, the call is opened over gRPC, its
//! sound goes out as RTP at the pace of speech, and all that is made of it comes back over gRPC.
//! The store and the CRM, with its sample customers, go with the demo.

mod captions;
mod screen;

use std::io::{self, IsTerminal as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use crate::tools::progress;
use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use sidetone::app::Engine;
use sidetone::audio_file::Recording;
use sidetone::config::{Config, ServerConfig};
use sidetone::recognition::Recogniser;
use sidetone::samples::SampleCall;
use sidetone::services::Services;
use sidetone_media::audio::Codec;
use sidetone_proto::v1;
use sidetone_proto::v1::call_event::Detail;
use sidetone_proto::v1::sidetone_client::SidetoneClient;
use tonic::Streaming;
use tonic::transport::Channel;

use super::Outcome;
use super::figures::Figures;
use super::sender::{Impairments, Plan, Side};
use super::texts::{Texts, fill};
use captions::Captions;
use screen::Screen;

/// Play a call to an engine of its own, and watch what becomes of it. Of a configuration `server`,
/// `store` and `crm` do not count.
#[derive(Args, Debug)]
pub struct DemoArgs {
    /// The language of the call.
    #[arg(long, value_enum, default_value = "en")]
    lang: DemoLang,
    /// Leave once the ticket is written. Otherwise, on a terminal, the desk stays open until
    /// Ctrl-C.
    #[arg(long)]
    once: bool,
    /// Calls at once. The first is shown; the figures at the end are those of all.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=500))]
    calls: u16,
}

/// A language that there is a call in.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum DemoLang {
    /// A billing dispute in English.
    En,
    /// A double charge in Mandarin.
    Zh,
}

impl DemoLang {
    fn texts(self) -> &'static Texts {
        match self {
            Self::En => &Texts::EN,
            Self::Zh => &Texts::ZH,
        }
    }
}

/// From one call's beginning to the next one's.
const BETWEEN_CALLS: Duration = Duration::from_millis(1_700);

/// Runs the command.
pub fn run(args: &DemoArgs, mut config: Config) -> anyhow::Result<Outcome> {
    let texts = args.lang.texts();
    let mut calls = [
        (SampleCall::EN, SampleCall::EN.recording()?),
        (SampleCall::ZH, SampleCall::ZH.recording()?),
    ];
    if matches!(args.lang, DemoLang::Zh) {
        calls.reverse();
    }
    // An engine of its own, whatever is configured for the real one.
    config.server.listen = free_address();
    config.server.tls = Default::default();
    config.server.max_calls = args.calls.into();
    // Whoever asks for more calls than fit wants to see that.
    config.capacity.enforce = false;
    config.media.bind = Ipv4Addr::LOCALHOST.into();
    config.media.advertise.clear();
    config.store = Default::default();
    config.crm = Default::default();
    read_moods(&mut config, texts);
    let recogniser = Recogniser::load(&config, &progress::stderr())?;
    let services = Services::temporary(&config)?;
    let stays = !args.once && io::stdin().is_terminal() && io::stdout().is_terminal();
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        let engine = Engine::start(config, recogniser, services).await?;
        let address = format!("http://{}", engine.address());
        let client = SidetoneClient::connect(address.clone()).await?;
        let played = play_all(&client, &calls, args.calls.into(), &address, texts).await;
        if played.is_ok() && stays {
            writeln!(io::stdout(), "\n{}: {address}/", texts.desk_stays)?;
            tokio::signal::ctrl_c().await?;
        }
        engine.stop().await?;
        played.map(|()| Outcome::Done)
    })
}

/// Turns reading moods on, and says so to whoever looks at the desk.
fn read_moods(config: &mut Config, texts: &Texts) {
    let emotion = &mut config.call.emotion;
    emotion.read = true;
    if emotion.notice.trim().is_empty() {
        emotion.notice = texts.mood_notice.to_owned();
    }
}

/// Where the engine usually serves, or anywhere else if that is taken.
fn free_address() -> SocketAddr {
    let usual = ServerConfig::default().listen;
    match std::net::TcpListener::bind(usual) {
        Ok(_) => usual,
        Err(_) => (Ipv4Addr::LOCALHOST, 0).into(),
    }
}

/// Plays `number` calls at once, by turns one of `calls`, and shows the first.
async fn play_all(
    client: &SidetoneClient<Channel>,
    calls: &[(SampleCall, Recording)],
    number: usize,
    address: &str,
    texts: &'static Texts,
) -> anyhow::Result<()> {
    let mut screen = Screen::stdout();
    let (first, recording) = &calls[0];
    let seconds = format!("{:.0}", recording.duration().as_secs_f64());
    screen.line(&fill(texts.intro, &[first.name, &seconds]))?;
    screen.line(&format!("{}: {address}/", texts.desk))?;
    screen.line(texts.reads_moods)?;
    screen.line("")?;
    let others = calls.iter().cycle().enumerate().take(number).skip(1).map(
        |(i, (call, recording))| async move {
            // Callers do not ring all at the same moment.
            tokio::time::sleep(BETWEEN_CALLS * i as u32).await;
            play(client.clone(), call, recording, i, None).await
        },
    );
    let shown = play(
        client.clone(),
        first,
        recording,
        0,
        Some((&mut screen, texts)),
    );
    let (mut figures, others) =
        tokio::try_join!(shown, futures_util::future::try_join_all(others))?;
    for other in others {
        figures.add(other);
    }
    screen.line("")?;
    screen.line(&figures.summary(texts))?;
    Ok(())
}

/// Opens a call, sends it, and shows what comes back if there is a screen for it.
async fn play(
    mut client: SidetoneClient<Channel>,
    call: &SampleCall,
    recording: &Recording,
    number: usize,
    screen: Option<(&mut Screen, &'static Texts)>,
) -> anyhow::Result<Figures> {
    let call_id = format!("demo-{number}-{}", call.name);
    // Before the call is open, so that no event can be missed.
    let request = v1::SubscribeRequest {
        call_id: call_id.clone(),
        ..Default::default()
    };
    let events = client.subscribe(request).await?.into_inner();
    let opened = client
        .open_call(open_request(call, &call_id))
        .await?
        .into_inner();
    let plan = Plan::new(
        &sides(recording, &opened.addresses)?,
        &Impairments::default(),
    );
    let send = async {
        plan.send().await.context("cannot send the call")?;
        client.close_call(v1::CloseCallRequest { call_id }).await?;
        anyhow::Ok(())
    };
    let ((), figures) = tokio::try_join!(send, watch(events, screen))?;
    Ok(figures)
}

fn open_request(call: &SampleCall, call_id: &str) -> v1::OpenCallRequest {
    let leg = |role: v1::Role| v1::RtpLeg {
        role: role.into(),
        payloads: Vec::new(),
        ..Default::default()
    };
    v1::OpenCallRequest {
        config: Some(v1::CallConfig {
            call_id: call_id.to_owned(),
            caller: call.caller.to_owned(),
            agent_id: call.agent.to_owned(),
            direction: v1::Direction::Inbound.into(),
            languages: vec![call.lang.to_owned()],
            ..Default::default()
        }),
        legs: vec![leg(v1::Role::Agent), leg(v1::Role::Customer)],
        interim_results: None,
    }
}

/// Each channel to the leg it belongs to.
fn sides(recording: &Recording, addresses: &[v1::RtpAddress]) -> anyhow::Result<Vec<Side>> {
    let channels = recording.at_rate(Codec::Pcmu.rate().hz()).channels;
    let roles = [v1::Role::Agent, v1::Role::Customer];
    let side = |(role, samples): (v1::Role, Vec<f32>)| {
        let address = addresses.iter().find(|address| address.role() == role);
        let address = address.context("the engine opened no port for a leg")?;
        let to = format!("{}:{}", address.host, address.port).parse()?;
        Ok(Side {
            to,
            codec: Codec::Pcmu,
            payload_type: 0,
            samples,
        })
    };
    roles.into_iter().zip(channels).map(side).collect()
}

/// Reads the call's events until its ticket is written, and shows them if there is a screen for it.
async fn watch(
    mut events: Streaming<v1::CallEvent>,
    screen: Option<(&mut Screen, &'static Texts)>,
) -> anyhow::Result<Figures> {
    let texts = screen.as_ref().map_or(&Texts::EN, |(_, texts)| texts);
    let mut screen = screen.map(|(screen, _)| screen);
    let mut captions = Captions::new(texts);
    let mut figures = Figures::default();
    while let Some(event) = events.message().await? {
        figures.take(&event, event.latency_ms.map(Duration::from_millis));
        let line = captions.take(&event);
        if let Some(screen) = &mut screen {
            if let Some(line) = line {
                screen.line(&line)?;
            }
            screen.redraw(&captions.live(screen.width()))?;
        }
        match &event.detail {
            Some(Detail::CrmWritten(_)) => return Ok(figures),
            Some(Detail::CrmFailed(failed)) if !failed.retrying => return Ok(figures),
            _ => {}
        }
    }
    bail!("the engine went away before the ticket was written")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_reads_moods_and_says_so_in_its_language() {
        for lang in [DemoLang::En, DemoLang::Zh] {
            let mut config = Config::default();
            read_moods(&mut config, lang.texts());
            assert!(config.call.emotion.read);
            assert_eq!(config.call.emotion.notice, lang.texts().mood_notice);
            assert!(lang.texts().reads_moods.contains("call.emotion"));
        }
        let mut config = Config::default();
        config.call.emotion.notice = "Told before each call".to_owned();
        read_moods(&mut config, &Texts::EN);
        assert_eq!(config.call.emotion.notice, "Told before each call");
    }

    #[test]
    fn the_calls_of_the_demo_have_two_sides_each() {
        for call in [SampleCall::EN, SampleCall::ZH] {
            let recording = call.recording().expect("of ours");
            let addresses = [(v1::Role::Customer, 4_002), (v1::Role::Agent, 4_000)];
            let addresses = addresses.map(|(role, port)| v1::RtpAddress {
                role: role.into(),
                host: "127.0.0.1".to_owned(),
                port,
                ..Default::default()
            });
            let sides = sides(&recording, &addresses).expect("one for each");
            let ports: Vec<u16> = sides.iter().map(|side| side.to.port()).collect();
            assert_eq!(ports, [4_000, 4_002], "left is the agent");
            assert!(super::sides(&recording, &addresses[..1]).is_err());
        }
    }
}
