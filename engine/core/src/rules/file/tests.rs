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
        (churn.side, churn.count, churn.script.as_str()),
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
            "unknown doer",
            "action = ",
            "by = \"agent\"\naction = ",
            "r/a.toml:5: rule `churn`: unknown variant `agent`, expected `speaker` or `either`",
        ),
        (
            "no yes or no",
            "action = ",
            "fact = \"yes\"\naction = ",
            "r/a.toml:5: rule `churn`: invalid type: string \"yes\", expected a boolean",
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
fn a_built_in_rule_is_turned_off_by_an_own_entry_of_its_name() {
    let own = "[[rule]]\nname = \"churn\"\noff = true\n\n[[rule]]\nname = \"chrun\"\noff = true\n";
    let read = |own: &str| {
        let own = [("own.toml", own)];
        RuleSet::read(&own, &[("built-in.toml", GOOD)], Lexicon::built_in())
    };
    let rules = read(own).expect("well formed");
    let names: Vec<_> = rules
        .rules()
        .iter()
        .map(|rule| rule.name.as_str())
        .collect();
    assert_eq!(names, ["again"]);
    let given_way = &rules.given_way()[0];
    assert!(given_way.is_off, "{given_way:?}");
    assert_eq!(given_way.to.to_string(), "own.toml:2");
    assert_eq!(given_way.at.to_string(), "built-in.toml:4");
    assert_eq!(rules.idle()[0].0, "chrun", "there is no such rule");
    for (wrong, expected) in [
        ("off = false", "own.toml:3: `off` is `true`, or is left out"),
        (
            "off = true\nany = [\"x\"]",
            "own.toml:4: `any` has no meaning beside `off`",
        ),
    ] {
        let own = format!("[[rule]]\nname = \"churn\"\n{wrong}\n");
        let errors = read(&own).expect_err("it is wrong");
        assert!(errors[0].to_string().starts_with(expected), "{errors:?}");
    }
    let nameless = read("[[rule]]\noff = true\n").expect_err("it is wrong");
    assert!(nameless[0].to_string().contains("which rule is off"));
    let twice = read(&format!("{GOOD}\n[[rule]]\nname = \"churn\"\noff = true\n"));
    let twice = twice.expect_err("it is and is not")[0].to_string();
    assert!(
        twice.contains("there is a rule `churn` at own.toml:4 already"),
        "{twice}"
    );
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
