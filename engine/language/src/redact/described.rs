//! Secrets that are described rather than named.

use sidetone_types::secret::SecretKind;

use super::Topic;
use super::cues::Cue;
use crate::lexicon::Redaction;
use crate::pattern::Phrases;
use crate::tokens::Token;

/// Where a number stands and what it is called are no further apart.
const DESCRIBED: usize = 7;
/// A code is so near to the place that is told of it.
const BESIDE_PLACE: usize = 3;

/// What is described rather than named: by where it stands, how long it is, and what numbers are
/// called. "The little one by the signature", "six figures in that message".
pub(super) fn described(tokens: &[Token], lists: &Redaction, card: bool) -> Vec<Cue> {
    use SecretKind::{CardNumber, CardSecurityCode, OneTimeCode, Password};
    let mut found: Vec<Cue> = Vec::new();
    let named = || lists.card.are_in(tokens) || lists.card_number.are_in(tokens);
    let mut at = 0;
    while at < tokens.len() {
        let places = [
            (&lists.on_back, CardSecurityCode),
            (&lists.on_front, CardNumber),
            (&lists.in_message, OneTimeCode),
            (&lists.on_door, Password),
        ];
        let place = places
            .into_iter()
            .find_map(|(names, kind)| Some((names.longest_at(tokens, at)?, kind)));
        let Some((end, place)) = place else {
            at += 1;
            continue;
        };
        let no_names = |from: usize| lists.no_names.longest_at(tokens, from);
        if let Some(behind) = (at..end).find_map(no_names) {
            at = behind.max(end);
            continue;
        }
        let number = |token: &Token| {
            token.is_figure() && token.text.len() > 1 && !lists.long.have(&token.text)
        };
        let before = (at.saturating_sub(DESCRIBED)..at)
            .rev()
            .find(|before| number(&tokens[*before]))
            .map_or(at.saturating_sub(DESCRIBED), |number| number + 1);
        let until = (end + DESCRIBED).min(tokens.len());
        let behind = (end..until)
            .find(|token| number(&tokens[*token]))
            .unwrap_or(until);
        let near = |names: &Phrases| {
            let mut all = (before..at).chain(end..behind);
            all.find_map(|from| Some(from..names.longest_at(&tokens[..behind], from)?))
        };
        let (head, short) = (near(&lists.heads), near(&lists.short));
        let (middling, long) = (near(&lists.middling), near(&lists.long));
        // "4417 on the front", 背面是905.
        let beside = (at.saturating_sub(BESIDE_PLACE)..at)
            .chain(end..(end + BESIDE_PLACE).min(tokens.len()))
            .find(|token| tokens[*token].is_figure() && matches!(tokens[*token].text.len(), 3 | 4));
        let kind = match place {
            CardSecurityCode | CardNumber if beside.is_some() && (card || named()) => {
                Some(CardSecurityCode)
            }
            CardSecurityCode if long.is_some() && middling.is_none() => None,
            CardSecurityCode if short.is_some() || middling.is_some() => Some(CardSecurityCode),
            CardSecurityCode if card => Some(CardSecurityCode),
            CardNumber if long.is_some() => Some(CardNumber),
            CardNumber if short.is_some() || middling.is_some() && head.is_some() => {
                Some(CardSecurityCode)
            }
            OneTimeCode if head.is_some() => Some(OneTimeCode),
            Password if head.is_some() || middling.is_some() => Some(Password),
            _ => None,
        };
        let right_behind = beside.filter(|number| *number < at);
        let right_behind = right_behind.map(|number| number + 1..end);
        let parts = [right_behind, head, short, middling, long];
        let parts = parts.into_iter().flatten();
        let range = parts.fold(at..end, |all, part| {
            all.start.min(part.start)..all.end.max(part.end)
        });
        if let Some(kind) = kind
            && found
                .last()
                .is_none_or(|last| last.tokens.end <= range.start)
        {
            at = range.end.max(end);
            found.push(Cue {
                tokens: range,
                topic: Topic::Secret(kind),
                forbidden: false,
                weak: false,
                part: false,
                own: false,
            });
        } else {
            at = end;
        }
    }
    found
}
