//! The file: frames with their times, of pcap and pcapng in either byte order.

use std::time::Duration;

use pcap_parser::nom::IResult;
use pcap_parser::pcap::{
    LegacyPcapBlock, parse_pcap_frame, parse_pcap_frame_be, parse_pcap_frame_modified,
    parse_pcap_header,
};
use pcap_parser::pcapng::{Block, parse_block_be, parse_block_le};
use pcap_parser::{Linktype, PcapError};

use super::CaptureError;

/// What a file holds.
#[derive(Debug, Default)]
pub struct File<'a> {
    pub frames: Vec<Frame<'a>>,
    /// It ends within a frame.
    pub ends_early: bool,
}

/// What was seen on a network at one moment.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Frame<'a> {
    /// Since 1970.
    pub at: Duration,
    /// A number of <https://www.tcpdump.org/linktypes.html>.
    pub link: i32,
    pub bytes: &'a [u8],
    /// More was sent than was written.
    pub is_cut: bool,
}

/// Later frames are of this moment, the beginning of the year 9999: calendars end soon after, and
/// those who reckon with times need not mind.
const LATEST: Duration = Duration::from_secs(253_370_764_800);

/// The block that a section of pcapng begins with.
const SECTION: [u8; 4] = [0x0a, 0x0d, 0x0d, 0x0a];
/// Its byte order, in the third word.
const LITTLE_ENDIAN: [u8; 4] = [0x4d, 0x3c, 0x2b, 0x1a];

/// Reads all frames, up to one that the end of the file cuts off.
pub fn read(bytes: &[u8]) -> Result<File<'_>, CaptureError> {
    if bytes.starts_with(&SECTION) {
        return pcapng(bytes);
    }
    pcap(bytes)
}

type ParseFrame =
    for<'a> fn(&'a [u8]) -> IResult<&'a [u8], LegacyPcapBlock<'a>, PcapError<&'a [u8]>>;
type ParseBlock = for<'a> fn(&'a [u8]) -> IResult<&'a [u8], Block<'a>, PcapError<&'a [u8]>>;

fn pcap(bytes: &[u8]) -> Result<File<'_>, CaptureError> {
    let (mut rest, header) = parse_pcap_header(bytes).map_err(|_| CaptureError::NotACapture)?;
    let parse: ParseFrame = match header {
        _ if header.is_modified_format() => parse_pcap_frame_modified,
        _ if header.is_bigendian() => parse_pcap_frame_be,
        _ => parse_pcap_frame,
    };
    let nanos = if header.is_nanosecond_precision() {
        1
    } else {
        1_000
    };
    // The upper half says how long a checksum behind each frame is, which nobody misses.
    let link = header.network.0 & 0xffff;
    let mut file = File::default();
    while !rest.is_empty() {
        let Ok((next, frame)) = parse(rest) else {
            file.ends_early = true;
            break;
        };
        let part = Duration::from_nanos(u64::from(frame.ts_usec) * nanos);
        file.frames.push(Frame {
            at: Duration::from_secs(frame.ts_sec.into()) + part,
            link,
            bytes: frame.data,
            is_cut: frame.caplen < frame.origlen,
        });
        rest = next;
    }
    Ok(file)
}

/// An interface of a section: its link, the resolution of its times, and seconds to add.
#[derive(Clone, Copy)]
struct Interface {
    link: Linktype,
    resolution: u8,
    offset: i64,
}

/// The upper bit of a resolution: it is a power of 2, and one of 10 without it.
const OF_TWO: u8 = 0x80;

fn pcapng(bytes: &[u8]) -> Result<File<'_>, CaptureError> {
    let mut file = File::default();
    let mut interfaces: Vec<Interface> = Vec::new();
    let mut parse: ParseBlock = parse_block_le;
    let (mut rest, mut at, mut is_first) = (bytes, Duration::ZERO, true);
    while !rest.is_empty() {
        if rest.starts_with(&SECTION) {
            let order = rest.get(8..12).unwrap_or_default();
            parse = if order == LITTLE_ENDIAN {
                parse_block_le
            } else {
                parse_block_be
            };
        }
        let Ok((next, block)) = parse(rest) else {
            if is_first {
                return Err(CaptureError::NotACapture);
            }
            file.ends_early = true;
            break;
        };
        match block {
            Block::SectionHeader(_) => interfaces.clear(),
            Block::InterfaceDescription(interface) => interfaces.push(Interface {
                link: interface.linktype,
                resolution: interface.if_tsresol,
                offset: interface.if_tsoffset,
            }),
            Block::EnhancedPacket(packet) => {
                if let Some(interface) = interfaces.get(packet.if_id as usize) {
                    at = interface.time(packet.ts_high, packet.ts_low);
                    let written = packet.data.get(..packet.caplen as usize);
                    file.frames.push(Frame {
                        at,
                        link: interface.link.0,
                        bytes: written.unwrap_or(packet.data),
                        is_cut: packet.caplen < packet.origlen,
                    });
                }
            }
            // It has no time of its own.
            Block::SimplePacket(packet) => {
                if let Some(interface) = interfaces.first() {
                    let written = packet.data.get(..packet.origlen as usize);
                    file.frames.push(Frame {
                        at,
                        link: interface.link.0,
                        bytes: written.unwrap_or(packet.data),
                        is_cut: written.is_none(),
                    });
                }
            }
            _ => {}
        }
        (rest, is_first) = (next, false);
    }
    Ok(file)
}

impl Interface {
    fn time(self, high: u32, low: u32) -> Duration {
        const NANOS: u128 = 1_000_000_000;
        let ticks = u128::from(u64::from(high) << 32 | u64::from(low));
        let power = u32::from(self.resolution & !OF_TWO);
        let base: u128 = if self.resolution & OF_TWO == 0 { 10 } else { 2 };
        // Of more ticks than fit there is no second.
        let per_second = base.checked_pow(power).unwrap_or(u128::MAX);
        let nanos = (ticks % per_second) * NANOS / per_second;
        let seconds = u64::try_from(ticks / per_second).expect("no more than there are ticks");
        Duration::new(seconds.saturating_add_signed(self.offset), nanos as u32).min(LATEST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_any_resolution_are_read_and_odd_ones_are_bounded() {
        let second = Duration::from_secs(1);
        for (resolution, offset, ticks, expected) in [
            (6, 0, 1_500_000, second * 3 / 2),
            (9, 7, 1_500_000_000, second * 17 / 2),
            (0, -1, 3, second * 2),
            (OF_TWO | 10, 0, 1_536, second * 3 / 2),
            (OF_TWO | 32, 0, 3 << 31, second * 3 / 2),
            (OF_TWO | 63, 0, 3 << 62, second * 3 / 2),
            (OF_TWO | 127, 5, u64::MAX, second * 5),
            (127, 5, u64::MAX, second * 5),
            (0, -9, 3, Duration::ZERO),
            (0, i64::MAX, u64::MAX, LATEST),
        ] {
            let interface = Interface {
                link: Linktype::RAW,
                resolution,
                offset,
            };
            let time = interface.time((ticks >> 32) as u32, ticks as u32);
            assert_eq!(time, expected, "{resolution:#x} {offset} {ticks}");
        }
    }
}
