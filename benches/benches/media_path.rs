//! What do 20 ms of one leg cost before recognition?
//!
//! `time` is per 20 ms of a leg that talks most of the time: in `call`, all from the datagram to
//! the utterance that goes to the recogniser (order, µ-law, 8 to 16 kHz, voice detection,
//! segmentation, events); in `receiver`, only what comes before voice detection. `thrpt` is how
//! many such packets a core takes in a second: a fiftieth of it is how many legs. The recogniser
//! answers at once and costs nothing here.

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use sidetone_benches::line::line;
use sidetone_core::call::{Call, CallConfig, Input, Output};
use sidetone_core::describe::{CallDescription, LegDescription, Source};
use sidetone_media::rtp::{JitterConfig, PayloadMap, Receiver};
use sidetone_models::vad::{WebRtc, WebRtcConfig};
use sidetone_types::id::LegId;
use sidetone_types::lang::Lang;
use sidetone_types::party::{Direction, Party, PhoneNumber, Role};
use sidetone_types::recognise::{Hypothesis, Job, Word};

const PACKET: Duration = Duration::from_millis(20);

/// How long a call lasts, in seconds.
const CALL: usize = 60;

/// Where all datagrams come from.
fn sender() -> std::net::SocketAddr {
    std::net::SocketAddr::from(([192, 0, 2, 1], 4_000))
}

/// Something that listens to a leg.
trait Listener {
    fn open(now: Instant) -> Self;
    fn datagram(&mut self, now: Instant, datagram: &[u8]);
    fn deadline(&self) -> Option<Instant>;
    fn tick(&mut self, now: Instant);
}

impl Listener for Receiver {
    fn open(now: Instant) -> Self {
        Self::new(payloads(), JitterConfig::default(), now)
    }

    fn datagram(&mut self, now: Instant, datagram: &[u8]) {
        self.push(now, sender(), datagram);
        Listener::tick(self, now);
    }

    fn deadline(&self) -> Option<Instant> {
        Self::deadline(self)
    }

    fn tick(&mut self, now: Instant) {
        while let Some(heard) = self.poll(now) {
            black_box(heard);
        }
    }
}

impl Listener for Call {
    fn open(now: Instant) -> Self {
        let description = CallDescription {
            recording: Default::default(),
            caller: PhoneNumber::default(),
            callee: PhoneNumber::default(),
            agent_id: String::new(),
            direction: Direction::Inbound,
            languages: vec!["en".parse().expect("a language")],
            vocabulary: Vec::new(),
            metadata: Default::default(),
            legs: vec![LegDescription::new(
                Party::of_role(Role::Customer),
                Source::Rtp(payloads()),
            )],
            partials: true,
        };
        let detector = || Box::new(WebRtc::new(&WebRtcConfig::default())) as _;
        Self::new(&description, CallConfig::default(), None, detector, now)
    }

    fn datagram(&mut self, now: Instant, datagram: &[u8]) {
        self.handle(
            now,
            Input::Datagram {
                leg: LegId(0),
                from: sender(),
                at: now,
                bytes: datagram,
            },
        );
        carry_out(self, now);
    }

    fn deadline(&self) -> Option<Instant> {
        Self::deadline(self)
    }

    fn tick(&mut self, now: Instant) {
        self.handle(now, Input::Tick);
        carry_out(self, now);
    }
}

fn carry_out(call: &mut Call, now: Instant) {
    while let Some(output) = call.poll() {
        match output {
            Output::Recognise(id, job) => call.handle(now, Input::Answer(id, Ok(words(&job)))),
            output => {
                black_box(output);
            }
        }
    }
}

/// A word for each 400 ms, so that partials are confirmed as in a real call.
fn words(job: &Job) -> Hypothesis {
    let word = Duration::from_millis(400);
    let words = (0..job.audio.len() as u32 / 6_400).map(|i| Word {
        text: " word".to_owned(),
        start: word * i,
        end: word * (i + 1),
        confidence: 0.9,
        tokens: vec![i],
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

fn payloads() -> PayloadMap {
    PayloadMap::new([]).expect("static payload types")
}

/// Lets a new `L` hear all of `packets`, and tells how long it worked on them.
fn hear<L: Listener>(packets: &[Option<Vec<u8>>]) -> Duration {
    let opened = Instant::now();
    let mut listener = L::open(opened);
    let mut now = opened;
    let started = Instant::now();
    for packet in packets {
        now += PACKET;
        while let Some(at) = listener.deadline().filter(|at| *at <= now) {
            listener.tick(at);
        }
        if let Some(datagram) = packet {
            listener.datagram(now, black_box(datagram));
        }
    }
    started.elapsed()
}

fn bench(c: &mut Criterion) {
    let mut group = c.benchmark_group("media_path");
    group
        .throughput(Throughput::Elements(1))
        .sampling_mode(SamplingMode::Flat)
        .sample_size(20)
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(4));
    for (network, lost_percent) in [("no_loss", 0), ("loss_5_percent", 5)] {
        let packets = line(CALL, lost_percent);
        for (name, hear) in [
            ("call", hear::<Call> as fn(&[Option<Vec<u8>>]) -> Duration),
            ("receiver", hear::<Receiver>),
        ] {
            group.bench_function(format!("{name}/{network}"), |b| {
                // Silence costs less than speech, so only whole calls are a fair measure.
                b.iter_custom(|iters| {
                    let calls = iters.div_ceil(packets.len() as u64);
                    let worked: Duration = (0..calls).map(|_| hear(&packets)).sum();
                    worked.mul_f64(iters as f64 / (calls * packets.len() as u64) as f64)
                });
            });
        }
    }
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
