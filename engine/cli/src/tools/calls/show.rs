//! One call: what is known of it, what became of it, and what was said.

use std::io::Write;

use anyhow::bail;
use clap::Args;
use console::style;
use jiff::tz::TimeZone;
use serde_json::json;
use sidetone::config::Config;
use sidetone::convert::wire_event;
use sidetone::export;
use sidetone::printable::printable;
use sidetone::records::{Entry, NoteState};
use sidetone::storage::{Hold, Reader, StoredCall, StoredRecording, open_outbox};
use sidetone_types::event::EventKind;
use sidetone_types::summary::{FollowUp, Promise, Summary};

use super::{length, local, name};
use crate::tools::call_recordings::Kept;
use crate::tools::texts::Texts;
use crate::tools::{clock, lines, story};

/// Columns of the headings.
const HEADINGS: usize = 11;

/// Show one call: who, when, for how long, with whom and why; what was done and promised, what is to follow, its
/// alerts, its note for the CRM, its recording, and what was said.
#[derive(Args, Debug)]
pub(super) struct ShowArgs {
    /// Its id.
    #[arg(value_name = "ID")]
    id: String,
    /// As JSON, with all that was told of it.
    #[arg(long)]
    json: bool,
}

/// All that is kept of a call.
struct Known {
    call: StoredCall,
    note: Option<Entry>,
    recording: Option<StoredRecording>,
    hold: Option<Hold>,
}

pub(super) fn run(
    args: &ShowArgs,
    config: &Config,
    (reader, zone): (&Reader, &TimeZone),
    out: &mut impl Write,
) -> anyhow::Result<()> {
    let id = args.id.as_str();
    let Some(call) = reader.call(id)? else {
        bail!("no call `{id}` is kept; `sidetone calls list` names those that are");
    };
    let kept = Kept::of(config)?;
    let known = Known {
        call,
        note: open_outbox(&config.store)?
            .of_call(id)?
            .map(|full| full.entry),
        recording: kept.recording(id)?,
        hold: kept.hold(id)?,
    };
    match args.json {
        true => writeln!(out, "{}", serde_json::to_string_pretty(&known.json())?)?,
        false => known.write(zone, out)?,
    }
    Ok(())
}

impl Known {
    fn json(&self) -> serde_json::Value {
        let transcript = export::json(&self.call.call_id, &self.call.events);
        json!({
            "call": self.call, "note": self.note, "recording": self.recording, "hold": self.hold,
            "lines": transcript["lines"],
        })
    }

    fn write(&self, zone: &TimeZone, out: &mut impl Write) -> anyhow::Result<()> {
        let call = &self.call;
        writeln!(out, "call {}", style(printable(&call.call_id)).bold())?;
        let mut tell = |heading: &str, told: Vec<String>| -> anyhow::Result<()> {
            for (at, line) in told.iter().filter(|line| !line.is_empty()).enumerate() {
                let heading = if at == 0 { heading } else { "" };
                let heading = style(format!("{heading:<HEADINGS$}")).dim();
                writeln!(out, "  {heading} {line}")?;
            }
            Ok(())
        };
        let said = |text: &str| printable(text).into_owned();
        tell("when", vec![when(call, zone)])?;
        tell("agent", vec![said(&call.agent_id)])?;
        tell("direction", vec![call.direction.clone()])?;
        tell("customer", vec![said(&customer(call))])?;
        if let Some(summary) = &call.summary {
            tell("reason", vec![reason(summary)])?;
            tell(
                "done",
                summary.actions.iter().map(|text| said(text)).collect(),
            )?;
            tell("promised", summary.promises.iter().map(promise).collect())?;
            tell(
                "follow-ups",
                summary.follow_ups.iter().map(follow_up).collect(),
            )?;
        }
        tell("alerts", alerts(call))?;
        tell(
            "note",
            vec![
                self.note
                    .as_ref()
                    .map_or_else(none, |note| stands(note, zone)),
            ],
        )?;
        let recording = self.recording.as_ref();
        tell(
            "recording",
            vec![recording.map_or_else(none, |one| recorded(one, zone))],
        )?;
        tell(
            "held",
            self.hold.iter().map(|hold| held(hold, zone)).collect(),
        )?;
        if call.unreadable > 0 {
            tell(
                "damaged",
                vec![format!("{} parts of it cannot be read", call.unreadable)],
            )?;
        }
        writeln!(out)?;
        for line in export::lines(&call.events) {
            let text = lines::said(line.start_ms, line.role.as_str(), &printable(line.text));
            writeln!(out, "{text}")?;
        }
        Ok(())
    }
}

fn none() -> String {
    "none".to_owned()
}

/// From when until when, and how long.
fn when(call: &StoredCall, zone: &TimeZone) -> String {
    let began = local(call.opened_ms, zone);
    match call.ended_ms {
        None => format!("{began}, goes on ({})", name(zone)),
        Some(ended) => format!(
            "{began} to {}, {} ({})",
            local(ended, zone),
            length(ended.saturating_sub(call.opened_ms)),
            name(zone)
        ),
    }
}

/// All that tells who they are, and from which number to which.
fn customer(call: &StoredCall) -> String {
    let number = match call.direction.as_str() {
        "outbound" => &call.callee,
        _ => &call.caller,
    };
    let Some(customer) = &call.customer else {
        return number.clone();
    };
    let mut names = vec![customer.name.clone()];
    names.extend(customer.candidates.iter().map(|one| one.name.clone()));
    names.retain(|name| !name.is_empty());
    let mut about = vec![
        names.join(" or "),
        customer.customer_id.clone(),
        customer.tier.clone(),
        number.clone(),
    ];
    about.retain(|part| !part.is_empty());
    about.join(", ")
}

fn reason(summary: &Summary) -> String {
    let reason = printable(&summary.reason);
    match summary.urgent {
        true => format!("{reason} ({})", style("urgent").red().bold()),
        false => reason.into_owned(),
    }
}

fn promise(promise: &Promise) -> String {
    let due = due(promise.due.as_deref(), None);
    format!(
        "{}: {}{due}",
        promise.side.as_str(),
        printable(&promise.text)
    )
}

fn follow_up(task: &FollowUp) -> String {
    let due = due(task.due.as_deref(), task.due_time.as_deref());
    format!("{}{due}", printable(&task.title))
}

fn due(day: Option<&str>, time: Option<&str>) -> String {
    match (day, time) {
        (None, _) => String::new(),
        (Some(day), None) => format!(" (due {day})"),
        (Some(day), Some(time)) => format!(" (due {day} {time})"),
    }
}

/// The alerts that were not withdrawn, with when they were raised.
fn alerts(call: &StoredCall) -> Vec<String> {
    let standing: Vec<u64> = call.alerts().iter().map(|alert| alert.alert).collect();
    let raised = call.events.iter().filter(|event| match &event.event.kind {
        EventKind::AlertRaised(raised) => standing.contains(&raised.alert),
        _ => false,
    });
    let raised = raised.filter_map(|event| {
        let detail = wire_event(event).detail?;
        let text = story::line(&detail, &Texts::EN)?;
        Some(format!("{} {text}", clock(event.event.start.as_millis())))
    });
    raised.collect()
}

/// Where a note stands.
fn stands(note: &Entry, zone: &TimeZone) -> String {
    let at = match note.settled_ms {
        Some(settled) => format!(", {}", local(settled, zone)),
        None if note.state == NoteState::Waiting => {
            format!(", next try {}", local(note.due_ms, zone))
        }
        None => String::new(),
    };
    let why = match note.reason.as_str() {
        "" => String::new(),
        reason => format!(", {} tries: {}", note.attempts, printable(reason)),
    };
    format!("{}{at}{why} (`sidetone crm show {}`)", note.state, note.id)
}

fn recorded(recording: &StoredRecording, zone: &TimeZone) -> String {
    let until = recording.keep_until_ms.map(|ms| local(ms, zone));
    let until = until.map_or_else(String::new, |until| format!(", kept until {until}"));
    let took = length(recording.samples / 16);
    format!("{}, {took}{until}", recording.state.as_str())
}

fn held(hold: &Hold, zone: &TimeZone) -> String {
    let since = local(hold.since_ms, zone);
    let (by, why) = (printable(&hold.by_who), printable(&hold.reason));
    format!("since {since} by {by}: {why}")
}
