//! One leg of a call as the network delivers it.

use sidetone_media::audio::Codec;
use sidetone_media::rtp::send::Packetiser;

use crate::random::Random;
use crate::voice::speech;

/// Samples of 8 kHz in a packet: 20 ms.
const PACKET: usize = 160;

/// What comes in each 20 ms of a leg: an RTP packet of PCMU, or `None` where it was lost.
///
/// The leg carries `seconds` of [`speech`]; each packet is lost with a chance of `lost_percent`.
pub fn line(seconds: usize, lost_percent: u64) -> Vec<Option<Vec<u8>>> {
    let mut sender = Packetiser::new(7, 0, Codec::Pcmu);
    let mut random = Random::new(2);
    speech(seconds, 8_000)
        .chunks(PACKET)
        .map(|samples| {
            let packet = sender.audio(samples);
            (random.below(100) >= lost_percent).then_some(packet)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_one_packet_for_20_ms_and_as_many_are_lost_as_asked() {
        for (lost_percent, lost) in [(0, 0..=0), (5, 120..=180), (100, 3_000..=3_000)] {
            let packets = line(60, lost_percent);
            assert_eq!(packets.len(), 3_000);
            let missing = packets.iter().filter(|packet| packet.is_none()).count();
            assert!(lost.contains(&missing), "{lost_percent} %: {missing}");
        }
    }
}
