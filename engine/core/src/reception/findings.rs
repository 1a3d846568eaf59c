//! From what has come in to sentences: what is likely wrong, and what to do about it.

use serde::{Deserialize, Serialize};
use sidetone_types::party::Role;

use super::judge::{Odd, What, is_well, odd, well_known};
use super::{CallReception, DoorReception, LegReception};

/// What is likely wrong at a door.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Finding {
    /// Of which kind it is.
    pub kind: FindingKind,
    /// Whether something is wrong. If not, it is worth knowing.
    pub grave: bool,
    /// What was seen.
    pub says: String,
    /// What to do about it.
    pub advice: String,
    /// The last call in which it was seen; empty if it is about none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub call_id: String,
}

/// Kinds of findings.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// The door itself has trouble, or a call came with it.
    Trouble,
    /// Nobody has come to the door.
    NobodyCame,
    /// Connections or calls were refused.
    Refused,
    /// Calls were opened, and nothing came of them.
    NothingCame,
    /// One side of a call is heard, and the other is not.
    OneWay,
    /// Packets of a payload type that nobody has described.
    Undescribed,
    /// The bytes of samples come the other way round.
    ByteOrder,
    /// The sound, or its timestamps, come at another rate than was described.
    Clock,
    /// What comes is encrypted, or coded in another way than was described.
    Encrypted,
    /// Two senders send to one port.
    TwoSenders,
    /// What comes is no RTP.
    NoRtp,
    /// Packets are lost on their way.
    Loss,
    /// A setting is likely a mistake.
    Setting,
    /// An address is taken, or does not answer.
    Address,
    /// No engine answers.
    Engine,
}

/// What the configuration says that findings speak of.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// Where media servers are told to send RTP, and by which setting.
    pub sends_to: &'a str,
    /// Whether connections of AudioSocket come in pairs.
    pub pairs: bool,
    /// Now, in milliseconds since 1970.
    pub now_ms: u64,
    /// When the engine was started.
    pub since_ms: u64,
}

/// How a door is reached.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Kind {
    /// Senders are told where to send RTP, and say in the description of the call what they send.
    Told,
    /// The same, where they say it in their SDP.
    Sdp,
    /// RTP to ports that are always the same.
    Ports,
    /// Connections.
    WebSocket,
    /// The same, without any words.
    AudioSocket,
    /// Files.
    Folder,
}

impl Kind {
    fn of(door: &str) -> Self {
        match door.split('/').next() {
            Some("websocket") => Self::WebSocket,
            Some("audio_socket") => Self::AudioSocket,
            Some("folder") => Self::Folder,
            Some("rtp") => Self::Ports,
            Some("siprec" | "rtpengine") => Self::Sdp,
            _ => Self::Told,
        }
    }
}

/// What is likely wrong at a door, the gravest first.
///
/// What is odd about calls that are over, and older than one that was heard well, is past: nothing is
/// wrong any more.
pub fn findings(door: &DoorReception, facts: &Facts<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    if !door.trouble.is_empty() {
        found.push(Finding {
            kind: FindingKind::Trouble,
            grave: true,
            says: door.trouble.clone(),
            advice: "see that it runs and can be reached from here".to_owned(),
            call_id: String::new(),
        });
    }
    found.extend(refused(door));
    found.extend(of_calls(door, facts));
    if found.is_empty() {
        found.extend(nobody(door, facts));
    }
    found.sort_by_key(|finding| !finding.grave);
    found
}

fn refused(door: &DoorReception) -> Option<Finding> {
    let last = door.last_refusal.as_ref()?;
    let since = door.last_opened_ms.is_some_and(|at| at > last.at_ms);
    Some(Finding {
        kind: FindingKind::Refused,
        grave: !since,
        says: format!("{} refused, the last one with: {}", door.refused, last.why),
        advice: match since {
            true => "calls were taken after that: look again if it goes on".to_owned(),
            false => "change at the media server, or in the configuration, what the reason names"
                .to_owned(),
        },
        call_id: String::new(),
    })
}

/// Nobody came, or what came is nothing.
fn nobody(door: &DoorReception, facts: &Facts<'_>) -> Option<Finding> {
    let kind = Kind::of(&door.door);
    if door.opened > 0 || door.listens.is_empty() {
        return None;
    }
    let minutes = facts.now_ms.saturating_sub(facts.since_ms) / 60_000;
    let for_long = match minutes {
        0 => "since the engine was started".to_owned(),
        1 => "in the minute since the engine was started".to_owned(),
        minutes => format!("in the {minutes} minutes since the engine was started"),
    };
    let (says, advice) = match kind {
        Kind::Sdp if door.strays > 0 => (
            format!(
                "{} messages came that cannot be read, and no call of them",
                door.strays
            ),
            "see that SIP comes, over UDP or TCP to `doors.siprec.listen`, and over TLS to \
             `doors.siprec.tls_listen`, from a client that trusts its certificate",
        ),
        _ if door.strays > 0 => (
            format!("{} datagrams came, and no call of them", door.strays),
            "a call takes three packets of RTP from one sender: see that it is plain RTP that is sent \
             there",
        ),
        Kind::WebSocket if door.connections > 0 => (
            format!("{} connections came, and no call of them", door.connections),
            "the first message has to describe the call within 10 s: see that the address names the \
             protocol that the media server speaks",
        ),
        Kind::Folder => (
            format!("no recording has come {for_long}"),
            "put one there under a name that begins with no dot, and see that the engine may move it",
        ),
        _ if door.door == "rtpengine" => (
            format!("it has told of no call {for_long}"),
            "see that calls go through this rtpengine, and that `doors.rtpengine.watch` is on or calls \
             are asked for",
        ),
        Kind::Ports => (
            format!("nothing has come {for_long}"),
            "see that the media server sends to one of these ports at an address of this machine, and \
             that no firewall drops UDP",
        ),
        _ => (
            format!("nobody has connected {for_long}"),
            "see that the media server is told this address, and that no firewall keeps it out",
        ),
    };
    Some(Finding {
        kind: FindingKind::NobodyCame,
        grave: door.strays > 100,
        says,
        advice: advice.to_owned(),
        call_id: String::new(),
    })
}

/// Something odd that was seen in several calls.
struct Seen<'a> {
    odd: Odd,
    call: &'a CallReception,
    calls: usize,
    is_past: bool,
}

fn of_calls(door: &DoorReception, facts: &Facts<'_>) -> Vec<Finding> {
    let kind = Kind::of(&door.door);
    let pairs = facts.pairs && kind == Kind::AudioSocket;
    let mut seen: Vec<Seen<'_>> = Vec::new();
    let mut was_well = false;
    for call in &door.calls {
        // What goes on is not past, however well others are heard.
        let is_past = was_well && !call.open;
        // Programs and files may send as fast as they like.
        let paced = |leg: &LegReception| match kind {
            Kind::Folder => false,
            Kind::Told | Kind::Sdp => leg.is_rtp,
            Kind::Ports | Kind::WebSocket | Kind::AudioSocket => true,
        };
        let all = odd(call, pairs, paced);
        let well = all.is_empty() && is_well(call);
        for odd in all {
            let same = |one: &&mut Seen<'_>| {
                one.odd.kind == odd.kind
                    && one.odd.role == odd.role
                    && is_same(&one.odd.what, &odd.what)
            };
            match seen.iter_mut().find(same) {
                Some(one) => {
                    one.calls += 1;
                    if one.is_past && !is_past {
                        one.call = call;
                        one.is_past = false;
                    }
                }
                None => seen.push(Seen {
                    odd,
                    call,
                    calls: 1,
                    is_past,
                }),
            }
        }
        was_well |= well;
    }
    let told = seen.into_iter().map(|one| {
        let (says, advice) = told(&one.odd, kind, facts);
        let id = &one.call.call_id;
        let of = match one.calls {
            1 => format!("call {id}"),
            calls => format!(
                "{calls} of the last {} calls, lately {id}",
                door.calls.len()
            ),
        };
        let keys = matches!(one.odd.what, What::Undescribed { alone: false, .. });
        Finding {
            kind: one.odd.kind,
            grave: !one.is_past && !keys,
            says: match one.is_past {
                true => format!("{says} ({of}; calls since were heard well)"),
                false => format!("{says} ({of})"),
            },
            advice,
            call_id: id.clone(),
        }
    });
    told.collect()
}

fn is_same(one: &What, other: &What) -> bool {
    match (one, other) {
        (What::Trouble(one), What::Trouble(other)) => one == other,
        (
            What::Undescribed {
                payload_type: a, ..
            },
            What::Undescribed {
                payload_type: b, ..
            },
        ) => a == b,
        _ => std::mem::discriminant(one) == std::mem::discriminant(other),
    }
}

/// What is said of something odd, and what to do about it.
fn told(odd: &Odd, kind: Kind, facts: &Facts<'_>) -> (String, String) {
    let whose = whose(odd.role);
    match &odd.what {
        What::Nothing { is_rtp } => nothing(odd.role, *is_rtp, kind, facts),
        What::Trouble(what) => (
            what.clone(),
            "compare what the recording client sends with `doors.siprec`".to_owned(),
        ),
        What::Silent { heard_ms } => silent(odd.role, *heard_ms),
        What::Stopped { quiet_ms } => (
            format!(
                "nothing has come {whose} for {}, while the other side goes on",
                seconds(*quiet_ms)
            ),
            "see whether that phone or its media server still sends, and whether the address that it \
             sends to has changed; tell the engine who is on hold or has left"
                .to_owned(),
        ),
        What::Undescribed {
            payload_type,
            alone,
        } => undescribed(*payload_type, *alone, &whose, kind),
        What::Swapped { is_rtp } => {
            let (order, other) = match is_rtp {
                true => ("the high byte first, as networks do (big endian)", "low"),
                false => ("the low byte first (little endian)", "high"),
            };
            (
                format!("the sound {whose} is noise: its samples come with the {other} byte first"),
                format!("have the sender put {order}, or send mu-law, which has no order"),
            )
        }
        What::Scrambled { coding } => (
            format!(
                "what comes {whose} is encrypted (SRTP), or compressed, and no sound as {coding}: its bytes \
                 are all as likely"
            ),
            "have plain RTP sent here, in the coding that is described: rtpengine decrypts and transcodes \
             by itself"
                .to_owned(),
        ),
        What::Steps { coding, steps } => (
            format!(
                "timestamps {whose} count {} a second, and {coding} was described",
                rounded(*steps * rate(coding)),
            ),
            match kind {
                Kind::Sdp => "have the sender count as its SDP says, or say in its `a=rtpmap` how it counts",
                _ => "describe the clock rate that the sender has, or set the sender's right",
            }
            .to_owned(),
        ),
        What::Speed { coding, speed } => speed_told(coding, *speed, &whose, kind),
        What::Senders { others, packets } => (
            format!("{others} of {packets} packets {whose} come from another sender, and are left out"),
            "a leg listens to one sender: give each its own port, and each call new ports".to_owned(),
        ),
        What::Garbage { malformed, packets } => (
            format!("{malformed} datagrams {whose} are no RTP, and {packets} are"),
            "see what is sent there: it has to be RTP, in nothing else".to_owned(),
        ),
        What::Lost { lost, packets } => (
            format!(
                "{} % of the packets {whose} are lost on their way",
                lost * 100 / (lost + packets)
            ),
            "see to the network between; `media.receive_buffer_bytes` helps where this machine stalls"
                .to_owned(),
        ),
        What::Unpaired => (
            "one of the two connections of a call has come, and the other has not".to_owned(),
            "snoop in both directions, with UUIDs that differ in their last digit alone: 0 and 1"
                .to_owned(),
        ),
    }
}

fn silent(role: Option<Role>, heard_ms: u64) -> (String, String) {
    let long = seconds(heard_ms);
    match role {
        None => (
            format!("all that comes is silence, {long} of it on each side"),
            "the media server forks the call before it is connected, or channels that nobody speaks \
             on: see which ones it sends"
                .to_owned(),
        ),
        role => (
            format!(
                "all that comes {} is silence, {long} of it, while the other side speaks",
                whose(role)
            ),
            "the media server forks that side before it is connected, or another channel: see which \
             one it sends"
                .to_owned(),
        ),
    }
}

/// `13 s`, `4 min`.
fn seconds(ms: u64) -> String {
    match ms / 1_000 {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds => format!("{} min", seconds / 60),
    }
}

fn nothing(role: Option<Role>, is_rtp: bool, kind: Kind, facts: &Facts<'_>) -> (String, String) {
    let told = format!(
        "media servers are told to send to {}: see that they reach it, and that no firewall drops UDP",
        facts.sends_to
    );
    let Some(role) = role else {
        let advice = match kind {
            Kind::Told | Kind::Sdp if is_rtp => told,
            _ => "see that the media server forks the call's sound, and not its signalling alone"
                .to_owned(),
        };
        return (
            "calls were opened, and no sound has come".to_owned(),
            advice,
        );
    };
    let says = format!("one-way audio: nothing has come {}", whose(Some(role)));
    let advice = match kind {
        Kind::Told | Kind::Sdp if is_rtp => format!("{told}; each leg has a port of its own"),
        Kind::Ports => {
            "see that the media server sends the other direction to the second port of the pair"
                .to_owned()
        }
        _ => "have the media server fork both directions, or describe one side alone".to_owned(),
    };
    (says, advice)
}

fn undescribed(payload_type: u8, alone: bool, whose: &str, kind: Kind) -> (String, String) {
    let (named, decoded) = match well_known(payload_type) {
        Some(name) => (format!("{payload_type}, which is {name},"), false),
        None => (payload_type.to_string(), true),
    };
    let other = if alone { "" } else { " beside what is heard" };
    let says =
        format!("packets of payload type {named} come {whose}{other}, and nobody has described it");
    let advice = match (decoded, kind) {
        (false, _) => "it is not decoded: have the media server send PCMU or PCMA".to_owned(),
        (_, Kind::Ports) => format!(
            "say what it is in `doors.rtp.payloads`: \"{payload_type} L16/16000\", or \"{payload_type} \
             telephone-event/8000\" for keys"
        ),
        (_, Kind::Sdp) => {
            "the SDP of the call does not name it: have the sender say what it is, in \
                           `a=rtpmap`, or send what it has offered; keys are telephone-event"
                .to_owned()
        }
        _ => "say what it is in `payloads` of the leg, as `a=rtpmap` in the SDP does; keys are \
              telephone-event"
            .to_owned(),
    };
    (says, advice)
}

fn speed_told(coding: &str, speed: f32, whose: &str, kind: Kind) -> (String, String) {
    let sent = rate(coding) * speed;
    let fits = RATES.iter().find(|rate| (sent / **rate - 1.0).abs() < 0.08);
    let guess = match fits {
        Some(rate) => format!("as if it were sent at {rate} Hz"),
        None => "at no usual rate".to_owned(),
    };
    let says =
        format!("the sound {whose} comes {speed:.1} times as fast as {coding} lasts, {guess}");
    let advice = match kind {
        Kind::WebSocket => {
            "say the rate and the channels that are sent: `?rate=16k&mix=stereo` for FreeSWITCH"
        }
        Kind::AudioSocket => "have Asterisk send the format that it announces",
        Kind::Sdp => "have the sender send at the rate that its SDP says",
        _ => "describe the rate that is sent in `payloads`",
    };
    (says, advice.to_owned())
}

/// Usual rates of sound, in samples a second.
const RATES: [f32; 9] = [
    8_000.0, 11_025.0, 12_000.0, 16_000.0, 22_050.0, 24_000.0, 32_000.0, 44_100.0, 48_000.0,
];

/// Samples a second, as a coding says them.
fn rate(coding: &str) -> f32 {
    let rate = coding.split('/').nth(1).and_then(|rate| {
        let digits = rate.split(|c: char| !c.is_ascii_digit()).next()?;
        digits.parse().ok()
    });
    rate.unwrap_or(8_000.0)
}

fn rounded(hz: f32) -> u32 {
    let usual = RATES.iter().find(|rate| (hz / **rate - 1.0).abs() < 0.08);
    *usual.unwrap_or(&hz) as u32
}

fn whose(role: Option<Role>) -> String {
    match role {
        None | Some(Role::Unknown) => "on one side".to_owned(),
        Some(role) => format!("on the {}'s side", role.as_str()),
    }
}
