//! An utterance on its way through the encoder.

use std::ops::Range;
use std::sync::Arc;

use candle_core::{Result, Tensor};

use super::attention::KeyValues;
use super::kv_cache::F16;
use super::layers::with_floats;
use super::moments::Moments;
use super::settled::{BLOCK, Chunk, Settled, settles};
use crate::asr::window::{POSITION_SAMPLES, Window};

/// An utterance on its way through the layers, so that others need not wait until it is through.
#[derive(Debug)]
pub struct Encoding {
    /// Of the positions that are not settled: `[window.places().len() - first, width]`.
    pub(super) x: Tensor,
    pub(super) window: Window,
    /// Layers it has been through.
    pub(super) layers: usize,
    /// The positions before, which are not encoded again.
    pub(super) settled: Option<Arc<Settled>>,
    /// What is kept for the next look; none if there will be none.
    settling: Option<Settling>,
    loudest: f32,
    /// See [`Self::take_voice`]; none unless it is wanted.
    voice: Option<Voice>,
}

/// What will be settled once it is through.
#[derive(Debug)]
struct Settling {
    /// So many of the positions that are encoded.
    positions: usize,
    own: Vec<KeyValues<F16>>,
    voice: Vec<Vec<Moments>>,
}

/// What is kept of a voice while it is encoded.
#[derive(Debug)]
struct Voice {
    /// The positions that hold it.
    positions: Range<usize>,
    values: Vec<f32>,
}

impl Encoding {
    pub(super) fn new(
        x: Tensor,
        window: Window,
        settled: Option<Arc<Settled>>,
        loudest: f32,
    ) -> Self {
        Self {
            x,
            window,
            layers: 0,
            settled,
            settling: None,
            loudest,
            voice: None,
        }
    }

    /// Has it keep what [`Self::settle`] gives. To be called before the first layer.
    pub fn keep_settled(&mut self) -> Result<()> {
        let positions = settles(self.window.sounding()).saturating_sub(self.first());
        if positions > 0 {
            self.settling = Some(Settling {
                positions,
                own: Vec::new(),
                voice: Vec::new(),
            });
            self.sum_up_settling()?;
        }
        Ok(())
    }

    /// Has it keep what [`Self::take_voice`] gives, of the samples `stretch` of its sound. To be
    /// called before the first layer.
    pub fn keep_voice(&mut self, stretch: Range<usize>) -> Result<()> {
        let sounding = self.window.sounding();
        let end = stretch.end.div_ceil(POSITION_SAMPLES).min(sounding);
        let start = (stretch.start / POSITION_SAMPLES).min(end.saturating_sub(1));
        self.voice = Some(Voice {
            positions: start..end.max(start + 1),
            values: Vec::new(),
        });
        self.sum_up_voice()
    }

    /// What the layers made of the voice as a whole: before the first and after each, the mean of
    /// every value over the positions that hold it, and then its deviation: `[layers, 2, width]`.
    /// `None`, unless it was to be kept. Of settled positions whole blocks of 16 count.
    pub fn take_voice(&mut self) -> Option<Vec<f32>> {
        self.voice.take().map(|voice| voice.values)
    }

    /// What the next look at the utterance need not encode again, of `sound`, with `cross`, which
    /// the decoder made of the positions that are settled now. What was settled before, if it is no
    /// more.
    pub fn settle(
        &mut self,
        cross: Vec<KeyValues<F16>>,
        sound: &Arc<[f32]>,
    ) -> Option<Arc<Settled>> {
        let Some(settling) = self.settling.take() else {
            return self.settled.clone();
        };
        let chunk = Chunk {
            positions: settling.positions,
            own: settling.own,
            cross,
            voice: settling.voice,
        };
        let before = self.settled.as_deref();
        let sound = Arc::clone(sound);
        Some(Arc::new(Settled::and(before, chunk, self.loudest, sound)))
    }

    /// How many of the positions that are encoded are to be settled.
    pub(super) fn settling(&self) -> usize {
        self.settling
            .as_ref()
            .map_or(0, |settling| settling.positions)
    }

    /// Positions that are settled already.
    pub(super) fn first(&self) -> usize {
        self.settled
            .as_ref()
            .map_or(0, |settled| settled.positions())
    }

    /// Which positions of the window are encoded.
    pub fn window(&self) -> &Window {
        &self.window
    }

    /// Takes it one layer further: to `x`, with the keys and values of what is to be settled.
    pub(super) fn advance(&mut self, x: Tensor, own: Option<KeyValues<F16>>) -> Result<()> {
        self.x = x;
        self.layers += 1;
        if let (Some(settling), Some(own)) = (&mut self.settling, own) {
            settling.own.push(own);
        }
        self.sum_up_settling()?;
        self.sum_up_voice()
    }

    fn sum_up_settling(&mut self) -> Result<()> {
        let Some(settling) = &mut self.settling else {
            return Ok(());
        };
        let width = self.x.dim(1)?;
        let blocks = with_floats(&self.x, |rows| {
            let rows = &rows[..settling.positions * width];
            let blocks = rows.chunks_exact(BLOCK * width);
            blocks.map(|rows| Moments::of(rows, width)).collect()
        })?;
        settling.voice.push(blocks);
        Ok(())
    }

    fn sum_up_voice(&mut self) -> Result<()> {
        let first = self.first();
        let Some(voice) = &mut self.voice else {
            return Ok(());
        };
        let Range { start, end } = voice.positions;
        let width = self.x.dim(1)?;
        let mut all = Moments::none(width);
        for block in self
            .settled
            .iter()
            .flat_map(|settled| settled.voice(self.layers, start..end.min(first)))
        {
            all.add(block);
        }
        let of_it = start.max(first) - first..end.max(first) - first;
        with_floats(&self.x, |rows| {
            all.add(&Moments::of(
                &rows[of_it.start * width..of_it.end * width],
                width,
            ));
        })?;
        voice.values.extend(all.values());
        Ok(())
    }
}
