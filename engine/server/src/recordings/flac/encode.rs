//! Samples to frames.

use flacenc::bitsink::ByteSink;
use flacenc::component::{BitRepr as _, StreamInfo};
use flacenc::config;
use flacenc::error::{Verified, Verify as _};
use flacenc::source::{Fill as _, FrameBuf};

use super::header::{SYNC, crc8, crc16, put_number};
use super::{FRAME, FlacError, RATE_HZ, SIDES};

const BITS: usize = 16;
/// Fewer samples than this are not worth predicting, and the encoder takes no such frame.
const FEW: usize = 64;

/// Codes frames, one at a time.
pub(in crate::recordings) struct Encoder {
    config: Verified<config::Encoder>,
    info: StreamInfo,
    buffer: FrameBuf,
    wide: Vec<i32>,
}

impl Encoder {
    /// A new one.
    pub fn new() -> Result<Self, FlacError> {
        let mut config = config::Encoder::default();
        config.multithread = false;
        config.block_size = FRAME;
        let config = config
            .into_verified()
            .map_err(|(_, error)| FlacError::of(error))?;
        Ok(Self {
            config,
            info: StreamInfo::new(RATE_HZ as usize, SIDES, BITS).map_err(FlacError::of)?,
            buffer: FrameBuf::with_size(SIDES, FRAME).map_err(FlacError::of)?,
            wide: Vec::with_capacity(FRAME * SIDES),
        })
    }

    /// Adds the frame `number` to `into`: at most [`FRAME`] samples of each side, interleaved.
    pub fn encode(
        &mut self,
        number: u32,
        samples: &[i16],
        into: &mut Vec<u8>,
    ) -> Result<(), FlacError> {
        let each = samples.len() / SIDES;
        if each < FEW {
            verbatim(number, samples, into);
            return Ok(());
        }
        if self.buffer.size() != each {
            self.buffer = FrameBuf::with_size(SIDES, each).map_err(FlacError::of)?;
        }
        self.wide.clear();
        self.wide.extend(samples.iter().map(|s| i32::from(*s)));
        self.buffer
            .fill_interleaved(&self.wide)
            .map_err(FlacError::of)?;
        let number = number as usize;
        let frame =
            flacenc::encode_fixed_size_frame(&self.config, &self.buffer, number, &self.info);
        let mut sink = ByteSink::new();
        frame
            .map_err(FlacError::of)?
            .write(&mut sink)
            .map_err(FlacError::of)?;
        into.extend_from_slice(sink.as_slice());
        self.wide.fill(0);
        Ok(())
    }
}

/// A frame of few samples as they are.
fn verbatim(number: u32, samples: &[i16], into: &mut Vec<u8>) {
    /// The length in a byte, 16 kHz.
    const CODES: u8 = 0x65;
    /// Two sides apart, 16 bits.
    const SOUND: u8 = 0x18;
    const VERBATIM: u8 = 0x02;
    let start = into.len();
    into.extend_from_slice(&SYNC);
    into.extend_from_slice(&[CODES, SOUND]);
    put_number(number, into);
    into.push((samples.len() / SIDES).saturating_sub(1) as u8);
    into.push(crc8(&into[start..]));
    for side in 0..SIDES {
        into.push(VERBATIM);
        for sample in samples.iter().skip(side).step_by(SIDES) {
            into.extend_from_slice(&sample.to_be_bytes());
        }
    }
    let checksum = crc16(&into[start..]);
    into.extend_from_slice(&checksum.to_be_bytes());
}
