//! A Whisper of made-up weights, as small as one can be that has large-v3's layout.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use safetensors::tensor::{Dtype, TensorView};
use serde_json::{Value, json};

/// Languages of large-v3, in the order of their tokens: Cantonese came last.
const LANGUAGES: &str = "en zh de es ru ko fr ja pt tr pl ca nl ar sv it id hi fi vi he uk el ms cs ro da hu ta no \
    th ur hr bg lt la mi ml cy sk te fa lv bn sr az sl kn et mk br eu is hy ne mn bs kk sq sw gl mr pa si km sn yo so \
    af oc ka be tg sd gu am yi lo uz fo ht ps tk nn mt sa lb my bo tl mg as tt haw ln ha ba jw su yue";

/// One head of 64 values, in every layer.
const WIDTH: usize = 64;
const ENCODER_LAYERS: usize = 2;
const DECODER_LAYERS: usize = 1;
const TIME_STAMPS: usize = 1501;

/// Ends a text: the first token behind the 256 bytes.
const END: usize = 256;

/// Writes one into the folder `dir`, as Hugging Face lays it out: a spectrogram of so many `bands`,
/// 100 languages, and special tokens in large-v3's order behind the 256 bytes as text tokens. It
/// writes nonsense, in small letters.
pub fn write_tiny_whisper(dir: &Path, bands: usize) {
    let special = special_tokens();
    let write = |name: &str, content: &[u8]| {
        fs::write(dir.join(name), content).expect("a folder that can be written");
    };
    let vocabulary = END + special.len();
    let config = json!({
        "model_type": "whisper", "num_mel_bins": bands, "max_source_positions": 1500,
        "d_model": WIDTH, "encoder_attention_heads": 1, "encoder_layers": ENCODER_LAYERS,
        "vocab_size": vocabulary, "max_target_positions": 40, "decoder_attention_heads": 1,
        "decoder_layers": DECODER_LAYERS,
    });
    let tokens: BTreeMap<String, usize> = LANGUAGES
        .split_whitespace()
        .map(|code| format!("<|{code}|>"))
        .zip(END + 2..)
        .collect();
    // Of random bytes hardly any are text.
    let illegible = (0..=u8::MAX).filter(|byte| !byte.is_ascii_lowercase());
    let generation = json!({
        "alignment_heads": [[0, 0]], "begin_suppress_tokens": [32, END], "lang_to_id": tokens,
        "suppress_tokens": illegible.collect::<Vec<u8>>(),
    });
    write("config.json", config.to_string().as_bytes());
    write("generation_config.json", generation.to_string().as_bytes());
    write("tokenizer.json", tokenizer(&special).to_string().as_bytes());
    write("model.safetensors", &weights(bands, vocabulary));
}

/// All that are no text, from [`END`] on.
fn special_tokens() -> Vec<String> {
    let named = ["endoftext", "startoftranscript"].into_iter();
    let tasks = [
        "translate",
        "transcribe",
        "startoflm",
        "startofprev",
        "nospeech",
        "notimestamps",
    ];
    let named = named.chain(LANGUAGES.split_whitespace()).chain(tasks);
    let times = (0..TIME_STAMPS).map(|i| format!("<|{:.2}|>", i as f32 * 0.02));
    named
        .map(|name| format!("<|{name}|>"))
        .chain(times)
        .collect()
}

/// A byte-level vocabulary that merges nothing: each byte is the token of its number.
fn tokenizer(special: &[String]) -> Value {
    let printable = |byte: &u8| matches!(byte, b'!'..=b'~' | 0xa1..=0xac | 0xae..=0xff);
    let mut moved = '\u{100}'..;
    let bytes: BTreeMap<String, u8> = (0..=u8::MAX)
        .map(|byte| {
            let own = printable(&byte).then_some(char::from(byte));
            let character = own.or_else(|| moved.next()).expect("there are enough");
            (character.to_string(), byte)
        })
        .collect();
    let added = (END..).zip(special).map(|(id, content)| {
        json!({
            "id": id, "content": content, "special": true, "normalized": false,
            "single_word": false, "lstrip": false, "rstrip": false,
        })
    });
    json!({
        "version": "1.0", "added_tokens": added.collect::<Vec<_>>(),
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true},
        "model": {"type": "BPE", "vocab": bytes, "merges": []},
    })
}

/// Every tensor, of values around 0, those of normalisations around 1.
fn weights(bands: usize, vocabulary: usize) -> Vec<u8> {
    let mut state = 7_u64;
    let mut random = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1 << 23) as f32 - 1.0
    };
    let tensors: BTreeMap<String, (Vec<usize>, Vec<u8>)> = shapes(bands, vocabulary)
        .into_iter()
        .map(|(name, shape)| {
            let centre = f32::from(u8::from(name.ends_with("norm.weight")));
            let count = shape.iter().product();
            let values = (0..count).flat_map(|_| (centre + 0.2 * random()).to_le_bytes());
            let mut values: Vec<u8> = values.collect();
            if name.ends_with("embed_tokens.weight") {
                // The end of a text always scores 0, and some other token more: a text goes on.
                values[END * 4 * WIDTH..][..4 * WIDTH].fill(0);
            }
            (name, (shape, values))
        })
        .collect();
    let views = tensors.iter().map(|(name, (shape, data))| {
        let view = TensorView::new(Dtype::F32, shape.clone(), data);
        (name, view.expect("as long as its shape"))
    });
    safetensors::serialize(views, None).expect("plain tensors")
}

fn shapes(bands: usize, vocabulary: usize) -> Vec<(String, Vec<usize>)> {
    let d = WIDTH;
    let mut shapes = vec![
        ("encoder.conv1.weight".to_owned(), vec![d, bands, 3]),
        ("encoder.conv1.bias".to_owned(), vec![d]),
        ("encoder.conv2.weight".to_owned(), vec![d, d, 3]),
        ("encoder.conv2.bias".to_owned(), vec![d]),
        ("encoder.embed_positions.weight".to_owned(), vec![1500, d]),
        ("decoder.embed_positions.weight".to_owned(), vec![40, d]),
        (
            "decoder.embed_tokens.weight".to_owned(),
            vec![vocabulary, d],
        ),
    ];
    let mut norms = vec![
        "encoder.layer_norm".to_owned(),
        "decoder.layer_norm".to_owned(),
    ];
    for (side, layers, attentions) in [
        ("encoder", ENCODER_LAYERS, &["self_attn"][..]),
        ("decoder", DECODER_LAYERS, &["self_attn", "encoder_attn"]),
    ] {
        for layer in (0..layers).map(|i| format!("{side}.layers.{i}")) {
            for attention in attentions {
                for part in ["q_proj", "k_proj", "v_proj", "out_proj"] {
                    let name = format!("{layer}.{attention}.{part}");
                    if part != "k_proj" {
                        shapes.push((format!("{name}.bias"), vec![d]));
                    }
                    shapes.push((format!("{name}.weight"), vec![d, d]));
                }
                norms.push(format!("{layer}.{attention}_layer_norm"));
            }
            for (part, outputs, inputs) in [("fc1", 4 * d, d), ("fc2", d, 4 * d)] {
                shapes.push((format!("{layer}.{part}.weight"), vec![outputs, inputs]));
                shapes.push((format!("{layer}.{part}.bias"), vec![outputs]));
            }
            norms.push(format!("{layer}.final_layer_norm"));
        }
    }
    for norm in norms {
        shapes.push((format!("{norm}.weight"), vec![d]));
        shapes.push((format!("{norm}.bias"), vec![d]));
    }
    let whole = shapes.into_iter();
    whole
        .map(|(name, shape)| (format!("model.{name}"), shape))
        .collect()
}
