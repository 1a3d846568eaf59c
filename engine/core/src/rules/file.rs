//! Files of rules: TOML in, [`Rule`]s and their phrases out.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use sidetone_language::lexicon::Lexicon;
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue, ValueDeserializer};

use super::condition::{Condition, Slot};
use super::error::{Place, RuleError};
use super::phrase::write_out;
use super::voice::{Strain, Voice, is_share};
use super::{Finder, Rule, Use};
use sidetone_types::assist::{Action, Severity};
use sidetone_types::emotion::Mood;
use sidetone_types::lang::Lang;
use sidetone_types::party::Role;

/// A supervisor needs this long to look in.
const HOLD_S: u32 = 120;
const COOLDOWN_S: u32 = 60;
/// A mood that is as likely as all others together.
const MOOD_ABOVE: f32 = 0.5;
const NOT_WITHIN: usize = 6;
const NEGATION_WITHIN: usize = 6;

/// What every rule must have, and what to write there.
const REQUIRED: [(&str, &str); 3] = [
    ("name", "a name of its own"),
    ("action", "\"suggest\", \"warn\" or \"escalate\""),
    ("message", "what people are to know, in one line"),
];

/// A rule as it is written. The docs of the module tell what the keys mean.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: Spanned<String>,
    lang: Option<Lang>,
    role: Option<Role>,
    action: Action,
    severity: Option<Severity>,
    message: Spanned<String>,
    #[serde(default)]
    script: String,
    #[serde(default)]
    any: Vec<Spanned<String>>,
    #[serde(default)]
    near: Vec<Spanned<Near>>,
    #[serde(default)]
    all: Vec<Spanned<String>>,
    #[serde(default)]
    not: Vec<Spanned<String>>,
    not_within: Option<usize>,
    negation_within: Option<usize>,
    mood: Option<Mood>,
    mood_above: Option<f32>,
    strain: Option<Strain>,
    count: Option<usize>,
    window_s: Option<u32>,
    hold_s: Option<u32>,
    cooldown_s: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Near {
    words: Vec<Spanned<String>>,
    within: usize,
}

/// Reads files one after the other into one set of rules.
pub(super) struct Reader {
    pub rules: Vec<Rule>,
    pub finder: Finder<Use>,
    /// All that is wrong so far. With any, the rules are of no use.
    pub errors: Vec<RuleError>,
    /// Where the rules' names stand.
    named: Vec<Place>,
    /// Of the rules so far, those whose names later ones give way to.
    own: usize,
}

impl Reader {
    /// Has read nothing yet.
    pub fn new(lexicon: Arc<Lexicon>) -> Self {
        Self {
            rules: Vec::new(),
            finder: Finder::new(lexicon),
            errors: Vec::new(),
            named: Vec::new(),
            own: 0,
        }
    }

    /// From now on a rule whose name is taken by one so far is left out.
    pub fn give_way(&mut self) {
        self.own = self.rules.len();
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
        for (key, value) in file {
            match (key.get_ref().as_ref(), value.get_ref()) {
                ("lang", _) => match Lang::deserialize(ValueDeserializer::from(value)) {
                    Ok(of_file) => lang = Some(of_file),
                    Err(error) => self.errors.push(source.refuse(&error, None)),
                },
                ("rule", DeValue::Array(array)) => rules.extend(array.iter().cloned()),
                (other, _) => self.errors.push(RuleError::Toml {
                    at: source.place(key.span().start),
                    message: format!(
                        "`{other}` is not known here: a file has `lang`, and `[[rule]]` for each rule"
                    ),
                }),
            }
        }
        for rule in rules {
            let at = source.place(rule.span().start);
            if let Some(written) = self.written(&source, rule) {
                self.rule(&source, at, lang, written);
            }
        }
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
        match self.rules.iter().position(|rule| rule.name == name) {
            Some(first) if first < self.own => return,
            Some(first) => self.errors.push(RuleError::NameTwice {
                at: name_at.clone(),
                rule: name.clone(),
                first: self.named[first].clone(),
            }),
            None => {}
        }
        let lang = written.lang.or(lang);
        if lang.is_none() {
            let (at, rule) = (at.clone(), name.clone());
            self.errors.push(RuleError::NoLanguage { at, rule });
        }
        let voice = Voice {
            mood: written
                .mood
                .map(|mood| (mood, written.mood_above.unwrap_or(MOOD_ABOVE))),
            strain: written.strain,
        };
        let voice = (voice.mood.is_some() || voice.strain.is_some()).then_some(voice);
        let silent = written.any.is_empty() && written.near.is_empty() && written.all.is_empty();
        if silent && voice.is_none() {
            let (at, rule) = (at.clone(), name.clone());
            self.errors.push(RuleError::LooksForNothing { at, rule });
        }
        let count = written.count.unwrap_or(1);
        let problem = match (count, written.window_s) {
            (0, _) => Some(("count", "is 0: it must be 1 or more")),
            (1, Some(_)) => Some((
                "window_s",
                "has no meaning without `count`: add that, or remove it",
            )),
            (2.., None) => Some(("count", "needs a time in which to count: add `window_s`")),
            (_, Some(0)) => Some(("window_s", "is 0: write seconds, 600 for ten minutes")),
            _ => None,
        };
        let mood = match (written.mood, written.mood_above) {
            (None, Some(_)) => Some("has no meaning without `mood`: add that, or remove it"),
            (_, Some(above)) if !is_share(above) => {
                Some("must be between 0 and 1: 0.5 is even odds")
            }
            _ => None,
        };
        let strain = written.strain.and_then(|strain| strain.problem());
        let not = (silent && !written.not.is_empty())
            .then_some("has no meaning without phrases to look for: add `any`, or remove it");
        let problems = [
            problem,
            mood.map(|problem| ("mood_above", problem)),
            strain.map(|problem| ("strain", problem)),
            not.map(|problem| ("not", problem)),
        ];
        let refuse = |at: &Place, key, problem| RuleError::Number {
            at: at.clone(),
            rule: name.clone(),
            key,
            problem,
        };
        for (key, problem) in problems.into_iter().flatten() {
            self.errors.push(refuse(&at, key, problem));
        }

        let index = self.rules.len();
        let mut add = |phrase: &Spanned<String>, slot| {
            let ways = self.phrase(source, phrase, Use { rule: index, slot });
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

        let seconds = |seconds: u32| Duration::from_secs(seconds.into());
        self.named.push(name_at);
        self.rules.push(Rule {
            name,
            lang,
            role: written.role,
            severity: written.severity.unwrap_or(match written.action {
                Action::Suggest => Severity::Info,
                Action::Warn => Severity::Warning,
                Action::Escalate => Severity::Critical,
            }),
            action: written.action,
            message,
            script: written.script.trim().to_owned(),
            voice,
            count,
            window: seconds(written.window_s.unwrap_or(0)),
            phrases,
            hold: seconds(written.hold_s.unwrap_or(HOLD_S)),
            cooldown: seconds(written.cooldown_s.unwrap_or(COOLDOWN_S)),
            condition: Condition {
                any: !written.any.is_empty(),
                near: written
                    .near
                    .iter()
                    .map(|near| (near.get_ref().words.len(), near.get_ref().within))
                    .collect(),
                all: written.all.len(),
                not_within: written.not_within.unwrap_or(NOT_WITHIN),
                negation_within: written.negation_within.unwrap_or(NEGATION_WITHIN),
            },
        });
    }

    /// Adds a phrase, and tells every way to say it.
    fn phrase(
        &mut self,
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
            self.finder.add(way, exact, tag).map_err(|_| {
                refuse("there is nothing to listen for in it, or in one of its choices: words like `the` or 的 are skipped")
            })?;
        }
        let words = |way: &String| way.split_whitespace().collect::<Vec<_>>().join(" ");
        Ok(written.ways.iter().map(words).collect())
    }
}

struct Source<'a> {
    name: &'a str,
    text: &'a str,
}

impl Source<'_> {
    fn place(&self, offset: usize) -> Place {
        let before = self.text.as_bytes().iter().take(offset);
        Place {
            file: self.name.to_owned(),
            line: 1 + before.filter(|byte| **byte == b'\n').count(),
        }
    }

    /// What TOML, or a key's type, refuses; in the rule of that name.
    fn refuse(&self, error: &toml::de::Error, rule: Option<&str>) -> RuleError {
        let rule = rule.map_or_else(String::new, |rule| format!("rule `{rule}`: "));
        RuleError::Toml {
            at: self.place(error.span().map_or(0, |span| span.start)),
            message: format!("{rule}{}", error.message().trim()),
        }
    }
}

#[cfg(test)]
mod tests {
    use sidetone_language::lexicon::Lexicon;

    use crate::rules::RuleSet;
    use sidetone_types::assist::Severity;

    const GOOD: &str = r#"lang = "en"

[[rule]]
name = "churn"
action = "escalate"
message = "Wants to leave"
any = ["cancel my contract"]

[[rule]]
name = "again"
action = "warn"
message = "Calls again"
near = [{ words = ["called", "times"], within = 4 }]
count = 2
window_s = 600
"#;

    #[test]
    fn what_is_left_out_has_a_default() {
        let rules = RuleSet::parse([("a.toml", GOOD)]).expect("it is good");
        let [churn, again] = rules.rules() else {
            panic!("there are two rules");
        };
        assert_eq!(
            (churn.severity, again.severity),
            (Severity::Critical, Severity::Warning)
        );
        assert_eq!(
            (churn.role, churn.count, churn.script.as_str()),
            (None, 1, "")
        );
        assert_eq!((again.count, again.window.as_secs()), (2, 600));
        assert!(!churn.hold.is_zero() && !churn.cooldown.is_zero());
    }

    #[test]
    fn a_rule_tells_every_way_to_say_what_it_listens_for() {
        let text = GOOD.replace("cancel my contract", "(cancel|end) (my )?contract");
        let rules = RuleSet::parse([("a.toml", text)]).expect("it is good");
        let phrases: Vec<&[String]> = rules.rules().iter().map(|rule| &rule.phrases[..]).collect();
        let churn = [
            "cancel my contract",
            "cancel contract",
            "end my contract",
            "end contract",
        ];
        assert_eq!(phrases, [&churn[..], &["called", "times"]]);
    }

    #[test]
    fn a_file_without_rules_is_no_mistake() {
        let rules = RuleSet::parse([("a.toml", "# nothing yet\n")]).expect("it is good");
        assert!(rules.rules().is_empty());
    }

    #[test]
    fn an_error_names_the_file_the_line_and_what_to_do() {
        for (case, from, to, expected) in [
            ("no TOML", "[[rule]]", "[[rule]", "r/a.toml:3:"),
            (
                "misspelt key",
                "message = \"W",
                "mesage = \"W",
                "r/a.toml:6: rule `churn`: unknown field `mesage`, expected one of",
            ),
            (
                "missing key",
                "action = \"escalate\"\n",
                "",
                "r/a.toml:3: rule `churn`: missing field `action`: add `action =`, \"suggest\", \"warn\"",
            ),
            (
                "unknown action",
                "\"escalate\"",
                "\"shout\"",
                "r/a.toml:5: rule `churn`: unknown variant `shout`, expected one of `suggest`",
            ),
            (
                "unknown language",
                "lang = \"en\"",
                "lang = \"english\"",
                "r/a.toml:1: language `english` is not known",
            ),
            (
                "no language",
                "lang = \"en\"",
                "",
                "r/a.toml:3: rule `churn` has no language: put",
            ),
            (
                "blank name",
                "\"churn\"",
                "\" \"",
                "r/a.toml:4: `name` is blank: write it",
            ),
            (
                "blank message",
                "\"Calls again\"",
                "\"\"",
                "r/a.toml:12: `message` is blank",
            ),
            (
                "empty rule",
                "any = [\"cancel my contract\"]",
                "",
                "r/a.toml:3: rule `churn` looks for nothing: give it",
            ),
            (
                "blank phrase",
                "\"cancel my contract\"",
                "\"\"",
                "r/a.toml:7: phrase ``: there is nothing to listen for",
            ),
            (
                "silent phrase",
                "\"cancel my contract\"",
                "\"the, um\"",
                "r/a.toml:7: phrase `the, um`: there is nothing",
            ),
            (
                "open group",
                "\"cancel my contract\"",
                "\"(cancel|end it\"",
                "r/a.toml:7: phrase `(cancel|end it`: there is a `(`",
            ),
            (
                "name twice",
                "\"again\"",
                "\"churn\"",
                "r/a.toml:10: there is a rule `churn` at r/a.toml:4 already: give",
            ),
            (
                "near of one",
                "\"called\", ",
                "",
                "r/a.toml:13: `near` of rule `again` has a group of fewer than two",
            ),
            (
                "near without a distance",
                ", within = 4",
                "",
                "r/a.toml:13: rule `again`: missing field `within`",
            ),
            (
                "count without a window",
                "window_s = 600",
                "",
                "r/a.toml:9: `count` of rule `again` needs a time",
            ),
            (
                "window without a count",
                "count = 2",
                "",
                "r/a.toml:9: `window_s` of rule `again` has no meaning",
            ),
            (
                "count of none",
                "count = 2",
                "count = 0",
                "r/a.toml:9: `count` of rule `again` is 0",
            ),
            (
                "window of none",
                "600",
                "0",
                "r/a.toml:9: `window_s` of rule `again` is 0",
            ),
            ("negative time", "600", "-1", "r/a.toml:15: "),
        ] {
            assert!(GOOD.contains(from), "{case}");
            let bad = GOOD.replacen(from, to, 1);
            let message = RuleSet::parse([("r/a.toml", bad.as_str())])
                .expect_err(case)
                .to_string();
            assert!(message.contains(expected), "{case}: {message}");
            assert!(message.starts_with("r/a.toml:"), "{case}: {message}");
        }
    }

    #[test]
    fn all_mistakes_of_all_files_are_told_at_once() {
        let bad = GOOD
            .replace("action = \"escalate\"\n", "shout = true\ncount = \"two\"\n")
            .replace("count = 2", "count = 0")
            .replace("\"Calls again\"", "\" \"");
        let errors = RuleSet::read(
            &[("a.toml", bad.as_str()), ("b.toml", "rules = 1")],
            &[],
            Lexicon::built_in(),
        )
        .expect_err("much is wrong");
        let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
        for expected in [
            "a.toml:3: rule `churn`: missing field `action`",
            "a.toml:5: rule `churn`: unknown field `shout`",
            "a.toml:6: rule `churn`: invalid type",
            "a.toml:13: `message` is blank",
            "a.toml:10: `count` of rule `again` is 0",
            "b.toml:1: `rules` is not known here",
        ] {
            let told = errors.iter().any(|error| error.starts_with(expected));
            assert!(told, "{expected}: {errors:#?}");
        }
        assert_eq!(errors.len(), 6, "{errors:#?}");
    }

    #[test]
    fn a_built_in_rule_gives_way_to_an_own_one_of_its_name() {
        let own = GOOD
            .replace("Wants to leave", "Ours")
            .replace("\"again\"", "\"more\"");
        let rules = RuleSet::read(
            &[("own.toml", own.as_str())],
            &[("built-in.toml", GOOD)],
            Lexicon::built_in(),
        )
        .expect("well formed");
        let names = rules
            .rules()
            .iter()
            .map(|rule| (rule.name.as_str(), rule.message.as_str()));
        let expected = [
            ("churn", "Ours"),
            ("more", "Calls again"),
            ("again", "Calls again"),
        ];
        assert_eq!(names.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_name_taken_in_another_file_names_both() {
        let message = RuleSet::parse([("a.toml", GOOD), ("b.toml", GOOD)])
            .expect_err("the names are the same")
            .to_string();
        assert!(
            message.contains("b.toml:4") && message.contains("a.toml:4"),
            "{message}"
        );
    }
}
