//! What numbers are written with.

/// Figures in groups of three with `between` them: `1,200`.
pub(super) fn grouped(value: u64, between: &str) -> String {
    let plain = value.to_string();
    let mut text = String::new();
    for (i, digit) in plain.chars().enumerate() {
        if i > 0 && (plain.len() - i).is_multiple_of(3) {
            text.push_str(between);
        }
        text.push(digit);
    }
    text
}

/// Whether digits only count, up or down or in steps: `1234`, `8642`. People who do that give no
/// number.
pub(super) fn only_count(digits: &str) -> bool {
    let digits: Vec<i32> = digits.bytes().map(i32::from).collect();
    let mut steps = digits.windows(2).map(|pair| pair[1] - pair[0]);
    let first = steps.next().unwrap_or_default();
    first != 0 && steps.all(|step| step == first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_of_three() {
        assert_eq!(grouped(1_200, ""), "1200");
        for (value, expected) in [
            (0, "0"),
            (999, "999"),
            (1_200, "1,200"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(grouped(value, ","), expected);
        }
    }

    #[test]
    fn counting_goes_in_even_steps() {
        for (digits, counts) in [
            ("1234", true),
            ("4321", true),
            ("2468", true),
            ("5555", false),
            ("1235", false),
            ("5550123", false),
        ] {
            assert_eq!(only_count(digits), counts, "{digits}");
        }
    }
}
