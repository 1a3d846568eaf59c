//! What is listened for since people have corrected what was heard.

use std::collections::BTreeSet;

use sidetone_core::correction::phrases;

use super::lists::Lists;
use crate::storage::Corrected;

/// Corrections and what follows from them.
#[derive(Default)]
pub struct Learnt {
    corrected: Vec<Corrected>,
    phrases: Lists,
}

impl Learnt {
    /// What follows from these, the newest first: `most` phrases, each favoured by `boost`.
    pub fn of(corrected: Vec<Corrected>, most: usize, boost: f32) -> Self {
        let mut known = BTreeSet::new();
        let new = corrected.iter().flat_map(|line| {
            let phrases = phrases(&line.heard, &line.meant, line.lang).into_iter();
            phrases.map(|phrase| (line.lang, phrase))
        });
        let new = new.filter(|(lang, phrase)| known.insert((*lang, phrase.to_lowercase())));
        let new = new.take(most).collect();
        Self {
            phrases: Lists::new(new, boost),
            corrected,
        }
    }

    /// Whether nothing was corrected since.
    pub fn is_of(&self, corrected: &[Corrected]) -> bool {
        self.corrected == corrected
    }

    /// The phrases to listen for.
    pub fn lists(&self) -> &Lists {
        &self.phrases
    }
}

#[cfg(test)]
mod tests {
    use sidetone_types::lang::Lang;

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
        let phrases = |languages: &[Lang], boost| -> Vec<String> {
            let learnt = Learnt::of(lines.clone(), 10, boost);
            let phrases = learnt.lists().of(languages);
            phrases.iter().map(|phrase| phrase.text.clone()).collect()
        };
        assert_eq!(
            phrases(&[Lang::EN, Lang::ZH], 1.5),
            ["Aurora Fibre", "光纤"]
        );
        assert_eq!(phrases(&[Lang::ZH], 1.5), ["光纤"]);
        assert!(phrases(&[Lang::EN], 0.0).is_empty(), "nothing is favoured");
        let learnt = Learnt::of(lines.clone(), 1, 1.5);
        assert!(learnt.is_of(&lines) && !learnt.is_of(&lines[1..]));
        assert_eq!(learnt.lists().phrases().len(), 1);
    }
}
