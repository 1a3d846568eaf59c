use super::*;

fn said(utterance: u64, start_ms: u64, text: &str, finished: bool) -> StableWords {
    let words: Vec<&str> = match text.contains(' ') {
        true => text.split_inclusive(' ').collect(),
        false => text.split_inclusive(|_| true).collect(),
    };
    let words = words.into_iter().enumerate().map(|(i, word)| {
        let start = MediaTime::from_millis(start_ms + 300 * i as u64);
        TimedWord {
            word: word.trim().to_owned(),
            spaced: word.to_owned(),
            start,
            end: start + Duration::from_millis(300),
            confidence: 0.9,
        }
    });
    StableWords {
        utterance: UtteranceId(utterance),
        side: Side::Customer,
        lang: Lang::EN,
        words: words.collect(),
        finished,
    }
}

/// An article that fits the words given, wherever they stand in the query.
fn fit(query: &Query, article: &str, words: &[&str]) -> Fit {
    let matched = words.iter().filter_map(|word| {
        let at = query.text.find(word)?;
        Some(at..at + word.len())
    });
    Fit {
        article_id: article.to_owned(),
        title: String::new(),
        snippet: String::new(),
        say: String::new(),
        triggers: Vec::new(),
        not: Vec::new(),
        score: 0.8,
        matched: matched.collect(),
    }
}

fn cards() -> Cards {
    Cards::new(CardConfig::default(), Lexicon::built_in())
}

#[test]
fn words_are_looked_up_as_they_settle_and_no_words_twice() {
    let mut cards = cards();
    let texts = [
        ("I was ", false),
        ("I was ", false),
        ("I was charged ", false),
        ("I was charged ", true),
    ];
    let asked: Vec<bool> = texts
        .into_iter()
        .map(|(text, finished)| cards.observe_words(&said(1, 0, text, finished)).is_some())
        .collect();
    assert_eq!(asked, [true, false, true, false]);
    let agent = StableWords {
        side: Side::Agent,
        ..said(2, 0, "I was charged", true)
    };
    assert_eq!(cards.observe_words(&agent), None);
}

#[test]
fn a_card_spans_its_trigger_words_and_names_them() {
    let mut cards = cards();
    let query = cards
        .observe_words(&said(1, 1_000, "I was charged twice。 again", true))
        .expect("new words");
    let fits = vec![fit(&query, "double", &["charged", "twice"])];
    let found = cards.found(query.id, fits);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].start.as_millis(), 1_600);
    assert_eq!(found[0].end.as_millis(), 2_200);
    assert_eq!(found[0].suggestion.triggers, ["charged twice"]);
}

#[test]
fn a_sentence_goes_on_after_a_pause_but_not_after_a_long_one() {
    for (start_ms, text) in [
        (2_000, "I was charged twice on my bill"),
        (9_000, "twice on my bill"),
    ] {
        let mut cards = cards();
        cards.observe_words(&said(1, 0, "I was charged ", true));
        let query = cards
            .observe_words(&said(2, start_ms, "twice on my bill", true))
            .expect("new words");
        assert_eq!(query.text, text);
    }
}

#[test]
fn what_only_fits_the_sentence_before_gives_no_card() {
    let mut cards = cards();
    cards.observe_words(&said(1, 0, "my router ", true));
    let query = cards
        .observe_words(&said(2, 1_000, "thank you", true))
        .expect("new words");
    let fits = vec![fit(&query, "router", &["router"])];
    assert_eq!(cards.found(query.id, fits), []);
}

#[test]
fn the_same_card_is_shown_again_only_much_later() {
    let mut cards = cards();
    let mut shown = Vec::new();
    for (utterance, start_ms) in [(1, 0), (2, 60_000), (3, 200_000)] {
        let query = cards
            .observe_words(&said(utterance, start_ms, "a refund please", true))
            .expect("new words");
        let fits = vec![fit(&query, "refund", &["refund"])];
        shown.push(cards.found(query.id, fits).len());
    }
    assert_eq!(shown, [1, 0, 1]);
}

#[test]
fn an_utterance_gives_its_best_cards_and_not_more() {
    let mut cards = cards();
    let query = cards
        .observe_words(&said(1, 0, "a refund for the router on my bill", true))
        .expect("new words");
    let fits = [("a", "refund"), ("b", "router"), ("c", "bill")];
    let fits = fits.map(|(article, word)| fit(&query, article, &[word]));
    let found = cards.found(query.id, fits.into());
    let ids: Vec<&str> = found
        .iter()
        .map(|c| c.suggestion.article_id.as_str())
        .collect();
    assert_eq!(ids, ["a", "b"]);
}

/// Whether an article is shown where a customer says `text`, of which `words` are its own.
fn shows(text: &str, words: &[&str], triggers: &[&str], not: &[&str]) -> bool {
    let mut cards = cards();
    let query = cards
        .observe_words(&said(1, 0, text, true))
        .expect("new words");
    let owned = |all: &[&str]| all.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>();
    let fit = Fit {
        triggers: owned(triggers),
        not: owned(not),
        ..fit(&query, "an article", words)
    };
    !cards.found(query.id, vec![fit]).is_empty()
}

#[test]
fn what_is_not_so_not_wanted_long_done_or_of_another_thing_gives_no_card() {
    let triggers = [
        "I lost my sim",
        "cancel",
        "cancel my contract",
        "my phone is not working",
        "I have a complaint",
        "我不想用了",
    ];
    for (text, words, expected) in [
        ("I want to file a complaint", vec!["complaint"], true),
        ("我不想用了", vec!["不想用"], true),
        ("我不想退", vec!["不想"], false),
        ("I lost my sim", vec!["lost", "sim"], true),
        ("I have not lost my sim", vec!["lost", "sim"], false),
        (
            "I have not lost it but cancel my contract",
            vec!["lost", "cancel", "contract"],
            true,
        ),
        ("my phone is not working", vec!["phone", "working"], true),
        ("I do not want to cancel", vec!["cancel"], false),
        ("I cancelled last year", vec!["cancelled"], false),
        ("I lost it last year", vec!["lost"], true),
        ("cancel my appointment on Tuesday", vec!["cancel"], false),
        (
            "cancel my appointment and my contract",
            vec!["cancel", "contract"],
            true,
        ),
    ] {
        let not = ["cancel … appointment"];
        assert_eq!(shows(text, &words, &triggers, &not), expected, "{text}");
    }
}

#[test]
fn what_is_over_gives_no_card_unless_more_is_asked() {
    for (text, words, expected) in [
        (
            "the refund came through this morning",
            vec!["refund"],
            false,
        ),
        (
            "the refund came through but it is only half",
            vec!["refund"],
            true,
        ),
        ("the refund has not come through", vec!["refund"], true),
        ("you said the refund came through", vec!["refund"], true),
        ("has the refund come through", vec!["refund"], true),
        ("I got the refund thank you", vec!["refund"], false),
        ("I never got the refund", vec!["refund"], true),
        (
            "I have returned the router",
            vec!["returned", "router"],
            false,
        ),
        (
            "I have returned the router, where is my deposit",
            vec!["returned", "router"],
            true,
        ),
        ("it was down and then it came back on", vec!["down"], false),
        (
            "I thought I lost my sim but it was in the car",
            vec!["lost", "sim"],
            false,
        ),
        ("退款已经到了", vec!["退款"], false),
        ("退款已经到了可是只退了一半", vec!["退款"], true),
        ("退款到账了吗", vec!["退款"], true),
        ("路由器已经寄回去了", vec!["路由器", "寄回"], false),
        ("路由器已经坏了三天了", vec!["路由器", "坏了"], true),
        ("还以为手机丢了，原来在车上", vec!["手机", "丢了"], false),
    ] {
        let triggers = [
            "where is my refund",
            "return the router",
            "I lost my sim",
            "路由器坏了",
            "手机丢了",
        ];
        assert_eq!(shows(text, &words, &triggers, &[]), expected, "{text}");
    }
}

#[test]
fn a_card_waits_only_for_what_is_begun_and_may_yet_deny_it() {
    for (text, words, expected) in [
        (
            "you charged me twice on my bill",
            vec!["charged", "twice"],
            Some("twice"),
        ),
        // The next clause may say that it is over.
        (
            "I was charged twice on my bill",
            vec!["charged", "twice"],
            Some("bill"),
        ),
        (
            "I was charged twice but you put it right",
            vec!["charged", "twice"],
            None,
        ),
        ("I want to cancel and I mean it", vec!["cancel"], Some("I")),
        (
            "I want to cancel my contract",
            vec!["cancel", "contract"],
            Some("contract"),
        ),
        ("I want to cancel my appointment", vec!["cancel"], None),
        (
            "I want a refund by next week at the latest",
            vec!["refund"],
            Some("next"),
        ),
        ("the refund came through this morning", vec!["refund"], None),
        (
            "the refund is wrong by forty pounds I want more",
            vec!["refund"],
            Some("I"),
        ),
        (
            "my daughter lost her sim at school but she found it",
            vec!["lost", "sim"],
            None,
        ),
        (
            "my daughter lost her sim we need another",
            vec!["lost", "sim"],
            Some("another"),
        ),
        ("退款怎么还没到", vec!["退款"], Some("么")),
        ("退款昨天就收到了", vec!["退款"], None),
        ("我要投诉你们的服务", vec!["投诉"], Some("们")),
        ("投诉就算了", vec!["投诉"], None),
    ] {
        let mut cards = cards();
        let mut shown = None;
        let mut text_so_far = String::new();
        let spaced: Vec<String> = match text.is_ascii() {
            true => text.split(' ').map(|word| format!("{word} ")).collect(),
            false => text.chars().map(String::from).collect(),
        };
        for (place, word) in (1..).zip(&spaced) {
            text_so_far.push_str(word);
            let Some(query) = cards.observe_words(&said(1, 0, &text_so_far, place == spaced.len()))
            else {
                continue;
            };
            let heard: Vec<&str> = words
                .iter()
                .copied()
                .filter(|word| text_so_far.contains(word))
                .collect();
            let fit = Fit {
                triggers: vec!["cancel".to_owned(), "I lost my sim".to_owned()],
                not: vec!["cancel … appointment".to_owned()],
                ..fit(&query, "an article", &heard)
            };
            if !heard.is_empty() && !cards.found(query.id, vec![fit]).is_empty() {
                shown = Some(word.trim().to_owned());
            }
        }
        assert_eq!(shown.as_deref(), expected, "{text}");
    }
}

#[test]
fn of_two_articles_for_the_same_words_the_better_one_is_shown() {
    let mut cards = cards();
    let query = cards
        .observe_words(&said(
            1,
            0,
            "charged twice on my bill and the wifi is slow",
            true,
        ))
        .expect("new words");
    let fits = vec![
        fit(&query, "charged twice", &["charged", "twice", "bill"]),
        fit(&query, "high bill", &["charged", "bill"]),
        fit(&query, "slow wifi", &["wifi", "slow"]),
    ];
    let found = cards.found(query.id, fits);
    let titles: Vec<&str> = found
        .iter()
        .map(|card| card.suggestion.article_id.as_str())
        .collect();
    assert_eq!(titles, ["charged twice", "slow wifi"]);
}
