//! Articles and rules are read by whoever takes calls, and written by their authors.

use std::time::{Duration, SystemTime};

use sidetone_access::Right;
use sidetone_core::finals::finalise_by;
use sidetone_core::script::said;
use sidetone_language::lexicon::Lexicon;
use sidetone_types::event::{EventKind, EventRecord};
use sidetone_types::lang::Lang;
use sidetone_types::party::{Role, Side};
use sidetone_types::time::MediaTime;
use tempfile::TempDir;

use super::tests::{api, role, somebody};
use super::*;
use crate::config::Config;
use crate::knowledge::FileKind;
use crate::storage::CallStore;
use crate::storage::samples::{event, started};

const ARTICLE: &str = "+++\nid = \"gift-card\"\nlang = \"en\"\ntitle = \"Gift cards\"\ntriggers = [\"my gift card is \
                       empty\"]\nsay = \"Let me look.\"\n+++\nLook it up.\n";
const FILE: (&str, &str) = ("articles", "gift-card.en.md");

fn with_folders() -> (TempDir, Api) {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let mut config = Config::default();
    config.knowledge.articles = dir.path().join("articles");
    config.knowledge.rules = dir.path().join("rules");
    for folder in [&config.knowledge.articles, &config.knowledge.rules] {
        std::fs::create_dir(folder).expect("writable");
    }
    (dir, api(config))
}

fn author() -> Principal {
    somebody(role("author"), "")
}

fn publishing(text: &str, digest: Option<&str>) -> Publishing {
    Publishing {
        text: Some(text.to_owned()),
        digest: digest.map(str::to_owned),
        note: "because".to_owned(),
    }
}

async fn publish(
    api: &Api,
    file: (&str, &str),
    publishing: Publishing,
) -> Result<Result<Published, Unpublished>, ApiError> {
    api.publish_knowledge(&author(), file, publishing).await
}

async fn published(api: &Api, text: &str, digest: Option<&str>) -> Published {
    let done = publish(api, FILE, publishing(text, digest)).await;
    done.expect("they may").expect("it is right")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_author_publishes_is_found_at_once_and_what_it_was_is_kept() {
    let (dir, api) = with_folders();
    let agent = somebody(role("agent"), "agent-7");
    assert!(api.articles(&agent).await.expect("may").is_empty());
    let first = published(&api, ARTICLE, None).await;
    assert!(first.is_taken_up, "{:?}", first.problems);
    assert_eq!(api.articles(&agent).await.expect("may")[0].id, "gift-card");
    let whole = api.article(&agent, "gift-card").await.expect("there");
    assert_eq!(
        (whole.body.as_str(), whole.file.as_str()),
        ("Look it up.", FILE.1)
    );
    let found = api
        .find_articles(&agent, "my gift card is empty", None)
        .await;
    let found = found.expect("may");
    assert!(
        found.articles[0].would_show && found.min_score > 0.4,
        "{found:?}"
    );
    let weak = api.find_articles(&agent, "look", Some(Lang::EN)).await;
    assert!(
        weak.expect("may")
            .articles
            .iter()
            .all(|one| !one.would_show)
    );

    let other = ARTICLE.replace("Look it up.", "Look it up twice.");
    let second = published(&api, &other, Some(&first.digest)).await;
    assert!(second.version > first.version);
    let file = dir.path().join("articles").join(FILE.1);
    // Somebody edits it by hand.
    let by_hand = ARTICLE.replace("Look it up.", "By hand.");
    std::fs::write(&file, &by_hand).expect("writable");
    let late = publish(&api, FILE, publishing(ARTICLE, Some(&second.digest))).await;
    let Err(Unpublished::Changed(Some(now))) = late.expect("may") else {
        panic!("it has changed meanwhile");
    };
    assert_eq!(now.text, by_hand);
    published(&api, ARTICLE, Some(&now.digest())).await;
    let versions = api.knowledge_versions(&author(), FILE).await;
    let versions = versions.expect("may");
    let by: Vec<&str> = versions.iter().map(|one| one.by.as_str()).collect();
    assert_eq!(by, ["ann", "", "ann", "ann"], "what was found is kept too");
    let oldest = api.knowledge_version(&author(), FILE, first.version).await;
    assert_eq!(oldest.expect("kept"), ARTICLE);

    let broken = dir.path().join("articles/latin.md");
    std::fs::write(&broken, b"caf\xe9").expect("writable");
    // Whoever looked at the folder before has told what is wrong with it; it is so still.
    for _ in 0..2 {
        let now = published(&api, ARTICLE, Some(&first.digest)).await;
        assert!(!now.is_taken_up);
        assert!(
            now.problems
                .iter()
                .any(|one| one.message.contains("latin.md"))
        );
    }
    std::fs::remove_file(broken).expect("there");

    let gone = Publishing {
        text: None,
        ..publishing("", Some(&first.digest))
    };
    let gone = publish(&api, FILE, gone).await;
    assert_eq!(gone.expect("may").expect("the same text").digest, "");
    assert!(!file.exists());
    assert!(api.articles(&agent).await.expect("may").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_not_published_and_no_name_leads_out_of_the_folder() {
    let (dir, api) = with_folders();
    let wrong = publishing(&ARTICLE.replace("title", "titel"), None);
    let refused = publish(&api, FILE, wrong).await;
    let Err(Unpublished::Faulty(problems)) = refused.expect("may") else {
        panic!("it is wrong");
    };
    assert_eq!(problems[0].line, Some(4), "{problems:?}");
    for name in ["../out.md", "a/b.md", "x.toml", ".x.md", "README.md"] {
        let file = (FILE.0, name);
        let refused = publish(&api, file, publishing(ARTICLE, None)).await;
        assert!(
            matches!(refused, Err(ApiError::Invalid(_))),
            "{name}: {refused:?}"
        );
    }
    let elsewhere = publish(&api, ("lexicon", "a.toml"), publishing("", None)).await;
    assert!(matches!(elsewhere, Err(ApiError::NotFound(_))));
    let kept = std::fs::read_dir(dir.path().join("articles")).expect("readable");
    assert_eq!(kept.count(), 0);
    let agent = somebody(role("agent"), "agent-7");
    let refused = api.publish_knowledge(&agent, FILE, publishing(ARTICLE, None));
    assert!(matches!(refused.await, Err(ApiError::Forbidden(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_with_the_program_is_looked_at_and_not_edited() {
    let api = api(Config::default());
    let books = api.bookcase(&author()).await.expect("may");
    assert!(
        books
            .shelves
            .iter()
            .all(|shelf| shelf.folder.is_none() && shelf.files.len() >= 4)
    );
    assert!(books.rules.iter().all(|rule| !rule.is_own) && books.replaced.is_empty());
    let refused = publish(&api, FILE, publishing(ARTICLE, None)).await;
    let refused = refused.expect_err("there is no folder").to_string();
    assert!(refused.contains("sidetone kb init DIR"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_own_rule_that_turns_a_built_in_one_off_is_told_with_it() {
    let (_dir, api) = with_folders();
    let before = api.bookcase(&author()).await.expect("may");
    let name = before.rules[0].name.clone();
    let off = format!("[[rule]]\nname = \"{name}\"\noff = true\n");
    let file = ("rules", "ours.toml");
    let done = publish(&api, file, publishing(&off, None)).await;
    done.expect("may").expect("right");
    let after = api.bookcase(&author()).await.expect("may");
    assert_eq!(after.rules.len() + 1, before.rules.len());
    let replaced = &after.replaced[0];
    assert_eq!(
        (replaced.name.as_str(), replaced.is_off),
        (name.as_str(), true)
    );
    assert_eq!(
        (replaced.by_file.as_str(), replaced.by_line),
        ("ours.toml", 2)
    );
}

/// A call that is over, in which a customer says that.
fn place_said(store: &dyn CallStore, call: &str, lines: &[&str]) {
    let at = SystemTime::now() - Duration::from_secs(60);
    store.record(&event(call, at, started()));
    for (number, line) in (1..).zip(lines) {
        let start = MediaTime::from_millis(number * 20_000);
        let words = said(number, Side::Customer, Lang::EN, start, line);
        let lexicon = Lexicon::built_in();
        let done = finalise_by(
            &lexicon,
            words.utterance,
            Lang::EN,
            0.9,
            words.words.clone(),
        );
        let mut told: EventRecord = event(call, at, EventKind::Final(done));
        told.event.role = Some(Role::Customer);
        store.record(&told);
    }
    let last = event(call, at, EventKind::PartyLeft);
    let closed = store.close_call(&last, None);
    closed.wait().expect("it has begun");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_is_tried_on_past_calls_and_the_line_that_brings_it_up_is_told() {
    let (_dir, api) = with_folders();
    let store = api.0.services.store.clone();
    let placed = tokio::task::spawn_blocking(move || {
        place_said(
            &*store,
            "denied",
            &["My gift card is not empty, it is fine."],
        );
        place_said(
            &*store,
            "asked",
            &["Hello there.", "Well, my gift card is empty again."],
        );
    });
    placed.await.expect("no panic");
    let order = |text: &str, calls: &[&str]| TrialOrder {
        kind: FileKind::Articles,
        name: FILE.1.to_owned(),
        text: Some(text.to_owned()),
        calls: calls.iter().map(|&id| id.to_owned()).collect(),
        last: 50,
    };
    let tried = api.try_knowledge(&author(), order(ARTICLE, &[])).await;
    let trial = tried.expect("may").expect("right");
    assert_eq!(
        (trial.wanted, trial.calls.len(), trial.stopped),
        (2, 2, None)
    );
    let asked = trial.calls.iter().find(|call| call.call_id == "asked");
    let came = &asked.expect("tried").came;
    assert_eq!(came.len(), 1, "{trial:?}");
    assert_eq!((came[0].kind, came[0].name.as_str()), ("card", "gift-card"));
    assert!(came[0].text.contains("empty again") && came[0].role == Some(Side::Customer));
    let faulty = api.try_knowledge(&author(), order("nothing", &[])).await;
    assert!(matches!(faulty, Ok(Err(Unpublished::Faulty(_)))));
    let ids = order(ARTICLE, &["asked", "missing"]);
    let missing = api.try_knowledge(&author(), ids).await;
    let missing = missing.expect("may").expect("right");
    assert_eq!(
        (missing.calls.len(), missing.stopped),
        (1, Some("unreadable"))
    );
    // One that nobody waits for any more is given up, and the next one has its turn.
    let who = author();
    let given_up = api.try_knowledge(&who, order(ARTICLE, &[]));
    let none = tokio::time::timeout(Duration::ZERO, given_up).await;
    assert!(none.is_err(), "it was just begun");
    let next = api.try_knowledge(&who, order(ARTICLE, &[])).await;
    assert!(matches!(next, Ok(Ok(_))), "{next:?}");
    // Whoever may write, and read no calls, tries nothing.
    let mut blind = sidetone_access::Role::clone(&role("author"));
    blind.may.remove(&Right::ReadCalls);
    let blind = somebody(std::sync::Arc::new(blind), "");
    let refused = api.try_knowledge(&blind, order(ARTICLE, &[])).await;
    assert!(
        matches!(refused, Err(ApiError::Forbidden(_))),
        "{refused:?}"
    );
}

/// Lines of each call whose trial is timed.
const LINES: usize = 60;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "it prints how long a trial of as many calls as one may take lasts"]
async fn a_trial_on_two_hundred_calls_takes_a_while() {
    let (_dir, api) = with_folders();
    let store = api.0.services.store.clone();
    let said = [
        "I have a question about the letter that you sent me last week.",
        "No, that is not what I meant, it was about the price of my plan.",
        "My gift card is empty again.",
        "Yes, that is right, thank you.",
    ];
    let lines: Vec<&str> = said.into_iter().cycle().take(LINES).collect();
    let placed = tokio::task::spawn_blocking(move || {
        for number in 0..MOST_TRIED {
            place_said(&*store, &format!("c-{number}"), &lines);
        }
    });
    placed.await.expect("no panic");
    let order = TrialOrder {
        kind: FileKind::Articles,
        name: FILE.1.to_owned(),
        text: Some(ARTICLE.to_owned()),
        calls: Vec::new(),
        last: MOST_TRIED,
    };
    let began = std::time::Instant::now();
    let trial = api.try_knowledge(&author(), order).await;
    let trial = trial.expect("may").expect("right");
    println!(
        "{} of {} calls of {LINES} lines, with and without: {:.1?}",
        trial.calls.len(),
        trial.wanted,
        began.elapsed()
    );
    assert!(trial.calls.iter().all(|call| !call.came.is_empty()));
}
