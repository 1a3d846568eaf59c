use std::io::Cursor;

use proptest::prelude::*;

use super::*;
use crate::ct2::tests::Writer;
use crate::tensors;

/// Sizes of the smallest network that has every part: one head, one layer a side.
pub fn tiny() -> Config {
    Config {
        num_mel_bins: 2,
        max_source_positions: 3,
        d_model: HEAD,
        encoder_attention_heads: 1,
        encoder_layers: 1,
        vocab_size: 12,
        max_target_positions: 4,
        decoder_attention_heads: 1,
        decoder_layers: 1,
        suppress_tokens: Vec::new(),
    }
}

/// A container of [`tiny`]'s sizes whose halves count up, so that no two runs of bytes are alike.
pub fn tiny_container() -> Writer {
    let config = tiny();
    let d = config.d_model as u32;
    let mut shapes = vec![
        (
            "decoder/embeddings/weight".to_owned(),
            vec![config.vocab_size as u32, d],
        ),
        (
            "decoder/position_encodings/encodings".to_owned(),
            vec![config.max_target_positions as u32, d],
        ),
        (
            "encoder/position_encodings/encodings".to_owned(),
            vec![config.max_source_positions as u32, d],
        ),
        (
            "encoder/conv1/weight".to_owned(),
            vec![d, config.num_mel_bins as u32, 3],
        ),
        ("encoder/conv1/bias".to_owned(), vec![d]),
        ("encoder/conv2/weight".to_owned(), vec![d, d, 3]),
        ("encoder/conv2/bias".to_owned(), vec![d]),
    ];
    let linears = [
        ("encoder/layer_0/self_attention/linear_0", 3 * d, d),
        ("encoder/layer_0/self_attention/linear_1", d, d),
        ("encoder/layer_0/ffn/linear_0", 4 * d, d),
        ("encoder/layer_0/ffn/linear_1", d, 4 * d),
        ("decoder/layer_0/self_attention/linear_0", 3 * d, d),
        ("decoder/layer_0/self_attention/linear_1", d, d),
        ("decoder/layer_0/attention/linear_0", d, d),
        ("decoder/layer_0/attention/linear_1", 2 * d, d),
        ("decoder/layer_0/attention/linear_2", d, d),
        ("decoder/layer_0/ffn/linear_0", 4 * d, d),
        ("decoder/layer_0/ffn/linear_1", d, 4 * d),
    ];
    for (name, out, input) in linears {
        shapes.push((format!("{name}/weight"), vec![out, input]));
        shapes.push((format!("{name}/bias"), vec![out]));
    }
    for norm in [
        "encoder/layer_0/self_attention",
        "encoder/layer_0/ffn",
        "encoder",
        "decoder/layer_0/self_attention",
        "decoder/layer_0/attention",
        "decoder/layer_0/ffn",
        "decoder",
    ] {
        shapes.push((format!("{norm}/layer_norm/gamma"), vec![d]));
        shapes.push((format!("{norm}/layer_norm/beta"), vec![d]));
    }

    let mut writer = Writer::default();
    let mut next = 0_u16;
    for (name, dims) in shapes {
        let numbers = dims.iter().product::<u32>();
        let mut data: Vec<u8> = (0..numbers)
            .flat_map(|_| {
                next = next.wrapping_add(1);
                next.to_le_bytes()
            })
            .collect();
        let keys = match name.as_str() {
            n if n.ends_with("self_attention/linear_0/bias") => d as usize..2 * d as usize,
            n if n.ends_with("/attention/linear_1/bias") => 0..d as usize,
            _ => 0..0,
        };
        data[2 * keys.start..2 * keys.end].fill(0);
        writer.variables.push((name, dims, 4, data));
    }
    for (name, tag, value) in [
        ("decoder/activation", 1, vec![3]),
        ("decoder/alibi", 1, vec![0]),
        ("decoder/alignment_heads", 2, vec![1, 0]),
        ("decoder/num_heads", 2, vec![1, 0]),
        ("decoder/pre_norm", 1, vec![1]),
        ("encoder/num_heads", 2, vec![1, 0]),
    ] {
        writer.variables.push((name.to_owned(), vec![], tag, value));
    }
    writer.aliases.push((
        "decoder/projection/weight".to_owned(),
        "decoder/embeddings/weight".to_owned(),
    ));
    writer
}

fn open(writer: &Writer) -> Container<Cursor<Vec<u8>>> {
    Container::open(Cursor::new(writer.bytes())).expect("the writer writes whole containers")
}

fn refusal(writer: &Writer) -> String {
    plan(&mut open(writer))
        .expect_err("it must be refused")
        .to_string()
}

fn variable<'a>(writer: &'a mut Writer, name: &str) -> &'a mut (String, Vec<u32>, u8, Vec<u8>) {
    let found = writer.variables.iter_mut().find(|v| v.0 == name);
    found.expect("tiny_container has it")
}

#[test]
fn every_tensor_is_the_very_bytes_of_its_variable() {
    let mut writer = tiny_container();
    let mut container = open(&writer);
    let plan = plan(&mut container).expect("a whole Whisper");
    assert_eq!(plan.config, tiny());
    assert_eq!(plan.tensors.len(), tiny().tensors().len());

    let mut file = Vec::new();
    tensors::write(&plan, &mut container, &mut file).expect("memory takes it");
    let file = safetensors::SafeTensors::deserialize(&file).expect("a whole file");
    let d = HEAD;
    for (hf, ct2, rows) in [
        ("encoder.conv1.weight", "encoder/conv1/weight", 0..d),
        (
            "encoder.layer_norm.weight",
            "encoder/layer_norm/gamma",
            0..d,
        ),
        (
            "encoder.layers.0.self_attn.q_proj.weight",
            "encoder/layer_0/self_attention/linear_0/weight",
            0..d,
        ),
        (
            "encoder.layers.0.self_attn.k_proj.weight",
            "encoder/layer_0/self_attention/linear_0/weight",
            d..2 * d,
        ),
        (
            "encoder.layers.0.self_attn.v_proj.weight",
            "encoder/layer_0/self_attention/linear_0/weight",
            2 * d..3 * d,
        ),
        (
            "encoder.layers.0.self_attn.v_proj.bias",
            "encoder/layer_0/self_attention/linear_0/bias",
            2 * d..3 * d,
        ),
        (
            "encoder.layers.0.self_attn_layer_norm.bias",
            "encoder/layer_0/self_attention/layer_norm/beta",
            0..d,
        ),
        (
            "decoder.layers.0.encoder_attn.q_proj.bias",
            "decoder/layer_0/attention/linear_0/bias",
            0..d,
        ),
        (
            "decoder.layers.0.encoder_attn.k_proj.weight",
            "decoder/layer_0/attention/linear_1/weight",
            0..d,
        ),
        (
            "decoder.layers.0.encoder_attn.v_proj.bias",
            "decoder/layer_0/attention/linear_1/bias",
            d..2 * d,
        ),
        (
            "decoder.layers.0.encoder_attn.out_proj.weight",
            "decoder/layer_0/attention/linear_2/weight",
            0..d,
        ),
        (
            "decoder.layers.0.fc1.bias",
            "decoder/layer_0/ffn/linear_0/bias",
            0..4 * d,
        ),
        (
            "decoder.layers.0.fc2.weight",
            "decoder/layer_0/ffn/linear_1/weight",
            0..d,
        ),
        (
            "decoder.layers.0.final_layer_norm.weight",
            "decoder/layer_0/ffn/layer_norm/gamma",
            0..d,
        ),
        (
            "decoder.embed_tokens.weight",
            "decoder/embeddings/weight",
            0..12,
        ),
    ] {
        let tensor = file.tensor(&format!("model.{hf}")).expect(hf);
        let (_, dims, _, data) = variable(&mut writer, ct2);
        let row = data.len() / dims[0] as usize;
        assert_eq!(
            tensor.data(),
            &data[rows.start * row..rows.end * row],
            "{hf}"
        );
        assert_eq!(tensor.dtype(), safetensors::Dtype::F16, "{hf}");
    }

    // All bytes but the keys' zeros are there: none is used twice, none is lost.
    let all: usize = writer
        .variables
        .iter()
        .filter(|v| v.2 == 4)
        .map(|v| v.3.len())
        .sum();
    let written: usize = file.iter().map(|(_, tensor)| tensor.data().len()).sum();
    assert_eq!(written, all - 3 * d * 2);
}

#[test]
fn candle_finds_every_tensor_it_needs() {
    let mut container = open(&tiny_container());
    let plan = plan(&mut container).expect("a whole Whisper");
    let mut file = Vec::new();
    tensors::write(&plan, &mut container, &mut file).expect("memory takes it");
    let config = serde_json::to_string(&plan.config).expect("plain data");
    let builder = candle_nn::VarBuilder::from_buffered_safetensors(
        file,
        candle_core::DType::F32,
        &candle_core::Device::Cpu,
    )
    .expect("a whole file");
    candle_transformers::models::whisper::model::Whisper::load(
        &builder,
        serde_json::from_str(&config).expect("candle reads it"),
    )
    .expect("every tensor, in the right shape");
}

#[test]
fn what_is_missing_or_unknown_is_named() {
    for at in 0..tiny_container().variables.len() {
        let mut writer = tiny_container();
        let (name, dims, ..) = writer.variables.remove(at);
        if dims.is_empty() {
            plan(&mut open(&writer)).expect("not every release writes every scalar");
            continue;
        }
        if name == "decoder/embeddings/weight" {
            writer.aliases.clear();
        }
        // Without its first layer a side has none, and the layer's other variables are left over.
        let said = refusal(&writer);
        assert!(
            said.contains(&name) || name.ends_with("ffn/linear_0/weight"),
            "{name}: {said}"
        );
    }

    let mut writer = tiny_container();
    writer
        .variables
        .push(("decoder/layer_0/adapter".to_owned(), vec![1], 4, vec![0, 0]));
    assert!(refusal(&writer).contains("`decoder/layer_0/adapter`"));

    let mut writer = tiny_container();
    writer.aliases.clear();
    assert!(refusal(&writer).contains("decoder/projection/weight"));
}

#[test]
fn networks_that_whisper_is_not_are_refused() {
    type Change = fn(&mut Writer);
    let cases: [(&str, Change); 5] = [
        ("gives the keys a bias", |w| {
            variable(w, "encoder/layer_0/self_attention/linear_0/bias").3[2 * HEAD] = 1;
        }),
        ("quantised", |w| {
            let conv = variable(w, "encoder/conv1/bias");
            (conv.2, conv.3) = (1, vec![0; HEAD]);
        }),
        ("`decoder/pre_norm` is 0", |w| {
            variable(w, "decoder/pre_norm").3 = vec![0]
        }),
        ("is not the embedding", |w| {
            w.aliases[0].1 = "encoder/conv1/bias".to_owned()
        }),
        ("has shape", |w| {
            variable(w, "encoder/conv2/bias").1 = vec![1, HEAD as u32];
        }),
    ];
    for (said, change) in cases {
        let mut writer = tiny_container();
        change(&mut writer);
        let refusal = refusal(&writer);
        assert!(refusal.contains(said), "{refusal}");
    }

    // Minus zero is zero.
    let mut writer = tiny_container();
    variable(&mut writer, "encoder/layer_0/self_attention/linear_0/bias").3[2 * HEAD + 1] = 0x80;
    plan(&mut open(&writer)).expect("a whole Whisper");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_damaged_model_never_panics(
        hits in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        in_table in any::<bool>(),
    ) {
        let mut bytes = tiny_container().bytes();
        // Damage among the data is seldom noticed: half of the time, hit the scalars' names and
        // sizes.
        let end = bytes.len();
        let start = if in_table { end - 400 } else { 0 };
        for (at, value) in hits {
            bytes[start + at.index(end - start)] = value;
        }
        if let Ok(mut container) = Container::open(Cursor::new(&bytes))
            && let Ok(plan) = plan(&mut container)
        {
            let mut file = Vec::new();
            tensors::write(&plan, &mut container, &mut file).expect("memory takes it");
            safetensors::SafeTensors::deserialize(&file).expect("a whole file");
        }
    }
}
