//! Tab-separated tables with a header.

use anyhow::{Context, ensure};

/// The fields of `columns` in each line of a table with a header, and the line's number.
pub fn table<'a, const N: usize>(
    text: &'a str,
    columns: [&str; N],
) -> anyhow::Result<Vec<(usize, [&'a str; N])>> {
    let mut lines = text.lines().enumerate();
    let (_, header) = lines.next().context("line 1: the header is missing")?;
    let header: Vec<&str> = header.trim_start_matches('\u{feff}').split('\t').collect();
    let mut places = [0; N];
    for (place, name) in places.iter_mut().zip(columns) {
        *place = header
            .iter()
            .position(|title| title.trim() == name)
            .with_context(|| {
                format!(
                    "line 1: no column `{name}`; it needs {}",
                    columns.join(", ")
                )
            })?;
    }
    let filled = lines.filter(|(_, line)| !line.trim().is_empty());
    let fields = |(i, line): (usize, &'a str)| {
        let fields: Vec<&str> = line.split('\t').map(str::trim).collect();
        ensure!(
            fields.len() == header.len(),
            "line {}: {} fields where the header has {}",
            i + 1,
            fields.len(),
            header.len()
        );
        Ok((i + 1, places.map(|place| fields[place])))
    };
    filled.map(fields).collect()
}
