//! A call as frames of samples: FreeSWITCH `mod_audio_fork` (sub-protocol `audio.drachtio.org`) and
//! `mod_audio_stream`, jambonz `listen` (`audio.jambonz.org`).
//!
//! What is known of the call comes as one text message, if at all, and in the address that was
//! called; then come samples of 16 bits, little endian, of one channel or of two in turns. Words
//! go back as `{"type": "transcription", "data": …}`, which FreeSWITCH raises as event
//! `mod_audio_fork::transcription`, and cards and alerts as `{"type": "json", "data": …}`.
//!
//! Source: the README files of both modules, and jambonz's documentation of `listen`.

use std::time::Duration;

use serde_json::Value;
use sidetone_core::call::Control;
use sidetone_types::event::{EventKind, EventRecord};
use sidetone_types::party::Role;

use crate::{
    Channel, Dialect, Fault, Fields, Forked, Opening, Step, json, linear16, whole_samples,
};

/// One connection.
pub struct Frames {
    forked: Forked,
    /// What the address says until the call is open.
    address: Fields,
    /// How many channels there are, once the call is open.
    channels: Option<usize>,
}

/// How many channels there are.
const MIX: [&str; 3] = ["mix", "mix_type", "mixType"];
/// How many samples of each a second has.
const RATE: [&str; 3] = ["rate", "sample_rate", "sampleRate"];
const WHICH_RATE: &str = "8000 to 48000 samples a second, and say so: `?rate=16000` in the address, or `sampleRate` in the metadata";
const WHICH_MIX: &str =
    "mono, mixed or stereo, and say so: `?mix=stereo` in the address, or `mixType` in the metadata";

impl Frames {
    /// A connection to an address that says `address` of the call.
    pub const fn new(forked: Forked, address: Fields) -> Self {
        Self {
            forked,
            address,
            channels: None,
        }
    }

    fn open(&mut self, said: Fields) -> Result<Step, Fault> {
        let fields = std::mem::take(&mut self.address).with(said)?;
        let forked = self.forked.said(&fields)?;
        let told = fields.named(&RATE).unwrap_or_default();
        let hz = match told.strip_suffix('k') {
            Some(thousands) => thousands
                .parse()
                .ok()
                .and_then(|khz: u32| khz.checked_mul(1_000)),
            None => told.parse().ok(),
        };
        let format = hz.and_then(linear16);
        let format = format.ok_or_else(|| Fault::format(told, WHICH_RATE))?;
        let roles = match fields.named(&MIX) {
            Some("mono") => vec![forked.speaks()],
            Some("mixed") => vec![Role::Unknown],
            Some("stereo") => vec![forked.speaks(), forked.hears()],
            other => return Err(Fault::format(other.unwrap_or_default(), WHICH_MIX)),
        };
        self.channels = Some(roles.len());
        let channel = |role| Channel { role, format };
        let channels = roles.into_iter().map(channel).collect();
        Ok(Step::Open(Opening::new(fields, channels)?))
    }
}

impl Dialect for Frames {
    fn text(&mut self, text: &str) -> Result<Vec<Step>, Fault> {
        let value = json(text);
        if self.channels.is_none() {
            let said = match value {
                Ok(value @ Value::Object(_)) => Fields::of_json(&value),
                // Metadata may be anything that somebody types.
                _ => {
                    let mut said = Fields::default();
                    said.set("metadata", text.trim().to_owned());
                    said
                }
            };
            return Ok(vec![self.open(said)?]);
        }
        Ok(match value {
            Ok(value) if value["event"] == "dtmf" => pressed(&value).into_iter().collect(),
            Ok(value @ Value::Object(_)) => vec![Step::Fields(Fields::of_json(&value))],
            _ => Vec::new(),
        })
    }

    fn binary(&mut self, bytes: Vec<u8>) -> Result<Vec<Step>, Fault> {
        let mut steps = Vec::new();
        if self.channels.is_none() {
            steps.push(self.open(Fields::default())?);
        }
        let channels = self.channels.unwrap_or(1);
        whole_samples(&bytes, 2 * channels)?;
        let audio = |(channel, bytes)| Step::Audio {
            channel,
            at: None,
            bytes,
        };
        steps.extend(apart(bytes, channels, 2).into_iter().enumerate().map(audio));
        Ok(steps)
    }

    fn told(&mut self, event: &EventRecord, json: &str) -> Option<String> {
        let kind = match event.event.kind {
            EventKind::Partial(_) | EventKind::Final(_) => "transcription",
            EventKind::Suggestion(_)
            | EventKind::AlertRaised(_)
            | EventKind::AlertCleared(_)
            | EventKind::Summary(_) => "json",
            _ => return None,
        };
        Some(format!(r#"{{"type":"{kind}","data":{json}}}"#))
    }
}

/// `{"event": "dtmf", "dtmf": "2", "duration": "1600"}`: the duration counts ticks of 8 kHz.
fn pressed(value: &Value) -> Option<Step> {
    let key = Control::key(value["dtmf"].as_str()?)?;
    let ticks = value["duration"]
        .as_str()
        .and_then(|ticks| ticks.parse().ok());
    let duration = Duration::from_micros(125).saturating_mul(ticks.unwrap_or(1_600));
    Some(Step::Control(Some(0), Control::Dtmf { key, duration }))
}

/// The channels of samples that come in turns, each of so many bytes.
pub(crate) fn apart(bytes: Vec<u8>, channels: usize, sample: usize) -> Vec<Vec<u8>> {
    if channels == 1 {
        return vec![bytes];
    }
    let mut apart = vec![Vec::with_capacity(bytes.len() / channels); channels];
    for turn in bytes.chunks_exact(sample * channels) {
        for (channel, sample) in apart.iter_mut().zip(turn.chunks_exact(sample)) {
            channel.extend_from_slice(sample);
        }
    }
    apart
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FieldNames;

    fn address(fields: &[(&str, &str)]) -> Fields {
        let mut address = Fields::default();
        for (name, value) in fields {
            address.set(name, (*value).to_owned());
        }
        address
    }

    fn opening(steps: &[Step]) -> &Opening {
        match steps {
            [Step::Open(opening), ..] => opening,
            _ => panic!("no opening: {steps:?}"),
        }
    }

    fn audio(steps: &[Step]) -> Vec<(usize, Vec<u8>)> {
        let audio = steps.iter().filter_map(|step| match step {
            Step::Audio { channel, bytes, .. } => Some((*channel, bytes.clone())),
            _ => None,
        });
        audio.collect()
    }

    #[test]
    fn jambonz_says_all_of_the_call_in_its_first_message() {
        let mut frames = Frames::new(Forked::Customer, Fields::default());
        // As its documentation has it, with metadata that somebody chose the names of.
        let text = r#"{"callSid":"c-1","callId":"sip-7@sbc","direction":"inbound","from":"+1415",
            "to":"+1800","callerId":"","sipStatus":200,"callStatus":"in-progress","accountSid":"a",
            "sampleRate":8000,"mixType":"stereo","metadata":{"queue":"billing","rate":"gold","mix":1}}"#;
        let steps = frames.text(text).expect("it opens");
        let opening = opening(&steps);
        assert_eq!(opening.fields.first(&["queue"]), Some("billing"));
        let names = FieldNames::default();
        assert_eq!(opening.fields.first(&names.call_id), Some("c-1"));
        let format = linear16(8_000).expect("it is served");
        let roles = [Role::Customer, Role::Agent];
        assert_eq!(opening.channels, roles.map(|role| Channel { role, format }));
        let steps = frames
            .binary(vec![1, 2, 3, 4, 5, 6, 7, 8])
            .expect("samples");
        assert_eq!(
            audio(&steps),
            [(0, vec![1, 2, 5, 6]), (1, vec![3, 4, 7, 8])]
        );
        let steps = frames.text(r#"{"event":"dtmf","dtmf":"2","duration":"1600"}"#);
        let expected = Duration::from_millis(200);
        assert!(matches!(
            steps.as_deref(),
            Ok([Step::Control(Some(0), Control::Dtmf { key: '2', duration })]) if *duration == expected
        ));
    }

    #[test]
    fn freeswitch_may_send_no_text_or_any_and_the_address_says_the_rest() {
        let said = [("rate", "16k"), ("mix", "mono"), ("agent", "agent-7")];
        let mut frames = Frames::new(Forked::Agent, address(&said));
        let steps = frames.binary(vec![0, 1]).expect("samples");
        assert_eq!(opening(&steps).channels[0].role, Role::Agent);
        assert_eq!(audio(&steps), [(0, vec![0, 1])]);
        let mut frames = Frames::new(Forked::Customer, address(&said));
        let steps = frames.text("vip caller").expect("it opens");
        assert_eq!(
            opening(&steps).fields.first(&["metadata"]),
            Some("vip caller")
        );
        assert_eq!(opening(&steps).fields.first(&["agent"]), Some("agent-7"));
    }

    #[test]
    fn what_nobody_says_is_asked_for_instead_of_guessed() {
        for (said, part) in [
            (&[("mix", "mono")][..], "?rate="),
            (&[("rate", "96000"), ("mix", "mono")], "96000"),
            (&[("rate", "8000")], "?mix="),
            (&[("rate", "8000"), ("mix", "both")], "both"),
        ] {
            let fault = Frames::new(Forked::Customer, address(said)).text("{}");
            let fault = fault.expect_err(part).to_string();
            assert!(fault.contains(part), "{fault}");
        }
        let said = [("rate", "8000"), ("mix", "stereo")];
        let mut frames = Frames::new(Forked::Customer, address(&said));
        let fault = frames.binary(vec![0; 6]).expect_err("half a sample");
        assert_eq!(fault, Fault::HalfSample { bytes: 6, whole: 4 });
    }
}
