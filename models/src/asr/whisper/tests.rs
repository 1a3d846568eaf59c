use std::time::Instant;

use sidetone_types::lang::ChineseScript;
use sidetone_types::recognise::{Beginning, LeftContext, Purpose, Vocabulary};

use super::*;
use crate::asr::beam::BeamHypothesis;
use crate::asr::net::sequence::Feed;
use crate::asr::net::tiny;
use crate::asr::tokens::tests::small;

mod told;

/// A network of random weights: it prints nonsense, but the same for the same sound.
fn whisper() -> Whisper {
    whisper_in(Precision::Int8)
}

fn whisper_in(precision: Precision) -> Whisper {
    let (vb, config) = tiny::weights();
    let net = Net::load(
        &vb,
        &config,
        config.vocab_size,
        &[(0, 1), (1, 0)],
        precision,
    )
    .expect("loads");
    let rejection = RejectionConfig {
        no_speech: 1.1,
        other_language: 1.1,
        least_likely: f32::NEG_INFINITY,
        ..RejectionConfig::default()
    };
    let options = WhisperOptions {
        rejection,
        ..WhisperOptions::default()
    };
    Whisper::new(net, small(), options).expect("loads")
}

fn job(samples: usize, languages: &[Lang]) -> Job {
    Job {
        purpose: Purpose::Final,
        due: Instant::now() + Duration::from_secs(3600),
        audio: tiny::noise(samples).into(),
        languages: languages.into(),
        script: ChineseScript::Simplified,
        confirmed: None,
        expected: None,
        before: None,
        left_context: None,
        kept: None,
        vocabulary: Vocabulary::default(),
        voice: None,
    }
}

/// The answers to `jobs`, worked on side by side.
fn together(whisper: &mut Whisper, jobs: &[Job]) -> Vec<Result<Hypothesis, RecogniseError>> {
    let (mut group, mut answers) = (Vec::new(), Vec::new());
    for (ticket, job) in (0..).map(Ticket).zip(jobs) {
        match whisper.begin(ticket, job.clone(), Effort::Full) {
            Ok(Begun::Underway(underway)) => group.push(*underway),
            Ok(Begun::Done(hypothesis)) => answers.push((ticket, Ok(hypothesis))),
            Err(error) => answers.push((ticket, Err(error))),
        }
    }
    while !group.is_empty() {
        answers.extend(whisper.go_on(&mut group));
    }
    assert_eq!(answers.len(), jobs.len(), "one for each job");
    answers.sort_unstable_by_key(|(ticket, _)| *ticket);
    answers.into_iter().map(|(_, answer)| answer).collect()
}

fn one(whisper: &mut Whisper, job: &Job) -> Hypothesis {
    together(whisper, std::slice::from_ref(job))
        .remove(0)
        .expect("it is a sound job")
}

/// A single look at a job.
struct Look {
    answer: Answer,
    /// All tokens of the text.
    text: Vec<u32>,
    /// The decoder's, that it took.
    steps: usize,
}

/// `job` once its sound is encoded.
fn begun(whisper: &mut Whisper, job: &Job, effort: Effort, silence: Silence) -> Underway {
    let mut job = job.clone();
    job.left_context = context::left_context(&job, effort, &whisper.tokens);
    let encoding = whisper.encoding(&context::joined(&job), silence, None);
    let stage = encoding.and_then(|encoding| whisper.listen(&job, encoding));
    let stage = stage.expect("runs");
    let mut one = Underway {
        ticket: Ticket(0),
        job,
        effort,
        hurried: false,
        stage,
        voice: None,
        settled: None,
        before: Vec::new(),
        first: None,
        outcome: None,
    };
    while one.is_being_encoded() {
        whisper.encode(&mut one).expect("runs");
    }
    one
}

fn look(whisper: &mut Whisper, job: &Job, effort: Effort, silence: Silence) -> Look {
    let one = begun(whisper, job, effort, silence);
    finish(whisper, one)
}

fn finish(whisper: &Whisper, mut one: Underway) -> Look {
    let job = one.job.clone();
    let decoding = one.decoding().expect("it is encoded");
    let mut steps = 0;
    while !decoding.is_done() {
        step(&whisper.net.decoder, &whisper.tokens, &mut [decoding]).expect("runs");
        steps += 1;
    }
    let text = decoding.best().text().to_vec();
    let answer = whisper.judge.answer(&job, decoding);
    Look {
        answer,
        text,
        steps,
    }
}

fn tokens(hypothesis: &Hypothesis) -> Vec<u32> {
    hypothesis
        .words
        .iter()
        .flat_map(|word| word.tokens.clone())
        .collect()
}

#[test]
fn a_group_is_answered_as_each_job_would_be_alone() {
    let mut whisper = whisper();
    let jobs = [
        job(16_000, &[Lang::EN]),
        job(4_000, &[Lang::EN, Lang::ZH]),
        job(40_000, &[Lang::ZH]),
        job(100, &[Lang::EN]),
    ];
    let answers = together(&mut whisper, &jobs);
    for (job, together) in jobs.iter().zip(answers) {
        let (alone, together) = (one(&mut whisper, job), together.expect("it is a sound job"));
        assert_eq!(tokens(&alone), tokens(&together), "{job:?}");
        assert_eq!(alone.lang, together.lang, "{job:?}");
    }
}

#[test]
fn words_lie_in_order_within_the_sound() {
    let answer = one(&mut whisper(), &job(33_333, &[Lang::EN]));
    assert!(!answer.words.is_empty());
    let times: Vec<_> = answer
        .words
        .iter()
        .flat_map(|word| [word.start, word.end])
        .collect();
    assert!(times.is_sorted(), "{times:?}");
    assert!(
        times
            .iter()
            .all(|time| time.as_secs_f64() <= 33_333.0 / 16_000.0),
        "{times:?}"
    );
    assert!((0.0..=1.0).contains(&answer.confidence));
}

#[test]
fn texts_that_compete_end_up_no_less_likely_than_the_first_that_comes_to_mind() {
    let mut whisper = whisper();
    let (mut better, mut same) = (0, 0);
    for samples in (6_000..60_000).step_by(2_700) {
        let job = job(samples, &[Lang::EN]);
        let mut mean = |effort, purpose| {
            let job = Job {
                purpose,
                ..job.clone()
            };
            let look = look(&mut whisper, &job, effort, Silence::default());
            look.answer.mean_log_prob
        };
        let beam = mean(Effort::Full, Purpose::Pause);
        let greedy = mean(Effort::Least, Purpose::Final);
        assert_eq!(
            greedy,
            mean(Effort::Full, Purpose::Partial),
            "both are greedy"
        );
        better += usize::from(beam > greedy);
        same += usize::from(beam == greedy);
    }
    // A beam may lose the text that greedy decoding finds, but hardly ever does.
    assert!(
        better > 10 && better + same >= 18,
        "{better} better, {same} the same"
    );
}

#[test]
fn a_job_that_is_hurried_goes_on_with_its_likeliest_hypothesis_alone() {
    let mut whisper = whisper();
    let mut won = 0;
    for samples in (6_000..60_000).step_by(6_000) {
        let job = job(samples, &[Lang::EN]);
        let mut hear = |effort, hurried| {
            let mut one = begun(&mut whisper, &job, effort, Silence::default());
            if hurried {
                one.hurry();
            }
            finish(&whisper, one).text
        };
        let greedy = hear(Effort::Least, false);
        assert_eq!(hear(Effort::Full, true), greedy, "what comes to mind first");
        won += usize::from(hear(Effort::Full, false) != greedy);
    }
    assert!(won > 3, "the best of several is another {won} times of 9");
}

#[test]
fn what_is_recognised_does_not_depend_on_when_it_is_due() {
    let mut whisper = whisper();
    for samples in (6_000..60_000).step_by(18_000) {
        let later = job(samples, &[Lang::EN]);
        let overdue = Job {
            due: later.due - Duration::from_secs(7200),
            ..later.clone()
        };
        let text = |job| look(&mut whisper.clone(), job, Effort::Full, Silence::default()).text;
        assert_eq!(text(&overdue), text(&later), "{samples} samples");
        assert_eq!(
            one(&mut whisper, &overdue),
            one(&mut whisper, &later),
            "{samples} samples"
        );
    }
}

#[test]
fn a_contest_that_is_broken_off_gives_up_no_text_that_goes_on_for_one_at_its_end() {
    let mut whisper = whisper();
    let job = job(30_000, &[Lang::EN]);
    for likelier_has_ended in [true, false] {
        let mut one = begun(&mut whisper, &job, Effort::Full, Silence::default());
        let decoding = one.decoding().expect("it is encoded");
        for _ in 0..5 {
            step(&whisper.net.decoder, &whisper.tokens, &mut [decoding]).expect("runs");
        }
        let [first, .., last] = decoding.live.as_slice() else {
            panic!("several compete");
        };
        let (first, last) = (first.clone(), last.clone());
        let (ended, goes_on) = match likelier_has_ended {
            true => (first, last),
            false => (last, first),
        };
        assert_eq!(ended.compare(&goes_on).is_gt(), likelier_has_ended);
        decoding.live = vec![goes_on.clone(), ended.clone()];
        decoding.ended = vec![ended];
        decoding.settle();
        while !decoding.is_done() {
            assert_eq!(decoding.live.len(), 1, "it goes on alone");
            step(&whisper.net.decoder, &whisper.tokens, &mut [decoding]).expect("runs");
        }
        let mut ended = decoding.ended.iter();
        assert!(ended.any(|one| one.text().starts_with(goes_on.text())));
        let best = decoding.best();
        let mut ended = decoding.ended.iter();
        assert!(ended.all(|one| one.compare(best).is_le()));
    }
}

#[test]
fn a_job_that_cannot_be_done_is_refused_and_the_others_are_not() {
    let jobs = [
        job(8_000, &[]),
        job(8_000, &[Lang::EN]),
        job(480_001, &[Lang::EN]),
    ];
    let answers = together(&mut whisper(), &jobs);
    assert_eq!(
        answers.iter().map(Result::is_ok).collect::<Vec<_>>(),
        [false, true, false]
    );
}

#[test]
fn sound_that_is_too_quiet_costs_nothing() {
    let silence = Job {
        audio: vec![0.0; 16_000].into(),
        ..job(0, &[Lang::ZH])
    };
    for quiet in [silence, job(0, &[Lang::ZH])] {
        assert_eq!(
            one(&mut whisper(), &quiet),
            Hypothesis::silence(Lang::ZH, Rejection::NoSpeech)
        );
    }
}

#[test]
fn nonsense_is_dropped_but_never_what_is_confirmed() {
    let mut whisper = whisper();
    whisper.judge.rejection.least_likely = 0.0;
    let mut nonsense = job(16_000, &[Lang::EN]);
    let dropped = one(&mut whisper, &nonsense);
    assert_eq!(
        (tokens(&dropped), dropped.rejected),
        (vec![], Some(Rejection::Unlikely))
    );
    assert!(!dropped.doubted.is_empty(), "the next look may hear it too");
    nonsense.confirmed = Some(Beginning {
        lang: Lang::EN,
        tokens: vec![257],
    });
    let answer = one(&mut whisper, &nonsense);
    assert_eq!((tokens(&answer), answer.rejected), (vec![257], None));
    assert!(answer.doubted.is_empty());
}

#[test]
fn what_leaves_too_much_sound_to_a_word_gets_a_second_look() {
    let mut whisper = whisper();
    whisper.beam = 1;
    whisper.judge.rejection.doubtful = f32::NEG_INFINITY;
    let plain = Silence {
        tail: 5,
        first: 1500,
        stride: 1500,
    };
    let closer = Silence {
        tail: 50,
        first: 8,
        stride: 8,
    };
    (whisper.silence, whisper.interim, whisper.closer) = (plain, plain, closer);
    let mut looked_again = 0;
    for seconds in 5..12 {
        let job = job(seconds * 16_000, &[Lang::EN]);
        let [first, second] =
            [plain, closer].map(|silence| look(&mut whisper, &job, Effort::Full, silence).answer);
        let again = !first.hypothesis.unrecognised.is_empty() && second.is_better_than(&first);
        looked_again += usize::from(again);
        let best = if again { &second } else { &first };
        for (purpose, expected) in [
            (Purpose::Final, best),
            (Purpose::Pause, best),
            (Purpose::Partial, &first),
            (Purpose::Record, &first),
        ] {
            let job = Job {
                purpose,
                ..job.clone()
            };
            let heard = one(&mut whisper, &job).words;
            assert_eq!(
                heard, expected.hypothesis.words,
                "{purpose:?} of {seconds} s"
            );
        }
    }
    assert!(looked_again > 0, "some are better the second time");
}

#[test]
fn a_finished_utterance_that_made_no_sense_gets_a_second_look() {
    let mut whisper = whisper();
    whisper.beam = 1;
    let finished = job(16_000, &[Lang::EN]);
    let partial = Job {
        purpose: Purpose::Partial,
        ..finished.clone()
    };
    let mut alone = |silence| look(&mut whisper, &finished, Effort::Full, silence).answer;
    // Of two ways to look, the worse comes first.
    let (one, other) = (
        Silence {
            tail: 5,
            first: 1500,
            stride: 1500,
        },
        Silence {
            tail: 50,
            first: 8,
            stride: 8,
        },
    );
    let (a, b) = (alone(one), alone(other));
    let ((worse, first), (better, second)) = if b.is_better_than(&a) {
        ((a, one), (b, other))
    } else {
        ((b, other), (a, one))
    };
    assert!(better.is_better_than(&worse));
    (whisper.silence, whisper.interim, whisper.closer) = (first, first, second);
    let expect = [
        (f32::NEG_INFINITY, &worse, "it is good enough"),
        (better.mean_log_prob, &better, "it is in doubt"),
        (
            better.mean_log_prob + 0.01,
            &worse,
            "the second look does not convince either",
        ),
    ];
    for (doubtful, expected, why) in expect {
        whisper.judge.rejection.doubtful = doubtful;
        let answers = together(&mut whisper, &[finished.clone(), partial.clone()]);
        assert_eq!(
            answers[0].as_ref().expect("runs"),
            &expected.hypothesis,
            "{why}"
        );
        assert_eq!(
            answers[1].as_ref().expect("runs"),
            &worse.hypothesis,
            "partial, so not worth it"
        );
    }
}

#[test]
fn a_second_pass_stands_still_while_a_call_waits_whatever_is_due_when() {
    let mut whisper = whisper();
    for head_start in [0, 1, 8] {
        let record = Job {
            purpose: Purpose::Record,
            ..job(16_000, &[Lang::EN])
        };
        let live = Job {
            due: record.due + Duration::from_secs(3600),
            ..job(8_000, &[Lang::EN])
        };
        let mut begin = |ticket, job| match whisper.begin(Ticket(ticket), job, Effort::Full) {
            Ok(Begun::Underway(underway)) => *underway,
            other => panic!("{other:?}"),
        };
        let (first, second) = (begin(0, record), begin(1, live));
        let mut group = vec![first];
        let mut order = Vec::new();
        for _ in 0..head_start {
            order.extend(
                whisper
                    .go_on(&mut group)
                    .into_iter()
                    .map(|(ticket, _)| ticket),
            );
        }
        group.push(second);
        while !group.is_empty() {
            order.extend(
                whisper
                    .go_on(&mut group)
                    .into_iter()
                    .map(|(ticket, _)| ticket),
            );
        }
        let expected = [Ticket(1), Ticket(0)];
        assert!(
            order.len() == 2 && (head_start > 1 || order == expected),
            "{order:?}"
        );
    }
}
