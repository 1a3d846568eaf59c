//! Calls of other trades. Which single sentences are promises is in `tests/understanding`.

use super::kit::{facts, lines, note, promises, tasks};
use crate::wrap_up::{Facts, summarise};
use sidetone_types::lang::Lang;
use sidetone_types::party::Direction;

struct Case {
    name: &'static str,
    script: &'static str,
    reason: &'static str,
    tasks: &'static [&'static str],
    urgent: bool,
}

const CASES: &[Case] = &[
    Case {
        name: "insurance",
        script: "
            a: Good morning, Harbour Insurance, how can I help?
            c: Good morning. Somebody hit my parked car last night and I need to report the damage.
            a: I am sorry to hear that. Is the car still drivable?
            c: Yes, it is, but the door does not close.
            a: I have opened a claim for you. We will send an adjuster next Wednesday between nine and twelve.
            c: Could you also email me the claim form?
            a: Sure, I will send it this afternoon.
            c: Thank you, bye.",
        reason: "Somebody hit my parked car last night and I need to report the damage.",
        tasks: &["2026-05-04 Send documents: Email me the claim form", "2026-05-13 Visit: We will send an adjuster next Wednesday between nine and twelve"],
        urgent: false,
    },
    Case {
        name: "parcels",
        script: "
            a: Swift Parcel, this is Ann.
            c: Hello, my parcel was supposed to arrive on Friday and it never came.
            a: Let me check. The driver could not find your address.
            c: I called about it twice already. I need it by Wednesday at the latest.
            a: I have corrected the address. The parcel will be redelivered tomorrow before noon.
            c: And what if it gets lost again?
            a: We will investigate that with the depot and I will get back to you within 48 hours.
            c: Fine.",
        reason: "My parcel was supposed to arrive on Friday and it never came.",
        tasks: &["2026-05-05 Delivery: The parcel will be redelivered tomorrow before noon", "2026-05-06 Callback: We will investigate that with the depot and I will get back to you within 48 hours"],
        urgent: true,
    },
    Case {
        name: "bank",
        script: "
            a: City Bank card service, how may I help you?
            c: Hi, I lost my credit card yesterday, I think it was stolen.
            a: I am blocking the card right now. Do you recognise a payment of eighty pounds at a petrol station?
            c: No, I do not recognise that.
            a: I can not promise that you will get the money back today.
            a: Would you like me to send you a new card?
            c: Yes, please.
            a: It will arrive within five business days.
            c: I will send you the police report tomorrow.
            a: Thank you.",
        reason: "I lost my credit card yesterday, I think it was stolen.",
        tasks: &["2026-05-11 Delivery: Send you a new card"],
        urgent: false,
    },
    Case {
        name: "energy",
        script: "
            a: 您好，供电服务热线。
            c: 喂你好，我家从昨天晚上开始一直停电，邻居家都有电。
            a: 好的，请您先检查一下电表的开关有没有跳闸。
            c: 看过了，没有跳闸。
            a: 我已经为您登记报修，明天上午派师傅上门检修。
            c: 能不能快一点？家里有老人。
            a: 我尽量帮您催一下，师傅出发之前会给您打电话。
            c: 好，谢谢。",
        reason: "我家从昨天晚上开始一直停电，邻居家都有电。",
        tasks: &["2026-05-05 上门：明天上午派师傅上门检修", "2026-05-05 回电：师傅出发之前会给您打电话"],
        urgent: false,
    },
    Case {
        name: "车险",
        script: "
            a: 您好，平和保险，请问有什么可以帮您？
            c: 你好，我今天早上开车被追尾了，想报案。
            a: 好的，人没有受伤吧？
            c: 没有。
            a: 我已经帮您立案了，查勘员会在两个小时内联系您。
            c: 理赔需要哪些资料？
            a: 我稍后把理赔资料清单发到您的手机上。
            c: 好的，我后天把材料寄给你们。
            a: 赔款会在资料齐全后十个工作日内到账。",
        reason: "我今天早上开车被追尾了，想报案。",
        tasks: &["2026-05-04 回电：查勘员会在两个小时内联系您", "2026-05-04 发送资料：我稍后把理赔资料清单发到您的手机上"],
        urgent: false,
    },
    Case {
        name: "快递",
        script: "
            a: 您好，请讲。
            c: 我的快递显示签收了，可是我根本没收到。
            a: 请您报一下运单号。
            c: 七七八八九九零零。
            a: 我们会跟网点核实，三天内给您答复。
            c: 三天太久了，如果明天还找不到我就去消协投诉。
            a: 那我帮您加急，找到以后明天下午重新派送。
            c: 行吧。",
        reason: "我的快递显示签收了，可是我根本没收到。",
        tasks: &["2026-05-05 派送：找到以后明天下午重新派送", "2026-05-07 回电：三天内给您答复"],
        urgent: true,
    },
];

#[test]
fn calls_of_other_trades_leave_their_tasks() {
    let mut wrong = Vec::new();
    for case in CASES {
        let note = note(case.script);
        let right = note.reason == case.reason
            && tasks(&note) == case.tasks
            && note.urgent == case.urgent
            && !note.keywords.is_empty();
        if !right {
            wrong.push(format!("{}: {:#?}\n{}", case.name, tasks(&note), note.text));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn the_note_is_in_the_language_of_most_words() {
    for (script, lang) in [
        ("a: Hello.\nc: 你好，我的宽带坏了，我想报修。", Lang::ZH),
        (
            "a: Good morning, how can I help you today?\nc: 你好",
            Lang::EN,
        ),
        ("", Lang::EN),
    ] {
        assert_eq!(note(script).lang, lang, "{script}");
    }
}

#[test]
fn a_mixed_sentence_is_read_with_both_languages() {
    let note = note("c: 我的 WiFi 坏了，请帮我看一下\na: 我 Thursday 给您回电话，offer 明天发给您");
    assert_eq!(
        promises(&note),
        [
            "agent callback Thursday 2026-05-07",
            "agent send_offer 明天 2026-05-05"
        ]
    );
}

#[test]
fn a_promise_said_twice_is_one_task() {
    let note = note(
        "a: I will call you back. \nc: When?\na: I will call you back on Thursday.\nc: Fine.\na: So, I will call you on Thursday.",
    );
    assert_eq!(
        tasks(&note),
        ["2026-05-07 Callback: I will call you back on Thursday"]
    );
}

#[test]
fn an_agent_who_calls_says_why() {
    let facts = Facts {
        direction: Direction::Outbound,
        ..facts()
    };
    for (script, reason) in [
        (
            "a: Hello, this is Ann from Harbour.\na: I am calling about your policy, which ends this month.\nc: Oh, I need help with my bill.",
            "I am calling about your policy, which ends this month.",
        ),
        (
            "a: 您好，给您来电是想跟您确认续保的事情。\nc: 好的",
            "给您来电是想跟您确认续保的事情。",
        ),
    ] {
        assert_eq!(summarise(&facts, &lines(script), &[], &[]).reason, reason);
    }
}

#[test]
fn an_empty_call_leaves_an_honest_note() {
    let note = note("");
    assert_eq!(note.reason, "");
    assert_eq!(
        note.text,
        "Reason: not said\nTalk time: agent 0:00, customer 0:00"
    );
}
