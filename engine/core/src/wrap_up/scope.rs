//! Which words of a sentence say how a cue is meant: those of its own clause.

use super::commitments::Cue;
use super::sentence::Sentence;
use super::when::Times;
use sidetone_language::lexicon::Lexicon;
use sidetone_language::mandarin_words::MandarinWords;
use sidetone_language::pattern::Phrases;
use sidetone_language::tokens::Token;

/// Longest words before the end of a subject, in tokens: 您的开户银行会.
const SUBJECT: usize = 6;

/// The words that govern a cue.
///
/// A clause without a subject goes on with the subject of the one before it: "I will check, then call
/// you". What must happen first says nothing of the cue: "I will check when it was sent and call".
pub(super) struct Scope<'a> {
    /// Before the cue.
    pub before: Vec<&'a Token>,
    /// All of them, the cue as well.
    pub all: Vec<&'a Token>,
    /// What the sentence says before: who "they" are.
    earlier: Vec<&'a Token>,
    words: &'a MandarinWords,
}

impl<'a> Scope<'a> {
    pub fn of(sentence: &'a Sentence, cue: &Cue, times: &Times, lexicon: &Lexicon) -> Self {
        let tokens = &sentence.tokens;
        let clause = sentence.clause(cue.tokens.clone());
        let is_event = |at: usize| times.events.iter().any(|event| event.contains(&at));
        let has_subject = |from: usize, to: usize| {
            (from..to).any(|at| {
                let who = || {
                    let (actor, subjects) = (&lexicon.actor, &lexicon.clauses.subjects);
                    actor.speaker.have(&tokens[at].text)
                        || actor.others.longest_at(tokens, at).is_some()
                        || subjects.longest_at(tokens, at).is_some()
                };
                !is_event(at) && who()
            })
        };
        let mut start = clause.start;
        while start > 0
            && lexicon
                .clauses
                .continuing
                .longest_at(tokens, start)
                .is_some()
            && !has_subject(start, cue.tokens.start)
        {
            start = sentence.clause(start - 1..start).start;
        }
        let words = |to: usize| (start..to).filter(|at| !is_event(*at));
        Self {
            before: words(cue.tokens.start).map(|at| &tokens[at]).collect(),
            all: words(clause.end).map(|at| &tokens[at]).collect(),
            earlier: tokens[..start].iter().collect(),
            words: &sentence.words,
        }
    }

    /// Whether somebody who is not one of us does it: "the bank will send you a card". Whom we speak
    /// with does not: "we will ask the bank and call you".
    pub fn is_of_strangers(&self, lexicon: &Lexicon) -> bool {
        let strangers = &lexicon.modality.strangers;
        let before = &self.before[..self.before.len().min(SUBJECT)];
        let us = |token: &&Token| lexicon.actor.speaker.have(&token.text);
        let ours = before.iter().position(us).unwrap_or(before.len());
        let begins = |tokens: &[&Token], at: usize| {
            strangers.longest_at(tokens, at).is_some_and(|end| {
                // 银行 is not in 银行卡, and "the pharmacy team" is one of ours.
                let is_whole = self.words.ends_at(tokens[end - 1].span.end);
                is_whole && lexicon.commitments.people.longest_at(tokens, end).is_none()
            })
        };
        let they = lexicon.modality.they.longest_at(&self.before, 0).is_some();
        (0..ours).any(|at| begins(&self.before, at))
            || they && (0..self.earlier.len()).any(|at| begins(&self.earlier, at))
    }

    /// Whether somebody does it whom the speaker knows: 我女儿会给我打电话.
    pub fn is_of_family(&self, lexicon: &Lexicon) -> bool {
        let (reading, actor) = (&lexicon.reading, &lexicon.actor);
        let begins = |at: usize| {
            let before = &self.before;
            let who = reading.family.longest_at(before, at);
            let who = who.or_else(|| reading.acquaintances.longest_at(before, at));
            let whose = at.checked_sub(1).map(|at| &before[at].text);
            who.is_some()
                && whose.is_some_and(|own| actor.speaker.have(own) || reading.own.have(own))
        };
        (0..self.before.len().min(SUBJECT)).any(begins)
    }

    /// Whether one of `phrases` is in `tokens`, of these, and cuts no Mandarin word: 您看 is not in
    /// 给您看看.
    pub fn has(&self, tokens: &[&Token], phrases: &Phrases) -> bool {
        self.places(tokens, phrases).next().is_some()
    }

    fn places<'b>(
        &'b self,
        tokens: &'b [&Token],
        phrases: &'b Phrases,
    ) -> impl Iterator<Item = usize> + 'b {
        (0..tokens.len()).filter(move |at| {
            let end = phrases.longest_at(tokens, *at);
            end.is_some_and(|end| {
                let place = tokens[*at].span.start..tokens[end - 1].span.end;
                !self.words.are_cut_by(&place)
            })
        })
    }

    /// Whether it is left to the other side: "you can call us". It is not if that is done for them:
    /// 给您把钱退回.
    pub fn is_yours(&self, lexicon: &Lexicon) -> bool {
        let words = &lexicon.modality;
        let theirs = |at: usize| at == 0 || !words.for_whom.have(&self.before[at - 1].text);
        self.places(&self.before, &words.yours).any(theirs) && !self.has(&self.all, &words.ours)
    }

    /// Whether the one who speaks says in Mandarin that they do it: 我周二再打过来, 后天给你回话, not 给我打 or
    /// 我要你打.
    pub fn is_by_speaker(&self, lexicon: &Lexicon) -> bool {
        let words = &lexicon.modality;
        let speaker = |token: &&Token| lexicon.actor.speaker.have(&token.text);
        let Some(at) = self.before.iter().rposition(speaker) else {
            return words.to_you.are_in(&self.all);
        };
        let objects = at > 0 && words.for_whom.have(&self.before[at - 1].text);
        self.before[at].is_han() && !objects && !words.wants.are_in(&self.before[at + 1..])
    }

    /// Whether the clause ends with one of `phrases`.
    pub fn ends_with(&self, phrases: &Phrases) -> bool {
        let last = self.all.len().saturating_sub(1);
        phrases.longest_at(&self.all, last).is_some()
    }
}
