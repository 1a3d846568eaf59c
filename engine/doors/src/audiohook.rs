//! Genesys AudioHook, version 2: the server's side.
//!
//! Each message is JSON with numbers that count the messages of both sides. `open` is answered at
//! once, before anything is looked up; a probe, which is a call of no id, opens none. Sound comes as
//! binary messages of one channel or of both in turns. Words go back as `event` messages with
//! entities `transcript`, cards as `agentassist`.
//!
//! Source: Genesys Cloud Developer Center, "AudioHook protocol reference".

use std::time::Duration;

use serde_json::{Value, json};
use sidetone_core::call::Control;
use sidetone_media::audio::StreamFormat;
use sidetone_types::assist::Suggestion;
use sidetone_types::event::{EventKind, EventRecord};
use sidetone_types::id::UtteranceId;
use sidetone_types::party::Role;
use sidetone_types::time::MediaTime;

use crate::frames::apart;
use crate::{Channel, Dialect, Fault, Fields, Opening, Step, linear16, pressed, whole_samples};

/// The conversation of a probe: somebody tries whether the server answers.
const NIL: &str = "00000000-0000-0000-0000-000000000000";
const WHICH_FORMAT: &str = "PCMU of 8000 Hz, or L16 of 8000 to 48000 Hz";

/// One connection.
pub struct AudioHook {
    /// What the address says until the call is open.
    address: Fields,
    session: String,
    /// Messages that were sent.
    sent: u64,
    /// The number of the last message that came.
    came: u64,
    /// What was chosen of the media that were offered; none before `open`, and for a probe.
    media: Option<Media>,
    /// How much sound there has been, and how much the client has left out.
    heard: Duration,
}

#[derive(Clone, Debug, PartialEq)]
struct Media {
    format: StreamFormat,
    roles: Vec<Role>,
    /// As it was offered.
    offer: Value,
}

impl AudioHook {
    /// A connection to an address that says `address` of the call.
    pub const fn new(address: Fields) -> Self {
        Self {
            address,
            session: String::new(),
            sent: 0,
            came: 0,
            media: None,
            heard: Duration::ZERO,
        }
    }

    fn message(&mut self, kind: &str, parameters: Value) -> String {
        self.sent += 1;
        let message = json!({
            "version": "2",
            "type": kind,
            "seq": self.sent,
            "clientseq": self.came,
            "id": self.session,
            "parameters": parameters,
        });
        message.to_string()
    }

    fn reply(&mut self, kind: &str, parameters: Value) -> Step {
        Step::Reply(self.message(kind, parameters))
    }

    fn open(&mut self, message: &Value) -> Result<Vec<Step>, Fault> {
        if !self.session.is_empty() {
            return Err(Fault::Order("`open` came a second time"));
        }
        let session = message["id"].as_str().unwrap_or_default();
        if session.is_empty() {
            return Err(Fault::Text("`open` has no `id`".to_owned()));
        }
        session.clone_into(&mut self.session);
        let parameters = &message["parameters"];
        let offers = parameters["media"]
            .as_array()
            .map_or(&[][..], Vec::as_slice);
        let media = chosen(offers).ok_or_else(|| {
            let offered = offers
                .iter()
                .map(|offer| offer["format"].as_str().unwrap_or("?"));
            let offered: Vec<&str> = offered.take(8).collect();
            Fault::format(&offered.join(", "), WHICH_FORMAT)
        })?;
        let opened = json!({"startPaused": false, "media": [media.offer.clone()]});
        let mut steps = vec![self.reply("opened", opened)];
        if parameters["conversationId"] == NIL {
            return Ok(steps);
        }
        let mut said = parameters.clone();
        if let Some(said) = said.as_object_mut() {
            // The offer says nothing of the call.
            said.remove("media");
        }
        let fields = std::mem::take(&mut self.address).with(Fields::of_json(&said))?;
        let format = media.format;
        let channel = |role: &Role| Channel {
            role: *role,
            format,
        };
        let channels = media.roles.iter().map(channel).collect();
        steps.push(Step::Open(Opening::new(fields, channels)?));
        self.media = Some(media);
        Ok(steps)
    }
}

/// The offer that tells most of the call: both sides before one, and then wide before narrow.
fn chosen(offers: &[Value]) -> Option<Media> {
    let read = |offer: &Value| {
        let format = match (offer["format"].as_str()?, offer["rate"].as_u64()?) {
            ("PCMU", 8_000) => StreamFormat::Mulaw,
            ("L16", rate) => linear16(u32::try_from(rate).ok()?)?,
            _ => return None,
        };
        let channels = offer["channels"].as_array()?;
        let roles = channels.iter().map(|channel| match channel.as_str()? {
            "external" => Some(Role::Customer),
            "internal" => Some(Role::Agent),
            _ => None,
        });
        let roles = roles.collect::<Option<Vec<Role>>>()?;
        let offer = offer.clone();
        (1..=2).contains(&roles.len()).then_some(Media {
            format,
            roles,
            offer,
        })
    };
    let media = offers.iter().filter_map(read);
    media
        .rev()
        .max_by_key(|media| (media.roles.len(), media.format.bytes_per_second()))
}

impl Dialect for AudioHook {
    fn text(&mut self, text: &str) -> Result<Vec<Step>, Fault> {
        let message = crate::json(text)?;
        self.came = message["seq"].as_u64().unwrap_or(self.came);
        let kind = message["type"].as_str();
        let kind = kind.ok_or_else(|| Fault::Text("it has no `type`".to_owned()))?;
        if kind != "open" && self.session.is_empty() {
            return Err(Fault::Order("the first message has to be `open`"));
        }
        let is_call = self.media.is_some();
        Ok(match kind {
            "open" => self.open(&message)?,
            "ping" => vec![self.reply("pong", json!({}))],
            "close" => vec![Step::End],
            "paused" if is_call => vec![Step::Control(None, Control::Pause(true))],
            "resumed" if is_call => vec![Step::Control(None, Control::Pause(false))],
            "discarded" => {
                let lost = message["parameters"]["discarded"].as_str();
                self.heard += lost.and_then(duration).unwrap_or_default();
                Vec::new()
            }
            "update" if is_call => vec![Step::Fields(Fields::of_json(&message["parameters"]))],
            "dtmf" if is_call => pressed(0, message["parameters"]["digit"].as_str()),
            // `error` and what later versions say: nothing to do.
            _ => Vec::new(),
        })
    }

    fn binary(&mut self, bytes: Vec<u8>) -> Result<Vec<Step>, Fault> {
        let Some(media) = &self.media else {
            return Err(Fault::Order("sound came, and no call is open"));
        };
        let (channels, sample) = (media.roles.len(), media.format.bytes_per_sample());
        whole_samples(&bytes, channels * sample)?;
        let at = Some(MediaTime::ZERO + self.heard);
        let second = (media.format.bytes_per_second() * channels) as f64;
        self.heard += Duration::from_secs_f64(bytes.len() as f64 / second);
        let audio = |(channel, bytes)| Step::Audio { channel, at, bytes };
        Ok(apart(bytes, channels, sample)
            .into_iter()
            .enumerate()
            .map(audio)
            .collect())
    }

    fn told(&mut self, event: &EventRecord, _: &str) -> Option<String> {
        let (start, end) = (event.event.start, event.event.end);
        let transcript = |utterance, text: &str, confidence: Option<f32>, lang: String| {
            json!({"type": "transcript", "data": {
                "id": self.entity(utterance, 0),
                "channelId": match event.event.role {
                    Some(Role::Customer) => "EXTERNAL",
                    _ => "INTERNAL",
                },
                "isFinal": confidence.is_some(),
                "offset": iso(start.since(MediaTime::ZERO)),
                "duration": iso(end.since(start)),
                "alternatives": [{
                    "confidence": confidence.unwrap_or(0.5),
                    "languages": [lang],
                    "interpretations": [{"type": "display", "transcript": text}],
                }],
            }})
        };
        let entity = match &event.event.kind {
            EventKind::Partial(partial) => transcript(
                partial.utterance,
                &partial.text,
                None,
                partial.lang.to_string(),
            ),
            EventKind::Final(done) => transcript(
                done.utterance,
                &done.text,
                Some(done.confidence),
                done.lang.to_string(),
            ),
            EventKind::Suggestion(card) => self.article(card, event.id.seq),
            _ => return None,
        };
        Some(self.message("event", json!({"entities": [entity]})))
    }

    fn hears_last_words(&self) -> bool {
        self.media.is_some()
    }

    fn closed(&mut self) -> Option<String> {
        Some(self.message("closed", json!({})))
    }

    fn farewell(&mut self, why: Option<&str>) -> Option<String> {
        if self.session.is_empty() {
            return None;
        }
        let reason = match why {
            Some(_) => "error",
            None => "completed",
        };
        let parameters = json!({"reason": reason, "info": why.unwrap_or_default()});
        Some(self.message("disconnect", parameters))
    }
}

impl AudioHook {
    /// Entities have ids as UUIDs are written: the session's, with numbers for its last part.
    fn entity(&self, utterance: UtteranceId, number: u64) -> String {
        let of_session = self.session.get(..24).unwrap_or("00000000-0000-0000-0000-");
        format!(
            "{of_session}{:06x}{:06x}",
            utterance.0 & 0xff_ffff,
            number & 0xff_ffff
        )
    }

    fn article(&self, card: &Suggestion, number: u64) -> Value {
        json!({"type": "agentassist", "data": {
            "id": self.entity(card.utterance, number),
            "suggestions": [{
                "type": "article",
                "id": self.entity(card.utterance, number),
                "confidence": card.score,
                "article": {
                    "title": card.title,
                    "excerpts": [card.snippet, card.say],
                    "metadata": {"article_id": card.article_id},
                },
            }],
        }})
    }
}

/// Seconds as ISO 8601 writes them: `PT1.5S`.
fn iso(time: Duration) -> String {
    format!("PT{}S", (time.as_secs_f64() * 1000.0).round() / 1000.0)
}

/// What [`iso`] writes, with hours and minutes as well.
fn duration(text: &str) -> Option<Duration> {
    let mut rest = text.strip_prefix("PT")?;
    let mut seconds = 0.0;
    for (unit, of) in [('H', 3600.0), ('M', 60.0), ('S', 1.0)] {
        if let Some((number, behind)) = rest.split_once(unit) {
            seconds += of * number.parse::<f64>().ok()?;
            rest = behind;
        }
    }
    let whole = rest.is_empty() && (0.0..86_400.0).contains(&seconds);
    whole.then(|| Duration::from_secs_f64(seconds))
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use sidetone_types::event::{Event, EventId, Final};
    use sidetone_types::id::CallId;
    use sidetone_types::lang::Lang;

    use super::*;

    const SESSION: &str = "e160e428-53b2-487c-977d-96989bf5c99d";

    fn open(conversation: &str, media: &Value) -> String {
        let open = json!({
            "version": "2", "id": SESSION, "type": "open", "seq": 1, "serverseq": 0,
            "position": "PT0S",
            "parameters": {
                "organizationId": "d7934305-0972-4844-938e-9060eef73d05",
                "conversationId": conversation,
                "participant": {"id": "p", "ani": "+14155550117", "dnis": "+18005550100"},
                "media": media, "language": "en-US",
                "customConfig": {"queue": "billing"},
            },
        });
        open.to_string()
    }

    fn offers() -> Value {
        let offer = |channels: &[&str]| json!({"type": "audio", "format": "PCMU", "channels": channels, "rate": 8000});
        json!([
            offer(&["external"]),
            offer(&["external", "internal"]),
            offer(&["internal"])
        ])
    }

    fn replies(steps: &[Step]) -> Vec<Value> {
        let replies = steps.iter().filter_map(|step| match step {
            Step::Reply(text) => Some(serde_json::from_str(text).expect("JSON")),
            _ => None,
        });
        replies.collect()
    }

    fn opened() -> AudioHook {
        let mut hook = AudioHook::new(Fields::default());
        let steps = hook.text(&open("c-1", &offers())).expect("it opens");
        let [opened] = &replies(&steps)[..] else {
            panic!("one reply: {steps:?}")
        };
        assert_eq!(opened["type"], "opened");
        assert_eq!(
            (&opened["seq"], &opened["clientseq"]),
            (&json!(1), &json!(1))
        );
        assert_eq!(opened["parameters"]["media"], json!([offers()[1]]));
        assert!(matches!(steps[0], Step::Reply(_)), "answered first of all");
        let Step::Open(opening) = &steps[1] else {
            panic!("it opens: {steps:?}")
        };
        assert_eq!(opening.fields.first(&["ani"]), Some("+14155550117"));
        assert_eq!(opening.fields.first(&["queue"]), Some("billing"));
        assert_eq!(opening.roles(), [Role::Customer, Role::Agent]);
        hook
    }

    #[test]
    fn sound_is_told_apart_and_its_place_counts_what_was_left_out() {
        let mut hook = opened();
        let places = |steps: Vec<Step>| -> Vec<(usize, u64, usize)> {
            let places = steps.iter().filter_map(|step| match step {
                Step::Audio { channel, at, bytes } => {
                    Some((*channel, at.expect("a place").as_millis(), bytes.len()))
                }
                _ => None,
            });
            places.collect()
        };
        let sound = || vec![0; 3_200];
        assert_eq!(
            places(hook.binary(sound()).expect("sound")),
            [(0, 0, 1600), (1, 0, 1600)]
        );
        let discarded =
            r#"{"version":"2","type":"discarded","seq":2,"parameters":{"discarded":"PT1M1.5S"}}"#;
        assert!(hook.text(discarded).expect("told").is_empty());
        let after = places(hook.binary(sound()).expect("sound"));
        assert_eq!(after, [(0, 61_700, 1600), (1, 61_700, 1600)]);
        assert!(hook.binary(vec![0; 3]).is_err(), "half a turn");
    }

    #[test]
    fn a_probe_is_answered_and_opens_no_call() {
        let mut hook = AudioHook::new(Fields::default());
        let steps = hook.text(&open(NIL, &offers())).expect("answered");
        assert_eq!(steps.len(), 1);
        assert_eq!(replies(&steps)[0]["type"], "opened");
        assert!(hook.binary(vec![0; 2]).is_err());
        let steps = hook
            .text(r#"{"version":"2","type":"close","seq":2}"#)
            .expect("closed");
        assert!(matches!(steps[..], [Step::End]));
        assert!(!hook.hears_last_words(), "it has no call");
        let closed = hook.closed().expect("told");
        let closed: Value = serde_json::from_str(&closed).expect("JSON");
        assert_eq!(
            (&closed["type"], &closed["clientseq"]),
            (&json!("closed"), &json!(2))
        );
    }

    #[test]
    fn pings_are_answered_and_pauses_are_told() {
        let mut hook = opened();
        let steps = hook
            .text(r#"{"type":"ping","seq":5,"parameters":{}}"#)
            .expect("a ping");
        assert_eq!(
            (&replies(&steps)[0]["type"], &replies(&steps)[0]["seq"]),
            (&json!("pong"), &json!(2))
        );
        for (kind, pause) in [("paused", true), ("resumed", false)] {
            let steps = hook
                .text(&format!(r#"{{"type":"{kind}","seq":6}}"#))
                .expect(kind);
            assert!(
                matches!(steps[..], [Step::Control(None, Control::Pause(told))] if told == pause)
            );
        }
        let farewell: Value =
            serde_json::from_str(&hook.farewell(Some("it is full")).expect("open")).expect("JSON");
        assert_eq!(
            farewell["parameters"],
            json!({"reason": "error", "info": "it is full"})
        );
    }

    #[test]
    fn words_go_back_as_a_transcript_of_their_channel() {
        let mut hook = opened();
        let words = Final {
            utterance: UtteranceId(3),
            text: "I want a refund.".to_owned(),
            spoken: String::new(),
            numbers: Vec::new(),
            lang: Lang::EN,
            confidence: 0.75,
            words: Vec::new(),
        };
        let (start, end) = (MediaTime::from_millis(1_500), MediaTime::from_millis(4_000));
        let event = Event {
            role: Some(Role::Customer),
            ..Event::of_the_call(start, end, EventKind::Final(words))
        };
        let record = EventRecord {
            id: "0193ab4e5f60a1b2-42".parse::<EventId>().expect("an id"),
            call_id: CallId::new("c-1"),
            agent_id: String::new(),
            wall_time: SystemTime::UNIX_EPOCH,
            event,
        };
        let told: Value =
            serde_json::from_str(&hook.told(&record, "").expect("told")).expect("JSON");
        assert_eq!((&told["type"], &told["seq"]), (&json!("event"), &json!(2)));
        let entity = &told["parameters"]["entities"][0];
        assert_eq!(entity["type"], "transcript");
        let data = &entity["data"];
        assert_eq!(data["id"], "e160e428-53b2-487c-977d-000003000000");
        assert_eq!(
            (&data["channelId"], &data["isFinal"]),
            (&json!("EXTERNAL"), &json!(true))
        );
        assert_eq!(
            (&data["offset"], &data["duration"]),
            (&json!("PT1.5S"), &json!("PT2.5S"))
        );
        let said = &data["alternatives"][0]["interpretations"][0];
        assert_eq!(said["transcript"], "I want a refund.");
    }

    #[test]
    fn what_cannot_be_taken_says_why() {
        let opus =
            json!([{"type": "audio", "format": "OPUS", "channels": ["external"], "rate": 48000}]);
        for (mut hook, text, part) in [
            (
                AudioHook::new(Fields::default()),
                "{}".to_owned(),
                "no `type`",
            ),
            (
                AudioHook::new(Fields::default()),
                r#"{"type":"ping"}"#.to_owned(),
                "has to be `open`",
            ),
            (AudioHook::new(Fields::default()), open("c", &opus), "OPUS"),
            (
                AudioHook::new(Fields::default()),
                open("c", &json!(3)),
                "send PCMU",
            ),
            (opened(), open("c", &offers()), "second time"),
        ] {
            let fault = hook.text(&text).expect_err(part).to_string();
            assert!(fault.contains(part), "{fault}");
        }
    }

    #[test]
    fn durations_are_read_as_they_are_written() {
        for (text, seconds) in [
            ("PT0S", Some(0.0)),
            ("PT1.5S", Some(1.5)),
            ("PT2M", Some(120.0)),
            ("PT1H1M1S", Some(3661.0)),
            ("PT", Some(0.0)),
            ("1.5", None),
            ("PT-3S", None),
            ("PTxS", None),
            ("PT99H", None),
        ] {
            let read = duration(text).map(|time| time.as_secs_f64());
            assert_eq!(read, seconds, "{text}");
        }
    }
}
