//! Whole calls against a script: a detector that takes loud for voice, and a recogniser that
//! counts.

use std::time::{Duration, Instant};

use jiff::civil::date;
use sidetone_language::lexicon::Lexicon;
use sidetone_media::audio::{ClockRate, Codec, StreamFormat};
use sidetone_media::rtp::PayloadMap;
use sidetone_media::rtp::send::Packetiser;
use sidetone_types::customer::KnownBy;
use sidetone_types::emotion::{Emotion, Mood};
use sidetone_types::event::CallEnded;
use sidetone_types::lang::LanguageTag;
use sidetone_types::recognise::{KeptSound, Purpose, Word};
use sidetone_types::vad::FRAME;

use super::*;
use crate::describe::{LegDescription, Source};
use crate::rules::RuleSet;
use sidetone_types::emotion::Impression;
use sidetone_types::party::{Direction, Party, PhoneNumber, Role};

mod control;
mod correct;
mod deadlines;
mod emotion;
mod endpoint;
mod identity;
mod record;
mod second_pass;
mod secrets;
mod summary;
mod timeline;
mod utterances;
mod vocabulary;

struct Loud;

impl VoiceDetector for Loud {
    fn is_voice(&mut self, frame: &[f32; FRAME]) -> bool {
        frame.iter().map(|s| s * s).sum::<f32>() / FRAME as f32 > 1e-4
    }
}

/// One word for each 400 ms of audio: "wa wb wc ..", and a full stop where it may be over.
fn hear(job: &Job) -> Hypothesis {
    let count = job.audio.len() / 6_400;
    let words = (0..count)
        .map(|i| Word {
            text: match i + 1 == count && job.purpose.may_be_last() {
                true => format!(" w{}.", letter(i)),
                false => format!(" w{}", letter(i)),
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
        stable: 0,
        unrecognised: Vec::new(),
        voice: None,
        kept: None,
    }
}

/// A word with a digit in it might be a secret.
fn letter(i: usize) -> char {
    char::from(b'a' + (i % 26) as u8)
}

fn description(legs: impl IntoIterator<Item = (Role, Source)>) -> CallDescription {
    let en: LanguageTag = "en".parse().expect("a language");
    CallDescription {
        recording: Default::default(),
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

/// What helps a call in which nothing is watched for.
fn context() -> AssistContext {
    AssistContext {
        rules: Arc::new(RuleSet::parse::<&str, &str>([]).expect("no rules")),
        began: date(2026, 11, 28).at(10, 0, 0, 0),
        lexicon: Lexicon::built_in(),
        terms: Arc::from([]),
        vocabulary: Arc::from([]),
        learnt: Arc::from([]),
    }
}

fn stream() -> Source {
    Source::Stream(StreamFormat::Linear16(ClockRate::Hz16000.into()))
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
    /// What has been given away to be written down, with silence where that was late.
    sound: Vec<i16>,
    /// What was looked for in the knowledge base.
    searched: Vec<String>,
    /// What was looked for in the CRM.
    looked_for: Vec<(String, KnownBy)>,
    roles: Vec<Role>,
    /// How certain the recogniser is of its last word; of the others it is.
    confidence: f32,
}

impl Stage {
    fn new(legs: impl IntoIterator<Item = (Role, Source)>) -> Self {
        Self::assisted(legs, None)
    }

    fn assisted(
        legs: impl IntoIterator<Item = (Role, Source)>,
        assist: Option<AssistContext>,
    ) -> Self {
        Self::configured(legs, assist, CallConfig::default())
    }

    fn configured(
        legs: impl IntoIterator<Item = (Role, Source)>,
        assist: Option<AssistContext>,
        config: CallConfig,
    ) -> Self {
        let began = Instant::now();
        let description = description(legs);
        let roles = description.legs.iter().map(|leg| leg.party.role).collect();
        let call = Call::new(&description, config, assist, || Box::new(Loud), began);
        let mut stage = Self {
            call,
            began,
            now: began,
            events: Vec::new(),
            asked: Vec::new(),
            promoted: Vec::new(),
            cancelled: Vec::new(),
            summaries: Vec::new(),
            sound: Vec::new(),
            searched: Vec::new(),
            looked_for: Vec::new(),
            roles,
            confidence: 0.9,
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
                    self.searched.push(query.text);
                    self.call.handle(self.now, nothing);
                }
                Output::LookFor(clue, by) => self.looked_for.push((clue.text, by)),
                Output::Record(Recorded::Sound(sound)) => self.sound.extend_from_slice(&sound),
                Output::Record(Recorded::Nothing(samples)) => {
                    self.sound
                        .resize(self.sound.len() + 2 * samples as usize, 0);
                }
                Output::Record(Recorded::Silence(range)) => {
                    self.sound[range.start as usize * 2..range.end as usize * 2].fill(0);
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
            self.reply(id, &job);
        }
    }

    fn reply(&mut self, id: JobId, job: &Job) {
        let mut heard = hear(job);
        if let Some(last) = heard.words.last_mut() {
            last.confidence = self.confidence;
        }
        self.handle(Input::Answer(id, Ok(heard)));
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

use Role::{Agent, Customer, Supervisor};

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
