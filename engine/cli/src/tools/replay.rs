//! `sidetone replay`: the calls of a network capture through everything that a live call goes
//! through.
//!
//! Each packet is heard at the time at which it was captured, as fast as recognition takes them: what
//! was lost, late or out of order on that network is so again.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::SystemTime;

use crate::tools::progress;
use anyhow::{Context, bail, ensure};
use clap::Args;
use sidetone::config::Config;
use sidetone::printable::printable;
use sidetone::recognition::Recogniser;
use sidetone::services::Services;
use sidetone_core::describe::{CallDescription, LegDescription, Source};
use sidetone_core::phone;
use sidetone_media::capture::{self, Capture, CapturedCall, Sender, Voice};
use sidetone_media::rtp::{Payload, RtpmapError};
use sidetone_types::event::EventRecord;
use sidetone_types::id::CallId;
use sidetone_types::party::{Direction, Party, Role};

use super::Outcome;
use super::assisted::{Assisted, AssistedCall, Sound};
use super::lines::{call_id, progress};
use super::listen::HearArgs;
use super::parallel::in_order;
use crate::tell::tell;

/// Run the calls of a network capture through everything, as `analyze` does with recordings.
///
/// Reads pcap and pcapng as tcpdump and Wireshark write them: Ethernet, VLAN, Linux cooked, raw IP
/// and loopback. SIP messages in the capture, over UDP or TCP, say who calls and which addresses are
/// whose; without them RTP is found by how it looks, and belongs together by its addresses. Packets
/// are heard as they came, with their losses and delays. The ticket goes to a CRM of its own, and is
/// gone afterwards.
#[derive(Args, Debug)]
pub struct ReplayArgs {
    /// The capture: `tcpdump -i any -w calls.pcap udp`, for instance.
    capture: PathBuf,
    /// Who is the customer: who called, who was called, or who sends from an address. Without SIP,
    /// the caller is who was heard first.
    #[arg(long, default_value = "caller", value_name = "caller|callee|ADDRESS")]
    customer: Customer,
    /// Run this call alone: its Call-ID, or its number in `--list`. May be given several times.
    #[arg(long = "call", value_name = "CALL")]
    calls: Vec<String>,
    /// Say which calls there are, and run none.
    #[arg(long)]
    list: bool,
    /// What a payload type stands for that no SDP describes, as in `96=L16/16000`. PCMU at 0 and PCMA
    /// at 8 are known.
    #[arg(long, value_name = "TYPE=ENCODING/CLOCK")]
    rtpmap: Vec<Named>,
    #[command(flatten)]
    pub hear: HearArgs,
}

/// Captures are read into memory: larger ones are cut up first.
const MOST_BYTES: u64 = 2 * 1024 * 1024 * 1024;

/// Who of a call is the customer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Customer {
    Sender(Sender),
    /// With a port, or from any.
    From(IpAddr, Option<u16>),
}

impl FromStr for Customer {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "caller" => Ok(Self::Sender(Sender::Caller)),
            "callee" => Ok(Self::Sender(Sender::Callee)),
            _ => match (text.parse(), text.parse::<SocketAddr>()) {
                (Ok(ip), _) => Ok(Self::From(ip, None)),
                (_, Ok(address)) => Ok(Self::From(address.ip(), Some(address.port()))),
                _ => Err(
                    "neither caller nor callee nor an address such as 192.0.2.1 or 192.0.2.1:4000",
                ),
            },
        }
    }
}

/// A payload type and its meaning.
#[derive(Clone, Debug)]
struct Named(u8, Payload);

impl FromStr for Named {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let form = || format!("`{text}` is not written like 96=L16/16000");
        let (number, encoding) = text.split_once('=').ok_or_else(form)?;
        let number: u8 = number.trim().parse().map_err(|_| form())?;
        if !matches!(number, 0..=63 | 96..=127) {
            return Err(format!(
                "payload type {number} is none; use one of 0 to 63 or 96 to 127"
            ));
        }
        let payload: Payload = encoding
            .parse()
            .map_err(|error: RtpmapError| error.to_string())?;
        Ok(Self(number, payload))
    }
}

/// Runs the command.
pub fn run(args: &ReplayArgs, config: &Config) -> anyhow::Result<Outcome> {
    let path = args.capture.as_path();
    let bytes = read(path)?;
    let named: Vec<(u8, Payload)> = args
        .rtpmap
        .iter()
        .map(|Named(n, p)| (*n, p.clone()))
        .collect();
    let capture = capture::read(&bytes, &named).with_context(|| path.display().to_string())?;
    for odd in oddities(&capture) {
        tell(format_args!(
            "warning: {}: {}",
            path.display(),
            printable(&odd)
        ));
    }
    if capture.calls.is_empty() {
        bail!(
            "{}: no call is heard: {}",
            path.display(),
            nothing(&capture)
        );
    }
    if args.list {
        let mut out = io::stdout();
        for (n, call) in capture.calls.iter().enumerate() {
            writeln!(out, "{}", listed(n, call))?;
        }
        return Ok(Outcome::Done);
    }
    let calls = chosen(&capture, &args.calls)?;

    let recogniser = Recogniser::load(config, &progress::stderr())?;
    let desk = Desk {
        assisted: Assisted::new(config, Services::temporary(config)?, &recogniser)?,
        args,
        config,
        is_alone: capture.calls.len() == 1,
    };
    let bar = progress();
    let mut out = io::stdout();
    let mut outcome = Outcome::Done;
    in_order(
        &calls,
        recogniser.threads + 1,
        |(n, call)| desk.replay(*n, call),
        |(n, call), result| match result {
            Ok(events) => bar.suspend(|| {
                let title = title(*n, call);
                let title = (calls.len() > 1).then_some(title.as_str());
                args.hear.write(&mut out, path, title, &events)
            }),
            Err(error) => {
                outcome = Outcome::Failed;
                let reason = crate::error_line::one_line(&error);
                let reason = printable(&reason);
                bar.suspend(|| {
                    tell(format_args!(
                        "error: {}: {}: {reason}",
                        path.display(),
                        title(*n, call)
                    ))
                });
                Ok(())
            }
        },
    )?;
    bar.finish_and_clear();
    desk.assisted.stop();
    Ok(outcome)
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    let cannot = || format!("cannot read {}", path.display());
    let length = std::fs::metadata(path).with_context(cannot)?.len();
    ensure!(
        length <= MOST_BYTES,
        "{} is larger than 2 GiB; cut it up with `editcap -i 3600 IN OUT` first",
        path.display()
    );
    std::fs::read(path).with_context(cannot)
}

/// What whoever uses the capture should know.
fn oddities(capture: &Capture<'_>) -> Vec<String> {
    let counts = &capture.counts;
    let mut odd = Vec::new();
    if counts.ends_early {
        odd.push("ends within a frame: it is used up to there".to_owned());
    }
    if counts.cut > 0 {
        odd.push(format!(
            "{} of {} frames were not captured whole and are left out; `tcpdump -s 0` keeps them",
            counts.cut, counts.frames
        ));
    }
    for (link, frames) in &counts.unknown_links {
        odd.push(format!(
            "{frames} frames are of link type {link}, which is not read"
        ));
    }
    if counts.encrypted > 0 {
        odd.push(format!(
            "the sound of {} of {} calls is encrypted (SRTP) and cannot be heard",
            counts.encrypted, counts.described
        ));
    }
    for (n, call) in capture.calls.iter().enumerate() {
        for voice in &call.voices {
            for (number, name) in &voice.undecodable {
                let packets = voice.packets.get(number).copied().unwrap_or_default();
                odd.push(format!(
                    "call {}: {packets} packets of the {} are {name}, which cannot be decoded; \
                     `--rtpmap` says what an undescribed payload type is",
                    n + 1,
                    who(voice.sender),
                ));
            }
        }
    }
    odd
}

/// Why nobody is heard.
fn nothing(capture: &Capture<'_>) -> String {
    let counts = &capture.counts;
    let mut text = format!(
        "{} frames, {} UDP datagrams, {} SIP messages of {} calls, and no RTP that belongs to a call",
        counts.frames, counts.datagrams, counts.sip, counts.described
    );
    let hint = match counts {
        _ if counts.encrypted > 0 => "; the sound is encrypted, so capture behind what decrypts it",
        _ if counts.cut > 0 => "; capture whole frames with `tcpdump -s 0`",
        _ if counts.described > 0 => {
            "; the sound went another way, so capture where it passes: at the media server"
        }
        _ if counts.strays > 0 => "; what looks like RTP are a few packets of each sender",
        _ => "",
    };
    text.push_str(hint);
    text
}

/// The calls that were asked for, with their places.
fn chosen<'c, 'a>(
    capture: &'c Capture<'a>,
    wanted: &[String],
) -> anyhow::Result<Vec<(usize, &'c CapturedCall<'a>)>> {
    let calls = capture.calls.iter().enumerate();
    let is = |wanted: &str, n: usize, call: &CapturedCall<'_>| {
        let id = call
            .described
            .as_ref()
            .map(|described| described.id.as_str());
        id == Some(wanted) || wanted.parse() == Ok(n + 1)
    };
    for wanted in wanted {
        let found = capture
            .calls
            .iter()
            .enumerate()
            .any(|(n, call)| is(wanted, n, call));
        ensure!(
            found,
            "no call is `{wanted}`: `--list` has {} calls with numbers and Call-IDs",
            capture.calls.len()
        );
    }
    let chosen = calls
        .filter(|(n, call)| wanted.is_empty() || wanted.iter().any(|wanted| is(wanted, *n, call)));
    Ok(chosen.collect())
}

fn who(sender: Sender) -> &'static str {
    match sender {
        Sender::Caller => "caller",
        Sender::Callee => "callee",
    }
}

/// A call in a few words.
fn title(n: usize, call: &CapturedCall<'_>) -> String {
    let unknown = |number: &str| match number {
        "" => "unknown".to_owned(),
        number => printable(number).into_owned(),
    };
    match &call.described {
        Some(described) => format!(
            "call {}: {} to {}",
            n + 1,
            unknown(&described.caller),
            unknown(&described.callee)
        ),
        None => {
            let from = call.voices.iter().map(|voice| voice.from.to_string());
            format!("call {}: {}", n + 1, from.collect::<Vec<_>>().join(" and "))
        }
    }
}

/// A call in all that is known of it.
fn listed(n: usize, call: &CapturedCall<'_>) -> String {
    let began = jiff::Timestamp::from_nanosecond(call.began.as_nanos() as i128);
    let began = began.map_or_else(|_| "unknown".to_owned(), |began| format!("{began:.0}"));
    let mut text = format!(
        "{}, {began}, {:.1} s",
        title(n, call),
        call.duration().as_secs_f64()
    );
    if let Some(described) = &call.described {
        let _ = write!(text, ", Call-ID {}", printable(&described.id));
    }
    for voice in &call.voices {
        let packets = voice.packets.iter().map(|(number, packets)| {
            let name = match (voice.payloads.get(*number), voice.undecodable.get(number)) {
                (_, Some(name)) => format!("{name}, not decodable"),
                (Some(Payload::Audio(encoding)), _) => format!("{encoding:?}"),
                (Some(Payload::TelephoneEvent { .. }), _) => "keys".to_owned(),
                (Some(Payload::ComfortNoise), _) => "comfort noise".to_owned(),
                (None, None) => format!("payload type {number}"),
            };
            format!("{packets} packets of {}", printable(&name))
        });
        let packets = packets.collect::<Vec<_>>().join(", ");
        let _ = write!(
            text,
            "\n  {} from {}: {packets}",
            who(voice.sender),
            voice.from
        );
    }
    if call.copies > 0 {
        let _ = write!(
            text,
            "\n  {} packets of the same voices on other ways",
            call.copies
        );
    }
    text
}

struct Desk<'a> {
    assisted: Assisted<'a>,
    args: &'a ReplayArgs,
    config: &'a Config,
    /// There are no others.
    is_alone: bool,
}

impl Desk<'_> {
    fn replay(&self, n: usize, call: &CapturedCall<'_>) -> anyhow::Result<Vec<EventRecord>> {
        let heard = call.voices.iter().any(|voice| {
            let mut types = voice.packets.keys();
            types.any(|number| matches!(voice.payloads.get(*number), Some(Payload::Audio(_))))
        });
        ensure!(heard, "none of its sound can be decoded");
        let name = call_id(&self.args.capture);
        let name = match self.is_alone {
            true => name,
            false => CallId::new(format!("{name}-{}", n + 1)),
        };
        let began = SystemTime::UNIX_EPOCH + call.began;
        self.assisted.run(AssistedCall {
            kept_as: name.clone(),
            told_as: name,
            description: self.describe(call)?,
            began: Some(self.assisted.local(began)),
            sound: Sound::Datagrams(&call.arrivals),
        })
    }

    fn describe(&self, call: &CapturedCall<'_>) -> anyhow::Result<CallDescription> {
        let (hear, region) = (&self.args.hear, &self.config.defaults.region);
        let customer = customer(self.args.customer, &call.voices)?;
        let described = call.described.as_ref();
        let number = |given: Option<&String>| phone::parse(given.map_or("", |given| given), region);
        let role = |sender| match sender == customer {
            true => Role::Customer,
            false => Role::Agent,
        };
        let leg = |voice: &Voice| {
            let party = Party::of_role(role(voice.sender));
            LegDescription::new(party, Source::Rtp(voice.payloads.clone()))
        };
        let mut metadata = BTreeMap::new();
        if let Some(described) = described {
            metadata.insert("sip_call_id".to_owned(), described.id.clone());
        }
        for voice in &call.voices {
            let key = format!("{}_address", role(voice.sender).as_str());
            metadata.insert(key, voice.from.to_string());
        }
        Ok(CallDescription {
            recording: Default::default(),
            caller: number(described.map(|described| &described.caller)),
            callee: number(described.map(|described| &described.callee)),
            agent_id: String::new(),
            direction: match customer {
                Sender::Caller => Direction::Inbound,
                Sender::Callee => Direction::Outbound,
            },
            languages: hear.lang.clone(),
            vocabulary: hear.vocabulary.phrases(self.config.defaults.boost)?,
            metadata,
            legs: call.voices.iter().map(leg).collect(),
            // Rules and articles work on words as they settle.
            partials: true,
        })
    }
}

/// Whose voice is the customer's.
fn customer(wanted: Customer, voices: &[Voice]) -> anyhow::Result<Sender> {
    let (ip, port) = match wanted {
        Customer::Sender(sender) => return Ok(sender),
        Customer::From(ip, port) => (ip, port),
    };
    let mut of_address = voices
        .iter()
        .filter(|voice| voice.from.ip() == ip && port.is_none_or(|port| voice.from.port() == port));
    match (of_address.next(), of_address.next()) {
        (Some(voice), None) => Ok(voice.sender),
        (found, _) => {
            let from: Vec<String> = voices.iter().map(|voice| voice.from.to_string()).collect();
            let how_many = if found.is_some() {
                "both sides send"
            } else {
                "nobody sends"
            };
            bail!(
                "{how_many} from {ip}; `--customer` takes one of {}",
                from.join(" and ")
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use sidetone_media::audio::Codec;
    use sidetone_media::capture::write::Writer;
    use sidetone_media::rtp::send::Packetiser;

    use super::*;

    fn file() -> Vec<u8> {
        let mut file = Writer::default();
        let [one, other] = ["192.0.2.1:4000", "192.0.2.2:6000"].map(|address| address.parse());
        let (one, other) = (one.expect("an address"), other.expect("an address"));
        let mut packets = [1, 2].map(|ssrc| Packetiser::new(ssrc, 0, Codec::Pcmu));
        for n in 0..50 {
            let at = Duration::from_secs(1_777_888_999) + Duration::from_millis(20 * n);
            file.udp(at, one, other, &packets[0].audio(&[0.0; 160]));
            file.udp(at, other, one, &packets[1].audio(&[0.0; 160]));
        }
        file.into_bytes()
    }

    #[test]
    fn the_customer_is_who_was_named() {
        let file = file();
        let capture = capture::read(&file, &[]).expect("a capture");
        let voices = &capture.calls[0].voices;
        for (named, expected) in [
            ("caller", Some(Sender::Caller)),
            ("callee", Some(Sender::Callee)),
            ("192.0.2.2", Some(Sender::Callee)),
            ("192.0.2.1:4000", Some(Sender::Caller)),
            ("192.0.2.1:4002", None),
            ("192.0.2.3", None),
        ] {
            let found = customer(named.parse().expect(named), voices);
            assert_eq!(found.ok(), expected, "{named}");
        }
        let both = [voices[0].clone(), voices[0].clone()];
        let error = customer("192.0.2.1".parse().expect("an address"), &both);
        let error = error.expect_err("both").to_string();
        assert!(
            error.contains("both sides") && error.contains("192.0.2.1:4000"),
            "{error}"
        );
    }

    #[test]
    fn calls_are_listed_and_chosen_by_number() {
        let file = file();
        let capture = capture::read(&file, &[]).expect("a capture");
        let listed = listed(0, &capture.calls[0]);
        for part in [
            "call 1: 192.0.2.1:4000 and 192.0.2.2:6000, 2026-05-04T10:03:19Z, 1.0 s",
            "\n  caller from 192.0.2.1:4000: 50 packets of PCMU/8000",
        ] {
            assert!(listed.contains(part), "{listed}");
        }
        for (wanted, found) in [
            (&[][..], Some(1)),
            (&["1".to_owned()], Some(1)),
            (&["2".to_owned()], None),
        ] {
            let chosen = chosen(&capture, wanted);
            assert_eq!(chosen.ok().map(|calls| calls.len()), found, "{wanted:?}");
        }
    }

    #[test]
    fn payload_types_are_named_as_in_sdp() {
        for (text, number) in [
            ("96=L16/16000", Some(96)),
            ("101=telephone-event/8000", Some(101)),
            ("96", None),
            ("72=PCMU/8000", None),
            ("96=L16", None),
            ("96=nonsense/8000", None),
        ] {
            let named = text.parse::<Named>();
            assert_eq!(named.ok().map(|Named(number, _)| number), number, "{text}");
        }
    }
}
