//! What a job is told beside its sound: words that are confirmed, expected or were said before, what
//! earlier looks have settled, and how its text is read otherwise.

use super::*;

#[test]
fn what_is_confirmed_comes_first_and_the_rest_is_as_before() {
    let mut whisper = whisper();
    let mut again = job(30_000, &[Lang::EN, Lang::ZH]);
    let first = one(&mut whisper, &again);
    let all = tokens(&first);
    assert!(all.len() > 2, "{all:?}");
    let confirmed = Beginning {
        lang: first.lang,
        tokens: all[..2].to_vec(),
    };
    again.confirmed = Some(confirmed);
    let second = one(&mut whisper, &again);
    assert_eq!((second.lang, tokens(&second)), (first.lang, all));
}

/// `job` once its text has come to its end, greedily chosen.
fn read(whisper: &mut Whisper, job: &Job) -> Underway {
    whisper.beam = 1;
    let mut one = begun(whisper, job, Effort::Full, Silence::default());
    let decoding = one.decoding().expect("it is encoded");
    while !decoding.is_done() {
        step(&whisper.net.decoder, &whisper.tokens, &mut [decoding]).expect("runs");
    }
    one
}

#[test]
fn a_text_told_otherwise_reads_as_one_that_was_so_from_the_beginning() {
    let mut whisper = whisper_in(Precision::F32);
    let plain = job(30_000, &[Lang::EN]);
    let mut first = read(&mut whisper, &plain);
    let text = first
        .decoding()
        .expect("it is encoded")
        .best()
        .text()
        .to_vec();
    assert!(text.len() > 4, "{text:?}");
    let end = text.len();
    for place in [0..1, 2..4, 3..3, end - 1..end] {
        let mut told = read(&mut whisper, &plain);
        let told = told.decoding().expect("it is encoded");
        told.put_on_trial(place.clone(), &[120, 121, 122], f32::INFINITY);
        step(&whisper.net.decoder, &whisper.tokens, &mut [told]).expect("runs");
        assert!(told.is_done());
        let told = told.best();

        let otherwise = [&text[..place.start], &[120, 121, 122], &text[place.end..]].concat();
        assert_eq!(told.text(), otherwise);
        let confirmed = Beginning {
            lang: Lang::EN,
            tokens: otherwise,
        };
        let job = Job {
            confirmed: Some(confirmed),
            ..plain.clone()
        };
        let mut fresh = begun(&mut whisper, &job, Effort::Least, Silence::default());
        let fresh = fresh.decoding().expect("it is encoded");
        step(&whisper.net.decoder, &whisper.tokens, &mut [fresh]).expect("runs");
        let fresh = &fresh.best().log_probs()[..told.text().len()];
        // What stands before it was read with some tokens left out of account.
        for (told, fresh) in told.log_probs().iter().zip(fresh).skip(place.start) {
            assert!((told - fresh).abs() < 1e-3, "{place:?}: {told}, {fresh}");
        }
    }
}

#[test]
fn a_text_told_otherwise_stays_only_if_it_is_likely_enough() {
    let mut whisper = whisper();
    let job = job(30_000, &[Lang::EN]);
    let tried = |whisper: &mut Whisper, patience| {
        let mut one = read(whisper, &job);
        let decoding = one.decoding().expect("it is encoded");
        let step = |decoding: &mut Decoding| {
            step(&whisper.net.decoder, &whisper.tokens, &mut [decoding]).expect("runs");
        };
        // The text of random weights goes on until it is stopped. Here it is left to end as it is.
        decoding.put_on_trial(0..0, &[], f32::INFINITY);
        step(decoding);
        let before = decoding.best().clone();
        decoding.put_on_trial(0..1, &[u32::from(b'q')], patience);
        step(decoding);
        assert!(decoding.is_done());
        (before, decoding.best().clone())
    };
    let log_prob = |hypothesis: &BeamHypothesis| hypothesis.log_prob().expect("it was left to end");
    let (before, after) = tried(&mut whisper, f32::INFINITY);
    assert_eq!(after.text()[0], u32::from(b'q'));
    assert_eq!(after.text()[1..], before.text()[1..]);
    let loss = log_prob(&before) - log_prob(&after);

    for (patience, stays) in [(loss + 0.01, true), (loss - 0.01, false)] {
        let (before, after) = tried(&mut whisper, patience);
        assert_eq!(after.text() != before.text(), stays, "{patience} of {loss}");
        assert_eq!(after.log_probs() != before.log_probs(), stays);
        // A phrase that was tried and stays is believed, however unlikely it is.
        let (belief, log_prob) = (after.beliefs()[0], after.log_probs()[0]);
        assert_eq!(belief > log_prob, stays, "{belief}, {log_prob}");
        assert_eq!(after.sequence().fed(), before.sequence().fed());
    }
}

#[test]
fn words_before_are_read_in_front_of_the_text_and_say_nothing_about_silence() {
    let mut whisper = whisper_in(Precision::F32);
    let mut tokens = small();
    tokens.start_of_previous = Some(tokens.start);
    whisper.tokens = Arc::new(tokens);
    let plain = job(30_000, &[Lang::ZH]);
    let after = |lang, tokens: Vec<u32>| Job {
        before: Some(Beginning { lang, tokens }),
        ..plain.clone()
    };
    let mut heard = |job: &Job| {
        let mut one = read(&mut whisper, job);
        let decoding = one.decoding().expect("it is encoded");
        let silence = (decoding.no_speech(), decoding.other_language());
        let best = decoding.best();
        (best.log_probs().to_vec(), best.sequence().fed(), silence)
    };
    let (alone, fed, silence) = heard(&plain);
    let (told, told_fed, told_silence) = heard(&after(Lang::ZH, vec![97, 98, 99]));
    assert_ne!(told, alone, "what was said before changes what is likely");
    assert_eq!(
        told_fed - told.len(),
        fed - alone.len(),
        "places count from the text"
    );
    assert!((told_silence.0 - silence.0).abs() < 1e-5);
    for (case, job) in [
        ("another language", after(Lang::EN, vec![97, 98, 99])),
        ("of another network", after(Lang::ZH, vec![97, 1 << 20, 99])),
        ("nothing", after(Lang::ZH, Vec::new())),
    ] {
        assert_eq!(heard(&job).0, alone, "{case}");
    }
}

#[test]
fn behind_its_left_context_an_utterance_reads_as_the_rest_of_both() {
    let mut whisper = whisper_in(Precision::F32);
    let whole = job(30_400, &[Lang::EN]);
    let (before, own) = whole.audio.split_at(16_000);
    let confirmed = Job {
        confirmed: Some(Beginning {
            lang: Lang::EN,
            tokens: vec![97, 98, 99],
        }),
        ..whole.clone()
    };
    let behind = |tokens: &[u32]| Job {
        audio: own.into(),
        left_context: Some(LeftContext {
            sound: before.into(),
            words: Beginning {
                lang: Lang::EN,
                tokens: tokens.to_vec(),
            },
        }),
        ..whole.clone()
    };
    let mut heard = |job: &Job| {
        let look = look(&mut whisper, job, Effort::Full, Silence::default());
        let ends = look.answer.hypothesis.words.iter().map(|word| word.end);
        (look.text, ends.max())
    };
    let (rest, _) = heard(&confirmed);
    let (text, end) = heard(&behind(&[97, 98, 99]));
    // It may have as many tokens as alone, the rest only what the three confirmed ones leave.
    let rest = &rest[3..];
    assert!(
        rest.len() > 8 && text.starts_with(rest),
        "{text:?}, {rest:?}"
    );
    assert!(end.is_some_and(|end| end <= Duration::from_millis(900)));
    let marked = heard(&behind(&[97, 98, 99, u32::from(b'.')]));
    assert_eq!(marked.0, text, "a mark is not read");

    let alone = Job {
        audio: own.into(),
        ..whole.clone()
    };
    let (alone, _) = heard(&alone);
    let both = [Lang::EN, Lang::ZH];
    let chinese = Beginning {
        lang: Lang::ZH,
        tokens: vec![97],
    };
    for (case, job) in [
        ("only marks", behind(&[u32::from(b'.'); 3])),
        ("of another network", behind(&[97, 1 << 20])),
        (
            "words that may change",
            Job {
                purpose: Purpose::Partial,
                ..behind(&[97])
            },
        ),
        (
            "several languages",
            Job {
                languages: both.into(),
                ..behind(&[97])
            },
        ),
        (
            "another language",
            Job {
                left_context: Some(LeftContext {
                    sound: before.into(),
                    words: chinese,
                }),
                ..behind(&[97])
            },
        ),
    ] {
        let context = context::left_context(&job, Effort::Full, &whisper.tokens);
        assert!(context.is_none(), "{case}");
    }
    for effort in [Effort::Fair, Effort::Least] {
        let context = context::left_context(&behind(&[97]), effort, &whisper.tokens);
        assert!(context.is_none(), "somebody is beside it");
    }
    assert_ne!(alone, text);
}

#[test]
fn a_text_that_repeats_what_was_said_before_is_heard_once_more_without() {
    let mut whisper = whisper_in(Precision::F32);
    let job = job(30_000, &[Lang::ZH]);
    let text = read(&mut whisper, &job)
        .decoding()
        .expect("encoded")
        .best()
        .text()
        .to_vec();
    assert!(text.len() > 8, "{text:?}");
    let mut heard_again = |confirmed: usize, before: &[u32]| {
        let job = Job {
            confirmed: (confirmed > 0).then(|| Beginning {
                lang: Lang::ZH,
                tokens: text[..confirmed].to_vec(),
            }),
            ..job.clone()
        };
        let mut one = read(&mut whisper, &job);
        one.before = before.to_vec();
        let answered = whisper.conclude(&mut one).is_some();
        let repeats = one.first.as_ref().is_some_and(|first| first.repeats);
        assert!(!(answered && repeats));
        repeats
    };
    assert!(heard_again(0, &text), "all of it");
    assert!(!heard_again(0, &[5; 16]), "something else was said before");
    let all_but_one = text.len() - 1;
    assert!(
        !heard_again(all_but_one, &text),
        "what is confirmed was said"
    );
}

#[test]
fn an_expectation_saves_steps_and_changes_nothing() {
    let mut whisper = whisper();
    let mut saved = 0;
    for samples in (6_000..60_000).step_by(5_400) {
        for (beam, languages) in [
            (1, vec![Lang::EN]),
            (1, vec![Lang::EN, Lang::ZH]),
            (3, vec![Lang::ZH]),
        ] {
            whisper.beam = beam;
            let mut job = job(samples, &languages);
            let mut run = |job: &Job| look(&mut whisper, job, Effort::Full, Silence::default());
            let Look {
                answer: alone,
                text,
                steps: most,
            } = run(&job);
            let wrong_at = |at: usize| {
                let mut text = text.clone();
                if let Some(token) = text.get_mut(at) {
                    *token = if *token == 97 { 98 } else { 97 };
                }
                text
            };
            let other = if alone.hypothesis.lang == Lang::EN {
                Lang::ZH
            } else {
                Lang::EN
            };
            let expectations = [
                (alone.hypothesis.lang, text.clone()),
                (alone.hypothesis.lang, wrong_at(0)),
                (alone.hypothesis.lang, wrong_at(text.len() / 2)),
                (alone.hypothesis.lang, [text.as_slice(), &[97; 5]].concat()),
                (other, text.clone()),
            ];
            for (lang, tokens) in expectations {
                let right = tokens == text && lang == alone.hypothesis.lang;
                job.expected = Some(Beginning { lang, tokens });
                if !languages.contains(&lang) {
                    continue;
                }
                let Look { answer, steps, .. } = run(&job);
                assert_eq!(answer.hypothesis, alone.hypothesis, "{:?}", job.expected);
                assert_eq!(answer.mean_log_prob, alone.mean_log_prob);
                assert!(steps <= most + 1, "{steps} steps instead of {most}");
                if right && beam == 1 && !alone.hypothesis.looped {
                    assert_eq!(steps, 1, "all of it was expected");
                }
                saved += most.saturating_sub(steps);
            }
        }
    }
    assert!(saved > 100, "{saved} steps saved");
}

#[test]
fn looks_that_go_on_from_what_was_settled_hear_what_others_hear() {
    let mut whisper = whisper();
    let whole = job(7 * 16_000, &[Lang::EN]);
    let look = |seconds: usize, kept: Option<KeptSound>| Job {
        purpose: Purpose::Partial,
        audio: whole.audio[..seconds * 16_000].into(),
        kept,
        ..whole.clone()
    };
    let mut kept: Option<KeptSound> = None;
    let mut settled = Vec::new();
    for seconds in [2, 3, 4, 5, 7] {
        kept = one(&mut whisper, &look(seconds, kept.take())).kept;
        let it = kept.as_ref().and_then(KeptSound::get::<Settled>);
        settled.push(it.map_or(0, |it| it.positions()));
    }
    assert_eq!(settled, [0, 48, 96, 144, 240], "all but the last 2 s");

    for (purpose, langs) in [
        (Purpose::Pause, &[Lang::EN][..]),
        (Purpose::Final, &[Lang::EN]),
        (Purpose::Partial, &[Lang::ZH]),
    ] {
        let job = Job {
            purpose,
            languages: langs.into(),
            ..look(7, None)
        };
        let kept = one(&mut whisper, &job).kept;
        assert!(kept.is_none(), "{purpose:?} in {langs:?}");
    }

    // Of the same sound: the text of random weights is another for the smallest difference, so the
    // sound is.
    let sequence = |whisper: &mut Whisper, job: &Job| {
        let Ok(Begun::Underway(mut one)) = whisper.begin(Ticket(0), job.clone(), Effort::Least)
        else {
            panic!("it is loud enough");
        };
        while one.is_being_encoded() {
            whisper.encode(&mut one).expect("runs");
        }
        let decoding = one.decoding().expect("it is encoded");
        let mut sequence = decoding.best().sequence().clone();
        let feed = Feed {
            sequence: &mut sequence,
            tokens: &[3, 1, 4],
        };
        let x = whisper.net.decoder.forward(&mut [feed]).expect("runs");
        x.flatten_all()
            .and_then(|x| x.to_vec1::<f32>())
            .expect("numbers")
    };
    let last = one(&mut whisper, &look(7, None)).kept;
    let anew = sequence(&mut whisper, &look(7, None));
    let apart = |other: &[f32]| {
        let pairs = anew.iter().zip(other);
        pairs.fold(0.0_f32, |worst, (a, b)| worst.max((a - b).abs()))
    };
    let again = sequence(&mut whisper, &look(7, last));
    assert!(apart(&again) < 0.1, "{}", apart(&again));
    let mut elsewhere = look(7, kept);
    elsewhere.audio = tiny::noise(7 * 16_000).iter().map(|x| -x).collect();
    let otherwise = sequence(&mut whisper, &elsewhere);
    elsewhere.kept = None;
    assert_eq!(
        otherwise,
        sequence(&mut whisper, &elsewhere),
        "of another sound nothing is taken"
    );
}
