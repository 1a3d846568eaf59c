use super::*;

/// The line with its secrets masked.
fn masked(line: &str) -> String {
    let scan = scan(line, Before::default(), &Lexicon::built_in());
    let mut text = line.to_owned();
    for found in scan.found.iter().rev() {
        text.replace_range(found.span.clone(), &format!("<{}>", found.kind));
    }
    text
}

#[test]
fn numbers_that_are_whole_by_themselves_need_no_announcement() {
    for (line, expected) in [
        ("4111 1111 1111 1111", "<card_number>"),
        ("GB29 NWBK 6016 1331 9268 19 please", "<iban> please"),
        ("11010519491231002X", "<identity_number>"),
        ("the 4111 of you", "the 4111 of you"),
    ] {
        assert_eq!(masked(line), expected);
    }
}

#[test]
fn what_is_announced_is_a_secret() {
    for (line, expected) in [
        (
            "the code on the back is seven three seven",
            "the code on the back is <card_security_code>",
        ),
        ("my order number is 30281177", "my order number is 30281177"),
        ("I paid 45 pounds", "I paid 45 pounds"),
        ("验证码是四零七九二二", "验证码是<one_time_code>"),
        ("订单号是四零七九二二", "订单号是四零七九二二"),
        (
            "验证码是492108下一步怎么弄",
            "验证码是<one_time_code>下一步怎么弄",
        ),
        ("my PIN is 4,532", "my PIN is <password>"),
        ("PIN是４５３２", "PIN是<password>"),
    ] {
        assert_eq!(masked(line), expected);
    }
}

#[test]
fn addresses_of_mail_are_found_written_and_said() {
    for (line, expected) in [
        (
            "it's info underscore pat at company dash mail dot org",
            "it's <email>",
        ),
        ("write to a.b@c.org please", "write to <email> please"),
        ("meet me at noon", "meet me at noon"),
    ] {
        assert_eq!(masked(line), expected);
    }
}
