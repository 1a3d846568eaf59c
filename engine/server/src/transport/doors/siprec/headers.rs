//! What headers say, in whichever of their forms (RFC 3261 §7.3).

use rsipstack::sip::{Header, Headers};

/// The values of all headers of one of these names, in their order.
pub(super) fn values(headers: &Headers, names: &[&str]) -> Vec<String> {
    let parts = headers.iter().map(parts);
    let found = parts.filter(|(name, _)| names.iter().any(|it| name.eq_ignore_ascii_case(it)));
    found.map(|(_, value)| value).collect()
}

/// The first of them.
pub(super) fn value(headers: &Headers, names: &[&str]) -> Option<String> {
    values(headers, names).into_iter().next()
}

/// What stands in headers of one of these names, with commas between.
pub(super) fn tokens(headers: &Headers, names: &[&str]) -> Vec<String> {
    let values = values(headers, names);
    let tokens = values.iter().flat_map(|value| value.split(','));
    let tokens = tokens.map(|token| token.trim().to_ascii_lowercase());
    tokens.filter(|token| !token.is_empty()).collect()
}

/// A header's name and value.
pub(super) fn parts(header: &Header) -> (String, String) {
    let text = header.to_string();
    let (name, value) = text.split_once(':').unwrap_or((&text, ""));
    (name.trim().to_owned(), value.trim().to_owned())
}
