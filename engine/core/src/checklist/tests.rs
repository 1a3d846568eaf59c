use std::sync::Arc;

use sidetone_types::event::{Event, EventKind, TimedWord};
use sidetone_types::id::UtteranceId;
use sidetone_types::lang::Lang;
use sidetone_types::party::Side;
use sidetone_types::time::MediaTime;

use super::Checklist;
use crate::rules::{RuleSet, samples};
use crate::stable_words::StableWords;

const FILE: &str = r#"lang = "en"

[[rule]]
name = "porting"
action = "warn"
message = "Wants to leave"
any = ["port my number"]

[[checklist]]
name = "greeting"
text = "Greet"
any = ["thank you for calling"]

[[checklist]]
name = "greeting"
lang = "zh"
text = "问候"
any = ["很高兴为您服务"]

[[checklist]]
name = "price"
text = "Tell the price"
any = ["per month"]
when = ["new contract"]

[[checklist]]
name = "code"
text = "Tell how to get the code"
any = ["porting code"]
after = ["porting"]

[[checklist]]
name = "repeat"
text = "Say the price again"
any = ["once more"]
after = ["price"]
"#;

fn checklist(languages: &[Lang]) -> Checklist {
    let rules = RuleSet::parse([("a.toml", FILE)]).expect("it is good");
    Checklist::new(Arc::new(rules), languages)
}

#[test]
fn of_an_agent_who_is_heard_later_the_list_is_told_then_and_of_nobody_never() {
    let mut list = checklist(&[Lang::EN]);
    let asked = said(1, Side::Customer, "I would take a new contract");
    assert_eq!(told(&list.observe(&asked)), [""; 0]);
    let agent = said(2, Side::Agent, "thank you for calling");
    assert_eq!(
        told(&list.observe(&agent)),
        ["list greeting,price", "tick greeting"]
    );
    assert_eq!(told(&list.observe(&agent)), [""; 0]);
}

fn said(utterance: u64, side: Side, text: &str) -> StableWords {
    let word = |(at, word): (usize, &str)| TimedWord {
        word: word.to_owned(),
        spaced: format!(" {word}"),
        start: MediaTime::from_millis(1_000 * utterance + 100 * at as u64),
        end: MediaTime::from_millis(1_000 * utterance + 100 * at as u64 + 100),
        confidence: 0.9,
    };
    let han = |c: char| !c.is_ascii();
    let words: Vec<String> = match text.contains(han) {
        true => text.chars().map(String::from).collect(),
        false => text.split(' ').map(str::to_owned).collect(),
    };
    let mut words: Vec<TimedWord> = words.iter().map(|w| &**w).enumerate().map(word).collect();
    if text.contains(han) {
        for word in &mut words {
            word.spaced.clone_from(&word.word);
        }
    }
    StableWords {
        utterance: UtteranceId(utterance),
        side,
        lang: Lang::EN,
        words,
        finished: true,
    }
}

fn told(events: &[Event]) -> Vec<String> {
    let told = events.iter().map(|event| match &event.kind {
        EventKind::Checklist(list) => {
            let items: Vec<&str> = list.items.iter().map(|item| &*item.item).collect();
            format!("list {}", items.join(","))
        }
        EventKind::ChecklistTicked(ticked) => format!("tick {}", ticked.item),
        other => other.name().to_owned(),
    });
    told.collect()
}

#[test]
fn an_item_is_ticked_once_by_the_agent_alone_and_where_the_words_are() {
    let mut list = checklist(&[Lang::EN]);
    assert_eq!(
        told(&[Event::of_the_call(
            MediaTime::ZERO,
            MediaTime::ZERO,
            list.begin().expect("one")
        )]),
        ["list greeting"]
    );
    let line = "hello thank you for calling";
    assert_eq!(told(&list.observe(&said(1, Side::Customer, line))), [""; 0]);
    let ticked = list.observe(&said(2, Side::Agent, line));
    assert_eq!(told(&ticked), ["tick greeting"]);
    assert_eq!(ticked[0].start, MediaTime::from_millis(2_100));
    assert_eq!(told(&list.observe(&said(3, Side::Agent, line))), [""; 0]);
    assert!(list.missed().is_empty());
}

#[test]
fn more_must_be_said_once_words_a_rule_or_an_item_ask_for_it() {
    let mut list = checklist(&[Lang::EN]);
    // Said before it must be: it counts.
    let early = list.observe(&said(1, Side::Agent, "that is ten dollars per month"));
    assert_eq!(told(&early), ["list greeting,repeat"]);
    let asked = list.observe(&said(2, Side::Customer, "I would take a new contract"));
    assert_eq!(told(&asked), ["list greeting,price,repeat", "tick price"]);
    let raised = list.raised("porting", MediaTime::from_millis(9_000));
    assert_eq!(told(&raised), ["list greeting,price,code,repeat"]);
    assert_eq!(
        told(&list.raised("porting", MediaTime::from_millis(9_000))),
        [""; 0]
    );
    assert_eq!(
        list.missed(),
        ["Greet", "Tell how to get the code", "Say the price again"]
    );
}

#[test]
fn an_item_in_two_languages_is_one_in_the_first_language_of_the_call() {
    let mut list = checklist(&[Lang::ZH, Lang::EN]);
    let Some(EventKind::Checklist(listed)) = list.begin() else {
        panic!("there is one");
    };
    assert_eq!(listed.items[0].text, "问候");
    assert_eq!(listed.items.len(), 1);
    let english = list.observe(&said(1, Side::Agent, "thank you for calling"));
    assert_eq!(told(&english), ["tick greeting"]);
    assert_eq!(
        told(&list.observe(&said(2, Side::Agent, "很高兴为您服务"))),
        [""; 0]
    );
}

#[test]
fn nothing_is_missed_in_a_call_without_an_agents_words() {
    let mut list = checklist(&[Lang::EN]);
    list.observe(&said(1, Side::Customer, "hello"));
    assert!(list.missed().is_empty());
    list.observe(&said(2, Side::Agent, "hello"));
    assert_eq!(list.missed(), ["Greet"]);
}

#[test]
fn what_is_not_said_does_not_tick() {
    let mut list = checklist(&[Lang::EN]);
    list.begin();
    let line = said(1, Side::Agent, "we do not say thank you for calling");
    assert_eq!(told(&list.observe(&line)), [""; 0]);
}

#[test]
fn an_own_item_takes_the_place_of_a_built_in_one_or_turns_it_off() {
    let lexicon = sidetone_language::lexicon::Lexicon::built_in();
    let own = "lang = \"en\"\n[[checklist]]\nname = \"greeting\"\ntext = \"Ours\"\nany = [\"good day\"]\n\
               [[checklist]]\nname = \"price\"\noff = true\n";
    let rules = RuleSet::read(&[("own.toml", own)], &[("a.toml", FILE)], lexicon).expect("good");
    let items = rules
        .checklist()
        .iter()
        .map(|item| (&*item.name, &*item.text));
    let items: Vec<(&str, &str)> = items.collect();
    assert_eq!(
        items,
        [
            ("greeting", "Ours"),
            ("greeting", "问候"),
            ("code", "Tell how to get the code"),
            ("repeat", "Say the price again"),
        ]
    );
}

#[test]
fn what_is_wrong_with_an_item_is_told_with_its_place() {
    for (item, expected) in [
        (
            "name = \"x\"\ntext = \"X\"",
            "a.toml:2: checklist item `x` has no phrases",
        ),
        (
            "name = \"x\"\nany = [\"a b\"]",
            "a.toml:2: checklist item `x` has no `text`",
        ),
        (
            "name = \"x\"\ntext = \"X\"\nany = [\"y z\"]\nafter = [\"none\"]",
            "a.toml:3: checklist item `x` comes `after` `none`",
        ),
        (
            "name = \"x\"\ntext = \"X\"\nany = [\"(\"]",
            "a.toml:5: phrase `(`",
        ),
        (
            "name = \"x\"\noff = true\ntext = \"X\"",
            "a.toml:2: checklist item `x` is `off`",
        ),
        (
            "name = \"x\"\nshout = true",
            "a.toml:4: unknown field `shout`",
        ),
    ] {
        let file = format!("lang = \"en\"\n[[checklist]]\n{item}\n");
        let error = RuleSet::parse([("a.toml", &file)])
            .expect_err(item)
            .to_string();
        assert!(error.starts_with(expected), "{item}: {error}");
    }
}

#[test]
fn the_samples_tick_off_a_call_that_is_held_as_it_should_be() {
    let en = [
        "thank you for calling northwind telecom this is ann speaking",
        "this call may be recorded for training",
        "may I take your date of birth please",
        "the new contract runs for twenty four months at thirty dollars a month",
        "is there anything else I can help you with",
        "have a nice day goodbye",
    ];
    let zh = [
        "您好这里是北风电信很高兴为您服务",
        "本次通话可能会被录音",
        "请您报一下身份证后四位",
        "新合约每个月三十元合约期是二十四个月",
        "请问还有什么可以帮您的吗",
        "感谢您的来电再见",
    ];
    for (lang, lines) in [(Lang::EN, en), (Lang::ZH, zh)] {
        let mut list = Checklist::new(samples(), &[lang]);
        assert!(list.begin().is_some());
        for (at, line) in (1..).zip(lines) {
            list.observe(&said(at, Side::Agent, line));
        }
        assert_eq!(list.missed(), [""; 0]);
        let mut list = Checklist::new(samples(), &[lang]);
        list.observe(&said(1, Side::Agent, "hm"));
        assert!(list.missed().len() >= 4);
    }
}
