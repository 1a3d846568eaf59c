//! Genesys AudioHook, version 2: the server's side.
//!
//! Each message is JSON with numbers that count the messages of both sides. `open` is answered at
//! once, before anything is looked up; a probe, which is a call of no id, opens none. Sound comes as
//! binary messages of one channel or of both in turns. Words go back as `event` messages with
//! entities `transcript`, cards as `agentassist`.
//!
//! A client may go on with a call over another connection: it closes the one it has with the reason
//! `reconnect`, or loses it, and names it in the `continuedSessions` of its next `open`, with the
//! number of the last message that it got (`serverseq`). What it was not told is told then.
//!
//! The client counts its sound, which is its `position`: what it has discarded counts, a pause does
//! not. On the call's timeline both pass.
//!
//! Source: Genesys Cloud Developer Center, "AudioHook protocol reference", and the types of messages
//! in its reference implementation (`purecloudlabs/audiohook-reference-implementation`,
//! `app/audiohook/src/protocol`). Its help says that Genesys Cloud does not re-establish connections
//! yet.

mod entities;
mod positions;
#[cfg(test)]
mod tests;

use std::time::Duration;

use serde_json::{Value, json};
use sidetone_core::call::Control;
use sidetone_media::audio::StreamFormat;
use sidetone_types::event::EventRecord;
use sidetone_types::party::Role;
use sidetone_types::time::MediaTime;

use crate::frames::apart;
use crate::{
    Channel, Continued, Dialect, Fault, Fields, Opening, Step, linear16, pressed, whole_samples,
};
use positions::Positions;

/// The conversation of a probe: somebody tries whether the server answers.
const NIL: &str = "00000000-0000-0000-0000-000000000000";
/// More sessions than these are not looked for.
const MOST_CONTINUED: usize = 8;
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
    /// Where the connection's own timeline has come to, with what was left out and with pauses.
    heard: MediaTime,
    /// Where the client's stream has: it does not count pauses.
    position: Duration,
    positions: Positions,
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
    pub fn new(address: Fields) -> Self {
        Self {
            address,
            session: String::new(),
            sent: 0,
            came: 0,
            media: None,
            heard: MediaTime::ZERO,
            position: Duration::ZERO,
            positions: Positions::default(),
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
            // They say nothing of the call.
            said.remove("media");
            said.remove("continuedSessions");
        }
        let fields = std::mem::take(&mut self.address).with(Fields::of_json(&said))?;
        let format = media.format;
        let channel = |role: &Role| Channel {
            role: *role,
            format,
        };
        let channels = media.roles.iter().map(channel).collect();
        steps.push(Step::Open(Opening {
            session: Some(self.session.clone()),
            continues: continued(&parameters["continuedSessions"]),
            ..Opening::new(fields, channels)?
        }));
        self.media = Some(media);
        self.position = parsed(&message["position"]);
        Ok(steps)
    }

    /// The client has left out so much, which its `position` counts or does not.
    fn skip(&mut self, left_out: Duration, counts: bool) -> Step {
        self.heard = self.heard + left_out;
        if counts {
            self.position += left_out;
        } else {
            self.positions.pause(self.heard, self.position);
        }
        Step::Skipped(self.heard)
    }
}

/// The sessions that a new one goes on with, the last one first.
fn continued(sessions: &Value) -> Vec<Continued> {
    let sessions = sessions.as_array().map_or(&[][..], Vec::as_slice);
    let sessions = sessions.iter().rev().take(MOST_CONTINUED);
    let sessions = sessions.filter_map(|session| {
        Some(Continued {
            session: session["id"].as_str()?.to_owned(),
            received: session["serverseq"].as_u64(),
        })
    });
    sessions.collect()
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
            "close" if message["parameters"]["reason"] == "reconnect" => vec![Step::Away],
            "close" => vec![Step::End],
            "paused" if is_call => vec![Step::Control(None, Control::Pause(true))],
            "resumed" if is_call => vec![self.skip(discarded(&message), false)],
            "discarded" if is_call => vec![self.skip(discarded(&message), true)],
            "update" if is_call => vec![
                Step::Fields(Fields::of_json(&message["parameters"])),
                self.reply("updated", json!({})),
            ],
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
        let at = Some(self.heard);
        let second = (media.format.bytes_per_second() * channels) as f64;
        let length = Duration::from_secs_f64(bytes.len() as f64 / second);
        self.heard = self.heard + length;
        self.position += length;
        let audio = |(channel, bytes)| Step::Audio { channel, at, bytes };
        Ok(apart(bytes, channels, sample)
            .into_iter()
            .enumerate()
            .map(audio)
            .collect())
    }

    fn told(&mut self, event: &EventRecord, _: &str) -> Option<String> {
        let media = self.media.as_ref()?;
        let entity = entities::of(event, &self.session, media, &self.positions)?;
        Some(self.message("event", json!({"entities": [entity]})))
    }

    fn number(&self) -> u64 {
        self.sent
    }

    fn placed(&mut self, own: MediaTime, at: MediaTime) {
        let since = self.heard.since(own);
        self.positions
            .place(own, at, self.position.saturating_sub(since));
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

/// How much sound was left out, by a message that says so.
fn discarded(message: &Value) -> Duration {
    parsed(&message["parameters"]["discarded"])
}

fn parsed(value: &Value) -> Duration {
    value.as_str().and_then(duration).unwrap_or_default()
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
