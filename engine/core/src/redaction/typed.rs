//! What a person types, without its secrets.

use sidetone_language::lexicon::Lexicon;
use sidetone_language::redact::{Before, scan};
use sidetone_types::lang::Lang;

use super::config::{RedactionConfig, Treatment};

/// A line that somebody typed, read by itself, with what must not be kept masked or left out as in what
/// is said. A line without secrets is given back as it was.
pub fn redact_typed(config: &RedactionConfig, lexicon: &Lexicon, lang: Lang, line: &str) -> String {
    let kept = config.kept();
    let before = Before {
        kept: &kept,
        ..Before::default()
    };
    let found = scan(line, before, lexicon).found.into_iter();
    let mut told = String::with_capacity(line.len());
    let mut at = 0;
    for secret in found.filter(|secret| !config.keeps(secret.kind)) {
        told.push_str(&line[at..secret.span.start]);
        at = secret.span.end;
        match config.of(secret.kind) {
            // One of the spaces beside it goes with it.
            Treatment::Drop if line[at..].starts_with(' ') => told.truncate(told.trim_end().len()),
            Treatment::Drop => {}
            Treatment::Mask | Treatment::Keep => told.push_str(secret.kind.label(lang)),
        }
    }
    told.push_str(&line[at..]);
    told.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(config: &RedactionConfig, line: &str) -> String {
        redact_typed(config, &Lexicon::built_in(), Lang::EN, line)
    }

    #[test]
    fn what_is_typed_keeps_no_secret_however_it_is_written() {
        let config = RedactionConfig::default();
        for (line, expected) in [
            (
                "Paid with 4111 1111 1111 1111 today",
                "Paid with [card number] today",
            ),
            ("Paid with 4111111111111111", "Paid with [card number]"),
            ("Card 4111-1111-1111-1111.", "Card [card number]."),
            ("CVV is 737", "CVV is [security code]"),
            ("IBAN GB82 WEST 1234 5698 7654 32", "IBAN [IBAN]"),
            ("Order 884213 came late", "Order 884213 came late"),
            (
                "Call back on +1 415 555 0117",
                "Call back on +1 415 555 0117",
            ),
            ("[card number] was refused", "[card number] was refused"),
            ("", ""),
        ] {
            assert_eq!(typed(&config, line), expected, "{line}");
        }
        let config = RedactionConfig {
            card_number: Treatment::Drop,
            ..config
        };
        let dropped = typed(&config, "Paid with 4111 1111 1111 1111 today");
        assert_eq!(dropped, "Paid with today");
    }

    #[test]
    fn a_secret_in_mandarin_has_the_name_of_that_language() {
        let config = RedactionConfig::default();
        let line = redact_typed(
            &config,
            &Lexicon::built_in(),
            Lang::ZH,
            "客户卡号是4111111111111111，已处理",
        );
        assert_eq!(line, "客户卡号是[卡号]，已处理");
    }
}
