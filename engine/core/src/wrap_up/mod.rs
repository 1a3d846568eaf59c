//! What remains of a call: its summary, the promises made in it, and what is to be done about them.
//!
//! Plain rules over the finished utterances; no model, no trade of its own. English and Mandarin are
//! read alike, also mixed, and as a recogniser writes them: with wrong words, without punctuation, in
//! figures or in words, in traditional characters.
//!
//! ```text
//! lines ─► sentence ─► tokens ─┬─► reason, actions, keywords ─────────────┐
//!                              ├─► dates + deeds ─► promises ─► follow_ups ├─► note (text)
//! alerts ──────────────────────┴─► risks ─────────────────────────────────┘
//! ```

mod actions;
mod answers;
mod deeds;
mod facts;
mod follow_ups;
mod keywords;
mod mood;
mod promises;
mod reason;
mod risks;
mod sentence;
mod stance;
#[cfg(test)]
mod tests;
mod text;

pub use facts::{Facts, Line};
pub use sidetone_types::summary::{FollowUp, FollowUpKind, Promise, Summary};

use std::time::Duration;

use crate::assist::AlertRaised;
use crate::describe::Role;
use crate::emotion::CurvePoint;
use crate::lang::Lang;
use crate::time::as_millis;
use sentence::Sentence;

/// Sums up a call from what was said in it and the alerts it raised.
///
/// `said` holds the finished utterances of both sides, in any order, `mood` the readings of their voices in order. The note is written in the language
/// that most words were spoken in, as far as we write it: English or Mandarin.
pub fn summarise(
    facts: &Facts,
    said: &[Line],
    alerts: &[AlertRaised],
    mood: &[CurvePoint],
) -> Summary {
    let lexicon = &*facts.lexicon;
    let sentences = sentence::sentences(said, lexicon);
    let lang = language(facts.main_lang, &sentences);
    let today = facts.began.date();

    let reason = reason::reason(&sentences, facts.direction, &lexicon.reason);
    let promised = promises::promises(&sentences, facts.began, lexicon);
    let deadlines = risks::deadlines(&sentences, facts.began, &lexicon.risks);
    let mut note = Summary {
        lang,
        actions: actions::actions(&sentences, &promised, lang, &lexicon.actions),
        promises: promised.iter().map(|p| p.note(&sentences)).collect(),
        risks: risks::risks(alerts, &deadlines, text::Labels::of(lang)),
        keywords: keywords::keywords(&sentences, &facts.terms, &reason, &lexicon.keywords),
        follow_ups: follow_ups::follow_ups(&promised, today, lang),
        urgent: risks::is_urgent(&sentences, alerts, &deadlines, today, &lexicon.risks),
        agent_talk_ms: talk_ms(said, Role::Agent),
        customer_talk_ms: talk_ms(said, Role::Customer),
        mood: mood::curve(mood),
        reason,
        text: String::new(),
    };
    note.text = text::text(facts, &note);
    note
}

/// Mandarin or English, whichever has more words: three characters make about two words.
fn language(fallback: Lang, sentences: &[Sentence]) -> Lang {
    let tokens = || sentences.iter().flat_map(|s| &s.tokens);
    let han = tokens().filter(|t| t.is_han()).count();
    let others = tokens().count() - han;
    match (han * 2).cmp(&(others * 3)) {
        std::cmp::Ordering::Greater => Lang::ZH,
        std::cmp::Ordering::Less => Lang::EN,
        std::cmp::Ordering::Equal if fallback == Lang::ZH => Lang::ZH,
        std::cmp::Ordering::Equal => Lang::EN,
    }
}

fn talk_ms(said: &[Line], role: Role) -> u64 {
    let spoken: Duration = said
        .iter()
        .filter(|line| line.role == role)
        .map(|line| line.end.since(line.start))
        .sum();
    as_millis(spoken)
}
