//! What stands before the frames of a file (RFC 9639 §8).

use super::{FRAME, RATE_HZ, SIDES};

/// Bytes that say what all frames are like.
const STREAM_INFO: usize = 34;
const SEEK_TABLE: u8 = 3;
const LAST: u8 = 0x80;
/// Bytes of a point to which players can leap.
const POINT: usize = 18;
/// There is a point at each of so many frames: 10.24 s.
pub(in crate::recordings) const POINT_FRAMES: u32 = 40;

/// What all frames are like, with so many `samples` of each side in all; 0 if that is not known.
pub(super) fn stream_info(samples: u64) -> [u8; STREAM_INFO] {
    let mut info = [0; STREAM_INFO];
    let frame = (FRAME as u16).to_be_bytes();
    info[..2].copy_from_slice(&frame);
    info[2..4].copy_from_slice(&frame);
    // The least and the greatest frame, and the MD5 of all samples, are not known (§8.2): zeros.
    let packed = u64::from(RATE_HZ) << 44
        | (SIDES as u64 - 1) << 41
        | (16 - 1) << 36
        | samples & ((1 << 36) - 1);
    info[10..18].copy_from_slice(&packed.to_be_bytes());
    info
}

/// All that stands before the frames: how long they are, and where in their bytes every
/// [`POINT_FRAMES`]th begins.
pub(in crate::recordings) fn head(samples: u64, points: &[u64]) -> Vec<u8> {
    let mut head = b"fLaC".to_vec();
    let last = |is_last: bool| if is_last { LAST } else { 0 };
    let block = |kind: u8, length: usize, head: &mut Vec<u8>| {
        head.push(kind);
        head.extend_from_slice(&(length as u32).to_be_bytes()[1..]);
    };
    block(last(points.is_empty()), STREAM_INFO, &mut head);
    head.extend_from_slice(&stream_info(samples));
    if !points.is_empty() {
        block(LAST | SEEK_TABLE, points.len() * POINT, &mut head);
        for (at, offset) in points.iter().enumerate() {
            let sample = at as u64 * u64::from(POINT_FRAMES) * FRAME as u64;
            let length = (samples.saturating_sub(sample)).min(FRAME as u64) as u16;
            head.extend_from_slice(&sample.to_be_bytes());
            head.extend_from_slice(&offset.to_be_bytes());
            head.extend_from_slice(&length.to_be_bytes());
        }
    }
    head
}
