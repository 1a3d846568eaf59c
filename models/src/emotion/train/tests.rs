use super::temperature::{AS_TRAINED, CALIBRATED_AFTER};
use super::*;
use crate::emotion::prosody::MEASURES;
use crate::emotion::score::Scores;

const LAYOUT: Layout = Layout {
    layers: 2,
    width: 3,
};

/// Speakers who each sound like themselves, and moods that shift them all by the same.
fn samples(seed: u64, speakers: usize) -> Vec<Sample> {
    let mut rng = SplitMix64::new(seed);
    let mut samples = Vec::new();
    for speaker in 0..speakers {
        let own: Vec<f32> = (0..LAYOUT.inputs()).map(|_| 2.0 * rng.normal()).collect();
        for i in 0..30 {
            let mood = Mood::ALL[i % 5];
            let inputs = own.iter().enumerate().map(|(at, own)| {
                let shift = if at % 5 == mood as usize { 1.0 } else { 0.0 };
                own + shift + rng.normal()
            });
            samples.push(Sample {
                inputs: inputs.collect(),
                mood,
                speaker,
                line: 0,
                corpus: speaker % 2,
            });
        }
    }
    samples
}

fn config(seed: u64) -> TrainConfig {
    TrainConfig {
        seed,
        rate: 0.02,
        decay: 0.02,
        ..TrainConfig::default()
    }
}

fn trained(seed: u64) -> Head {
    train(
        &samples(1, 12),
        &samples(2, 4),
        LAYOUT,
        &config(seed),
        |_| {},
    )
    .expect("trains")
}

fn scored(head: &Head, samples: &[Sample], earlier: usize) -> Scores {
    Scores::of(&read_all(head, samples, earlier, 5).expect("reads"), 0.5)
}

#[test]
fn strangers_are_read_and_better_once_they_are_known() {
    let (head, strangers) = (trained(1), samples(3, 20));
    let uar = |earlier| scored(&head, &strangers, earlier).uar.expect("all moods");
    let (unknown, known) = (uar(0), uar(8));
    assert!(unknown > 0.3 && known > unknown + 0.1, "{unknown} {known}");
}

#[test]
fn it_is_as_sure_of_strangers_as_it_is_right() {
    // So much decay makes it less sure than it may be.
    let config = TrainConfig {
        decay: 0.5,
        prosody_decay: 0.5,
        ..config(1)
    };
    let strangers = samples(3, 20);
    let head = train(&samples(1, 12), &[], LAYOUT, &config, |_| {}).expect("trains");
    let shy = Head {
        temperature: AS_TRAINED,
        ..head.clone()
    };
    let error = |head: &Head| scored(head, &strangers, CALIBRATED_AFTER).ece;
    assert!(head.temperature < AS_TRAINED, "{}", head.temperature);
    assert!(error(&head) < error(&shy), "{:?}", error(&head));
}

#[test]
fn a_single_collection_makes_it_no_surer_than_training_does_nor_do_calm_people_beside_it() {
    let mut own = samples(1, 12);
    own.iter_mut().for_each(|sample| sample.corpus = 0);
    let mut calm = samples(9, 2);
    for sample in &mut calm {
        (sample.corpus, sample.mood) = (1, Mood::Neutral);
        sample.speaker += 12;
    }
    for beside in [Vec::new(), calm] {
        let heard = [own.clone(), beside].concat();
        let head = train(&heard, &[], LAYOUT, &config(1), |_| {}).expect("trains");
        assert_eq!(head.temperature, AS_TRAINED);
    }
}

#[test]
fn a_mood_that_nobody_was_in_is_never_read() {
    let mut heard = samples(1, 6);
    for sample in &mut heard {
        if sample.mood == Mood::Sadness {
            sample.mood = Mood::Other;
        }
    }
    let head = train(&heard, &[], LAYOUT, &config(1), |_| {}).expect("trains");
    let judged = read_all(&head, &samples(3, 4), 4, 5).expect("reads");
    for one in judged {
        assert!(one.reading.probability(Mood::Sadness) < 1e-3, "{one:?}");
        assert!(one.reading.probability(Mood::Neutral) > 0.0, "{one:?}");
    }
}

#[test]
fn training_ends_when_it_does_held_voices_no_more_good() {
    let steps = |held: &[Sample]| {
        let mut told = Vec::new();
        let tell = |step: Step| told.push(step);
        train(&samples(1, 4), held, LAYOUT, &config(1), tell).expect("trains");
        told
    };
    let all = steps(&[]);
    assert_eq!(all.len(), config(1).steps, "there are none");
    assert!(all.iter().all(|step| step.held_loss.is_none()));
    assert!(all.last().expect("steps").loss < all[0].loss);
    // Their labels are noise: whatever is learnt makes it worse.
    let mut held = samples(2, 4);
    let moods: Vec<Mood> = held.iter().map(|sample| sample.mood).collect();
    let shifted = moods.iter().cycle().skip(1);
    held.iter_mut()
        .zip(shifted)
        .for_each(|(sample, mood)| sample.mood = *mood);
    assert!(steps(&held).len() < config(1).steps / 2);
}

#[test]
fn the_same_seed_trains_the_same_head_and_a_file_keeps_it() {
    let (head, again, other) = (trained(7), trained(7), trained(8));
    let file = tempfile::NamedTempFile::new().expect("a file");
    again.save(file.path()).expect("saves");
    let loaded = Head::load(file.path()).expect("loads");
    let of = |head: &Head| -> Vec<Impression> {
        let heard = samples(4, 1);
        let heard = heard.iter().map(|sample| head.impression(&sample.inputs));
        heard.collect::<Result<_>>().expect("of this layout")
    };
    assert_eq!(of(&head), of(&loaded));
    assert_ne!(of(&head), of(&other), "other lots were drawn");
}

#[test]
fn every_departure_trains_another_head() {
    let heard = samples(4, 1);
    let impression = |departure| {
        let config = TrainConfig {
            departure,
            ..config(1)
        };
        // Unbalanced, or weights would make no difference.
        let samples = &samples(1, 6)[..160];
        let head = fit(samples, &[], LAYOUT, &config, |_| {}).expect("trains");
        head.impression(&heard[0].inputs).expect("of this layout")
    };
    let usual = impression(None);
    for departure in Departure::ALL {
        assert_ne!(impression(Some(departure)), usual, "{departure:?}");
    }
}

#[test]
fn a_head_that_hears_one_part_alone_gives_the_other_no_weight() {
    for (departure, unheard) in [
        (Departure::EncoderAlone, LAYOUT.summed()..LAYOUT.mixed()),
        (Departure::ProsodyAlone, 0..LAYOUT.summed()),
    ] {
        let config = TrainConfig {
            departure: Some(departure),
            ..config(1)
        };
        let head = fit(&samples(1, 4), &[], LAYOUT, &config, |_| {}).expect("trains");
        let rows: Vec<Vec<f32>> = head.weight.to_vec2().expect("weights");
        for row in rows {
            assert!(row[unheard.clone()].iter().all(|weight| *weight == 0.0));
            assert!(row.iter().any(|weight| *weight != 0.0));
        }
    }
}

#[test]
fn a_head_for_another_recogniser_is_refused_with_the_reason() {
    let head = trained(1);
    let file = tempfile::NamedTempFile::new().expect("a file");
    let unfit = Head {
        mean: Tensor::zeros(MEASURES.len() + 7, DType::F32, &Device::Cpu).expect("zeros"),
        ..head
    };
    unfit.save(file.path()).expect("saves");
    let error = Head::load(file.path()).expect_err("does not fit");
    assert!(error.to_string().contains("`mean` is"), "{error}");
}
