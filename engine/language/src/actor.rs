//! Who does what was said: the speaker, or somebody else.
//!
//! "You closed my account", "who cancelled it", 你们为什么取消 tell of somebody else's deed. What the
//! speaker asks others to do is the speaker's own wish: "can you close it", "I want you to", 请你取消.

use crate::clauses::is_parted;
use crate::lexicon::{Actor, Lexicon};
use crate::tokens::Token;

/// Whether what begins at `start` is somebody else's deed, and not asked for.
///
/// The nearest word before it, in its clause, that says who does it tells. Where none does it is the
/// speaker: "to cancel my contract", 取消合同.
pub fn is_of_others<T: AsRef<Token>>(lexicon: &Lexicon, tokens: &[T], start: usize) -> bool {
    let actor = &lexicon.actor;
    let word = |at: usize| tokens[at].as_ref().text.as_str();
    for at in (0..start).rev() {
        if is_parted(tokens[at + 1].as_ref()) {
            return false;
        }
        let is_object = at > 0 && actor.objects.have(word(at - 1));
        let is_other = actor.others.longest_at(tokens, at).is_some();
        if !is_object && (is_other || actor.speaker.have(word(at))) {
            // "I found a cheaper provider and want to cancel": a thing is what somebody speaks of.
            let is_thing = is_other && actor.things.longest_at(tokens, at).is_some();
            if is_thing && (0..at).any(|before| actor.speaker.have(word(before))) {
                return false;
            }
            return is_other && !actor.is_asked(tokens, at, start);
        }
        // A clause that is linked has somebody of its own.
        if lexicon.clauses.borders.longest_at(tokens, at).is_some() {
            return false;
        }
    }
    false
}

impl Actor {
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
            ("我要取消合同", "取消", false),
            ("请你帮我取消合同", "取消", false),
            ("你们把我的合同取消", "合同", true),
            ("你们为什么取消合同", "取消", true),
            ("谁取消了合同", "取消", true),
            ("系统自动取消了合同", "取消", true),
            ("你能取消合同吗", "取消", false),
        ] {
            let tokens = lexicon.tokenise(text);
            let deed = &lexicon.tokenise(deed)[0].text;
            let at = tokens.iter().position(|token| token.text == *deed);
            let at = at.expect("it is said");
            assert_eq!(is_of_others(&lexicon, &tokens, at), expected, "{text}");
        }
    }
}
