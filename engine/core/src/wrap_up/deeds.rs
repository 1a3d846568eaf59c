//! What can be promised or asked for, and the words that say so in either language.

use std::ops::Range;

use super::FollowUpKind;
use crate::lang::Lang;
use sidetone_language::pattern::fits_any;
use sidetone_language::tokens::Token;

/// Something to be done for the customer. Finer than [`FollowUpKind`], so that a title can say it well.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) enum Deed {
    /// Ring, or tell in another way.
    Callback,
    /// Send an offer.
    Offer,
    /// Send papers.
    Document,
    /// Pay money back, or out.
    Refund,
    /// Send somebody.
    Visit,
    /// Send a thing.
    Delivery,
    /// Find something out.
    Inquiry,
    /// Get something done.
    Other,
}

impl Deed {
    /// What the CRM calls it.
    pub const fn kind(self) -> FollowUpKind {
        match self {
            Self::Callback => FollowUpKind::Callback,
            Self::Offer => FollowUpKind::SendOffer,
            Self::Document => FollowUpKind::SendDocument,
            Self::Refund => FollowUpKind::Refund,
            Self::Visit | Self::Delivery => FollowUpKind::Visit,
            Self::Inquiry | Self::Other => FollowUpKind::Other,
        }
    }

    /// The first words of a task's title.
    pub fn label(self, lang: Lang) -> &'static str {
        let (en, zh) = match self {
            Self::Callback => ("Callback", "回电"),
            Self::Offer => ("Send offer", "发送报价"),
            Self::Document => ("Send documents", "发送资料"),
            Self::Refund => ("Refund", "退款"),
            Self::Visit => ("Visit", "上门"),
            Self::Delivery => ("Delivery", "派送"),
            Self::Inquiry => ("Look into", "核查"),
            Self::Other => ("Follow up", "跟进"),
        };
        if lang == Lang::ZH { zh } else { en }
    }

    /// Whether it is something that is sent.
    pub const fn is_sent(self) -> bool {
        matches!(self, Self::Offer | Self::Document | Self::Delivery)
    }

    /// Whether it is done for the customer later, not while they listen.
    pub const fn is_later(self) -> bool {
        !matches!(self, Self::Refund | Self::Inquiry | Self::Other)
    }
}

/// Words that speak of a deed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Cue {
    /// Which words.
    pub tokens: Range<usize>,
    /// What is done; `None` where only a pronoun tells: `send it`.
    pub deed: Option<Deed>,
    /// The noun that is sent, as it was said.
    pub object: Option<String>,
    /// Whether something is sent.
    pub sends: bool,
}

const CALLS: &[&str] = &[
    "call you",
    "call me",
    "call back",
    "callback",
    "call … back",
    "ring you",
    "ring me",
    "ring back",
    "phone you",
    "phone me",
    "give you a call",
    "give me a call",
    "give you a ring",
    "give you … call",
    "get back to you",
    "get back to me",
    "come back to you",
    "contact you",
    "contact me",
    "be in touch",
    "get in touch",
    "let you know",
    "let me know",
    "follow up with you",
    "update you",
    "keep you posted",
    "keep you updated",
    "keep you informed",
    "return your call",
    "return my call",
    "reach out to you",
    "receive a call",
    "will get a call",
    "you will get a call",
    "you will get … call",
    "you will receive a call",
    "you will receive … call",
    "get a call",
    "hear from us",
    "hear from me",
    "hear back",
    "回电",
    "回个电话",
    "回您电话",
    "回您一个电话",
    "回我电话",
    "给您回",
    "给你回",
    "给我回",
    "给您打…电话",
    "给您一个电话",
    "给您去个电话",
    "给您去电",
    "给你打电话",
    "给我打…电话",
    "给我一个电话",
    "打电话给您",
    "打电话给我",
    "打给您",
    "打给我",
    "致电",
    "联系您",
    "联系你",
    "联系我",
    "与您联系",
    "跟您联系",
    "和您联系",
    "跟我联系",
    "和我联系",
    "回访",
    "通知您",
    "通知你",
    "通知我",
    "告知您",
    "告诉您结果",
    "回复您",
    "回复你",
    "回复我",
    "给您…回复",
    "给您…答复",
    "给您…消息",
    "给您…结果",
    "给我…答复",
    "给我…回复",
    "给我…说法",
    "给我…结果",
    "给我…消息",
    "答复您",
    "答复我",
    "给出答复",
    "回拨",
    "回话",
    "会电话",
];

const SENDS: &[&str] = &[
    "send",
    "sending",
    "sends",
    "sent",
    "email you",
    "email it",
    "email them",
    "email the",
    "email that",
    "email me",
    "email a",
    "mail you",
    "mail it",
    "mail me",
    "mail the",
    "text you",
    "text it",
    "text me",
    "text the",
    "forward it",
    "forward you",
    "forward the",
    "forward me",
    "post you",
    "post it to",
    "post the",
    "drop you",
    "drop me",
    "provide you with",
    "you will receive",
    "you will get",
    "will be sent",
    "will be mailed",
    "will be emailed",
    "will be posted",
    "发送",
    "发给",
    "发到",
    "发您",
    "发我",
    "发一",
    "发个",
    "发封",
    "发份",
    "发短信",
    "发邮件",
    "发过去",
    "发过来",
    "发去",
    "转发",
    "给您发",
    "给你发",
    "给我发",
    "传给",
    "传真",
    "邮寄",
    "寄",
    "推送给",
    "短信发",
    "邮件发",
];

const REFUNDS: &[&str] = &[
    "refund*",
    "reimburs*",
    "pay you back",
    "pay back",
    "pay it back",
    "pay me back",
    "money back",
    "credit your account",
    "credit you",
    "credit it",
    "credit the",
    "compensat*",
    "pay out",
    "payout",
    "return the money",
    "return my money",
    "transfer the money",
    "waive",
    "payment will",
    "退款",
    "退还",
    "退回给您",
    "退回到",
    "退回您",
    "退回原",
    "退给",
    "退到",
    "退费",
    "返还",
    "到账",
    "到帐",
    "赔付",
    "赔款",
    "赔偿",
    "补偿",
    "打到您",
    "打款",
    "减免",
    "理赔款",
];

const VISITS: &[&str] = &[
    "come out",
    "come to you",
    "come to your",
    "come by",
    "come over",
    "visit*",
    "be with you",
    "stop by",
    "technician will",
    "technician comes",
    "technician is coming",
    "engineer will",
    "engineer comes",
    "adjuster will",
    "surveyor will",
    "mechanic will",
    "electrician will",
    "plumber will",
    "inspector will",
    "on site",
    "pick it up",
    "pick up the",
    "pick you up",
    "collect it",
    "collect the",
    "schedule* a technician",
    "schedule* an engineer",
    "book* … technician",
    "book* … engineer",
    "book* … appointment",
    "tow truck",
    "上门",
    "派人",
    "派师傅",
    "派…师傅",
    "派…人员",
    "派…工程师",
    "派…专员",
    "派…技术员",
    "派…查勘员",
    "派…定损员",
    "过来看",
    "过去看",
    "到您家",
    "到您那",
    "到现场",
    "现场查勘",
    "去查勘",
    "来查勘",
    "安排师傅",
    "安排人",
    "安排…人员",
    "安排…师傅",
    "安排…工程师",
    "安排…查勘员",
    "安排…技术员",
    "拖车",
];

const DELIVERIES: &[&str] = &[
    "redeliver*",
    "will arrive",
    "arrives",
    "re deliver*",
    "deliver*",
    "dispatch*",
    "ship it",
    "ship you",
    "ship the",
    "shipped",
    "ship a",
    "replacement will",
    "issue … new card",
    "issue … replacement",
    "order … new card",
    "派送",
    "重派",
    "再派一次",
    "配送",
    "送货",
    "补发",
    "重新寄",
    "补寄",
    "换新",
    "重发",
    "送到",
    "送达",
    "寄新",
    "换一张",
    "换一台",
    "换个新",
    "补一张",
    "补卡",
];

const INQUIRIES: &[&str] = &[
    "look into",
    "looking into",
    "investigat*",
    "trace",
    "tracing",
    "find out",
    "check with",
    "check it with",
    "clarify",
    "review",
    "调查",
    "核实",
    "核查",
    "追查",
    "查明",
    "查清",
    "排查",
    "跟进",
    "反馈",
    "了解情况",
    "调取",
];

const OTHERS: &[&str] = &[
    "escalate",
    "pass it on",
    "pass this on",
    "pass that on",
    "forward … to our",
    "forward … to the",
    "take care of",
    "make sure",
    "arrange",
    "fix",
    "fixed",
    "repair",
    "repaired",
    "resolve",
    "resolved",
    "sort it out",
    "sort this out",
    "activate",
    "activated",
    "unblock",
    "process",
    "processed",
    "open a ticket",
    "open a case",
    "open a claim",
    "file a claim",
    "set up",
    "restore*",
    "ready",
    "back up",
    "pay",
    "approved",
    "处理",
    "解决",
    "办理",
    "办好",
    "修好",
    "修复",
    "恢复",
    "安排",
    "转给",
    "转交",
    "上报",
    "加急",
    "催",
    "开通",
    "更改",
    "审核",
    "受理",
    "生效",
    "搞定",
    "缴",
    "付款",
    "还款",
    "付清",
    "加派",
];

const OFFERS: &[&str] = &[
    // "an offer", as a recogniser heard it.
    "enough for",
    "offer",
    "offers",
    "quote",
    "quotes",
    "quotation",
    "proposal",
    "estimate",
    "price list",
    "pricing",
    "报价",
    "方案",
    "优惠",
    "报价单",
    "价格表",
];
const PEOPLE: &[&str] = &[
    "technician",
    "technicians",
    "engineer",
    "engineers",
    "adjuster",
    "surveyor",
    "inspector",
    "electrician",
    "plumber",
    "mechanic",
    "somebody",
    "someone",
    "colleague",
    "expert",
    "crew",
    "team",
    "specialist",
    "assessor",
    "tow truck",
    "repairman",
    "man",
    "people",
    "师傅",
    "工程师",
    "技术人员",
    "技术员",
    "维修人员",
    "查勘员",
    "定损员",
    "工作人员",
    "专员",
    "同事",
    "人员",
];
const THINGS: &[&str] = &[
    "card",
    "cards",
    "router",
    "modem",
    "replacement",
    "device",
    "parcel",
    "package",
    "part",
    "parts",
    "meter",
    "sim",
    "phone",
    "handset",
    "box",
    "item",
    "items",
    "goods",
    "order",
    "product",
    "cable",
    "key",
    "keys",
    "battery",
    "cheque",
    "check",
    "新卡",
    "卡片",
    "银行卡",
    "信用卡",
    "储蓄卡",
    "路由器",
    "设备",
    "包裹",
    "快件",
    "快递",
    "商品",
    "货",
    "配件",
    "电表",
    "气表",
    "水表",
    "手机卡",
    "光猫",
    "新的一张卡",
    "实体卡",
];
const PAPERS: &[&str] = &[
    "form",
    "forms",
    "document",
    "documents",
    "paperwork",
    "papers",
    "link",
    "copy",
    "copies",
    "statement",
    "statements",
    "invoice",
    "invoices",
    "bill",
    "receipt",
    "letter",
    "contract",
    "policy",
    "label",
    "confirmation",
    "details",
    "information",
    "info",
    "brochure",
    "instructions",
    "list",
    "certificate",
    "report",
    "guide",
    "manual",
    "pdf",
    "catalogue",
    "code",
    "terms",
    "summary",
    "agreement",
    "checklist",
    "reference number",
    "tracking number",
    "claim number",
    "photos",
    "资料",
    "材料",
    "表格",
    "申请表",
    "理赔表",
    "合同",
    "链接",
    "账单",
    "发票",
    "文件",
    "说明",
    "保单",
    "清单",
    "验证码",
    "二维码",
    "协议",
    "证明",
    "回执",
    "单号",
    "编号",
    "通知单",
    "指引",
    "流程",
    "明细",
    "照片",
    "条款",
    "通知书",
    "报告",
];

/// How far from its verb an object is looked for.
const NEAR: usize = 12;

/// All cues of a sentence, in the order of the words. They do not overlap.
pub(super) fn cues(tokens: &[Token]) -> Vec<Cue> {
    let mut cues: Vec<Cue> = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let Some((deed, end)) = verb(tokens, at) else {
            at += 1;
            continue;
        };
        let from = cues.last().map_or(0, |cue: &Cue| cue.tokens.end);
        let cue = match deed {
            Verb::Is(deed) => Cue {
                tokens: at..end,
                deed: Some(deed),
                object: (deed == Deed::Delivery)
                    .then(|| object(tokens, from, at, end))
                    .flatten()
                    .map(|(_, noun)| noun),
                sends: deed.is_sent(),
            },
            Verb::Sends => sent(tokens, from, at, end),
            Verb::Does => Cue {
                tokens: at..end,
                deed: None,
                object: None,
                sends: false,
            },
        };
        // `退款…到账` is one thing.
        if let Some(last) = cues.last_mut()
            && last.deed == Some(Deed::Refund)
            && cue.deed == Some(Deed::Refund)
        {
            last.tokens.end = end;
        } else {
            cues.push(cue);
        }
        at = end;
    }
    cues
}

enum Verb {
    Is(Deed),
    /// What is sent, its object tells.
    Sends,
    /// What is done, the words before tell.
    Does,
}

/// The deed whose words fit best from token `at` on: the longest, the more telling of two as long.
fn verb(tokens: &[Token], at: usize) -> Option<(Verb, usize)> {
    let mut best: Option<(Verb, usize)> = None;
    for (verb, patterns) in [
        (Verb::Is(Deed::Callback), CALLS),
        (Verb::Is(Deed::Visit), VISITS),
        (Verb::Is(Deed::Delivery), DELIVERIES),
        (Verb::Sends, SENDS),
        (Verb::Is(Deed::Refund), REFUNDS),
        (Verb::Is(Deed::Inquiry), INQUIRIES),
        (Verb::Is(Deed::Other), OTHERS),
        (Verb::Does, &["do that", "do it", "do so", "do this"]),
    ] {
        if let Some(end) = fits_any(tokens, at, patterns)
            && best.as_ref().is_none_or(|(_, longest)| end > *longest)
        {
            best = Some((verb, end));
        }
    }
    best
}

/// What is sent: told by the object, behind the verb or before it.
fn sent(tokens: &[Token], from: usize, at: usize, end: usize) -> Cue {
    let found = object(tokens, from, at, end);
    let pronoun = fits_any(
        tokens,
        end,
        &[
            "it",
            "that",
            "this",
            "them",
            "those",
            "you it",
            "it to you",
            "that to you",
            "you that",
        ],
    )
    .is_some()
        || tokens[at..end]
            .iter()
            .any(|t| matches!(t.text.as_str(), "it" | "them" | "that"));
    let han = tokens[at].is_han();
    let (deed, object) = match found {
        Some((deed, noun)) if !pronoun || deed != Deed::Document => (Some(deed), Some(noun)),
        _ if pronoun || han => (None, None),
        _ => (Some(Deed::Document), None),
    };
    Cue {
        tokens: at..end,
        deed,
        object,
        sends: true,
    }
}

fn object(tokens: &[Token], from: usize, at: usize, end: usize) -> Option<(Deed, String)> {
    let behind = (end..tokens.len().min(end + NEAR)).find_map(|at| noun(tokens, at));
    behind.or_else(|| {
        (from.max(at.saturating_sub(NEAR))..at)
            .rev()
            .find_map(|before| noun(tokens, before).filter(|_| before < at))
    })
}

/// The noun that begins at token `at`. Of two in a row the last is what is meant: `order confirmation`.
fn noun(tokens: &[Token], at: usize) -> Option<(Deed, String)> {
    let single = |at: usize| {
        [
            (Deed::Offer, OFFERS),
            (Deed::Visit, PEOPLE),
            (Deed::Delivery, THINGS),
            (Deed::Document, PAPERS),
        ]
        .into_iter()
        .filter_map(|(deed, nouns)| Some((deed, fits_any(tokens, at, nouns)?)))
        .max_by_key(|(_, end)| *end)
    };
    let (mut deed, mut end) = single(at)?;
    let mut from = at;
    while let Some((next, after)) = single(end).filter(|_| !tokens[end].opens()) {
        (deed, from, end) = (next, end, after);
    }
    let text = tokens[from..end].iter().map(|t| t.text.as_str()).collect();
    Some((deed, text))
}

/// The first noun of a sentence that names something to send.
pub(super) fn sendable(tokens: &[Token]) -> Option<(Deed, String)> {
    (0..tokens.len())
        .find_map(|at| noun(tokens, at))
        .filter(|(deed, _)| matches!(deed, Deed::Offer | Deed::Document))
}

#[cfg(test)]
mod tests {
    use super::*;
    use sidetone_language::tokens::tokenise;

    #[test]
    fn words_tell_what_is_to_be_done() {
        for (text, expected) in [
            ("I will call you back on Thursday", Some(Deed::Callback)),
            ("I will give you a quick call", Some(Deed::Callback)),
            ("I will get back to you", Some(Deed::Callback)),
            ("I will send you an offer by email", Some(Deed::Offer)),
            ("we will send the claim form", Some(Deed::Document)),
            (
                "we will send you an order confirmation",
                Some(Deed::Document),
            ),
            ("we will send an adjuster", Some(Deed::Visit)),
            ("we will send you a new card", Some(Deed::Delivery)),
            ("the parcel will be redelivered", Some(Deed::Delivery)),
            ("the refund takes five days", Some(Deed::Refund)),
            ("I will send it today", None),
            ("我们会派师傅上门", Some(Deed::Visit)),
            ("星期四我会给您回电话确认", Some(Deed::Callback)),
            ("请把资料发到我的邮箱", Some(Deed::Document)),
            ("理赔资料我发您短信", Some(Deed::Document)),
            ("我给您发一份报价", Some(Deed::Offer)),
            ("明天重新派送", Some(Deed::Delivery)),
            ("稍后发送给您", None),
            ("我们会调查这件事", Some(Deed::Inquiry)),
        ] {
            let cues = cues(&tokenise(text));
            assert_eq!(
                cues.first().map(|c| c.deed),
                Some(expected),
                "{text}: {cues:?}"
            );
        }
    }

    #[test]
    fn other_words_tell_nothing() {
        for text in [
            "good morning",
            "你发现了什么",
            "祝您生活愉快",
            "what is your name",
            "出发了吗",
        ] {
            assert_eq!(cues(&tokenise(text)), [], "{text}");
        }
    }
}
