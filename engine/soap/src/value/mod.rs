//! Elements as JSON, and JSON as elements.
//!
//! Names are those of the elements, without their namespaces; an attribute is `@name`, text beside attributes
//! `#text`, `xsi:nil` is `null`. What may be there several times is a list, however often it is there.

mod check;
mod read;
mod write;

pub use write::Unknown;

/// A value that an element cannot have, or an element that cannot stand where it does.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{path}` {problem}")]
pub struct ValueError {
    /// Where, by names from the outermost: `legs/role`.
    pub path: String,
    /// What is wrong there.
    pub problem: String,
}

impl ValueError {
    fn new(path: &[&str], problem: impl Into<String>) -> Self {
        Self {
            path: path.join("/"),
            problem: problem.into(),
        }
    }
}

/// `caller`, `legs` and `metadata`, for messages.
fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    match &names[..] {
        [] => "nothing".to_owned(),
        [one] => one.clone(),
        [some @ .., last] => format!("{} and {last}", some.join(", ")),
    }
}

/// The truth that a text stands for.
fn boolean(text: &str) -> Option<bool> {
    match text.trim() {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}

/// Whether a text is a whole number.
fn is_integer(text: &str) -> bool {
    let digits = text.trim().trim_start_matches(['+', '-']);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// The number that a text stands for.
fn real(text: &str) -> Option<f64> {
    let number: f64 = text.trim().parse().ok()?;
    number.is_finite().then_some(number)
}

#[cfg(test)]
mod tests;
