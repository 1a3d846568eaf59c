//! Files of rules: TOML in, [`Rule`]s and their phrases out.

mod checklist;
mod source;
#[cfg(test)]
mod tests;
mod written;

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use sidetone_language::lexicon::Lexicon;
use sidetone_language::phrase::write_out;
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue, ValueDeserializer};

use super::checklist::Item;
use super::condition::Slot;
use super::error::{Place, RuleError};
use super::finder::Finder;
use super::rule::{GivenWay, Rule, Use};
use sidetone_types::lang::Lang;
use source::Source;
use written::{COOLDOWN_S, HOLD_S, REQUIRED, Written};

/// Reads files one after the other into one set of rules.
pub(super) struct Reader {
    pub rules: Vec<Rule>,
    pub finder: Finder<Use>,
    /// What must be said.
    pub checklist: Vec<Item>,
    /// The phrases of that.
    pub checklist_finder: Finder<Use>,
    /// All that is wrong so far. With any, the rules are of no use.
    pub errors: Vec<RuleError>,
    /// What later rules have given way to.
    pub given_way: Vec<GivenWay>,
    /// Of the rules so far, those whose names later ones give way to.
    own: usize,
    /// Of the items so far, those that later ones of their name give way to.
    own_items: usize,
    /// Names of items that are off.
    items_off: Vec<String>,
    /// Names of rules that later ones are turned off by, and where they stand.
    offs: Vec<(String, Place)>,
    /// Whether the files that are read now give way.
    gives_way: bool,
}

impl Reader {
    /// Has read nothing yet.
    pub fn new(lexicon: Arc<Lexicon>) -> Self {
        Self {
            rules: Vec::new(),
            finder: Finder::new(Arc::clone(&lexicon)),
            checklist: Vec::new(),
            checklist_finder: Finder::new(lexicon),
            own_items: 0,
            items_off: Vec::new(),
            errors: Vec::new(),
            given_way: Vec::new(),
            own: 0,
            offs: Vec::new(),
            gives_way: false,
        }
    }

    /// From now on a rule whose name is taken by one so far is left out.
    pub fn give_way(&mut self) {
        self.own = self.rules.len();
        self.own_items = self.checklist.len();
        self.gives_way = true;
    }

    /// Entries that have turned nothing off.
    pub fn idle(&self) -> Vec<(String, Place)> {
        let has = |name: &String| self.given_way.iter().any(|rule| rule.name == *name);
        let idle = self.offs.iter().filter(|(name, _)| !has(name));
        idle.cloned().collect()
    }

    /// Takes all rules of a file.
    pub fn read(&mut self, name: &str, text: &str) {
        let source = Source { name, text };
        let file = match DeTable::parse(text) {
            Ok(file) => file.into_inner(),
            Err(error) => return self.errors.push(source.refuse(&error, None)),
        };
        let mut lang = None;
        let mut rules = Vec::new();
        let mut items = Vec::new();
        for (key, value) in file {
            match (key.get_ref().as_ref(), value.get_ref()) {
                ("lang", _) => match Lang::deserialize(ValueDeserializer::from(value)) {
                    Ok(of_file) => lang = Some(of_file),
                    Err(error) => self.errors.push(source.refuse(&error, None)),
                },
                ("rule", DeValue::Array(array)) => rules.extend(array.iter().cloned()),
                ("checklist", DeValue::Array(array)) => items.extend(array.iter().cloned()),
                (other, _) => self.errors.push(RuleError::Toml {
                    at: source.place(key.span().start),
                    message: format!(
                        "`{other}` is not known here: a file has `lang`, `[[rule]]` for each rule, and \
                         `[[checklist]]` for each thing that must be said"
                    ),
                }),
            }
        }
        for rule in rules {
            let at = source.place(rule.span().start);
            if self.turns_off(&source, &rule) {
                continue;
            }
            if let Some(written) = self.written(&source, rule) {
                self.rule(&source, at, lang, written);
            }
        }
        for item in items {
            self.item(&source, item, lang);
        }
    }

    /// Whether it is no rule, and turns a built-in one off: it has that one's name, and `off`.
    fn turns_off(&mut self, source: &Source<'_>, rule: &Spanned<DeValue<'_>>) -> bool {
        let DeValue::Table(keys) = rule.get_ref() else {
            return false;
        };
        let value = |wanted: &str| {
            let mut keys = keys.iter();
            keys.find(|(key, _)| key.get_ref() == wanted)
                .map(|(_, value)| value)
        };
        let Some(off) = value("off") else {
            return false;
        };
        let mut refuse = |offset, message: &str| {
            let at = source.place(offset);
            let message = message.to_owned();
            self.errors.push(RuleError::Toml { at, message });
        };
        if !matches!(off.get_ref(), DeValue::Boolean(true)) {
            refuse(
                off.span().start,
                "`off` is `true`, or is left out: a rule that is there holds",
            );
        }
        for key in keys.keys() {
            if !["name", "off"].contains(&key.get_ref().as_ref()) {
                let told = format!(
                    "`{}` has no meaning beside `off`: a rule that is turned off has its `name` alone",
                    key.get_ref()
                );
                refuse(key.span().start, &told);
            }
        }
        let name = value("name");
        let text = name.and_then(|name| name.get_ref().as_str().map(|text| text.trim().to_owned()));
        match (name, text.filter(|text| !text.is_empty())) {
            (Some(name), Some(text)) => {
                let at = source.place(name.span().start);
                self.taken(&text, &at);
                self.offs.push((text, at));
            }
            _ => refuse(
                rule.span().start,
                "nothing says which rule is off: add `name =`, that of a built-in rule",
            ),
        }
        true
    }

    /// Tells of a name that an own rule has, or turns off, already.
    fn taken(&mut self, name: &str, at: &Place) {
        let rules = self.rules.iter().map(|rule| (&rule.name, &rule.at));
        let offs = self.offs.iter().map(|(name, at)| (name, at));
        let first = rules.chain(offs).find(|(known, _)| *known == name);
        if let Some(first) = first.map(|(_, first)| first.clone()) {
            let (at, rule) = (at.clone(), name.to_owned());
            self.errors.push(RuleError::NameTwice { at, rule, first });
        }
    }

    /// What an own file has under that name, if that counts for the file that is read now.
    fn gives_way_to(&self, name: &str) -> Option<(Place, bool)> {
        if !self.gives_way {
            return None;
        }
        let own = self.rules[..self.own].iter();
        let mut own = own.filter(|rule| rule.name == name);
        let mut off = self.offs.iter().filter(|(off, _)| off == name);
        let rule = own.next().map(|rule| (rule.at.clone(), false));
        rule.or_else(|| off.next().map(|(_, at)| (at.clone(), true)))
    }

    /// A rule as it is written, or `None` and all that is wrong with its keys.
    fn written(&mut self, source: &Source<'_>, rule: Spanned<DeValue<'_>>) -> Option<Written> {
        let (at, span) = (source.place(rule.span().start), rule.span());
        let DeValue::Table(mut keys) = rule.into_inner() else {
            let message = "a rule begins with `[[rule]]`, in two brackets".to_owned();
            self.errors.push(RuleError::Toml { at, message });
            return None;
        };
        let errors = self.errors.len();
        let text = |name: &str| {
            let value = keys.iter().find(|(key, _)| key.get_ref() == name);
            value.and_then(|(_, value)| value.get_ref().as_str().map(str::to_owned))
        };
        let name = text("name");
        let absent = |key: &str| !keys.keys().any(|known| known.get_ref() == key);
        let absent: Vec<(&str, &str)> = REQUIRED
            .into_iter()
            .filter(|(key, _)| absent(key))
            .collect();
        let written = loop {
            let rule = Spanned::new(span.clone(), DeValue::Table(keys.clone()));
            let error = match Written::deserialize(ValueDeserializer::from(rule)) {
                Ok(written) => break Some(written),
                Err(error) => error,
            };
            // A key that is wrong is told and left out, so that those after it are looked at too.
            let wrong = error.span().and_then(|span| {
                let has = |(key, value): &(&Spanned<DeString<'_>>, &Spanned<DeValue<'_>>)| {
                    (key.span().start..value.span().end).contains(&span.start)
                };
                keys.iter().find(has).map(|(key, _)| key.clone())
            });
            match wrong {
                Some(key) => {
                    self.errors.push(source.refuse(&error, name.as_deref()));
                    keys.remove(&key);
                }
                // What is left out above is missing now, and what was missing is told below.
                None => break None,
            }
        };
        for (key, what) in absent {
            let rule = name
                .as_ref()
                .map_or_else(String::new, |name| format!("rule `{name}`: "));
            let message = format!("{rule}missing field `{key}`: add `{key} =`, {what}");
            let at = at.clone();
            self.errors.push(RuleError::Toml { at, message });
        }
        written.filter(|_| self.errors.len() == errors)
    }

    fn rule(&mut self, source: &Source<'_>, at: Place, lang: Option<Lang>, written: Written) {
        let name_at = source.place(written.name.span().start);
        let errors = self.errors.len();
        let name = written.name.get_ref().trim().to_owned();
        let message = written.message.get_ref().trim().to_owned();
        for (key, text) in [("name", &written.name), ("message", &written.message)] {
            if text.get_ref().trim().is_empty() {
                let at = source.place(text.span().start);
                self.errors.push(RuleError::Blank { at, key });
            }
        }
        if let Some((to, is_off)) = self.gives_way_to(&name) {
            let at = name_at;
            return self.given_way.push(GivenWay {
                name,
                at,
                to,
                is_off,
            });
        }
        self.taken(&name, &name_at);
        let lang = written.lang.or(lang);
        if lang.is_none() {
            let (at, rule) = (at.clone(), name.clone());
            self.errors.push(RuleError::NoLanguage { at, rule });
        }
        let voice = written.voice();
        if written.has_no_phrases() && voice.is_none() {
            let (at, rule) = (at.clone(), name.clone());
            self.errors.push(RuleError::LooksForNothing { at, rule });
        }
        let refuse = |at: &Place, key, problem| RuleError::Number {
            at: at.clone(),
            rule: name.clone(),
            key,
            problem,
        };
        for (key, problem) in written.problems() {
            self.errors.push(refuse(&at, key, problem));
        }

        let index = self.rules.len();
        let mut add = |phrase: &Spanned<String>, slot| {
            let tag = Use { rule: index, slot };
            let ways = self::phrase(&mut self.finder, source, phrase, tag);
            ways.unwrap_or_else(|error| {
                self.errors.push(error);
                Vec::new()
            })
        };
        let mut phrases = Vec::new();
        for phrase in &written.any {
            phrases.extend(add(phrase, Slot::Any));
        }
        for (item, phrase) in written.all.iter().enumerate() {
            phrases.extend(add(phrase, Slot::All(item)));
        }
        for phrase in &written.not {
            add(phrase, Slot::Not);
        }
        for (group, near) in written.near.iter().enumerate() {
            for (item, phrase) in near.get_ref().words.iter().enumerate() {
                phrases.extend(add(phrase, Slot::Near(group, item)));
            }
        }
        for near in written
            .near
            .iter()
            .filter(|near| near.get_ref().words.len() < 2)
        {
            let at = source.place(near.span().start);
            let problem = "has a group of fewer than two `words`: add one, or use `any`";
            self.errors.push(refuse(&at, "near", problem));
        }
        let Some(lang) = lang.filter(|_| self.errors.len() == errors) else {
            return;
        };

        let condition = written.condition();
        self.rules.push(Rule {
            name,
            at: name_at,
            lang,
            side: written.role,
            severity: written.severity(),
            action: written.action,
            recording: written.recording.map(Into::into),
            message,
            script: written.script.trim().to_owned(),
            voice,
            count: written.count(),
            window: seconds(written.window_s.unwrap_or(0)),
            phrases,
            hold: seconds(written.hold_s.unwrap_or(HOLD_S)),
            cooldown: seconds(written.cooldown_s.unwrap_or(COOLDOWN_S)),
            condition,
        });
    }
}

/// Adds a phrase, and tells every way to say it.
fn phrase(
    finder: &mut Finder<Use>,
    source: &Source<'_>,
    phrase: &Spanned<String>,
    tag: Use,
) -> Result<Vec<String>, RuleError> {
    let refuse = |problem| RuleError::Phrase {
        at: source.place(phrase.span().start),
        phrase: phrase.get_ref().clone(),
        problem,
    };
    let written = write_out(phrase.get_ref()).map_err(refuse)?;
    let exact = written.exact || tag.slot == Slot::Not;
    for way in &written.ways {
        finder.add(way, exact, tag).map_err(|_| {
            refuse("there is nothing to listen for in it, or in one of its choices: words like `the` or 的 are skipped")
        })?;
    }
    let words = |way: &String| way.split_whitespace().collect::<Vec<_>>().join(" ");
    Ok(written.ways.iter().map(words).collect())
}

fn seconds(seconds: u32) -> Duration {
    Duration::from_secs(seconds.into())
}
