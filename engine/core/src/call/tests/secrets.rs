//! Nothing of what is secret leaves a call.

use super::*;

/// Who says what, in a call that has a card, its code, a password and a code for one use in it.
const SAID: [(Role, &str); 12] = [
    (Agent, "what is the long number across the front"),
    (Customer, "it is four five three nine zero zero eight two"),
    (Agent, "mhm"),
    (Customer, "nine three four eight nine five one nine"),
    (
        Agent,
        "so that is 4539 0082 9348 9519 and the three on the back",
    ),
    (Customer, "seven three one sorry seven three eight"),
    (Agent, "and your memorable word"),
    (Customer, "salt and pepper"),
    (Agent, "what code have we sent to your phone"),
    (Customer, "it is 441 902"),
    (Agent, "no that is not it"),
    (Customer, "sorry 441 920 I want a refund for the kettle"),
];

/// What shows a secret that was said in part.
const SECRETS: [&str; 16] = [
    "four five",
    "nine zero",
    "eight two",
    "nine three",
    "five one",
    "4539 0",
    "0082 9",
    "\"4539\"",
    "\"9348\"",
    "seven three",
    "salt",
    "pepper",
    "441 9",
    "\"441\"",
    "\"902\"",
    "\"920\"",
];

/// The words of `text` that a stretch of sound holds, of which each takes 400 ms.
fn heard(job: &Job, text: &str) -> Hypothesis {
    let said: Vec<&str> = text.split(' ').collect();
    let count = match job.purpose.may_be_last() {
        true => said.len(),
        false => said.len().min(job.audio.len() / 6_400),
    };
    let word = |(i, text): (u64, &&str)| Word {
        text: format!(" {text}"),
        start: Duration::from_millis(400 * i),
        end: Duration::from_millis(400 * (i + 1)),
        confidence: 0.9,
        tokens: vec![i as u32],
    };
    Hypothesis {
        words: (0..).zip(&said[..count]).map(word).collect(),
        ..hear(job)
    }
}

/// Answers all that was asked with the words of `text`.
fn answer(stage: &mut Stage, text: &str) {
    while !stage.asked.is_empty() {
        let (id, job) = stage.asked.remove(0);
        stage.handle(Input::Answer(id, Ok(heard(&job, text))));
    }
}

/// Says `text` on the leg of a role, while the other one listens.
fn say(stage: &mut Stage, role: Role, text: &str) {
    for _ in text.split(' ') {
        stage.stream(400, &[(Agent, role == Agent), (Customer, role == Customer)]);
        answer(stage, text);
    }
    stage.stream(1_200, &[(Agent, false), (Customer, false)]);
    answer(stage, text);
}

#[test]
fn no_secret_of_a_call_is_in_any_event_summary_or_search() {
    let mut stage = Stage::assisted([(Agent, stream()), (Customer, stream())], Some(context()));
    for (role, text) in SAID {
        say(&mut stage, role, text);
    }
    stage.handle(Input::HangUp(EndReason::Closed));
    answer(&mut stage, SAID[SAID.len() - 1].1);
    let task = stage.summaries.pop().expect("asked for");
    let mut told: Vec<String> = task.lines.iter().map(|line| line.text.clone()).collect();
    stage.handle(Input::Summary(task.draft));
    let events = stage.events.iter();
    told.extend(events.map(|event| serde_json::to_string(&event.kind).expect("it can be written")));
    told.extend(stage.searched.clone());
    for line in &told {
        for secret in SECRETS {
            assert!(!line.contains(secret), "`{secret}` is in {line}");
        }
    }
    for label in [
        "[card number]",
        "[security code]",
        "[password]",
        "[one-time code]",
        "kettle",
    ] {
        assert!(
            told.iter().any(|line| line.contains(label)),
            "{label}: {told:#?}"
        );
    }
}
