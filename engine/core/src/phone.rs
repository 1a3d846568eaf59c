//! Phone numbers in any common form, brought to one (E.164).

use phonenumber::{Mode, country};
use sidetone_types::party::PhoneNumber;

/// Whether `region` is a country that numbers are known of (ISO 3166, `US`, `CN`).
pub fn knows_region(region: &str) -> bool {
    region.parse::<country::Id>().is_ok()
}

/// Reads `given`. A number without country code is taken to be of `region` (ISO 3166, `US`, `CN`).
pub fn parse(given: &str, region: &str) -> PhoneNumber {
    let bare = bare_number(given);
    // A number that names its country needs no other, and the parser trips over being given both.
    let region: Option<country::Id> = region.parse().ok().filter(|_| !bare.starts_with('+'));
    let e164 = phonenumber::parse(region, bare.as_str())
        .ok()
        .filter(phonenumber::is_valid)
        .map(|number| number.format().mode(Mode::E164).to_string());
    PhoneNumber {
        given: given.trim().to_owned(),
        e164,
    }
}

/// Takes a SIP or tel URI (RFC 3261 §19.1, RFC 3966) apart and turns the prefix `00` into `+`.
fn bare_number(given: &str) -> String {
    let given = given.trim();
    // `"Ann" <sip:+1..@host;user=phone>`: the number stands between scheme and host.
    let given = given
        .rsplit_once('<')
        .map_or(given, |(_, rest)| rest.trim_end_matches('>'));
    let rest = ["sips:", "sip:", "tel:"]
        .iter()
        .find_map(|scheme| {
            let head = given.get(..scheme.len())?;
            head.eq_ignore_ascii_case(scheme)
                .then(|| &given[scheme.len()..])
        })
        .unwrap_or(given);
    let user = rest.split(['@', ';']).next().unwrap_or_default();
    match user.strip_prefix("00") {
        Some(international) => format!("+{international}"),
        None => user.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_common_forms_become_e164() {
        for (given, region, e164) in [
            ("+14155550117", "CN", Some("+14155550117")),
            ("(415) 555-0117", "US", Some("+14155550117")),
            ("415.555.0117", "US", Some("+14155550117")),
            ("1-415-555-0117", "US", Some("+14155550117")),
            ("0014155550117", "CN", Some("+14155550117")),
            ("138 0013 8017", "CN", Some("+8613800138017")),
            ("+86 138-0013-8017", "US", Some("+8613800138017")),
            (
                "sip:+14155550117@10.0.0.1;user=phone",
                "US",
                Some("+14155550117"),
            ),
            (
                "\"Ann\" <sip:4155550117@pbx.example>",
                "US",
                Some("+14155550117"),
            ),
            ("tel:+1-415-555-0117", "US", Some("+14155550117")),
            ("anonymous", "US", None),
            ("1001", "US", None),
            ("", "US", None),
        ] {
            assert_eq!(
                parse(given, region).e164.as_deref(),
                e164,
                "{given} in {region}"
            );
        }
    }
}
