//! Lines put in order and cut into sentences.
//!
//! A recogniser's lines follow pauses, not grammar: a sentence may be spread over two of them, and
//! punctuation may be missing. So lines of one speaker that follow each other closely are read on.

use std::ops::Range;
use std::time::Duration;

use super::facts::Line;
use sidetone_language::clauses::clauses;
use sidetone_language::fold::is_han;
use sidetone_language::lexicon::{self, Lexicon};
use sidetone_language::mandarin_words::MandarinWords;
use sidetone_language::pattern::Phrases;
use sidetone_language::tokens::Token;
use sidetone_types::lang::Lang;
use sidetone_types::party::Side;
use sidetone_types::time::MediaTime;

/// Something one side said.
#[derive(Clone)]
pub(super) struct Sentence {
    /// Who said it.
    pub side: Side,
    /// Where the line begins in which it does.
    pub begun: MediaTime,
    /// The language in which its first words were heard.
    pub lang: Lang,
    /// Rises by one whenever the other side speaks.
    pub turn: usize,
    /// As it was written down, without outer space.
    pub text: String,
    /// Cut up. Never empty.
    pub tokens: Vec<Token>,
    /// Words that the recogniser itself doubts, in bytes of the text, in order.
    pub doubtful: Vec<Range<usize>>,
    /// Whether it asks something.
    pub question: bool,
    /// The first token of what it makes its matter depend on: `if …`. 0 if that was said in the
    /// sentence before.
    pub condition: Option<usize>,
    /// Its clauses, one after the other, whether marks part them or not.
    pub clauses: Vec<Range<usize>>,
    /// Its Mandarin words.
    pub words: MandarinWords,
}

/// Text that is being put together, and the words in it that may well be wrong.
#[derive(Clone, Default)]
struct Written {
    text: String,
    doubtful: Vec<Range<usize>>,
    /// Where its lines begin: in bytes of the text, and in the call.
    lines: Vec<(usize, MediaTime)>,
}

impl Written {
    /// Adds a line, with a space before it unless it is the first.
    fn read_on(&mut self, line: &Line) {
        if !self.text.is_empty() {
            self.text.push(' ');
        }
        let at = self.text.len();
        self.lines.push((at, line.start));
        self.text.push_str(&line.text);
        let moved = line
            .doubtful
            .iter()
            .map(|word| word.start + at..word.end + at);
        self.doubtful.extend(moved);
    }

    /// A part of it, without outer space.
    fn part(&self, place: Range<usize>) -> Self {
        let part = &self.text[place.clone()];
        let from = place.start + (part.len() - part.trim_start().len());
        let text = part.trim().to_owned();
        let inside = |word: &&Range<usize>| word.start >= from && word.end <= from + text.len();
        let doubtful = self.doubtful.iter().filter(inside);
        let doubtful = doubtful
            .map(|word| word.start - from..word.end - from)
            .collect();
        let before = self.lines.iter().rposition(|(at, _)| *at <= from);
        let lines = self.lines[before.unwrap_or(0)..].iter();
        let lines = lines.filter(|(at, _)| *at < from + text.len());
        let lines = lines.map(|(at, start)| (at.saturating_sub(from), *start));
        let lines = lines.collect();
        Self {
            text,
            doubtful,
            lines,
        }
    }
}

/// Who speaks, in which language.
#[derive(Clone, Copy)]
struct Speaker {
    side: Side,
    lang: Lang,
}

/// Longest pause over which an unfinished sentence is read on.
const READ_ON: Duration = Duration::from_secs(2);
/// A sentence without any punctuation is read on no further than this many bytes.
const LONGEST: usize = 400;

/// Lines that are read one after the other, up to one of them.
#[derive(Clone, Default)]
pub(super) struct Reader {
    /// Rises by one whenever the other side speaks.
    turn: usize,
    /// What one side has begun and not finished, with its language and end.
    open: Option<(Speaker, MediaTime, Written)>,
}

impl Reader {
    /// Adds to `all` the sentences that a line finishes. Lines come in order of where they begin.
    pub fn read(&mut self, line: &Line, all: &mut Vec<Sentence>, lexicon: &Lexicon) {
        let mut speaker = Speaker {
            side: line.side,
            lang: line.lang,
        };
        let mut written = match self.open.take() {
            Some((before, end, written))
                if before.side == line.side
                    && line.start.since(end) <= READ_ON
                    && written.text.len() < LONGEST =>
            {
                speaker = before;
                written
            }
            left => {
                if let Some((speaker, _, written)) = left {
                    self.push(all, speaker, written, lexicon);
                }
                Written::default()
            }
        };
        written.read_on(line);
        let (done, rest) = split(&written.text);
        for sentence in done {
            self.push(all, speaker, written.part(sentence), lexicon);
        }
        let rest = written.part(rest..written.text.len());
        if !rest.text.is_empty() {
            self.open = Some((speaker, line.end, rest));
        }
    }

    /// Adds to `all` what was begun and is not finished.
    pub fn finish(mut self, all: &mut Vec<Sentence>, lexicon: &Lexicon) {
        if let Some((speaker, _, written)) = self.open.take() {
            self.push(all, speaker, written, lexicon);
        }
    }

    fn push(
        &mut self,
        all: &mut Vec<Sentence>,
        speaker: Speaker,
        Written {
            text,
            doubtful,
            lines,
        }: Written,
        lexicon: &Lexicon,
    ) {
        let words = &lexicon.sentence;
        let tokens = lexicon.tokenise(&text);
        if tokens.is_empty() {
            return;
        }
        let before = all.last();
        if before.is_some_and(|before| before.side != speaker.side) {
            self.turn += 1;
        }
        let condition = condition(&tokens, words).or_else(|| {
            // "If it is not fixed by Friday. I will cancel.": the recogniser heard a full stop.
            before
                .filter(|before| before.turn == self.turn && only_condition(before, words))
                .map(|_| 0)
        });
        all.push(Sentence {
            side: speaker.side,
            begun: lines.first().map_or(MediaTime::ZERO, |(_, start)| *start),
            lang: speaker.lang,
            turn: self.turn,
            question: is_question(&text, &tokens, words),
            clauses: clauses(&lexicon.clauses, &tokens),
            words: MandarinWords::of(&text),
            text,
            tokens,
            doubtful,
            condition,
        });
    }
}

/// All sentences of a call, in the order in which they were begun.
pub(super) fn sentences(lines: &[Line], lexicon: &Lexicon) -> Vec<Sentence> {
    let mut lines: Vec<&Line> = lines.iter().collect();
    lines.sort_by_key(|line| (line.start, line.end));
    let mut all = Vec::new();
    let mut reader = Reader::default();
    for line in lines {
        reader.read(line, &mut all, lexicon);
    }
    reader.finish(&mut all, lexicon);
    all
}

/// Where the finished sentences of a text stand, and where what follows the last of them begins.
fn split(text: &str) -> (Vec<Range<usize>>, usize) {
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
            done.push(from..end);
            from = end;
        }
    }
    (done, from)
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

fn only_condition(sentence: &Sentence, words: &lexicon::Sentence) -> bool {
    sentence.condition == Some(0) && !words.consequences.are_in(&sentence.tokens)
}

fn condition(tokens: &[Token], words: &lexicon::Sentence) -> Option<usize> {
    (0..tokens.len()).find(|&at| {
        let courtesy = |from| words.courtesies.longest_at(tokens, from);
        words.conditions.longest_at(tokens, at).is_some()
            && courtesy(at).is_none()
            && !is_told_of(tokens, at, words)
            && !(0..at).any(|from| courtesy(from).is_some_and(|end| end > at))
            && !is_within(tokens, at, &words.no_conditions)
    })
}

/// Whether a text asks something.
pub(crate) fn is_question(text: &str, tokens: &[Token], words: &lexicon::Sentence) -> bool {
    let first = words.fillers.skip(tokens, 0);
    text.ends_with(['?', '？'])
        || words.asking_first.longest_at(tokens, first).is_some()
            && words.telling_first.longest_at(tokens, first).is_none()
        || asks_anywhere(tokens, words)
        || tokens
            .last()
            .is_some_and(|last| words.asking_last.have(&last.text))
}

/// Whether a question stands anywhere, and is not only told of: `确认一下有没有收到`.
fn asks_anywhere(tokens: &[Token], words: &lexicon::Sentence) -> bool {
    let asks = |at| words.asking_anywhere.longest_at(tokens, at).is_some();
    (0..tokens.len()).any(|at| {
        asks(at)
            && !is_told_of(tokens, at, words)
            && !is_within(tokens, at, &words.telling_anywhere)
    })
}

/// Whether one of `phrases` holds the token `at`.
fn is_within(tokens: &[Token], at: usize, phrases: &Phrases) -> bool {
    (0..=at).any(|from| phrases.longest_at(tokens, from).is_some_and(|end| end > at))
}

/// Whether words in front of `at` make a question or condition there part of what is said.
fn is_told_of(tokens: &[Token], at: usize, words: &lexicon::Sentence) -> bool {
    let is_asked = |from| {
        let who = |first: usize| words.addressed.longest_at(tokens, first) == Some(from);
        (0..from).any(|first| (first == 0 || tokens[first].opens()) && who(first))
    };
    (0..at).any(|from| words.whether.longest_at(tokens, from) == Some(at) && !is_asked(from))
}

impl Sentence {
    /// The token behind the Mandarin word that begins at `at`; `None` if none begins there.
    pub fn word_end(&self, at: usize) -> Option<usize> {
        let token = self.tokens.get(at).filter(|token| token.is_han())?;
        let end = self.words.end_of(&token.span)?;
        let behind = self.tokens[at..]
            .iter()
            .position(|token| token.span.start >= end);
        Some(behind.map_or(self.tokens.len(), |behind| at + behind))
    }

    /// The words of some tokens, as they were written down.
    pub fn text_of(&self, tokens: Range<usize>) -> &str {
        let Some(first) = self.tokens.get(tokens.start) else {
            return "";
        };
        let last = &self.tokens[tokens.end.clamp(tokens.start + 1, self.tokens.len()) - 1];
        &self.text[first.span.start..last.span.end.max(first.span.end)]
    }

    /// The part between two pauses that holds all of `tokens`.
    pub fn part(&self, tokens: Range<usize>) -> Range<usize> {
        let start = (0..=tokens.start.min(self.tokens.len() - 1))
            .rev()
            .find(|&at| self.tokens[at].opens())
            .unwrap_or(0);
        let end = (tokens.end..self.tokens.len())
            .find(|&at| self.tokens[at].opens())
            .unwrap_or(self.tokens.len());
        start..end
    }

    /// The parts between pauses, one after the other.
    pub fn parts(&self) -> Vec<Range<usize>> {
        let mut parts = Vec::new();
        let mut from = 0;
        for at in 1..=self.tokens.len() {
            if at == self.tokens.len() || self.tokens[at].opens() {
                parts.push(from..at);
                from = at;
            }
        }
        parts
    }

    /// The clauses that hold all of `tokens`.
    pub fn clause(&self, tokens: Range<usize>) -> Range<usize> {
        let holds = |at: usize| self.clauses.iter().find(|clause| clause.contains(&at));
        let start = holds(tokens.start).map_or(0, |clause| clause.start);
        let last = tokens.end.max(tokens.start + 1) - 1;
        let end = holds(last).map_or(self.tokens.len(), |clause| clause.end);
        start..end
    }

    /// Whether it is written in Chinese characters, mostly.
    pub fn is_han(&self) -> bool {
        let han = self.tokens.iter().filter(|t| t.is_han()).count();
        han * 2 > self.tokens.len()
    }
}

sidetone_types::private_debug!(Sentence);

#[cfg(test)]
mod tests {
    use super::*;

    fn line(side: Side, from_ms: u64, text: &str) -> Line {
        Line {
            side,
            lang: Lang::EN,
            start: MediaTime::from_millis(from_ms),
            end: MediaTime::from_millis(from_ms + 500),
            text: text.to_owned(),
            doubtful: Vec::new(),
        }
    }

    fn texts(lines: &[Line]) -> Vec<String> {
        sentences(lines, &Lexicon::built_in())
            .into_iter()
            .map(|s| s.text)
            .collect()
    }

    #[test]
    fn lines_become_sentences() {
        use Side::{Agent, Customer};
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
            ("Provided it is in stock we will send it", false, true),
            ("I will call the number you provided", false, false),
            ("不对不对，周五才行", false, false),
            ("能来看一下吗", true, false),
            ("您能不能给我回电话", true, false),
            ("如果星期五之前不处理，我就要投诉", false, true),
            ("方便的话我明天给您回电", false, false),
            ("我给您回电话确认一下有没有收到", false, false),
            ("您有没有收到", true, false),
            ("您看什么时候方便", true, false),
            ("好的，你知道怎么办", true, false),
            ("我帮您看一下有没有货", false, false),
            ("我给您看看什么时候能到", false, false),
            ("帮我查一下收到了吗", true, false),
        ] {
            let all = sentences(&[line(Side::Agent, 0, text)], &Lexicon::built_in());
            assert_eq!(
                (all[0].question, all[0].condition.is_some()),
                (question, condition),
                "{text}"
            );
        }
    }

    #[test]
    fn a_condition_reaches_over_a_full_stop() {
        let all = sentences(
            &[line(
                Side::Customer,
                0,
                "If it is not fixed by Friday. I will file a complaint.",
            )],
            &Lexicon::built_in(),
        );
        assert_eq!(all[1].condition, Some(0));
    }
}
