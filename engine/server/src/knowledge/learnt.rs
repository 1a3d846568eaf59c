//! What is listened for since people have corrected what was heard.

use std::collections::BTreeSet;
use std::sync::Arc;

use sidetone_core::correction::phrases;
use sidetone_types::lang::Lang;
use sidetone_types::recognise::Phrase;

use super::digest::{favoured, says_something};
use crate::storage::Corrected;

/// Phrases that are listened for: those corrected last.
const MOST: usize = 500;

/// Corrections and what follows from them.
#[derive(Default)]
pub struct Learnt {
    corrected: Vec<Corrected>,
    phrases: Vec<(Lang, String)>,
}

impl Learnt {
    /// What follows from these, the newest first.
    pub fn of(corrected: Vec<Corrected>) -> Self {
        let mut known = BTreeSet::new();
        let new = corrected.iter().flat_map(|line| {
            let phrases = phrases(&line.heard, &line.meant).into_iter();
            phrases.map(|phrase| (line.lang, phrase))
        });
        let new = new.filter(|(lang, phrase)| {
            says_something(phrase) && known.insert((*lang, phrase.to_lowercase()))
        });
        Self {
            phrases: new.take(MOST).collect(),
            corrected,
        }
    }

    /// Whether nothing was corrected since.
    pub fn is_of(&self, corrected: &[Corrected]) -> bool {
        self.corrected == corrected
    }

    /// What is listened for in calls in `languages`.
    pub fn phrases(&self, languages: &[Lang], boost: f32) -> Arc<[Phrase]> {
        favoured(&self.phrases, &languages.iter().copied().collect(), boost)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn corrected(lang: Lang, heard: &str, meant: &str) -> Corrected {
        Corrected {
            lang,
            heard: heard.to_owned(),
            meant: meant.to_owned(),
        }
    }

    #[test]
    fn later_calls_listen_for_what_was_corrected_last_each_phrase_once() {
        let lines = vec![
            corrected(Lang::EN, "a roar of fibre", "Aurora Fibre"),
            corrected(Lang::ZH, "光先宽带", "光纤宽带"),
            corrected(Lang::EN, "we have a roar of fibre", "we have Aurora Fibre"),
            corrected(Lang::EN, "yes", "no"),
        ];
        let learnt = Learnt::of(lines.clone());
        let phrases = |languages: &[Lang], boost| -> Vec<String> {
            let phrases = learnt.phrases(languages, boost);
            phrases.iter().map(|phrase| phrase.text.clone()).collect()
        };
        assert_eq!(
            phrases(&[Lang::EN, Lang::ZH], 1.5),
            ["Aurora Fibre", "光纤"]
        );
        assert_eq!(phrases(&[Lang::ZH], 1.5), ["光纤"]);
        assert!(phrases(&[Lang::EN], 0.0).is_empty(), "nothing is favoured");
        assert!(learnt.is_of(&lines) && !learnt.is_of(&lines[1..]));
        let many =
            (0..2 * MOST).map(|i| corrected(Lang::EN, "", &format!("Name {}ville", letters(i))));
        assert_eq!(Learnt::of(many.collect()).phrases.len(), MOST);
    }

    /// A number in letters.
    fn letters(number: usize) -> String {
        let digits = number.to_string();
        digits
            .bytes()
            .map(|digit| char::from(digit - b'0' + b'a'))
            .collect()
    }
}
