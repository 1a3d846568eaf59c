//! Words with some of them hidden.

use std::time::Duration;

use sidetone_types::event::TimedWord;
use sidetone_types::lang::Lang;
use sidetone_types::secret::{Redacted, SecretKind};
use sidetone_types::time::{MediaTime, duration_to_samples};

use super::config::{RedactionConfig, Treatment};
use super::{Hidden, Told};

/// What stands for what is held back.
const HELD: &str = "[…]";
/// Times of words are not exact: the sound of a secret begins so much earlier, and ends so much
/// later.
const MARGIN: Duration = Duration::from_millis(150);

/// Hides parts of lines in one language.
pub(super) struct Mask<'a> {
    config: &'a RedactionConfig,
    lang: Lang,
}

impl<'a> Mask<'a> {
    pub const fn new(config: &'a RedactionConfig, lang: Lang) -> Self {
        Self { config, lang }
    }

    /// Hides parts of the line that `words` make. What is hidden becomes one word. The first
    /// `settled` words count as settled, up to the first that is held back. Times are told of what
    /// was said within `within`.
    pub fn apply(
        &self,
        words: &[TimedWord],
        hidden: Vec<Hidden>,
        settled: usize,
        within: Option<(MediaTime, MediaTime)>,
    ) -> Told {
        let lead = words
            .first()
            .map_or(0, |word| word.spaced.len() - word.spaced.trim_start().len());
        let mut told = Vec::with_capacity(words.len());
        let mut redacted = Vec::new();
        let mut settled_told = None;
        let mut next = hidden.iter().peekable();
        let mut at = 0;
        let mut end_before = 0;
        while at < words.len() {
            let start = end_before;
            let end = start + words[at].spaced.len();
            // The line begins behind the space before the first word.
            let touches = |hidden: &&&Hidden| hidden.span.start + lead < end;
            if next.peek().filter(touches).is_none() {
                if settled_told.is_none() && at >= settled {
                    settled_told = Some(told.len());
                }
                told.push(words[at].clone());
                end_before = end;
                at += 1;
                continue;
            }
            // All words that what is hidden here touches become one.
            let first = at;
            let mut text = String::new();
            let mut from = start;
            let mut stop = end;
            let mut open = false;
            while let Some(hidden) = next.peek() {
                let (hides, until) = (hidden.span.start + lead, hidden.span.end + lead);
                if hides >= stop {
                    break;
                }
                while stop < until && at + 1 < words.len() {
                    at += 1;
                    stop += words[at].spaced.len();
                }
                text.push_str(&slice(&words[first..=at], start, from..hides));
                text.push_str(self.label(hidden.kind));
                from = until;
                open |= hidden.kind.is_none();
                if let (Some(kind), Some(within)) = (hidden.kind, within) {
                    redacted.push(times(kind, &words[first..=at], within));
                }
                next.next();
            }
            text.push_str(&slice(&words[first..=at], start, from..stop));
            if settled_told.is_none() && (open || at >= settled) {
                settled_told = Some(told.len());
            }
            if !text.trim().is_empty() {
                let confidence = words[first..=at].iter().map(|word| word.confidence);
                told.push(TimedWord {
                    word: text.trim().to_owned(),
                    spaced: text,
                    start: words[first].start,
                    end: words[at].end,
                    confidence: confidence.fold(1.0, f32::min),
                });
            }
            end_before = stop;
            at += 1;
        }
        Told {
            settled: settled_told.unwrap_or(told.len()),
            words: told,
            hidden,
            redacted,
        }
    }

    fn label(&self, kind: Option<SecretKind>) -> &'static str {
        match kind {
            None => HELD,
            Some(kind) if self.config.of(kind) == Treatment::Drop => "",
            Some(kind) => kind.label(self.lang),
        }
    }
}

/// Some bytes of what `words` are together, of which the first begins at `start`.
fn slice(words: &[TimedWord], start: usize, bytes: std::ops::Range<usize>) -> String {
    let all: String = words.iter().map(|word| word.spaced.as_str()).collect();
    let part = all.get(bytes.start.saturating_sub(start)..bytes.end.saturating_sub(start));
    part.unwrap_or_default().to_owned()
}

/// Where the sound of some words is.
fn times(kind: SecretKind, words: &[TimedWord], (start, end): (MediaTime, MediaTime)) -> Redacted {
    let margin = duration_to_samples(MARGIN);
    let first = words.first().map_or(start, |word| word.start);
    let last = words.last().map_or(end, |word| word.end);
    let later = MediaTime::from_samples(last.samples() + margin);
    Redacted {
        kind,
        start: first.back(margin).clamp(start, end),
        end: later.clamp(start, end),
    }
}
