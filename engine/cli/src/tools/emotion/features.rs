//! What is known of labelled voices, over the lines they are to be heard through.

use anyhow::Context;
use sidetone::config::Config;
use sidetone::recognition::model_loader;
use sidetone::samples;
use sidetone_models::emotion::train::Sample;
use sidetone_models::emotion::{FeatureExtractor, Layout};
use sidetone_types::prng::SplitMix64;
use sidetone_weights::{Sha256, Store};

use crate::tools::progress;
use tracing::warn;

use super::cache::Cache;
use super::corpus::Row;
use super::line::Line;
use crate::tools::lines::progress;
use crate::tools::parallel::in_order;
use crate::tools::recordings;

/// No more of a recording is listened to than the recogniser hears at once.
const LONGEST: usize = 480_000;

/// Samples of one row, one for each line.
pub struct Heard {
    /// The row.
    pub row: Row,
    /// In the order of the lines.
    pub samples: Vec<Sample>,
}

/// Listens to each of `rows` over each of `lines`, unless it is known from another time. Chance is
/// that of `seed`.
pub fn hear(
    rows: &[Row],
    lines: &[Line],
    seed: u64,
    config: &Config,
) -> anyhow::Result<(Layout, Vec<Heard>)> {
    let (extractor, files) = model_loader::feature_extractor(config, &progress::stderr())?;
    let (weights, _) = Sha256::of_file(&files.weights())?;
    let cache = Cache::new(
        Store::from_env()?.root(),
        &format!("{weights} {:?}", config.recogniser.precision),
    );
    let listener = Listener {
        extractor,
        cache,
        seed,
    };
    let bar = progress();
    bar.set_length(rows.len() as u64);
    let mut heard = Vec::with_capacity(rows.len());
    in_order(
        rows,
        config.threads(),
        |row| listener.hear(row, lines),
        |_, one: anyhow::Result<Heard>| {
            heard.push(one?);
            bar.inc(1);
            anyhow::Ok(())
        },
    )?;
    bar.finish_and_clear();
    Ok((listener.extractor.layout(), heard))
}

struct Listener {
    extractor: FeatureExtractor,
    cache: Cache,
    seed: u64,
}

impl Listener {
    fn hear(&self, row: &Row, lines: &[Line]) -> anyhow::Result<Heard> {
        let (recording, _) = Sha256::of_file(&row.path)
            .with_context(|| format!("cannot read {}", row.path.display()))?;
        let sample = |line: &Line| {
            Ok(Sample {
                inputs: self.over(*line, row, recording)?.into(),
                mood: row.mood,
                speaker: row.speaker,
                line: *line as usize,
                corpus: row.corpus,
            })
        };
        Ok(Heard {
            row: row.clone(),
            samples: lines.iter().map(sample).collect::<anyhow::Result<_>>()?,
        })
    }

    fn over(&self, line: Line, row: &Row, recording: Sha256) -> anyhow::Result<Vec<f32>> {
        let name = match line.by_chance() {
            true => format!("{line:?} {}", self.seed),
            false => format!("{line:?}"),
        };
        let fits = |inputs: &Vec<f32>| inputs.len() == self.extractor.layout().inputs();
        if let Some(inputs) = self.cache.get(recording, &name).filter(fits) {
            return Ok(inputs);
        }
        let mut rng = SplitMix64::new(self.seed.wrapping_add(number(recording)));
        let mut pcm = line.carry(&recordings::open(&row.path)?, &mut rng);
        pcm.truncate(LONGEST);
        let inputs = self
            .extractor
            .extract(&pcm, samples::voices(&pcm))
            .with_context(|| row.path.display().to_string())?;
        if let Err(error) = self.cache.put(recording, &name, &inputs) {
            warn!(%error, "cannot keep what was heard");
        }
        Ok(inputs)
    }
}

/// A number of its own for each recording, so that no two go through the same noise.
fn number(recording: Sha256) -> u64 {
    let sum = recording.to_string();
    u64::from_str_radix(&sum[..16], 16).expect("hexadecimal digits")
}
