//! Customers as a table: comma-separated values (RFC 4180) with a heading, in and out.

use std::collections::HashSet;
use std::io::{Read, Write};

use sidetone_core::phone;

use super::customers::{Kept, Record};

/// Longest line of a table, in bytes: who writes more has lost a quotation mark.
const LONGEST_ROW: usize = 100_000;

/// A row that could be read.
#[derive(Clone, Debug, PartialEq)]
pub struct SheetRow {
    /// The line that it begins at, from 1.
    pub line: u64,
    /// The id that it gives, if it gives one.
    pub customer_id: Option<String>,
    /// What it says.
    pub record: Record,
}

/// What is wrong with a table, or with a row of it.
#[derive(Debug, thiserror::Error)]
pub enum SheetError {
    /// It has no use at all.
    #[error("{0}")]
    Heading(String),
    /// A row is left out.
    #[error("line {line}: {what}")]
    Row {
        /// Where.
        line: u64,
        /// What is wrong.
        what: String,
    },
    /// It ended in the middle.
    #[error("it cannot be read further: {0}")]
    Read(#[from] csv::Error),
}

/// What a column holds.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Column {
    Id,
    Name,
    GivenName,
    FamilyName,
    Phone,
    Email,
    Tier,
    /// Anything else, under its heading.
    Preference(String),
}

/// Headings that are known, without case, spaces and marks.
const HEADINGS: [(Column, &[&str]); 7] = [
    (
        Column::Id,
        &[
            "id",
            "customerid",
            "contactid",
            "customerno",
            "customernumber",
            "编号",
            "客户编号",
            "客户号",
            "會員編號",
            "会员编号",
        ],
    ),
    (
        Column::Name,
        &[
            "name",
            "fullname",
            "customer",
            "customername",
            "contact",
            "contactname",
            "姓名",
            "名字",
            "客户",
            "客户姓名",
            "客户名称",
            "联系人",
        ],
    ),
    (
        Column::GivenName,
        &["firstname", "givenname", "forename", "名"],
    ),
    (
        Column::FamilyName,
        &["lastname", "familyname", "surname", "姓"],
    ),
    (
        Column::Phone,
        &[
            "phone",
            "phones",
            "phonenumber",
            "telephone",
            "tel",
            "mobile",
            "mobilephone",
            "cell",
            "cellphone",
            "homephone",
            "workphone",
            "businessphone",
            "number",
            "电话",
            "电话号码",
            "手机",
            "手机号",
            "手机号码",
            "固话",
            "联系电话",
            "联系方式",
            "號碼",
            "電話",
        ],
    ),
    (
        Column::Email,
        &[
            "email",
            "emailaddress",
            "mail",
            "邮箱",
            "电子邮箱",
            "电子邮件",
            "郵箱",
        ],
    ),
    (
        Column::Tier,
        &[
            "tier",
            "level",
            "segment",
            "等级",
            "级别",
            "客户等级",
            "会员等级",
        ],
    ),
];

impl Column {
    fn of(heading: &str) -> Self {
        let plain: String = heading
            .chars()
            .filter(|c| c.is_alphanumeric())
            .flat_map(char::to_lowercase)
            .collect();
        // "Phone 2", 手机2
        let stem = plain.trim_end_matches(|c: char| c.is_ascii_digit());
        let known = HEADINGS
            .into_iter()
            .find(|(_, names)| names.contains(&plain.as_str()) || names.contains(&stem));
        let other = || Self::Preference(heading.trim().to_owned());
        known.map_or_else(other, |(column, _)| column)
    }
}

/// Reads a table row by row. `region` (ISO 3166) is that of numbers without a country.
pub fn read_sheet(
    file: impl Read,
    region: &str,
) -> Result<impl Iterator<Item = Result<SheetRow, SheetError>>, SheetError> {
    let mut text = file;
    let mut head = [0; 4_096];
    let mut filled = 0;
    while filled < head.len() {
        match text.read(&mut head[filled..]).map_err(csv::Error::from)? {
            0 => break,
            read => filled += read,
        }
    }
    let head = head[..filled].to_vec();
    let delimiter = delimiter(&head)?;
    let head = head
        .strip_prefix("\u{feff}".as_bytes())
        .map(<[u8]>::to_vec)
        .unwrap_or(head);
    let mut rows = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .flexible(true)
        .from_reader(std::io::Cursor::new(head).chain(text));
    let headings = rows.byte_headers()?.clone();
    let mut columns = Vec::new();
    for heading in &headings {
        let heading = std::str::from_utf8(heading).map_err(|_| {
            SheetError::Heading(
                "its first line is no UTF-8: save it as \"CSV UTF-8\", or convert it before"
                    .to_owned(),
            )
        })?;
        columns.push(Column::of(heading));
    }
    if !columns.contains(&Column::Phone) {
        let found: Vec<_> = headings.iter().map(String::from_utf8_lossy).collect();
        return Err(SheetError::Heading(format!(
            "its first line names no column of telephone numbers (`phone`, `mobile`, 电话, 手机): it has {}",
            found.join(", ")
        )));
    }
    let region = region.to_owned();
    Ok(rows
        .into_byte_records()
        .map(move |row| read_row(&columns, &row?, &region)))
}

/// The mark between columns: that of `,`, `;` and tab which is there most often in the first line.
fn delimiter(head: &[u8]) -> Result<u8, SheetError> {
    if head.contains(&0) {
        let what = "it is no text: save the table as CSV before";
        return Err(SheetError::Heading(what.to_owned()));
    }
    let line = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let often = |mark: &u8| line.iter().filter(|byte| *byte == mark).count();
    Ok(*b",;\t"
        .iter()
        .rev()
        .max_by_key(|mark| often(mark))
        .unwrap_or(&b','))
}

fn read_row(
    columns: &[Column],
    row: &csv::ByteRecord,
    region: &str,
) -> Result<SheetRow, SheetError> {
    let line = row.position().map_or(0, csv::Position::line);
    let wrong = |what: String| SheetError::Row { line, what };
    if row.as_slice().len() > LONGEST_ROW {
        return Err(wrong(format!(
            "it is longer than {LONGEST_ROW} bytes: is a quotation mark missing?"
        )));
    }
    if row.len() > columns.len() {
        return Err(wrong(format!(
            "it has {} values, and there are {} columns: put what holds a comma into quotation marks",
            row.len(),
            columns.len()
        )));
    }
    let mut record = Record::default();
    let mut customer_id = None;
    let (mut given_name, mut family_name) = (String::new(), String::new());
    let mut refused = Vec::new();
    for (column, value) in columns.iter().zip(row) {
        let value = std::str::from_utf8(value).map_err(|_| wrong("it is no UTF-8".to_owned()))?;
        let value = value.trim();
        if value.is_empty() {
            continue;
        }
        if value.chars().any(sidetone_types::controls::controls) {
            return Err(wrong(
                "it has characters that control or are not seen".to_owned(),
            ));
        }
        let text = value.to_owned();
        match column {
            Column::Id => customer_id = Some(text),
            Column::Name => record.name = text,
            Column::GivenName => given_name = text,
            Column::FamilyName => family_name = text,
            Column::Phone => {
                for given in value.split(['/', ';', '；', '、', '|']) {
                    match phone::parse(given, region).e164 {
                        Some(number) if record.phones.contains(&number) => {}
                        Some(number) => record.phones.push(number),
                        None => refused.push(given.trim().to_owned()),
                    }
                }
            }
            Column::Email => record.email = text,
            Column::Tier => record.tier = text,
            Column::Preference(heading) => {
                record.preferences.insert(heading.clone(), text);
            }
        }
    }
    if record.name.is_empty() {
        let is_han =
            |text: &str| !text.is_ascii() && !text.chars().any(|c| c.is_ascii_alphabetic());
        record.name = match is_han(&family_name) && is_han(&given_name) {
            true => format!("{family_name}{given_name}"),
            false => format!("{given_name} {family_name}").trim().to_owned(),
        };
    }
    match (&record.phones[..], &refused[..]) {
        ([], []) => Err(wrong(
            "it has no number, and would never be found".to_owned(),
        )),
        ([], [first, ..]) => Err(wrong(format!(
            "`{}` is no telephone number in {region}: write it like +14155550117",
            first.escape_debug()
        ))),
        _ => Ok(SheetRow {
            line,
            customer_id,
            record,
        }),
    }
}

/// Writes customers as a table that [`read_sheet`] reads.
pub fn write_sheet(file: impl Write, all: &[Kept]) -> Result<(), csv::Error> {
    let keys: HashSet<&String> = all
        .iter()
        .flat_map(|kept| kept.record.preferences.keys())
        .collect();
    let mut keys: Vec<&String> = keys.into_iter().collect();
    keys.sort();
    let mut out = csv::Writer::from_writer(file);
    let fixed = ["customer_id", "name", "phones", "email", "tier"];
    out.write_record(fixed.into_iter().chain(keys.iter().map(|key| key.as_str())))?;
    for kept in all {
        let record = &kept.record;
        let phones = record.phones.join("; ");
        let fixed = [
            &kept.customer_id,
            &record.name,
            &phones,
            &record.email,
            &record.tier,
        ];
        let preferences = keys
            .iter()
            .map(|key| record.preferences.get(*key).map_or("", String::as_str));
        out.write_record(fixed.into_iter().map(String::as_str).chain(preferences))?;
    }
    out.flush()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, region: &str) -> Vec<Result<SheetRow, String>> {
        let rows = read_sheet(text.as_bytes(), region).expect("a heading");
        rows.map(|row| row.map_err(|error| error.to_string()))
            .collect()
    }

    fn first(text: &str, region: &str) -> SheetRow {
        read(text, region).remove(0).expect("a row")
    }

    #[test]
    fn a_table_is_read_by_the_names_of_its_columns_in_both_languages() {
        let text = "\u{feff}Customer ID,First name,Last name,Mobile,Work phone,E-mail,Level,Best time\n\
                    C-1,Ann,Lee,(415) 555-0117,+1 415 555 0142,ann@example.com,gold,mornings\n";
        let row = first(text, "US");
        assert_eq!((row.line, row.customer_id.as_deref()), (2, Some("C-1")));
        assert_eq!(row.record.name, "Ann Lee");
        assert_eq!(row.record.phones, ["+14155550117", "+14155550142"]);
        assert_eq!(
            (row.record.email.as_str(), row.record.tier.as_str()),
            ("ann@example.com", "gold")
        );
        assert_eq!(row.record.preferences["Best time"], "mornings");
        let row = first(
            "姓;名;手机号码;客户等级\n王;小明;138 0013 8017；13800138042;黄金\n",
            "CN",
        );
        assert_eq!(row.record.name, "王小明");
        assert_eq!(row.record.phones, ["+8613800138017", "+8613800138042"]);
        let row = first("name\tPhone 1\tPhone 2\nBo\t\t+14155550199\n", "US");
        assert_eq!(row.record.phones, ["+14155550199"]);
    }

    #[test]
    fn what_is_wrong_with_a_row_is_told_with_its_line_and_the_others_are_read() {
        let text =
            "name,phone\nAnn,+14155550117\nBo,\nCy,ring me\nDee,1,2\nEd,\"+1 415 555 0142\"\n";
        let rows = read(text, "US");
        let told: Vec<&str> = rows
            .iter()
            .filter_map(|row| row.as_ref().err().map(String::as_str))
            .collect();
        assert_eq!(told.len(), 3);
        assert!(
            told[0].starts_with("line 3: it has no number"),
            "{}",
            told[0]
        );
        assert!(
            told[1].starts_with("line 4: `ring me` is no telephone number in US"),
            "{}",
            told[1]
        );
        assert!(
            told[2].starts_with("line 5: it has 3 values"),
            "{}",
            told[2]
        );
        assert_eq!(rows.iter().filter(|row| row.is_ok()).count(), 2);
    }

    #[test]
    fn what_is_no_table_of_customers_is_refused_as_a_whole() {
        for (file, expected) in [
            (&b"PK\x03\x04\0\0"[..], "it is no text"),
            (b"name,email\na,b\n", "names no column of telephone numbers"),
            (b"", "names no column of telephone numbers"),
            (b"\xd0\xd5\xc3\xfb,\xca\xd6\xbb\xfa\n", "is no UTF-8"),
        ] {
            let error = read_sheet(file, "US").err().expect("refused").to_string();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let kept = Kept {
            customer_id: "C-1".to_owned(),
            revision: 3,
            changed_ms: 0,
            record: Record {
                name: "Lee, \"Ann\"".to_owned(),
                phones: vec!["+14155550117".to_owned(), "+8613800138017".to_owned()],
                email: "ann@example.com".to_owned(),
                tier: "gold".to_owned(),
                preferences: [("语言".to_owned(), "中文".to_owned())].into(),
            },
        };
        let mut file = Vec::new();
        write_sheet(&mut file, std::slice::from_ref(&kept)).expect("in memory");
        let row = first(std::str::from_utf8(&file).expect("UTF-8"), "US");
        assert_eq!(
            (row.customer_id.as_deref(), row.record),
            (Some("C-1"), kept.record)
        );
    }
}
