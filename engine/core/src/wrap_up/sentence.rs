//! Lines put in order and cut into sentences.
//!
//! A recogniser's lines follow pauses, not grammar: a sentence may be spread over two of them, and
//! punctuation may be missing. So lines of one speaker that follow each other closely are read on.

use std::ops::Range;
use std::time::Duration;

use super::facts::Line;
use crate::describe::Role;
use crate::time::MediaTime;
use sidetone_language::fold::is_han;
use sidetone_language::pattern::{find, fits_any, has};
use sidetone_language::tokens::{Token, tokenise};

/// Something one side said.
#[derive(Clone, Debug)]
pub(super) struct Sentence {
    /// Who said it.
    pub role: Role,
    /// Rises by one whenever the other side speaks.
    pub turn: usize,
    /// As it was written down, without outer space.
    pub text: String,
    /// Cut up. Never empty.
    pub tokens: Vec<Token>,
    /// Whether it asks something.
    pub question: bool,
    /// The first token of what it makes its matter depend on: `if …`. 0 if that was said in the
    /// sentence before.
    pub condition: Option<usize>,
}

/// Longest pause over which an unfinished sentence is read on.
const READ_ON: Duration = Duration::from_secs(2);
/// A sentence without any punctuation is read on no further than this many bytes.
const LONGEST: usize = 400;

/// All sentences of a call, in the order in which they were begun.
pub(super) fn sentences(lines: &[Line]) -> Vec<Sentence> {
    let mut lines: Vec<&Line> = lines.iter().collect();
    lines.sort_by_key(|line| (line.start, line.end));
    let mut all = Vec::new();
    let mut turn = 0;
    let mut open: Option<(Role, MediaTime, String)> = None;
    for line in lines {
        let text = match open.take() {
            Some((role, end, text))
                if role == line.role
                    && line.start.since(end) <= READ_ON
                    && text.len() < LONGEST =>
            {
                format!("{text} {}", line.text.trim())
            }
            left => {
                if let Some((role, _, text)) = left {
                    push(&mut all, &mut turn, role, &text);
                }
                line.text.clone()
            }
        };
        let (done, rest) = split(&text);
        for sentence in done {
            push(&mut all, &mut turn, line.role, sentence);
        }
        if !rest.trim().is_empty() {
            open = Some((line.role, line.end, rest.to_owned()));
        }
    }
    if let Some((role, _, text)) = open {
        push(&mut all, &mut turn, role, &text);
    }
    all
}

/// The finished sentences of a text, and what follows the last of them.
fn split(text: &str) -> (Vec<&str>, &str) {
    let mut done = Vec::new();
    let mut from = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|&(_, next)| next);
        let ends = match c {
            '。' | '！' | '？' | '；' | '\n' => true,
            '!' | '?' | ';' => next.is_none_or(|n| n.is_whitespace() || is_han(n)),
            // `...` trails off: more may follow.
            '.' => {
                next.is_none_or(|n| n.is_whitespace() || is_han(n))
                    && !text[..at].ends_with('.')
                    && !abbreviation(&text[from..at])
            }
            _ => false,
        };
        if ends {
            let end = at + c.len_utf8();
            done.push(&text[from..end]);
            from = end;
        }
    }
    (done, &text[from..])
}

fn abbreviation(before: &str) -> bool {
    let word = before
        .rsplit(|c: char| !c.is_alphanumeric())
        .next()
        .unwrap_or_default();
    let lower = word.to_ascii_lowercase();
    matches!(lower.as_str(), "mr" | "mrs" | "ms" | "dr" | "st" | "no")
        && word.starts_with(|c: char| c.is_ascii_uppercase())
        || word.len() == 1 && word.starts_with(|c: char| c.is_ascii_alphabetic() && c != 'I')
}

fn push(all: &mut Vec<Sentence>, turn: &mut usize, role: Role, text: &str) {
    let text = text.trim();
    let tokens = tokenise(text);
    if tokens.is_empty() {
        return;
    }
    let before = all.last();
    if before.is_some_and(|before| before.role != role) {
        *turn += 1;
    }
    let condition = condition(&tokens).or_else(|| {
        // "If it is not fixed by Friday. I will cancel.": the recogniser heard a full stop.
        before
            .filter(|before| before.turn == *turn && only_condition(before))
            .map(|_| 0)
    });
    all.push(Sentence {
        role,
        turn: *turn,
        question: is_question(text, &tokens),
        text: text.to_owned(),
        tokens,
        condition,
    });
}

fn only_condition(sentence: &Sentence) -> bool {
    sentence.condition == Some(0)
        && !has(
            &sentence.tokens,
            &[
                "i will",
                "we will",
                "i am going to",
                "就",
                "please",
                "请",
                "我会",
            ],
        )
}

/// What makes everything else depend on something.
const CONDITIONS: [&str; 20] = [
    "if",
    "unless",
    "in case",
    "otherwise",
    "or else",
    "provided that",
    "as long as",
    "如果",
    "要是",
    "假如",
    "若是",
    "万一",
    "除非",
    "否则",
    "不然",
    "要不然",
    "的话",
    "再不",
    "只要",
    "倘若",
];
/// After these, `if` is `whether`; a courtesy is no condition either.
const WHETHER: [&str; 16] = [
    "check",
    "see",
    "know",
    "ask",
    "confirm",
    "wonder",
    "wondering",
    "sure",
    "find out",
    "tell me",
    "tell you",
    "check it",
    "as",
    "even",
    "told",
    "look",
];
const COURTESIES: [&str; 22] = [
    "if you like",
    "if you want",
    "if you wish",
    "if that is ok",
    "if that is all right",
    "if you do not mind",
    "if you please",
    "if i may",
    "if possible",
    "if that works",
    "if it helps",
    "if necessary",
    "if any",
    "如果可以的话",
    "如果方便的话",
    "如果您方便",
    "如果您愿意",
    "方便的话",
    "可以的话",
    "如果您需要",
    "如果没有其他问题",
    "如果需要的话",
];

fn condition(tokens: &[Token]) -> Option<usize> {
    (0..tokens.len()).find(|&at| {
        fits_any(tokens, at, &CONDITIONS).is_some()
            && fits_any(tokens, at, &COURTESIES).is_none()
            && !(0..at).any(|from| fits_any(tokens, from, &WHETHER) == Some(at))
            && !(0..at).any(|from| fits_any(tokens, from, &COURTESIES).is_some_and(|end| end > at))
    })
}

const ASKING_FIRST: [&str; 52] = [
    "can i",
    "can we",
    "can you",
    "could i",
    "could we",
    "could you",
    "may i",
    "may we",
    "would you",
    "will you",
    "shall i",
    "shall we",
    "should i",
    "should we",
    "do you",
    "does",
    "did you",
    "did i",
    "are you",
    "are there",
    "is it",
    "is there",
    "is that",
    "is the",
    "is this",
    "is your",
    "was it",
    "was the",
    "were you",
    "have you",
    "has the",
    "has it",
    "what",
    "which",
    "when is",
    "when will",
    "when can",
    "when do",
    "when did",
    "when was",
    "where",
    "who",
    "whom",
    "why",
    "how",
    "what about",
    "am i",
    "had you",
    "would it",
    "will it",
    "will the",
    "would that",
];
const ASKING_ANYWHERE: [&str; 24] = [
    "能不能",
    "可不可以",
    "是不是",
    "会不会",
    "有没有",
    "要不要",
    "行不行",
    "好不好",
    "对不对",
    "能否",
    "是否",
    "什么时候",
    "怎么",
    "为什么",
    "多少",
    "哪个",
    "哪里",
    "请问",
    "几号",
    "吗",
    "需要我",
    "怎样",
    "多久",
    "哪一天",
];
const FILLERS: [&str; 14] = [
    "ok",
    "and",
    "so",
    "well",
    "but",
    "all right",
    "alright",
    "right",
    "yes",
    "then",
    "now",
    "sure",
    "oh",
    "hi",
];

fn is_question(text: &str, tokens: &[Token]) -> bool {
    let mut first = 0;
    while let Some(next) = fits_any(tokens, first, &FILLERS) {
        first = next;
    }
    text.ends_with(['?', '？'])
        || fits_any(tokens, first, &ASKING_FIRST).is_some()
        || find(tokens, &ASKING_ANYWHERE).is_some()
        || tokens.last().is_some_and(|t| t.text == "呢")
}

impl Sentence {
    /// The words of some tokens, as they were written down.
    pub fn words(&self, tokens: Range<usize>) -> &str {
        let Some(first) = self.tokens.get(tokens.start) else {
            return "";
        };
        let last = &self.tokens[tokens.end.clamp(tokens.start + 1, self.tokens.len()) - 1];
        &self.text[first.span.start..last.span.end.max(first.span.end)]
    }

    /// The part between two pauses that holds all of `tokens`.
    pub fn clause(&self, tokens: Range<usize>) -> Range<usize> {
        let start = (0..=tokens.start.min(self.tokens.len() - 1))
            .rev()
            .find(|&at| self.tokens[at].opens())
            .unwrap_or(0);
        let end = (tokens.end..self.tokens.len())
            .find(|&at| self.tokens[at].opens())
            .unwrap_or(self.tokens.len());
        start..end
    }

    /// Its clauses, one after the other.
    pub fn clauses(&self) -> Vec<Range<usize>> {
        let mut clauses = Vec::new();
        let mut from = 0;
        for at in 1..=self.tokens.len() {
            if at == self.tokens.len() || self.tokens[at].opens() {
                clauses.push(from..at);
                from = at;
            }
        }
        clauses
    }

    /// Whether it is written in Chinese characters, mostly.
    pub fn is_han(&self) -> bool {
        let han = self.tokens.iter().filter(|t| t.is_han()).count();
        han * 2 > self.tokens.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::Lang;

    fn line(role: Role, from_ms: u64, text: &str) -> Line {
        Line {
            role,
            lang: Lang::EN,
            start: MediaTime::from_millis(from_ms),
            end: MediaTime::from_millis(from_ms + 500),
            text: text.to_owned(),
        }
    }

    fn texts(lines: &[Line]) -> Vec<String> {
        sentences(lines).into_iter().map(|s| s.text).collect()
    }

    #[test]
    fn lines_become_sentences() {
        use Role::{Agent, Customer};
        assert_eq!(
            texts(&[line(
                Agent,
                0,
                "Hello. How are you? I am Dr. Low, at 9.30 a.m. today"
            )]),
            ["Hello.", "How are you?", "I am Dr. Low, at 9.30 a.m. today"]
        );
        assert_eq!(
            texts(&[
                line(Customer, 0, "If it is not fixed by Friday..."),
                line(Customer, 900, "I will cancel."),
                line(Agent, 2000, "I see"),
                line(Agent, 9000, "one moment"),
            ]),
            [
                "If it is not fixed by Friday... I will cancel.",
                "I see",
                "one moment"
            ]
        );
        assert_eq!(
            texts(&[line(Agent, 0, "好的。稍后发给您！再见")]),
            ["好的。", "稍后发给您！", "再见"]
        );
    }

    #[test]
    fn questions_and_conditions_are_seen() {
        for (text, question, condition) in [
            ("Shall I call you back", true, false),
            ("Okay and could you spell that", true, false),
            ("I will call you back", false, false),
            ("If it fails I will cancel", false, true),
            ("I will call to check if it works", false, false),
            ("If you like I will send it", false, false),
            ("您能不能给我回电话", true, false),
            ("如果星期五之前不处理，我就要投诉", false, true),
            ("方便的话我明天给您回电", false, false),
        ] {
            let all = sentences(&[line(Role::Agent, 0, text)]);
            assert_eq!(
                (all[0].question, all[0].condition.is_some()),
                (question, condition),
                "{text}"
            );
        }
    }

    #[test]
    fn a_condition_reaches_over_a_full_stop() {
        let all = sentences(&[line(
            Role::Customer,
            0,
            "If it is not fixed by Friday. I will file a complaint.",
        )]);
        assert_eq!(all[1].condition, Some(0));
    }
}
