//! The list: a heading, and two lines for each call.

use std::io::Write;

use clap::Args;
use console::{Alignment, pad_str, style, truncate_str};
use jiff::tz::TimeZone;
use sidetone::api::PastCallsQuery;
use sidetone::config::Config;
use sidetone::printable::printable;
use sidetone::records::NoteState;
use sidetone::storage::{CallsPage, NoNoteState, PageSize, PastCall, Reader, StoreError};
use sidetone_types::party::Direction;

use super::{length, local, name};
use crate::tools::when::When;

/// Columns of a terminal that the list fits into.
const WIDTH: usize = 100;
/// The columns of the first line: heading, and how wide.
const COLUMNS: [(&str, usize); 6] = [
    ("BEGAN", 16),
    ("LENGTH", 7),
    ("WAY", 3),
    ("AGENT", 10),
    ("CUSTOMER", 18),
    ("NOTE", 9),
];

/// List the calls that are over and kept, the newest first.
///
/// The first line of each says when it began and how long it took, which way it went, whose it was, with whom, where
/// its note for the CRM stands, and what is special: urgent, alerts, rec (it can be heard), held (nobody erases it).
/// The second line says its id and why it was made.
#[derive(Args, Debug)]
pub(super) struct ListArgs {
    /// Of this agent, whoever they handed it to.
    #[arg(long, value_name = "ID")]
    agent: Option<String>,
    /// With this customer: the CRM's id, a number, or a part of the name.
    #[arg(long)]
    customer: Option<String>,
    /// Begun from then on: a day (2026-05-04, from its midnight in `defaults.time_zone`) or a time
    /// (2026-05-04T09:00, 2026-05-04T09:00:00Z).
    #[arg(long, value_name = "WHEN")]
    from: Option<When>,
    /// Begun before then.
    #[arg(long, value_name = "WHEN")]
    until: Option<When>,
    /// Which way it went: inbound, outbound or unknown.
    #[arg(long, value_name = "WAY", value_parser = direction)]
    direction: Option<Direction>,
    /// Where its note for the CRM stands: waiting, in_flight, delivered or dead.
    #[arg(long, value_name = "STATE", value_parser = note)]
    note: Option<NoteState>,
    /// Whose ticket should be dealt with before others.
    #[arg(long)]
    urgent: bool,
    /// Of which there is a recording that can be heard.
    #[arg(long)]
    recorded: bool,
    /// In which this rule raised an alert.
    #[arg(long)]
    rule: Option<String>,
    /// At most so many calls.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
    /// As JSON, one object per line.
    #[arg(long)]
    json: bool,
}

fn direction(text: &str) -> Result<Direction, String> {
    Direction::named(text).ok_or_else(|| {
        let known = Direction::ALL.map(Direction::as_str).join(", ");
        format!("there are {known}")
    })
}

fn note(text: &str) -> Result<NoteState, NoNoteState> {
    sidetone::storage::note_state(text)
}

pub(super) fn run(
    args: &ListArgs,
    config: &Config,
    (reader, zone): (&Reader, &TimeZone),
    out: &mut impl Write,
) -> anyhow::Result<()> {
    let millis = |when: When| when.millis(zone);
    let query = PastCallsQuery {
        agent_id: args.agent.clone(),
        customer: args.customer.clone(),
        from_ms: args.from.map(millis),
        until_ms: args.until.map(millis),
        direction: args.direction,
        note: args.note,
        urgent: args.urgent.then_some(true),
        recorded: args.recorded.then_some(true),
        rule: args.rule.clone(),
        before: None,
        limit: None,
    };
    let mut query = query.for_store(&config.defaults.region)?;
    let most = args.limit as usize;
    query.size = PageSize::of(most).unwrap_or(PageSize::MOST);
    let CallsPage { calls, next } = first(most, |before| {
        query.before = before;
        reader.calls(&query)
    })?;
    if args.json {
        for call in &calls {
            writeln!(out, "{}", serde_json::to_string(call)?)?;
        }
        return Ok(());
    }
    if !calls.is_empty() {
        writeln!(out, "{}", style(heading().trim_end()).dim())?;
    }
    for call in &calls {
        let [first, second] = lines(call, zone);
        writeln!(out, "{first}")?;
        writeln!(out, "{second}")?;
    }
    let more = match next {
        Some(_) => "; there are more: raise --limit, or say --until when",
        None => "",
    };
    writeln!(out, "{} calls, times in {}{more}", calls.len(), name(zone))?;
    Ok(())
}

/// The first `most` calls of a list, however many pages they take. `next` says whether there are more.
fn first(
    most: usize,
    mut page: impl FnMut(Option<sidetone::storage::CallsCursor>) -> Result<CallsPage, StoreError>,
) -> Result<CallsPage, StoreError> {
    let mut found = page(None)?;
    while found.calls.len() < most
        && let Some(next) = found.next.take()
    {
        let more = page(Some(next))?;
        found.calls.extend(more.calls);
        found.next = more.next;
    }
    found.calls.truncate(most);
    Ok(found)
}

fn heading() -> String {
    row(COLUMNS.map(|(heading, _)| heading.to_owned()))
}

/// Cells side by side, each as wide as its column.
fn row(cells: [String; COLUMNS.len()]) -> String {
    let cells = cells.iter().zip(COLUMNS);
    let cells = cells.map(|(cell, (_, width))| fitted(cell, width));
    cells.collect::<Vec<_>>().join("  ")
}

/// What others have said, in so many columns.
fn fitted(text: &str, width: usize) -> String {
    pad_str(&printable(text), width, Alignment::Left, Some("…")).into_owned()
}

fn lines(call: &PastCall, zone: &TimeZone) -> [String; 2] {
    let began = local(call.opened_ms, zone);
    let minute = began.get(..COLUMNS[0].1).unwrap_or(&began).to_owned();
    let took = call
        .ended_ms
        .map(|ended| ended.saturating_sub(call.opened_ms));
    let way = match call.direction.as_str() {
        "inbound" => "in",
        "outbound" => "out",
        _ => "",
    };
    let cells = [
        minute,
        took.map(length).unwrap_or_default(),
        way.to_owned(),
        call.agent_id.clone(),
        who(call).to_owned(),
        call.note.map(|state| state.to_string()).unwrap_or_default(),
    ];
    let first = format!("{}  {}", row(cells), marks(call));
    let id = printable(&call.call_id);
    let reason = printable(&call.reason);
    let second = match &*reason {
        "" => format!("    {id}"),
        reason => format!("    {id}  {reason}"),
    };
    let second = truncate_str(&second, WIDTH, "…").into_owned();
    [first.trim_end().to_owned(), style(second).dim().to_string()]
}

/// By the first of name, id and number that is known.
fn who(call: &PastCall) -> &str {
    let customer = call.customer.as_ref();
    let name = customer.map_or("", |customer| &customer.name);
    let id = customer.map_or("", |customer| &customer.customer_id);
    let known = [name, id, call.number()];
    known
        .into_iter()
        .find(|text| !text.is_empty())
        .unwrap_or("")
}

/// What is special about a call.
fn marks(call: &PastCall) -> String {
    let mut marks = Vec::new();
    if call.urgent {
        marks.push(style("urgent").red().bold().to_string());
    }
    match call.alerts {
        0 => {}
        1 => marks.push("1 alert".to_owned()),
        n => marks.push(format!("{n} alerts")),
    }
    let others = [
        (call.recorded, "rec"),
        (call.held, "held"),
        (call.unreadable > 0, "damaged"),
    ];
    let others = others.into_iter().filter(|(is_so, _)| *is_so);
    marks.extend(others.map(|(_, mark)| mark.to_owned()));
    marks.join(" ")
}

#[cfg(test)]
mod tests {
    use console::{measure_text_width, strip_ansi_codes};
    use sidetone::storage::{CallsCursor, PastCustomer};

    use super::*;

    fn call(name: &str, reason: &str) -> PastCall {
        PastCall {
            call_id: "19df5b0a8c0-1f2e3d4c5b6a7988".to_owned(),
            agent_id: "agent-7".to_owned(),
            caller: "+14155550117".to_owned(),
            direction: "inbound".to_owned(),
            opened_ms: 1_777_890_030_000,
            ended_ms: Some(1_777_890_487_900),
            customer: Some(PastCustomer {
                customer_id: "C-1".to_owned(),
                name: name.to_owned(),
                tier: "gold".to_owned(),
            }),
            reason: reason.to_owned(),
            urgent: true,
            alerts: 2,
            note: Some(NoteState::InFlight),
            recorded: true,
            held: true,
            ..PastCall::default()
        }
    }

    fn plain(call: &PastCall) -> [String; 2] {
        lines(call, &TimeZone::UTC).map(|line| strip_ansi_codes(&line).into_owned())
    }

    #[test]
    fn a_call_is_told_in_two_lines_below_their_heading() {
        assert_eq!(
            heading().trim_end(),
            "BEGAN             LENGTH   WAY  AGENT       CUSTOMER            NOTE"
        );
        assert_eq!(
            plain(&call("Ann Miller", "Charged twice")),
            [
                "2026-05-04 10:20  07:37    in   agent-7     Ann Miller          in flight  urgent 2 alerts rec held",
                "    19df5b0a8c0-1f2e3d4c5b6a7988  Charged twice",
            ]
        );
        let bare = PastCall {
            call_id: "c-1".to_owned(),
            ..PastCall::default()
        };
        assert_eq!(plain(&bare)[1], "    c-1");
    }

    #[test]
    fn names_that_are_long_are_cut_and_all_fits_the_terminal() {
        let many = PastCall {
            agent_id: "agent-with-a-long-name".to_owned(),
            alerts: 12,
            ..call(
                "Wilhelmina Antonia Drosselmeyer",
                &"charged twice ".repeat(20),
            )
        };
        let wide = call("王小明王小明王小明王小明", &"话费重复扣款".repeat(20));
        for call in [many, wide] {
            for line in plain(&call) {
                assert!(measure_text_width(&line) <= WIDTH, "{line}");
            }
            assert!(plain(&call)[0].contains('…') && plain(&call)[1].ends_with('…'));
        }
    }

    #[test]
    fn whoever_has_no_name_is_told_by_id_or_number() {
        let mut call = call("", "");
        assert_eq!(who(&call), "C-1");
        call.customer = None;
        assert_eq!(who(&call), "+14155550117");
    }

    #[test]
    fn nobody_writes_to_the_terminal_of_who_reads_the_list() {
        for line in plain(&call("\u{1b}[31mAnn", "two\nlines")) {
            assert!(!line.contains(['\u{1b}', '\n']), "{line:?}");
        }
    }

    #[test]
    fn pages_are_read_until_there_are_enough_calls_or_no_more() {
        let cursor = |n: i64| CallsCursor {
            opened_ms: n,
            call_id: String::new(),
        };
        // Three calls on each page but the second, which was looked through in vain; four pages.
        let page = |before: Option<CallsCursor>| {
            let n = before.map_or(0, |before| before.opened_ms);
            let calls = if n == 1 { 0 } else { 3 };
            Ok(CallsPage {
                calls: vec![PastCall::default(); calls],
                next: (n < 3).then(|| cursor(n + 1)),
            })
        };
        for (most, found, more) in [(3, 3, true), (4, 4, true), (9, 9, false), (20, 9, false)] {
            let list = first(most, page).expect("readable");
            assert_eq!(
                (list.calls.len(), list.next.is_some()),
                (found, more),
                "{most}"
            );
        }
    }
}
