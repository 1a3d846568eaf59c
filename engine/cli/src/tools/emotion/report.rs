//! Scores for people and for programs.

use std::io::{self, Write};

use sidetone_models::emotion::score::Scores;
use sidetone_types::emotion::Mood;

/// Writes all of `scores` as tables.
pub fn write(out: &mut impl Write, scores: &Scores) -> io::Result<()> {
    writeln!(out, "{} voices\n", scores.count)?;
    writeln!(out, "{:<31}   read as", "")?;
    write!(out, "{:<12}{:>8}{:>11}   ", "", "recall %", "P(anger) %")?;
    for mood in Mood::ALL {
        write!(out, "{:>11}", mood.as_str())?;
    }
    writeln!(out)?;
    for (mood, row) in Mood::ALL.into_iter().zip(&scores.confusion) {
        let recall = percent(scores.recall[mood as usize]);
        let anger = percent(scores.anger_in[mood as usize]);
        write!(out, "{:<12}{recall:>8}{anger:>11}   ", mood.as_str())?;
        for count in row {
            write!(out, "{count:>11}")?;
        }
        writeln!(out)?;
    }
    writeln!(out)?;
    line(out, "unweighted average recall, all moods", scores.uar)?;
    line(
        out,
        "the same of neutral, anger, sadness, happiness",
        scores.four,
    )?;
    line(out, "the same of anger and the rest", scores.anger)?;
    line(
        out,
        "area under the curve of anger and the rest",
        scores.anger_auc,
    )?;
    line(
        out,
        "area under the curve of worked up and calm",
        scores.arousal_auc,
    )?;
    line(out, "calibration error of the likeliest mood", scores.ece)?;
    line(out, "calibration error of anger", scores.anger_ece)?;
    writeln!(out, "\nconfidence %   right %   voices")?;
    for step in scores.reliability.iter().filter(|step| step.count > 0) {
        writeln!(
            out,
            "{:>12.0}{:>10.0}{:>9}",
            100.0 * step.confidence,
            100.0 * step.right,
            step.count
        )?;
    }
    Ok(())
}

fn line(out: &mut impl Write, what: &str, share: Option<f64>) -> io::Result<()> {
    writeln!(out, "{what:<48}{:>6} %", percent(share))
}

/// As people read it; `-` if nobody knows.
pub fn percent(share: Option<f64>) -> String {
    share.map_or("-".to_owned(), |share| format!("{:.1}", 100.0 * share))
}

/// All of `scores` as an object.
pub fn json(scores: &Scores) -> serde_json::Value {
    let by_mood = |shares: [Option<f64>; 5]| -> serde_json::Map<String, serde_json::Value> {
        let moods = Mood::ALL.into_iter().zip(shares);
        moods
            .map(|(mood, share)| (mood.to_string(), share.into()))
            .collect()
    };
    let steps = scores.reliability.iter().map(|step| {
        serde_json::json!({"count": step.count, "confidence": step.confidence, "right": step.right})
    });
    serde_json::json!({
        "voices": scores.count,
        "moods": Mood::ALL.map(Mood::as_str),
        "confusion": scores.confusion,
        "recall": by_mood(scores.recall),
        "uar": scores.uar,
        "four_class_uar": scores.four,
        "anger_uar": scores.anger,
        "anger_auc": scores.anger_auc,
        "arousal_auc": scores.arousal_auc,
        "anger_in": by_mood(scores.anger_in),
        "ece": scores.ece,
        "anger_ece": scores.anger_ece,
        "reliability": steps.collect::<Vec<_>>(),
    })
}
