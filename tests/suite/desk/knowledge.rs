//! Articles on the desk: an author mends one, tries it and publishes it, and agents have it.

use std::fs;
use std::path::Path;

use sidetone::config::Config;
use sidetone_tests::kit::{Browser, Script, connect, scripted_to_hear, skip};

use super::CLEARED;
use super::speaking::{LINES, Speaking, stored};

const FILE: &str = "paid-twice.en.md";

/// An article that nobody finds who was charged twice.
const BEFORE: &str = "+++\nid = \"paid-twice\"\nlang = \"en\"\ntitle = \"Paid twice\"\ntriggers = [\"two receipts\"]\n\
                      say = \"Let me compare both payments.\"\n+++\n1. Open **Payments**.\n2. Refund the later one.\n";

/// Shown as soon as it is looked up.
const CARD: &str = "#now [data-key$='/paid-twice']";

fn folders(dir: &Path) -> Config {
    let mut config = Config::default();
    config.knowledge.articles = dir.join("articles");
    config.knowledge.rules = dir.join("rules");
    config.knowledge.rules_builtin = false;
    for folder in [&config.knowledge.articles, &config.knowledge.rules] {
        fs::create_dir(folder).expect("writable");
    }
    fs::write(config.knowledge.articles.join(FILE), BEFORE).expect("writable");
    config
}

#[tokio::test(flavor = "multi_thread")]
async fn an_author_mends_tries_and_publishes_an_article_and_the_next_call_gets_it_as_a_card() {
    let Some(browser) = Browser::start("en-US") else {
        return skip("chromium or chromium-driver is not installed");
    };
    let dir = tempfile::tempdir().expect("a temporary directory");
    let script = Script::of(&LINES.map(|(_, words)| words));
    let engine = scripted_to_hear(script.clone(), folders(dir.path())).await;
    let desk = engine.address();
    let call = Speaking::begin(connect(desk).await, script.clone());
    call.say(0..2);
    call.end().await;
    stored(desk, |call| call["closed_ms"].is_number()).await;

    browser.open(&format!("http://{desk}/?view=knowledge"));
    browser.click(&format!("[data-file='{FILE}']"));
    browser.wait_for("#file-name", FILE);
    let mended = BEFORE.replace("two receipts", "I was charged twice");
    write(&browser, &mended.replace("title", "titel"));
    browser.wait_for("#file-problems .critical", "Line 4: unknown field `titel`");
    browser.wait_for("#file-lines .critical", "4");
    assert_eq!(browser.texts("#publish [type=submit]:enabled"), [""; 0]);
    is_for_everybody(&browser);
    write(&browser, &mended);
    browser.wait_for("#file-status", "No errors");
    browser.click("[data-tab=preview]");
    browser.wait_for("#panel-preview", "Refund the later one.");

    browser.click("[data-tab=trial]");
    browser.click("#trial [type=submit]");
    let line = browser.wait_for("#trial .came", "Card appears");
    assert!(line.contains("I was charged twice on my invoice"), "{line}");
    browser.wait_for("#trial [role=status]", "More: 1, fewer: 0");
    is_for_everybody(&browser);
    browser.type_into("#publish [name=note]", "what callers say\n");
    browser.wait_for("#file-remarks", "Published. The next call goes by it.");
    let file = dir.path().join("articles").join(FILE);
    assert_eq!(fs::read_to_string(file).expect("readable"), mended);
    browser.click("[data-tab=versions]");
    browser.wait_for("#versions .version", "what callers say");
    browser.click("#versions li:last-child [data-do=compare]");
    browser.wait_for("#versions .diff .gone", "two receipts");
    is_for_everybody(&browser);

    browser.open(&format!("http://{desk}/"));
    browser.wait_for("#connection", "Connected");
    let call = Speaking::begin_as("desk-2", connect(desk).await, script);
    call.say(0..2);
    browser.wait_for(CARD, "Let me compare both payments.");
    browser.click(&format!("{CARD} [data-article]"));
    browser.wait_for("#reader .markdown", "Refund the later one.");
    browser.click("[data-back]");
    browser.wait_for(CARD, "Let me compare both payments.");
    browser.press("a");
    browser.type_into("[name=article_words]:focus", "receipts of payments\n");
    browser.wait_for("#reader .articles", "Paid twice");
    browser.click("#reader [data-article]");
    browser.wait_for("#reader .whole", "Paid twice");
    browser.reload();
    browser.wait_for("#reader .whole", "Refund the later one.");
    browser.click("[data-back]");
    browser.wait_for(CARD, "Let me compare both payments.");

    call.end().await;
    assert_eq!(browser.complaints(), [""; 0]);
    drop(browser);
    engine.stop().await.expect("stopped");
}

/// Nothing on the page keeps those out who cannot see, hear or use a mouse, as far as a program can tell.
fn is_for_everybody(browser: &Browser) {
    if let Some(faults) = browser.accessibility_faults() {
        assert_eq!(faults, [""; 0]);
    }
}

/// Puts a text in place of the one that is edited.
fn write(browser: &Browser, text: &str) {
    browser.type_into("#file-text", &format!("{CLEARED}{text}"));
}
