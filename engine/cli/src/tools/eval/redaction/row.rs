//! A call of a table, and where its secrets are.

use std::ops::Range;

use anyhow::{Context, bail};
use sidetone_types::lang::Lang;
use sidetone_types::secret::SecretKind;

/// Something that is said.
#[derive(Debug)]
pub struct Turn {
    /// 0 of the agent, 1 of the customer.
    pub leg: usize,
    pub text: String,
}

/// A secret, and each part of it: its turn, and its bytes there.
#[derive(Debug)]
pub struct Secret {
    pub kind: SecretKind,
    pub parts: Vec<(usize, Range<usize>)>,
}

/// A call.
#[derive(Debug)]
pub struct Row {
    pub id: String,
    pub lang: Lang,
    pub given: String,
    pub turns: Vec<Turn>,
    pub secrets: Vec<Secret>,
}

impl Row {
    /// Reads `a: … / c: …` and `kind=text + text; kind=text`.
    pub fn read(id: &str, lang: Lang, turns: &str, secrets: &str) -> anyhow::Result<Self> {
        let given = turns.to_owned();
        let turns: anyhow::Result<Vec<Turn>> = turns.split(" / ").map(turn).collect();
        let turns = turns?;
        let mut from = vec![0; turns.len()];
        let mut found = Vec::new();
        for secret in secrets.split("; ").filter(|_| secrets != "none") {
            let (kind, texts) = secret
                .split_once('=')
                .with_context(|| format!("`{secret}` is no `kind=text`"))?;
            let mut parts = Vec::new();
            for text in texts.split(" + ") {
                parts.push(place(&turns, text, &mut from)?);
            }
            let kind = kind.trim().parse()?;
            found.push(Secret { kind, parts });
        }
        Ok(Self {
            id: id.to_owned(),
            lang,
            given,
            turns,
            secrets: found,
        })
    }
}

fn turn(said: &str) -> anyhow::Result<Turn> {
    let (who, text) = said
        .split_once(": ")
        .with_context(|| format!("`{said}` begins with no `a: ` or `c: `"))?;
    let leg = match who.trim() {
        "a" => 0,
        "c" => 1,
        _ => bail!("`{who}` is neither `a` nor `c`"),
    };
    let text = text.trim().to_owned();
    Ok(Turn { leg, text })
}

/// The first place of `text` behind all that has been taken of its turn.
fn place(turns: &[Turn], text: &str, from: &mut [usize]) -> anyhow::Result<(usize, Range<usize>)> {
    for (i, turn) in turns.iter().enumerate() {
        if let Some(at) = turn.text[from[i]..].find(text) {
            let start = from[i] + at;
            let end = start + text.len();
            from[i] = end;
            return Ok((i, start..end));
        }
    }
    bail!("`{text}` stands nowhere in the turns, behind the secrets before it")
}

/// The words of a turn as a recogniser gives them, each with its bytes: by character where words are
/// written without spaces.
pub fn words(text: &str, lang: Lang) -> Vec<Range<usize>> {
    let han = |c: char| lang.is_unspaced() && !c.is_ascii() && c.is_alphanumeric();
    let mut words: Vec<Range<usize>> = Vec::new();
    let mut open = false;
    for (at, c) in text.char_indices() {
        let end = at + c.len_utf8();
        let follows = open && !han(c) && !c.is_whitespace();
        match words.last_mut() {
            Some(last) if follows || c.is_alphanumeric() && blank(text, last) => last.end = end,
            Some(last) if !c.is_alphanumeric() && !c.is_whitespace() => last.end = end,
            _ => words.push(at..end),
        }
        open = !c.is_whitespace() && !han(c);
    }
    words
}

fn blank(text: &str, word: &Range<usize>) -> bool {
    text[word.clone()].trim().is_empty()
}
