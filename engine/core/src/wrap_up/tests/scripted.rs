//! The four scripted calls of `tests/calls`, as they were written and as our recogniser hears them.

use super::kit::{alert, facts, lines, note, promises, tasks};
use crate::wrap_up::summarise;
use sidetone_types::assist::Severity;
use sidetone_types::lang::Lang;

const EN_BILLING: &str = "
a: Thank you for calling Northwind Telecom, this is Joe. How can I help you today?
c: Hi. I was charged twice on my invoice this month, and I want a refund.
a: I am sorry about that. May I have the phone number on the account please?
c: It is four one five, five five five, zero one one seven.
a: Thank you. I can see two payments of forty nine dollars on the third of May.
c: Yes, and this is the third time I have called about it. This is unacceptable.
a: I understand your frustration. I will start a refund for the duplicate charge right now.
c: If it is not fixed by Friday I will cancel my contract and file a complaint with the regulator.
a: The refund takes three to five business days. I will call you back on Thursday to confirm it.
c: All right. Thank you, goodbye.";

/// The same, as whisper-base writes it.
const EN_BILLING_HEARD: &str = "
a: Thank you for calling Northwind Telecom. This is Joe. How can I help you today?
c: I was charged wife on my invoice this month and I will under a fund.
a: I am sorry about that. May I have the phone number on the account please?
c: It is 415-555-017.
a: Thank you. I can see two payments of $49 on the third or May.
c: Yes, and this is the third time I have called about it. This is unhacklatable.
a: I'd understand your frustration. I will start a refund for the duplicate charge right now.
c: If it is not fixed by Friday, I will cancel my contract and file a complaint with the regulator.
a: The reef and take three to five business days. I will call you back on Thursday to confirm it.
c: All right, thank you. Goodbye.";

const EN_ROUTER: &str = "
a: Northwind support, this is Joe speaking. What can I do for you?
c: My internet connection keeps dropping every evening. The router light turns red.
a: I see. Which router model do you have?
c: It says Falcon ten on the back.
a: Please hold the reset button for ten seconds, and wait until the light turns green.
c: Okay, I did that. Now it is blinking green.
a: Very good. The firmware is updating. It will take about five minutes.
c: Should I get a new router? I also work from home, and I need faster upload.
a: You could move to the fiber plan. It has five hundred megabits of upload speed.
c: That sounds interesting. Please send me an offer by email.
a: I will send it today. Have a nice day.";

const ZH_CHARGE: &str = "
a: 您好，这里是客户服务中心，请问有什么可以帮您？
c: 我这个月的话费被重复扣了两次，我要退款。
a: 非常抱歉，请您提供一下手机号码。
c: 一三八零零一三八零一七。
a: 好的，我看到五月三号有两笔四十九元的扣款。
c: 我已经打了三次电话了，你们到底能不能解决？
a: 我理解您的心情，现在马上为您办理退款。
c: 如果星期五之前不处理，我就要投诉到工信部。
a: 退款会在三到五个工作日到账，星期四我会给您回电话确认。
c: 好吧，再见。";

/// The same, as whisper-base writes it, in traditional characters and without punctuation.
const ZH_CHARGE_HEARD: &str = "
a: 您好 這裡是客戶服務中心 請問有什麼可以幫您
c: 我這個業的花費被重複扣了兩次 我要退款
a: 非常抱歉 請您提供一下手機號碼
c: 13800138017
a: 好的 我看到5月3號有兩比49元的扣款
c: 我已經打了三次電話了 你們到底能不能解決
a: 我理解您的心情 現在馬上為您辦理退款
c: 如果星期五之前不處理我就要投訴到公信部
a: 退款會在3到5個工作日到將星期4我會給您回電話確認
c: 好吧再見";

const ZH_BROADBAND: &str = "
a: 您好，宽带技术支持，请问您遇到什么问题？
c: 我家的宽带最近总是断网，路由器亮红灯。
a: 请您先把路由器重启一下，等待两分钟。
c: 好的，重启以后灯变绿了。
a: 请问您现在用的是多少兆的套餐？
c: 一百兆的，有没有更快的套餐？
a: 我们有五百兆的光纤套餐，每个月一百二十九元。
c: 听起来不错，请把资料发到我的邮箱。
a: 好的，稍后发送给您，祝您生活愉快。";

/// The same, as whisper-base writes it.
const EN_ROUTER_HEARD: &str = "
a: Northwind support. This is Joe speaking. What can I do for you?
c: My internet connection keeps dropping every evening through to a light-dern red.
a: I see which router model do you have.
c: It sets health and tend on the back.
a: Please hold the reset button for 10 seconds and wait until the light turns green.
c: Okay, hide in the lab. Now it is blinking green.
a: Very good. The firmware is updating. It will take about five minutes.
c: Should I get a new router? I also work from home and I need faster upload.
a: You can move to the fiber plant. It has 500 megabits of upload speed.
c: That sounds interesting. Please send me enough for by email.
a: I will send it today. Have a nice day.";

/// The same in simplified characters: other words are wrong.
const ZH_CHARGE_MISHEARD: &str = "
a: 你好,这里是客户服务中心,请问有什么可以帮您。
c: 我这个夜的花费被重复扣了两次,我要退款。
a: 非常抱歉,请您提供一下手机好吗?
c: 1800
a: 好的,我看到5月3号有2比419元的扣款
c: 我已经打了三次电话了,你们到底能不能解决。
a: 我理解您的心情,现在马上为您办立退款。
c: 如果星期五之前不处理,我就要投诉到公信部。
a: 退款会再三到五个工作系到将,星期四我会给您回电话签名。
c: 好吧 再见";

/// The same, as whisper-base writes it.
const ZH_BROADBAND_HEARD: &str = "
a: 你好,宽待技术基池请问您遇到什么问题?
c: 我家的宽戴最近走市段往路游去亮红灯
a: 请您先把路游戏重启一下,等待两分钟
c: 好的,重取以后都变绿冷
a: 请问您现在用的是多少罩的套餐?
c: 一百招的
c: 有没有更快的讨厌
a: 我们有五百教的光鲜套餐每个月一百二十九元
c: 听起来不错,请把资料发到我的油箱
a: 好的,消候发送给您
a: 祝您生活愉快";

#[test]
fn calls_heard_wrongly_leave_the_same_tasks() {
    for (script, expected) in [
        (
            EN_ROUTER_HEARD,
            "2026-05-04 Send offer: Please send me enough for by email",
        ),
        (
            ZH_CHARGE_MISHEARD,
            "2026-05-07 回电：星期四我会给您回电话签名",
        ),
        (
            ZH_BROADBAND_HEARD,
            "2026-05-04 发送资料：请把资料发到我的油箱",
        ),
    ] {
        let note = note(script);
        assert_eq!(tasks(&note), [expected], "{}", note.text);
        assert!(
            !note.reason.is_empty() && !note.actions.is_empty(),
            "{}",
            note.text
        );
    }
}

#[test]
fn a_billing_dispute_leaves_a_callback_on_thursday() {
    let alerts = [
        alert(
            "churn",
            Severity::Warning,
            "the customer said: cancel my contract",
        ),
        alert(
            "regulator complaint",
            Severity::Critical,
            "the customer said: regulator",
        ),
    ];
    let note = summarise(&facts(), &lines(EN_BILLING), &alerts, &[]);
    assert_eq!(note.lang, Lang::EN);
    assert_eq!(
        note.reason,
        "I was charged twice on my invoice this month, and I want a refund."
    );
    assert_eq!(
        note.actions,
        ["I will start a refund for the duplicate charge right now."]
    );
    assert_eq!(
        promises(&note),
        [
            "agent refund three to five business days 2026-05-11",
            "agent callback Thursday 2026-05-07",
        ]
    );
    assert_eq!(
        tasks(&note),
        ["2026-05-07 Callback: I will call you back on Thursday to confirm it"]
    );
    assert_eq!(
        note.risks,
        [
            "churn: the customer said: cancel my contract",
            "regulator complaint: the customer said: regulator",
            "deadline 2026-05-08: If it is not fixed by Friday I will cancel my contract and file a complaint \
             with the regulator.",
        ]
    );
    for keyword in ["refund", "contract"] {
        assert!(
            note.keywords.iter().any(|k| k.contains(keyword)),
            "{keyword}: {:?}",
            note.keywords
        );
    }
    assert!(note.urgent);
    assert_eq!(
        (note.agent_talk_ms, note.customer_talk_ms),
        (25_000, 25_000)
    );
    assert_eq!(
        note.text.lines().next(),
        Some("[URGENT] Reason: I was charged twice on my invoice this month, and I want a refund.")
    );
}

#[test]
fn a_billing_dispute_heard_wrongly_leaves_the_same_task() {
    let note = note(EN_BILLING_HEARD);
    assert_eq!(
        note.reason,
        "I was charged wife on my invoice this month and I will under a fund."
    );
    assert_eq!(
        tasks(&note),
        ["2026-05-07 Callback: I will call you back on Thursday to confirm it"]
    );
    assert!(note.urgent);
}

#[test]
fn a_router_fault_leaves_an_offer_to_be_sent_today() {
    let note = note(EN_ROUTER);
    assert_eq!(
        note.reason,
        "My internet connection keeps dropping every evening. The router light turns red."
    );
    assert_eq!(
        note.actions,
        [
            "Please hold the reset button for ten seconds, and wait until the light turns green \
             (customer: I did that)",
            "The firmware is updating.",
        ]
    );
    assert_eq!(promises(&note), ["agent send_offer today 2026-05-04"]);
    assert_eq!(
        tasks(&note),
        ["2026-05-04 Send offer: Please send me an offer by email"]
    );
    for keyword in ["router", "fiber plan", "upload"] {
        assert!(
            note.keywords.iter().any(|k| k.contains(keyword)),
            "{keyword}: {:?}",
            note.keywords
        );
    }
    assert!(!note.urgent);
    assert!(note.risks.is_empty());
}

#[test]
fn a_double_charge_in_mandarin_leaves_a_callback_on_thursday() {
    let note = note(ZH_CHARGE);
    assert_eq!(note.lang, Lang::ZH);
    assert_eq!(note.reason, "我这个月的话费被重复扣了两次，我要退款。");
    assert_eq!(note.actions, ["现在马上为您办理退款。"]);
    assert_eq!(
        promises(&note),
        [
            "agent refund 三到五个工作日 2026-05-11",
            "agent callback 星期四 2026-05-07"
        ]
    );
    assert_eq!(tasks(&note), ["2026-05-07 回电：星期四我会给您回电话确认"]);
    assert_eq!(
        note.risks,
        ["期限 2026-05-08：如果星期五之前不处理，我就要投诉到工信部。"]
    );
    for keyword in ["退款", "工信部"] {
        assert!(
            note.keywords.contains(&keyword.to_owned()),
            "{keyword}: {:?}",
            note.keywords
        );
    }
    assert!(note.urgent);
}

#[test]
fn a_double_charge_in_mandarin_heard_wrongly_leaves_the_same_task() {
    let note = note(ZH_CHARGE_HEARD);
    assert_eq!(note.lang, Lang::ZH);
    assert_eq!(note.reason, "我這個業的花費被重複扣了兩次 我要退款。");
    assert_eq!(
        promises(&note),
        [
            "agent refund 3到5個工作日 2026-05-11",
            "agent callback 星期4 2026-05-07"
        ]
    );
    assert_eq!(note.follow_ups.len(), 1);
    assert!(note.follow_ups[0].title.starts_with("回电："));
    assert!(note.urgent);
}

#[test]
fn a_broadband_upgrade_in_mandarin_leaves_papers_to_be_sent_today() {
    let note = note(ZH_BROADBAND);
    assert_eq!(note.reason, "我家的宽带最近总是断网，路由器亮红灯。");
    assert_eq!(
        note.actions,
        ["请您先把路由器重启一下，等待两分钟（客户：重启以后灯变绿了）"]
    );
    assert_eq!(promises(&note), ["agent send_document 稍后 2026-05-04"]);
    assert_eq!(tasks(&note), ["2026-05-04 发送资料：请把资料发到我的邮箱"]);
    for keyword in ["宽带", "断网", "路由器", "套餐"] {
        assert!(
            note.keywords.contains(&keyword.to_owned()),
            "{keyword}: {:?}",
            note.keywords
        );
    }
    assert!(!note.urgent);
}
