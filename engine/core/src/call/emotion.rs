//! How those who speak feel while the call goes on.

use std::time::Instant;

use sidetone_types::emotion::CurvePoint;
use sidetone_types::event::{Event, EventKind};
use sidetone_types::lang::Lang;
use sidetone_types::party::Party;
use sidetone_types::recognise::Purpose;
use sidetone_types::time::Stretch;

use super::utterance::Open;
use super::{Call, leg};
use crate::emotion::{Heard, Signs};
use crate::escalation::Felt;
use crate::segment::Spurt;
use crate::stable_words::StableWords;

impl Call {
    /// What of `spurt` is to be read when it is decoded for `purpose`: all that has not been yet,
    /// if that is enough.
    pub(super) fn stretch(
        &self,
        i: usize,
        open: &Open,
        spurt: &Spurt,
        purpose: Purpose,
    ) -> Option<Stretch> {
        self.legs[i].mood.as_ref()?;
        if !self.config.emotion.read {
            return None;
        }
        let stretch = Stretch {
            start: open.read_until.max(spurt.start),
            end: spurt.end,
        };
        let least = match purpose {
            Purpose::Final | Purpose::Pause => self.config.emotion.least(),
            Purpose::Partial => self.config.emotion.every(),
            // There are no words yet, or they have been told.
            Purpose::First | Purpose::Record => return None,
        };
        (stretch.length() >= least).then_some(stretch)
    }

    /// What the words of a leg tell of how strained its speaker is; `None` where nobody may know.
    pub(super) fn signs(&self, i: usize, said: &StableWords) -> Option<Signs> {
        self.legs[i].mood.as_ref()?;
        if !self.config.emotion.words {
            return None;
        }
        Some(Signs::of(&self.lexicon, &said.text()))
    }

    /// Whether `signs` are to be told though the voice was too short to be read.
    pub(super) fn are_news(&self, i: usize, said: &StableWords, signs: Option<Signs>) -> bool {
        let mood = self.legs[i].mood.as_ref();
        mood.zip(signs)
            .is_some_and(|(mood, signs)| mood.is_moved_by(said.utterance, signs))
    }

    /// Takes what is known of a stretch of an utterance: raises alerts, and gives what is to be told
    /// of it. `None` where it was the other side that was heard.
    pub(super) fn observe_emotion(
        &mut self,
        (i, party): (usize, &Party),
        lang: Lang,
        heard: Heard<'_>,
        now: Instant,
    ) -> Option<Event> {
        let Heard { start, end, .. } = heard;
        let own = self.legs[i].loudness.as_ref()?;
        let is_leak = self
            .others(i)
            .filter_map(|leg| leg.loudness.as_ref())
            .any(|other| own.is_leak_of(other, start, end));
        if is_leak {
            return None;
        }
        // How loud somebody is, is a matter of the voice.
        let level = match self.config.emotion.read {
            true => own.level(start, end),
            false => None,
        };
        let leg = &mut self.legs[i];
        if (leg.party.role, &leg.party.id) != (party.role, &party.id) {
            // Who spoke has handed over meanwhile: it says nothing of who speaks now.
            return None;
        }
        let emotion = leg.mood.as_mut()?.observe(&Heard { level, ..heard });
        let (side, latency) = (party.role.side(), leg.latency(end, now));
        if let Some(assist) = &mut self.assist {
            assist.curve.push(CurvePoint {
                side,
                at_ms: end.as_millis(),
                strain: emotion.strain,
                mood: emotion.voice.map(|voice| voice.mood),
            });
            let felt = Felt {
                side,
                lang,
                start,
                end,
                emotion,
            };
            let alerts = assist.watch.observe_emotion(&felt);
            self.raise((i, party), alerts, Some(now));
        }
        let kind = EventKind::Emotion(emotion);
        Some(leg::event(party, start, end, latency, kind))
    }
}
