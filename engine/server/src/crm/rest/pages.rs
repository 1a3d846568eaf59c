//! All customers of a CRM, page by page.

use std::collections::BTreeMap;

use jiff::Timestamp;
use minijinja::context;
use serde::Deserialize;
use serde_json::Value;
use sidetone_core::phone;
use sidetone_core::sync::{ListOrder, PageRead};

use super::description::{CustomerField, Pointer, Request};
use super::templates::Prepared;
use super::{Answer, Rest, records, text};
use crate::crm::CrmError;
use crate::crm::embedded::{Changed, Record};

/// How all customers are listed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sync {
    /// Those that were changed at `since` or later, in any order; all where that is empty. `cursor` is what `next` of
    /// the page before said.
    pub request: Request,
    #[serde(default)]
    pub list: Pointer,
    /// In which order they come: `changed`, or `id`, which is any.
    #[serde(default)]
    pub order: ListOrder,
    /// Where the next page is named; nothing there behind the last.
    #[serde(default)]
    pub next: Option<Pointer>,
    /// What is true where a page is the last, though it names a next one.
    #[serde(default)]
    pub last: Option<Pointer>,
    /// Without that, how many customers a whole page has. The next page begins behind the last one.
    #[serde(default)]
    pub size: Option<usize>,
    /// What of the last one `cursor` is then; else their id.
    #[serde(default)]
    pub cursor: Option<Pointer>,
    /// How `since` is written: as the CRM writes `changed`, or in seconds since 1970.
    #[serde(default)]
    pub since: Since,
    /// When a customer was changed: a time of RFC 3339, or seconds or milliseconds since 1970. Without it all are
    /// read each time.
    #[serde(default)]
    pub changed: Option<Pointer>,
    /// What is true, or is there, where a customer is gone.
    #[serde(default)]
    pub deleted: Option<Pointer>,
    /// What is not true where one is gone.
    #[serde(default)]
    pub there: Option<Pointer>,
    /// Their numbers: texts, or lists of them.
    pub phones: Vec<Pointer>,
}

pub(super) struct Pages {
    pub request: Prepared,
    pub list: Pointer,
    pub order: ListOrder,
    pub next: Option<Pointer>,
    pub last: Option<Pointer>,
    pub size: Option<usize>,
    pub cursor: Option<Pointer>,
    pub since: Since,
    pub changed: Option<Pointer>,
    pub deleted: Option<Pointer>,
    pub there: Option<Pointer>,
    pub phones: Vec<Pointer>,
}

/// How a time is asked for.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "snake_case")]
pub(super) enum Since {
    /// As the CRM writes it itself.
    #[default]
    AsChanged,
    /// Seconds since 1970.
    Seconds,
}

/// A page of customers.
#[derive(Debug, PartialEq)]
pub struct Page {
    /// What is said of each.
    pub changed: Vec<Changed>,
    /// Where it goes on.
    pub read: PageRead,
    /// Numbers that are none, and customers without an id.
    pub unusable: usize,
}

impl Rest {
    /// Whether its customers can be read page by page.
    pub fn has_pages(&self) -> bool {
        self.pages.is_some()
    }

    /// In which order they come.
    pub fn order(&self) -> ListOrder {
        self.pages
            .as_ref()
            .map(|pages| pages.order)
            .unwrap_or_default()
    }

    /// What its customers are told apart by from those of another CRM.
    pub fn source(&self) -> String {
        format!("{} {}", self.name, self.client.base_url())
    }

    /// Customers that were changed at `since` or later. Numbers without a country are taken to be of `region`.
    pub fn page(&self, (since, cursor): (&str, &str), region: &str) -> Result<Page, CrmError> {
        let Some(pages) = &self.pages else {
            return Err(CrmError::rejected("the description has no [sync]"));
        };
        let answer = match self.ask(&pages.request, context! { since, cursor })? {
            Answer::Json(answer) => answer,
            Answer::NotFound(_) => {
                let what = "there is no list of customers where [sync] looks for it";
                return Err(CrmError::rejected(what));
            }
        };
        let mut page = Page {
            changed: Vec::new(),
            read: PageRead {
                next: pages.next.as_ref().and_then(|at| text(&answer, at)),
                newest: None,
            },
            unusable: 0,
        };
        if pages.last.as_ref().is_some_and(|at| is_true(&answer, at)) {
            page.read.next = None;
        }
        let all = records(&answer, &pages.list);
        if let Some(size) = pages.size
            && all.len() >= size.max(1)
        {
            let last = all.last().and_then(|record| match &pages.cursor {
                Some(at) => text(record, at),
                None => Some(self.field(record, CustomerField::CustomerId)),
            });
            page.read.next = page.read.next.or(last);
        }
        for record in all {
            let newest = pages
                .changed
                .as_ref()
                .and_then(|at| text(record, at))
                .and_then(|at| {
                    let ms = comparable(&at)?;
                    Some(match pages.since {
                        Since::AsChanged => (ms, at),
                        Since::Seconds => (ms, (ms / 1_000).to_string()),
                    })
                });
            page.read.newest = page.read.newest.take().max(newest);
            let customer_id = self.field(record, CustomerField::CustomerId);
            if customer_id.is_empty() {
                page.unusable += 1;
                continue;
            }
            let is = |at: &Option<Pointer>| at.as_ref().map(|at| is_true(record, at));
            let is_gone = is(&pages.deleted) == Some(true) || is(&pages.there) == Some(false);
            let read = (!is_gone).then(|| self.record(record, &pages.phones, region));
            let record = read.map(|(record, unusable)| {
                page.unusable += unusable;
                record
            });
            page.changed.push(Changed {
                customer_id,
                record,
            });
        }
        Ok(page)
    }

    /// What is kept of a customer, and how many of their numbers are none.
    fn record(&self, record: &Value, phones: &[Pointer], region: &str) -> (Record, usize) {
        let given = phones.iter().flat_map(|at| texts(record, at));
        let given: Vec<String> = given.filter(|text| !text.trim().is_empty()).collect();
        let mut numbers: Vec<String> = Vec::new();
        let mut unusable = 0;
        for given in &given {
            match phone::parse(given, region).e164 {
                Some(number) if !numbers.contains(&number) => numbers.push(number),
                Some(_) => {}
                None => unusable += 1,
            }
        }
        let preferences = self.preferences.iter();
        let preferences: BTreeMap<String, String> = preferences
            .filter_map(|(name, at)| Some((name.clone(), text(record, at)?)))
            .collect();
        let kept = Record {
            name: self.field(record, CustomerField::Name),
            phones: numbers,
            email: self.field(record, CustomerField::Email),
            tier: self.field(record, CustomerField::Tier),
            preferences,
        };
        (kept, unusable)
    }
}

/// Milliseconds since 1970, of whatever a time is written as.
fn comparable(at: &str) -> Option<i64> {
    if let Ok(number) = at.parse::<f64>() {
        // Seconds up to the year 5138.
        let is_seconds = number < 1e11;
        return Some(if is_seconds { number * 1_000.0 } else { number } as i64);
    }
    let at: Timestamp = at
        .parse()
        .or_else(|_| format!("{}Z", at.replace(' ', "T")).parse())
        .ok()?;
    Some(at.as_millisecond())
}

fn is_true(record: &Value, at: &Pointer) -> bool {
    match record.pointer(&at.0) {
        None | Some(Value::Null) => false,
        Some(Value::Bool(flag)) => *flag,
        Some(Value::String(text)) => !["", "false", "0"].contains(&text.as_str()),
        Some(Value::Number(number)) => number.as_f64() != Some(0.0),
        Some(_) => true,
    }
}

fn texts(record: &Value, at: &Pointer) -> Vec<String> {
    match record.pointer(&at.0) {
        Some(Value::Array(all)) => all
            .iter()
            .filter_map(|one| one.as_str().map(str::to_owned))
            .collect(),
        _ => text(record, at).into_iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_all_kinds_are_compared() {
        let ms = Some(1_777_890_030_000);
        for at in [
            "2026-05-04T10:20:30Z",
            "2026-05-04T12:20:30+02:00",
            "2026-05-04 10:20:30",
            "1777890030",
            "1777890030000",
        ] {
            assert_eq!(comparable(at), ms, "{at}");
        }
        assert_eq!(comparable("yesterday"), None);
    }
}
