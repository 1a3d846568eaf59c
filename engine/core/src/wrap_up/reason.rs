//! Why the customer called: their own sentence that states the matter.
//!
//! It is chosen, not written: early, with a problem or a wish in it, not a greeting, a number or a yes.

use super::sentence::Sentence;
use super::text::shorten;
use crate::describe::{Direction, Role};
use sidetone_language::numbers::number;
use sidetone_language::pattern::{count, fits_any, has};

/// Longest reason, in characters.
const LENGTH: usize = 160;
/// The sentences among which an agent who calls says why.
const AGENT_EARLY: usize = 8;
/// The customer's sentences among which the matter is looked for.
const EARLY: usize = 14;

const PROBLEMS: &[&str] = &[
    "charged",
    "overcharg*",
    "twice",
    "double",
    "wrong*",
    "broken",
    "broke",
    "not working",
    "not work",
    "stopped",
    "keep",
    "keeps",
    "problem",
    "problems",
    "issue",
    "error",
    "lost",
    "stolen",
    "missing",
    "late",
    "delay*",
    "never",
    "nobody has",
    "no one has",
    "nobody came",
    "not arrive*",
    "has not",
    "have not",
    "did not",
    "does not",
    "can not",
    "no internet",
    "no signal",
    "no power",
    "no heating",
    "no water",
    "no hot water",
    "no electricity",
    "damage*",
    "accident",
    "crash*",
    "leak*",
    "flood*",
    "burst",
    "dropp*",
    "slow",
    "fraud",
    "unauthori*",
    "too high",
    "too much",
    "too expensive",
    "block*",
    "declin*",
    "reject*",
    "refus*",
    "expire*",
    "cut off",
    "fault*",
    "do not recogni*",
    "do not know",
    "swallow*",
    "hit my",
    "hit me",
    "still waiting",
    "unhappy",
    "not happy",
    "complain*",
    "power cut",
    "outage",
    "scratch*",
    "scam",
    "fail*",
    "dent*",
    "扣",
    "重复",
    "多收",
    "乱收",
    "断网",
    "没网",
    "上不了网",
    "坏",
    "故障",
    "不了",
    "没有收到",
    "没收到",
    "没到",
    "没有到",
    "丢",
    "被盗",
    "盗刷",
    "错",
    "有问题",
    "出问题",
    "很慢",
    "太慢",
    "总是",
    "老是",
    "掉线",
    "卡住",
    "漏水",
    "停电",
    "停水",
    "停气",
    "事故",
    "撞",
    "追尾",
    "破",
    "损",
    "投诉",
    "迟迟",
    "超时",
    "欠费",
    "断",
    "用不",
    "太高",
    "太贵",
    "偏高",
    "吞",
    "骗",
    "没反应",
    "红灯",
    "失败",
    "不对",
    "不正常",
    "异常",
    "跳闸",
    "没有电",
    "没电",
    "还没",
    "一直没",
    "少了",
    "刮",
    "剐蹭",
];
const WISHES: &[&str] = &[
    "i want",
    "i would like",
    "i need",
    "i am calling",
    "i called because",
    "i called to",
    "calling about",
    "calling because",
    "i am looking",
    "i wanted",
    "how do i",
    "how can i",
    "can i get",
    "is it possible",
    "i have a question",
    "refund",
    "cancel*",
    "claim",
    "report",
    "reported",
    "change my",
    "change the",
    "move",
    "moving",
    "upgrade",
    "order",
    "apply",
    "replace*",
    "renew*",
    "quote",
    "would like to",
    "want to",
    "need to",
    "asking about",
    "ask about",
    "interested in",
    "book",
    "close my",
    "open an",
    "reschedule",
    "redeliver*",
    "我要",
    "我想",
    "想要",
    "想问",
    "咨询",
    "想查",
    "查一下",
    "查询",
    "办理",
    "退款",
    "退货",
    "取消",
    "申请",
    "报案",
    "理赔",
    "挂失",
    "更换",
    "换一",
    "需要",
    "开通",
    "升级",
    "续保",
    "报修",
    "过户",
    "改地址",
    "改期",
    "预约",
    "退保",
    "注销",
    "投保",
    "补办",
    "要求",
];
const AGENT_REASONS: &[&str] = &[
    "calling about",
    "calling because",
    "calling to",
    "calling regarding",
    "calling you about",
    "reason for my call",
    "reason i am calling",
    "来电是",
    "打电话是",
    "给您来电",
    "打电话给您是",
    "致电是",
    "给您打电话是",
    "通知您",
    "跟您确认",
    "跟您核实",
    "这边联系您",
];
/// Said in every call.
const SMALL_TALK: &[&str] = &[
    "thank*",
    "a supervisor",
    "your supervisor",
    "a manager",
    "your manager",
    "主管",
    "经理",
    "goodbye",
    "bye",
    "good morning",
    "good afternoon",
    "my name is",
    "how are you",
    "yes please",
    "that is right",
    "that is correct",
    "sounds good",
    "sounds interesting",
    "my number is",
    "my account number",
    "谢谢",
    "再见",
    "我叫",
    "我姓",
    "听起来",
    "我的号码",
    "卡号是",
    "手机号是",
    "电话是",
    "没错",
    "拜拜",
    "身份证",
];
/// Words before the matter that do not belong to it.
const FILLERS: &[&str] = &[
    "hi",
    "hello",
    "hey",
    "good morning",
    "good afternoon",
    "good evening",
    "yes",
    "yeah",
    "ok",
    "well",
    "so",
    "um",
    "uh",
    "er",
    "oh",
    "hi there",
    "hello there",
    "all right",
    "thanks",
    "thank you",
    "please",
    "right",
    "actually",
    "look",
    "喂",
    "你好",
    "您好",
    "嗯",
    "啊",
    "哦",
    "那个",
    "是这样",
    "是这样的",
    "好的",
    "对",
    "呃",
    "早上好",
    "下午好",
    "就是",
    "那",
    "麻烦",
    "请问",
];

/// The reason of a call in one line; empty if nobody gave one.
pub(super) fn reason(sentences: &[Sentence], direction: Direction) -> String {
    if direction != Direction::Inbound
        && let Some(told) = sentences
            .iter()
            .take(AGENT_EARLY)
            .find(|s| s.role == Role::Agent && !s.question && has(&s.tokens, AGENT_REASONS))
    {
        return tidy(told);
    }
    let customer: Vec<&Sentence> = sentences
        .iter()
        .filter(|s| s.role == Role::Customer)
        .take(EARLY)
        .collect();
    let mut best: Option<(usize, i32)> = None;
    for (at, sentence) in customer.iter().enumerate() {
        let score = score(sentence) - 4 * at as i32;
        if matter(sentence) && best.is_none_or(|(_, most)| score > most) {
            best = Some((at, score));
        }
    }
    let Some((at, _)) = best else {
        return plain(&customer).map(tidy).unwrap_or_default();
    };
    let mut told = tidy(customer[at]);
    // The sentence beside it often says the rest: what happened, and what is wanted.
    for beside in [at.checked_sub(1), Some(at + 1)].into_iter().flatten() {
        let Some(other) = customer.get(beside) else {
            continue;
        };
        let room = told.chars().count() + other.text.chars().count() < LENGTH;
        let tells = score(other) > 0 || beside > at && score(other) == 0 && !other.question;
        if other.turn == customer[at].turn && says_something(other) && tells && room {
            let gap = if other.is_han() { "" } else { " " };
            told = if beside < at {
                format!("{}{gap}{told}", tidy(other))
            } else {
                format!("{told}{gap}{}", tidy(other))
            };
            break;
        }
    }
    told
}

/// Ten for each sign of a problem or a wish, more where both come together.
fn score(sentence: &Sentence) -> i32 {
    let problems = count(&sentence.tokens, PROBLEMS).min(3) as i32;
    let wishes = count(&sentence.tokens, WISHES).min(2) as i32;
    let both = i32::from(problems > 0 && wishes > 0);
    let threat = i32::from(sentence.condition.is_some());
    let small = i32::from(has(&sentence.tokens, SMALL_TALK));
    10 * problems + 10 * wishes + 5 * both - 15 * threat - 12 * small
}

/// Whether a sentence says something of its own, not just a number, a name or a yes.
fn says_something(sentence: &Sentence) -> bool {
    let mut words = 0;
    let mut at = filler_end(sentence);
    let mut numbers = 0;
    while at < sentence.tokens.len() {
        if let Some((_, end)) = number(&sentence.tokens, at) {
            numbers += end - at;
            at = end;
        } else {
            words += 1;
            at += 1;
        }
    }
    words >= if sentence.is_han() { 4 } else { 3 } && numbers < words
}

fn matter(sentence: &Sentence) -> bool {
    says_something(sentence) && (has(&sentence.tokens, PROBLEMS) || has(&sentence.tokens, WISHES))
}

/// Without any sign of a matter: the first sentence that says something at all.
fn plain<'a>(customer: &[&'a Sentence]) -> Option<&'a Sentence> {
    customer
        .iter()
        .find(|s| says_something(s) && !has(&s.tokens, SMALL_TALK))
        .copied()
}

fn filler_end(sentence: &Sentence) -> usize {
    let mut from = 0;
    while let Some(end) = fits_any(&sentence.tokens, from, FILLERS) {
        from = end;
    }
    if from == sentence.tokens.len() {
        0
    } else {
        from
    }
}

/// The sentence without its greeting, with a capital and a full stop.
fn tidy(sentence: &Sentence) -> String {
    let from = filler_end(sentence);
    let start = sentence.tokens[from].span.start;
    let words = shorten(sentence.text[start..].trim(), LENGTH);
    let mut chars = words.chars();
    let mut tidy: String = chars
        .next()
        .map(|first| first.to_uppercase().chain(chars).collect())
        .unwrap_or_default();
    if !tidy.ends_with(['.', '!', '?', '。', '！', '？', '…']) {
        while tidy.ends_with([',', '，', '、', ';', '；']) {
            tidy.pop();
        }
        tidy.push(if sentence.is_han() { '。' } else { '.' });
    }
    tidy
}
