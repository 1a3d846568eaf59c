//! Silencing stretches of a recording that is written already, into a new file.

use std::io;
use std::path::Path;
use std::time::Instant;

use sidetone_vault::{BLOCK, DataKey};

use super::flac::{Decoder, Encoder, FRAME, SIDES, Splitter};
use super::frames::FrameWriter;
use super::recover::Length;
use super::sealed::SealedReader;

/// A stretch, in samples since the call began: from the first to before the last.
pub(super) type Span = (u64, u64);

/// Writes what the file `old` of `folder` has to the file `new`, with silence in `spans` on both sides. Gives
/// its length and the points to which players leap.
pub(super) fn mute(
    folder: &Path,
    (old, new): (&str, &str),
    key: &DataKey,
    spans: &[Span],
) -> io::Result<(Length, Vec<u64>)> {
    let mut reader = SealedReader::open(folder, old, key)?;
    let length = reader.length()?;
    let mut writer = FrameWriter::create(folder, new, key, Instant::now())?;
    let mut muting = Muting {
        encoder: Encoder::new().map_err(io::Error::other)?,
        decoder: Decoder::new().map_err(io::Error::other)?,
        samples: Vec::new(),
        spans,
    };
    let mut frames = Splitter::default();
    for index in 0..length.div_ceil(BLOCK as u64) {
        frames.push(&reader.block(index)?);
        while let Some((header, frame)) = frames.next_frame() {
            muting.write(&mut writer, (&frame, header.samples))?;
        }
    }
    if let Some((header, frame)) = frames.last_frame() {
        muting.write(&mut writer, (&frame, header.samples))?;
    }
    if !frames.is_empty() {
        let what = "some of it cannot be read";
        return Err(io::Error::new(io::ErrorKind::InvalidData, what));
    }
    let (length, points, _) = writer.finish()?;
    Ok((length, points))
}

struct Muting<'a> {
    encoder: Encoder,
    decoder: Decoder,
    samples: Vec<i16>,
    spans: &'a [Span],
}

impl Muting<'_> {
    fn write(
        &mut self,
        writer: &mut FrameWriter,
        (frame, samples): (&[u8], usize),
    ) -> io::Result<()> {
        let start = writer.length().samples;
        let end = start + samples as u64;
        let inside: Vec<Span> = self
            .spans
            .iter()
            .map(|(from, to)| (*from.max(&start), *to.min(&end)))
            .filter(|(from, to)| from < to)
            .collect();
        if inside.is_empty() {
            writer.frame(frame, samples)?;
            return Ok(());
        }
        if inside == [(start, end)] && samples == FRAME {
            writer.silence(&mut self.encoder, 1)?;
            return Ok(());
        }
        self.decoder
            .decode(frame, &mut self.samples)
            .map_err(io::Error::other)?;
        for (from, to) in inside {
            let [from, to] = [from, to].map(|at| (at - start) as usize * SIDES);
            let muted = self.samples.get_mut(from..to);
            muted.ok_or_else(short)?.fill(0);
        }
        let written = writer.sound(&mut self.encoder, &self.samples);
        self.samples.fill(0);
        written.map(drop)
    }
}

fn short() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "a frame of it is too short")
}
