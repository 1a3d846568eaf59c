//! Whose matter it is: not what befell a friend, nor what another company did.

use std::ops::Range;

use super::Heard;

impl Heard<'_> {
    /// Whether a clause tells of others alone: "my friend had his phone stolen", "I was charged twice by my
    /// dentist", 健身房不给我退卡. What is the customer's own, or done by us, is no matter of theirs.
    pub(super) fn is_of_others(&self, clause: &Range<usize>) -> bool {
        let Some(first) = self.told(clause.clone()).next() else {
            return false;
        };
        let (actor, reading) = (&self.lexicon.actor, &self.lexicon.reading);
        let word = |at: usize| self.tokens[at].text.as_str();
        let is_own = |at: usize| reading.own.have(word(at));
        let is_party = |at: usize| {
            let own_matter = is_own(at) && (at + 1..clause.end).any(|at| self.tells(at));
            actor.speaker.have(word(at)) || reading.listener.have(word(at)) || own_matter
        };
        // "That was with my old provider, they put the price up."
        let is_theirs = self.before(clause).is_some_and(|before| {
            let they = |at: usize| self.lexicon.modality.they.longest_at(&self.tokens, at);
            self.told(before.clone()).next().is_none()
                && they(clause.start).is_some()
                && before.clone().any(|at| self.stranger(at).is_some())
        });
        let says = |at: usize| reading.hearing.longest_at(&self.tokens, at).is_some();
        let owners = |mut place: Range<usize>| place.any(|at| reading.owners.have(word(at)));
        let mut places = clause.clone().filter_map(|at| Some(at..self.stranger(at)?));
        let of_strangers = places.any(|who| {
            let is_subject = who.end <= first && !(who.end..first).any(is_party);
            // "My neighbour says there is an outage" is no news of theirs.
            let only_says = (who.end..first).any(says) && !owners(who.end..first + 1);
            // "By the bank", "by my dentist".
            let mut before = who.start.saturating_sub(2)..who.start;
            let is_done_by_them =
                who.start > first && before.any(|at| reading.doers.have(word(at)));
            is_done_by_them || is_subject && !only_says
        });
        (is_theirs || of_strangers) && !self.asks(clause.clone())
    }

    /// Where somebody ends who is named at `at`, is none of us, and is not what the article is about.
    fn stranger(&self, at: usize) -> Option<usize> {
        let reading = &self.lexicon.reading;
        let [known, firm] = [&reading.acquaintances, &reading.firms]
            .map(|words| words.longest_at(&self.tokens, at));
        let end = known.max(firm)?;
        let token = &self.tokens[end - 1];
        let is_whole = !token.is_han() || self.words.ends_at(token.span.end);
        (is_whole && !(at..end).any(|at| self.tells(at))).then_some(end)
    }
}
