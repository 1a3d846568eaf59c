//! How quick the captions of a call, or of several at once, were.

use std::collections::HashMap;
use std::time::Duration;

use sidetone_proto::v1;
use sidetone_proto::v1::call_event::Detail;

use super::percentile;
use super::texts::{Texts, fill};

/// Collected event by event.
#[derive(Default)]
pub struct Figures {
    calls: usize,
    /// From the beginning of each utterance until words of it were shown.
    pub first_words: Vec<Duration>,
    /// From the end of each utterance until its words were shown for good.
    pub finals: Vec<Duration>,
    /// From the end of each word until it was shown, not to vanish again.
    pub words: Vec<Duration>,
    /// Partials that were shown.
    pub partials: usize,
    /// From the end of the words that brought up a card or an alert until it was shown.
    cards: Vec<Duration>,
    alerts: Vec<Duration>,
    /// Packets that never came.
    pub lost_packets: u64,
    /// Packets that came.
    pub packets: u64,
    /// Utterances that have shown words, by role and number: how many letters, and when on the
    /// call's timeline.
    shown: HashMap<(i32, u64), Vec<(usize, Duration)>>,
}

impl Figures {
    /// Takes an event of the call that was seen `latency` after the sound it speaks of.
    pub fn take(&mut self, event: &v1::CallEvent, latency: Option<Duration>) {
        match &event.detail {
            Some(Detail::Suggestion(_)) => self.cards.extend(latency),
            Some(Detail::AlertRaised(_)) => self.alerts.extend(latency),
            Some(Detail::Transcript(words)) => {
                let Some(latency) = latency else { return };
                let (start, end) = (millis(event.start_ms), millis(event.end_ms));
                let seen = end + latency;
                let utterance = (event.role, words.utterance_id);
                let shown = self.shown.entry(utterance).or_default();
                if shown.is_empty() {
                    self.first_words.push(seen.saturating_sub(start));
                }
                let best = words.alternatives.first();
                shown.push((best.map_or(0, |best| letters(&best.transcript)), seen));
                if words.is_final {
                    self.finals.push(latency);
                    self.words
                        .extend(best.iter().flat_map(|best| to_screen(&best.words, shown)));
                    self.shown.remove(&utterance);
                } else {
                    self.partials += 1;
                }
            }
            Some(Detail::Retracted(gone)) => {
                self.shown.remove(&(event.role, gone.utterance_id));
            }
            Some(Detail::CallEnded(ended)) => {
                self.calls += 1;
                for rtp in ended.legs.iter().filter_map(|leg| leg.rtp.as_ref()) {
                    self.packets += rtp.packets;
                    self.lost_packets += rtp.lost;
                }
            }
            _ => {}
        }
    }

    /// Adds those of another call.
    pub fn add(&mut self, other: Self) {
        self.calls += other.calls;
        self.first_words.extend(other.first_words);
        self.finals.extend(other.finals);
        self.words.extend(other.words);
        self.partials += other.partials;
        self.cards.extend(other.cards);
        self.alerts.extend(other.alerts);
        self.lost_packets += other.lost_packets;
        self.packets += other.packets;
    }

    /// All of it in a few lines, in the language of `texts`.
    pub fn summary(&self, texts: &Texts) -> String {
        let texts = &texts.figures;
        let ms = |values: &[Duration]| {
            let at = |share| {
                percentile(values, share)
                    .map_or("-".to_owned(), |value| format!("{} ms", value.as_millis()))
            };
            format!("{}{}{}{}", at(0.5), texts.p95.0, at(0.95), texts.p95.1)
        };
        let number = |number: usize| number.to_string();
        let calls = match self.calls {
            1 => texts.call.to_owned(),
            calls => fill(texts.calls, &[&number(calls)]),
        };
        let words = [
            number(self.finals.len()),
            ms(&self.first_words),
            ms(&self.finals),
        ];
        let helps = [
            number(self.cards.len()),
            ms(&self.cards),
            number(self.alerts.len()),
            ms(&self.alerts),
        ];
        let lost = self.lost_packets;
        let packets = [lost.to_string(), (self.packets + lost).to_string()];
        format!(
            "{calls}, {}\n{} {}",
            fill(texts.words, &words.each_ref().map(String::as_str)),
            fill(texts.helps, &helps.each_ref().map(String::as_str)),
            fill(texts.packets, &packets.each_ref().map(String::as_str)),
        )
    }
}

fn millis(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// Letters and digits: what is left of words however they are spaced and punctuated.
fn letters(text: &str) -> usize {
    text.chars()
        .filter(|letter| letter.is_alphanumeric())
        .count()
}

/// How long after its end each of `words` was shown. `shown` tells how many letters of the
/// utterance were there when; the last showed them all.
fn to_screen(words: &[v1::WordInfo], shown: &[(usize, Duration)]) -> Vec<Duration> {
    let mut needed = 0;
    let delays = words.iter().filter_map(|word| {
        needed += letters(&word.word);
        // Who had shown more before and took it back had not shown this word.
        let missing = shown.iter().rposition(|(letters, _)| *letters < needed);
        let (_, at) = shown.get(missing.map_or(0, |at| at + 1))?;
        Some(at.saturating_sub(millis(word.end_ms)))
    });
    delays.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LATENCY: Option<Duration> = Some(Duration::from_millis(50));

    fn event(end_ms: u64, detail: Detail) -> v1::CallEvent {
        v1::CallEvent {
            end_ms,
            detail: Some(detail),
            ..Default::default()
        }
    }

    fn words(utterance_id: u64, is_final: bool) -> Detail {
        Detail::Transcript(v1::Transcript {
            utterance_id,
            is_final,
            ..Default::default()
        })
    }

    fn ended(packets: u64, lost: u64) -> Detail {
        let rtp = v1::RtpStats {
            packets,
            lost,
            ..Default::default()
        };
        let leg = v1::LegSummary {
            rtp: Some(rtp),
            ..Default::default()
        };
        Detail::CallEnded(v1::CallEnded {
            legs: vec![leg],
            ..Default::default()
        })
    }

    #[test]
    fn first_words_count_once_per_utterance_and_calls_add_up() {
        let mut one = Figures::default();
        for event in [
            event(600, words(1, false)),
            event(900, words(1, false)),
            event(900, words(1, true)),
            event(0, ended(97, 3)),
        ] {
            one.take(&event, LATENCY);
        }
        let mut other = Figures::default();
        other.take(&event(600, words(1, true)), LATENCY);
        let card = Detail::Suggestion(v1::Suggestion::default());
        other.take(&event(600, card), LATENCY);
        other.take(&event(0, ended(100, 0)), LATENCY);
        one.add(other);
        assert_eq!(
            one.summary(&Texts::EN),
            "2 calls, 2 utterances: first words 650 ms (p95 650 ms) after speech began, final ones 50 ms \
             (p95 50 ms) after it ended.\n\
             1 cards 50 ms (p95 50 ms) after the words that brought them up, 0 alerts - (p95 -). \
             3 of 200 packets lost."
        );
    }

    #[test]
    fn a_word_is_on_the_screen_once_it_stays_there() {
        let transcript = |text: &str, is_final| {
            let word = |(i, word): (usize, &str)| v1::WordInfo {
                word: word.to_owned(),
                end_ms: 400 * (i as u64 + 1),
                ..Default::default()
            };
            let words = text.split(' ').enumerate().map(word);
            Detail::Transcript(v1::Transcript {
                utterance_id: 1,
                is_final,
                alternatives: vec![v1::SpeechRecognitionAlternative {
                    transcript: text.to_owned(),
                    words: words.filter(|_| is_final).collect(),
                    ..Default::default()
                }],
                ..Default::default()
            })
        };
        let mut figures = Figures::default();
        for (end_ms, text, is_final) in [
            (600, "I was", false),
            (1_000, "I", false),
            (1_500, "I was, charged", false),
            (2_000, "I was charged twice.", true),
        ] {
            figures.take(&event(end_ms, transcript(text, is_final)), LATENCY);
        }
        // "I" ended at 400 ms and came with the first look, "was" went away and came again.
        let expected = [650 - 400, 1_550 - 800, 1_550 - 1_200, 2_050 - 1_600];
        assert_eq!(figures.words, expected.map(Duration::from_millis));
        assert_eq!((figures.partials, figures.finals.len()), (3, 1));
    }
}
