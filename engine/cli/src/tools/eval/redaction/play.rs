//! Plays a call as it would be recognised, and looks at what is shown.

use std::ops::Range;
use std::sync::Arc;

use sidetone_core::redaction::{Hidden, RedactionConfig, Redactor};
use sidetone_language::lexicon::Lexicon;
use sidetone_language::redact::digits;
use sidetone_types::event::TimedWord;
use sidetone_types::id::UtteranceId;
use sidetone_types::secret::SecretKind;
use sidetone_types::time::MediaTime;

use super::row::{Row, words};

/// Whoever sees so many digits of a secret in a row sees too much.
const MOST_DIGITS: usize = 3;
/// A word takes so long.
const WORD_MS: u64 = 300;

/// Where utterances are cut: as the turns stand, and each turn in two.
const CUTS: [Option<(usize, usize)>; 4] = [None, Some((1, 2)), Some((1, 3)), Some((2, 3))];

/// A secret that was looked for.
#[derive(Clone, Copy, Debug)]
pub struct Looked {
    pub kind: SecretKind,
    pub hidden: bool,
}

/// A part of a line that was hidden.
#[derive(Clone, Copy, Debug)]
pub struct Taken {
    pub kind: SecretKind,
    /// Whether there is a secret of that kind.
    pub right: bool,
}

/// What came of a call.
#[derive(Debug, Default)]
pub struct Played {
    /// Of the turns as they stand.
    pub secrets: Vec<Looked>,
    pub taken: Vec<Taken>,
    /// What the finals say.
    pub told: Vec<String>,
    /// What partials showed of secrets.
    pub leaks: Vec<String>,
    /// What partials and finals did where turns were cut in two: nobody can know of a number that is
    /// named behind the cut.
    pub cut_leaks: Vec<String>,
    /// With the treatments that are set where nothing is configured: secrets that are masked then,
    /// and were not hidden, and partials that showed one.
    pub shown_by_default: usize,
}

/// Plays a call with each way to cut it.
pub fn play(row: &Row, lexicon: &Arc<Lexicon>) -> Played {
    let mut played = play_with(row, lexicon, &RedactionConfig::mask_all());
    let config = RedactionConfig::default();
    let by_default = play_with(row, lexicon, &config);
    let shown = by_default.secrets.iter();
    let shown = shown.filter(|secret| !secret.hidden && !config.keeps(secret.kind));
    played.shown_by_default = shown.count() + by_default.leaks.len();
    played
}

/// Plays a call with each way to cut it, each kind treated as configured.
fn play_with(row: &Row, lexicon: &Arc<Lexicon>, config: &RedactionConfig) -> Played {
    let mut played = Played::default();
    for cut in CUTS {
        let mut redactor = Redactor::new(config.clone(), Arc::clone(lexicon));
        let mut shown = Vec::new();
        let mut id = 0;
        for (i, turn) in row.turns.iter().enumerate() {
            let all = words(&turn.text, row.lang);
            let mut hidden = Vec::new();
            // Whoever says no secret here may as well say it in one breath.
            let secret = row
                .secrets
                .iter()
                .flat_map(|secret| &secret.parts)
                .any(|(of, _)| *of == i);
            for part in parts(all.len(), cut.filter(|_| secret)) {
                id += 1;
                let words = &all[part];
                let (Some(first), Some(last)) = (words.first(), words.last()) else {
                    continue;
                };
                let line = first.start..last.end;
                for n in so_far(words.len()) {
                    let so_far = timed(&turn.text, &words[..n]);
                    let told = redactor.interim(turn.leg, row.lang, &so_far, 0);
                    let visible = visible(&turn.text, line.start, words[n - 1].end, &told.hidden);
                    if let Some(leak) = leak(row, i, &visible, lexicon, config) {
                        match cut {
                            None => played.leaks.push(leak),
                            Some(_) => played.cut_leaks.push(leak),
                        }
                    }
                }
                let said = timed(&turn.text, words);
                let utterance = (turn.leg, UtteranceId(id));
                let told = redactor.finish(utterance, row.lang, &said, within(words.len()));
                let visible = visible(&turn.text, line.start, line.end, &told.hidden);
                if cut.is_some()
                    && let Some(leak) = leak(row, i, &visible, lexicon, config)
                {
                    played.cut_leaks.push(leak);
                }
                if cut.is_none() {
                    let text: String = told.words.iter().map(|word| word.spaced.as_str()).collect();
                    played.told.push(text.trim().to_owned());
                }
                let lead = lead(&turn.text[line.clone()]);
                let on_turn = told.hidden.iter().map(|hidden| Hidden {
                    span: hidden.span.start + line.start + lead
                        ..hidden.span.end + line.start + lead,
                    kind: hidden.kind,
                });
                hidden.extend(on_turn);
            }
            shown.push(hidden);
        }
        if cut.is_none() {
            judge(row, &shown, lexicon, &mut played);
        }
    }
    played
}

/// The words of each utterance of a turn.
fn parts(words: usize, cut: Option<(usize, usize)>) -> Vec<Range<usize>> {
    match cut {
        Some((of, whole)) if words > 3 => {
            let at = words * of / whole;
            vec![0..at, at..words]
        }
        _ => std::iter::once(0..words).collect(),
    }
}

/// How many words partials have, one after the other: more and more, and now and then the recogniser
/// takes the last one back.
fn so_far(words: usize) -> impl Iterator<Item = usize> {
    let look = |n: usize| {
        if n.is_multiple_of(3) {
            vec![n, n - 1, n]
        } else {
            vec![n]
        }
    };
    (1..=words).flat_map(look)
}

fn lead(text: &str) -> usize {
    text.len() - text.trim_start().len()
}

/// When an utterance of so many words is said.
pub fn within(words: usize) -> (MediaTime, MediaTime) {
    let end = MediaTime::from_millis(WORD_MS * (words as u64 + 1));
    (MediaTime::ZERO, end)
}

pub fn timed(text: &str, words: &[Range<usize>]) -> Vec<TimedWord> {
    let timed = words.iter().zip(0..).map(|(word, i)| TimedWord {
        word: text[word.clone()].trim().to_owned(),
        spaced: text[word.clone()].to_owned(),
        start: MediaTime::from_millis(WORD_MS * i),
        end: MediaTime::from_millis(WORD_MS * (i + 1)),
        confidence: 1.0,
    });
    timed.collect()
}

/// The bytes of a turn from `from` to `to` that are shown.
fn visible(text: &str, from: usize, to: usize, hidden: &[Hidden]) -> Vec<Range<usize>> {
    let lead = lead(&text[from..to]);
    let mut at = from + lead;
    let mut visible = Vec::new();
    for hidden in hidden {
        visible.push(at..hidden.span.start + from + lead);
        at = hidden.span.end + from + lead;
    }
    visible.push(at..to);
    visible.retain(|span| span.start < span.end);
    visible
}

/// What of a part of a secret is shown.
fn shown(text: &str, part: &Range<usize>, visible: &[Range<usize>]) -> String {
    let overlaps = visible
        .iter()
        .map(|span| span.start.max(part.start)..span.end.min(part.end));
    let overlaps = overlaps.filter(|span| span.start < span.end);
    overlaps
        .map(|span| &text[span])
        .collect::<Vec<_>>()
        .join(" … ")
}

fn letters(text: &str) -> usize {
    text.chars().filter(|c| c.is_alphanumeric()).count()
}

/// What is shown of a secret that is too much: more than three of its digits, all of it if it is
/// shorter, or half of it if it is words.
fn leak(
    row: &Row,
    turn: usize,
    visible: &[Range<usize>],
    lexicon: &Lexicon,
    config: &RedactionConfig,
) -> Option<String> {
    let hidden = row.secrets.iter();
    for secret in hidden.filter(|secret| !config.keeps(secret.kind)) {
        for (of, part) in secret.parts.iter().filter(|(of, _)| *of == turn) {
            let text = &row.turns[*of].text;
            let shown = shown(text, part, visible);
            let of_part = digits(&text[part.clone()], lexicon);
            let seen = digits(&shown, lexicon);
            let whole = secret.parts.len() == 1 || of_part.len() > MOST_DIGITS;
            let all = whole && !of_part.is_empty() && seen.len() >= of_part.len();
            let half =
                secret.parts.len() == 1 && 2 * letters(&shown) >= letters(&text[part.clone()]);
            if seen.len() > MOST_DIGITS || all || half {
                return Some(format!("{} `{shown}`", secret.kind));
            }
        }
    }
    None
}

/// Compares what was hidden with the secrets of a call.
fn judge(row: &Row, hidden: &[Vec<Hidden>], lexicon: &Lexicon, played: &mut Played) {
    for secret in &row.secrets {
        let is_hidden = |(turn, part): &(usize, Range<usize>)| {
            let text = &row.turns[*turn].text;
            let spans: Vec<Hidden> = hidden[*turn].clone();
            let visible = visible(text, 0, text.len(), &spans);
            let shown = shown(text, part, &visible);
            let no_digits = digits(&shown, lexicon).is_empty();
            no_digits && 4 * letters(&shown) <= letters(&text[part.clone()])
        };
        played.secrets.push(Looked {
            kind: secret.kind,
            hidden: secret.parts.iter().all(is_hidden),
        });
    }
    for (turn, hidden) in hidden.iter().enumerate() {
        let text = &row.turns[turn].text;
        for taken in hidden {
            let Some(kind) = taken.kind else { continue };
            let of_kind = row.secrets.iter().filter(|secret| secret.kind == kind);
            let parts = of_kind
                .flat_map(|secret| &secret.parts)
                .filter(|(of, _)| *of == turn);
            let covered =
                parts.map(|(_, part)| shown(text, part, std::slice::from_ref(&taken.span)));
            let covered: usize = covered.map(|text| letters(&text)).sum();
            let right = 2 * covered >= letters(&text[taken.span.clone()]);
            played.taken.push(Taken { kind, right });
        }
    }
}
