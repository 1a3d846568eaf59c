//! A media server's end of a leg: packets at the pace of speech, over a line as bad as one likes.

use std::time::Duration;

use sidetone_media::rtp::send::Packetiser;
use sidetone_proto::v1::RtpAddress;
use tokio::net::UdpSocket;
use tokio::time::Instant;

/// What the network does to packets, decided by a seeded generator.
#[derive(Clone, Copy, Debug, Default)]
pub struct Line {
    /// In percent of the packets.
    pub loss: u64,
    /// In percent: two neighbours change places.
    pub swapped: u64,
    /// In percent: the packet comes twice.
    pub repeated: u64,
}

/// Samples at 8 kHz as 20 ms mu-law packets.
pub fn packets(sender: &mut Packetiser, samples: &[f32]) -> Vec<Vec<u8>> {
    samples
        .chunks(160)
        .map(|piece| sender.audio(piece))
        .collect()
}

impl Line {
    /// What arrives of `packets`; each slot of 20 ms holds none, one or more.
    pub fn carry(self, packets: Vec<Vec<u8>>, seed: u64) -> Vec<Vec<Vec<u8>>> {
        let mut random = seed;
        let mut chance = move |percent: u64| {
            // Knuth's MMIX generator; its upper half is good enough to roll rng.
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (random >> 33) % 100 < percent
        };
        let mut slots: Vec<Vec<Vec<u8>>> = packets
            .into_iter()
            .map(|packet| match (chance(self.loss), chance(self.repeated)) {
                (true, _) => Vec::new(),
                (false, true) => vec![packet.clone(), packet],
                (false, false) => vec![packet],
            })
            .collect();
        for at in 1..slots.len() {
            if chance(self.swapped) {
                slots.swap(at - 1, at);
            }
        }
        slots
    }
}

/// Sends one slot every 20 ms.
pub async fn send(to: &RtpAddress, slots: Vec<Vec<Vec<u8>>>) {
    let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a free port");
    socket
        .connect(format!("{}:{}", to.host, to.port))
        .await
        .expect("loopback");
    let start = Instant::now();
    for (i, slot) in slots.into_iter().enumerate() {
        tokio::time::sleep_until(start + Duration::from_millis(20 * i as u64)).await;
        for packet in slot {
            socket.send(&packet).await.expect("loopback");
        }
    }
}
