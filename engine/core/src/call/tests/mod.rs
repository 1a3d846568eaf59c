//! Whole calls against a script: a detector that takes loud for voice, and a recogniser that counts.

use std::time::{Duration, Instant};

use sidetone_media::audio::{ClockRate, Codec, StreamFormat};
use sidetone_media::rtp::PayloadMap;
use sidetone_media::rtp::send::Packetiser;
use sidetone_types::emotion::{Emotion, Mood};
use sidetone_types::event::CallEnded;
use sidetone_types::lang::LanguageTag;
use sidetone_types::recognise::{Purpose, Word};
use sidetone_types::vad::FRAME;

use super::*;
use crate::describe::{LegDescription, Source};
use sidetone_types::emotion::Impression;
use sidetone_types::party::{Direction, Party, PhoneNumber, Role};

struct Loud;

impl VoiceDetector for Loud {
    fn is_voice(&mut self, frame: &[f32; FRAME]) -> bool {
        frame.iter().map(|s| s * s).sum::<f32>() / FRAME as f32 > 1e-4
    }
}

/// One word for each 400 ms of audio: "w0 w1 w2 ..", and a full stop where it may be over.
fn hear(job: &Job) -> Hypothesis {
    let count = job.audio.len() / 6_400;
    let words = (0..count)
        .map(|i| Word {
            text: match i + 1 == count && job.purpose.may_be_last() {
                true => format!(" w{i}."),
                false => format!(" w{i}"),
            },
            start: Duration::from_millis(400 * i as u64),
            end: Duration::from_millis(400 * (i as u64 + 1)),
            confidence: 0.9,
            tokens: vec![i as u32],
        })
        .collect();
    Hypothesis {
        lang: Lang::EN,
        words,
        confidence: 0.9,
        looped: false,
        rejected: None,
        doubted: Vec::new(),
        voice: None,
    }
}

fn description(legs: impl IntoIterator<Item = (Role, Source)>) -> CallDescription {
    let en: LanguageTag = "en".parse().expect("a language");
    CallDescription {
        caller: PhoneNumber::default(),
        callee: PhoneNumber::default(),
        agent_id: String::new(),
        direction: Direction::Inbound,
        languages: vec![en],
        vocabulary: Vec::new(),
        metadata: Default::default(),
        legs: legs
            .into_iter()
            .map(|(role, source)| LegDescription::new(Party::of_role(role), source))
            .collect(),
        partials: true,
    }
}

fn stream() -> Source {
    Source::Stream(StreamFormat::Linear16(ClockRate::Hz16000))
}

fn sender_address() -> std::net::SocketAddr {
    std::net::SocketAddr::from(([192, 0, 2, 1], 4_000))
}

fn rtp() -> Source {
    Source::Rtp(PayloadMap::new([]).expect("static payload types"))
}

/// 20 ms of a stream, loud or silent.
fn frame(loud: bool) -> Vec<u8> {
    let sample: i16 = if loud { 8_000 } else { 0 };
    (0..FRAME)
        .flat_map(|i| (if i % 2 == 0 { sample } else { -sample }).to_le_bytes())
        .collect()
}

/// A call, its time, and what it told and asked.
struct Stage {
    call: Call,
    began: Instant,
    now: Instant,
    events: Vec<Event>,
    asked: Vec<(JobId, Job)>,
    promoted: Vec<JobId>,
    cancelled: Vec<JobId>,
    summaries: Vec<SummaryTask>,
    roles: Vec<Role>,
}

impl Stage {
    fn new(legs: impl IntoIterator<Item = (Role, Source)>) -> Self {
        Self::assisted(legs, None)
    }

    fn assisted(
        legs: impl IntoIterator<Item = (Role, Source)>,
        assist: Option<AssistContext>,
    ) -> Self {
        let began = Instant::now();
        let description = description(legs);
        let roles = description.legs.iter().map(|leg| leg.party.role).collect();
        let call = Call::new(
            &description,
            CallConfig::default(),
            assist,
            || Box::new(Loud),
            began,
        );
        let mut stage = Self {
            call,
            began,
            now: began,
            events: Vec::new(),
            asked: Vec::new(),
            promoted: Vec::new(),
            cancelled: Vec::new(),
            summaries: Vec::new(),
            roles,
        };
        stage.drain();
        stage
    }

    fn handle(&mut self, input: Input<'_>) {
        self.call.handle(self.now, input);
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(output) = self.call.poll() {
            match output {
                Output::Emit(event) => self.events.push(event),
                Output::Recognise(id, job) => self.asked.push((id, job)),
                Output::Promote(id) => self.promoted.push(id),
                Output::Cancel(id) => {
                    self.asked.retain(|(asked, _)| *asked != id);
                    self.cancelled.push(id);
                }
                Output::Summarise(task) => self.summaries.push(*task),
                Output::Search(query) => {
                    let nothing = Input::Found(query.id, Vec::new());
                    self.call.handle(self.now, nothing);
                }
                Output::Rejected(_) => {}
            }
        }
    }

    fn leg(&self, role: Role) -> LegId {
        LegId(self.roles.iter().position(|of| *of == role).expect("a leg"))
    }

    fn datagram(&mut self, role: Role, bytes: &[u8]) {
        let (leg, from, at) = (self.leg(role), sender_address(), self.now);
        self.handle(Input::Datagram {
            leg,
            from,
            at,
            bytes,
        });
    }

    fn audio(&mut self, role: Role, at: Option<MediaTime>, bytes: &[u8]) {
        let leg = self.leg(role);
        self.handle(Input::Audio(leg, Piece::whole(self.now, at, bytes)));
    }

    fn control(&mut self, role: Role, control: Control) {
        let leg = self.leg(role);
        self.handle(Input::Control {
            leg,
            at: None,
            control,
        });
    }

    /// Lets time pass, with all deadlines on the way.
    fn wait(&mut self, ms: u64) {
        let until = self.now + Duration::from_millis(ms);
        while let Some(at) = self.call.deadline().filter(|at| *at <= until) {
            self.now = self.now.max(at);
            self.handle(Input::Tick);
        }
        self.now = until;
    }

    /// Speaks (or is silent) on some legs for a while, in 20 ms pieces, in real time.
    fn stream(&mut self, ms: u64, loud: &[(Role, bool)]) {
        for _ in 0..ms / 20 {
            self.now += Duration::from_millis(20);
            for &(role, loud) in loud {
                self.audio(role, None, &frame(loud));
            }
        }
    }

    /// Answers all that was asked, each `ms` later than the one before.
    fn answer(&mut self, ms: u64) {
        while !self.asked.is_empty() {
            let (id, job) = self.asked.remove(0);
            self.now += Duration::from_millis(ms);
            self.handle(Input::Answer(id, Ok(hear(&job))));
        }
    }

    fn kinds(&self) -> Vec<&'static str> {
        self.events.iter().map(|event| event.kind.name()).collect()
    }

    fn finals(&self) -> Vec<(Role, u64, u64)> {
        self.events
            .iter()
            .filter(|event| matches!(event.kind, EventKind::Final(_)))
            .map(|event| {
                (
                    event.role.expect("a leg"),
                    event.start.as_millis(),
                    event.end.as_millis(),
                )
            })
            .collect()
    }

    fn ended(&self) -> &CallEnded {
        match &self.events.last().expect("told").kind {
            EventKind::CallEnded(ended) => ended,
            other => panic!("not ended: {}", other.name()),
        }
    }
}

use Role::{Agent, Customer};

#[test]
fn an_utterance_is_shown_growing_and_then_for_good() {
    let mut stage = Stage::new([(Customer, stream())]);
    stage.stream(500, &[(Customer, false)]);
    for _ in 0..15 {
        stage.stream(200, &[(Customer, true)]);
        stage.answer(0);
    }
    stage.stream(300, &[(Customer, false)]);
    stage.answer(50);
    stage.stream(300, &[(Customer, false)]);
    assert!(
        stage.asked.is_empty(),
        "what was decoded at the pause was the final"
    );
    stage.handle(Input::HangUp(EndReason::EndOfAudio));

    let kinds = stage.kinds();
    assert_eq!(kinds[..2], ["call_started", "speech_begin"]);
    assert!(
        kinds.iter().filter(|kind| **kind == "partial").count() >= 3,
        "{kinds:?}"
    );
    assert_eq!(
        kinds[kinds.len() - 3..],
        ["speech_end", "final", "call_ended"]
    );
    assert_eq!(stage.finals(), [(Customer, 500, 3500)]);
    let confirmed: Vec<&str> = stage
        .events
        .iter()
        .filter_map(|event| match &event.kind {
            EventKind::Partial(partial) => Some(partial.confirmed.as_str()),
            _ => None,
        })
        .collect();
    assert!(
        confirmed
            .windows(2)
            .all(|pair| pair[1].starts_with(pair[0])),
        "{confirmed:?}"
    );
    assert!(
        confirmed.last().is_some_and(|last| !last.is_empty()),
        "{confirmed:?}"
    );
    assert_eq!(stage.ended().legs[0].utterances, 1);
}

#[test]
fn under_load_interim_results_come_more_rarely_and_the_final_as_ever() {
    let interims = |pace: Pace| {
        let mut stage = Stage::new([(Customer, stream())]);
        stage.handle(Input::Pace(pace));
        let mut decoded = 0;
        for _ in 0..50 {
            stage.stream(100, &[(Customer, true)]);
            decoded += stage.asked.len();
            stage.answer(0);
        }
        stage.stream(600, &[(Customer, false)]);
        stage.answer(0);
        assert_eq!(stage.finals(), [(Customer, 0, 5000)], "{pace:?}");
        decoded
    };
    let (often, rarely) = (interims(Pace::AS_CONFIGURED), interims(Pace::of(4.0)));
    assert_eq!(
        (often, rarely),
        (5, 2),
        "at 0.6 s, then every 0.9 s or a quarter more; 3.6 s later"
    );
}

#[test]
fn under_load_what_may_be_the_end_is_decoded_as_soon_as_ever() {
    let decoded_after = |pace: Pace| {
        let mut stage = Stage::new([(Customer, stream())]);
        stage.handle(Input::Pace(pace));
        stage.stream(600, &[(Customer, true)]);
        stage.answer(0);
        (20..=500)
            .step_by(20)
            .find(|_| {
                stage.stream(20, &[(Customer, false)]);
                !stage.asked.is_empty()
            })
            .expect("it is over at last")
    };
    let paces = [Pace::AS_CONFIGURED, Pace::of(4.0)];
    assert_eq!(paces.map(decoded_after), [240, 240]);
}

#[test]
fn a_final_is_late_by_the_silence_waited_for_and_the_recognition() {
    let mut stage = Stage::new([(Customer, stream())]);
    stage.stream(400, &[(Customer, true)]);
    stage.stream(500, &[(Customer, false)]);
    stage.answer(150);
    let latency = stage
        .events
        .last()
        .and_then(|event| event.latency)
        .expect("a final");
    assert_eq!(latency, Duration::from_millis(650));
}

#[test]
fn legs_never_mix_and_finals_come_in_order_of_their_ends() {
    let mut stage = Stage::new([(Agent, stream()), (Customer, stream())]);
    stage.stream(1000, &[(Agent, true), (Customer, false)]);
    stage.stream(500, &[(Agent, true), (Customer, true)]);
    stage.stream(1000, &[(Agent, true), (Customer, false)]);
    stage.stream(700, &[(Agent, false), (Customer, false)]);
    // The answers come in the wrong order: the last asked first.
    while let Some((id, job)) = stage.asked.pop() {
        stage.handle(Input::Answer(id, Ok(hear(&job))));
    }
    assert_eq!(stage.finals(), [(Customer, 1000, 1500), (Agent, 0, 2500)]);
}

#[test]
fn sound_that_holds_no_words_takes_its_partials_back() {
    let mut stage = Stage::new([(Customer, stream())]);
    stage.stream(1000, &[(Customer, true)]);
    stage.answer(0);
    assert!(stage.kinds().contains(&"partial"));
    stage.stream(600, &[(Customer, false)]);
    while let Some((id, _)) = stage.asked.pop() {
        stage.handle(Input::Answer(
            id,
            Ok(Hypothesis::silence(Lang::EN, Rejection::NoSpeech)),
        ));
    }
    assert_eq!(stage.kinds().last(), Some(&"retracted"));
}

#[test]
fn an_utterance_that_began_always_ends_with_words_or_is_taken_back_or_given_up() {
    type Answer = fn(&Job) -> Result<Hypothesis, RecogniseError>;
    let clicks = [40, 60, 100, 120, 160, 200, 400, 900];
    let answers: [(&str, Answer); 3] = [
        ("words", |job| Ok(hear(job))),
        ("silence", |_| {
            Ok(Hypothesis::silence(Lang::EN, Rejection::NoSpeech))
        }),
        ("failure", |_| Err(RecogniseError("boom".into()))),
    ];
    for (case, answer) in answers {
        let mut stage = Stage::new([(Customer, stream())]);
        for ms in clicks {
            stage.stream(ms, &[(Customer, true)]);
            stage.stream(1_000, &[(Customer, false)]);
            while let Some((id, job)) = stage.asked.pop() {
                stage.handle(Input::Answer(id, answer(&job)));
            }
        }
        stage.handle(Input::HangUp(EndReason::Closed));
        // The second pass.
        while let Some((id, job)) = stage.asked.pop() {
            stage.handle(Input::Answer(id, answer(&job)));
        }
        assert!(stage.call.ended());
        let of = |kinds: &[&str]| -> Vec<u64> {
            let wanted = stage.events.iter().map(|event| &event.kind);
            let wanted = wanted.filter(|kind| kinds.contains(&kind.name()));
            wanted
                .filter_map(|kind| Some(kind.utterance()?.0))
                .collect()
        };
        let begun = of(&["speech_begin"]);
        assert!(begun.len() > 3, "{case}: {begun:?}");
        assert_eq!(of(&["final", "retracted", "unrecognised"]), begun, "{case}");
    }
}

#[test]
fn a_failed_run_costs_its_utterance_and_is_told() {
    let mut stage = Stage::new([(Customer, stream())]);
    stage.stream(400, &[(Customer, true)]);
    stage.stream(600, &[(Customer, false)]);
    while let Some((id, _)) = stage.asked.pop() {
        stage.handle(Input::Answer(id, Err(RecogniseError("boom".into()))));
    }
    stage.handle(Input::HangUp(EndReason::Closed));
    assert_eq!(
        stage.kinds(),
        [
            "call_started",
            "speech_begin",
            "speech_end",
            "unrecognised",
            "call_ended"
        ]
    );
}

#[test]
fn an_interim_decoding_given_up_for_lack_of_time_never_costs_the_final() {
    let mut stage = Stage::new([(Customer, stream())]);
    stage.stream(400, &[(Customer, true)]);
    stage.stream(220, &[(Customer, false)]);
    let (interim, _) = stage.asked.pop().expect("decoded at the pause");
    stage.stream(400, &[(Customer, false)]);
    assert_eq!(stage.promoted, [interim]);
    stage.handle(Input::Shed(interim));
    let (_, job) = stage.asked.first().expect("asked again");
    assert_eq!(job.purpose, Purpose::Final);
    stage.answer(0);
    assert_eq!(stage.finals().len(), 1);
}

#[test]
fn a_call_that_hangs_up_mid_word_still_gets_its_last_words() {
    let mut stage = Stage::new([(Agent, stream()), (Customer, stream())]);
    stage.stream(900, &[(Agent, false), (Customer, true)]);
    stage.handle(Input::HangUp(EndReason::Closed));
    assert!(!stage.call.ended() && stage.call.deadline().is_some());
    stage.answer(100);
    assert_eq!(stage.finals(), [(Customer, 0, 900)]);
    assert!(stage.call.ended());
}

#[test]
fn a_recogniser_that_never_answers_cannot_keep_a_call_open() {
    let mut stage = Stage::new([(Customer, stream())]);
    stage.stream(900, &[(Customer, true)]);
    stage.handle(Input::HangUp(EndReason::Shutdown));
    stage.wait(60_000);
    assert_eq!(
        stage.kinds()[stage.kinds().len() - 2..],
        ["unrecognised", "call_ended"]
    );
}

/// Packets of 20 ms, loud or silent.
fn packets(sender: &mut Packetiser, loud: &[bool]) -> Vec<Vec<u8>> {
    loud.iter()
        .map(|loud| {
            let level = if *loud { 0.3 } else { 0.0 };
            let samples: Vec<f32> = (0..160)
                .map(|i| if i / 4 % 2 == 0 { level } else { -level })
                .collect();
            sender.audio(&samples)
        })
        .collect()
}

#[test]
fn rtp_becomes_words_and_what_was_lost_a_gap() {
    let mut stage = Stage::new([(Customer, rtp())]);
    let mut sender = Packetiser::new(7, 0, Codec::Pcmu);
    let loud: Vec<bool> = (0..200).map(|i| (25..100).contains(&i)).collect();
    for (i, packet) in packets(&mut sender, &loud).into_iter().enumerate() {
        stage.wait(20);
        if !(60..65).contains(&i) {
            stage.datagram(Customer, &packet);
        }
    }
    stage.answer(0);
    let gap = stage.events.iter().find_map(|event| match event.kind {
        EventKind::Gap {
            lost_packets,
            lost_ms,
        } => Some((event.start.as_millis(), lost_packets, lost_ms)),
        _ => None,
    });
    // The first packet came 20 ms into the call.
    assert_eq!(gap, Some((60 * 20 + 20, 5, 100)));
    assert_eq!(stage.finals().len(), 1);
    stage.handle(Input::HangUp(EndReason::Closed));
    let rtp = stage.ended().legs[0].rtp.as_ref().expect("RTP");
    assert_eq!((rtp.packets, rtp.lost), (195, 5));
}

#[test]
fn a_leg_without_media_says_so_and_a_dead_call_ends() {
    let mut stage = Stage::new([(Agent, rtp()), (Customer, rtp())]);
    stage.wait(6_000);
    assert_eq!(stage.kinds(), ["call_started", "no_media", "no_media"]);
    stage.wait(60_000);
    assert_eq!(stage.ended().reason, EndReason::MediaTimeout);
}

#[test]
fn packets_that_nobody_described_are_no_media_and_the_call_says_what_came() {
    let mut stage = Stage::new([(Customer, rtp())]);
    let mut sender = Packetiser::new(7, 111, Codec::Pcmu);
    for packet in packets(&mut sender, &[true; 300]) {
        stage.wait(20);
        stage.datagram(Customer, &packet);
    }
    let event = stage.events.iter().find_map(|event| match event.kind {
        EventKind::NoMedia { payload_type, .. } => Some(payload_type),
        _ => None,
    });
    assert_eq!(event, Some(Some(111)));
}

#[test]
fn a_sender_that_stops_in_mid_word_ends_the_utterance() {
    let mut stage = Stage::new([(Customer, rtp())]);
    let mut sender = Packetiser::new(7, 0, Codec::Pcmu);
    for packet in packets(&mut sender, &[true; 50]) {
        stage.wait(20);
        stage.datagram(Customer, &packet);
    }
    stage.wait(1_000);
    assert!(stage.kinds().contains(&"speech_end"), "{:?}", stage.kinds());
    assert!(stage.began < stage.now);
}

#[test]
fn a_stream_that_stops_in_mid_word_ends_the_utterance_and_gets_its_final() {
    let mut stage = Stage::new([(Customer, stream())]);
    stage.stream(1_500, &[(Customer, true)]);
    stage.wait(1_000);
    assert!(stage.kinds().contains(&"speech_end"), "{:?}", stage.kinds());
    stage.answer(0);
    assert_eq!(stage.finals().len(), 1);
}

#[test]
fn a_stream_that_never_sends_says_so_and_its_call_ends() {
    let mut stage = Stage::new([(Agent, stream()), (Customer, stream())]);
    stage.wait(6_000);
    assert_eq!(stage.kinds(), ["call_started", "no_media", "no_media"]);
    stage.wait(60_000);
    assert_eq!(stage.ended().reason, EndReason::MediaTimeout);
}

#[test]
fn a_stream_in_large_pieces_is_not_cut_between_them() {
    let mut stage = Stage::new([(Customer, stream())]);
    let loud: Vec<u8> = (0..32_000)
        .flat_map(|i| (if i % 2 == 0 { 8_000_i16 } else { -8_000 }).to_le_bytes())
        .collect();
    for _ in 0..3 {
        stage.audio(Customer, None, &loud);
        stage.wait(2_000);
    }
    let ends = stage
        .kinds()
        .iter()
        .filter(|kind| **kind == "speech_end")
        .count();
    assert_eq!(ends, 0, "six seconds of voice without a pause");
}

#[test]
fn a_stream_that_is_not_read_for_want_of_answers_is_not_timed_out() {
    let mut stage = Stage::new([(Customer, stream())]);
    for _ in 0..BACKLOG {
        stage.stream(1_000, &[(Customer, true)]);
        stage.stream(1_000, &[(Customer, false)]);
    }
    assert!(!stage.call.wants_audio());
    stage.wait(200_000);
    assert!(
        !stage.call.ending(),
        "the engine was slow, not the client silent"
    );
    stage.answer(0);
    assert!(stage.call.wants_audio());
    stage.wait(70_000);
    assert_eq!(stage.ended().reason, EndReason::MediaTimeout);
}

#[test]
fn words_that_a_stalled_recogniser_never_gives_are_given_up_and_the_call_goes_on() {
    let mut stage = Stage::new([(Agent, rtp()), (Customer, stream())]);
    stage.stream(1_000, &[(Customer, true)]);
    stage.stream(600, &[(Customer, false)]);
    let begun = stage.now;
    while stage.now < begun + Duration::from_secs(310) {
        stage.stream(1_000, &[(Customer, false)]);
        stage.wait(0);
    }
    assert!(!stage.call.ending(), "somebody still listens to it");
    assert!(stage.asked.is_empty(), "nobody needs the answer any more");
    let told = stage.events.last().expect("told");
    let EventKind::Unrecognised { reason, .. } = &told.kind else {
        panic!("{}", told.kind.name());
    };
    assert!(reason.contains("within 300 s"), "{reason}");
    stage.stream(1_000, &[(Customer, true)]);
    stage.stream(600, &[(Customer, false)]);
    stage.answer(0);
    assert_eq!(stage.finals().len(), 1, "what comes after it is heard");
}

#[test]
fn a_stream_whose_answers_never_come_is_read_on_in_the_end() {
    let mut stage = Stage::new([(Customer, stream())]);
    for _ in 0..BACKLOG {
        stage.stream(1_000, &[(Customer, true)]);
        stage.stream(1_000, &[(Customer, false)]);
    }
    assert!(!stage.call.wants_audio());
    stage.wait(310_000);
    assert!(stage.call.wants_audio());
    let lost = stage.kinds();
    let lost = lost.iter().filter(|kind| **kind == "unrecognised").count();
    assert_eq!(lost, BACKLOG);
    // And if its client is gone, it ends.
    stage.wait(70_000);
    assert_eq!(stage.ended().reason, EndReason::MediaTimeout);
}

#[test]
fn time_that_is_told_late_does_not_run_backwards() {
    let mut stage = Stage::new([(Customer, stream())]);
    stage.stream(1_000, &[(Customer, true)]);
    let before = stage.call.deadline();
    stage.now -= Duration::from_millis(700);
    stage.handle(Input::Tick);
    assert_eq!(stage.call.deadline(), before);
}

#[test]
fn a_call_that_gives_up_ends_at_once_and_says_what_was_not_recognised() {
    let mut stage = Stage::new([(Customer, stream())]);
    stage.stream(1_500, &[(Customer, true)]);
    stage.handle(Input::GiveUp);
    assert_eq!(stage.ended().reason, EndReason::Shutdown);
    assert!(
        stage.kinds().contains(&"unrecognised"),
        "{:?}",
        stage.kinds()
    );
}

/// The same with a voice in it, as angry as it is loud.
fn feel(job: &Job) -> Hypothesis {
    let loud = job.voice.clone().map(|voice| {
        let voice = &job.audio[voice];
        voice.iter().fold(0.0_f32, |most, x| most.max(x.abs()))
    });
    Hypothesis {
        voice: loud.map(|loud| Impression {
            scores: [1.0, 16.0 * loud, 0.0, 0.0, 0.0],
            average: [0.0; 5],
        }),
        ..hear(job)
    }
}

fn emotions(stage: &Stage) -> Vec<(Role, u64, u64, Emotion)> {
    let event = stage.events.iter().filter_map(|event| match event.kind {
        EventKind::Emotion(emotion) => Some((
            event.role?,
            event.start.as_millis(),
            event.end.as_millis(),
            emotion,
        )),
        _ => None,
    });
    event.collect()
}

/// Answers all that is asked, with what the voice sounds like.
fn answer_all(stage: &mut Stage) {
    while !stage.asked.is_empty() {
        let (id, job) = stage.asked.remove(0);
        stage.handle(Input::Answer(id, Ok(feel(&job))));
    }
}

#[test]
fn the_customers_voice_is_read_once_for_each_stretch_of_it_and_the_agents_never() {
    let mut stage = Stage::new([(Agent, stream()), (Customer, stream())]);
    // Two seconds; too little; nine seconds with readings on the way.
    for (ms, pause) in [(2_000, 1_000), (600, 1_000), (9_000, 1_500)] {
        for _ in 0..ms / 200 {
            stage.stream(200, &[(Agent, true), (Customer, true)]);
            answer_all(&mut stage);
        }
        for _ in 0..pause / 100 {
            stage.stream(100, &[(Agent, false), (Customer, false)]);
            answer_all(&mut stage);
        }
    }
    let read = emotions(&stage);
    assert!(read.iter().all(|(role, ..)| *role == Customer), "{read:?}");
    assert!((3..=5).contains(&read.len()), "{read:?}");
    let mut until = 0;
    for (_, start, end, emotion) in &read {
        assert!(*start >= until && end - start >= 1_000, "{read:?}");
        assert!(emotion.moods.probability(Mood::Anger) > 0.5);
        until = *end;
    }
    assert!(until >= 12_500, "to the end of what was said: {read:?}");
    stage.handle(Input::HangUp(EndReason::Closed));
    assert!(read[0].3.strain < read[2].3.strain);
}

#[test]
fn without_words_a_sound_has_no_mood() {
    let mut stage = Stage::new([(Customer, stream())]);
    for loud in [true, false] {
        stage.stream(2_000, &[(Customer, loud)]);
        while !stage.asked.is_empty() {
            let (id, job) = stage.asked.remove(0);
            let answer = Hypothesis {
                words: Vec::new(),
                rejected: Some(Rejection::NoVoice),
                ..feel(&job)
            };
            stage.handle(Input::Answer(id, Ok(answer)));
        }
    }
    assert!(emotions(&stage).is_empty());
}

mod control;
mod endpoint;
mod second_pass;
mod summary;
mod timeline;
mod vocabulary;
