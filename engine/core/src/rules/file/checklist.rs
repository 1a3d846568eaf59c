//! Items of the checklist in a file of rules.

use serde::Deserialize;
use sidetone_types::lang::Lang;
use toml::Spanned;
use toml::de::{DeValue, ValueDeserializer};

use super::source::Source;
use super::written::{NEGATION_WITHIN, NOT_WITHIN};
use super::{Reader, phrase};
use crate::rules::checklist::{Item, Part, place};
use crate::rules::condition::{Condition, Slot};
use crate::rules::error::RuleError;
use crate::rules::rule::Use;

/// An item as it is written. The docs of the rules tell what the keys mean.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: Spanned<String>,
    lang: Option<Lang>,
    #[serde(default)]
    text: String,
    #[serde(default)]
    any: Vec<Spanned<String>>,
    #[serde(default)]
    not: Vec<Spanned<String>>,
    #[serde(default)]
    when: Vec<Spanned<String>>,
    #[serde(default)]
    after: Vec<String>,
    #[serde(default)]
    off: bool,
}

impl Reader {
    /// Takes an item of a file, or all that is wrong with it.
    pub(super) fn item(
        &mut self,
        source: &Source<'_>,
        item: Spanned<DeValue<'_>>,
        lang: Option<Lang>,
    ) {
        let at = source.place(item.span().start);
        let written = match Written::deserialize(ValueDeserializer::from(item)) {
            Ok(written) => written,
            Err(error) => return self.errors.push(source.refuse(&error, None)),
        };
        let name = written.name.get_ref().trim().to_owned();
        let name_at = source.place(written.name.span().start);
        let mut wrong = |message: String| {
            let at = at.clone();
            self.errors.push(RuleError::Toml { at, message });
        };
        let text = written.text.trim().to_owned();
        let lang = written.lang.or(lang);
        let phrases = written.any.len() + written.when.len() + written.not.len();
        let has_name_alone = text.is_empty() && phrases + written.after.len() == 0;
        let problem = match lang {
            _ if name.is_empty() => Some("has no `name`: give it one of its own".to_owned()),
            _ if written.off && !has_name_alone => {
                Some("is `off`, and then has its `name` alone".to_owned())
            }
            _ if written.off => None,
            None => Some(
                "has no language: put `lang = \"en\"` into it or at the top of the file".to_owned(),
            ),
            _ if text.is_empty() => {
                Some("has no `text`: say what it is, in a few words".to_owned())
            }
            _ if written.any.is_empty() => {
                Some("has no phrases that tick it: give it `any`".to_owned())
            }
            _ => None,
        };
        if let Some(problem) = problem {
            return wrong(format!("checklist item `{name}` {problem}"));
        }
        let Some(lang) = lang.filter(|_| !written.off) else {
            return self.items_off.push(name);
        };
        if self.gives_way {
            let own = &self.checklist[..self.own_items];
            if self.items_off.contains(&name)
                || own
                    .iter()
                    .any(|item| item.name == name && item.lang == lang)
            {
                return;
            }
        }
        let mut items = self.checklist.iter();
        if let Some(first) = items.find(|item| item.name == name && item.lang == lang) {
            let first = first.at.clone();
            return wrong(format!(
                "there is a checklist item `{name}` in that language at {first} already: give one of them another \
                 name"
            ));
        }
        let index = self.checklist.len();
        let tag = |part, slot| Use {
            rule: place(index, part),
            slot,
        };
        let phrases = written
            .any
            .iter()
            .map(|phrase| (phrase, tag(Part::Said, Slot::Any)));
        let not = written
            .not
            .iter()
            .map(|phrase| (phrase, tag(Part::Said, Slot::Not)));
        let when = written
            .when
            .iter()
            .map(|phrase| (phrase, tag(Part::When, Slot::Any)));
        for (text, tag) in phrases.chain(not).chain(when) {
            if let Err(error) = phrase(&mut self.checklist_finder, source, text, tag) {
                self.errors.push(error);
            }
        }
        self.checklist.push(Item {
            name,
            at: name_at,
            lang,
            text,
            after: written.after,
            has_when: !written.when.is_empty(),
            condition: Condition {
                any: true,
                near: Vec::new(),
                all: 0,
                not_within: NOT_WITHIN,
                negation_within: NEGATION_WITHIN,
                by: None,
                fact: false,
                earnest: false,
                aimed: false,
            },
        });
    }

    /// Tells of items that wait for what is nowhere.
    pub(in crate::rules) fn check_items(&mut self) {
        for item in &self.checklist {
            for name in &item.after {
                let known = self.rules.iter().any(|rule| rule.name == *name)
                    || self.given_way.iter().any(|rule| rule.name == *name)
                    || self.checklist.iter().any(|item| item.name == *name)
                    || self.items_off.contains(name);
                if !known {
                    let message = format!(
                        "checklist item `{}` comes `after` `{name}`, and there is no rule and no item of that \
                         name",
                        item.name
                    );
                    let at = item.at.clone();
                    self.errors.push(RuleError::Toml { at, message });
                }
            }
        }
    }
}
