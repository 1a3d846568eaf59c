//! What changes in a call while it goes on: who takes part, what is listened to, what is known.

use std::sync::Arc;
use std::time::{Duration, Instant};

use sidetone_media::rtp::PayloadMap;
use sidetone_types::event::{CallUpdated, Event, EventKind, LegState, PartyJoined};
use sidetone_types::id::LegId;
use sidetone_types::party::Party;
use sidetone_types::time::{MediaTime, duration_to_samples};
use sidetone_types::vad::VoiceDetector;

use super::leg::{Leg, PAUSED};
use super::{Call, Output};
use crate::describe::{CallChange, LegDescription, LegName};
use crate::identity::Identity;

/// What a media server says of one leg, beside its sound.
#[derive(Clone, Debug)]
pub enum Control {
    /// A key was pressed, as a signalling message tells it (SIP INFO).
    Dtmf {
        /// `0`-`9`, `*`, `#`, `A`-`D`.
        key: char,
        /// How long it was held.
        duration: Duration,
    },
    /// The party is put on hold, or comes back. What is played to them meanwhile is no speech of
    /// theirs.
    Hold(bool),
    /// The party's microphone is turned off, or on again.
    Mute(bool),
    /// The media server stops sending, or goes on.
    Pause(bool),
    /// Somebody else speaks on the leg from now on, as after a transfer. The same party as before
    /// only gets another name.
    Join(Party),
    /// The party has left.
    Leave,
    /// What may come as RTP has been agreed anew. Decoders of what stays the same go on as they
    /// are.
    Payloads(PayloadMap),
}

impl Control {
    /// The key that a text names.
    pub fn key(text: &str) -> Option<char> {
        let mut characters = text.chars();
        let key = characters.next()?.to_ascii_uppercase();
        let known = matches!(key, '0'..='9' | '*' | '#' | 'A'..='D');
        (known && characters.next().is_none()).then_some(key)
    }
}

impl Call {
    /// How the legs are named, each at the place of its id.
    pub fn leg_names(&self) -> impl Iterator<Item = &LegName> + Clone {
        self.legs.iter().map(|leg| &leg.name)
    }

    /// All that is known of the call beside its media.
    pub fn known(&self) -> &CallUpdated {
        &self.known
    }

    /// Adds a leg, which has been checked, to a call that goes on. Its party takes part from `now`
    /// on.
    pub fn add_leg(
        &mut self,
        leg: &LegDescription,
        detector: Box<dyn VoiceDetector>,
        now: Instant,
    ) -> LegId {
        let now = now.max(self.now);
        self.now = now;
        let position = self.here(now);
        let leg = Leg::new(leg, &self.config, detector, (self.began, position, now));
        let name = leg.party.name.clone();
        let kind = EventKind::PartyJoined(PartyJoined { name });
        let joined = leg.event(position, position, None, kind);
        self.legs.push(leg);
        self.emit(joined);
        LegId(self.legs.len() - 1)
    }

    /// Does as a media server says of leg `i`. `at` is when it was so, on the call's timeline.
    pub(super) fn control(
        &mut self,
        i: usize,
        at: Option<MediaTime>,
        control: Control,
        now: Instant,
    ) {
        // What has come before belongs to what was before.
        self.listen(i, now);
        let here = self.here(now).max(self.legs[i].reached());
        // Nothing has happened yet that is told to be later, but that a stream goes on further on.
        let goes_on = at;
        let at = at.map_or(here, |at| at.min(here));
        match control {
            Control::Dtmf { key, duration } => {
                if !self.legs[i].is_active() {
                    // An agent who is muted may pause all the same.
                    self.recording_key(i, key, at);
                }
                let leg = &self.legs[i];
                let event = leg.is_active().then(|| leg.key(at, key, duration, now));
                let event = event.map(|event| self.without_key(i, event));
                self.outputs.extend(event.map(Output::Emit));
            }
            Control::Hold(on) => self.switch(i, (LegState::Held, on), (at, goes_on), now),
            Control::Mute(on) => self.switch(i, (LegState::Muted, on), (at, goes_on), now),
            Control::Pause(on) => self.switch(i, (LegState::Paused, on), (at, goes_on), now),
            Control::Join(party) => self.join(i, party, at, now),
            Control::Leave => self.leave(i, at, now),
            Control::Payloads(payloads) => self.legs[i].set_payloads(payloads),
        }
    }

    /// `why` the leg is not listened to begins, or ends, at `at`. A stream then goes on at
    /// `goes_on`, or where the call is if it has paused.
    fn switch(
        &mut self,
        i: usize,
        (why, on): (LegState, bool),
        (at, goes_on): (MediaTime, Option<MediaTime>),
        now: Instant,
    ) {
        if on {
            self.end_utterance(i, now);
        } else if self.legs[i].is_off(why) {
            let behind = at.since(self.legs[i].reached());
            let here = (behind >= PAUSED).then_some(at);
            if let Some(at) = goes_on.or(here) {
                self.legs[i].skip_to(at);
            }
        }
        if let Some(state) = self.legs[i].switch(why, on, now) {
            let event = self.legs[i].event(at, at, None, EventKind::LegState { state });
            self.emit(event);
        }
    }

    fn join(&mut self, i: usize, party: Party, at: MediaTime, now: Instant) {
        let before = &self.legs[i].party;
        let same = (before.role, &before.id) == (party.role, &party.id) && !self.legs[i].left;
        if same && before.name == party.name {
            return;
        }
        if same {
            self.legs[i].party.name = party.name.clone();
        } else {
            self.leave(i, at, now);
            // The one who left was on hold or muted, not the one who comes.
            for why in [LegState::Held, LegState::Muted] {
                self.switch(i, (why, false), (at, None), now);
            }
            self.legs[i].change_party(party.clone(), &self.config, now);
        }
        let name = party.name;
        let kind = EventKind::PartyJoined(PartyJoined { name });
        let event = self.legs[i].event(at, at, None, kind);
        self.emit(event);
    }

    fn leave(&mut self, i: usize, at: MediaTime, now: Instant) {
        if self.legs[i].left {
            return;
        }
        self.end_utterance(i, now);
        self.legs[i].left = true;
        let event = self.legs[i].event(at, at, None, EventKind::PartyLeft);
        self.emit(event);
    }

    /// Where on its timeline the call is: by the clock where legs come as RTP, else as far as
    /// streams have come.
    pub(super) fn here(&self, now: Instant) -> MediaTime {
        let position = self.position();
        if self.legs.iter().all(Leg::is_stream) {
            return position;
        }
        let passed = now.saturating_duration_since(self.began);
        position.max(MediaTime::from_samples(duration_to_samples(passed)))
    }

    /// Ends what is being said on a leg.
    pub(super) fn end_utterance(&mut self, i: usize, now: Instant) {
        for cue in self.legs[i].flush() {
            self.on_cue(i, cue, now);
        }
        let gap = self.legs[i].close_gap();
        self.outputs.extend(gap.map(Output::Emit));
    }

    /// Takes what else is known of the call now, and tells all of it.
    pub(super) fn change(&mut self, change: CallChange, now: Instant) {
        let customer = self.known.customer().clone();
        change.apply(&mut self.known);
        let at = self.here(now);
        let updated = EventKind::CallUpdated(self.known.clone());
        if let Some(assist) = &mut self.assist {
            assist.direction(self.known.direction);
            if *self.known.customer() != customer {
                assist.customer_unknown();
                self.identity = Identity::default();
                self.vocabulary.own = Arc::clone(&self.own_phrases);
            }
        }
        self.emit(Event::of_the_call(at, at, updated));
    }
}
