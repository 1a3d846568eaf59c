"""Whisper's weights from Sidetone's model folder in the format of whisper.cpp, quantised to q8_0.

Written after models/convert-h5-to-ggml.py and examples/quantize of whisper.cpp: matrices are quantised,
convolutions stay in half precision, vectors and position tables are single precision.
"""

import json
import struct
import sys
from pathlib import Path

import numpy as np

MAGIC = 0x67676D6C
F32, F16, Q8_0 = 0, 1, 8  # of enum ggml_type
MOSTLY_Q8_0 = 2 * 1000 + 7  # quantisation format 2, GGML_FTYPE_MOSTLY_Q8_0
BLOCK = 32  # weights that share a scale
FFT_BINS = 201
TEXT_TOKENS = 50257  # what comes after them, whisper.cpp names itself

# Names of Hugging Face and of OpenAI, which whisper.cpp keeps.
LAYER_PARTS = {
    "self_attn.q_proj": "attn.query",
    "self_attn.k_proj": "attn.key",
    "self_attn.v_proj": "attn.value",
    "self_attn.out_proj": "attn.out",
    "self_attn_layer_norm": "attn_ln",
    "encoder_attn.q_proj": "cross_attn.query",
    "encoder_attn.k_proj": "cross_attn.key",
    "encoder_attn.v_proj": "cross_attn.value",
    "encoder_attn.out_proj": "cross_attn.out",
    "encoder_attn_layer_norm": "cross_attn_ln",
    "fc1": "mlp.0",
    "fc2": "mlp.2",
    "final_layer_norm": "mlp_ln",
}
OTHERS = {
    "encoder.embed_positions.weight": "encoder.positional_embedding",
    "decoder.embed_positions.weight": "decoder.positional_embedding",
    "decoder.embed_tokens.weight": "decoder.token_embedding.weight",
    "decoder.layer_norm.weight": "decoder.ln.weight",
    "decoder.layer_norm.bias": "decoder.ln.bias",
    "encoder.layer_norm.weight": "encoder.ln_post.weight",
    "encoder.layer_norm.bias": "encoder.ln_post.bias",
}


def convert(model: Path, to: Path) -> None:
    """Writes the model in the folder `model` to the file `to`."""
    config = json.loads((model / "config.json").read_text())
    sizes = [
        config["vocab_size"],
        config["max_source_positions"],
        config["d_model"],
        config["encoder_attention_heads"],
        config["encoder_layers"],
        config["max_target_positions"],
        config["d_model"],
        config["decoder_attention_heads"],
        config["decoder_layers"],
        config["num_mel_bins"],
    ]
    unfinished = to.with_suffix(".part")
    with unfinished.open("wb") as out:
        out.write(struct.pack("<12i", MAGIC, *sizes, MOSTLY_Q8_0))
        filters = mel_filters(config["num_mel_bins"])
        out.write(struct.pack("<2i", *filters.shape) + filters.tobytes())
        pieces = vocabulary(model / "tokenizer.json")
        out.write(struct.pack("<i", len(pieces)))
        for piece in pieces:
            out.write(struct.pack("<I", len(piece)) + piece)
        for name, tensor in tensors(model / "model.safetensors"):
            write_tensor(out, openai_name(name), tensor)
    unfinished.rename(to)


def tensors(path: Path):
    """Names and values of a safetensors file."""
    raw = np.memmap(path, mode="r")
    (length,) = struct.unpack("<Q", raw[:8])
    header = json.loads(bytes(raw[8 : 8 + length]))
    header.pop("__metadata__", None)
    kinds = {"F16": np.float16, "F32": np.float32}
    for name, entry in sorted(header.items()):
        if entry["dtype"] not in kinds:
            raise SystemExit(f"{path}: {name} is {entry['dtype']}, not F16 or F32")
        start, end = (8 + length + offset for offset in entry["data_offsets"])
        yield name, raw[start:end].view(kinds[entry["dtype"]]).reshape(entry["shape"])


def openai_name(name: str) -> str:
    name = name.removeprefix("model.")
    side, part, *rest = name.split(".")
    if part == "layers":
        number, *what, kind = rest
        return f"{side}.blocks.{number}.{LAYER_PARTS['.'.join(what)]}.{kind}"
    return OTHERS.get(name, name)


def write_tensor(out, name: str, tensor: np.ndarray) -> None:
    if name in ("encoder.conv1.bias", "encoder.conv2.bias"):
        tensor = tensor.reshape(-1, 1)
    if tensor.ndim == 3:
        kind, data = F16, tensor.astype(np.float16).tobytes()
    elif tensor.ndim == 2 and name.endswith(".weight"):
        kind, data = Q8_0, q8_0(tensor)
    else:
        kind, data = F32, tensor.astype(np.float32).tobytes()
    encoded = name.encode()
    out.write(struct.pack("<3i", tensor.ndim, len(encoded), kind))
    out.write(struct.pack(f"<{tensor.ndim}i", *reversed(tensor.shape)))
    out.write(encoded + data)


def q8_0(matrix: np.ndarray) -> bytes:
    """Blocks of 32 along a row: a scale in half precision, then as many signed bytes."""
    blocks = matrix.astype(np.float32).reshape(-1, BLOCK)
    scale = np.abs(blocks).max(axis=1, keepdims=True) / 127
    inverse = np.divide(1, scale, out=np.zeros_like(scale), where=scale > 0)
    packed = np.empty(len(blocks), dtype=[("scale", "<f2"), ("weights", "i1", BLOCK)])
    packed["scale"] = scale[:, 0]
    packed["weights"] = np.rint(blocks * inverse)
    return packed.tobytes()


def vocabulary(tokenizer: Path) -> list[bytes]:
    """The text tokens as bytes, in the order of their numbers."""
    vocab = json.loads(tokenizer.read_text(encoding="utf-8"))["model"]["vocab"]
    # GPT-2 writes bytes that cannot be printed as letters from 256 on, in order.
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = (byte for byte in range(256) if byte not in printable)
    byte_of = {chr(byte): byte for byte in printable}
    byte_of.update((chr(256 + i), byte) for i, byte in enumerate(others))
    pieces = sorted((number, piece) for piece, number in vocab.items() if number < TEXT_TOKENS)
    if [number for number, _ in pieces] != list(range(TEXT_TOKENS)):
        raise SystemExit(f"{tokenizer}: not a multilingual Whisper's vocabulary")
    return [bytes(byte_of[letter] for letter in piece) for _, piece in pieces]


def mel_filters(bands: int) -> np.ndarray:
    """Triangles on Slaney's mel scale, of equal area: librosa.filters.mel(sr=16000, n_fft=400)."""
    linear, log_step = 200 / 3, np.log(6.4) / 27  # Hz per mel below 1 kHz, and its logarithm above
    mels = np.linspace(0, 15 + np.log(8000 / 1000) / log_step, bands + 2)
    hz = np.where(mels < 15, mels * linear, 1000 * np.exp(log_step * (mels - 15)))
    ramps = hz[:, None] - np.linspace(0, 8000, FFT_BINS)
    width = np.diff(hz)[:, None]
    rising, falling = -ramps[:-2] / width[:-1], ramps[2:] / width[1:]
    filters = np.maximum(0, np.minimum(rising, falling))
    return (filters * 2 / (hz[2:] - hz[:-2])[:, None]).astype(np.float32)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit("usage: ggml.py MODEL_FOLDER FILE.bin")
    convert(Path(sys.argv[1]), Path(sys.argv[2]))
