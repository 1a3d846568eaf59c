//! What is known of labelled voices, over the lines they are to be heard through.

use anyhow::Context;
use sidetone::audio_file::Recording;
use sidetone::config::Config;
use sidetone::load;
use sidetone_core::dice::Dice;
use sidetone_models::emotion::train::Sample;
use sidetone_models::emotion::{Ear, Layout};
use sidetone_models::weights::Progress;

use super::corpus::Row;
use super::line::Line;
use crate::tools::lines::progress;
use crate::tools::parallel::in_order;

/// No more of a recording is listened to than the recogniser hears at once.
const LONGEST: usize = 480_000;

/// Samples of one row, one for each line.
pub struct Heard {
    /// The row.
    pub row: Row,
    /// In the order of the lines.
    pub samples: Vec<Sample>,
}

/// Listens to each of `rows` over each of `lines`. Chance is that of `seed`.
pub fn hear(
    rows: &[Row],
    lines: &[Line],
    seed: u64,
    config: &Config,
) -> anyhow::Result<(Layout, Vec<Heard>)> {
    let ear = load::ear(config, &Progress::stderr())?;
    let bar = progress();
    bar.set_length(rows.len() as u64);
    bar.set_message("listening");
    let mut heard = Vec::with_capacity(rows.len());
    let numbered: Vec<(usize, &Row)> = rows.iter().enumerate().collect();
    in_order(
        &numbered,
        config.threads(),
        |(i, row)| hear_one(&ear, row, lines, seed.wrapping_add(*i as u64)),
        |_, one: anyhow::Result<Heard>| {
            heard.push(one?);
            bar.inc(1);
            anyhow::Ok(())
        },
    )?;
    bar.finish_and_clear();
    Ok((ear.layout(), heard))
}

fn hear_one(ear: &Ear, row: &Row, lines: &[Line], seed: u64) -> anyhow::Result<Heard> {
    let recording = Recording::open(&row.path)?;
    let mut dice = Dice::new(seed);
    let samples = lines.iter().enumerate().map(|(l, line)| {
        let mut pcm = line.carry(&recording, &mut dice);
        pcm.truncate(LONGEST);
        let inputs = ear
            .hear(&pcm)
            .with_context(|| row.path.display().to_string())?;
        Ok(Sample {
            inputs,
            mood: row.mood,
            voice: row.speaker * lines.len() + l,
            corpus: row.corpus,
        })
    });
    Ok(Heard {
        row: row.clone(),
        samples: samples.collect::<anyhow::Result<_>>()?,
    })
}
