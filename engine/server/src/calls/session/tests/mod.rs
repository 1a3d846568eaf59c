//! The loop of a call under a paused clock, with a recogniser that answers when the test says.

use std::net::SocketAddr;

use sidetone_core::call::{CallConfig, Control};
use sidetone_core::describe::{CallDescription, LegDescription, Source};
use sidetone_core::event_log::{Filter, Start};
use sidetone_media::audio::{Codec, StreamFormat};
use sidetone_media::rtp::PayloadMap;
use sidetone_media::rtp::send::Packetiser;
use sidetone_types::event::{EventRecord, RunId};
use sidetone_types::lang::Lang;
use sidetone_types::party::Direction;
use sidetone_types::party::Party;
use sidetone_types::recognise::{Hypothesis, Job, Word};
use sidetone_types::time::MediaTime;
use sidetone_types::vad::{FRAME, VoiceDetector};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::super::update::{CallUpdate, UpdateError};
use super::*;
use crate::config::Config;
use crate::event_bus::Subscription;
use crate::ingest::{Queue, queue};
use crate::receptions::Receptions;
use crate::recognition::Inference;
use crate::storage::Receipt;

mod changes;
mod deadlines;
mod log;
mod streams;

/// Takes loud for voice.
struct Loud;

impl VoiceDetector for Loud {
    fn is_voice(&mut self, frame: &[f32; FRAME]) -> bool {
        frame.iter().map(|s| s * s).sum::<f32>() / FRAME as f32 > 1e-4
    }
}

/// One word for each 400 ms of audio.
fn hear(job: &Job) -> Hypothesis {
    let words = (0..job.audio.len() as u64 / 6_400).map(|i| Word {
        text: format!(" w{}", char::from(b'a' + (i % 26) as u8)),
        start: Duration::from_millis(400 * i),
        end: Duration::from_millis(400 * (i + 1)),
        confidence: 0.9,
        tokens: vec![i as u32],
    });
    Hypothesis {
        lang: Lang::EN,
        words: words.collect(),
        confidence: 0.9,
        looped: false,
        rejected: None,
        doubted: Vec::new(),
        stable: 0,
        unrecognised: Vec::new(),
        voice: None,
        kept: None,
    }
}

fn rtp() -> Source {
    Source::Rtp(PayloadMap::new([]).expect("the static ones"))
}

/// A piece of the first leg.
fn piece(bytes: Vec<u8>) -> StreamItem {
    let (leg, at) = (LegId(0), None);
    StreamItem::Audio(Audio { leg, at, bytes })
}

fn stream() -> Source {
    Source::Stream(StreamFormat::Mulaw)
}

/// One side that speaks: as packets of 20 ms, or as pieces of a stream.
struct Side {
    leg: LegId,
    packets: Packetiser,
    queue: Option<Queue>,
}

const SENDER: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 4_000);

impl Side {
    /// Sends 20 ms, loud or silent.
    async fn send(&mut self, audio: Option<&mpsc::Sender<StreamItem>>, loud: bool) {
        let level = if loud { 0.3 } else { 0.0 };
        let samples: Vec<f32> = (0..160)
            .map(|i| if i / 4 % 2 == 0 { level } else { -level })
            .collect();
        let packet = self.packets.audio(&samples);
        if let Some(queue) = &self.queue {
            // A queue that is full loses it, as it would lose any other.
            let _ = queue.push(SENDER, now(), &packet);
        } else if let Some(audio) = audio {
            // The payload behind the header of 12 bytes.
            let bytes = packet[12..].to_vec();
            let (leg, at) = (self.leg, None);
            let piece = StreamItem::Audio(Audio { leg, at, bytes });
            audio.send(piece).await.expect("it is read");
        }
    }
}

/// A call that runs, and all that it hears and tells.
struct Stage {
    sides: Vec<Side>,
    audio: Option<mpsc::Sender<StreamItem>>,
    inference: Arc<Inference>,
    events: Subscription,
    hang_up: Option<oneshot::Sender<EndReason>>,
    commands: mpsc::Sender<Command>,
    current: Current,
    give_up: CancellationToken,
    session: JoinHandle<CallJournal>,
    began: Instant,
}

impl Stage {
    fn new(legs: impl IntoIterator<Item = (Role, Source)>) -> Self {
        Self::with(legs, CallConfig::default())
    }

    fn with(legs: impl IntoIterator<Item = (Role, Source)>, call: CallConfig) -> Self {
        Self::that_ends(legs, call, false)
    }

    /// `with_silence` ends a call of a plain sender.
    fn that_ends(
        legs: impl IntoIterator<Item = (Role, Source)>,
        call: CallConfig,
        with_silence: bool,
    ) -> Self {
        // All sides send one sound, which would be an echo.
        let call = CallConfig {
            echo: false,
            ..call
        };
        let config = Config {
            call,
            ..Config::default()
        };
        let legs: Vec<LegDescription> = legs
            .into_iter()
            .map(|(role, source)| LegDescription::new(Party::of_role(role), source))
            .collect();
        let mut datagrams = Datagrams::default();
        let sides: Vec<Side> = legs
            .iter()
            .enumerate()
            .map(|(i, leg)| Side {
                leg: LegId(i),
                packets: Packetiser::new(7, 0, Codec::Pcmu),
                queue: matches!(leg.source, Source::Rtp(_)).then(|| {
                    let (queue, other_end) = queue();
                    datagrams.add(LegId(i), other_end);
                    queue
                }),
            })
            .collect();
        let streamed = sides.iter().any(|side| side.queue.is_none());
        let (to_call, audio) = mpsc::channel(4);
        let description = Arc::new(CallDescription {
            recording: Default::default(),
            caller: Default::default(),
            callee: Default::default(),
            agent_id: "agent-7".to_owned(),
            direction: Direction::Unknown,
            languages: vec!["en".parse().expect("a language")],
            vocabulary: Vec::new(),
            metadata: Default::default(),
            legs,
            partials: true,
        });
        let metrics: Arc<Metrics> = Arc::default();
        let bus = EventBus::new(RunId::NONE, 10_000, metrics.clone());
        let events = bus.subscribe(Start::Now, Filter::default());
        let admission = Arc::new(Admission::new(&config.capacity, 1, Some(1e-3)));
        let inference = Arc::new(Inference::scripted(admission.clone()));
        let services = Services::temporary(&config).expect("the samples are right");
        let knowledge = services.knowledge.clone();
        let opened = std::time::SystemTime::now();
        let context = knowledge.assist_context(opened, &description.spoken());
        let call = Call::new(
            &description,
            config.call,
            Some(context),
            || Box::new(Loud),
            now(),
        );
        let (answers, replies) = mpsc::unbounded_channel();
        let (hang_up, on_hang_up) = oneshot::channel();
        let (commands, on_command) = mpsc::channel(1);
        let give_up = CancellationToken::new();
        let from = SessionInputs {
            datagrams,
            audio: streamed.then_some(audio),
            answers: replies,
            customer: Asking::start(&services.look_ups, &description.known()),
            hang_up: on_hang_up,
            commands: on_command,
            give_up: give_up.clone(),
        };
        let id = CallId::new("a");
        let current = Current::new(&description);
        let to = SessionOutputs {
            bus,
            journal: CallJournal::new(
                services.store.clone(),
                id.clone(),
                description.known(),
                opened,
            ),
            knowledge,
            recogniser: inference.client(answers),
            metrics,
            admission,
            heard: false,
            current: current.clone(),
            services: Arc::new(services),
            detectors: Arc::new(|| Box::new(Loud)),
            ended: None,
            visit: Receptions::default().at("test").opened(id.clone(), opened),
            ends_with_silence: with_silence,
            recording: None,
        };
        Self {
            sides,
            audio: streamed.then_some(to_call),
            inference,
            events,
            hang_up: Some(hang_up),
            commands,
            current,
            give_up,
            session: tokio::spawn(run(id, call, from, to)),
            began: Instant::now(),
        }
    }

    /// All sides speak, or are silent, for a while.
    async fn speak(&mut self, ms: u64, loud: bool) {
        for _ in 0..ms / 20 {
            for side in &mut self.sides {
                side.send(self.audio.as_ref(), loud).await;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Says a word, which is over when this returns.
    async fn say_a_word(&mut self) {
        self.speak(1_000, true).await;
        self.speak(700, false).await;
    }

    fn hang_up(&mut self, reason: EndReason) {
        let hang_up = self.hang_up.take().expect("once");
        hang_up.send(reason).expect("it listens");
    }

    /// How long the call lasted, by the clock that is paused, and what it told.
    async fn ended(mut self) -> (Duration, Vec<EventRecord>) {
        self.session.await.expect("the session does not panic");
        let lasted = self.began.elapsed();
        let mut told = Vec::new();
        while let Ok(Some(page)) = tokio::time::timeout(Duration::ZERO, self.events.next()).await {
            told.extend(page.events.iter().map(|event| EventRecord::clone(event)));
        }
        (lasted, told)
    }
}

fn kinds(told: &[EventRecord]) -> Vec<&'static str> {
    told.iter().map(|event| event.event.kind.name()).collect()
}

fn count(told: &[EventRecord], kind: &str) -> usize {
    kinds(told).iter().filter(|name| **name == kind).count()
}

fn reason(told: &[EventRecord]) -> EndReason {
    let ended = told.iter().find_map(|event| match &event.event.kind {
        EventKind::CallEnded(ended) => Some(ended.reason),
        _ => None,
    });
    ended.expect("it has ended")
}

/// Why words are missing.
fn unrecognised(told: &[EventRecord]) -> Vec<&str> {
    told.iter()
        .filter_map(|event| match &event.event.kind {
            EventKind::Unrecognised { reason, .. } => Some(reason.as_str()),
            _ => None,
        })
        .collect()
}
