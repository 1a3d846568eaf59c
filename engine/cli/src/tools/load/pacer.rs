//! Sends the packets of all calls at the pace of speech, from one thread and one socket.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, Instant};

use sidetone_media::audio::Codec;
use sidetone_media::rtp::send::Packetiser;

use super::turns::Turn;
use super::voices::{SILENCE, Voices};
use crate::tools::process::thread_cpu_time;

/// Packets leave in turns of this length, so that calls do not all send in the same moment.
const STEP: Duration = Duration::from_millis(5);
/// Turns until a call sends again: 20 ms.
const STEPS: usize = 4;

/// One leg of a call on its way.
pub struct Line {
    /// Who listens.
    pub to: SocketAddr,
    /// Which call it is of.
    pub call: usize,
    /// Whose utterances it says, and of which side.
    pub voices: Arc<Voices>,
    /// The side: 0 the agent, 1 the customer.
    pub side: usize,
    /// What it says when, in order.
    pub turns: Vec<Turn>,
}

/// What sending took.
#[derive(Clone, Copy, Debug)]
pub struct Sent {
    /// Packets that left.
    pub packets: u64,
    /// How late the latest of them was.
    pub latest: Duration,
    /// CPU time of the sending thread.
    pub cpu: Duration,
}

/// Sends `packets` on each of `lines`, 20 ms apart. Blocks until all have left: being late with one
/// makes no other late.
pub fn send(lines: &[Line], packets: usize) -> io::Result<Sent> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    let mut voices: Vec<Mouth<'_>> = lines.iter().enumerate().map(Mouth::new).collect();
    let cpu = thread_cpu_time();
    let began = Instant::now();
    let mut latest = Duration::ZERO;
    for n in 0..packets {
        for step in 0..STEPS {
            let due = began + STEP * (n * STEPS + step) as u32;
            match due.checked_duration_since(Instant::now()) {
                Some(early) => sleep(early),
                None => latest = latest.max(due.elapsed()),
            }
            for mouth in voices
                .iter_mut()
                .filter(|mouth| mouth.line.call % STEPS == step)
            {
                let datagram = mouth.datagram(n);
                socket.send_to(&datagram, mouth.line.to)?;
            }
        }
    }
    Ok(Sent {
        packets: (lines.len() * packets) as u64,
        latest,
        cpu: thread_cpu_time() - cpu,
    })
}

/// A line, and how far it has come.
struct Mouth<'a> {
    line: &'a Line,
    packets: Packetiser,
    /// The turns that are not over.
    turns: std::slice::Iter<'a, Turn>,
}

impl<'a> Mouth<'a> {
    fn new((number, line): (usize, &'a Line)) -> Self {
        Self {
            line,
            packets: Packetiser::new(number as u32 + 1, 0, Codec::Pcmu),
            turns: line.turns.iter(),
        }
    }

    fn datagram(&mut self, n: usize) -> Vec<u8> {
        let side = &self.line.voices.sides[self.line.side];
        while let [turn, ..] = self.turns.as_slice() {
            let utterance = &side[turn.utterance];
            if n < turn.at {
                break;
            }
            if n < turn.at + utterance.length.packets() {
                return self.packets.coded(utterance.packet(n - turn.at));
            }
            self.turns.next();
        }
        self.packets.coded(&SILENCE)
    }
}

#[cfg(test)]
mod tests {
    use sidetone::config::Config;
    use sidetone_media::rtp::packet::Datagram;

    use super::super::voices::gather;
    use super::*;

    #[test]
    fn a_leg_says_its_turns_and_is_silent_in_between() {
        let listener = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
        let timeout = listener.set_read_timeout(Some(Duration::from_secs(5)));
        timeout.expect("not zero");
        let mut all = gather(&[], &Config::default()).expect("the program's own");
        let line = Line {
            to: listener.local_addr().expect("bound"),
            call: 3,
            voices: Arc::new(all.remove(0)),
            side: 1,
            turns: vec![Turn {
                at: 3,
                utterance: 1,
            }],
        };
        let began = Instant::now();
        let sent = send(std::slice::from_ref(&line), 10).expect("loopback takes all");
        assert!(began.elapsed() >= Duration::from_millis(180));
        assert_eq!(sent.packets, 10);
        let mut buffer = [0; 2_000];
        for n in 0..10_u16 {
            let length = listener.recv(&mut buffer).expect("it was sent");
            let Datagram::Rtp(packet) = Datagram::parse(&buffer[..length]) else {
                panic!("no RTP");
            };
            assert_eq!((packet.sequence, packet.timestamp), (n, u32::from(n) * 160));
            let expected = match n {
                0..3 => &SILENCE[..],
                _ => line.voices.sides[1][1].packet(usize::from(n) - 3),
            };
            assert_eq!(packet.payload, expected, "packet {n}");
        }
    }
}
