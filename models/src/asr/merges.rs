//! Merges that a tokenizer's file has lost.
//!
//! A byte-level vocabulary is learnt merge by merge, and every token is what one of them makes.
//! Files that were written anew from a list whose first line was taken for a header lack the first
//! merge, `Ġ t`: a space and a t. Nothing else is missing, and yet ` twice`, ` the` and all other
//! words that begin with t are then cut into tokens that the network never writes, so that no such
//! word can be favoured or tried.

use std::collections::HashSet;

use serde_json::Value;

/// The file with a merge for every token of the vocabulary that has none. What is no BPE is given
/// back as it is.
pub fn mended(file: Vec<u8>) -> Vec<u8> {
    let Ok(mut json) = serde_json::from_slice::<Value>(&file) else {
        return file;
    };
    match mend(&mut json) {
        Some(added) if added > 0 => serde_json::to_vec(&json).unwrap_or(file),
        _ => file,
    }
}

/// Adds what is missing and tells how much it was.
fn mend(json: &mut Value) -> Option<usize> {
    let model = json.get_mut("model")?;
    let vocabulary = model.get("vocab")?.as_object()?;
    let id = |token: &str| vocabulary.get(token).and_then(Value::as_u64);
    let merges = model.get("merges")?.as_array()?;
    let mut made: Vec<u64> = merges
        .iter()
        .filter_map(|merge| id(&product(merge)?))
        .collect();
    // Tokens are numbered in the order in which they were learnt.
    let in_order = made.is_sorted();
    let known: HashSet<u64> = made.iter().copied().collect();
    let mut missing: Vec<(u64, Value)> = Vec::new();
    for (token, own) in vocabulary {
        let own = own.as_u64()?;
        let is_special = token.starts_with("<|") && token.ends_with("|>");
        if known.contains(&own) || is_special {
            continue;
        }
        let cuts = token
            .char_indices()
            .skip(1)
            .map(|(at, _)| token.split_at(at));
        let halves = cuts.filter_map(|(a, b)| Some((id(a)?.max(id(b)?), a, b)));
        let earliest = halves
            .filter(|(last, ..)| *last < own)
            .min_by_key(|(last, ..)| *last);
        if let Some((_, a, b)) = earliest {
            missing.push((own, serde_json::json!([a, b])));
        }
    }
    if !in_order || missing.is_empty() {
        return Some(0);
    }
    missing.sort_by_key(|(own, _)| *own);
    let as_text = merges.iter().any(Value::is_string);
    let merges = model.get_mut("merges")?.as_array_mut()?;
    for (own, pair) in &missing {
        let at = made.partition_point(|made| made < own);
        let pair = match (as_text, pair.as_array()?.as_slice()) {
            (true, [Value::String(a), Value::String(b)]) => Value::String(format!("{a} {b}")),
            _ => pair.clone(),
        };
        merges.insert(at, pair);
        made.insert(at, *own);
    }
    Some(missing.len())
}

/// What a merge makes: files write it as `"a b"` or as `["a", "b"]`.
fn product(merge: &Value) -> Option<String> {
    match merge {
        Value::String(pair) => pair.split_once(' ').map(|(a, b)| format!("{a}{b}")),
        Value::Array(pair) => pair.iter().map(Value::as_str).collect(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use tokenizers::Tokenizer;

    use super::*;
    use crate::asr::tokens::tests::small;

    #[test]
    fn words_are_cut_as_the_network_writes_them_though_the_first_merge_was_lost() {
        let whole = small().to_json();
        for lost in 0..4 {
            let mut json: Value = serde_json::from_str(&whole).expect("it is JSON");
            let merges = json["model"]["merges"]
                .as_array_mut()
                .expect("there are some");
            merges.remove(lost);
            let cut = |file: &[u8]| {
                let tokenizer = Tokenizer::from_bytes(file).expect("it is a tokenizer");
                tokenizer
                    .encode_fast(" hi a er", false)
                    .expect("it is text")
                    .get_ids()
                    .to_vec()
            };
            let damaged = serde_json::to_vec(&json).expect("it is JSON");
            assert_ne!(cut(&damaged), cut(whole.as_bytes()), "{lost}");
            assert_eq!(cut(&mended(damaged)), cut(whole.as_bytes()), "{lost}");
        }
    }

    #[test]
    fn what_lacks_nothing_or_is_no_tokenizer_stays_as_it_is() {
        for file in [
            small().to_json().as_str(),
            "[]",
            "{",
            "{\"model\": {\"vocab\": 1}}",
        ] {
            assert_eq!(mended(file.into()), file.as_bytes());
        }
    }
}
