//! When a pause is the end of an utterance: by the words before it (endpointing).
//!
//! At a pause the recogniser is asked for the words so far. While that answer is on its way the
//! utterance stays open; then its words decide how long the silence may last. Nobody who speaks on
//! is cut in mid-sentence for thinking a moment, and nobody waits where a sentence is over.

use std::time::{Duration, Instant};

use sidetone_language::completeness::{Completeness, completeness};
use sidetone_types::recognise::Purpose;

use super::utterance::{Closing, Open};
use super::{Call, Output};

impl Call {
    /// Whether what a leg does next depends on an answer that is still on its way, or much is still
    /// to be heard again. Whoever hands over recorded sound faster than it was spoken waits for it.
    pub fn awaits_look(&self) -> bool {
        let mut open = self.legs.iter().filter_map(|leg| leg.open.as_ref());
        open.any(Open::is_waiting) || self.second_pass.is_full()
    }

    /// Whether somebody speaks whose words before that are not known yet: those help with these.
    pub fn awaits_words(&self) -> bool {
        let speaks = |closing: &Closing| self.legs[closing.leg].open.is_some();
        self.closing.values().any(speaks)
    }

    /// The words before the pause are asked for: until they are there it is not known to be the
    /// end.
    pub(super) fn hold_end(&mut self, i: usize) {
        let longest = self.config.segment.end_unfinished();
        self.legs[i].segmenter.end_after(longest);
    }

    /// Has the look at the words before a pause go first once the utterance might be over: if it
    /// is, these are its last words.
    pub(super) fn urge_look(&mut self, i: usize) {
        let leg = &mut self.legs[i];
        if leg.segmenter.silence() < self.config.segment.end_silence() {
            return;
        }
        let open = leg.open.as_mut();
        if let Some(interim) = open.and_then(|open| open.interim.as_mut())
            && interim.answer.is_none()
            && interim.purpose == Purpose::Pause
        {
            interim.purpose = Purpose::Final;
            self.outputs.push_back(Output::Promote(interim.job));
        }
    }

    /// Decides how long the pause of a leg may last, if it is in one, and ends the utterance if it
    /// has lasted that long.
    pub(super) fn judge_pause(&mut self, i: usize, now: Instant) {
        let Some(silence) = self.longest_pause(i) else {
            return;
        };
        self.legs[i].segmenter.end_after(silence);
        if let Some(cue) = self.legs[i].segmenter.end_if_due() {
            self.on_cue(i, cue, now);
        }
    }

    /// Once one side speaks, nobody waits for more from those who have paused.
    pub(super) fn take_turn(&mut self, speaker: usize, now: Instant) {
        for i in (0..self.legs.len()).filter(|i| *i != speaker) {
            self.judge_pause(i, now);
        }
    }

    /// How long the pause of a leg may last; `None` while nobody is asked or the answer is awaited.
    fn longest_pause(&self, i: usize) -> Option<Duration> {
        let (leg, config) = (&self.legs[i], &self.config.segment);
        let open = leg.open.as_ref().filter(|_| leg.segmenter.pausing())?;
        let interim = match &open.interim {
            Some(interim) if interim.answer.is_none() => return None,
            interim => interim.as_ref(),
        };
        let heard = interim.filter(|interim| leg.segmenter.is_heard_in(interim.samples));
        let Some(words) = heard.and_then(|interim| interim.answer.as_ref()) else {
            return Some(config.end_silence());
        };
        let mut others = self.others(i).map(|leg| &leg.segmenter);
        let turn_is_over = others.any(|other| other.speaking_until().is_some() && !other.pausing());
        Some(
            match completeness(&words.text(), words.lang, &self.lexicon) {
                Completeness::Complete => config.end_complete(),
                Completeness::Unfinished if !turn_is_over => config.end_unfinished(),
                Completeness::Unclear | Completeness::Unfinished => config.end_silence(),
            },
        )
    }
}
