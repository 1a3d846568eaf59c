//! Twilio Media Streams, and those that speak like it (SignalWire, Telnyx, Plivo, Exotel).
//!
//! Messages are JSON with an `event`: `connected`, `start`, `media` with base64 of one track,
//! `dtmf`, `mark`, `stop`. Names are written in camelCase or in snake_case. Chunks of a track are
//! numbered and may come in another order. Nothing goes back: a stream that only listens refuses
//! what it does not know.
//!
//! Source: Twilio's "Media Streams: WebSocket messages", and the same page of each of the others.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use sidetone_media::audio::StreamFormat;
use sidetone_types::event::EventRecord;
use sidetone_types::party::Role;
use sidetone_types::time::MediaTime;

use crate::in_order::InOrder;
use crate::{
    Channel, Dialect, Fault, Fields, Forked, Opening, Step, json, linear16, pressed, whole_samples,
};

/// One connection.
pub struct MediaStreams {
    forked: Forked,
    /// What the address says until the call is open.
    address: Fields,
    /// Once the call is open, in the order of its channels.
    tracks: Vec<Track>,
    format: StreamFormat,
}

struct Track {
    role: Role,
    chunks: InOrder<(Option<MediaTime>, Vec<u8>)>,
    /// Of those without a number.
    count: u64,
}

/// A moment later than this in a call is none.
const LAST_MS: u64 = 24 * 3_600_000;
const WHICH_FORMAT: &str = "mu-law or A-law of 8000 Hz, or L16 of 8000 to 48000 Hz";

impl MediaStreams {
    /// A connection to an address that says `address` of the call.
    pub const fn new(forked: Forked, address: Fields) -> Self {
        Self {
            forked,
            address,
            tracks: Vec::new(),
            format: StreamFormat::Mulaw,
        }
    }

    fn start(&mut self, message: &Value) -> Result<Vec<Step>, Fault> {
        if !self.tracks.is_empty() {
            return Err(Fault::Order("`start` came a second time"));
        }
        let start = &message["start"];
        if !start.is_object() {
            return Err(Fault::Text("`start` has no object `start`".to_owned()));
        }
        let fields = std::mem::take(&mut self.address).with(Fields::of_json(start))?;
        self.format = format(&fields)?;
        self.forked = self.forked.said(&fields)?;
        let tracks = fields.named(&["tracks", "track"]).unwrap_or_default();
        let named = |track: &str| tracks.contains(track) || tracks.contains("both");
        // One that is not named is listened to once it comes.
        let inbound = named("inbound") || !named("outbound");
        let speaks = inbound.then(|| self.forked.speaks());
        let hears = named("outbound").then(|| self.forked.hears());
        let channels = speaks.into_iter().chain(hears);
        let channels = channels.map(|role| self.track(role)).collect();
        Ok(vec![Step::Open(Opening::new(fields, channels)?)])
    }

    /// Listens to one more.
    fn track(&mut self, role: Role) -> Channel {
        self.tracks.push(Track {
            role,
            chunks: InOrder::default(),
            count: 0,
        });
        let format = self.format;
        Channel { role, format }
    }

    /// The channel of a track, which is the inbound one if it has no name, and what it means that
    /// it comes.
    fn channel(&mut self, track: &Value) -> Result<(usize, Option<Step>), Fault> {
        if self.tracks.is_empty() {
            return Err(Fault::Order("it came before `start`"));
        }
        let role = match track.as_str() {
            Some(track) if track.starts_with("outbound") => self.forked.hears(),
            _ => self.forked.speaks(),
        };
        let known = self.tracks.iter().position(|track| track.role == role);
        let last = self.tracks.len();
        Ok(match known {
            Some(channel) => (channel, None),
            None => (last, Some(Step::Channel(self.track(role)))),
        })
    }

    fn media(&mut self, media: &Value) -> Result<Vec<Step>, Fault> {
        let payload = media["payload"].as_str().unwrap_or_default();
        let bytes = STANDARD.decode(payload);
        let bytes = bytes.map_err(|error| Fault::Text(format!("`media.payload`: {error}")))?;
        let (channel, new) = self.channel(&media["track"])?;
        whole_samples(&bytes, self.format.bytes_per_sample())?;
        let at = number(&media["timestamp"]).filter(|ms| *ms <= LAST_MS);
        let piece = (at.map(MediaTime::from_millis), bytes);
        let track = &mut self.tracks[channel];
        track.count += 1;
        let chunk = number(&media["chunk"]).unwrap_or(track.count);
        let sound = audio(channel, track.chunks.take(chunk, piece));
        Ok(new.into_iter().chain(sound).collect())
    }
}

fn audio(channel: usize, pieces: Vec<(Option<MediaTime>, Vec<u8>)>) -> Vec<Step> {
    let audio = |(at, bytes)| Step::Audio { channel, at, bytes };
    pieces.into_iter().map(audio).collect()
}

/// A number, or a text that is one.
fn number(value: &Value) -> Option<u64> {
    value
        .as_u64()
        .or_else(|| value.as_str()?.trim().parse().ok())
}

/// How tracks are coded; mu-law where nothing is said.
fn format(fields: &Fields) -> Result<StreamFormat, Fault> {
    let of = ["mediaFormat.encoding", "media_format.encoding", "encoding"];
    let encoding = fields.named(&of).unwrap_or("mulaw").to_ascii_lowercase();
    let of = [
        "mediaFormat.sampleRate",
        "media_format.sample_rate",
        "sampleRate",
        "sample_rate",
    ];
    let rate = fields.named(&of).unwrap_or("8000");
    let name = encoding.trim_start_matches("audio/");
    let hz = rate.parse().unwrap_or_default();
    let format = match name {
        "x-mulaw" | "mulaw" | "pcmu" if hz == 8_000 => Some(StreamFormat::Mulaw),
        "x-alaw" | "alaw" | "pcma" if hz == 8_000 => Some(StreamFormat::Alaw),
        "x-l16" | "l16" | "raw" | "base64" | "slin" => linear16(hz),
        _ => None,
    };
    format.ok_or_else(|| Fault::format(&format!("{encoding} of {rate} Hz"), WHICH_FORMAT))
}

impl Dialect for MediaStreams {
    fn text(&mut self, text: &str) -> Result<Vec<Step>, Fault> {
        let message = json(text)?;
        match message["event"].as_str() {
            Some("start") => self.start(&message),
            Some("media") => self.media(&message["media"]),
            Some("dtmf") => {
                let dtmf = &message["dtmf"];
                let (channel, new) = self.channel(&dtmf["track"])?;
                let key = pressed(channel, dtmf["digit"].as_str());
                Ok(new.into_iter().chain(key).collect())
            }
            Some("stop") => {
                let tracks = self.tracks.iter_mut().enumerate();
                let rest = tracks.flat_map(|(channel, track)| audio(channel, track.chunks.rest()));
                Ok(rest.chain([Step::End]).collect())
            }
            // Of what later versions say nothing has to be understood.
            Some(_) => Ok(Vec::new()),
            None => Err(Fault::Text("it has no `event`".to_owned())),
        }
    }

    fn binary(&mut self, _: Vec<u8>) -> Result<Vec<Step>, Fault> {
        Err(Fault::Order(
            "a binary message came; sound comes as base64 in `media.payload`",
        ))
    }

    fn told(&mut self, _: &EventRecord, _: &str) -> Option<String> {
        None
    }
}

#[cfg(test)]
mod tests {
    use sidetone_core::call::Control;

    use super::*;

    const START: &str = r#"{"event":"start","sequenceNumber":"1","streamSid":"MZ1","start":{
        "streamSid":"MZ1","accountSid":"AC1","callSid":"CA1","tracks":["inbound","outbound"],
        "customParameters":{"agent_id":"agent-7"},
        "mediaFormat":{"encoding":"audio/x-mulaw","sampleRate":8000,"channels":1}}}"#;

    fn media(track: &str, chunk: u64, ms: u64, payload: &str) -> String {
        format!(
            r#"{{"event":"media","media":{{"track":"{track}","chunk":"{chunk}","timestamp":"{ms}","payload":"{payload}"}}}}"#
        )
    }

    fn started() -> MediaStreams {
        let mut streams = MediaStreams::new(Forked::Customer, Fields::default());
        let connected =
            streams.text(r#"{"event":"connected","protocol":"Call","version":"1.0.0"}"#);
        assert!(connected.is_ok_and(|steps| steps.is_empty()));
        let steps = streams.text(START).expect("it starts");
        let [Step::Open(opening)] = &steps[..] else {
            panic!("no opening: {steps:?}")
        };
        assert_eq!(opening.fields.first(&["agent_id"]), Some("agent-7"));
        assert_eq!(opening.roles(), [Role::Customer, Role::Agent]);
        streams
    }

    fn heard(steps: &[Step]) -> Vec<(usize, Option<u64>, usize)> {
        let heard = steps.iter().filter_map(|step| match step {
            Step::Audio { channel, at, bytes } => {
                Some((*channel, at.map(MediaTime::as_millis), bytes.len()))
            }
            _ => None,
        });
        heard.collect()
    }

    #[test]
    fn tracks_are_heard_in_the_order_of_their_chunks() {
        let mut streams = started();
        let mut steps = Vec::new();
        for (track, chunk, ms) in [
            ("inbound", 1, 0),
            ("outbound", 1, 5),
            ("inbound", 3, 40),
            ("inbound", 2, 20),
            ("outbound", 3, 45),
        ] {
            steps.extend(
                streams
                    .text(&media(track, chunk, ms, "AAAA"))
                    .expect("sound"),
            );
        }
        let expected = [
            (0, Some(0), 3),
            (1, Some(5), 3),
            (0, Some(20), 3),
            (0, Some(40), 3),
        ];
        assert_eq!(heard(&steps), expected);
        let steps = streams.text(r#"{"event":"stop"}"#).expect("the end");
        assert_eq!(heard(&steps), [(1, Some(45), 3)], "what still waited");
        assert!(matches!(steps.last(), Some(Step::End)));
    }

    #[test]
    fn a_key_belongs_to_its_track() {
        let steps =
            started().text(r#"{"event":"dtmf","dtmf":{"track":"inbound_track","digit":"5"}}"#);
        assert!(matches!(
            steps.as_deref(),
            Ok([Step::Control(Some(0), Control::Dtmf { key: '5', .. })])
        ));
    }

    #[test]
    fn others_write_the_same_in_snake_case_and_in_other_codings() {
        for (start, format) in [
            (
                r#"{"call_control_id":"v3:x","media_format":{"encoding":"PCMU","sample_rate":8000}}"#,
                StreamFormat::Mulaw,
            ),
            (
                r#"{"callId":"p","mediaFormat":{"encoding":"audio/x-l16","sampleRate":16000}}"#,
                linear16(16_000).expect("it is served"),
            ),
            (
                r#"{"call_sid":"e","media_format":{"encoding":"base64","sample_rate":"8000"}}"#,
                linear16(8_000).expect("it is served"),
            ),
        ] {
            let mut streams = MediaStreams::new(Forked::Agent, Fields::default());
            let steps = streams.text(&format!(r#"{{"event":"start","start":{start}}}"#));
            let steps = steps.expect(start);
            let [Step::Open(opening)] = &steps[..] else {
                panic!("no opening: {steps:?}")
            };
            assert_eq!(opening.roles(), [Role::Agent], "{start}");
            assert_eq!(opening.channels[0].format, format, "{start}");
        }
    }

    #[test]
    fn a_track_that_nobody_named_is_heard_once_it_comes() {
        let mut streams = MediaStreams::new(Forked::Customer, Fields::default());
        let start = r#"{"event":"start","start":{"customParameters":{"forked":"agent"}}}"#;
        let steps = streams.text(start).expect("it starts");
        assert!(matches!(&steps[..], [Step::Open(opening)] if opening.roles() == [Role::Agent]));
        let steps = streams.text(&media("outbound", 1, 0, "AAAA"));
        let Ok([Step::Channel(channel), Step::Audio { channel: 1, .. }]) = steps.as_deref() else {
            panic!("{steps:?}")
        };
        assert_eq!(channel.role, Role::Customer);
        let steps = streams.text(&media("outbound", 2, 20, "AAAA"));
        assert!(matches!(
            steps.as_deref(),
            Ok([Step::Audio { channel: 1, .. }])
        ));
    }

    #[test]
    fn what_cannot_be_taken_says_why() {
        let fresh = || MediaStreams::new(Forked::Customer, Fields::default());
        let opus =
            r#"{"event":"start","start":{"mediaFormat":{"encoding":"opus","sampleRate":48000}}}"#;
        for (mut streams, text, part) in [
            (fresh(), "hello".to_owned(), "cannot be read"),
            (fresh(), "[]".to_owned(), "no `event`"),
            (fresh(), media("inbound", 1, 0, "AAAA"), "before `start`"),
            (fresh(), opus.to_owned(), "opus of 48000 Hz"),
            (started(), START.to_owned(), "second time"),
            (started(), media("inbound", 1, 0, "?"), "media.payload"),
        ] {
            let fault = streams.text(&text).expect_err(part).to_string();
            assert!(fault.contains(part), "{fault}");
        }
        assert!(started().binary(vec![0]).is_err());
        let late = started().text(&media("inbound", 1, u64::MAX, "AAAA"));
        assert_eq!(heard(&late.expect("sound")), [(0, None, 3)]);
    }
}
