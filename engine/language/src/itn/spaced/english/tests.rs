//! English lines as they are recognised, and as they are written.

use crate::itn::{self, written};
use crate::lexicon::Lexicon;
use sidetone_types::lang::Lang;
use sidetone_types::number::NumberKind;
use sidetone_types::number::NumberKind::{Cardinal, Date, Digits, Money, Ordinal, Percent, Time};

fn check(rows: &[(&str, &str)], kind: NumberKind) {
    for (line, expected) in rows {
        let found = itn::numbers(line, Lang::EN, &Lexicon::built_in());
        assert_eq!(written(line, &found), *expected, "{line}");
        let kinds: Vec<_> = found.iter().map(|number| number.kind).collect();
        assert!(kinds.iter().all(|k| *k == kind), "{line}: {kinds:?}");
    }
}

#[test]
fn money_gets_its_sign() {
    check(
        &[
            ("twenty five dollars", "$25"),
            ("Twenty-five dollars.", "$25."),
            ("25 dollars", "$25"),
            ("It was $25.", "It was $25."),
            ("five dollars a month", "$5 a month"),
            ("a hundred dollars", "$100"),
            ("a hundred and twenty dollars", "$120"),
            ("twelve hundred dollars", "$1,200"),
            ("one thousand two hundred and fifty dollars", "$1,250"),
            ("twenty five dollars and fifty cents", "$25.50"),
            ("$25 and fifty cents", "$25.50"),
            ("two dollars five cents", "$2.05"),
            ("fifty cents", "50 cents"),
            ("two million dollars", "$2 million"),
            ("two point five million dollars", "$2.5 million"),
            ("5 thousand dollars", "$5,000"),
            ("twelve point five dollars", "$12.50"),
            ("forty nine euros", "€49"),
            ("twenty pounds fifty pence", "£20.50"),
            ("three hundred yuan", "300 yuan"),
            ("a five dollar fee", "a $5 fee"),
            ("twenty to thirty dollars", "$20 to $30"),
            ("between twenty and thirty dollars", "between $20 and $30"),
            ("two payments of forty nine dollars", "two payments of $49"),
            ("ten dollars and twelve euros", "$10 and €12"),
        ],
        Money,
    );
}

#[test]
fn percentages_get_their_sign() {
    check(
        &[
            ("five percent", "5%"),
            ("fifty per cent off", "50% off"),
            ("2.5 percent", "2.5%"),
            ("three point two five percent", "3.25%"),
            ("point five percent", "0.5%"),
            ("a hundred percent", "100%"),
            ("five to ten percent", "5 to 10%"),
            ("20 percent", "20%"),
        ],
        Percent,
    );
}

#[test]
fn dates_are_written_with_figures() {
    check(
        &[
            ("May seventh", "May 7"),
            ("on may seventh", "on may 7"),
            ("May seventh, twenty twenty six", "May 7, 2026"),
            ("May seventh two thousand twenty six", "May 7, 2026"),
            ("May 7th twenty twenty six", "May 7, 2026"),
            ("June nineteenth nineteen ninety eight", "June 19, 1998"),
            ("January the twenty second", "January the 22nd"),
            ("December twenty five", "December 25"),
            ("in June twenty twenty five", "in June 2025"),
            ("on the third of May.", "on the 3rd of May."),
            (
                "the twenty first of July twenty twenty five",
                "the 21st of July 2025",
            ),
            ("by the fifteenth", "by the 15th"),
            ("Thursday the seventh", "Thursday the 7th"),
            ("in nineteen eighty four", "in 1984"),
            ("since twenty nineteen", "since 2019"),
            ("in two thousand and five", "in 2005"),
            (
                "October first, two thousand twenty five.",
                "October 1, 2025.",
            ),
        ],
        Date,
    );
}

#[test]
fn times_of_day_get_their_colon() {
    check(
        &[
            ("three thirty p.m.", "3:30 p.m."),
            ("at three thirty.", "at 3:30."),
            ("at ten fifteen tomorrow", "at 10:15 tomorrow"),
            ("nine oh five a.m.", "9:05 a.m."),
            ("five pm", "5 pm"),
            ("by nine am", "by 9 am"),
            ("nine o'clock", "9 o'clock"),
            ("from nine am to five pm", "from 9 am to 5 pm"),
            ("before eleven forty five", "before 11:45"),
            ("we are open twenty four seven", "we are open 24/7"),
        ],
        Time,
    );
}

#[test]
fn digits_told_one_by_one_become_one_number() {
    check(
        &[
            ("five five five zero one two three", "5550123"),
            (
                "It is four one five, five five five, zero one one seven.",
                "It is 4155550117.",
            ),
            ("five, five, five, oh, one, two, three", "5550123"),
            ("double five one zero", "5510"),
            ("oh seven seven double nine", "07799"),
            (
                "one eight hundred five five five zero one two three",
                "18005550123",
            ),
            (
                "four fifteen five five five zero one one seven",
                "4155550117",
            ),
            ("555 zero one two three", "5550123"),
            ("call nine one one", "call 911"),
            ("extension two one four", "extension 214"),
            ("ending in four two nine one", "ending in 4291"),
            ("five five five oh", "5550"),
            ("the code is one two three four", "the code is 1234"),
            (
                "at eight hundred, five five five, one two one two",
                "at 8005551212",
            ),
        ],
        Digits,
    );
}

#[test]
fn numbers_from_ten_on_are_written_in_figures() {
    check(
        &[
            ("a hundred and twenty people", "120 people"),
            ("a thousand two hundred of them", "1,200 of them"),
            ("twenty five people", "25 people"),
            ("forty-eight hours", "48 hours"),
            ("wait ten seconds", "wait 10 seconds"),
            ("five hundred megabits", "500 megabits"),
            ("one hundred and twenty", "120"),
            ("two thousand five hundred calls", "2,500 calls"),
            ("two million customers", "2 million customers"),
            ("two point five gigabytes", "2.5 gigabytes"),
            ("five to ten business days", "5 to 10 business days"),
            ("ten to fifteen minutes", "10 to 15 minutes"),
            ("24 to forty eight hours", "24 to 48 hours"),
            ("a thirty-day trial", "a 30-day trial"),
            ("nine or ten people", "9 or 10 people"),
            ("seventeen hundred points", "1,700 points"),
        ],
        Cardinal,
    );
    check(
        &[
            ("the twenty first century", "the 21st century"),
            ("our thirty-fifth customer", "our 35th customer"),
        ],
        Ordinal,
    );
}

#[test]
fn what_is_no_number_or_open_to_doubt_stays_in_words() {
    for line in [
        "",
        "Hello, how can I help you?",
        "one of us",
        "no one called",
        "this one, not that one",
        "the third time",
        "first of all",
        "wait a second",
        "just a second please",
        "a twenty second wait",
        "three to five business days",
        "one or two",
        "a couple of hundred",
        "hundreds of people",
        "a hundred times",
        "a million thanks",
        "half a million dollars",
        "I am hundred percent sure",
        "one in a million",
        "nineteen ninety nine",
        "for nineteen ninety nine a month",
        "ten fifty",
        "at ten fifty a month",
        "three thirty",
        "fifty fifty",
        "seven eleven",
        "twenty twenty vision",
        "three or four hundred dollars",
        "twenty five dollars fifty",
        "twenty five and a half dollars",
        "two and a half years",
        "one two three four",
        "One, two, three, testing",
        "eight, nine, ten",
        "nine and ten",
        "half past three",
        "ten past three",
        "ten to five",
        "it's five to ten",
        "catch twenty two",
        "my two cents",
        "you may first want to restart it",
        "May I have your number?",
        "You may second that",
        "march on",
        "a third of March",
        "the second of them",
        "on the third attempt",
        "on the tenth attempt",
        "what am I to do",
        "the three am I to choose from",
        "Forever Twenty One",
        "oh, one more thing",
        "double check it",
        "at this point five people",
        "point taken",
        "version two",
        "line one",
        "It's 25.",
        "Call 415-555-0117.",
        "On May 7, 2026 at 3:30 p.m.",
        "1,200 people",
        "between two thousand and five hundred",
        "a quarter to nine",
        "number one",
        "somebody",
        "the eighteen hundreds",
        "fifteen to twenty dollars and fifty cents",
        "twenty one dollar bills",
        "a dollar fifty",
        "May one of you help me",
        "the Fourth of July weekend",
        "In twenty twenty six people called",
        "a hundred and one reasons",
        "ten first class tickets",
        "weight",
        "tents for seventy-something",
    ] {
        assert_eq!(
            written(line, &itn::numbers(line, Lang::EN, &Lexicon::built_in())),
            line
        );
    }
}

#[test]
fn several_numbers_of_a_line_keep_their_kinds() {
    let line = "On May third I paid forty nine dollars, that's ten percent of five hundred.";
    let found = itn::numbers(line, Lang::EN, &Lexicon::built_in());
    let found: Vec<_> = found.iter().map(|n| (n.kind, n.text.as_str())).collect();
    assert_eq!(
        found,
        [
            (Date, "May 3"),
            (Money, "$49"),
            (Percent, "10%"),
            (Cardinal, "500")
        ]
    );
}
