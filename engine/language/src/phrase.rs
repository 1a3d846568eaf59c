//! The small language of phrases, of rules and of word lists: `(speak|talk) to (your )?manager` stands for four.

/// More ways to say one thing than this are a slip of the pen.
pub const MOST_WAYS: usize = 500;

/// One phrase, written out.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Written {
    /// Every way to say it.
    pub ways: Vec<String>,
    /// Whether only these will do (`=` before the phrase), and nothing that sounds like them.
    pub exact: bool,
}

/// Writes a phrase out.
///
/// # Errors
///
/// What is wrong with it, and what to do.
pub fn write_out(phrase: &str) -> Result<Written, &'static str> {
    let (rest, exact) = match phrase.trim_start().strip_prefix('=') {
        Some(rest) => (rest, true),
        None => (phrase, false),
    };
    let mut ways = vec![String::new()];
    let mut rest = rest;
    while let Some(at) = rest.find(['(', ')', '|']) {
        ways.iter_mut().for_each(|way| way.push_str(&rest[..at]));
        rest = match rest[at..].strip_prefix('(') {
            Some(group) => extend_by_group(&mut ways, group)?,
            None if rest[at..].starts_with('|') => {
                return Err("put `(` `)` around what `|` chooses between");
            }
            None => return Err("there is a `)` without its `(`: add it, or remove the `)`"),
        };
        if ways.len() > MOST_WAYS {
            return Err("it stands for more than 500 phrases: write several shorter ones");
        }
    }
    ways.iter_mut().for_each(|way| way.push_str(rest));
    Ok(Written { ways, exact })
}

/// Adds each choice of a group to each way. Returns what comes after it.
fn extend_by_group<'a>(ways: &mut Vec<String>, group: &'a str) -> Result<&'a str, &'static str> {
    let end = group
        .find(')')
        .ok_or("there is a `(` without its `)`: add it")?;
    let (choices, rest) = (&group[..end], &group[end + 1..]);
    if choices.contains('(') {
        return Err("a `(` stands inside another: write several phrases");
    }
    let (optional, rest) = match rest.strip_prefix('?') {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    let mut choices: Vec<&str> = choices.split('|').collect();
    if choices.iter().any(|choice| choice.trim().is_empty()) {
        return Err(
            "there is nothing between two signs of a group: put `?` after it to make it optional",
        );
    }
    if optional {
        choices.push("");
    }
    let with = |way: &String| {
        choices
            .iter()
            .map(move |choice| format!("{way}{choice}"))
            .collect::<Vec<_>>()
    };
    *ways = ways.iter().flat_map(with).collect();
    Ok(rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_phrase_is_written_out() {
        for (phrase, expected) in [
            ("cancel it", &["cancel it"][..]),
            ("(end|stop) it", &["end it", "stop it"]),
            ("end (all )?it", &["end all it", "end it"]),
            (
                "(找|叫)(你们)?经理",
                &["找你们经理", "找经理", "叫你们经理", "叫经理"],
            ),
            ("can you?", &["can you?"]),
        ] {
            let written = write_out(phrase).expect(phrase);
            assert_eq!(written.ways, expected, "{phrase}");
            assert!(!written.exact, "{phrase}");
        }
        let exact = write_out("=经历").expect("it is a phrase");
        assert_eq!((exact.ways, exact.exact), (vec!["经历".to_owned()], true));
    }

    #[test]
    fn what_is_no_phrase_is_told() {
        for (phrase, expected) in [
            ("(end|stop it", "without its `)`"),
            ("end|stop it", "around what `|`"),
            ("end) it", "without its `(`"),
            ("((end|stop) it)", "inside another"),
            ("(end|) it", "put `?` after it"),
            (&"(a|b|c)".repeat(6), "more than 500"),
        ] {
            let problem = write_out(phrase).expect_err(phrase);
            assert!(problem.contains(expected), "{phrase}: {problem}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_written_out_or_refused(phrase in "[a-c()|?= ]{0,30}") {
            if let Ok(written) = write_out(&phrase) {
                prop_assert!((1..=MOST_WAYS).contains(&written.ways.len()));
            }
        }
    }
}
