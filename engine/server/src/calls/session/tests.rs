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
use crate::recognition::Inference;
use crate::storage::Receipt;

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
        text: format!(" w{i}"),
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
        voice: None,
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
    // Dropped, it would end.
    _customer: oneshot::Sender<Customer>,
}

impl Stage {
    fn new(legs: impl IntoIterator<Item = (Role, Source)>) -> Self {
        Self::with(legs, CallConfig::default())
    }

    fn with(legs: impl IntoIterator<Item = (Role, Source)>, call: CallConfig) -> Self {
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
        let (customer, on_customer) = oneshot::channel();
        let (hang_up, on_hang_up) = oneshot::channel();
        let (commands, on_command) = mpsc::channel(1);
        let give_up = CancellationToken::new();
        let from = SessionInputs {
            datagrams,
            audio: streamed.then_some(audio),
            answers: replies,
            customer: on_customer,
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
            _customer: customer,
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

#[tokio::test(start_paused = true)]
async fn a_call_that_nothing_comes_from_ends_at_the_same_deadline_whatever_it_comes_as() {
    for (case, source) in [("rtp", rtp()), ("stream", stream())] {
        let (lasted, told) = Stage::new([(Role::Customer, source)]).ended().await;
        assert_eq!(lasted.as_secs(), 60, "{case}");
        let expected = ["call_started", "no_media", "call_ended", "summary"];
        assert_eq!(kinds(&told), expected, "{case}");
        assert_eq!(reason(&told), EndReason::MediaTimeout, "{case}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_word_that_breaks_off_gets_its_final_and_its_call_ends_whatever_it_comes_as() {
    for (case, source) in [("rtp", rtp()), ("stream", stream())] {
        let mut stage = Stage::new([(Role::Customer, source)]);
        stage.speak(1_500, true).await;
        let inference = stage.inference.clone();
        let recogniser = tokio::spawn(async move {
            loop {
                inference.answer(hear);
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        });
        let (lasted, told) = stage.ended().await;
        recogniser.abort();
        assert_eq!(count(&told, "final"), 1, "{case}: {:?}", kinds(&told));
        assert_eq!(reason(&told), EndReason::MediaTimeout, "{case}");
        assert_eq!(lasted.as_secs(), 61, "{case}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_flood_on_one_leg_keeps_neither_the_other_legs_words_nor_the_end_back() {
    let mut stage = Stage::new([(Role::Agent, rtp()), (Role::Customer, rtp())]);
    let mut agent = stage.sides.remove(0);
    let flooded = agent.queue.take().expect("RTP");
    let customer = &mut stage.sides[0];
    for turn in 0..100 {
        // As much as fits, again and again: this leg is never empty.
        while flooded.push(SENDER, now(), &[0xff; 172]).is_ok() {}
        customer.send(None, turn < 50).await;
        tokio::time::advance(Duration::from_millis(20)).await;
        // The loop gets its turn; it would need many more to work the flood off.
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        stage.inference.answer(hear);
    }
    while flooded.push(SENDER, now(), &[0xff; 172]).is_ok() {}
    stage.hang_up(EndReason::Closed);
    let (lasted, told) = stage.ended().await;
    assert_eq!(count(&told, "final"), 1, "{:?}", kinds(&told));
    assert_eq!(reason(&told), EndReason::Closed);
    assert!(lasted < Duration::from_secs(3), "{lasted:?}");
}

#[tokio::test(start_paused = true)]
async fn others_get_the_thread_between_the_slices_of_a_large_message() {
    let mut stage = Stage::new([(Role::Customer, stream())]);
    let audio = stage.audio.take().expect("it is a stream");
    let bytes = vec![0xff; 1 << 20];
    audio.send(piece(bytes)).await.expect("it is read");
    drop(audio);
    let mut turns = 0;
    while !stage.session.is_finished() {
        turns += 1;
        tokio::task::yield_now().await;
    }
    assert!(turns > (1 << 20) / SLICE, "{turns}");
    let (_, told) = stage.ended().await;
    let end = told.last().expect("told").event.end;
    // All of it was heard, in whole frames of 20 ms (160 bytes).
    assert_eq!(end.as_millis(), (1 << 20) / 160 * 20);
}

#[tokio::test(start_paused = true)]
async fn words_that_a_stalled_pool_never_gives_are_told_as_unrecognised_and_the_call_goes_on() {
    for (case, source) in [("rtp", rtp()), ("stream", stream())] {
        let call = CallConfig {
            final_timeout_ms: 10_000,
            ..CallConfig::default()
        };
        let mut stage = Stage::with([(Role::Customer, source)], call);
        stage.say_a_word().await;
        stage.speak(11_000, false).await;
        // The pool is back.
        stage.say_a_word().await;
        assert!(stage.inference.answer(hear) > 0, "{case}");
        stage.speak(100, false).await;
        stage.hang_up(EndReason::Closed);
        let (_, told) = stage.ended().await;
        let lost = ["recognition failed: no answer within 10 s"];
        assert_eq!(unrecognised(&told), lost, "{case}");
        assert_eq!(count(&told, "final"), 1, "{case}: {:?}", kinds(&told));
        assert_eq!(kinds(&told).last(), Some(&"summary"), "{case}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_whose_answers_never_come_is_not_open_for_ever() {
    let mut stage = Stage::new([(Role::Customer, stream())]);
    for _ in 0..8 {
        stage.say_a_word().await;
    }
    // Its client says no more and does not close it, and nobody answers.
    let (lasted, told) = stage.ended().await;
    assert_eq!(unrecognised(&told).len(), 8);
    assert_eq!(reason(&told), EndReason::MediaTimeout);
    let minutes = lasted.as_secs() / 60;
    assert_eq!(minutes, 6, "five for the answers, one for the media");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_hung_up_waits_for_its_last_words_but_not_for_ever() {
    for (case, answers, finals, seconds) in [
        ("they come", true, 1, 3..4),
        ("they never come", false, 0, 31..32),
    ] {
        let mut stage = Stage::new([(Role::Customer, rtp())]);
        stage.say_a_word().await;
        stage.hang_up(EndReason::Closed);
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert!(!stage.session.is_finished(), "{case}");
        if answers {
            stage.inference.answer(hear);
        }
        let (lasted, told) = stage.ended().await;
        assert_eq!(count(&told, "final"), finals, "{case}");
        assert_eq!(unrecognised(&told).len(), 1 - finals, "{case}");
        assert!(seconds.contains(&lasted.as_secs()), "{case}: {lasted:?}");
        assert_eq!(kinds(&told).last(), Some(&"summary"), "{case}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_gives_up_what_is_late_whatever_audio_still_waits() {
    let mut stage = Stage::new([(Role::Customer, stream())]);
    stage.say_a_word().await;
    let audio = stage.audio.take().expect("it is a stream");
    for _ in 0..4 {
        let two_minutes = piece(vec![0x10; 1 << 20]);
        audio.send(two_minutes).await.expect("it is read");
    }
    stage.hang_up(EndReason::Shutdown);
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert!(
        !stage.session.is_finished(),
        "its last words may still come"
    );
    stage.give_up.cancel();
    let (lasted, told) = stage.ended().await;
    assert_eq!(lasted.as_secs(), 6, "at once");
    assert_eq!(reason(&told), EndReason::Shutdown);
    assert!(!unrecognised(&told).is_empty(), "{:?}", kinds(&told));
    let begun = count(&told, "speech_begin");
    let ends = ["final", "retracted", "unrecognised"].map(|kind| count(&told, kind));
    assert_eq!(ends.iter().sum::<usize>(), begun, "{:?}", kinds(&told));
}

thread_local! {
    static LOG: std::cell::RefCell<Vec<u8>> = const { std::cell::RefCell::new(Vec::new()) };
}

/// Writes what a thread logs where only that thread looks.
struct LogOfThread;

impl std::io::Write for LogOfThread {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LOG.with_borrow_mut(|log| log.extend(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn the_log_says_how_a_call_ended_and_warns_of_one_that_was_never_heard() {
    // One for all threads: tracing remembers of each place in the code whether anybody listens.
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_writer(|| LogOfThread)
        .finish();
    tracing::subscriber::set_global_default(subscriber).expect("the only one in these tests");
    tracing::callsite::rebuild_interest_cache();

    let _ = Stage::new([(Role::Customer, rtp())]).ended().await;
    let mut heard = Stage::new([(Role::Customer, rtp())]);
    heard.speak(1_000, true).await;
    heard.hang_up(EndReason::Closed);
    let _ = heard.ended().await;

    let log = LOG.take();
    let log = String::from_utf8(log).expect("text");
    let line = |part: &str| {
        let found = log.lines().find(|line| line.contains(part));
        found.unwrap_or_else(|| panic!("no `{part}` in\n{log}"))
    };
    assert!(line("no media comes that was described").contains("WARN"));
    let unheard = line("call ended, nobody was ever heard");
    assert!(unheard.contains("WARN"), "{unheard}");
    for (line, reason, lasted_ms, packets) in [
        (unheard, "media_timeout", 60_000, 0),
        (line("call ended reason"), "closed", 31_000, 50),
    ] {
        let fields = format!(
            "reason=\"{reason}\" agent=\"agent-7\" lasted_ms={lasted_ms} packets={packets}"
        );
        assert!(line.contains(&fields), "{line}");
    }
}

/// Changes the call, and waits until it is done. What it gives says when that is committed.
async fn update(stage: &Stage, update: CallUpdate) -> Result<Receipt, UpdateError> {
    let (done, answer) = oneshot::channel();
    let command = Command {
        update,
        datagrams: Vec::new(),
        place: None,
        done,
    };
    let sent = stage.commands.send(command).await;
    sent.map_err(|_| UpdateError::NoSuchCall)?;
    answer.await.expect("it is answered")
}

fn control(role: Role, control: Control) -> LegControl {
    LegControl {
        leg: sidetone_core::describe::LegName {
            role,
            party: "".into(),
        },
        at: None,
        control,
    }
}

#[tokio::test(start_paused = true)]
async fn after_a_transfer_events_and_the_note_are_the_new_agents() {
    let mut stage = Stage::new([(Role::Agent, rtp()), (Role::Customer, rtp())]);
    stage.say_a_word().await;
    stage.inference.answer(hear);
    stage.speak(100, false).await;
    let joins = Control::Join(Party {
        role: Role::Agent,
        id: "agent-9".into(),
        name: "Bob".into(),
    });
    let transfer = CallUpdate {
        controls: vec![control(Role::Agent, joins)],
        ..CallUpdate::default()
    };
    update(&stage, transfer).await.expect("it is transferred");
    assert_eq!(&*stage.current.agent_id(), "agent-9");
    stage.say_a_word().await;
    stage.inference.answer(hear);
    stage.speak(100, false).await;
    stage.hang_up(EndReason::Closed);
    let (_, told) = stage.ended().await;
    let spoken_by: Vec<(&str, &str)> = told
        .iter()
        .filter(|event| event.event.role == Some(Role::Agent))
        .filter(|event| matches!(event.event.kind, EventKind::Final(_)))
        .map(|event| (event.agent_id.as_str(), &*event.event.party))
        .collect();
    assert_eq!(spoken_by, [("agent-7", ""), ("agent-9", "agent-9")]);
    let last = told.last().expect("told");
    assert_eq!(
        (last.event.kind.name(), last.agent_id.as_str()),
        ("summary", "agent-9")
    );
}

#[tokio::test(start_paused = true)]
async fn a_change_that_cannot_be_made_changes_nothing() {
    let stage = Stage::new([(Role::Agent, rtp())]);
    let half = CallUpdate {
        controls: vec![
            control(Role::Agent, Control::Hold(true)),
            control(Role::Customer, Control::Hold(true)),
        ],
        ..CallUpdate::default()
    };
    let error = update(&stage, half).await.err().expect("no such leg");
    assert!(error.to_string().contains("`customer`"), "{error}");
    let mut long = CallUpdate::default();
    long.change
        .metadata
        .insert("k".to_owned(), "x".repeat(5_000));
    let error = update(&stage, long).await.err().expect("too long");
    assert!(error.to_string().contains("5000 bytes"), "{error}");
    let (_, told) = stage.ended().await;
    assert_eq!(
        kinds(&told),
        ["call_started", "no_media", "call_ended", "summary"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_call_that_waits_for_its_last_words_takes_no_more_changes_and_says_so_at_once() {
    let mut stage = Stage::new([(Role::Agent, rtp())]);
    stage.say_a_word().await;
    stage.hang_up(EndReason::Closed);
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(!stage.session.is_finished());
    let asked = Instant::now();
    let hold = CallUpdate {
        controls: vec![control(Role::Agent, Control::Hold(true))],
        ..CallUpdate::default()
    };
    let error = update(&stage, hold).await.err().expect("it is over");
    assert!(matches!(error, UpdateError::NoSuchCall), "{error}");
    assert!(asked.elapsed() < Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn two_legs_that_come_in_long_messages_stay_side_by_side() {
    let mut stage = Stage::new([(Role::Agent, stream()), (Role::Customer, stream())]);
    let audio = stage.audio.take().expect("it is a stream");
    // Two seconds at a time, in real time: the customer speaks in the fourth message.
    for turn in 0..8 {
        tokio::time::sleep(Duration::from_secs(2)).await;
        for leg in [0, 1] {
            let byte = if (leg, turn) == (1, 3) { 0x10 } else { 0xff };
            let bytes = (0..16_000).map(|i| byte ^ (u8::from(i % 8 < 4) * (byte & 0x80 ^ 0x80)));
            let (leg, at) = (LegId(leg), None);
            let message = Audio {
                leg,
                at,
                bytes: bytes.collect(),
            };
            audio
                .send(StreamItem::Audio(message))
                .await
                .expect("it is read");
        }
        stage.inference.answer(hear);
    }
    drop(audio);
    let (_, told) = stage.ended().await;
    let began: Vec<u64> = told
        .iter()
        .filter(|event| matches!(event.event.kind, EventKind::SpeechBegin { .. }))
        .map(|event| event.event.start.as_millis())
        .collect();
    assert_eq!(began.len(), 1, "{:?}", kinds(&told));
    assert!(began[0].abs_diff(6_000) <= 60, "{began:?}");
    let end = told.last().expect("told").event.end.as_millis();
    assert!(end.abs_diff(16_000) <= 60, "{end}");
    assert_eq!(count(&told, "no_media"), 0);
}

#[tokio::test(start_paused = true)]
async fn a_message_that_is_late_is_left_out_as_a_whole() {
    let mut stage = Stage::new([(Role::Customer, stream())]);
    let audio = stage.audio.take().expect("it is a stream");
    for at_s in [0, 1, 2, 0, 1, 3] {
        let message = Audio {
            leg: LegId(0),
            at: Some(MediaTime::from_millis(at_s * 1_000)),
            bytes: vec![0xff; 8_000],
        };
        let sent = audio.send(StreamItem::Audio(message)).await;
        sent.expect("it is read");
    }
    drop(audio);
    let (_, told) = stage.ended().await;
    let Some(EventKind::CallEnded(ended)) = told.iter().rev().nth(1).map(|event| &event.event.kind)
    else {
        panic!("{:?}", kinds(&told));
    };
    assert_eq!(ended.legs[0].late_ms, 2_000);
    let end = told.last().expect("told").event.end.as_millis();
    assert!(end.abs_diff(4_000) <= 60, "{end}");
}

#[tokio::test(start_paused = true)]
async fn what_was_sent_before_a_call_is_hung_up_is_heard() {
    for over in [true, false] {
        let mut stage = Stage::new([(Role::Customer, stream())]);
        let audio = stage.audio.take().expect("it is a stream");
        for _ in 0..3 {
            let loud: Vec<u8> = (0..8_000)
                .map(|i| if i % 8 < 4 { 0x10 } else { 0x90 })
                .collect();
            audio.send(piece(loud)).await.expect("it is read");
        }
        match over {
            true => {
                let end = StreamItem::End(EndReason::Disconnected);
                audio.send(end).await.expect("it is read");
            }
            false => stage.hang_up(EndReason::Closed),
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        stage.inference.answer(hear);
        let (_, told) = stage.ended().await;
        let end = told.last().expect("told").event.end.as_millis();
        assert_eq!(end, 3_000, "over: {over}");
        assert_eq!(count(&told, "final"), 1);
    }
}
