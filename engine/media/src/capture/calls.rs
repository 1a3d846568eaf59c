//! Whose each packet is.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::net::SocketAddr;
use std::time::Duration;

use super::dialogs::{Dialog, Endpoint, Meaning};
use super::link::Datagram;
use super::{Arrival, CapturedCall, Counts, Sender, Voice};
use crate::rtp::packet::{self, Packet};
use crate::rtp::{Payload, PayloadMap};

/// Packets that follow each other in sequence, by which a stream is RTP where nobody says so.
const IN_SEQUENCE: usize = 10;
/// And their share of all packets.
const SHARE: f64 = 0.7;
/// Sound may be captured so much before the message that says where it goes.
const EARLY: Duration = Duration::from_millis(200);
/// And so much after the call has been hung up.
const LATE: Duration = Duration::from_secs(2);
/// Two streams of one side that go on side by side for so long are the same voice on two paths.
const COPY: Duration = Duration::from_secs(1);
/// After such a silence another SSRC on the same ports is another call.
const NEXT_CALL: Duration = Duration::from_secs(10);
/// Two streams from one machine to two ports of another belong together if they begin so close.
const TOGETHER: Duration = Duration::from_secs(2);

/// Ways between addresses that one voice may take; the longest are looked at. A flood has any number.
const MOST_WAYS: usize = 64;
/// Packets of a stream, evenly spread, that are compared with those of another one.
const LOOKED_AT: usize = 64;
/// Streams that nobody describes, of which the longest are paired.
const MOST_STREAMS: usize = 2_000;

/// Packets of one way between two addresses, by their places among all; never none.
struct Stream {
    from: SocketAddr,
    to: SocketAddr,
    ssrc: u32,
    packets: Vec<usize>,
}

/// Finds all calls that are heard.
pub fn calls<'a>(
    dialogs: &[Dialog],
    media: Vec<Datagram<'a>>,
    named: &[(u8, Payload)],
    counts: &mut Counts,
) -> Vec<CapturedCall<'a>> {
    let owners = Owners::new(dialogs);
    // Of a dialog and a side, and of nobody.
    let mut owned: BTreeMap<(usize, bool), BTreeMap<(SocketAddr, SocketAddr), Stream>> =
        BTreeMap::new();
    let mut free: BTreeMap<(SocketAddr, SocketAddr), Vec<Stream>> = BTreeMap::new();
    let mut encrypted = BTreeSet::new();
    for (place, datagram) in media.iter().enumerate() {
        let Some(packet) = rtp(datagram) else {
            continue;
        };
        let way = (datagram.from, datagram.to);
        let new = || Stream {
            from: datagram.from,
            to: datagram.to,
            ssrc: packet.ssrc,
            packets: Vec::new(),
        };
        match owners.sender(datagram) {
            Some((dialog, _, true)) => {
                encrypted.insert(dialog);
            }
            Some((dialog, sender, false)) => {
                let side = owned.entry((dialog, sender == Sender::Callee)).or_default();
                side.entry(way).or_insert_with(new).packets.push(place);
            }
            None => {
                let streams = free.entry(way).or_default();
                let goes_on = streams.last().is_some_and(|stream| {
                    let silence = datagram.at.saturating_sub(stream.ended(&media));
                    stream.ssrc == packet.ssrc || silence < NEXT_CALL
                });
                if !goes_on {
                    streams.push(new());
                }
                let stream = streams.last_mut().expect("one has been pushed");
                stream.packets.push(place);
            }
        }
    }
    counts.encrypted = encrypted.len() as u64;

    let mut calls = Vec::new();
    let mut media: Vec<Option<Datagram<'a>>> = media.into_iter().map(Some).collect();
    for (number, dialog) in dialogs.iter().enumerate() {
        let mut call = Call::default();
        for (is_callee, sender) in [(false, Sender::Caller), (true, Sender::Callee)] {
            let Some(streams) = owned.remove(&(number, is_callee)) else {
                continue;
            };
            let (streams, copies) = without_copies(streams.into_values().collect(), &media);
            call.copies += copies;
            let meanings = meanings(dialog, sender, named);
            call.add(sender, streams, &meanings, &mut media);
        }
        calls.extend(call.done(Some(dialog)));
    }
    let streams = free.into_values().flatten().collect();
    let (streams, strays) = looks_like_rtp(streams, &media);
    counts.strays += strays;
    let known = named.iter();
    let known: BTreeMap<u8, Meaning> = known
        .map(|(number, payload)| (*number, Meaning::Known(payload.clone())))
        .collect();
    for (streams, copies) in pairs(streams, &media) {
        let mut call = Call {
            copies,
            ..Call::default()
        };
        for (sender, stream) in [Sender::Caller, Sender::Callee].into_iter().zip(streams) {
            call.add(sender, vec![stream], &known, &mut media);
        }
        calls.extend(call.done(None));
    }
    calls.sort_by_key(|call| call.began);
    calls
}

fn rtp<'d>(datagram: &'d Datagram<'_>) -> Option<Packet<'d>> {
    match packet::Datagram::parse(&datagram.bytes) {
        packet::Datagram::Rtp(packet) => Some(packet),
        packet::Datagram::Rtcp | packet::Datagram::Garbage => None,
    }
}

/// Who has each address, and when.
struct Owners<'a>(HashMap<SocketAddr, Vec<Change<'a>>>);

/// From this moment on an address is somebody's, by the number of the dialog, or nobody's.
struct Change<'a> {
    at: Duration,
    owner: Option<(usize, &'a Endpoint)>,
}

impl<'a> Owners<'a> {
    fn new(dialogs: &'a [Dialog]) -> Self {
        let mut of: HashMap<SocketAddr, Vec<(usize, &Endpoint)>> = HashMap::new();
        for (number, dialog) in dialogs.iter().enumerate() {
            for endpoint in &dialog.endpoints {
                let endpoints = of.entry(endpoint.address).or_default();
                endpoints.push((number, endpoint));
            }
        }
        let of = of.into_iter();
        Self(
            of.map(|(address, endpoints)| (address, changes(dialogs, endpoints)))
                .collect(),
        )
    }

    /// Whose an address is at some moment: ports are used by one call after another.
    fn owner(&self, address: SocketAddr, at: Duration) -> Option<(usize, &'a Endpoint)> {
        let changes = self.0.get(&address)?;
        let next = changes.partition_point(|change| change.at <= at);
        changes[..next].last()?.owner
    }

    /// The dialog of a datagram, who speaks in it, and whether it is encrypted. Where it goes says
    /// more than where it comes from, which a router between may have changed.
    fn sender(&self, datagram: &Datagram<'_>) -> Option<(usize, Sender, bool)> {
        if let Some((number, to)) = self.owner(datagram.to, datagram.at) {
            let sender = match to.side {
                Sender::Caller => Sender::Callee,
                Sender::Callee => Sender::Caller,
            };
            return Some((number, sender, to.is_encrypted));
        }
        let (number, from) = self.owner(datagram.from, datagram.at)?;
        Some((number, from.side, from.is_encrypted))
    }
}

/// When an address of these endpoints changes hands: of those that are live the last one counts.
fn changes<'a>(dialogs: &[Dialog], mut endpoints: Vec<(usize, &'a Endpoint)>) -> Vec<Change<'a>> {
    endpoints.sort_by_key(|(_, endpoint)| endpoint.at);
    let mut steps = Vec::new();
    for (place, (number, endpoint)) in endpoints.iter().enumerate() {
        let from = endpoint.at.saturating_sub(EARLY);
        let ended = dialogs[*number].ended;
        let until = ended.map(|ended| ended + LATE + Duration::from_nanos(1));
        if until.is_none_or(|until| from < until) {
            steps.push((from, place, true));
            steps.extend(until.map(|until| (until, place, false)));
        }
    }
    steps.sort_unstable();
    let mut live = BTreeSet::new();
    let mut changes: Vec<Change<'_>> = Vec::new();
    for (at, place, begins) in steps {
        if begins {
            live.insert(place);
        } else {
            live.remove(&place);
        }
        let owner = live.last().map(|place| endpoints[*place]);
        match changes.last_mut() {
            Some(last) if last.at == at => last.owner = owner,
            _ => changes.push(Change { at, owner }),
        }
    }
    changes
}

impl Stream {
    fn began(&self, media: &[impl Timed]) -> Duration {
        self.packets
            .first()
            .map_or(Duration::ZERO, |first| media[*first].at())
    }

    fn ended(&self, media: &[impl Timed]) -> Duration {
        self.packets
            .last()
            .map_or(Duration::ZERO, |last| media[*last].at())
    }

    /// Its packets, as they are the same on another way.
    fn content<'m>(&self, media: &'m [Option<Datagram<'_>>]) -> HashSet<(u16, &'m [u8])> {
        let packets = self.packets.iter();
        let packets = packets.filter_map(|place| rtp(media[*place].as_ref()?));
        packets
            .map(|packet| (packet.sequence, packet.payload))
            .collect()
    }

    /// Whether its packets, some of which are looked at, are among these. Some senders have the same
    /// SSRC all the time, and silence sounds alike.
    fn repeats(&self, content: &HashSet<(u16, &[u8])>, media: &[Option<Datagram<'_>>]) -> bool {
        let step = self.packets.len().div_ceil(LOOKED_AT);
        let packets = self.packets.iter().step_by(step);
        let is_known = |place: &&usize| {
            let packet = media[**place].as_ref().and_then(rtp);
            packet.is_some_and(|packet| content.contains(&(packet.sequence, packet.payload)))
        };
        let looked_at = packets.len() as f64;
        packets.filter(is_known).count() as f64 >= SHARE * looked_at
    }

    /// How long both go on side by side.
    fn overlap(&self, other: &Self, media: &[impl Timed]) -> Duration {
        let ended = self.ended(media).min(other.ended(media));
        ended.saturating_sub(self.began(media).max(other.began(media)))
    }
}

/// Something with a time, or that had one.
trait Timed {
    fn at(&self) -> Duration;
}

impl Timed for Datagram<'_> {
    fn at(&self) -> Duration {
        self.at
    }
}

impl Timed for Option<Datagram<'_>> {
    fn at(&self) -> Duration {
        self.as_ref().map_or(Duration::ZERO, |datagram| datagram.at)
    }
}

/// Of streams that go on side by side the longest, and how many packets the others have.
fn without_copies(mut streams: Vec<Stream>, media: &[Option<Datagram<'_>>]) -> (Vec<Stream>, u64) {
    streams.sort_by_key(|stream| std::cmp::Reverse(stream.packets.len()));
    let beyond = streams.split_off(streams.len().min(MOST_WAYS));
    let beyond = beyond.iter().map(|stream| stream.packets.len() as u64);
    let (mut kept, mut copies): (Vec<Stream>, u64) = (Vec::new(), beyond.sum());
    for stream in streams {
        match kept.iter().any(|other| stream.overlap(other, media) > COPY) {
            true => copies += stream.packets.len() as u64,
            false => kept.push(stream),
        }
    }
    (kept, copies)
}

/// Those whose sequence numbers follow each other, and how many packets the others have.
fn looks_like_rtp(streams: Vec<Stream>, media: &[Option<Datagram<'_>>]) -> (Vec<Stream>, u64) {
    let (mut kept, mut others): (Vec<Stream>, Vec<Stream>) =
        streams.into_iter().partition(|stream| {
            let packets = stream
                .packets
                .iter()
                .filter_map(|place| media[*place].as_ref());
            let mut packets: Vec<Packet<'_>> = packets.filter_map(rtp).collect();
            // One machine may be passed twice, out of one interface and into another.
            packets.dedup_by_key(|packet| (packet.ssrc, packet.sequence));
            let follows = packets.windows(2).filter(|pair| {
                let step = pair[1].sequence.wrapping_sub(pair[0].sequence);
                pair[0].ssrc == pair[1].ssrc && (1..=20).contains(&step)
            });
            let follows = follows.count();
            follows >= IN_SEQUENCE && follows as f64 >= SHARE * (packets.len() - 1) as f64
        });
    kept.sort_by_key(|stream| std::cmp::Reverse(stream.packets.len()));
    others.extend(kept.split_off(kept.len().min(MOST_STREAMS)));
    let strays = others
        .iter()
        .map(|stream| stream.packets.len() as u64)
        .sum();
    (kept, strays)
}

/// Streams that are two sides of one call, the one that begins first in front, and how many packets
/// of copies there were.
fn pairs(mut streams: Vec<Stream>, media: &[Option<Datagram<'_>>]) -> Vec<(Vec<Stream>, u64)> {
    streams.sort_by_key(|stream| stream.began(media));
    let mut calls: Vec<(Vec<Stream>, u64)> = Vec::new();
    while !streams.is_empty() {
        let first = streams.remove(0);
        let mut copies = take_copies(&first, &mut streams, media);
        let is_reply = |other: &Stream| (other.from, other.to) == (first.to, first.from);
        let between_same = |other: &Stream| {
            let ips = |stream: &Stream| (stream.from.ip(), stream.to.ip());
            let (from, to) = ips(&first);
            ips(other) == (to, from) && from != to
        };
        let beside = |other: &Stream| {
            let ports = other.to.port().abs_diff(first.to.port());
            let began = other.began(media).abs_diff(first.began(media));
            (other.from.ip(), other.to.ip()) == (first.from.ip(), first.to.ip())
                && ports == 2
                && began <= TOGETHER
        };
        let fits: [&dyn Fn(&Stream) -> bool; 3] = [&is_reply, &between_same, &beside];
        let place = fits.iter().find_map(|fits| {
            let together = |other: &Stream| other.overlap(&first, media) > Duration::ZERO;
            streams
                .iter()
                .position(|other| fits(other) && together(other))
        });
        let mut call = vec![first];
        if let Some(place) = place {
            let second = streams.remove(place);
            copies += take_copies(&second, &mut streams, media);
            call.push(second);
        }
        calls.push((call, copies));
    }
    calls
}

/// Takes the same voice on other ways out of `streams`, and says how many packets those had.
fn take_copies(voice: &Stream, streams: &mut Vec<Stream>, media: &[Option<Datagram<'_>>]) -> u64 {
    let (mut copies, mut content) = (0, None);
    streams.retain(|other| {
        let is_copy = other.ssrc == voice.ssrc && other.overlap(voice, media) > COPY && {
            let content = content.get_or_insert_with(|| voice.content(media));
            other.repeats(content, media)
        };
        if is_copy {
            copies += other.packets.len() as u64;
        }
        !is_copy
    });
    copies
}

/// What payload types mean in what a side sends: what the other side has offered to take counts
/// first.
fn meanings(dialog: &Dialog, sender: Sender, named: &[(u8, Payload)]) -> BTreeMap<u8, Meaning> {
    let of_side = |own: bool| {
        let endpoints = dialog.endpoints.iter().rev();
        let endpoints = endpoints.filter(move |endpoint| (endpoint.side == sender) == own);
        endpoints.flat_map(|endpoint| endpoint.payloads.clone())
    };
    let mut meanings = BTreeMap::new();
    for (number, meaning) in of_side(false).chain(of_side(true)) {
        meanings.entry(number).or_insert(meaning);
    }
    for (number, payload) in named {
        meanings.insert(*number, Meaning::Known(payload.clone()));
    }
    meanings
}

/// A call that is put together.
#[derive(Default)]
struct Call<'a> {
    voices: Vec<Voice>,
    /// With their times since 1970.
    packets: Vec<(Duration, usize, Datagram<'a>)>,
    copies: u64,
}

impl<'a> Call<'a> {
    fn add(
        &mut self,
        sender: Sender,
        streams: Vec<Stream>,
        meanings: &BTreeMap<u8, Meaning>,
        media: &mut [Option<Datagram<'a>>],
    ) {
        let mut places: Vec<usize> = streams.into_iter().flat_map(|one| one.packets).collect();
        places.sort_unstable();
        let number = self.voices.len();
        let mut packets: BTreeMap<u8, u64> = BTreeMap::new();
        let mut first = None;
        for datagram in places.into_iter().filter_map(|place| media[place].take()) {
            if let Some(packet) = rtp(&datagram) {
                *packets.entry(packet.payload_type).or_default() += 1;
            }
            first.get_or_insert(datagram.from);
            self.packets.push((datagram.at, number, datagram));
        }
        let Some(from) = first else {
            return;
        };
        let known = meanings
            .iter()
            .filter_map(|(number, meaning)| match meaning {
                // Others cannot be told from RTCP, and are never described.
                Meaning::Known(payload) if matches!(number, 0..=63 | 96..=127) => {
                    Some((u32::from(*number), payload.clone()))
                }
                _ => None,
            });
        let payloads = PayloadMap::new(known).expect("numbers are few enough, and once each");
        let undecodable = packets
            .keys()
            .filter(|number| payloads.get(**number).is_none());
        let undecodable = undecodable.map(|number| {
            let name = match meanings.get(number) {
                Some(Meaning::Unknown(name)) => name.clone(),
                _ => format!("payload type {number}"),
            };
            (*number, name)
        });
        self.voices.push(Voice {
            sender,
            from,
            undecodable: undecodable.collect(),
            payloads,
            packets,
        });
    }

    fn done(mut self, dialog: Option<&Dialog>) -> Option<CapturedCall<'a>> {
        // Stable: those of one moment stay in the order in which they were captured.
        self.packets.sort_by_key(|(at, _, _)| *at);
        let began = self.packets.first()?.0;
        let arrivals = self
            .packets
            .into_iter()
            .map(|(at, voice, datagram)| Arrival {
                at: at.saturating_sub(began),
                voice,
                from: datagram.from,
                bytes: datagram.bytes,
            });
        Some(CapturedCall {
            described: dialog.map(|dialog| dialog.described.clone()),
            began,
            voices: self.voices,
            arrivals: arrivals.collect(),
            copies: self.copies,
        })
    }
}
