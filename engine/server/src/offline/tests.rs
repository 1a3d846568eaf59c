use std::f32::consts::TAU;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use sidetone_core::effort::EffortPolicy;
use sidetone_media::audio::Codec;
use sidetone_media::rtp::PayloadMap;
use sidetone_media::rtp::send::Packetiser;
use sidetone_models::transcriber::{OneByOne, Transcriber};
use sidetone_types::event::EventKind;
use sidetone_types::recognise::Word;
use sidetone_types::time::samples_to_duration;
use sidetone_types::vad::{FRAME, VoiceDetector};

use super::*;
use crate::recognition::Admission;

/// Hears a word for each half second, and fails at what is longer than four seconds.
fn hear(job: &Job) -> Result<Hypothesis, RecogniseError> {
    const WORD: Duration = Duration::from_millis(500);
    let length = samples_to_duration(job.audio.len() as u64);
    if length > Duration::from_secs(4) {
        return Err(RecogniseError("too long for the script".to_owned()));
    }
    let words = (0..length.as_millis() as u32 / 500).map(|i| Word {
        text: format!(" w{}", char::from(b'a' + (i % 26) as u8)),
        start: WORD * i,
        end: WORD * (i + 1),
        confidence: 1.0,
        tokens: vec![i],
    });
    Ok(Hypothesis {
        lang: Lang::EN,
        words: words.collect(),
        confidence: 1.0,
        looped: false,
        rejected: None,
        doubted: Vec::new(),
        stable: 0,
        unrecognised: Vec::new(),
        voice: None,
        kept: None,
    })
}

/// Takes what is loud for voice.
struct Loud;

impl VoiceDetector for Loud {
    fn is_voice(&mut self, frame: &[f32; FRAME]) -> bool {
        frame.iter().any(|sample| sample.abs() > 0.1)
    }
}

/// A tone from `start` to `end`, in seconds, within `length` seconds.
fn tone(rate_hz: u32, length: f32, spans: &[(f32, f32)]) -> Vec<f32> {
    let sample = |i: usize| {
        let at = i as f32 / rate_hz as f32;
        let on = spans
            .iter()
            .any(|(start, end)| (*start..*end).contains(&at));
        if on {
            0.5 * (TAU * 440.0 * at).sin()
        } else {
            0.0
        }
    };
    (0..(length * rate_hz as f32) as usize)
        .map(sample)
        .collect()
}

fn run(recording: &Recording, partials: bool, mono: Role) -> Vec<EventRecord> {
    let how = listening(partials, mono);
    offline(|offline, tell| offline.run(CallId::new("c"), recording, &how, tell))
}

fn listening(partials: bool, mono: Role) -> Listening {
    Listening {
        languages: vec!["en".parse().expect("a language")],
        vocabulary: [].into(),
        partials,
        mono,
    }
}

fn offline(
    run: impl FnOnce(&Offline<'_>, &mut dyn FnMut(EventRecord)) -> Result<(), DescriptionError>,
) -> Vec<EventRecord> {
    offline_by(hear, run)
}

fn offline_by(
    hear: impl FnMut(&Job) -> Result<Hypothesis, RecogniseError> + Send + 'static,
    run: impl FnOnce(&Offline<'_>, &mut dyn FnMut(EventRecord)) -> Result<(), DescriptionError>,
) -> Vec<EventRecord> {
    let script: Box<dyn Transcriber> = Box::new(OneByOne::new(hear));
    let admission = Admission::new(&Default::default(), 1, None);
    let inference = Inference::start(
        vec![script],
        None,
        1,
        EffortPolicy::default(),
        (Arc::default(), Arc::new(admission)),
    );
    let detectors: Detectors = Arc::new(|| Box::new(Loud));
    let offline = Offline::new(&inference, detectors, CallConfig::default());
    let mut events = Vec::new();
    run(&offline, &mut |event| events.push(event)).expect("it can be served");
    events
}

fn finals(events: &[EventRecord]) -> Vec<(Role, u64)> {
    let finals = events
        .iter()
        .filter(|event| matches!(event.event.kind, EventKind::Final(_)));
    finals
        .map(|event| {
            (
                event.event.role.expect("of a leg"),
                event.event.start.as_millis(),
            )
        })
        .collect()
}

#[test]
fn two_channels_are_agent_and_customer_in_one_order() {
    for rate_hz in [8_000, 16_000, 44_100] {
        let recording = Recording {
            rate_hz,
            channels: vec![
                tone(rate_hz, 9.0, &[(0.5, 2.0), (6.0, 7.5)]),
                tone(rate_hz, 9.0, &[(3.0, 5.0)]),
            ],
        };
        let events = run(&recording, false, Role::Customer);
        let finals = finals(&events);
        let roles: Vec<Role> = finals.iter().map(|(role, _)| *role).collect();
        assert_eq!(
            roles,
            [Role::Agent, Role::Customer, Role::Agent],
            "{rate_hz} Hz"
        );
        for ((_, start), expected) in finals.iter().zip([500, 3_000, 6_000]) {
            assert!(start.abs_diff(expected) < 200, "{rate_hz} Hz: {start} ms");
        }
        let seqs: Vec<u64> = events.iter().map(|event| event.id.seq).collect();
        assert_eq!(seqs, (1..=events.len() as u64).collect::<Vec<_>>());
        assert!(matches!(events[0].event.kind, EventKind::CallStarted(_)));
        let Some(EventKind::CallEnded(ended)) = events.last().map(|event| &event.event.kind) else {
            panic!("the last event is the end");
        };
        assert_eq!(ended.reason, EndReason::EndOfAudio);
        assert!(ended.legs.iter().all(|leg| leg.utterances > 0));
    }
}

#[test]
fn one_channel_is_whoever_it_is_said_to_be_and_speech_at_the_very_end_counts() {
    let recording = Recording {
        rate_hz: 8_000,
        channels: vec![tone(8_000, 2.0, &[(0.5, 2.0)])],
    };
    for role in [Role::Agent, Role::Customer] {
        let finals = finals(&run(&recording, false, role));
        assert_eq!(finals.len(), 1);
        assert_eq!(finals[0].0, role);
    }
}

#[test]
fn partials_come_before_their_final_and_are_the_same_each_time() {
    let recording = Recording {
        rate_hz: 8_000,
        channels: vec![tone(8_000, 5.0, &[(0.5, 3.5)])],
    };
    let event = || {
        let events = run(&recording, true, Role::Customer).into_iter();
        events
            .map(|event| (event.event.start, event.event.end, event.event.kind))
            .collect::<Vec<_>>()
    };
    let first = event();
    assert_eq!(first, event());
    let names: Vec<&str> = first.iter().map(|(.., kind)| kind.name()).collect();
    let partials = names.iter().filter(|name| **name == "partial").count();
    assert!(partials >= 2, "{names:?}");
    let last_partial = names.iter().rposition(|name| *name == "partial");
    assert!(
        last_partial < names.iter().position(|name| *name == "final"),
        "{names:?}"
    );
}

#[test]
fn pauses_are_looked_at_where_interim_results_are_wanted() {
    let recording = Recording {
        rate_hz: 16_000,
        channels: vec![tone(16_000, 4.0, &[(0.5, 1.5), (1.9, 2.9)])],
    };
    for (partials, expected) in [(true, true), (false, false)] {
        let pauses = Arc::new(AtomicUsize::new(0));
        let seen = pauses.clone();
        let count = move |job: &Job| {
            seen.fetch_add((job.purpose == Purpose::Pause).into(), Relaxed);
            hear(job)
        };
        let how = listening(partials, Role::Customer);
        let events = offline_by(count, |offline, tell| {
            offline.run(CallId::new("c"), &recording, &how, tell)
        });
        assert_eq!(finals(&events).len(), 1, "400 ms end no utterance");
        assert_eq!(pauses.load(Relaxed) > 1, expected, "partials {partials}");
    }
}

#[test]
fn what_cannot_be_recognised_is_told_and_the_rest_goes_on() {
    let recording = Recording {
        rate_hz: 8_000,
        channels: vec![tone(8_000, 12.0, &[(0.5, 6.5), (9.0, 10.5)])],
    };
    let events = run(&recording, false, Role::Customer);
    let names: Vec<&str> = events.iter().map(|event| event.event.kind.name()).collect();
    assert!(
        names.contains(&"unrecognised") && names.contains(&"final"),
        "{names:?}"
    );
}

#[test]
fn many_utterances_wait_without_loss() {
    let spans: Vec<(f32, f32)> = (0..40)
        .map(|i| (i as f32 * 3.0, i as f32 * 3.0 + 1.5))
        .collect();
    let recording = Recording {
        rate_hz: 8_000,
        channels: vec![tone(8_000, 120.0, &spans)],
    };
    assert_eq!(finals(&run(&recording, false, Role::Customer)).len(), 40);
}

/// A recording as RTP with packets of 20 ms, less those that are lost: of a leg, by number.
fn captured(recording: &Recording, is_lost: impl Fn(usize, usize) -> bool) -> Vec<Arrival<'_>> {
    let mut arrivals = Vec::new();
    for (voice, samples) in recording.channels.iter().enumerate() {
        let mut packets = Packetiser::new(voice as u32 + 1, 0, Codec::Pcmu);
        for (n, piece) in samples.chunks(160).enumerate() {
            let bytes = packets.audio(piece);
            if !is_lost(voice, n) {
                arrivals.push(Arrival {
                    at: Duration::from_millis(20 * n as u64),
                    voice,
                    from: SocketAddr::from(([192, 0, 2, 1], 4_000 + voice as u16)),
                    bytes: bytes.into(),
                });
            }
        }
    }
    arrivals.sort_by_key(|arrival| arrival.at);
    arrivals
}

#[test]
fn a_captured_call_is_heard_as_its_recording_through_losses_and_silences() {
    let recording = Recording {
        rate_hz: 8_000,
        channels: vec![
            tone(8_000, 140.0, &[(0.5, 2.0), (6.0, 7.5), (130.0, 132.0)]),
            tone(8_000, 140.0, &[(3.0, 5.0)]),
        ],
    };
    let expected = finals(&run(&recording, false, Role::Customer));
    assert_eq!(expected.len(), 4);
    for (case, is_lost) in [
        ("all", &(|_, _| false) as &dyn Fn(usize, usize) -> bool),
        ("some are lost", &|voice, n| (n + 7 * voice) % 50 == 3),
        // Two minutes without a packet: a live call would be over.
        ("on hold", &|_, n| (500..6_400).contains(&n)),
    ] {
        let arrivals = captured(&recording, is_lost);
        for partials in [false, true] {
            let mut description = listening(partials, Role::Customer).describe(&recording);
            for leg in &mut description.legs {
                leg.source = Source::Rtp(PayloadMap::new([]).expect("none"));
            }
            let call = OfflineCall {
                id: CallId::new("c"),
                description,
                assist: None,
            };
            let events = offline(|offline, tell| offline.run_datagrams(&call, &arrivals, tell));
            let heard = finals(&events);
            assert_eq!(heard.len(), expected.len(), "{case}: {heard:?}");
            for ((role, start), (expected_role, expected)) in heard.iter().zip(&expected) {
                assert_eq!(role, expected_role, "{case}");
                assert!(
                    start.abs_diff(*expected) < 150,
                    "{case}: {start} for {expected}"
                );
            }
            let Some(EventKind::CallEnded(ended)) = events.last().map(|it| &it.event.kind) else {
                panic!("the last event is the end");
            };
            assert_eq!(ended.reason, EndReason::EndOfAudio);
        }
    }
}
