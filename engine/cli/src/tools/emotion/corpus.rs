//! Labelled recordings: a table with a row for each.

use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use sidetone_types::emotion::Mood;

use sidetone_core::script::table;

/// The columns a manifest has, in any order; others are passed over.
const COLUMNS: [&str; 4] = ["file", "speaker", "emotion", "split"];
/// Rows of this split are not trained on: training ends when it does them no more good.
const HELD: &str = "dev";
/// Stands for what is not known.
const UNKNOWN: &str = "-";

/// A recording, and what it sounds like.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Where it lies.
    pub path: PathBuf,
    /// What it sounds like.
    pub mood: Mood,
    /// Who speaks: a number over all manifests.
    pub speaker: usize,
    /// Which manifest it is of, from 0.
    pub corpus: usize,
    /// Whether it is to be kept from training.
    pub held: bool,
}

/// Reads `manifests`: tab-separated, with a header. Rows whose emotion is `-` are left out. Files
/// are relative to their manifest; speakers of two manifests are two speakers.
pub fn read(manifests: &[PathBuf]) -> anyhow::Result<Vec<Row>> {
    read_with_calm(manifests, &[])
}

/// The same, and then manifests of people who are calm: there, rows whose emotion is `-` are
/// neutral.
pub fn read_with_calm(manifests: &[PathBuf], calm: &[PathBuf]) -> anyhow::Result<Vec<Row>> {
    let mut rows = Vec::new();
    let mut speakers = Vec::new();
    let unlabelled = manifests.iter().map(|path| (path, None));
    let calm = calm.iter().map(|path| (path, Some(Mood::Neutral)));
    for (corpus, (path, unlabelled)) in unlabelled.chain(calm).enumerate() {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read manifest {}", path.display()))?;
        let dir = path.parent().unwrap_or(Path::new(""));
        let before = rows.len();
        parse(&text, dir, (corpus, unlabelled), &mut speakers, &mut rows)
            .with_context(|| path.display().to_string())?;
        ensure!(
            rows.len() > before,
            "{}: no row has an emotion",
            path.display()
        );
    }
    Ok(rows)
}

fn parse(
    text: &str,
    dir: &Path,
    (corpus, unlabelled): (usize, Option<Mood>),
    speakers: &mut Vec<(usize, String)>,
    rows: &mut Vec<Row>,
) -> anyhow::Result<()> {
    for (_, [file, speaker, emotion, split]) in table(text, COLUMNS)? {
        let mood = match emotion {
            UNKNOWN => unlabelled,
            name => Some(mood(name)),
        };
        let Some(mood) = mood else { continue };
        let known = (corpus, speaker.to_owned());
        let speaker = match speakers.iter().position(|other| *other == known) {
            Some(speaker) => speaker,
            None => {
                speakers.push(known);
                speakers.len() - 1
            }
        };
        rows.push(Row {
            path: dir.join(file),
            mood,
            speaker,
            corpus,
            held: split == HELD,
        });
    }
    Ok(())
}

/// What corpora call their emotions. Those that are none of ours are other ones.
fn mood(emotion: &str) -> Mood {
    match emotion.to_lowercase().as_str() {
        "calm" => Mood::Neutral,
        "angry" => Mood::Anger,
        "sad" => Mood::Sadness,
        "happy" | "joy" => Mood::Happiness,
        name => name.parse().unwrap_or(Mood::Other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_know_their_mood_and_speakers_their_manifest() {
        let text = "file\tspeaker\temotion\tsplit\na.wav\t1\tangry\ttrain\nb.wav\t1\t-\ttrain\nc.wav\t2\tfear\tdev\n";
        let (mut speakers, mut rows) = (Vec::new(), Vec::new());
        for corpus in 0..2 {
            let of = (corpus, None);
            parse(text, Path::new("d"), of, &mut speakers, &mut rows).expect("a manifest");
        }
        let seen: Vec<_> = rows
            .iter()
            .map(|row| (row.mood, row.speaker, row.corpus, row.held))
            .collect();
        assert_eq!(
            seen,
            [
                (Mood::Anger, 0, 0, false),
                (Mood::Other, 1, 0, true),
                (Mood::Anger, 2, 1, false),
                (Mood::Other, 3, 1, true),
            ]
        );
        assert_eq!(rows[0].path, Path::new("d/a.wav"));
    }

    #[test]
    fn who_is_calm_needs_no_labels() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let text = "file\tspeaker\temotion\tsplit\na.wav\t1\t-\ttrain\nb.wav\t1\tangry\ttrain\n";
        std::fs::write(file.path(), text).expect("written");
        let calm = [file.path().to_owned()];
        let moods = |rows: Vec<Row>| Vec::from_iter(rows.into_iter().map(|row| row.mood));
        let both = read_with_calm(&[], &calm).expect("a manifest");
        assert_eq!(moods(both), [Mood::Neutral, Mood::Anger]);
        assert_eq!(moods(read(&calm).expect("a manifest")), [Mood::Anger]);
    }

    #[test]
    fn a_manifest_without_labels_is_refused_with_the_reason() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        for (text, why) in [
            ("file\tspeaker\tsplit\n", "no column `emotion`"),
            (
                "file\tspeaker\temotion\tsplit\na\tb\t-\td\n",
                "no row has an emotion",
            ),
        ] {
            std::fs::write(file.path(), text).expect("written");
            let error = read(&[file.path().to_owned()]).expect_err("refused");
            assert!(format!("{error:#}").contains(why), "{error:#}");
        }
    }
}
