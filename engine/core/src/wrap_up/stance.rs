//! How words about a deed are meant: as a promise, as a wish or proposal, or as neither.

use super::deeds::{Cue, Deed};
use super::sentence::Sentence;
use crate::describe::Role;
use sidetone_language::dates::Mention;
use sidetone_language::pattern::{find, fits_any, has};
use sidetone_language::tokens::Token;

/// How a cue is meant.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Stance {
    /// It will be done.
    Promised,
    /// It is asked for, or proposed.
    Open,
}

const WILL: &[&str] = &[
    "will",
    "shall",
    "going to",
    "promise",
    "you can expect",
    "should",
    "be able to",
    "takes",
    "take",
    "make sure",
    "arranged",
    "scheduled",
    "booked",
    "i have asked",
    "comes",
    "is coming",
];
const DENIED: &[&str] = &[
    "not",
    "never",
    "no longer",
    "unable",
    "nobody",
    "no one",
    "without",
    "不会",
    "不能",
    "不可",
    "无法",
    "没法",
    "没办法",
    "没有办法",
    "不再",
    "不必",
    "不用",
    "不需要",
    "不给",
    "不予",
    "不支持",
    "不是",
    "还没",
    "没有",
    "没给",
    "没人",
    "不保证",
    "不敢保证",
    "别",
];
const DOUBTED: &[&str] = &[
    "can not promise",
    "can not guarantee",
    "not able to promise",
    "not sure",
    "might",
    "maybe",
    "perhaps",
    "不能保证",
    "无法保证",
    "不敢保证",
    "没法保证",
    "不确定",
    "不一定",
    "说不准",
];
/// Asked of the other side, or left to them.
const YOURS: &[&str] = &[
    "please",
    "you can",
    "you could",
    "you need",
    "you have to",
    "you must",
    "you should",
    "you may",
    "you might",
    "you will have to",
    "you will need to",
    "you would have to",
    "feel free",
    "do not hesitate",
    "请您",
    "请你",
    "麻烦您",
    "您可以",
    "您需要",
    "您要",
    "您得",
    "您把",
    "您先",
    "您自己",
    "需要您",
    "您也可以",
    "您再",
    "您随时",
    "欢迎您",
];
const TO_US: &[&str] = &[
    "send us",
    "send me",
    "email us",
    "call us",
    "contact us",
    "发给我们",
    "寄给我们",
    "寄到我们",
    "联系我们",
    "发给我",
    "to us",
    "寄回",
];
const OVER: &[&str] = &[
    "刚才",
    "刚刚",
    "曾",
    "上次",
    "昨天",
    "was",
    "were",
    "had",
    "did",
    "last time",
    "used to",
];
/// Done, unless a day to come is named: "I have already booked a technician for tomorrow".
const DONE: &[&str] = &[
    "已经",
    "已为",
    "已",
    "have already",
    "has already",
    "has been",
    "have been",
    "i have sent",
];
const PROPOSED: &[&str] = &[
    "i can",
    "i could",
    "we can",
    "we could",
    "shall i",
    "shall we",
    "should i",
    "would you like",
    "do you want me",
    "may i",
    "can i",
    "could i",
    "if you like",
    "if you want",
    "if you wish",
    "我可以",
    "我们可以",
    "可以给您",
    "可以为您",
    "可以帮您",
    "需要我",
    "要不要",
    "要我",
    "能给您",
    "是否需要",
    "您需要",
    "您看",
    "方便的话",
    "可以吗",
    "好吗",
    "行吗",
];
const ASKED: &[&str] = &[
    "please",
    "can you",
    "could you",
    "would you",
    "will you",
    "i want you to",
    "i would like",
    "i need",
    "i want",
    "can i get",
    "can i have",
    "may i have",
    "could i have",
    "just",
    "请",
    "麻烦",
    "能不能",
    "能否",
    "可不可以",
    "可以",
    "帮我",
    "给我",
    "把",
    "希望",
    "想要",
    "我要",
    "需要",
    "你们能",
    "尽快",
    "得",
];
const REPORTED: &[&str] = &[
    "said",
    "told",
    "promised",
    "you say",
    "they say",
    "was going to",
    "were going to",
    "说",
    "承诺",
    "答应",
    "告诉我",
];
const I_WILL: &[&str] = &["i will", "we will", "i am going to", "i shall", "i promise"];
const WO_HUI: &[&str] = &[
    "我会",
    "我明天",
    "我今天",
    "我马上",
    "我稍后",
    "我下午",
    "我晚上",
    "我回头",
    "我回去",
    "我这就",
    "我后天",
    "我下周",
    "我周",
    "我星期",
    "我礼拜",
    "我晚点",
    "我待会",
    "我尽快",
    "我一会",
];

/// How a cue is meant; `None` if it is no promise and will not become one.
pub(super) fn stance(sentence: &Sentence, cue: &Cue, day: Option<&Mention>) -> Option<Stance> {
    let tokens = &sentence.tokens;
    let before = &tokens[..cue.tokens.start];
    // A condition behind the cue holds for it as well: "I will pay if …".
    if depends(sentence, cue) || has(tokens, DOUBTED) || denied(tokens, cue) {
        return None;
    }
    let near = &tokens[cue.tokens.start.saturating_sub(14)..cue.tokens.start];
    match sentence.role {
        Role::Agent => {
            let proposed = has(tokens, PROPOSED);
            if sentence.question || proposed && !has(before, &["will", "会", "稍后", "马上"]) {
                return (proposed && !has(before, &["when", "what", "how", "which"]))
                    .then_some(Stance::Open);
            }
            if has(near, YOURS)
                && !has(
                    near,
                    &["i will", "we will", "我会", "我们会", "我给您", "我来"],
                )
                || fits_any(tokens, cue.tokens.start, TO_US).is_some()
                || has(&tokens[cue.tokens.clone()], TO_US)
            {
                return None;
            }
            let ahead = day.is_some_and(|day| !day.at_once);
            let clause = &tokens[sentence.clause(cue.tokens.clone())];
            if has(clause, OVER) && !has(clause, &["will", "会"]) || has(before, DONE) && !ahead {
                return None;
            }
            let han = tokens[cue.tokens.start].is_han();
            let going = is_going(tokens, cue);
            let said = han && !tells_customer_role(before)
                || going
                || has(near, WILL)
                || has(&tokens[cue.tokens.clone()], WILL)
                || fits_any(
                    tokens,
                    cue.tokens.end,
                    &["will", "takes", "should", "is going to"],
                )
                .is_some()
                || has(&tokens[cue.tokens.end..], &["will", "take", "takes"])
                    && cue.deed == Some(Deed::Refund)
                || ahead
                    && cue
                        .deed
                        .is_some_and(|deed| deed.is_later() || deed == Deed::Refund);
            said.then_some(Stance::Promised)
        }
        Role::Customer => {
            if has(before, REPORTED) {
                return None;
            }
            let own = has(near, I_WILL) || has(near, WO_HUI);
            if own && !sentence.question && !has(&tokens[cue.tokens.clone()], &["me", "我"]) {
                let useful = !matches!(cue.deed, Some(Deed::Refund | Deed::Visit | Deed::Inquiry));
                return useful.then_some(Stance::Promised);
            }
            let bare = cue.tokens.start == 0;
            let asked = bare || has(&tokens[..cue.tokens.end], ASKED);
            let later = cue.deed.is_none_or(Deed::is_later);
            (asked && later && !own).then_some(Stance::Open)
        }
    }
}

/// Whether it is done only if something happens.
///
/// A condition whose own clause says what follows from it ("if it does not come you can claim it, I
/// will call you tomorrow") leaves the later clauses of an agent alone.
fn depends(sentence: &Sentence, cue: &Cue) -> bool {
    let Some(at) = sentence.condition else {
        return false;
    };
    let own = sentence.clause(at..at + 1);
    let follows = has(
        &sentence.tokens[at..own.end],
        &["you can", "please", "call us", "您可以", "请您", "您就"],
    );
    let later = cue.tokens.start >= own.end;
    !(sentence.role == Role::Agent && later && follows)
}

/// "I am sending it": under way, and so good as promised.
fn is_going(tokens: &[Token], cue: &Cue) -> bool {
    cue.tokens.start > 0
        && tokens[cue.tokens.start].text.ends_with("ing")
        && matches!(tokens[cue.tokens.start - 1].text.as_str(), "am" | "are")
}

/// Mandarin leaves out the subject; these say that it is the customer's doing.
fn tells_customer_role(before: &[Token]) -> bool {
    has(
        before,
        &["您打", "您说", "您要求", "您之前", "您申请", "您是", "如您"],
    )
}

fn denied(tokens: &[Token], cue: &Cue) -> bool {
    let from = cue.tokens.start.saturating_sub(8);
    (from..cue.tokens.start).any(|at| {
        let Some(end) = fits_any(tokens, at, DENIED) else {
            return false;
        };
        // `能不能` asks.
        let asks = at > 0
            && fits_any(
                tokens,
                at - 1,
                &["能不能", "会不会", "可不可", "是不是", "有没有"],
            )
            .is_some();
        // `没有问题`, `不会有问题`, `没有收到的话…` of another clause do not deny the deed.
        let other_clause = (end..=cue.tokens.start).any(|i| tokens[i].opens());
        let fine = fits_any(
            tokens,
            at,
            &[
                "没有问题",
                "没有关系",
                "not worry",
                "not only",
                "not a problem",
                "不用担心",
                "不用着急",
            ],
        );
        !asks && !other_clause && fine.is_none()
    })
}

/// Whether a word is given.
pub(super) fn vowed(tokens: &[Token]) -> bool {
    has(
        tokens,
        &[
            "i promise",
            "we promise",
            "i guarantee",
            "we guarantee",
            "保证",
            "一定会",
            "我向您承诺",
        ],
    )
}

/// Finding out that takes longer than a call.
pub(super) fn is_slow(tokens: &[Token], cue: &Cue) -> bool {
    find(
        &tokens[cue.tokens.clone()],
        &[
            "investigat*",
            "trace",
            "调查",
            "追查",
            "查明",
            "查清",
            "跟进",
            "反馈",
        ],
    )
    .is_some()
}

/// Whether the agent says that it happens, not that they see to it: `tokens` reach up to the cue's end.
pub(super) fn expected(tokens: &[Token]) -> bool {
    !has(
        tokens,
        &[
            "i will",
            "we will",
            "i am going to",
            "we are going to",
            "给您退",
            "为您退",
            "帮您退",
            "我会",
            "我们会",
        ],
    )
}
