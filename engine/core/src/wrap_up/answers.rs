//! Yes and no to what the other side asked for or proposed.

use super::sentence::Sentence;
use crate::describe::Role;
use sidetone_language::pattern::{fits, fits_any, has};
use sidetone_language::tokens::Token;

/// Whether a sentence agrees to what was asked or proposed.
pub(super) fn agrees(sentence: &Sentence) -> bool {
    let words: &[&str] = &[
        "yes",
        "yeah",
        "yep",
        "sure",
        "of course",
        "certainly",
        "absolutely",
        "no problem",
        "ok",
        "gladly",
        "will do",
        "i will",
        "great",
        "please do",
        "that would be",
        "sounds good",
        "perfect",
        "fine",
        "all right",
        "alright",
        "good",
        "with pleasure",
        "好",
        "可以",
        "没问题",
        "没有问题",
        "当然",
        "行",
        "嗯",
        "要的",
        "需要",
        "麻烦",
        "谢谢",
        "稍后",
        "是的",
    ];
    let starts =
        (0..sentence.tokens.len().min(3)).any(|at| fits_any(&sentence.tokens, at, words).is_some());
    // "Sure, may I have your number?" goes on to something else and promises nothing yet.
    starts
        && !(sentence.role == Role::Agent
            && (sentence.question || has(&sentence.tokens, &["请您", "请提供"])))
}

/// Whether a sentence turns it down.
pub(super) fn refuses(tokens: &[Token]) -> bool {
    let no = ["no", "nope", "不", "不用", "不要", "不行", "不需要", "算了"];
    let kind = ["no problem", "no worries", "不好意思", "不客气"];
    (0..tokens.len().min(2)).any(|at| {
        no.iter().any(|p| fits(tokens, at, p).is_some()) && fits_any(tokens, at, &kind).is_none()
    }) || has(
        tokens,
        &[
            "unfortunately",
            "can not",
            "i am afraid",
            "no thank you",
            "不能",
            "无法",
            "没办法",
            "抱歉",
        ],
    )
}
