//! What rules and articles would have brought up in a call that is over.
//!
//! What was said is gone through once more, by the very rules and cards that follow live calls, each
//! utterance as a whole: what an utterance that was still going on would have brought up a little
//! earlier comes when it is over, and nothing that would have been withdrawn comes at all.

use std::collections::BTreeSet;
use std::sync::Arc;

use sidetone_language::lexicon::Lexicon;
use sidetone_types::assist::Severity;
use sidetone_types::id::UtteranceId;
use sidetone_types::lang::Lang;
use sidetone_types::time::MediaTime;

use crate::cards::{CardConfig, Cards, Fit, Query};
use crate::escalation::{Alert, Felt, Watch};
use crate::rules::RuleSet;
use crate::stable_words::StableWords;

/// A finished utterance, and how its voice sounded where that was read.
#[derive(Clone, Debug)]
pub struct Utterance {
    /// Its words.
    pub words: StableWords,
    /// Its voice, stretch by stretch.
    pub felt: Vec<Felt>,
}

/// What a call is gone through with.
pub struct Helpers<'a> {
    /// What is watched for.
    pub rules: Arc<RuleSet>,
    /// Which articles become cards.
    pub cards: CardConfig,
    /// The word lists by which the call is understood.
    pub lexicon: Arc<Lexicon>,
    /// Finds articles, best first.
    pub search: &'a dyn Fn(&Query) -> Vec<Fit>,
}

/// A card or an alert.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum HelpKind {
    /// An article was shown.
    Card,
    /// A rule raised an alert.
    Alert,
}

/// Something that came up in a call.
#[derive(Clone, Debug, PartialEq)]
pub struct Help {
    /// A card or an alert.
    pub kind: HelpKind,
    /// The id of the article, or the name of the rule.
    pub name: String,
    /// The title of the article, or the message of the alert.
    pub title: String,
    /// That of an alert.
    pub severity: Option<Severity>,
    /// How well the article fits.
    pub score: Option<f32>,
    /// The utterance that brought it up.
    pub utterance: UtteranceId,
    /// Where the words stand.
    pub start: MediaTime,
    /// The words.
    pub triggers: Vec<String>,
}

/// What one way of helping brings up in a call, and another does not.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Difference {
    /// What comes up with the second alone, in order.
    pub came: Vec<Help>,
    /// What came up with the first alone, in order.
    pub gone: Vec<Help>,
    /// What comes up with both.
    pub stayed: usize,
}

/// Goes through a call in which these languages may be spoken.
pub fn replay(utterances: &[Utterance], languages: &[Lang], helpers: &Helpers<'_>) -> Vec<Help> {
    let mut watch = Watch::new(Arc::clone(&helpers.rules), languages);
    let mut cards = Cards::new(helpers.cards.clone(), Arc::clone(&helpers.lexicon));
    let mut helps = Vec::new();
    for Utterance { words, felt } in utterances {
        let words = words.without_labels();
        // Alerts that nothing has spoken for since are over by now.
        watch.tick(words.end());
        for felt in felt {
            helps.extend(watch.observe_emotion(felt).into_iter().map(Help::from));
        }
        helps.extend(watch.observe_words(&words).into_iter().map(Help::from));
        let Some(query) = cards.observe_words(&words) else {
            continue;
        };
        for card in cards.found(query.id, (helpers.search)(&query)) {
            let shown = card.suggestion;
            helps.push(Help {
                kind: HelpKind::Card,
                name: shown.article_id,
                title: shown.title,
                severity: None,
                score: Some(shown.score),
                utterance: shown.utterance,
                start: card.start,
                triggers: shown.triggers,
            });
        }
    }
    helps
}

impl From<Alert> for Help {
    fn from(alert: Alert) -> Self {
        Self {
            kind: HelpKind::Alert,
            name: alert.raised.rule,
            title: alert.raised.message,
            severity: Some(alert.raised.severity),
            score: None,
            utterance: alert.utterance,
            start: alert.start,
            triggers: alert.raised.triggers,
        }
    }
}

impl Difference {
    /// Between what came up `before` and what comes up `after`: the same card or alert of the same
    /// utterance has stayed, whatever it says now.
    pub fn between(before: Vec<Help>, after: Vec<Help>) -> Self {
        let keys = |helps: &[Help]| -> BTreeSet<(HelpKind, String, UtteranceId)> {
            helps.iter().map(Help::key).collect()
        };
        let (was, is) = (keys(&before), keys(&after));
        let came = after.into_iter().filter(|help| !was.contains(&help.key()));
        let gone = before.into_iter().filter(|help| !is.contains(&help.key()));
        Self {
            came: came.collect(),
            gone: gone.collect(),
            stayed: was.intersection(&is).count(),
        }
    }
}

impl Help {
    fn key(&self) -> (HelpKind, String, UtteranceId) {
        (self.kind, self.name.clone(), self.utterance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::said;
    use sidetone_types::party::Side;

    const RULE: &str = "lang = \"en\"\n\n[[rule]]\nname = \"churn\"\nrole = \"customer\"\naction = \"escalate\"\n\
                        message = \"Wants to leave\"\nany = [\"cancel my contract\"]\n";

    fn call() -> Vec<Utterance> {
        let lines = [
            (Side::Agent, "you could cancel my contract as well"),
            (Side::Customer, "I do not want to cancel my contract"),
            (Side::Customer, "I will cancel my contract today"),
            (Side::Customer, "yes cancel my contract please"),
        ];
        let utterances = (1..).zip(lines).map(|(number, (side, line))| Utterance {
            words: said(
                number,
                side,
                Lang::EN,
                MediaTime::from_millis(number * 10_000),
                line,
            ),
            felt: Vec::new(),
        });
        utterances.collect()
    }

    fn fits(query: &Query) -> Vec<Fit> {
        let Some(at) = query.text.find("contract") else {
            return Vec::new();
        };
        vec![Fit {
            article_id: "leaving".to_owned(),
            title: "Leaving".to_owned(),
            snippet: String::new(),
            say: "Stay.".to_owned(),
            triggers: vec!["cancel contract".to_owned()],
            not: Vec::new(),
            score: 0.9,
            matched: std::iter::once(at..at + "contract".len()).collect(),
        }]
    }

    fn with(rules: &str, search: &dyn Fn(&Query) -> Vec<Fit>) -> Vec<Help> {
        let helpers = Helpers {
            rules: Arc::new(RuleSet::parse([("own.toml", rules)]).expect("well formed")),
            cards: CardConfig::default(),
            lexicon: Lexicon::built_in(),
            search,
        };
        replay(&call(), &[Lang::EN], &helpers)
    }

    #[test]
    fn a_call_is_gone_through_with_negation_and_who_speaks_and_what_was_raised_before() {
        let helps = with(RULE, &|_| Vec::new());
        let told: Vec<_> = helps
            .iter()
            .map(|help| (help.kind, help.name.as_str(), help.utterance.0))
            .collect();
        assert_eq!(told, [(HelpKind::Alert, "churn", 3)]);
        assert_eq!(helps[0].triggers, ["cancel my contract"]);
        assert!(helps[0].start > MediaTime::from_millis(30_000));
    }

    #[test]
    fn the_difference_is_what_came_and_what_went() {
        let before = with(RULE, &|_| Vec::new());
        let after = with("lang = \"en\"", &fits);
        let difference = Difference::between(before.clone(), after);
        let names = |helps: &[Help]| -> Vec<_> {
            helps
                .iter()
                .map(|help| (help.kind, help.name.clone()))
                .collect()
        };
        assert_eq!(
            names(&difference.came),
            [(HelpKind::Card, "leaving".to_owned())]
        );
        assert_eq!(
            names(&difference.gone),
            [(HelpKind::Alert, "churn".to_owned())]
        );
        let same = Difference::between(before.clone(), before);
        assert_eq!((same.came.len(), same.gone.len(), same.stayed), (0, 0, 1));
    }
}
