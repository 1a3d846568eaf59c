//! The operations board: an operator sets a threshold, and sees it passed and cleared.

use sidetone_tests::kit::{Browser, scripted, skip};

use super::CLEARED;
use crate::board::{close_call, config, open_call, told, webhook};

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_sets_a_threshold_and_sees_it_passed_and_cleared() {
    let Some(browser) = Browser::start("en-US") else {
        return skip("chromium or chromium-driver is not installed");
    };
    let (url, hook) = webhook();
    let engine = scripted(config(&url)).await;
    let desk = engine.address();
    browser.open(&format!("http://{desk}/"));
    browser.wait_for("#connection", "Connected");
    browser.click("[data-go=board]");
    browser.wait_for("#figure-calls_open .value", "0");
    browser.wait_for("#no-thresholds", "No threshold");

    browser.click("#add-threshold");
    browser.type_into("#threshold [name=name]", "Somebody calls");
    browser.type_into("#threshold [name=figure]", "Open calls");
    browser.type_into("#threshold [name=limit]", "0");
    for field in ["for_s", "back_for_s"] {
        let field = format!("#threshold [name={field}]");
        browser.type_into(&field, &format!("{CLEARED}0"));
    }
    browser.click("#threshold [name=save]");
    browser.wait_for("#thresholds [data-standing=calm]", "Somebody calls");

    open_call(desk, "one").await;
    browser.wait_for("#thresholds [data-standing=raised]", "above 0");
    browser.wait_for("#figure-calls_open.passed .value", "1");
    browser.wait_for("#figure-calls_open .chart canvas", "");
    let raised = told(&hook);
    assert_eq!(
        (&raised["kind"], &raised["name"]),
        (&"threshold_raised".into(), &"Somebody calls".into())
    );
    browser.click("[data-go=live]");
    browser.wait_for("#thresholds-banner", "Somebody calls");
    browser.reload();
    browser.wait_for("#thresholds-banner", "Somebody calls");
    browser.click("#thresholds-banner button");
    browser.wait_for("#thresholds [data-standing=raised]", "Somebody calls");

    close_call(desk, "one").await;
    browser.wait_for("#thresholds [data-standing=calm]", "Somebody calls");
    browser.wait_for("#figure-calls_open:not(.passed) .value", "0");
    assert_eq!(told(&hook)["kind"], "threshold_cleared");
    assert_eq!(browser.texts("#thresholds-banner"), [""; 0]);

    browser.click("[data-lang=zh]");
    browser.wait_for("#thresholds", "正常");
    browser.click("[data-act=remove]");
    browser.wait_for("#no-thresholds", "尚未设置");
    assert_eq!(browser.complaints(), [""; 0]);
    drop(browser);
    engine.stop().await.expect("stopped");
}
