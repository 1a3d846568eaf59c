//! Plays a caller: recordings out as RTP, at the pace of speech, over a network as bad as we like.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use clap::Args;
use sidetone_media::audio::Codec;
use sidetone_media::rtp::send::Packetiser;
use tokio::net::UdpSocket;
use tokio::time::{Instant, sleep_until};

use sidetone_types::prng::SplitMix64;

/// Packets per second: 20 ms each, as telephones send them.
const PACKETS_PER_SECOND: u32 = 50;
/// A packet that is overtaken leaves this much late: after the next one, before the one after that.
const OVERTAKEN_BY: Duration = Duration::from_millis(30);
/// A packet that is doubled leaves again after this.
const DOUBLED_AFTER: Duration = Duration::from_millis(5);

/// What the network does to packets, in percent of them.
#[derive(Args, Clone, Debug, Default)]
pub struct Impairments {
    /// Percent of packets to leave out.
    #[arg(long, default_value_t = 0.0, value_parser = percent)]
    pub loss: f64,
    /// Percent of packets to send after the one that follows them.
    #[arg(long, default_value_t = 0.0, value_parser = percent)]
    pub reorder: f64,
    /// Percent of packets to send twice.
    #[arg(long, default_value_t = 0.0, value_parser = percent)]
    pub duplicate: f64,
    /// The same number makes the same packets suffer the same.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

fn percent(text: &str) -> Result<f64, String> {
    let value: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    if (0.0..=100.0).contains(&value) {
        Ok(value)
    } else {
        Err("not between 0 and 100".to_owned())
    }
}

/// One side of a call, and where it goes.
#[derive(Clone, Debug)]
pub struct Side {
    /// Who listens.
    pub to: SocketAddr,
    /// How the sound is coded.
    pub codec: Codec,
    /// The number that the codec has on this call.
    pub payload_type: u8,
    /// At the codec's rate, in [-1, 1].
    pub samples: Vec<f32>,
}

/// A datagram to be sent.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Departure {
    /// When, from the start of the call.
    at: Duration,
    /// Whose it is: an index into the sides.
    side: usize,
    datagram: Vec<u8>,
}

/// All datagrams of a call, in the order in which they leave.
pub struct Plan {
    destinations: Vec<SocketAddr>,
    departures: Vec<Departure>,
    /// Packets that were left out on purpose.
    pub lost: u64,
}

impl Plan {
    /// Cuts `sides`, which begin together, into packets and lets `impairments` loose on them.
    pub fn new(sides: &[Side], impairments: &Impairments) -> Self {
        let mut plan = Self {
            destinations: sides.iter().map(|side| side.to).collect(),
            departures: Vec::new(),
            lost: 0,
        };
        for (i, side) in sides.iter().enumerate() {
            plan.add(i, side, impairments);
        }
        // Stable: packets of one moment leave in the order of the sides.
        plan.departures.sort_by_key(|departure| departure.at);
        plan
    }

    fn add(&mut self, i: usize, side: &Side, impairments: &Impairments) {
        // A seed of its own, so that one side's packets do not depend on there being another.
        let mut rng = SplitMix64::new(
            impairments
                .seed
                .wrapping_add(i as u64)
                .wrapping_mul(0x5851_f42d_4c95_7f2d),
        );
        let mut packets = Packetiser::new(rng.next_u64() as u32, side.payload_type, side.codec)
            .with_sequence(rng.next_u64() as u16)
            .with_timestamp(rng.next_u64() as u32);
        let rate = side.codec.rate().hz();
        for (n, samples) in side
            .samples
            .chunks((rate / PACKETS_PER_SECOND) as usize)
            .enumerate()
        {
            let datagram = packets.audio(samples);
            let at = Duration::from_secs(1) * n as u32 / PACKETS_PER_SECOND;
            // Each packet takes as many throws as any other, whatever befalls it.
            let [lost, late, twice] =
                [impairments.loss, impairments.reorder, impairments.duplicate]
                    .map(|percent| rng.chance(percent));
            if lost {
                self.lost += 1;
                continue;
            }
            let at = if late { at + OVERTAKEN_BY } else { at };
            if twice {
                let (side, datagram) = (i, datagram.clone());
                self.departures.push(Departure {
                    at: at + DOUBLED_AFTER,
                    side,
                    datagram,
                });
            }
            self.departures.push(Departure {
                at,
                side: i,
                datagram,
            });
        }
    }

    /// Sends every datagram at its time, counted from now: being late with one makes no other late.
    ///
    /// Says how many left, or gives up when the other end says that nobody listens.
    pub async fn send(&self) -> io::Result<usize> {
        let mut sockets = Vec::new();
        for to in &self.destinations {
            let any = match to {
                SocketAddr::V4(_) => SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
                SocketAddr::V6(_) => SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)),
            };
            let socket = UdpSocket::bind(any).await?;
            // Only then does the system say that nobody listens.
            socket.connect(to).await?;
            sockets.push(socket);
        }
        let start = Instant::now();
        for departure in &self.departures {
            sleep_until(start + departure.at).await;
            let sent = sockets[departure.side].send(&departure.datagram).await;
            sent.map_err(|error| nobody_listens(error, self.destinations[departure.side]))?;
        }
        Ok(self.departures.len())
    }
}

/// The error of a refused datagram, in words that help. It tells of the one before.
fn nobody_listens(error: io::Error, to: SocketAddr) -> io::Error {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => io::Error::new(
            error.kind(),
            format!(
                "nobody listens at {to}; open a call first, and send to the addresses it is given"
            ),
        ),
        _ => error,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use sidetone_media::rtp::packet::{Datagram, Packet};

    use super::*;

    const SECONDS: usize = 60;

    fn side(port: u16) -> Side {
        Side {
            to: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
            codec: Codec::Pcmu,
            payload_type: 0,
            samples: (0..SECONDS * 8_000)
                .map(|i| (i as f32 / 50.0).sin() * 0.5)
                .collect(),
        }
    }

    fn packet(departure: &Departure) -> Packet<'_> {
        match Datagram::parse(&departure.datagram) {
            Datagram::Rtp(packet) => packet,
            other => panic!("{other:?} is no RTP"),
        }
    }

    #[test]
    fn a_perfect_network_takes_every_packet_at_its_time() {
        let plan = Plan::new(&[side(1), side(2)], &Impairments::default());
        assert_eq!((plan.departures.len(), plan.lost), (2 * SECONDS * 50, 0));
        for of in [0, 1] {
            let mine: Vec<&Departure> = plan.departures.iter().filter(|d| d.side == of).collect();
            for (n, pair) in mine.windows(2).enumerate() {
                let (a, b) = (packet(pair[0]), packet(pair[1]));
                assert_eq!(pair[0].at, Duration::from_millis(20) * n as u32);
                assert_eq!(b.sequence, a.sequence.wrapping_add(1));
                assert_eq!(b.timestamp, a.timestamp.wrapping_add(160));
                assert_eq!((a.ssrc, a.payload.len()), (b.ssrc, 160));
            }
        }
        let ssrcs: HashSet<u32> = plan.departures.iter().map(|d| packet(d).ssrc).collect();
        assert_eq!(ssrcs.len(), 2);
    }

    #[test]
    fn impairments_come_as_often_as_asked_for_and_alike_for_a_seed() {
        let impairments = |seed| Impairments {
            loss: 10.0,
            reorder: 5.0,
            duplicate: 2.0,
            seed,
        };
        let plan = Plan::new(&[side(1)], &impairments(7));
        let packets = (SECONDS * 50) as f64;
        let near = |count: usize, percent: f64| {
            let expected = packets * percent / 100.0;
            assert!(
                (count as f64 - expected).abs() < 4.0 * expected.sqrt(),
                "{count} of {packets}"
            );
        };
        near(plan.lost as usize, 10.0);
        let mut seen = HashSet::new();
        let twice = plan
            .departures
            .iter()
            .filter(|d| !seen.insert(packet(d).sequence))
            .count();
        near(twice, 2.0 * 0.9);
        let sequences: Vec<u16> = plan.departures.iter().map(|d| packet(d).sequence).collect();
        let backwards = |pair: &&[u16]| (pair[1].wrapping_sub(pair[0]) as i16) < 0;
        near(sequences.windows(2).filter(backwards).count(), 5.0 * 0.9);

        assert_eq!(
            Plan::new(&[side(1)], &impairments(7)).departures,
            plan.departures
        );
        assert_ne!(
            Plan::new(&[side(1)], &impairments(8)).departures,
            plan.departures
        );
    }

    #[test]
    fn shares_of_packets_are_percentages() {
        for (text, expected) in [("0", Ok(0.0)), ("2.5", Ok(2.5)), ("100", Ok(100.0))] {
            assert_eq!(percent(text), expected);
        }
        for text in ["-1", "101", "NaN", "five", ""] {
            assert!(percent(text).is_err(), "{text}");
        }
    }

    #[tokio::test]
    async fn datagrams_arrive_where_they_should_and_at_the_pace_of_speech() {
        let listener = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .expect("a port is free");
        let mut side = side(listener.local_addr().expect("bound").port());
        side.samples.truncate(8_000 / 5);
        let plan = Plan::new(&[side], &Impairments::default());
        let began = Instant::now();
        let sent = plan.send().await.expect("loopback takes all");
        assert!(
            began.elapsed() >= Duration::from_millis(180),
            "{:?}",
            began.elapsed()
        );
        assert_eq!(sent, 10);
        let mut buffer = [0; 2_000];
        for departure in &plan.departures {
            let length = listener.recv(&mut buffer).await.expect("it was sent");
            assert_eq!(buffer[..length], departure.datagram);
        }
    }

    #[tokio::test]
    async fn it_is_told_when_nobody_listens() {
        let gone = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .expect("a port is free");
        let port = gone.local_addr().expect("bound").port();
        drop(gone);
        let plan = Plan::new(&[side(port)], &Impairments::default());
        let error = plan
            .send()
            .await
            .expect_err("the port was closed")
            .to_string();
        assert!(
            error.contains(&format!("nobody listens at 127.0.0.1:{port}")),
            "{error}"
        );
    }
}
