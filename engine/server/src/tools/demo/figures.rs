//! How quick the captions of a call, or of several at once, were.

use std::collections::HashSet;
use std::time::Duration;

use sidetone_proto::v1;
use sidetone_proto::v1::call_event::Detail;

use crate::tools::percentile;

/// Collected event by event.
#[derive(Default)]
pub struct Figures {
    calls: usize,
    /// From the beginning of each utterance until words of it were shown.
    first_words: Vec<Duration>,
    /// From the end of each utterance until its words were shown for good.
    finals: Vec<Duration>,
    /// From the end of the words that brought up a card or an alert until it was shown.
    cards: Vec<Duration>,
    alerts: Vec<Duration>,
    lost_packets: u64,
    packets: u64,
    /// Utterances that have shown words, by role and number.
    shown: HashSet<(i32, u64)>,
}

impl Figures {
    /// Takes an event of the call.
    pub fn take(&mut self, event: &v1::CallEvent) {
        let latency = event.latency_ms.map(Duration::from_millis);
        match &event.detail {
            Some(Detail::Suggestion(_)) => self.cards.extend(latency),
            Some(Detail::AlertRaised(_)) => self.alerts.extend(latency),
            Some(Detail::Transcript(words)) => {
                let Some(latency) = latency else { return };
                if self.shown.insert((event.role, words.utterance_id)) {
                    let heard = Duration::from_millis(event.end_ms.saturating_sub(event.start_ms));
                    self.first_words.push(heard + latency);
                }
                if words.is_final {
                    self.finals.push(latency);
                }
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
        self.cards.extend(other.cards);
        self.alerts.extend(other.alerts);
        self.lost_packets += other.lost_packets;
        self.packets += other.packets;
    }

    /// All of it in a few lines.
    pub fn summary(&self) -> String {
        let ms = |values: &[Duration]| {
            let at = |share| {
                percentile(values, share)
                    .map_or("-".to_owned(), |value| format!("{} ms", value.as_millis()))
            };
            format!("{} (p95 {})", at(0.5), at(0.95))
        };
        format!(
            "{} call{}, {} utterances: first words {} after speech began, final ones {} after it ended.\n\
             {} cards {} after the words that brought them up, {} alerts {}. {} of {} packets lost.",
            self.calls,
            if self.calls == 1 { "" } else { "s" },
            self.finals.len(),
            ms(&self.first_words),
            ms(&self.finals),
            self.cards.len(),
            ms(&self.cards),
            self.alerts.len(),
            ms(&self.alerts),
            self.lost_packets,
            self.packets + self.lost_packets,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(end_ms: u64, detail: Detail) -> v1::CallEvent {
        v1::CallEvent {
            end_ms,
            latency_ms: Some(50),
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
            one.take(&event);
        }
        let mut other = Figures::default();
        other.take(&event(600, words(1, true)));
        other.take(&event(600, Detail::Suggestion(v1::Suggestion::default())));
        other.take(&event(0, ended(100, 0)));
        one.add(other);
        assert_eq!(
            one.summary(),
            "2 calls, 2 utterances: first words 650 ms (p95 650 ms) after speech began, final ones 50 ms \
             (p95 50 ms) after it ended.\n\
             1 cards 50 ms (p95 50 ms) after the words that brought them up, 0 alerts - (p95 -). \
             3 of 200 packets lost."
        );
    }
}
