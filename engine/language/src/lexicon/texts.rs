//! What the engine writes itself: labels and short sentences, one set per language.
//!
//! Unlike word lists, texts of several languages are never mixed: whoever writes asks for those of
//! one language and gets English where that has none.

use std::collections::BTreeMap;
use std::ops::Deref;

use sidetone_types::lang::Lang;

use super::Key;

/// A text, in which names in braces stand for what is filled in: `(by {day})`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Text(String);

impl Text {
    /// The text with each name in braces replaced by its value. Values are taken as they are,
    /// braces and all.
    pub fn fill(&self, values: &[(&str, &str)]) -> String {
        let mut filled = String::with_capacity(self.0.len());
        let mut rest = self.0.as_str();
        while let Some((before, name, after)) = next_name(rest) {
            filled.push_str(before);
            if let Some((_, value)) = values.iter().find(|(known, _)| *known == name) {
                filled.push_str(value);
            }
            rest = after;
        }
        filled + rest
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

/// The first name in braces, and what stands before and behind it.
fn next_name(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('{')?;
    let (name, after) = rest.split_once('}')?;
    Some((before, name, after))
}

/// All names in braces.
pub(super) fn names(text: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut rest = text;
    while let Some((_, name, after)) = next_name(rest) {
        names.push(name);
        rest = after;
    }
    names
}

/// Declares the topics of texts, and for each one its texts.
macro_rules! texts {
    ($($(#[$about:meta])* $topic:ident: $Topic:ident { $($(#[$what:meta])* $text:ident,)+ })+) => {
        /// The texts of one language.
        #[derive(Clone, Debug)]
        pub struct Texts {
            $($(#[$about])* pub $topic: $Topic,)+
        }

        $(
            $(#[$about])*
            #[derive(Clone, Debug)]
            pub struct $Topic {
                $($(#[$what])* pub $text: Text,)+
            }
        )+

        /// Every topic with the names of its texts.
        pub(super) const TOPICS: &[(&str, &[&str])] =
            &[$((stringify!($topic), &[$(stringify!($text)),+])),+];

        impl Texts {
            fn of(text: impl Fn(Key) -> String) -> Self {
                Self {
                    $($topic: $Topic {
                        $($text: Text(text((stringify!($topic), stringify!($text)))),)+
                    },)+
                }
            }
        }
    };
}

texts! {
    /// The words around what was said in a call's note.
    note: NoteTexts {
        /// First line, where the customer is known: `{name}`, `{day}`.
        call_with,
        /// Before why the customer called.
        reason,
        /// Before what became of the call, where a person has said so.
        disposition,
        /// Before what was done.
        actions,
        /// Before what was promised.
        promises,
        /// Before what is to be done.
        tasks,
        /// Before what the agent has typed.
        memo,
        /// Before what may go wrong.
        risks,
        /// Before the keywords.
        keywords,
        /// In place of a reason that nobody gave.
        unknown,
        /// Before the reason of a call that cannot wait.
        urgent,
        /// Before a day that the customer set.
        deadline,
        /// The agent's side.
        agent,
        /// The customer's side.
        customer,
        /// How strained somebody was: `{who}`, `{from}`, `{until}`, `{most}` percent.
        strained,
        /// How long each side spoke: `{agent}`, `{customer}`.
        talk,
        /// Between a label and what it labels.
        colon,
        /// Between items of a list.
        between,
        /// Behind what is to be done by `{day}`.
        by,
        /// Behind what is to be done at a time that nobody can tell, `{said}`.
        unclear,
        /// What the customer said came of an action: `{action}`, `{result}`.
        outcome,
        /// Title of a task: ring.
        callback,
        /// Title of a task: send an offer.
        offer,
        /// Title of a task: send papers.
        document,
        /// Title of a task: pay money back.
        refund,
        /// Title of a task: send somebody.
        visit,
        /// Title of a task: send a thing.
        delivery,
        /// Title of a task: find something out.
        inquiry,
        /// Title of a task: anything else.
        other,
    }
    /// Why an alert was raised or cleared.
    alert: AlertTexts {
        /// The agent's side.
        agent,
        /// The customer's side.
        customer,
        /// What was said: `{who}`, `{said}`, `{at}`.
        said,
        /// The same, and what it was taken for: `{meant}`.
        said_like,
        /// What was said (`{told}`) and how the voice sounded (`{sounded}`).
        said_and_sounded,
        /// How the voice sounded alone: `{who}`, `{at}`, `{sounded}`.
        sounded,
        /// Several times: `{all}` of them, `{times}` within `{span}`.
        repeated,
        /// Between what is told.
        comma,
        /// What a voice sounds like: `{mood}`, `{percent}`.
        mood,
        /// A mood.
        calm,
        /// A mood.
        angry,
        /// A mood.
        sad,
        /// A mood.
        happy,
        /// Any other mood.
        upset,
        /// A voice is strained.
        strained,
        /// A voice is strained in `{turns}` of the last `{of}` turns.
        strained_turns,
        /// It has not been heard for `{span}`.
        cleared,
        /// It was raised in error.
        withdrawn,
        /// `{n}` minutes.
        minutes,
        /// `{n}` seconds.
        seconds,
    }
}

/// The texts of every language that has some.
#[derive(Debug)]
pub(super) struct TextsByLang {
    by_lang: BTreeMap<Lang, Texts>,
    english: Texts,
}

impl TextsByLang {
    /// Of texts by topic, name and language. What a language leaves out is English.
    pub fn of(texts: &BTreeMap<Key, BTreeMap<Lang, String>>) -> Self {
        let in_lang = |lang: Lang| {
            Texts::of(|key| {
                let all = &texts[&key];
                all.get(&lang).unwrap_or(&all[&Lang::EN]).clone()
            })
        };
        let languages = texts.values().flat_map(BTreeMap::keys);
        Self {
            by_lang: languages.map(|lang| (*lang, in_lang(*lang))).collect(),
            english: in_lang(Lang::EN),
        }
    }

    pub fn get(&self, lang: Lang) -> Option<&Texts> {
        self.by_lang.get(&lang)
    }

    pub fn get_or_english(&self, lang: Lang) -> &Texts {
        self.get(lang).unwrap_or(&self.english)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_braces_are_filled_in_once() {
        let text = Text("{who} at {at} ({who}), {".to_owned());
        let filled = text.fill(&[("who", "{at}"), ("at", "1:05")]);
        assert_eq!(filled, "{at} at 1:05 ({at}), {");
        assert_eq!(names(&text), ["who", "at", "who"]);
    }
}
