//! Asterisk `chan_websocket` (from 20.16, 21.11, 22.6 and 23.0 on): a connection for each channel,
//! of samples in binary messages, and of events in text.
//!
//! An event is one line, `MEDIA_START connection_id:tap format:ulaw optimal_frame_size:160`, or the
//! same as JSON. Nothing goes back: what is sent to Asterisk as text is a command.
//!
//! Source: Asterisk's documentation, "Channel Drivers: WebSocket".

use serde_json::Value;
use sidetone_media::audio::StreamFormat;
use sidetone_types::event::EventRecord;

use crate::{
    Channel, Dialect, Fault, Fields, Forked, Opening, Step, linear16, pressed, whole_samples,
};

const WHICH_FORMAT: &str = "ulaw, alaw or slin of 8 to 48 kHz";

/// One connection.
pub struct ChanWebSocket {
    forked: Forked,
    /// What the address says until the call is open.
    address: Fields,
    /// Once the call is open.
    format: Option<StreamFormat>,
}

impl ChanWebSocket {
    /// A connection to an address that says `address` of the call.
    pub const fn new(forked: Forked, address: Fields) -> Self {
        Self {
            forked,
            address,
            format: None,
        }
    }

    fn start(&mut self, said: Fields) -> Result<Step, Fault> {
        if self.format.is_some() {
            return Err(Fault::Order("`MEDIA_START` came a second time"));
        }
        // Whoever wrote the address knows the call; Asterisk knows the channel that is forked to us.
        let fields = said.with(std::mem::take(&mut self.address))?;
        let told = fields.named(&["format"]).unwrap_or_default();
        let format = format(told).ok_or_else(|| Fault::format(told, WHICH_FORMAT))?;
        self.format = Some(format);
        let role = self.forked.said(&fields)?.speaks();
        let channels = vec![Channel { role, format }];
        Ok(Step::Open(Opening::new(fields, channels)?))
    }
}

fn format(name: &str) -> Option<StreamFormat> {
    match name {
        "ulaw" => Some(StreamFormat::Mulaw),
        "alaw" => Some(StreamFormat::Alaw),
        "slin" => linear16(8_000),
        "slin44" => linear16(44_100),
        _ => {
            let khz = name.strip_prefix("slin")?.parse::<u32>().ok()?;
            linear16(khz.checked_mul(1_000)?)
        }
    }
}

/// What an event says; its name is the field `event`.
fn event(text: &str) -> Fields {
    if let Ok(value @ Value::Object(_)) = serde_json::from_str(text) {
        return Fields::of_json(&value);
    }
    let mut fields = Fields::default();
    let mut words = text.split_whitespace();
    fields.set("event", words.next().unwrap_or_default().to_owned());
    for (name, value) in words.filter_map(|word| word.split_once(':')) {
        fields.set(name, value.to_owned());
    }
    fields
}

impl Dialect for ChanWebSocket {
    fn text(&mut self, text: &str) -> Result<Vec<Step>, Fault> {
        let said = event(text);
        Ok(match said.named(&["event"]) {
            Some("MEDIA_START") => vec![self.start(said)?],
            Some("DTMF_END") if self.format.is_some() => pressed(0, said.named(&["digit"])),
            // `MEDIA_XON`, `STATUS` and the like are for those who play something.
            _ => Vec::new(),
        })
    }

    fn binary(&mut self, bytes: Vec<u8>) -> Result<Vec<Step>, Fault> {
        let before = Fault::Order("sound came before `MEDIA_START`");
        let format = self.format.ok_or(before)?;
        whole_samples(&bytes, format.bytes_per_sample())?;
        Ok(vec![Step::Audio {
            channel: 0,
            at: None,
            bytes,
        }])
    }

    fn told(&mut self, _: &EventRecord, _: &str) -> Option<String> {
        None
    }
}

#[cfg(test)]
mod tests {
    use sidetone_core::call::Control;
    use sidetone_types::party::Role;

    use super::*;

    #[test]
    fn an_event_is_a_line_or_json_and_the_address_names_the_call() {
        let line = "MEDIA_START connection_id:tap channel:WebSocket/tap/0x7f channel_id:17.2 \
                    format:slin16 optimal_frame_size:640";
        let json = r#"{"event":"MEDIA_START","connection_id":"tap","format":"slin16","ptime":20,
            "channel_variables":{"QUEUE":"billing"}}"#;
        for text in [line, json] {
            let mut address = Fields::default();
            for (name, value) in [("call_id", "c-1"), ("join", "c-1"), ("forked", "agent")] {
                address.set(name, value.to_owned());
            }
            let mut socket = ChanWebSocket::new(Forked::Customer, address);
            let steps = socket.text(text).expect("it opens");
            let [Step::Open(opening)] = &steps[..] else {
                panic!("no opening: {steps:?}")
            };
            assert_eq!(opening.roles(), [Role::Agent]);
            assert_eq!(
                opening.channels[0].format,
                linear16(16_000).expect("served")
            );
            assert_eq!(opening.joined_by.as_deref(), Some("c-1"));
            assert_eq!(opening.fields.first(&["connection_id"]), Some("tap"));
            let steps = socket.binary(vec![1, 2, 3, 4]).expect("samples");
            assert!(
                matches!(&steps[..], [Step::Audio { bytes, .. }] if *bytes == [1, 2, 3, 4]),
                "{steps:?}"
            );
            for text in ["DTMF_END digit:5", r#"{"event":"DTMF_END","digit":"5"}"#] {
                assert!(matches!(
                    socket.text(text).as_deref(),
                    Ok([Step::Control(Some(0), Control::Dtmf { key: '5', .. })])
                ));
            }
            assert!(socket.text("MEDIA_XON").expect("nothing").is_empty());
        }
    }

    #[test]
    fn what_cannot_be_taken_says_why() {
        let socket = || ChanWebSocket::new(Forked::Customer, Fields::default());
        for (text, part) in [
            ("MEDIA_START format:opus", "opus"),
            ("MEDIA_START format:slin96", "slin96"),
            ("MEDIA_START", "ulaw, alaw or slin"),
            ("MEDIA_START format:ulaw forked:cook", "forked"),
        ] {
            let fault = socket().text(text).expect_err(part).to_string();
            assert!(fault.contains(part), "{fault}");
        }
        assert!(socket().binary(vec![0; 160]).is_err(), "before its start");
        let mut socket = socket();
        socket.text("MEDIA_START format:slin").expect("it opens");
        assert!(socket.binary(vec![0]).is_err(), "half a sample");
        assert!(socket.text("MEDIA_START format:slin").is_err(), "twice");
    }
}
