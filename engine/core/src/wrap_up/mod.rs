//! What remains of a call: its summary, the promises made in it, and what is to be done about them.
//!
//! Plain rules over the finished utterances; no model, no trade of its own. English and Mandarin
//! are read alike, also mixed, and as a recogniser writes them: with wrong words, without
//! punctuation, in figures or in words, in traditional characters.
//!
//! ```text
//! lines ─► sentence ─► tokens ─┬─► reason, actions, keywords ─────────────────────────────┐
//!                              ├─► when, commitments ─► clause ─► promises ─► follow_ups ─┼─► note (text)
//! alerts ──────────────────────┴─► risks ─────────────────────────────────────────────────┘
//! ```

mod actions;
mod answers;
mod clause;
mod coming;
mod commitments;
mod course;
mod doubt;
mod facts;
mod follow_ups;
mod keywords;
mod modality;
mod mood;
mod promise_list;
mod promised;
mod promises;
mod reason;
mod risks;
mod scope;
mod sentence;
#[cfg(test)]
pub(crate) mod tests;
mod text;
mod unlisted;
mod when;

pub use facts::{Facts, Line};
pub use promise_list::{NoPromise, PromiseEdits, PromiseList};
pub(crate) use sentence::is_question;
use sidetone_types::summary::Summary;
pub use text::text;

use std::collections::BTreeMap;
use std::time::Duration;

use sidetone_language::lexicon::Lexicon;

use promised::Promised;
use sentence::Sentence;
use sidetone_types::assist::AlertRaised;
use sidetone_types::emotion::CurvePoint;
use sidetone_types::lang::Lang;
use sidetone_types::party::Side;
use sidetone_types::time::as_millis;

/// Sums up a call from what was said in it and the alerts it raised.
///
/// `said` holds the finished utterances of both sides, in any order, `mood` the readings of their
/// voices in order. The note is written in the language that most words were spoken in, as far as
/// the lexicon has texts in it.
pub fn summarise(
    facts: &Facts,
    said: &[Line],
    alerts: &[AlertRaised],
    mood: &[CurvePoint],
) -> Summary {
    summarise_edited(facts, said, alerts, mood, &PromiseEdits::default())
}

/// The same, with the promises as somebody has put them right during the call.
pub fn summarise_edited(
    facts: &Facts,
    said: &[Line],
    alerts: &[AlertRaised],
    mood: &[CurvePoint],
    edits: &PromiseEdits,
) -> Summary {
    let lexicon = &*facts.lexicon;
    let sentences = sentence::sentences(said, lexicon);
    let lang = language(facts.main_lang, &sentences, lexicon);
    let labels = &lexicon.texts(lang).note;
    let today = facts.began.date();

    let reason = reason::reason(&sentences, facts.direction, lexicon);
    let mut promised = promises::promises(&sentences, facts.began, lexicon);
    edits.apply(&mut promised, &sentences);
    let standing: Vec<&Promised> = promised.iter().filter(|p| p.stands()).collect();
    let deadlines = risks::deadlines(&sentences, facts.began, lexicon);
    let mut note = Summary {
        lang,
        actions: actions::actions(&sentences, &promised, labels, &lexicon.actions),
        promises: standing.iter().map(|p| p.note(&sentences)).collect(),
        risks: risks::risks(alerts, &deadlines, labels),
        keywords: keywords::keywords(&sentences, &facts.terms, &reason, lexicon),
        follow_ups: follow_ups::follow_ups(&standing, today, &lexicon.calendar, labels),
        urgent: risks::is_urgent(&sentences, alerts, &deadlines, today, &lexicon.risks),
        disposition: String::new(),
        reviewed_by: None,
        missed: Vec::new(),
        memo: String::new(),
        agent_talk_ms: talk_ms(said, Side::Agent),
        customer_talk_ms: talk_ms(said, Side::Customer),
        mood: mood::curve(mood),
        reason,
        text: String::new(),
    };
    note.text = text(facts, &note);
    note
}

/// Adds to a note what somebody has typed during the call.
pub fn with_memo(facts: &Facts, note: &mut Summary, memo: &str) {
    if !memo.is_empty() {
        memo.clone_into(&mut note.memo);
        note.text = text(facts, note);
    }
}

/// The language that most words were spoken in, of those we write; `fallback` where two have as
/// many.
///
/// A Chinese character tells by itself, and three make about two words. Other words count for the
/// language their sentence was heard in, or for English where we do not write that.
fn language(fallback: Lang, sentences: &[Sentence], lexicon: &Lexicon) -> Lang {
    let mut spoken = BTreeMap::from([(Lang::EN, 0), (Lang::ZH, 0)]);
    if lexicon.writes(fallback) {
        spoken.entry(fallback).or_default();
    }
    for sentence in sentences {
        let known = !sentence.lang.is_unspaced() && lexicon.writes(sentence.lang);
        let other = if known { sentence.lang } else { Lang::EN };
        for token in &sentence.tokens {
            let (lang, weight) = if token.is_han() {
                (Lang::ZH, 2)
            } else {
                (other, 3)
            };
            *spoken.entry(lang).or_default() += weight;
        }
    }
    let most = |(lang, count): &(Lang, u64)| (*count, *lang == fallback, *lang == Lang::EN);
    let most = spoken.into_iter().max_by_key(most);
    most.map_or(Lang::EN, |(lang, _)| lang)
}

fn talk_ms(said: &[Line], side: Side) -> u64 {
    let spoken: Duration = said
        .iter()
        .filter(|line| line.side == side)
        .map(|line| line.end.since(line.start))
        .sum();
    as_millis(spoken)
}
