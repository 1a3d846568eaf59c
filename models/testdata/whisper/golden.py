"""Makes golden.tsv: what a Whisper of 128 mel bands, with large-v3's order of special tokens, makes of a sound.

Reference: Whisper as Hugging Face wrote it (front end in NumPy, network in Flax). The network is tiny: three layers
before two, three heads. Its weights are made up from their names, by the rule in `src/asr/net/tiny.rs`.
Run: python3 golden.py > golden.tsv
(needs transformers==4.46.3 jax==0.4.35 jaxlib==0.4.35 flax==0.10.2 numpy<2 scipy<1.15)
"""

import pathlib
import sys

import jax.numpy as jnp
import numpy as np
from flax.traverse_util import flatten_dict, unflatten_dict
from transformers import FlaxWhisperForConditionalGeneration, WhisperConfig, WhisperFeatureExtractor

sys.path.append(str(pathlib.Path(__file__).parent.parent / "mel"))
from chirp import chirp  # noqa: E402

SAMPLES, MASK = 19_744, 2**64 - 1
# 256 bytes and 4 longer tokens; then, as in large-v3: the end and the start of a text, 100 languages, translate,
# transcribe, startoflm, startofprev, nospeech, notimestamps, and 1501 time stamps.
END, START, EN, YUE, TRANSCRIBE, NO_TIMESTAMPS = 260, 261, 262, 361, 363, 367
TOKENS = [START, EN, TRANSCRIBE, NO_TIMESTAMPS, 257, 104]
HEADS = [(0, 1), (1, 0), (1, 2)]

config = WhisperConfig(
    num_mel_bins=128, d_model=192, vocab_size=NO_TIMESTAMPS + 1 + 1501, encoder_layers=3, decoder_layers=2,
    encoder_attention_heads=3, decoder_attention_heads=3, encoder_ffn_dim=768, decoder_ffn_dim=768,
    max_target_positions=40, pad_token_id=END, bos_token_id=END, eos_token_id=END, decoder_start_token_id=START,
    suppress_tokens=None, begin_suppress_tokens=None,
)


def made_up(name, shape):
    """The weight `name`, as `Random` of `src/asr/net/tiny.rs` makes it."""
    seed = 17
    for byte in name.encode():
        seed = (seed * 31 + byte) & MASK
    state = ((seed * 0x9E3779B97F4A7C15) & MASK) ^ 0x5851F42D4C957F2D
    thirds = np.empty(3 * int(np.prod(shape)), np.float32)
    for i in range(len(thirds)):
        state = (state * 6_364_136_223_846_793_005 + 1_442_695_040_888_963_407) & MASK
        thirds[i] = (state >> 40) / 2**24
    a, b, c = thirds.reshape(-1, 3).T
    values = ((a + b + c - np.float32(1.5)) * np.float32(2)).reshape(shape)
    if len(shape) == 1:
        return values * np.float32(0.1) + np.float32(1 if name.endswith("norm.weight") else 0)
    if name.endswith("embed_positions.weight"):
        return values
    return values * np.float32(np.prod(shape[1:]) ** -0.5)


def filled(params):
    """The parameters of the Flax network: weights of the names and shapes of a checkpoint, its own way round."""
    out = {}
    for path, value in flatten_dict(params).items():
        if path[1:] == ("encoder", "embed_positions", "embedding"):
            out[path] = value  # sines and cosines, as every checkpoint has them
            continue
        name = ".".join(path[:-1] + ({"bias": "bias"}.get(path[-1], "weight"),))
        shape = value.shape[::-1] if path[-1] == "kernel" else value.shape
        weight = made_up(name, shape)
        out[path] = jnp.asarray(weight.T if path[-1] == "kernel" else weight)
    return unflatten_dict(out)


def rows(what, numbers, values):
    for number, row in zip(numbers, values):
        print(what, number, *(f"{value:.4f}" for value in row), sep="\t")


pcm = chirp(SAMPLES)
mel = WhisperFeatureExtractor(feature_size=128)(pcm, sampling_rate=16_000, return_tensors="np").input_features
model = FlaxWhisperForConditionalGeneration(config)
model.params = filled(model.params)
encoded = model.encode(jnp.asarray(mel))
read = model.decode(jnp.asarray([TOKENS]), encoded, output_attentions=True)

print("# made by golden.py: mel and frame, encoder and position, logits and token read (every 7th score),")
print("# attention-LAYER-HEAD and token read (thousandths, of the first 62 positions); then the values")
frames = [0, 1, 2, 60, 122, 123, 124, 125, 2999]
rows("mel", frames, mel[0].T[frames])
positions = [0, 1, 30, 61, 62, 63, 700, 1499]
rows("encoder", positions, np.asarray(encoded.last_hidden_state)[0, positions])
rows("logits", range(len(TOKENS)), np.asarray(read.logits)[0, :, ::7])
for layer, head in HEADS:
    weights = np.asarray(read.cross_attentions[layer])[0, head, :, :62]
    rows(f"attention-{layer}-{head}", range(len(TOKENS)), 1000 * weights)
