//! Phrases against texts that sound like them.

use super::*;

fn doubts(phrases: &[&str], text: &str, from: usize) -> Vec<Doubt> {
    let mut homophones = HomophonesBuilder::default();
    for phrase in phrases {
        homophones.add(phrase);
    }
    find([&homophones.build()].into_iter(), text, from, 4)
}

/// What was written, and what it may have been.
fn found(phrases: &[&str], text: &str) -> Vec<(String, String)> {
    let found = doubts(phrases, text, 0).into_iter();
    found
        .map(|doubt| (text[doubt.place].to_owned(), doubt.phrase))
        .collect()
}

#[test]
fn chinese_phrases_are_found_in_what_is_spoken_the_same() {
    for (case, phrases, text, expected) in [
        (
            "the same sound",
            vec!["光纤"],
            "五百兆的光鲜套餐",
            vec![("光鲜", "光纤")],
        ),
        (
            "another tone",
            vec!["号码"],
            "手机好吗？",
            vec![("好吗", "号码")],
        ),
        ("as it is written already", vec!["光纤"], "光纤套餐", vec![]),
        ("another phrase", vec!["权利", "权力"], "他的权力", vec![]),
        ("another sound", vec!["投诉"], "退宿", vec![]),
        ("other sentences between", vec!["投诉"], "投。素", vec![]),
        (
            "the longest",
            vec!["信部", "工信部"],
            "公信步",
            vec![("公信步", "工信部")],
        ),
        (
            "in two places",
            vec!["断网"],
            "断忘段网",
            vec![("断忘", "断网"), ("段网", "断网")],
        ),
        (
            "the nearest of several",
            vec!["巩膜", "攻势", "拱石"],
            "工式",
            vec![("工式", "攻势")],
        ),
        (
            "read in two ways",
            vec!["银行"],
            "银航",
            vec![("银航", "银行")],
        ),
        ("one character", vec!["钱"], "前", vec![]),
        (
            "letters among them",
            vec!["SIM卡"],
            "SIM咖 ab",
            vec![("SIM咖", "SIM卡")],
        ),
    ] {
        let expected: Vec<_> = expected
            .into_iter()
            .map(|(written, phrase)| (written.to_owned(), phrase.to_owned()))
            .collect();
        assert_eq!(found(&phrases, text), expected, "{case}");
    }
}

#[test]
fn what_is_confirmed_is_left_as_it_is() {
    let text = "断忘断忘";
    assert_eq!(doubts(&["断网"], text, 0).len(), 2);
    assert_eq!(doubts(&["断网"], text, 1).len(), 1);
    assert_eq!(doubts(&["断网"], text, 7).len(), 0);
}

/// What the recogniser writes where a caller on the telephone says a phrase, and what it writes
/// where nobody does.
#[test]
fn english_phrases_are_found_in_what_sounds_like_them() {
    for (phrase, text, expected) in [
        // Sounds that a telephone line leaves little of, or that run together.
        (
            "charged twice",
            "I was charged wife on my invoice.",
            Some(("wife", "twice")),
        ),
        (
            "I want a refund",
            "And I will under a fund.",
            Some(("will under a fund", "want a refund")),
        ),
        (
            "cancel my contract",
            "I would like to cancel my contact.",
            Some(("contact", "contract")),
        ),
        (
            "direct debit",
            "Stop the direct the bit now.",
            Some(("the bit", "debit")),
        ),
        ("late fee", "There is a late V on it.", Some(("V", "fee"))),
        (
            "credit note",
            "Send me a credit load please.",
            Some(("load", "note")),
        ),
        (
            "cracked screen",
            "It came with a tracked screen.",
            Some(("tracked", "cracked")),
        ),
        (
            "gas meter",
            "Somebody read the cas metre.",
            Some(("cas metre", "gas meter")),
        ),
        (
            "boarding pass",
            "I lost my boarding path.",
            Some(("path", "pass")),
        ),
        (
            "missed delivery",
            "I had a mist delivery.",
            Some(("mist", "missed")),
        ),
        (
            "overdraft fee",
            "What is the over draft fee for?",
            Some(("over draft", "overdraft")),
        ),
        (
            "prescription",
            "I need a new description.",
            Some(("description", "prescription")),
        ),
        (
            "sort code",
            "Which salt code is it?",
            Some(("salt", "sort")),
        ),
        (
            "identity theft",
            "This is identity fifth.",
            Some(("fifth", "theft")),
        ),
        (
            "meter reading",
            "Here is my meat a reading.",
            Some(("meat a", "meter")),
        ),
        (
            "parcel locker",
            "It went to a puzzle locker.",
            Some(("puzzle", "parcel")),
        ),
        (
            "return label",
            "Print me a return table.",
            Some(("table", "label")),
        ),
        (
            "warranty claim",
            "I have a warrant tea claim.",
            Some(("warrant tea", "warranty")),
        ),
        (
            "no claims bonus",
            "I lost my no claims bone us.",
            Some(("bone us", "bonus")),
        ),
        (
            "smart thermostat",
            "The smart thermos stat is dead.",
            Some(("thermos stat", "thermostat")),
        ),
        (
            "travel insurance",
            "It is about travel in shorance.",
            Some(("in shorance", "insurance")),
        ),
        // Names of products and people.
        (
            "Falcon",
            "It says fall con on the back.",
            Some(("fall con", "Falcon")),
        ),
        (
            "Northwind Telecom",
            "Thank you for calling north wing telecom.",
            Some(("north wing", "Northwind")),
        ),
        (
            "Priya Raman",
            "You speak with prior ramen.",
            Some(("prior ramen", "Priya Raman")),
        ),
        (
            "Margaret Doyle",
            "My name is Margaret Dial.",
            Some(("Dial", "Doyle")),
        ),
        (
            "Zephyr Max",
            "I bought a zeffer max.",
            Some(("zeffer", "Zephyr")),
        ),
        // A word of a phrase where another of its words is near, with something between.
        (
            "charged twice",
            "You charged me for it wife.",
            Some(("wife", "twice")),
        ),
        (
            "cancel my subscription",
            "Cancel it, that prescription I have.",
            None,
        ),
        ("charged twice", "My wife is at home.", None),
        (
            "charged twice",
            "I was charged. Wife and I were away.",
            None,
        ),
        // What is there, what is but another form, and what is something else.
        ("charged twice", "I was charged twice.", None),
        ("cancel my contract", "I cancelled my contracts.", None),
        ("pay by card", "I paid with cards.", None),
        ("lawyer", "I like this flower.", None),
        ("direct debit", "We drove directly there.", None),
        ("this is unacceptable", "This is acceptable.", None),
        ("ten seconds", "Hold it for 10 seconds.", None),
    ] {
        let expected: Vec<_> = expected
            .into_iter()
            .map(|(a, b)| (a.to_owned(), b.to_owned()))
            .collect();
        assert_eq!(found(&[phrase], text), expected, "{phrase}: {text}");
    }
}

/// Other words that are near: the decoder hears whether they were said, and hardly believes it.
#[test]
fn other_words_may_cost_little() {
    for (phrase, text) in [
        ("refund", "It was a lot of fun."),
        ("router", "I would rather wait."),
        ("complaint", "The company is fine."),
        ("no signal", "No, single rooms only."),
    ] {
        let found = doubts(&[phrase], text, 0);
        assert!(
            found.iter().all(|doubt| doubt.patience < 1.0),
            "{phrase}: {found:?}"
        );
    }
}

#[test]
fn the_more_sounds_differ_the_less_patience_there_is() {
    let patience = |phrase, text| {
        doubts(&[phrase], text, 0)
            .first()
            .map_or(0.0, |doubt| doubt.patience)
    };
    assert_eq!(patience("光纤", "光鲜"), SAME);
    assert!((0.5..2.5).contains(&patience("号码", "好吗")));
    let by_sound = [
        patience("missed delivery", "a mist delivery"),
        patience("charged twice", "charged wife"),
        patience("identity theft", "identity fifth"),
    ];
    assert!(by_sound.is_sorted_by(|a, b| a > b), "{by_sound:?}");
    assert!(
        by_sound
            .iter()
            .all(|patience| (0.3..=SAME).contains(patience)),
        "{by_sound:?}"
    );
}

#[test]
fn a_phrase_that_an_earlier_look_heard_is_tried_where_it_stood() {
    let phrases = ["charged twice", "refund", "光纤套餐"];
    let mut homophones = HomophonesBuilder::default();
    for phrase in phrases {
        homophones.add(phrase);
    }
    let homophones = homophones.build();
    for (case, before, now, expected) in [
        (
            "another word, however it sounds",
            "I was charged twice on my",
            "I was charged right on my bill",
            vec![("right", "twice")],
        ),
        (
            "the last that was heard then",
            "I was charged twice",
            "I was charged right on my bill",
            vec![("right", "twice")],
        ),
        (
            "two words for one",
            "I was charged twice on it",
            "I was charged to ice on it",
            vec![("to ice", "twice")],
        ),
        (
            "as it was",
            "I was charged twice on it",
            "I was charged twice on it all",
            vec![],
        ),
        (
            "no phrase",
            "I was called once on it",
            "I was called ones on it",
            vec![],
        ),
        (
            "the words around are others, too",
            "he charged twice yesterday",
            "the lamp lights up today",
            vec![],
        ),
        (
            "a figure is left alone",
            "I was charged twice on it",
            "I was charged 12 on it",
            vec![],
        ),
        (
            "in Mandarin",
            "我要光纤套餐",
            "我要光鲜套餐可以吗",
            vec![("鲜", "纤")],
        ),
    ] {
        let found = recalled([&homophones].into_iter(), before, now, 0);
        let found: Vec<(&str, &str)> = found
            .iter()
            .map(|doubt| (&now[doubt.place.clone()], doubt.phrase.as_str()))
            .collect();
        assert_eq!(found, expected, "{case}");
    }
    let behind = recalled(
        [&homophones].into_iter(),
        "charged twice",
        "charged right",
        9,
    );
    assert!(behind.is_empty(), "what is confirmed stays");
}
