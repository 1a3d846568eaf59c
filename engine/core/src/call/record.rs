//! The recording of a call: what is heard goes in, and comes out once all that was said in it is known.

use std::time::{Duration, Instant};

use sidetone_types::event::{Event, EventKind, RecordingReason};
use sidetone_types::party::Side;
use sidetone_types::time::MediaTime;
use sidetone_types::vad::FRAME;

use super::{Call, Output};
use crate::recording::{Change, Recorder, RecordingOrder, RecordingPolicy};
use crate::segment::{ONSET_WINDOW, Spurt};

/// Behind this no packet of a leg that sends is late any more.
const LATEST_PACKET: Duration = Duration::from_secs(2);
/// Streams may send their legs in turns of so much.
const LONGEST_TURN: Duration = Duration::from_secs(30);
/// Voice in the last frames may turn out to be the beginning of an utterance.
const UNDECIDED: u64 = (ONSET_WINDOW * FRAME) as u64;

impl Call {
    /// Has the call recorded as `policy` says. To be said before it has heard anything.
    pub fn record(&mut self, policy: RecordingPolicy) {
        let mut recorder = Recorder::new(policy);
        let begins = recorder.begin();
        self.recorder = Some(recorder);
        self.tell_recording(begins);
    }

    /// Whether it may be recorded at all.
    pub fn may_be_recorded(&self) -> bool {
        self.recorder.is_some()
    }

    /// Does what `by` wants of the recording at `at`.
    pub(super) fn order_recording(
        &mut self,
        order: RecordingOrder,
        why: RecordingReason,
        by: &str,
        at: MediaTime,
    ) {
        if let Some(recorder) = &mut self.recorder {
            let told = recorder.order(order, why, by, at);
            self.tell_recording(told);
        }
    }

    /// The same at `now`.
    pub(super) fn order_recording_now(&mut self, order: RecordingOrder, by: &str, now: Instant) {
        let at = self.here(now);
        self.order_recording(order, RecordingReason::Asked, by, at);
    }

    /// Whoever writes the recording down cannot do so any more.
    pub(super) fn recording_failed(&mut self) {
        let told = self.recorder.as_mut().and_then(Recorder::fail);
        self.tell_recording(told);
    }

    /// A key was pressed on leg `i` at `at`: agents may pause a recording by keys.
    pub(super) fn recording_key(&mut self, i: usize, key: char, at: MediaTime) {
        if self.legs[i].side() == Side::Agent
            && let Some(recorder) = &mut self.recorder
        {
            let told = recorder.key(key, at);
            self.tell_recording(told);
        }
    }

    /// An utterance has ended at `end`: a secret may be expected behind it.
    pub(super) fn follow_secrets(&mut self, end: MediaTime) {
        let expected = self.redactor.expecting();
        if let Some(recorder) = &mut self.recorder {
            let told = recorder.expect(expected, end);
            self.tell_recording(told);
        }
    }

    /// What is secret in an utterance that is told as `kind` is not to be heard; nor is what nobody has
    /// listened to, nor, where a secret was `expected`, what was not understood.
    pub(super) fn mute_secrets(
        &mut self,
        kind: &EventKind,
        spurt: &Spurt,
        (failed, expected): (bool, bool),
    ) {
        let expected = expected || self.redactor.expecting().is_some();
        let (secrets, holes) = match kind {
            EventKind::Final(told) => (&*told.redacted, &*told.unrecognised),
            _ if failed || expected => return self.mute(spurt.start, spurt.end),
            _ => return,
        };
        let holes = holes.iter().filter(|_| expected);
        let holes = holes.map(|hole| (hole.start, hole.end));
        let secrets = secrets.iter().map(|secret| (secret.start, secret.end));
        for (start, end) in secrets.chain(holes) {
            self.mute(start, end);
        }
    }

    /// Voice that was too short for speech, from `start` to `end`, may be the answer to a question for a
    /// secret.
    pub(super) fn mute_if_expected(&mut self, start: MediaTime, end: MediaTime) {
        if self.redactor.expecting().is_some() {
            self.mute(start, end);
        }
    }

    /// What was said from `start` to `end` is not to be heard.
    pub(super) fn mute(&mut self, start: MediaTime, end: MediaTime) {
        if let Some(recorder) = &mut self.recorder {
            recorder.mute(start, end);
        }
    }

    /// Gives away the sound of which all is known by `now`.
    pub(super) fn give_sound(&mut self, now: Instant) {
        if self.recorder.is_none() {
            return;
        }
        let until = match self.ending() {
            false => self.settled(now),
            // What is still waited for has been said.
            true => self.settled(now).min(self.position()),
        };
        let told = self.recorder.as_mut();
        let told = told.and_then(|recorder| recorder.pass(until));
        self.tell_recording(told);
        self.give_sound_until(until, false);
    }

    /// Gives away all that is left: nothing is waited for any more.
    pub(super) fn give_last_sound(&mut self) {
        self.give_sound_until(self.position(), true);
    }

    fn give_sound_until(&mut self, until: MediaTime, end: bool) {
        let Some(recorder) = &mut self.recorder else {
            return;
        };
        while let Some(recorded) = recorder.take(until, end) {
            self.outputs.push_back(Output::Record(recorded));
        }
    }

    /// Up to where all is known that was said, on whichever leg.
    fn settled(&self, now: Instant) -> MediaTime {
        let here = self.here(now);
        let legs = (0..self.legs.len()).map(|i| self.leg_settled(i, here));
        legs.min().unwrap_or(here)
    }

    fn leg_settled(&self, i: usize, here: MediaTime) -> MediaTime {
        let leg = &self.legs[i];
        let closing = self.closing.values().filter(|closing| closing.leg == i);
        let waiting = closing.map(|closing| closing.spurt.start);
        let open = leg.open.as_ref().map(|open| open.start);
        if let Some(start) = waiting.chain(open).min() {
            return start - Recorder::AROUND;
        }
        let latest = match leg.is_stream() {
            true => self.position() - LONGEST_TURN,
            false => here - LATEST_PACKET,
        };
        let heard = match leg.is_active() {
            true => leg.passed().max(latest),
            false => here,
        };
        heard.back(UNDECIDED) - Recorder::AROUND
    }

    fn tell_recording(&mut self, told: impl IntoIterator<Item = Change>) {
        for (kind, at) in told {
            self.emit(Event::of_the_call(at, at, kind));
        }
    }
}
