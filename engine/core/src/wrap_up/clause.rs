//! The promises, wishes and proposals in one sentence.

use std::ops::Range;

use super::commitments::{ActionKind, Cue, cues, named, names_visit};
use super::modality::{Modality, modality};
use super::sentence::Sentence;
use super::unlisted::{asked_for, unlisted};
use super::when::{Time, Times};
use sidetone_language::lexicon::Lexicon;
use sidetone_language::pattern::Phrases;
use sidetone_language::tokens::Token;
use sidetone_types::party::Side;

/// One thing that is promised, asked for or proposed, or spoken of in another way.
#[derive(Clone, Debug)]
pub(super) struct Clause {
    /// How it is meant; `None` if nothing comes of it by itself.
    pub modality: Option<Modality>,
    /// What; `None` where the words before tell.
    pub action: Option<ActionKind>,
    /// The words that say so.
    pub cue: Cue,
    /// By when.
    pub time: Option<Time>,
    /// As it may stand in a title.
    pub gist: String,
    /// Whether it is only what usually happens: `a refund takes five days`.
    pub expected: bool,
}

impl Clause {
    /// What is done, as far as these words tell: if something is sent that they do not name, it is
    /// some paper or message.
    pub fn likely(&self) -> ActionKind {
        self.action.unwrap_or(match self.cue.sends {
            true => ActionKind::Document,
            false => ActionKind::Other,
        })
    }
}

/// What a sentence speaks of, in the order of the words.
pub(super) fn clauses(sentence: &Sentence, times: &Times, lexicon: &Lexicon) -> Vec<Clause> {
    let words = &lexicon.modality;
    let tokens = &sentence.tokens;
    let mut cues = cues(sentence, &lexicon.commitments);
    // What happens first is no promise: "when the system is back up".
    let is_event = |cue: &Cue| {
        let mut events = times.events.iter();
        events.any(|event| event.contains(&cue.tokens.start))
    };
    cues.retain(|cue| !is_event(cue));
    for cue in &mut cues {
        let arranges = &lexicon.commitments.arranges;
        let place = sentence.clause(cue.tokens.clone());
        if cue.action == Some(ActionKind::Other)
            && arranges.longest_at(tokens, cue.tokens.start).is_some()
            && names_visit(&tokens[place], &lexicon.commitments)
        {
            cue.action = Some(ActionKind::Visit);
        }
    }
    if sentence.side == Side::Agent && !sentence.question {
        cues.extend(unlisted(sentence, &cues, times, lexicon));
        cues.sort_by_key(|cue| cue.tokens.start);
    }
    if sentence.side == Side::Customer && cues.is_empty() {
        cues.extend(asked_for(sentence, times, lexicon));
    }
    if cues.is_empty() {
        cues.extend(named(tokens, &lexicon.commitments));
    }
    let own = assign(tokens, &cues, &times.live, &lexicon.promises.subjects);
    let mut clauses: Vec<Clause> = Vec::new();
    // 周三退给您，不对，周五退给您
    let is_said_again = |at: usize| {
        let verb = |at: usize| &tokens[cues[at].tokens.start].text;
        times.corrected
            && own[at].is_none_or(|time| time.at_once)
            && (at + 1..cues.len()).any(|next| own[next].is_some() && verb(next) == verb(at))
    };
    for (at, (cue, time)) in cues.iter().zip(own.iter().copied()).enumerate() {
        let around = time.map_or(cue.tokens.clone(), |time| {
            cue.tokens.start.min(time.tokens.start)..cue.tokens.end.max(time.tokens.end)
        });
        let seen_to = words.seen_to.are_in(&tokens[..cue.tokens.end]);
        let mut clause = Clause {
            modality: modality(sentence, cue, time, times, lexicon),
            action: cue.action,
            cue: cue.clone(),
            time: time.cloned(),
            gist: title(
                sentence.text_of(sentence.part(around)),
                &lexicon.promises.leads,
            ),
            expected: cue.action == Some(ActionKind::Refund) && !seen_to,
        };
        if sentence.side == Side::Customer
            && clause.modality == Some(Modality::Promised)
            && clause.action == Some(ActionKind::Refund)
        {
            clause.action = Some(ActionKind::Other); // Customers pay, and refund nothing.
        }
        // Done at once, while the customer listens: that is an action, not a promise.
        let waits = time.is_some_and(Time::is_ahead) || is_said_again(at);
        let slow = clause.action == Some(ActionKind::Inquiry)
            && time.is_none()
            && words.slow.are_in(&tokens[cue.tokens.clone()]);
        if clause.modality == Some(Modality::Promised)
            && !(clause.likely().is_later() || waits || slow || words.vows.are_in(tokens))
        {
            clause.modality = None;
        }
        clauses.push(clause);
    }
    join(clauses, tokens, times)
}

/// "We will look into it and call you by Friday" is one thing to do.
fn join(mut clauses: Vec<Clause>, tokens: &[Token], times: &Times) -> Vec<Clause> {
    let meant = |c: &&Clause| c.modality.is_some();
    if times.corrected {
        clauses.dedup_by(|again, clause| repairs(clause, again, tokens));
    }
    // 三个工作日内核实清楚，给您回电话: the call has the same day.
    let vague = |c: &Clause| matches!(c.likely(), ActionKind::Inquiry | ActionKind::Other);
    for next in 1..clauses.len() {
        let [before, clause] = &mut clauses[next - 1..=next] else {
            break;
        };
        let goes_on = before.modality.is_some() && clause.modality == before.modality;
        if goes_on && vague(before) && !vague(clause) && clause.time.is_none() {
            clause.time = before.time.take();
        }
    }
    let dated = clauses.iter().filter(meant).any(|c| c.time.is_some());
    let telling = clauses.iter().filter(meant).any(|c| c.likely().is_later());
    clauses.retain(|c| !(vague(c) && (telling || dated && c.time.is_none())));
    clauses.dedup_by(|b, a| {
        let kind = |c: &Clause| c.action.map(ActionKind::kind);
        let same = a.modality == b.modality && (kind(a) == kind(b) || b.action.is_none());
        let day = |c: &Clause| c.time.as_ref().map(|time| time.day);
        // 周六满了，周日过去可以吗: proposed once, with a day.
        let later = a.time.is_none() && a.modality == Some(Modality::Open);
        let merge = same && (day(a) == day(b) || b.time.is_none() || later);
        if merge && a.time.is_none() {
            a.time = b.time.take();
        }
        if merge && a.cue.object.is_none() {
            a.cue.object = b.cue.object.take();
        }
        merge
    });
    clauses
}

/// Whether a clause says the one before it again, with its day put right, which that then takes: 明天寄给您，
/// 噢不，后天寄.
fn repairs(before: &mut Clause, again: &mut Clause, tokens: &[Token]) -> bool {
    let sent = before.likely().is_sent() && again.likely().is_sent();
    let verb = |clause: &Clause| &tokens[clause.cue.tokens.start].text;
    let same = before.likely().kind() == again.likely().kind() || again.action.is_none();
    let repairs = before.time.as_ref().is_none_or(|time| time.at_once)
        && again.time.is_some()
        && before.modality == again.modality
        && (same || sent || verb(before) == verb(again));
    if repairs {
        before.time = again.time.take();
    }
    repairs
}

/// Which time belongs to which cue. In English the time mostly follows its verb, in Mandarin it
/// precedes it; what nobody has taken goes to the neighbour on the other side.
fn assign<'a>(
    tokens: &[Token],
    cues: &[Cue],
    times: &'a [Time],
    subjects: &Phrases,
) -> Vec<Option<&'a Time>> {
    let mut own: Vec<Option<&Time>> = vec![None; cues.len()];
    let bounds = |i: usize| {
        let from = if i == 0 { 0 } else { cues[i - 1].tokens.end };
        let to = cues
            .get(i + 1)
            .map_or(tokens.len(), |next| next.tokens.start);
        (from, to)
    };
    // A time before the next cue may open its clause: "and by Friday I will call you".
    let leads = |time: &Time, to: usize| {
        // "today, I will send it": the pause tells.
        let closes = |time: &Time| {
            tokens.get(time.tokens.end).is_some_and(Token::opens)
                && !tokens[time.tokens.start].opens()
        };
        to < tokens.len()
            && !tokens[time.tokens.start].is_han()
            && !closes(time)
            && subjects.longest_at(tokens, time.tokens.end).is_some()
    };
    for (i, Cue { tokens: cue, .. }) in cues.iter().enumerate() {
        let (from, to) = bounds(i);
        let within = |range: Range<usize>| {
            move |t: &&Time| t.tokens.start >= range.start && t.tokens.end <= range.end
        };
        let inside = times.iter().find(|t| cue.contains(&t.tokens.start));
        own[i] = inside.or_else(|| match tokens[cue.start].is_han() {
            true => times.iter().rfind(within(from..cue.start)),
            false => times
                .iter()
                .filter(|time| !leads(time, to))
                .find(within(cue.end..to)),
        });
    }
    for (i, Cue { tokens: cue, .. }) in cues.iter().enumerate() {
        let (from, to) = bounds(i);
        if own[i].is_none() {
            let taken = |time: &Time| own.iter().flatten().any(|own| *own == time);
            own[i] = times.iter().find(|t| {
                t.tokens.start >= from
                    && t.tokens.end <= to
                    && !taken(t)
                    && (t.tokens.end <= cue.start || !leads(t, to))
            });
        }
    }
    own
}

/// A clause as it may stand in a title: without `and` or `could you` before and punctuation behind.
pub(super) fn title(words: &str, leads: &[String]) -> String {
    let mut words = words.trim();
    for lead in leads {
        // Not to be cut down to nothing.
        let rest = words
            .get(..lead.len())
            .filter(|head| head.eq_ignore_ascii_case(lead));
        if rest.is_some() && words[lead.len()..].chars().count() > 3 {
            words = &words[lead.len()..];
        }
    }
    let words = words.trim_end_matches(['.', '。', '!', '！', '?', '？', ',', '，']);
    let words = words.strip_suffix('吗').unwrap_or(words);
    let mut chars = words.chars();
    let Some(first) = chars.next() else {
        return String::new();
    };
    first.to_uppercase().chain(chars).collect()
}
