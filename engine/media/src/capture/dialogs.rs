//! Calls as SIP describes them: who takes part, and where each side is sent what the other says.

use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use sdp_types::{Media, Session};

use super::link::{Datagram, Segment};
use super::sip::{self, Address, Message};
use super::tcp;
use super::{Described, Sender};
use crate::rtp::{Payload, WELL_KNOWN};

/// A call, with all that its messages say.
#[derive(Debug)]
pub struct Dialog {
    pub described: Described,
    /// When somebody hung up.
    pub ended: Option<Duration>,
    pub endpoints: Vec<Endpoint>,
    caller_tag: String,
}

/// Where a side is sent sound, from some moment on.
#[derive(Debug)]
pub struct Endpoint {
    /// Whose it is.
    pub side: Sender,
    /// Since 1970.
    pub at: Duration,
    pub address: SocketAddr,
    pub payloads: BTreeMap<u8, Meaning>,
    /// SRTP.
    pub is_encrypted: bool,
}

/// What a payload type stands for.
#[derive(Clone, Debug)]
pub enum Meaning {
    /// It can be used.
    Known(Payload),
    /// As SDP names it.
    Unknown(String),
}

/// Tells SIP messages from what else was sent, each with its time.
pub fn messages<'a>(
    datagrams: Vec<Datagram<'a>>,
    segments: &[Segment<'_>],
) -> (Vec<(Duration, Message)>, Vec<Datagram<'a>>) {
    let (sip, media): (Vec<_>, Vec<_>) = datagrams
        .into_iter()
        .partition(|datagram| sip::is_start(&datagram.bytes));
    let over_udp = sip
        .iter()
        .map(|datagram| (datagram.at, sip::parse(&datagram.bytes)));
    let over_tcp = tcp::messages(segments);
    let over_tcp = over_tcp
        .iter()
        .map(|message| (message.at, sip::parse(&message.bytes)));
    let messages = over_udp.chain(over_tcp);
    let mut messages: Vec<_> = messages
        .filter_map(|(at, message)| Some((at, message?)))
        .collect();
    messages.sort_by_key(|(at, _)| *at);
    (messages, media)
}

/// The calls that messages are of, in the order of time.
pub fn dialogs(messages: Vec<(Duration, Message)>) -> Vec<Dialog> {
    let mut dialogs: Vec<Dialog> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for (at, message) in messages {
        let place = places.get(&message.call_id).copied();
        let place = match place {
            Some(place) => place,
            None if message.method == "INVITE" => {
                places.insert(message.call_id.clone(), dialogs.len());
                dialogs.push(Dialog::of(&message));
                dialogs.len() - 1
            }
            // Registrations and their like are no calls.
            None => continue,
        };
        dialogs[place].take(at, &message);
    }
    dialogs
}

impl Dialog {
    fn of(message: &Message) -> Self {
        let shown = |address: &Address| {
            let hidden = ["", "anonymous", "restricted", "unavailable"];
            let user = address.user.as_str();
            (!hidden.contains(&user.to_ascii_lowercase().as_str())).then(|| user.to_owned())
        };
        let asserted = message.asserted.as_ref().and_then(shown);
        Self {
            described: Described {
                id: message.call_id.clone(),
                caller: shown(&message.from).or(asserted).unwrap_or_default(),
                callee: message.to.user.clone(),
            },
            ended: None,
            endpoints: Vec::new(),
            caller_tag: message.from.tag.clone(),
        }
    }

    fn take(&mut self, at: Duration, message: &Message) {
        if message.method == "BYE" && !message.is_response {
            self.ended = Some(at);
        }
        let Some(sdp) = &message.sdp else {
            return;
        };
        // From names who asked, in the answer too.
        let asked = message.from.tag == self.caller_tag;
        let side = match asked != message.is_response {
            true => Sender::Caller,
            false => Sender::Callee,
        };
        for media in &sdp.medias {
            self.endpoints.extend(endpoint(at, side, sdp, media));
        }
    }
}

/// Where that medium is sent, unless it is none of sound, refused or on hold.
fn endpoint(at: Duration, side: Sender, sdp: &Session, media: &Media) -> Option<Endpoint> {
    let connection = media.connections.first().or(sdp.connection.as_ref())?;
    let address = connection.connection_address.split('/').next()?;
    let address: IpAddr = address.trim().parse().ok()?;
    if media.media != "audio" || media.port == 0 || address.is_unspecified() {
        return None;
    }
    let attributes = |name: &'static str| {
        let of_name = media.attributes.iter();
        let of_name = of_name.filter(move |attribute| attribute.attribute == name);
        of_name.filter_map(|attribute| attribute.value.as_deref())
    };
    let numbered = |value: &str| -> Option<(u8, String)> {
        let (number, rest) = value.split_once(' ')?;
        Some((number.parse().ok()?, rest.trim().to_owned()))
    };
    let fmtp: BTreeMap<u8, String> = attributes("fmtp").filter_map(numbered).collect();
    let mut rtpmap: BTreeMap<u8, String> = attributes("rtpmap").filter_map(numbered).collect();
    for (number, name) in WELL_KNOWN {
        if media.fmt.split(' ').any(|fmt| fmt.parse() == Ok(number)) {
            rtpmap.entry(number).or_insert_with(|| name.to_owned());
        }
    }
    let payloads = rtpmap.into_iter().map(|(number, name)| {
        let fmtp = fmtp.get(&number).map_or("", String::as_str);
        (number, meaning(&name, fmtp))
    });
    Some(Endpoint {
        side,
        at,
        address: SocketAddr::new(address, media.port),
        payloads: payloads.collect(),
        is_encrypted: media.proto.contains("SAVP") || attributes("crypto").next().is_some(),
    })
}

/// What a name of `a=rtpmap` means, as in `opus/48000/2`.
fn meaning(name: &str, fmtp: &str) -> Meaning {
    match Payload::of_sdp(name, fmtp) {
        Ok(payload) => Meaning::Known(payload),
        Err(_) => Meaning::Unknown(name.to_owned()),
    }
}
