//! Who does what was said: the speaker, or somebody else.
//!
//! "You closed my account", "who cancelled it", 你们为什么取消 tell of somebody else's deed. What the
//! speaker asks others to do is the speaker's own wish: "can you close it", "I want you to", 请你取消.

use std::ops::Range;

use crate::clauses::{REACH, is_parted};
use crate::lexicon::{Actor, Lexicon};
use crate::tokens::Token;

/// So many words at most from what says that something is done to what is done: "was my account
/// closed".
const PASSIVE: usize = 5;

/// Whether what stands in `find` is somebody else's deed, and not asked for.
///
/// The nearest word before it, in its clause, that says who does it tells. Where none does it is the
/// speaker: "to cancel my contract", 取消合同.
pub fn is_of_others<T: AsRef<Token>>(lexicon: &Lexicon, tokens: &[T], find: &Range<usize>) -> bool {
    let (actor, start) = (&lexicon.actor, find.start);
    if actor.is_passive(lexicon, tokens, find) {
        return true;
    }
    let word = |at: usize| tokens[at].as_ref().text.as_str();
    let mut linked = None;
    let first = start.saturating_sub(REACH);
    for at in (first..start).rev() {
        if is_parted(tokens[at + 1].as_ref()) {
            return false;
        }
        let is_object = at > 0 && actor.objects.have(word(at - 1));
        let is_other = actor.others.longest_at(tokens, at).is_some();
        if let Some(link) = linked {
            // What somebody says may go on behind a link: 你们说再不交费就取消.
            if actor.speaker.have(word(at)) {
                return false;
            }
            let says = |at: usize| lexicon.reading.hearing.longest_at(tokens, at).is_some();
            if is_other && (at + 1..link).any(says) {
                return true;
            }
            continue;
        }
        if !is_object && (is_other || actor.speaker.have(word(at))) {
            // "I found a cheaper provider and want to cancel": a thing is what somebody speaks of.
            let is_thing = is_other && actor.things.longest_at(tokens, at).is_some();
            if is_thing && (first..at).any(|before| actor.speaker.have(word(before))) {
                return false;
            }
            return is_other && !actor.is_asked(tokens, at, start);
        }
        if actor.whys.longest_at(tokens, at).is_some() {
            return true;
        }
        // A clause that is linked has somebody of its own.
        if lexicon.clauses.link_at(tokens, at).is_some() {
            linked = Some(at);
        }
    }
    false
}

impl Actor {
    /// Whether it is something that is done to a thing: "why was my account closed", 账户被注销.
    fn is_passive<T: AsRef<Token>>(
        &self,
        lexicon: &Lexicon,
        tokens: &[T],
        find: &Range<usize>,
    ) -> bool {
        let token = |at: usize| tokens[at].as_ref();
        let is_done = |at: &usize| token(*at).is_han() || token(*at).text.ends_with("ed");
        let Some(done) = find.clone().rev().find(is_done) else {
            return false;
        };
        for at in (done.saturating_sub(PASSIVE)..done).rev() {
            if is_parted(token(at + 1)) || lexicon.clauses.link_at(tokens, at + 1).is_some() {
                return false;
            }
            if self.passives.longest_at(tokens, at).is_some() {
                return true;
            }
            let text = token(at).text.as_str();
            if self.speaker.have(text) || self.asked.have(text) || self.objects.have(text) {
                return false;
            }
        }
        false
    }

    /// Whether who is named at `at` is asked to do what begins at `start`.
    fn is_asked<T: AsRef<Token>>(&self, tokens: &[T], at: usize, start: usize) -> bool {
        let word = |at: usize| tokens[at].as_ref().text.as_str();
        let before = at.checked_sub(1);
        // "Why would you", 你们为什么 ask for reasons.
        let reasons = |from: usize| self.reasons.longest_at(tokens, from).is_some();
        if (at.saturating_sub(2)..start).any(reasons) {
            return false;
        }
        before.is_some_and(|before| self.asking.have(word(before)))
            || (at + 1..start).any(|behind| self.asked.longest_at(tokens, behind).is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn somebody_else_does_what_the_speaker_neither_does_nor_asks_for() {
        let lexicon = Lexicon::built_in();
        for (text, deed, expected) in [
            ("I want to cancel my contract", "cancel", false),
            ("can you please cancel my contract", "cancel", false),
            ("I want you to cancel my contract", "cancel", false),
            ("please have someone cancel my contract", "cancel", false),
            ("did you cancel my contract", "cancel", true),
            ("why would you cancel my contract", "cancel", true),
            (
                "your letter says you may cancel my contract",
                "cancel",
                true,
            ),
            ("I am done with you cancel my contract", "cancel", false),
            ("you did nothing, cancel my contract", "cancel", false),
            ("the system cancelled it", "cancelled", true),
            ("why was my account closed", "closed", true),
            ("I want my account closed", "closed", false),
            ("it was bad and I want my account closed", "closed", false),
            ("我的账户怎么被注销了", "注销", true),
            ("我要取消合同", "取消", false),
            ("请你帮我取消合同", "取消", false),
            ("你们把我的合同取消", "合同", true),
            ("你们短信说再不缴费就要解除合同", "解除", true),
            ("你们说修好了但是没有就给我解除合同", "解除", false),
            ("你们为什么取消合同", "取消", true),
            ("谁取消了合同", "取消", true),
            ("系统自动取消了合同", "取消", true),
            ("你能取消合同吗", "取消", false),
            ("为什么终止我的服务", "终止", true),
            ("怎么终止我的服务", "终止", false),
            ("跟你们终止合同", "终止", false),
        ] {
            let tokens = lexicon.tokenise(text);
            let deed = &lexicon.tokenise(deed)[0].text;
            let at = tokens.iter().position(|token| token.text == *deed);
            let at = at.expect("it is said");
            let find = at..at + 1;
            assert_eq!(is_of_others(&lexicon, &tokens, &find), expected, "{text}");
        }
    }
}
