//! FLAC as recordings have it (RFC 9639): two sides, 16 bits, 16 kHz, frames of one length.
//!
//! | file | its one reason to exist |
//! |---|---|
//! | `encode` | samples to a frame |
//! | `decode` | a frame to samples |
//! | `header` | what a frame says of itself, and its checksums |
//! | `split` | bytes to frames, and where the last whole one ends |
//! | `head` | what stands before the frames of a file |

mod decode;
mod encode;
mod head;
mod header;
mod split;

pub(super) use decode::Decoder;
pub(super) use encode::Encoder;
pub(super) use head::{POINT_FRAMES, head};
pub(super) use split::{Splitter, last_whole};

/// Samples of each side in a frame; the last one may be shorter. 256 ms.
pub(super) const FRAME: usize = 4_096;
/// Agent and customer.
pub(super) const SIDES: usize = 2;
/// Samples of each side in a second.
pub(super) const RATE_HZ: u32 = sidetone_types::time::SAMPLE_RATE;

/// Sound cannot be coded, or what was coded cannot be read.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("FLAC: {0}")]
pub struct FlacError(pub(super) String);

impl FlacError {
    fn of(error: impl std::fmt::Debug) -> Self {
        Self(format!("{error:?}"))
    }
}
