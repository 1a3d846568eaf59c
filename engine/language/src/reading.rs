//! What is meant by something that is named: a deed of the speaker, or only talk of it.
//!
//! "My son is a lawyer", "the collector will sue me", "they said on the radio", "I would have
//! cancelled", "back in 1987 we had no power", "if I lose my job": the words of an alert are there,
//! and none is meant. One reading of the clause around a find tells all of these, so that whoever
//! reads speech can choose which of them matter.

use std::ops::Range;

use crate::clauses::{REACH, is_parted};
use crate::lexicon::{Lexicon, Reading as Lists};
use crate::negation;
use crate::pattern::Phrases;
use crate::tokens::{Gap, Token};

/// So far is looked for what makes the whole sentence unreal or a joke, in tokens.
const SENTENCE: usize = 24;
/// So many words describe a thing at most, or stand between it and what becomes of it.
const BESIDE: usize = 3;
/// So many words describe what somebody is: "a retired family judge".
const DESCRIBED: usize = 2;

/// What a clause means by something that is named in it.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Reading {
    /// Somebody does it who is neither speaker nor listener, or it is done to the speaker.
    pub of_others: bool,
    /// It befalls somebody the speaker knows, who is not of the family.
    pub of_acquaintances: bool,
    /// It only tells what somebody is, or for whom they work.
    pub mentioned: bool,
    /// It only tells of what kind a thing is: "cancer cover", 防诈骗.
    pub of_a_kind: bool,
    /// News or other people have told it.
    pub reported: bool,
    /// It is what a condition supposes.
    pub supposed: bool,
    /// It did not happen: "I would have cancelled".
    pub unreal: bool,
    /// It is long ago.
    pub past: bool,
    /// It is a figure of speech: "this music makes me want to die", and nothing else in its sentence
    /// tells that somebody is in danger.
    pub figurative: bool,
    /// It is part of a story: in a film.
    pub told_of: bool,
    /// It befell or was done by somebody nobody here knows: it was in the news.
    pub of_strangers: bool,
    /// It praises, or scolds the speaker's own people.
    pub friendly: bool,
    /// It is asked whether something is that: "is this a scam?"
    pub asked: bool,
}

impl Reading {
    /// Reads the clause around what stands in `find`.
    pub fn of<T: AsRef<Token>>(lexicon: &Lexicon, tokens: &[T], find: &Range<usize>) -> Self {
        let clause = Clause::around(lexicon, tokens, find.clone());
        let lists = &lexicon.reading;
        Self {
            of_others: clause.is_of_others(),
            of_acquaintances: clause.is_of_acquaintances(),
            mentioned: clause.is_mentioned(),
            of_a_kind: clause.is_of_a_kind(),
            reported: clause.is_reported(),
            supposed: clause.is_supposed(),
            unreal: clause.is_unreal(),
            past: (clause.start..clause.end).any(|at| lists.past.longest_at(tokens, at).is_some()),
            figurative: clause.is_figurative(),
            told_of: clause.is_in_a_story(),
            of_strangers: clause.is_of_strangers(),
            friendly: clause.is_friendly(),
            asked: clause.is_asked(),
        }
    }

    /// Whether it is a deed of those who talk: done, wanted or threatened by them.
    pub const fn is_own(&self) -> bool {
        !(self.of_others
            || self.mentioned
            || self.of_a_kind
            || self.reported
            || self.told_of
            || self.unreal
            || self.past)
    }

    /// Whether it is told as so, of those who talk and of the speaker's family.
    pub const fn is_fact(&self) -> bool {
        !(self.of_acquaintances
            || self.of_a_kind
            || self.reported
            || self.told_of
            || self.supposed
            || self.unreal
            || self.past
            || self.asked)
    }

    /// Whether somebody whom the speaker tells of may really come to it. What is said `again` in
    /// another clause is no figure of speech.
    pub const fn is_earnest(&self, again: bool) -> bool {
        !(self.figurative && !again || self.told_of || self.of_strangers || self.of_a_kind)
    }
}

/// Whether a text that goes on may yet describe who stands before `end`: "my solicitor who …".
pub fn may_be_described<T: AsRef<Token>>(lexicon: &Lexicon, tokens: &[T], end: usize) -> bool {
    let Lists {
        described,
        kinds,
        citing,
        ..
    } = &lexicon.reading;
    [described, kinds, citing]
        .iter()
        .any(|words| words.are_begun_by(&tokens[end..]))
}

/// A find, and the clause it stands in.
struct Clause<'a, T> {
    lexicon: &'a Lexicon,
    lists: &'a Lists,
    tokens: &'a [T],
    /// The word that begins it, which may be what links it to the one before.
    start: usize,
    /// The word that begins what it goes on from, over links that only carry it on: 差点就.
    from: usize,
    /// Behind its last word.
    end: usize,
    find: Range<usize>,
}

/// Who a clause is about, and where that is named.
struct Subject {
    who: Who,
    place: Range<usize>,
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Who {
    Speaker,
    Listener,
    /// Of the speaker's family: what they do they do for the speaker, but for what they are.
    Family,
    /// Whom the speaker knows.
    Acquaintance,
    Other,
}

impl<'a, T: AsRef<Token>> Clause<'a, T> {
    fn around(lexicon: &'a Lexicon, tokens: &'a [T], find: Range<usize>) -> Self {
        let parted = |at: &usize| is_parted(tokens[*at].as_ref());
        let linked = |at: &usize| lexicon.clauses.link_at(tokens, *at).is_some();
        let begins = |at: &usize| parted(at) || linked(at);
        let carries = |at: &usize| lexicon.reading.carrying.longest_at(tokens, *at).is_some();
        let turns = |at: &usize| tokens[*at].as_ref().opens() || linked(at) && !carries(at);
        let first = find.start.saturating_sub(REACH);
        let before = || (first..=find.start).rev();
        Self {
            lexicon,
            lists: &lexicon.reading,
            tokens,
            start: before().find(begins).unwrap_or(first),
            from: before().find(turns).unwrap_or(first),
            end: (find.end..tokens.len())
                .take(REACH)
                .find(parted)
                .unwrap_or(tokens.len().min(find.end + REACH)),
            find,
        }
    }

    fn text(&self, at: usize) -> &str {
        self.tokens[at].as_ref().text.as_str()
    }

    /// Those who are named as doing something before the find, the nearest first.
    fn subjects(&self) -> impl Iterator<Item = Subject> {
        (self.from..self.find.start)
            .rev()
            .filter_map(|at| self.subject(at))
    }

    fn subject(&self, at: usize) -> Option<Subject> {
        let (actor, lists) = (&self.lexicon.actor, self.lists);
        let before = at.checked_sub(1).map(|before| self.text(before));
        if before.is_some_and(|before| actor.objects.have(before)) {
            return None;
        }
        let named = |who, end: usize| {
            Some(Subject {
                who,
                place: at..end,
            })
        };
        if actor.speaker.have(self.text(at)) || lists.orders.longest_at(self.tokens, at).is_some() {
            return named(Who::Speaker, at + 1);
        }
        if lists.listener.have(self.text(at)) {
            return named(Who::Listener, at + 1);
        }
        // "Your driver" is of the listener's.
        let is_listeners = before.is_some_and(|before| lists.listener.have(before));
        let of = |words: &Phrases, who: Who| Some((words.longest_at(self.tokens, at)?, who));
        let known = [
            of(&lists.family, Who::Family),
            of(&lists.acquaintances, Who::Acquaintance),
            of(&lists.others, Who::Other),
        ];
        let longest = known.into_iter().flatten().max_by_key(|(end, _)| *end);
        if let Some((end, who)) = longest.filter(|_| !is_listeners) {
            let is_own = before.is_some_and(|before| lists.own.have(before));
            let does = end >= self.find.start
                || who == Who::Acquaintance && is_own
                || lists.doing.longest_at(self.tokens, end).is_some();
            return (end <= self.find.start && does).then_some(Subject {
                who,
                place: at..end,
            });
        }
        self.is_stranger(at)
            .then(|| named(Who::Other, at + 1))
            .flatten()
    }

    /// Whether somebody is named at `at` of whom only what they do tells that they are somebody:
    /// "the council is taking".
    fn is_stranger(&self, at: usize) -> bool {
        let is = self.lexicon.negation.copulas.have(self.next(at));
        let verb = at + 1 + usize::from(is);
        let endings: &[&str] = if is { &["ing"] } else { &["s", "ed"] };
        let known = |at: usize| self.is_own(at) || self.lists.listener.have(self.text(at));
        verb <= self.find.start
            && verb < self.tokens.len()
            && endings.iter().any(|end| self.text(verb).ends_with(end))
            && self.lists.acts.have(self.text(verb))
            && !self.lists.affairs.have(self.text(at))
            && !at.checked_sub(1).is_some_and(known)
    }

    /// Whether a word is the speaker, or says that something is theirs: "I", "my".
    fn is_own(&self, at: usize) -> bool {
        let text = self.text(at);
        self.lexicon.actor.speaker.have(text) || self.lists.own.have(text)
    }

    fn next(&self, at: usize) -> &str {
        self.tokens
            .get(at + 1)
            .map_or("", |next| next.as_ref().text.as_str())
    }

    fn nearest(&self) -> Option<Who> {
        self.subjects().next().map(|subject| subject.who)
    }

    fn is_of_others(&self) -> bool {
        let nearest = self.nearest();
        let before = self.find.start.checked_sub(1);
        let has_owner =
            before.is_some_and(|at| at >= self.start && self.lists.owners.have(self.text(at)));
        matches!(nearest, Some(Who::Other | Who::Acquaintance))
            || nearest == Some(Who::Family) && self.is_theirs()
            || matches!(nearest, None | Some(Who::Listener)) && has_owner
            || self.is_done_by_them()
    }

    /// Whether what is named are people of the listener's who have done something: "your manager
    /// promised me".
    fn is_done_by_them(&self) -> bool {
        let find = &self.find;
        let begins = |at: usize| {
            let end = self.lists.listener.longest_at(self.tokens, at);
            end.is_some_and(|end| at == find.start || end == find.start)
        };
        let asked = |at: usize| self.lexicon.actor.asking.have(self.text(at));
        let next = self.tokens.get(find.end).map(AsRef::as_ref);
        (find.start.saturating_sub(2)..=find.start).any(begins)
            && !(self.start..find.start).any(asked)
            && (next.is_some_and(|next| next.text.ends_with("ed"))
                || (find.clone().skip(1).chain([find.end]))
                    .any(|at| self.lists.has_done.longest_at(self.tokens, at).is_some()))
    }

    /// Whether it befalls somebody the speaker knows, and nothing of the speaker's.
    fn is_of_acquaintances(&self) -> bool {
        self.nearest() == Some(Who::Acquaintance) && !self.find.clone().any(|at| self.is_own(at))
    }

    /// Whether it is done to the speaker, or among those who do it: "my sister is suing her boss",
    /// 我舅舅跟单位打官司.
    fn is_theirs(&self) -> bool {
        let next = self.tokens.get(self.find.end);
        let whom = |at: usize| self.lists.against.have(self.text(at - 1));
        let other = |at: usize| {
            let text = self.text(at);
            !self.lists.listener.have(text) && !self.lexicon.actor.speaker.have(text)
        };
        next.is_some_and(|next| self.lists.theirs.have(&next.as_ref().text))
            || (self.start + 1..self.find.start).any(|at| whom(at) && other(at))
    }

    /// Whether what stands around it makes it only a kind of thing, or what a text is about.
    fn is_of_a_kind(&self) -> bool {
        let kind = self.lists.kinds.longest_at(self.tokens, self.find.end);
        let about = &self.lists.about;
        self.find.end < self.end && kind.is_some()
            || about.end_before(&self.tokens[self.start..], self.find.start - self.start)
    }

    fn is_mentioned(&self) -> bool {
        let before = |list: &Phrases, reach: usize| {
            let from = self.find.start.saturating_sub(reach + 4).max(self.start);
            (from..self.find.start).find_map(|at| {
                let end = list.longest_at(self.tokens, at)?;
                (end <= self.find.start && end + reach >= self.find.start).then_some(at..end)
            })
        };
        let is_what_somebody_is = before(&self.lists.being, DESCRIBED).is_some_and(|being| {
            let described = &self.tokens[being.end..=self.find.start];
            described.iter().all(|token| self.describes(token.as_ref()))
                && (self.start..being.start).any(|at| {
                    let subject = self.subject(at);
                    let ends = |end: usize| end <= being.start && end + 1 >= being.start;
                    subject.is_some_and(|subject| ends(subject.place.end))
                })
        });
        let theirs = (self.find.start.checked_sub(1))
            .is_some_and(|at| at >= self.start && self.lists.of_family.have(self.text(at)));
        is_what_somebody_is
            || theirs
            || self.is_cited()
            || before(&self.lists.working, DESCRIBED).is_some()
            || self
                .lists
                .described
                .longest_at(self.tokens, self.find.end)
                .is_some()
    }

    /// Whether it only tells what a body says, or what a lawyer does where nobody quarrels:
    /// "Ofcom says", "the solicitor needs it for probate".
    fn is_cited(&self) -> bool {
        let lists = self.lists;
        let says = lists.citing.longest_at(self.tokens, self.find.end);
        let is_listener = |at: usize| lists.listener.have(self.text(at));
        let is_threat = self.nearest() == Some(Who::Speaker) || self.find.clone().any(is_listener);
        let is_awaited = |before: usize| {
            lists.own.have(self.text(before)) || lists.awaited.have(self.text(before))
        };
        says.is_some() && !self.find.start.checked_sub(1).is_some_and(is_awaited)
            || !is_threat && self.has(&lists.errands, self.start..self.end)
    }

    /// Whether one of some words begins in a place.
    fn has(&self, words: &Phrases, mut place: Range<usize>) -> bool {
        place.any(|at| words.longest_at(self.tokens, at).is_some())
    }

    /// What is said around the find, as far as it bears on it.
    fn around_it(&self) -> Range<usize> {
        let end = self.tokens.len().min(self.find.end + SENTENCE);
        self.find.start.saturating_sub(SENTENCE)..end
    }

    /// The same, of its own sentence.
    fn sentence(&self) -> Range<usize> {
        let ends = |at: &usize| self.tokens[*at].as_ref().gap == Gap::Break;
        let Range { start, end } = self.around_it();
        let first = (start..=self.find.start).rev().find(ends);
        first.unwrap_or(start)..(self.find.end..end).find(ends).unwrap_or(end)
    }

    /// Whether it only shows how annoying or funny a thing is, and nothing else in the sentence tells
    /// that it is meant.
    fn is_figurative(&self) -> bool {
        let lists = self.lists;
        let is_said = |words: &Phrases, place: &Range<usize>| self.has(words, place.clone());
        let sentence = self.sentence();
        // "I was joking yesterday but now I want to die": what stands before a "but" is another matter.
        let turns = &self.lexicon.settled.reopening;
        let turned = (sentence.start..self.find.start)
            .rfind(|at| turns.longest_at(self.tokens, *at).is_some());
        let sentence = turned.unwrap_or(sentence.start)..sentence.end;
        let is_of_little =
            || is_said(&lists.trifles, &sentence) || is_said(&lists.figures, &sentence);
        let is_figure = self.is_of_a_trifle()
            || is_said(&lists.figures, &(self.start..self.end))
            || is_said(&lists.taken_back, &(self.find.end..sentence.end))
            || is_said(&lists.jests, &sentence) && is_of_little();
        is_figure && !self.is_meant()
    }

    /// Whether a thing that endangers nobody brings it about or suffers it: "this app makes me want to
    /// die", "die of boredom".
    fn is_of_a_trifle(&self) -> bool {
        let (lists, find) = (self.lists, &self.find);
        let thing = |at: usize| lists.trifles.longest_at(self.tokens, at);
        // "This phone wants to die", 小店都快撑不下去.
        let perishes = |at: usize| lists.perishable.longest_at(self.tokens, at).max(thing(at));
        let befalls = |at: usize| {
            perishes(at).is_some_and(|end| lists.adverbs.skip(self.tokens, end) == find.start)
        };
        let causes = |at: usize| {
            let Some(end) = thing(at) else { return false };
            if negation::is_denied(self.lexicon, self.tokens, at..end, BESIDE, |_| false) {
                return false;
            }
            let mut causing = end..find.start;
            let cause = causing.find(|at| lists.causing.longest_at(self.tokens, *at).is_some());
            // Not "this app and my debts make me".
            cause.is_some_and(|cause| {
                !self.has(&self.lexicon.clauses.coordinators, end..cause)
                    && !self.has(&lists.own, end..cause)
            })
        };
        // "Die of boredom", "live here with this connection".
        let close = self.end.min(find.end + 2);
        let over = |at: usize| {
            let end = lists.over.longest_at(self.tokens, at)?;
            (end..self.end.min(end + BESIDE + 1)).find_map(thing)
        };
        (self.start..find.start).any(|at| befalls(at) || causes(at))
            || (find.start..close).any(|at| over(at).is_some())
            || find.end < self.end
                && self.tokens[find.end].as_ref().is_han()
                && perishes(find.end).is_some()
    }

    /// Whether the sentence tells that it is meant: a plan, a means, a time, a goodbye, or that it is no
    /// joke.
    fn is_meant(&self) -> bool {
        let Range { start, end } = self.sentence();
        let apart = (start..self.find.start).chain(self.find.end..end);
        let mut signs =
            apart.filter_map(|at| Some(at..self.lists.meant.longest_at(self.tokens, at)?));
        signs.any(|sign| {
            let own = |at: usize| sign.contains(&at);
            !negation::is_denied(self.lexicon, self.tokens, sign.clone(), BESIDE, own)
        })
    }

    /// Whether it happens in a film. "I watched that film and want to die" is no part of it.
    fn is_in_a_story(&self) -> bool {
        let subject = self.subjects().next();
        let speaker = subject.filter(|subject| subject.who == Who::Speaker);
        let from = speaker.map_or(self.start, |speaker| speaker.place.end);
        let stories = &self.lists.stories;
        self.has(stories, from..self.end)
            || self.is_strangers() && self.has(stories, self.around_it())
    }

    /// Whether it is in the news, or done by somebody nobody here knows.
    fn is_of_strangers(&self) -> bool {
        self.is_strangers() && (self.is_reported() || self.is_done())
    }

    /// Whether nobody whom the speaker knows does it.
    fn is_strangers(&self) -> bool {
        matches!(self.nearest(), None | Some(Who::Other | Who::Listener))
    }

    /// Whether somebody has done it.
    fn is_done(&self) -> bool {
        self.nearest() == Some(Who::Other) && self.text(self.find.start).ends_with("ed")
    }

    /// Whether the clause or what follows praises, or tells what own people have done.
    fn is_friendly(&self) -> bool {
        let (lists, behind) = (self.lists, self.find.start..self.around_it().end);
        let own = |at: usize| {
            let end = lists.family.longest_at(self.tokens, at)?;
            let blamed = lists.angry_at.end_before(self.tokens, at);
            (blamed || lists.did.longest_at(self.tokens, end).is_some()).then_some(end)
        };
        let praises = |at: usize| {
            let end = lists.praise.longest_at(self.tokens, at)?;
            let denied = negation::is_denied(self.lexicon, self.tokens, at..end, BESIDE, |_| false);
            (!denied).then_some(end)
        };
        (self.start..behind.end).any(|at| praises(at).is_some())
            || behind.clone().any(|at| own(at).is_some())
    }

    /// Whether the clause asks if something is that, and not of what befell the speaker.
    fn is_asked(&self) -> bool {
        let asks_whether = &self.lists.asks_whether;
        let asks = self.has(asks_whether, self.start..self.find.start)
            || self.has(asks_whether, self.find.end..self.end);
        asks && !(self.start..self.end).any(|at| self.is_own(at))
    }

    /// Whether a word behind "is" may tell what somebody is, and not what they do.
    fn describes(&self, token: &Token) -> bool {
        let is_done = |ending| token.text.ends_with(ending);
        let leads_on = self.lists.leading_on.have(&token.text) || is_done("ing") || is_done("ed");
        self.lists.ranks.have(&token.text) || !leads_on
    }

    fn is_reported(&self) -> bool {
        let before = |list: &Phrases| {
            let mut places = (self.start..self.find.start).rev();
            places.find(|at| list.longest_at(self.tokens, *at).is_some())
        };
        let told = before(&self.lists.hearsay)
            .or_else(|| Some(before(&self.lists.sources)?.max(before(&self.lists.hearing)?)));
        let is_speaker = |subject: &Subject| subject.who == Who::Speaker;
        told.is_some_and(|told| {
            let mut behind = self
                .subjects()
                .take_while(|subject| subject.place.start > told);
            !behind.any(|subject| is_speaker(&subject))
        })
    }

    fn is_supposed(&self) -> bool {
        let conditions = &self.lists.conditions;
        let mut places = (self.from..self.find.start).rev();
        let condition = places.find(|at| conditions.longest_at(self.tokens, *at).is_some());
        // What follows from it has somebody of its own: "if it fails again I will cancel".
        condition.is_some_and(|at| {
            self.subjects()
                .take_while(|subject| subject.place.start > at)
                .count()
                < 2
        })
    }

    fn is_unreal(&self) -> bool {
        let Self { lists, find, .. } = self;
        let sentence = find.start.saturating_sub(SENTENCE);
        self.has(&lists.unreal, self.from..find.start)
            || self.has(&lists.but_for, sentence..find.start)
    }
}

#[cfg(test)]
mod tests;
