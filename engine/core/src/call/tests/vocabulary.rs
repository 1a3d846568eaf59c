//! What is listened for.

use sidetone_types::recognise::Phrase;

use super::*;

/// The phrases of the last question to the recogniser.
fn listened_for(stage: &mut Stage) -> Vec<String> {
    stage.stream(1_000, &[(Customer, true)]);
    stage.stream(700, &[(Customer, false)]);
    let (_, job) = stage.asked.last().expect("asked for words");
    let phrases = job.vocabulary.phrases();
    phrases.map(|phrase| phrase.text.clone()).collect()
}

#[test]
fn the_name_of_a_customer_is_listened_for_while_the_call_is_with_them() {
    let assist = AssistContext {
        vocabulary: Arc::from([Phrase {
            text: "refund".to_owned(),
            boost: 1.5,
        }]),
        learnt: Arc::from([Phrase {
            text: "Aurora Fibre".to_owned(),
            boost: 1.5,
        }]),
        ..context()
    };
    let mut stage = Stage::assisted([(Customer, stream())], Some(assist));
    assert_eq!(listened_for(&mut stage), ["Aurora Fibre", "refund"]);
    let customer = sidetone_types::customer::Customer {
        customer_id: "C-1".to_owned(),
        name: "Margaret Doyle".to_owned(),
        ..Default::default()
    };
    stage.handle(Input::Customer(customer));
    assert_eq!(
        listened_for(&mut stage),
        ["Margaret Doyle", "Aurora Fibre", "refund"]
    );
    let change = CallChange {
        caller: Some(PhoneNumber {
            given: "+14155550199".to_owned(),
            e164: Some("+14155550199".to_owned()),
        }),
        ..CallChange::default()
    };
    stage.handle(Input::Change(change));
    assert_eq!(listened_for(&mut stage), ["Aurora Fibre", "refund"]);
}

/// The tokens that the last question to the recogniser was told were said before.
fn told_before(stage: &mut Stage) -> Option<Vec<u32>> {
    let (_, job) = stage.asked.last().expect("asked for words");
    job.before.as_ref().map(|before| before.tokens.clone())
}

#[test]
fn the_words_before_an_utterance_are_told_while_it_may_follow_from_them() {
    for (case, pause, tokens) in [
        ("right behind them", 1_500, Some(vec![0, 1, 2])),
        ("long afterwards", 12_000, None),
    ] {
        let mut stage = Stage::new([(Customer, stream()), (Agent, stream())]);
        stage.stream(1_000, &[(Customer, true), (Agent, false)]);
        stage.stream(700, &[(Customer, false), (Agent, false)]);
        stage.answer(0);
        stage.stream(pause, &[(Customer, false), (Agent, false)]);
        stage.stream(1_000, &[(Customer, true), (Agent, false)]);
        assert_eq!(told_before(&mut stage), tokens, "{case}");
        stage.answer(0);
        stage.stream(700, &[(Customer, false), (Agent, true)]);
        assert_eq!(told_before(&mut stage), None, "nobody else's words");
    }
}

#[test]
fn words_of_another_sender_are_not_told_to_be_said_before() {
    for (source, tokens) in [(7, Some(vec![0, 1, 2])), (8, None)] {
        let mut stage = Stage::new([(Customer, rtp())]);
        let mut first = Packetiser::new(7, 0, Codec::Pcmu);
        let say = |stage: &mut Stage, sender: &mut Packetiser, voice: &[bool]| {
            for packet in packets(sender, voice) {
                stage.wait(20);
                stage.datagram(Customer, &packet);
            }
        };
        say(&mut stage, &mut first, &[[true; 60], [false; 60]].concat());
        stage.answer(0);
        let mut other = Packetiser::new(source, 0, Codec::Pcmu);
        let next = if source == 7 { &mut first } else { &mut other };
        say(&mut stage, next, &[true; 75]);
        assert_eq!(told_before(&mut stage), tokens, "of sender {source}");
    }
}

/// What the last question to the recogniser is heard behind: samples, and tokens.
fn heard_behind(stage: &mut Stage) -> Option<(usize, Vec<u32>)> {
    let (_, job) = stage.asked.last().expect("asked for words");
    let context = job.left_context.as_ref()?;
    Some((context.sound.len(), context.words.tokens.clone()))
}

#[test]
fn what_follows_closely_is_heard_behind_what_came_before() {
    let speak = |stage: &mut Stage, ms: u64, loud: bool| {
        stage.stream(ms, &[(Customer, loud), (Agent, false)]);
    };
    let mut stage = Stage::new([(Customer, stream()), (Agent, stream())]);
    speak(&mut stage, 1_000, true);
    speak(&mut stage, 700, false);
    let (_, first) = stage.asked.last().expect("asked for words").clone();
    assert!(first.left_context.is_none());
    stage.answer(0);
    speak(&mut stage, 800, false);
    speak(&mut stage, 1_000, true);
    assert!(
        heard_behind(&mut stage).is_none(),
        "a look whose words may change"
    );
    stage.answer(0);
    speak(&mut stage, 700, false);
    let (sound, tokens) = heard_behind(&mut stage).expect("close");
    assert_eq!(sound, first.audio.len() + 4_800, "300 ms of the pause");
    assert_eq!(tokens, [0, 1, 2]);
    stage.answer(0);

    speak(&mut stage, 1_000, true);
    stage.answer(0);
    speak(&mut stage, 700, false);
    let (sound, tokens) = heard_behind(&mut stage).expect("close");
    assert!(sound > 2 * first.audio.len(), "both before it");
    assert_eq!(tokens, [0, 1, 2, 0, 1, 2]);
    speak(&mut stage, 2_000, false);
    speak(&mut stage, 1_000, true);
    speak(&mut stage, 700, false);
    assert!(
        heard_behind(&mut stage).is_none(),
        "the words before are not known yet"
    );
    stage.answer(0);

    speak(&mut stage, 6_000, false);
    speak(&mut stage, 1_000, true);
    stage.answer(0);
    speak(&mut stage, 700, false);
    assert!(heard_behind(&mut stage).is_none(), "after a long pause");
    stage.answer(0);

    stage.stream(1_000, &[(Customer, false), (Agent, true)]);
    stage.answer(0);
    stage.stream(700, &[(Customer, false), (Agent, false)]);
    assert!(heard_behind(&mut stage).is_none(), "nobody else's words");
}
