//! Tab-separated tables with a header.

/// Why a text is no such table.
#[derive(Debug, Eq, PartialEq, thiserror::Error)]
pub enum TableError {
    /// It is empty.
    #[error("line 1: the header is missing")]
    NoHeader,
    /// The header lacks a column.
    #[error("line 1: no column `{name}`; it needs {needed}")]
    NoColumn {
        /// Which.
        name: String,
        /// All that are needed.
        needed: String,
    },
    /// A line is shorter or longer than the header.
    #[error("line {line}: {fields} fields where the header has {titles}")]
    Fields {
        /// Which, from 1.
        line: usize,
        /// How many it has.
        fields: usize,
        /// How many it should have.
        titles: usize,
    },
}

/// The fields of `columns` in each line of a table with a header, and the line's number.
///
/// # Errors
///
/// [`TableError`] that tells the line.
pub fn table<'a, const N: usize>(
    text: &'a str,
    columns: [&str; N],
) -> Result<Vec<(usize, [&'a str; N])>, TableError> {
    let mut lines = text.lines().enumerate();
    let (_, header) = lines.next().ok_or(TableError::NoHeader)?;
    let header: Vec<&str> = header.trim_start_matches('\u{feff}').split('\t').collect();
    let mut places = [0; N];
    for (place, name) in places.iter_mut().zip(columns) {
        let found = header.iter().position(|title| title.trim() == name);
        *place = found.ok_or_else(|| TableError::NoColumn {
            name: name.to_owned(),
            needed: columns.join(", "),
        })?;
    }
    let filled = lines.filter(|(_, line)| !line.trim().is_empty());
    let fields = |(i, line): (usize, &'a str)| {
        let fields: Vec<&str> = line.split('\t').map(str::trim).collect();
        match fields.len() == header.len() {
            true => Ok((i + 1, places.map(|place| fields[place]))),
            false => Err(TableError::Fields {
                line: i + 1,
                fields: fields.len(),
                titles: header.len(),
            }),
        }
    };
    filled.map(fields).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_found_by_their_title_and_faults_told_by_their_line() {
        let text = "\u{feff}b\ta\tc\n1\t 2\t3\n\n4\t5\t6\n";
        assert_eq!(
            table(text, ["a", "b"]),
            Ok(vec![(2, ["2", "1"]), (4, ["5", "4"])])
        );
        for (text, fault) in [
            ("", "line 1: the header is missing"),
            ("a\tc\n", "line 1: no column `b`; it needs a, b"),
            ("a\tb\n1\n", "line 2: 1 fields where the header has 2"),
        ] {
            let error = table(text, ["a", "b"]).expect_err("a fault");
            assert_eq!(error.to_string(), fault);
        }
    }
}
