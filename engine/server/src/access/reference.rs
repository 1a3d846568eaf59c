//! The reference of roles, rights and classes of fields, as it lies in `engine/docs/ACCESS.md`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use sidetone_access::{Right, Roles};
use sidetone_types::class::{Class, Classed};
use sidetone_types::event::EventRecord;

use crate::api::{CustomerView, LiveCall, NoteView};
use crate::storage::{PastCall, StoredCall};
use crate::transport::{listed, methods};

/// Markdown.
pub fn reference() -> String {
    let mut text = HEAD.to_owned();
    write(&mut text).expect("a string takes any text");
    text
}

const HEAD: &str = "\
# Who may do what

Printed by `sidetone access docs`; a test keeps it so. How to log in, make tokens and write a policy is in
[OPERATE.md](OPERATE.md).

A role allows something if it has the right *and* reaches the call that is asked for. Rights of one role and calls of
another do not add up. What is shown of a call is what the roles show that reach it: a field of a class that they
do not see is empty (`\"\"`, `null`, `[]`), and `hidden` of the event names the class.
";

fn write(text: &mut String) -> std::fmt::Result {
    writeln!(
        text,
        "\n## Roles\n\n| role | for | calls | is not shown |\n|---|---|---|---|"
    )?;
    let roles = Roles::built_in();
    for role in roles.all() {
        let calls: Vec<_> = role.calls.iter().map(|reach| reach.as_str()).collect();
        let hidden: Vec<_> = role.sees.hidden().map(Class::as_str).collect();
        let (calls, hidden) = (calls.join(", "), hidden.join(", "));
        writeln!(
            text,
            "| `{}` | {} | {calls} | {hidden} |",
            role.name, role.about
        )?;
    }
    let names: Vec<_> = roles.all().map(|role| format!("`{}`", role.name)).collect();
    writeln!(text, "\n## Rights\n\n| right | {} | |", names.join(" | "))?;
    writeln!(text, "|---|{}---|", "---|".repeat(names.len()))?;
    for right in Right::ALL {
        let marks = roles.all().map(|role| match role.may.contains(right) {
            true => "x",
            false => "",
        });
        let marks: Vec<_> = marks.collect();
        writeln!(
            text,
            "| `{right}` | {} | {} |",
            marks.join(" | "),
            right.about().trim()
        )?;
    }
    writeln!(
        text,
        "\n## Routes\n\n| method | path | needs |\n|---|---|---|"
    )?;
    for (method, path, needs) in listed() {
        writeln!(text, "| {method} | `{path}` | {needs} |")?;
    }
    for (path, needs) in methods() {
        writeln!(text, "| gRPC | `{path}` | {needs} |")?;
    }
    text.push_str(
        "\nChanging a call with nothing but `corrections` needs `correct_calls` instead, with nothing but `recording` \
         `control_recordings`, resuming a stream `change_calls` \
         of that call.\n",
    );
    fields::<EventRecord>(
        text,
        "Events",
        "Those of every event are below `*`. `partial` and `emotion` are not told at all to whom `sensitive` fields are hidden, `dtmf` not to whom `secret` ones are.",
    )?;
    fields::<LiveCall>(text, "Calls that are open", "")?;
    fields::<StoredCall>(text, "Calls that are kept", "Their `events` are as above.")?;
    fields::<PastCall>(text, "Calls in the list of those that are over", "")?;
    fields::<NoteView>(text, "Notes for the CRM", "")?;
    fields::<CustomerView>(text, "Customers of the CRM that comes with the program", "")?;
    fields::<sidetone_kb::archive::Line>(text, "Lines that a search finds", "")
}

fn fields<T: Classed>(text: &mut String, what: &str, note: &str) -> std::fmt::Result {
    let mut told = Vec::new();
    T::fields("", &mut told);
    told.retain(|(path, _)| !path.starts_with("events[]"));
    writeln!(text, "\n## {what}\n")?;
    if !note.is_empty() {
        writeln!(text, "{note}\n")?;
    }
    // By the part in front of the first dot, so that the table can be read.
    let mut by_kind: BTreeMap<&str, BTreeMap<Class, Vec<&str>>> = BTreeMap::new();
    for (path, class) in &told {
        let (kind, field) = path.split_once('.').unwrap_or(("", path));
        by_kind
            .entry(kind)
            .or_default()
            .entry(*class)
            .or_default()
            .push(field);
    }
    writeln!(
        text,
        "| of | basic | personal | sensitive | secret |\n|---|---|---|---|---|"
    )?;
    for (kind, classes) in by_kind {
        let cells = Class::ALL.map(|class| {
            let fields = classes.get(&class).map_or(&[][..], Vec::as_slice);
            let fields: Vec<_> = fields.iter().map(|field| format!("`{field}`")).collect();
            fields.join(", ")
        });
        let kind = match kind {
            "" => String::new(),
            kind => format!("`{kind}`"),
        };
        writeln!(text, "| {kind} | {} |", cells.join(" | "))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    #[test]
    fn the_docs_say_what_the_program_does() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/ACCESS.md");
        let docs = std::fs::read_to_string(file).expect("the docs");
        assert_eq!(
            docs,
            super::reference(),
            "run `sidetone access docs > engine/docs/ACCESS.md`"
        );
    }
}
