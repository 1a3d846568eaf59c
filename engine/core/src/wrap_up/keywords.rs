//! What a call was about, in a few words.
//!
//! Every call is short, so that counting alone tells little. English: words that are not everyday
//! ones, and pairs of them. Mandarin: words of a small general lexicon, and else what stands
//! between characters that make no words. The caller's own terms come first: it knows its trade.

use std::collections::HashMap;

use super::sentence::Sentence;
use sidetone_language::lexicon::{Keywords, Lexicon};
use sidetone_language::pattern::fits;
use sidetone_language::tokens::{Gap, Token};
use sidetone_types::party::Side;

/// Keywords at the most.
const MOST: usize = 8;

/// The most telling words and phrases, best first. `terms` are preferred where they were said.
pub(super) fn keywords(
    sentences: &[Sentence],
    terms: &[String],
    reason: &str,
    lexicon: &Lexicon,
) -> Vec<String> {
    let words = &lexicon.keywords;
    let terms: Vec<Term<'_>> = terms.iter().map(|term| Term::of(term, lexicon)).collect();
    let mut found = Found::default();
    for sentence in sentences {
        let weight = if sentence.side == Side::Customer {
            1.2
        } else {
            1.0
        };
        terms_in(&mut found, &sentence.tokens, &terms, weight);
        english(&mut found, &sentence.tokens, weight, words);
        chinese(&mut found, &sentence.tokens, weight, words);
    }
    let mut all: Vec<(String, Weight)> = found.0.into_iter().collect();
    let reason = reason.to_lowercase();
    for (word, weight) in &mut all {
        if reason.contains(word.as_str()) {
            weight.score *= 1.5;
        }
    }
    all.sort_by(|(_, a), (_, b)| b.score.total_cmp(&a.score).then(a.first.cmp(&b.first)));
    let mut chosen: Vec<String> = Vec::new();
    for (word, _) in all {
        // A word that is part of a phrase already chosen says nothing more, nor the other way
        // round.
        let covered = chosen
            .iter()
            .any(|c| contains_words(c, &word) || contains_words(&word, c));
        if !covered {
            chosen.push(word);
        }
        if chosen.len() == MOST {
            break;
        }
    }
    chosen
}

fn contains_words(phrase: &str, part: &str) -> bool {
    if phrase.is_ascii() {
        format!(" {phrase} ").contains(&format!(" {part} "))
    } else {
        phrase.contains(part)
    }
}

#[derive(Default)]
struct Found(HashMap<String, Weight>);

struct Weight {
    score: f64,
    /// Which was found before which, so that the order does not depend on chance.
    first: usize,
}

impl Found {
    fn add(&mut self, word: String, score: f64) {
        let first = self.0.len();
        self.0
            .entry(word)
            .or_insert(Weight { score: 0.0, first })
            .score += score;
    }
}

/// One of the caller's own terms.
struct Term<'a> {
    written: &'a str,
    pattern: String,
}

impl<'a> Term<'a> {
    fn of(written: &'a str, lexicon: &Lexicon) -> Self {
        let words = lexicon.tokenise(written).into_iter();
        let words: Vec<String> = words.map(|token| token.text).collect();
        let pattern = words.join(" ");
        Self { written, pattern }
    }
}

fn terms_in(found: &mut Found, tokens: &[Token], terms: &[Term<'_>], weight: f64) {
    for term in terms.iter().filter(|term| !term.pattern.is_empty()) {
        let times = (0..tokens.len())
            .filter(|&at| fits(tokens, at, &term.pattern).is_some())
            .count();
        if times > 0 {
            found.add(term.written.to_lowercase(), 3.0 * weight * times as f64);
        }
    }
}

fn is_content(token: &Token, words: &Keywords) -> bool {
    let word = token.text.as_str();
    word.len() > 2
        && word.chars().all(|c| c.is_alphabetic())
        && !token.is_han()
        && !words.everyday.have(word)
        && !word.ends_with("ly")
}

fn english(found: &mut Found, tokens: &[Token], weight: f64, words: &Keywords) {
    for (at, token) in tokens.iter().enumerate() {
        if !is_content(token, words) {
            continue;
        }
        // Long words are rarer ones, and endings tell nouns from verbs.
        let verb = token.text.ends_with("ing") || token.text.ends_with("ed");
        let rare = (token.text.len().min(12) as f64 / 8.0) * if verb { 0.5 } else { 1.0 };
        found.add(token.text.clone(), weight * (0.5 + rare));
        if let Some(next) = tokens.get(at + 1)
            && is_content(next, words)
            && next.gap.joins()
        {
            found.add(
                format!("{} {}", token.text, next.text),
                weight * (1.1 + rare),
            );
        }
    }
}

fn chinese(found: &mut Found, tokens: &[Token], weight: f64, words: &Keywords) {
    let mut at = 0;
    let mut run = 0..0;
    while at <= tokens.len() {
        let known = words.known.longest_at(tokens, at);
        let plain = tokens.get(at).is_some_and(|t| {
            let goes_on = run.is_empty() || t.gap == Gap::None;
            t.is_han() && goes_on && !words.grammar.have(&t.text)
        });
        if known.is_none() && plain {
            run = if run.is_empty() {
                at..at + 1
            } else {
                run.start..at + 1
            };
            at += 1;
            continue;
        }
        // Two to four characters between such: most likely a word, less surely than a known one.
        if (2..=4).contains(&run.len()) {
            found.add(text(&tokens[run.clone()]), weight * 0.9);
        }
        run = 0..0;
        if let Some(end) = known {
            let word = text(&tokens[at..end]);
            let rare = word.chars().count() as f64 / 3.0;
            found.add(word, weight * (1.0 + rare));
            at = end;
        } else if tokens
            .get(at)
            .is_some_and(|t| t.gap != Gap::None && t.is_han())
            && !words.grammar.have(&tokens[at].text)
        {
            run = at..at + 1;
            at += 1;
        } else {
            at += 1;
        }
    }
}

fn text(tokens: &[Token]) -> String {
    tokens.iter().map(|t| t.text.as_str()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wrap_up::facts::Line;
    use crate::wrap_up::sentence::sentences;
    use sidetone_types::lang::Lang;
    use sidetone_types::time::MediaTime;

    fn of(text: &str, terms: &[&str]) -> Vec<String> {
        let line = Line {
            side: Side::Customer,
            lang: Lang::EN,
            start: MediaTime::ZERO,
            end: MediaTime::from_millis(1000),
            text: text.to_owned(),
            doubtful: Vec::new(),
        };
        let terms: Vec<String> = terms.iter().map(|t| (*t).to_owned()).collect();
        let lexicon = Lexicon::built_in();
        keywords(&sentences(&[line], &lexicon), &terms, "", &lexicon)
    }

    #[test]
    fn telling_words_are_found() {
        for (text, expected) in [
            ("You could move to the fiber plan.", "fiber plan"),
            ("I was charged twice and I want a refund.", "refund"),
            ("The router light turns red.", "router light"),
            ("我家的宽带最近总是断网，路由器亮红灯。", "断网"),
            ("我們有五百兆的光纖套餐", "套餐"),
            ("我的洗衣机漏电了", "洗衣机漏"),
        ] {
            assert!(
                of(text, &[]).contains(&expected.to_owned()),
                "{expected}: {:?}",
                of(text, &[])
            );
        }
        assert_eq!(
            of("Okay, thank you, goodbye. 好的，谢谢您，再见。", &[]),
            [""; 0]
        );
    }

    #[test]
    fn the_callers_terms_come_first() {
        let words = of("My claim for the windscreen of my Passat", &["windscreen"]);
        assert_eq!(words[0], "windscreen");
    }
}
