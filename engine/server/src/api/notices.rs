//! What is strange about a call, for whoever described it. It is served all the same.

use sidetone_core::describe::{CallChange, CallDescription};
use sidetone_types::lang::Lang;
use sidetone_types::party::PhoneNumber;

use super::Api;

impl Api {
    /// What is strange about a description.
    pub fn notices(&self, description: &CallDescription) -> Vec<String> {
        let understood: Vec<Lang> = self.0.services.knowledge.languages().into_iter().collect();
        let numbers = [
            ("caller", &description.caller),
            ("callee", &description.callee),
        ];
        let numbers = numbers
            .into_iter()
            .filter_map(|(who, number)| of_number(who, number));
        let spoken = description.spoken();
        numbers.chain(of_languages(&spoken, &understood)).collect()
    }

    /// What is strange about a change.
    pub fn notices_of_change(&self, change: &CallChange) -> Vec<String> {
        let numbers = [("caller", &change.caller), ("callee", &change.callee)];
        let numbers = numbers.into_iter();
        let notices = numbers.filter_map(|(who, number)| of_number(who, number.as_ref()?));
        notices.collect()
    }
}

/// Nobody is looked up by what is no number. An extension is none, and nothing strange.
fn of_number(who: &str, number: &PhoneNumber) -> Option<String> {
    let withheld = [
        "anonymous",
        "unknown",
        "private",
        "restricted",
        "unavailable",
    ];
    let given = number.given.to_lowercase();
    let strange = number.e164.is_none()
        && !given.is_empty()
        && !given.contains(|sign: char| sign.is_ascii_digit())
        && !withheld.iter().any(|word| given.contains(word));
    strange.then(|| format!("the {who} given is no phone number: the CRM is not asked for it"))
}

fn of_languages(spoken: &[Lang], understood: &[Lang]) -> Option<String> {
    let strange = |lang: &&Lang| !understood.contains(lang);
    let strange: Vec<&str> = spoken
        .iter()
        .filter(strange)
        .map(|lang| lang.code())
        .collect();
    let known: Vec<&str> = understood.iter().map(|lang| lang.code()).collect();
    (!strange.is_empty()).then(|| {
        format!(
            "no rule is written for {}: its words are written down, alerts are raised in {}",
            strange.join(", "),
            known.join(", ")
        )
    })
}

#[cfg(test)]
mod tests {
    use sidetone_core::phone;

    use super::*;

    #[test]
    fn what_is_no_number_is_noticed_and_what_may_be_is_not() {
        for (given, strange) in [
            ("nonsense", true),
            ("", false),
            ("+1 415 555 0117", false),
            ("1001", false),
            ("anonymous", false),
            ("sip:anonymous@anonymous.invalid", false),
        ] {
            let number = phone::parse(given, "US");
            assert_eq!(of_number("caller", &number).is_some(), strange, "{given}");
        }
    }

    #[test]
    fn a_language_without_rules_is_named_with_those_that_have_some() {
        let lang = |code: &str| {
            code.parse::<sidetone_types::lang::LanguageTag>()
                .expect(code)
                .lang
        };
        let understood = [Lang::EN, Lang::ZH];
        assert_eq!(of_languages(&[Lang::ZH, Lang::EN], &understood), None);
        let notice = of_languages(&[Lang::EN, lang("fr")], &understood).expect("strange");
        assert!(
            notice.starts_with("no rule is written for fr:") && notice.ends_with("en, zh"),
            "{notice}"
        );
    }
}
