use super::*;

fn words(text: &str) -> Vec<TimedWord> {
    let mut words = Vec::new();
    for (i, word) in text.split(' ').enumerate() {
        let at = 1_000 + 300 * i as u64;
        words.push(TimedWord {
            word: word.to_owned(),
            spaced: format!(" {word}"),
            start: MediaTime::from_millis(at),
            end: MediaTime::from_millis(at + 300),
            confidence: 0.9,
        });
    }
    words
}

fn redactor() -> Redactor {
    Redactor::new(RedactionConfig::default(), Lexicon::built_in())
}

const WITHIN: (MediaTime, MediaTime) = (MediaTime::ZERO, MediaTime::from_samples(16_000 * 30));

/// What is told of a call, turn by turn, each on a leg.
fn told(turns: &[(usize, &str)]) -> Vec<String> {
    let mut redactor = redactor();
    let mut id = 0;
    let mut finish = |(leg, text): &(usize, &str)| {
        id += 1;
        line(
            &redactor
                .finish((*leg, UtteranceId(id)), Lang::EN, &words(text), WITHIN)
                .words,
        )
    };
    turns.iter().map(&mut finish).collect()
}

#[test]
fn a_number_that_goes_on_over_turns_is_masked_in_each() {
    let told = told(&[
        (0, "what is your card number"),
        (1, "it's four five three two"),
        (0, "mm"),
        (1, "zero one five one, yes"),
        (0, "four five three two zero one five one, go on"),
        (1, "I paid 45 pounds for it"),
    ]);
    assert_eq!(
        told,
        [
            "what is your card number",
            "it's [card number]",
            "mm",
            "[card number], yes",
            "[card number], go on",
            "I paid 45 pounds for it",
        ]
    );
}

#[test]
fn words_so_far_hold_back_digits() {
    let mut redactor = redactor();
    let mut shown = |text: &str| line(&redactor.interim(1, Lang::EN, &words(text), 0).words);
    for (so_far, expected) in [
        ("I paid", "I paid"),
        ("I paid 45", "I paid […]"),
        ("I paid 45 pounds", "I paid 45 pounds"),
        ("it is four nine one", "it is […]"),
        ("it is four nine one seven with", "it is […] with"),
    ] {
        assert_eq!(shown(so_far), expected);
    }
}

#[test]
fn what_is_hidden_is_told_with_its_times() {
    let mut redactor = redactor();
    let text = "my card number is 4111 1111 1111 1111, thanks";
    let told = redactor.finish((0, UtteranceId(1)), Lang::EN, &words(text), WITHIN);
    assert_eq!(line(&told.words), "my card number is [card number], thanks");
    let [redacted] = told.redacted[..] else {
        panic!("{:?}", told.redacted)
    };
    assert_eq!(redacted.kind, SecretKind::CardNumber);
    assert_eq!(
        redacted.start,
        MediaTime::from_millis(1_000 + 4 * 300 - 150)
    );
    assert_eq!(redacted.end, MediaTime::from_millis(1_000 + 8 * 300 + 150));
}

#[test]
fn kinds_are_kept_and_dropped_as_configured() {
    let config = RedactionConfig {
        card_number: Treatment::Drop,
        password: Treatment::Keep,
        ..RedactionConfig::default()
    };
    let mut redactor = Redactor::new(config, Lexicon::built_in());
    let mut told = |text: &str| {
        line(
            &redactor
                .finish((0, UtteranceId(1)), Lang::EN, &words(text), WITHIN)
                .words,
        )
    };
    assert_eq!(told("my card is 4111 1111 1111 1111 yes"), "my card is yes");
    assert_eq!(told("my pin is 4411"), "my pin is 4411");
    let kept = toml::from_str::<RedactionConfig>("card_security_code = \"keep\"");
    let message = kept.expect_err("it is forbidden").to_string();
    assert!(message.contains("PCI DSS"), "{message}");
}

#[test]
fn keys_of_a_secret_are_not_told() {
    let mut redactor = redactor();
    let at = |ms| MediaTime::from_millis(ms);
    assert_eq!(redactor.key(1, '2', at(0)), '2');
    redactor.finish(
        (0, UtteranceId(1)),
        Lang::EN,
        &words("please enter your card number"),
        WITHIN,
    );
    assert_eq!(redactor.expecting(), Some(SecretKind::CardNumber));
    assert_eq!(redactor.key(1, '4', at(20_000)), '?');
    assert_eq!(redactor.key(1, '#', at(20_500)), '#');
}

#[test]
fn keys_in_a_row_are_not_told_whole_though_nobody_asked() {
    let mut redactor = redactor();
    let keys = ['7', '3', '7', '#'].into_iter().zip(0..);
    let told: String = keys
        .map(|(key, n)| redactor.key(1, key, MediaTime::from_millis(500 * n)))
        .collect();
    assert_eq!(told, "7??#");
}

#[test]
fn what_became_of_a_card_or_code_does_not_open_it() {
    for (turns, expected) in [
        (&["my new PIN is 7921"][..], "my new PIN is [password]"),
        (
            &["I lost my card. CVV is 737"],
            "I lost my card. CVV is [security code]",
        ),
        (&["I lost my card.", "PIN is 4921"], "PIN is [password]"),
        (
            &["the memorable word is salt and pepper"],
            "the memorable word is [password]",
        ),
    ] {
        let turns: Vec<(usize, &str)> = turns.iter().map(|text| (1, *text)).collect();
        assert_eq!(told(&turns).pop().as_deref(), Some(expected));
    }
}

#[test]
fn a_birthday_that_is_told_opens_no_password_of_the_same_digits() {
    let told = told(&[
        (0, "what is your date of birth"),
        (1, "the second of may nineteen eighty five"),
        (0, "and what is your PIN"),
        (1, "one nine eight five"),
    ]);
    assert_eq!(told[1], "the second of may nineteen eighty five");
    assert_eq!(told[3], "[password]");
}

#[test]
fn a_security_code_that_is_given_again_is_hidden_again() {
    let told = told(&[
        (0, "and the security code"),
        (1, "seven three seven"),
        (0, "okay"),
        (1, "sorry, seven three eight"),
    ]);
    assert_eq!(told[1], "[security code]");
    assert_eq!(told[3], "sorry, [security code]");
}

#[test]
fn a_card_number_for_an_order_is_a_card_number() {
    let told = told(&[
        (0, "Can I take the card number for the order?"),
        (1, "4532 1209"),
    ]);
    assert_eq!(told[1], "[card number]");
}

#[test]
fn words_that_are_found_later_are_read_as_they_were_expected() {
    let mut redactor = redactor();
    let asked = words("what is your PIN");
    redactor.finish((0, UtteranceId(1)), Lang::EN, &asked, WITHIN);
    redactor.nothing((1, UtteranceId(2)));
    let again = |redactor: &Redactor, utterance| {
        let said = words("it is 7921");
        line(
            &redactor
                .again((1, UtteranceId(utterance)), Lang::EN, &said, WITHIN)
                .words,
        )
    };
    assert_eq!(again(&redactor, 2), "it is [password]");
    // Nobody knows what this one was an answer to.
    assert_eq!(again(&redactor, 9), "it is […]");
}

#[test]
fn what_is_asked_in_an_utterance_that_is_taken_back_is_not_expected() {
    let mut redactor = redactor();
    redactor.interim(0, Lang::EN, &words("your card number is"), 0);
    redactor.retracted(0);
    let said = words("it took 250 hours");
    let told = redactor.finish((1, UtteranceId(2)), Lang::EN, &said, WITHIN);
    assert_eq!(line(&told.words), "it took 250 hours");
}

#[test]
fn a_kind_that_is_told_is_not_held_back_either() {
    let mut redactor = redactor();
    let asked = words("what is your e-mail address");
    redactor.finish((0, UtteranceId(1)), Lang::EN, &asked, WITHIN);
    let told = redactor.interim(1, Lang::EN, &words("pat dot lee at"), 0);
    assert_eq!(line(&told.words), "pat dot lee at");
}
