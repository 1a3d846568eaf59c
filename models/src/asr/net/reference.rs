//! Front end and network against another implementation, with the sizes in which large-v3 differs:
//! 128 mel bands, its order of special tokens, fewer layers in the decoder than in the encoder.
//!
//! `testdata/whisper/golden.py` made the values, of the same sound and the same made-up weights.

use candle_core::Tensor;
use candle_transformers::models::whisper::Config;

use super::Net;
use super::decoder::Scored;
use super::layers::Precision;
use super::sequence::Feed;
use super::tiny;
use crate::asr::window::{Silence, Window};
use crate::mel::MelFrontEnd;
use crate::mel::tests::chirp;

const SAMPLES: usize = 19_744;

/// Start of a text, English, transcribe, no time stamps, and two tokens of text.
const TOKENS: [u32; 6] = [261, 262, 363, 367, 257, 104];

/// Layer and head of the attentions that are compared.
const HEADS: [(usize, usize); 3] = [(0, 1), (1, 0), (1, 2)];

fn config() -> Config {
    Config {
        num_mel_bins: 128,
        d_model: 192,
        encoder_attention_heads: 3,
        encoder_layers: 3,
        vocab_size: 1869,
        decoder_attention_heads: 3,
        decoder_layers: 2,
        ..tiny::config()
    }
}

/// The rows of `what`: the number of each, and its values.
fn golden(what: &str) -> Vec<(usize, Vec<f32>)> {
    let text = include_str!("../../../testdata/whisper/golden.tsv");
    let rows = text.lines().filter_map(|line| {
        let mut fields = line.split('\t');
        if fields.next() != Some(what) {
            return None;
        }
        let row = fields.next().and_then(|row| row.parse().ok());
        let values = fields.map(|value| value.parse().expect("a number"));
        Some((row.expect("a number"), values.collect()))
    });
    let rows: Vec<_> = rows.collect();
    assert!(!rows.is_empty(), "there is no golden {what}");
    rows
}

fn assert_close(got: &[f32], expected: &[f32], within: f32, place: &str) {
    assert_eq!(got.len(), expected.len(), "{place}");
    for (i, (got, expected)) in got.iter().zip(expected).enumerate() {
        assert!(
            (got - expected).abs() < within,
            "{place}, value {i}: {got} instead of {expected}"
        );
    }
}

#[test]
fn the_spectrogram_of_128_bands_is_that_of_the_reference() {
    let mel = MelFrontEnd::new(128).log_mel(&chirp(SAMPLES));
    for (frame, expected) in golden("mel") {
        let got = match frame < mel.frames.nrows() {
            true => mel.frames.row(frame).to_vec(),
            false => vec![mel.silence; 128],
        };
        assert_close(&got, &expected, 2e-3, &format!("frame {frame}"));
    }
}

#[test]
fn encoder_decoder_and_alignment_heads_are_those_of_the_reference() {
    let config = config();
    let net = Net::load(
        &tiny::any_weights(),
        &config,
        config.vocab_size,
        &HEADS,
        Precision::F32,
    )
    .expect("loads");
    let mel = MelFrontEnd::new(net.encoder.bands()).log_mel(&chirp(SAMPLES));
    let every_position = Silence {
        tail: 1500,
        first: 1,
        stride: 1,
    };
    let window = Window::new(SAMPLES, every_position, net.encoder.positions());
    let mut encoding = net.encoder.begin(&mel, window, None).expect("begins");
    let encoded = loop {
        if let Some(encoded) = net.encoder.advance(&mut encoding).expect("runs") {
            break encoded;
        }
    };
    let rows = |x: &Tensor| x.to_vec2::<f32>().expect("two dimensions");
    let positions = rows(&encoded);
    for (position, expected) in golden("encoder") {
        let place = format!("position {position}");
        assert_close(&positions[position], &expected, 2e-3, &place);
    }

    let (mut sequence, _) = net.decoder.begin(&encoded, &encoding).expect("begins");
    let feed = Feed {
        sequence: &mut sequence,
        tokens: &TOKENS,
    };
    let states = net.decoder.forward(&mut [feed]).expect("runs");
    let scored: Vec<Scored> = (0..TOKENS.len() as u32)
        .map(|row| Scored {
            row,
            exact: Vec::new(),
        })
        .collect();
    let scores = net.decoder.logits(&states, &scored).expect("runs");
    let scores: Vec<&[f32]> = scores.chunks_exact(config.vocab_size).collect();
    for (token, expected) in golden("logits") {
        let got: Vec<f32> = scores[token].iter().step_by(7).copied().collect();
        assert_close(&got, &expected, 3e-3, &format!("scores after {token}"));
    }
    let attention = sequence.attention();
    for (i, (layer, head)) in HEADS.into_iter().enumerate() {
        for (token, expected) in golden(&format!("attention-{layer}-{head}")) {
            let row = (token * HEADS.len() + i) * attention.positions;
            let got = &attention.weights[row..][..attention.positions];
            let got: Vec<f32> = got.iter().map(|weight| 1000.0 * weight).collect();
            let place = format!("layer {layer}, head {head}, token {token}");
            assert_close(&got, &expected, 5e-3, &place);
        }
    }
}
