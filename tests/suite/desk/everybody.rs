//! Pages that everybody can use: in both languages, light and dark.

use sidetone::config::Config;
use sidetone_tests::kit::{Browser, Script, connect, scripted_to_hear, skip};

use super::search_until_found;
use super::speaking::{CALL, LINES, Speaking, stored};

#[tokio::test(flavor = "multi_thread")]
async fn every_page_is_one_that_everybody_can_use() {
    let Some(browser) = Browser::start("en-US") else {
        return skip("chromium or chromium-driver is not installed");
    };
    let mut config = Config::default();
    config.crm.review_s = 600;
    config.board.step_ms = 200;
    let script = Script::of(&LINES.map(|(_, words)| words));
    let engine = scripted_to_hear(script.clone(), config).await;
    let desk = engine.address();
    browser.open(&format!("http://{desk}/"));
    browser.wait_for("#connection", "Connected");
    if browser.accessibility_faults().is_none() {
        return skip("axe-core from npm is not installed");
    }
    look(&browser, "before a call");

    let call = Speaking::begin(connect(desk).await, script);
    call.say(0..4);
    browser.wait_for("#now .critical", "about to leave");
    look(&browser, "during a call");
    browser.click(".said[data-role=customer] .edit");
    look(&browser, "while words are corrected");
    browser.click(".correct [data-edit='']");
    browser.open(&format!("http://{desk}/?view=wall&call={CALL}"));
    browser.wait_for("#wall .tile .why", "about to leave");
    browser.click("#care-hand");
    browser.wait_for("#hand-form", "Moves the call");
    look(&browser, "with the wall");
    browser.open(&format!("http://{desk}/"));
    browser.wait_for("#now .critical", "about to leave");
    browser.click("#show-keys");
    browser.wait_for("#keys", "");
    look(&browser, "with the shortcuts");
    browser.click("#keys button");
    browser.click(".said[data-role=customer] [data-friction=words]");
    browser.wait_for("#friction", "no words of the call");
    look(&browser, "while something is reported");
    browser.click("#friction .kinds button");
    browser.wait_for("#friction", "It was reported");
    browser.press("\u{e007}");

    call.end().await;
    stored(desk, |call| call["closed_ms"].is_number()).await;
    browser.wait_for("#review form", "");
    look(&browser, "in the wrap-up");
    browser.click("[name=confirm]");
    browser.wait_for(".crm .good", "");
    look(&browser, "after a call");
    browser.open(&format!("http://{desk}/?view=calls&call={CALL}"));
    browser.wait_for("#past .call", "");
    browser.wait_for(".summary", "");
    browser.click("#past-filters summary");
    look(&browser, "with past calls");
    browser.open(&format!("http://{desk}/?view=search&q=regulator"));
    search_until_found(&browser);
    look(&browser, "with what was searched for");
    browser.open(&format!("http://{desk}/?article=charged-twice-en"));
    browser.wait_for("#reader .whole", "Open Payments");
    look(&browser, "with an article");
    browser.press("a");
    browser.type_into("[name=article_words]:focus", "charged twice\n");
    browser.wait_for("#reader .articles", "would become a card");
    look(&browser, "with articles that were found");
    browser.open(&format!("http://{desk}/?view=knowledge"));
    browser.wait_for("#files .how", "sidetone kb init");
    look(&browser, "with the files of articles and rules");
    browser.click("[data-file='charged-twice.en.md']");
    browser.wait_for("#file-name", "charged-twice.en.md");
    look(&browser, "with a file that comes with the program");
    browser.open(&format!("http://{desk}/?view=customers"));
    browser.wait_for("#customer-page h2", "To do");
    look(&browser, "with what is to be done");
    browser.click("#customers button");
    browser.wait_for("#customer-page form", "");
    look(&browser, "with a customer");
    browser.open(&format!("http://{desk}/?view=board"));
    browser.wait_for("#figure-calls_open .value", "0");
    browser.wait_for("#friction-list li", "Misheard");
    look(&browser, "with the board");
    browser.click("#add-threshold");
    browser.wait_for("#threshold form", "");
    look(&browser, "while a threshold is written");
    drop(browser);
    engine.stop().await.expect("stopped");
}

fn look(browser: &Browser, when: &str) {
    for (language, scheme) in [
        ("en", "light"),
        ("en", "dark"),
        ("zh", "light"),
        ("zh", "dark"),
    ] {
        let button = format!("[data-lang={language}]");
        // Beside a dialog nothing can be clicked.
        if browser.texts("dialog[open]").is_empty() {
            browser.click(&button);
        }
        browser.prefer(scheme);
        let faults = browser.accessibility_faults().expect("it was there before");
        assert_eq!(faults, [""; 0], "{when}, {language}, {scheme}");
    }
    browser.prefer("light");
    if browser.texts("dialog[open]").is_empty() {
        browser.click("[data-lang=en]");
    }
}
