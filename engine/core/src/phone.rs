//! Phone numbers in any common form, brought to one (E.164).

use phonenumber::{Mode, country};
use sidetone_types::party::PhoneNumber;

/// Whether `region` is a country that numbers are known of (ISO 3166, `US`, `CN`).
pub fn knows_region(region: &str) -> bool {
    region.parse::<country::Id>().is_ok()
}

/// Reads `given`. A number without country code is taken to be of `region` (ISO 3166, `US`, `CN`).
///
/// `given` is kept as it is in any case. It is a number only as a whole: text that merely holds
/// some digits, a hidden caller's word or an internal extension has no E.164 form.
pub fn parse(given: &str, region: &str) -> PhoneNumber {
    let region = region.parse().ok();
    let number = dialled(given);
    let e164 = e164(&number, region).or_else(|| {
        // `021-62345678-802`: the last group is an extension, if there is a number without it.
        let (rest, extension) = number.rsplit_once('-')?;
        let is_short = (1..=5).contains(&extension.len());
        let is_extension = is_short && extension.bytes().all(|byte| byte.is_ascii_digit());
        is_extension.then(|| e164(rest, region)).flatten()
    });
    PhoneNumber {
        given: given.trim().to_owned(),
        e164,
    }
}

/// The one valid number that `number` stands for. International prefixes come before everything
/// else that the digits could mean: first the region's own, then `00`, which most regions have.
fn e164(number: &str, region: Option<country::Id>) -> Option<String> {
    if !is_written_as_number(number) {
        return None;
    }
    if number.starts_with('+') {
        // A number that names its country needs no other, and the parser trips over being given
        // both.
        return valid(None, number);
    }
    let digits: String = number
        .chars()
        .take_while(|c| c.is_ascii_digit() || is_separator(*c))
        .filter(char::is_ascii_digit)
        .collect();
    let own = region
        .and_then(|region| phonenumber::metadata::DATABASE.by_id(region.as_ref()))
        .and_then(|country| country.international_prefix())
        .and_then(|prefix| prefix.find(&digits))
        .filter(|found| found.start() == 0)
        .map(|found| found.end());
    let any = digits.starts_with("00").then_some(2);
    [own, any]
        .into_iter()
        .flatten()
        .find_map(|end| valid(None, &format!("+{}", &digits[end..])))
        .or_else(|| valid(region, number))
}

fn valid(region: Option<country::Id>, number: &str) -> Option<String> {
    phonenumber::parse(region, number)
        .ok()
        .filter(phonenumber::is_valid)
        .map(|number| number.format().mode(Mode::E164).to_string())
}

/// Whether it begins like a number and holds more than a digit or two: letters may follow as in
/// `1-800-FLOWERS`, but a word alone is none, although each of its letters lies on a key.
fn is_written_as_number(text: &str) -> bool {
    let first = text.chars().find(|c| c.is_alphanumeric());
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    first.is_some_and(|c| c.is_ascii_digit()) && digits >= 3
}

fn is_separator(c: char) -> bool {
    matches!(c, ' ' | '-' | '.' | '/' | '(' | ')')
}

/// What was dialled, out of a SIP or tel URI (RFC 3261 §19.1, RFC 3966) or a number as people write
/// it.
fn dialled(given: &str) -> String {
    let given = given.trim();
    // `"Ann" <sip:+1..@host;user=phone>`: the number stands between scheme and host.
    let given = given
        .rsplit_once('<')
        .map_or(given, |(_, rest)| rest.split('>').next().unwrap_or(rest));
    let uri = ["sips:", "sip:", "tel:"].iter().find_map(|scheme| {
        let head = given.get(..scheme.len())?;
        head.eq_ignore_ascii_case(scheme)
            .then(|| &given[scheme.len()..])
    });
    let user = uri.unwrap_or(given).split('@').next().unwrap_or_default();
    let user = if uri.is_some() {
        percent_decoded(user)
    } else {
        user.to_owned()
    };
    let mut parts = user.split(';');
    let number = readable(parts.next().unwrap_or_default());
    // A local number is complete with its context (RFC 3966 §5.1.5), unless that is a domain.
    let context = parts
        .filter_map(|parameter| parameter.split_once('='))
        .find(|(name, _)| name.eq_ignore_ascii_case("phone-context"))
        .map(|(_, context)| context)
        .filter(|context| context.starts_with('+') && !number.starts_with('+'));
    match context {
        Some(context) => format!("{context}{number}"),
        None => number,
    }
}

/// The number in ASCII, without invisible marks, and without an extension or a remark behind it.
fn readable(number: &str) -> String {
    let number: String = number
        .chars()
        .filter_map(|c| match c {
            // Full-width forms lie in the order of ASCII.
            '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xff01 + 0x21),
            '\u{3000}' | '\u{a0}' => Some(' '),
            '\u{2010}'..='\u{2015}' => Some('-'),
            // Marks that tell the direction of writing, and other formats.
            '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' => None,
            c => Some(c),
        })
        .collect();
    let number = number.split(['转', '轉']).next().unwrap_or_default().trim();
    // `+1 415 555 0117 (mobile)`
    let remark = number
        .strip_suffix(')')
        .and_then(|open| open.rsplit_once('('))
        .filter(|(_, remark)| !remark.bytes().any(|byte| byte.is_ascii_digit()));
    remark
        .map_or(number, |(number, _)| number.trim_end())
        .to_owned()
}

/// `%2B` is `+` (RFC 3986 §2.1). What is no such code stays as it is.
fn percent_decoded(text: &str) -> String {
    let mut decoded = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        decoded.push_str(before);
        let code = after
            .get(..2)
            .and_then(|code| u8::from_str_radix(code, 16).ok());
        match code.filter(u8::is_ascii) {
            Some(code) => {
                decoded.push(char::from(code));
                rest = &after[2..];
            }
            None => {
                decoded.push('%');
                rest = after;
            }
        }
    }
    decoded + rest
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
            ("(415) 555-0117 ext. 23", "US", Some("+14155550117")),
            ("tel:+1-415-555-0117;ext=23", "US", Some("+14155550117")),
            ("+44 (0)20 7946 0958", "US", Some("+442079460958")),
            ("013800138017", "CN", Some("+8613800138017")),
            ("+86013800138017", "CN", Some("+8613800138017")),
            ("10086", "CN", None),
            ("0000000000", "US", None),
            ("+266696687", "US", None),
            ("-1", "US", None),
            ("06 698 1234", "IT", Some("+39066981234")),
            ("1-800-FLOWERS", "US", Some("+18003569377")),
            (
                "\u{202a}+1 (415) 555\u{2011}0117\u{202c}",
                "US",
                Some("+14155550117"),
            ),
        ] {
            assert_eq!(
                parse(given, region).e164.as_deref(),
                e164,
                "{given} in {region}"
            );
        }
    }

    #[test]
    fn the_regions_own_international_prefix_comes_first() {
        for (given, region, e164) in [
            ("011 49 1512 3456789", "US", Some("+4915123456789")),
            ("011 44 20 7946 0958", "US", Some("+442079460958")),
            ("00 49 1512 3456789", "US", Some("+4915123456789")),
            ("0011 49 1512 3456789", "AU", Some("+4915123456789")),
            ("010 1 415 555 0117", "JP", Some("+14155550117")),
            ("0086 138 0013 8017", "CN", Some("+8613800138017")),
            // A prefix that leads to no number is the number's own beginning.
            ("010 62345678", "CN", Some("+861062345678")),
            ("011 4567 8900", "AR", Some("+541145678900")),
        ] {
            assert_eq!(
                parse(given, region).e164.as_deref(),
                e164,
                "{given} in {region}"
            );
        }
    }

    #[test]
    fn a_local_number_is_complete_with_its_context() {
        for (given, e164) in [
            ("tel:5550117;phone-context=+1415", Some("+14155550117")),
            (
                "tel:555-0117;ext=7;Phone-Context=+1-415",
                Some("+14155550117"),
            ),
            (
                "sip:4155550117;phone-context=+1@h;user=phone",
                Some("+14155550117"),
            ),
            ("tel:+14155550117;phone-context=+49", Some("+14155550117")),
            (
                "tel:4155550117;phone-context=pbx.example",
                Some("+14155550117"),
            ),
            ("tel:1001;phone-context=pbx.example", None),
        ] {
            assert_eq!(parse(given, "US").e164.as_deref(), e164, "{given}");
        }
    }

    #[test]
    fn extensions_remarks_codes_and_wide_digits_do_not_hide_a_number() {
        for (given, region, e164) in [
            ("021-62345678-802", "CN", Some("+862162345678")),
            ("021-62345678转802", "CN", Some("+862162345678")),
            ("sip:%2B14155550117@10.0.0.1", "US", Some("+14155550117")),
            ("＋１４１５５５５０１１７", "US", Some("+14155550117")),
            ("+1 415 555 0117 (mobile)", "US", Some("+14155550117")),
            ("sip:%zz%2@10.0.0.1", "US", None),
        ] {
            assert_eq!(
                parse(given, region).e164.as_deref(),
                e164,
                "{given} in {region}"
            );
        }
    }

    #[test]
    fn text_that_is_no_number_stays_as_given_and_is_never_half_read() {
        for (given, region) in [
            ("nonsense", "US"),
            // Its keys dial 800 356 9377.
            ("tooflowers", "US"),
            ("call 415 555 0117", "US"),
            ("room 4155550117", "US"),
            ("call 011 49 1512 3456789", "US"),
            ("sip:alice4155550117@h", "US"),
            ("4155550117 or 4155550118", "US"),
        ] {
            let number = parse(given, region);
            assert_eq!((number.given.as_str(), number.e164), (given, None));
        }
    }
}
