//! Both commands beside an engine that has the store.

use console::strip_ansi_codes;
use sidetone::records::Note;
use sidetone::storage::{Persons, Store};
use sidetone_tests::kit::{close_call_of, note, said};
use sidetone_types::assist::{Action, AlertRaised, Severity};
use sidetone_types::customer::Customer;
use sidetone_types::event::EventKind;
use sidetone_types::party::Side;
use sidetone_types::summary::{FollowUpKind, Promise, Summary};

use super::*;

/// The command line of one of the two.
#[derive(clap::Parser)]
struct Line {
    #[command(subcommand)]
    what: What,
}

fn config(dir: &tempfile::TempDir) -> Config {
    let mut config = Config::default();
    config.store.dir = dir.path().join("store");
    config.store.spill_dir = dir.path().to_owned();
    config.defaults.time_zone = "Europe/Berlin".to_owned();
    config
}

/// What a command prints.
fn run(config: &Config, line: &str) -> anyhow::Result<String> {
    let line = <Line as clap::Parser>::parse_from(line.split(' '));
    let reader = Reader::open(&config.store)?;
    let zone = knowledge::time_zone(&config.defaults)?;
    let mut out = Vec::new();
    match line.what {
        What::List(args) => list::run(&args, config, (&reader, &zone), &mut out)?,
        What::Show(args) => show::run(&args, config, (&reader, &zone), &mut out)?,
    }
    let text = String::from_utf8(out)?;
    Ok(strip_ansi_codes(&text).into_owned())
}

fn alert(rule: &str) -> EventKind {
    EventKind::AlertRaised(AlertRaised {
        alert: 1,
        situation: 1,
        folded: false,
        rule: rule.to_owned(),
        severity: Severity::Critical,
        action: Action::Escalate,
        message: String::new(),
        script: String::new(),
        why: "they want to leave".to_owned(),
        triggers: Vec::new(),
    })
}

/// Three calls: a whole story, and two of which nothing is known but that they were.
fn filled(config: &Config) -> Store {
    let store = Store::open(&config.store).expect("made");
    let customer = EventKind::CustomerIdentified(Customer {
        customer_id: "C-1".to_owned(),
        name: "Ann Miller".to_owned(),
        tier: "gold".to_owned(),
        ..Customer::default()
    });
    let promise = Promise {
        side: Side::Agent,
        text: "I will call you back".to_owned(),
        kind: FollowUpKind::Callback,
        said: None,
        due: Some("2026-05-07".to_owned()),
    };
    let story = Note {
        summary: Summary {
            reason: "Charged twice".to_owned(),
            actions: vec!["Refund ordered".to_owned()],
            promises: vec![promise],
            ..note("story").summary
        },
        ..note("story")
    };
    let told = vec![customer, said(1, "I was charged twice"), alert("churn")];
    let other = |call: &str| Note {
        agent_id: "agent-8".to_owned(),
        phone: Some("+14155550199".to_owned()),
        ..note(call)
    };
    for (note, told) in [
        (other("older"), vec![]),
        (story, told),
        (other("today"), vec![]),
    ] {
        let closed = close_call_of(&store, &note, told);
        closed.wait().expect("the disk takes it");
    }
    store
}

#[test]
fn calls_are_listed_beside_a_running_engine_and_found_by_what_is_asked_for() {
    let dir = tempfile::tempdir().expect("a folder");
    let config = config(&dir);
    let _engine = filled(&config);
    let all = run(&config, "calls list").expect("readable");
    assert!(
        all.starts_with("BEGAN ") && all.ends_with("3 calls, times in Europe/Berlin\n"),
        "{all}"
    );
    assert_eq!(
        all.lines().count(),
        8,
        "a heading, two lines each, and how many"
    );
    assert!(
        all.contains(
            "agent-7     Ann Miller          waiting    urgent 1 alert\n    story  Charged twice\n"
        ),
        "{all}"
    );

    let found = |line: &str| {
        let listed = run(&config, &format!("calls list {line} --json")).expect("readable");
        let ids = listed.lines().map(|line| {
            let call: serde_json::Value = serde_json::from_str(line).expect("JSON");
            call["call_id"].as_str().expect("its id").to_owned()
        });
        ids.collect::<Vec<_>>().join(" ")
    };
    for (line, expected) in [
        ("--limit 2", "today story"),
        ("--agent agent-8", "today older"),
        ("--customer miller", "story"),
        ("--customer +14155550199", "today older"),
        ("--direction inbound --limit 500", "today story older"),
        ("--direction outbound", ""),
        ("--note waiting --rule churn", "story"),
        ("--note dead", ""),
        ("--urgent --agent agent-7", "story"),
        ("--recorded", ""),
        ("--until 2026-01-01", ""),
        ("--from 2026-01-01 --agent agent-7", "story"),
    ] {
        assert_eq!(found(line), expected, "{line}");
    }
    let some = run(&config, "calls list --limit 1").expect("readable");
    assert!(some.contains("there are more"), "{some}");
    let none = run(&config, "calls list --agent nobody").expect("readable");
    assert_eq!(none, "0 calls, times in Europe/Berlin\n");
    let wrong = run(&config, "calls list --from 2026-05-05 --until 2026-05-04");
    let wrong = wrong.expect_err("no call").to_string();
    assert!(
        wrong.contains("`until` has to lie behind `from`"),
        "{wrong}"
    );
}

#[test]
fn a_call_is_shown_with_all_that_is_kept_of_it() {
    let dir = tempfile::tempdir().expect("a folder");
    let config = config(&dir);
    let _engine = filled(&config);
    let text = run(&config, "calls show story").expect("it is kept");
    for told in [
        "call story\n",
        "(Europe/Berlin)\n",
        "  agent       agent-7\n",
        "  direction   inbound\n",
        "  customer    Ann Miller, C-1, gold, +14155550117\n",
        "  reason      Charged twice (urgent)\n",
        "  done        Refund ordered\n",
        "  promised    agent: I will call you back (due 2026-05-07)\n",
        "  follow-ups  回电：退款 (due 2026-05-07)\n              回电：投诉 (due 2026-05-07)\n",
        "  alerts      00:00.0 ALERT churn: they want to leave\n",
        "  note        waiting, next try 2",
        "  recording   none\n",
        "\n\n00:00.0 customer  I was charged twice\n",
    ] {
        assert!(text.contains(told), "{told} is not in {text}");
    }
    let json = run(&config, "calls show story --json").expect("it is kept");
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["call"]["customer"]["name"], "Ann Miller");
    assert_eq!(json["lines"][0]["text"], "I was charged twice");
    assert_eq!(
        (&json["note"]["state"], &json["hold"]),
        (&"waiting".into(), &serde_json::Value::Null)
    );
}

#[test]
fn a_call_that_is_gone_or_never_was_is_not_shown() {
    let dir = tempfile::tempdir().expect("a folder");
    let config = config(&dir);
    let _engine = filled(&config);
    let mut persons = Persons::open(&config.store).expect("the same store");
    persons.erase("story").expect("it is over");
    let gone = run(&config, "calls show story")
        .expect_err("erased")
        .to_string();
    assert!(
        gone.contains("no call `story` is kept") && gone.contains("sidetone calls list"),
        "{gone}"
    );
    let left = run(&config, "calls list --json").expect("readable");
    assert_eq!(left.lines().count(), 2);
}

#[test]
fn without_a_store_it_is_told_where_one_is_missing() {
    let dir = tempfile::tempdir().expect("a folder");
    let missing = run(&config(&dir), "calls list").expect_err("nothing there");
    assert!(
        missing.to_string().contains("there is no store in"),
        "{missing}"
    );
}

#[test]
fn times_are_those_of_the_call_centre() {
    let zone = TimeZone::get("Asia/Shanghai").expect("known");
    let told = local(1_777_890_030_250, &zone);
    assert_eq!(told, "2026-05-04 18:20:30");
    assert_eq!(name(&zone), "Asia/Shanghai");
}

#[test]
fn lengths_read_as_clocks_do() {
    for (ms, text) in [(0, "00:00"), (457_900, "07:37"), (3_723_000, "1:02:03")] {
        assert_eq!(length(ms), text);
    }
}
