"""One recogniser that Sidetone is compared with, as a process.

Speaks the protocol of `sidetone eval lines`: each line of standard input names a recording, and is
answered with a line of JSON that holds its text and the processor's time that it took, user and system,
of all threads, without reading the recording.
"""

import argparse
import json
import os
import resource
import sys
import wave
from math import ceil

import numpy as np

RATE_HZ = 16_000
# Shown much less than this, Whisper repeats itself, whatever engine runs it.
SHORTEST_WINDOW_S = 10
TAIL_S = 1
LONGEST_WINDOW_S = 30


def window_s(audio: np.ndarray) -> float:
    """How much of the 30 s window an engine is shown that is given no more than it needs."""
    return min(max(len(audio) / RATE_HZ + TAIL_S, SHORTEST_WINDOW_S), LONGEST_WINDOW_S)


class FasterWhisper:
    """As its users call it: the whole window, its own gates against silence."""

    def __init__(self, args):
        from faster_whisper import WhisperModel

        self.args = args
        self.model = WhisperModel(args.model, device="cpu", compute_type="int8", cpu_threads=1)

    def hear(self, audio: np.ndarray) -> str:
        segments, _ = self.model.transcribe(
            audio,
            language=self.args.lang,
            beam_size=self.args.beam,
            temperature=0.0,
            without_timestamps=True,
            condition_on_previous_text=False,
            vad_filter=False,
        )
        return "".join(segment.text for segment in segments)


class CTranslate2Cut:
    """The engine below faster-whisper, shown a shorter window."""

    FRAMES_PER_S = 100

    def __init__(self, args):
        import ctranslate2
        from faster_whisper.feature_extractor import FeatureExtractor
        from tokenizers import Tokenizer

        self.beam = args.beam
        self.storage = ctranslate2.StorageView
        self.model = ctranslate2.models.Whisper(
            args.model, device="cpu", compute_type="int8", intra_threads=1, inter_threads=1
        )
        self.features = FeatureExtractor()
        self.tokenizer = Tokenizer.from_file(os.path.join(args.model, "tokenizer.json"))
        prompt = ["startoftranscript", args.lang, "transcribe", "notimestamps"]
        self.prompt = [self.tokenizer.token_to_id(f"<|{token}|>") for token in prompt]

    def hear(self, audio: np.ndarray) -> str:
        frames = ceil(window_s(audio) * self.FRAMES_PER_S)
        padded = np.zeros(frames * RATE_HZ // self.FRAMES_PER_S, dtype=np.float32)
        audio = audio[: len(padded)]
        padded[: len(audio)] = audio
        features = self.features(padded, padding=160)[:, :frames]
        (result,) = self.model.generate(
            self.storage.from_array(np.ascontiguousarray(features[None], dtype=np.float32)),
            [self.prompt],
            beam_size=self.beam,
        )
        return self.tokenizer.decode(result.sequences_ids[0])


class WhisperCpp:
    """whisper.cpp, with the whole window or with a shorter one."""

    POSITIONS_PER_S = 50
    SHORTEST_S = 1.1  # it refuses less than a second

    def __init__(self, args):
        from pywhispercpp.model import Model

        self.short = args.engine == "whisper.cpp-short"
        self.model = Model(
            args.model,
            params_sampling_strategy=0 if args.beam == 1 else 1,
            redirect_whispercpp_logs_to=None,
            # Faster with the whole window; with a shorter one it repeats and leaves out words.
            context_params={"use_gpu": False, "flash_attn": not self.short},
            n_threads=1,
            language=args.lang,
            no_context=True,
            no_timestamps=True,
            temperature=0.0,
            temperature_inc=0.0,
            greedy={"best_of": 1},
            beam_search={"beam_size": args.beam, "patience": -1.0},
            print_progress=False,
        )

    def hear(self, audio: np.ndarray) -> str:
        params = {"audio_ctx": ceil(window_s(audio) * self.POSITIONS_PER_S)} if self.short else {}
        missing = int(self.SHORTEST_S * RATE_HZ) - len(audio)
        audio = np.pad(audio, (0, max(missing, 0)))
        return "".join(" " + segment.text for segment in self.model.transcribe(audio, **params))


ENGINES = {
    "faster-whisper": FasterWhisper,
    "ctranslate2-short": CTranslate2Cut,
    "whisper.cpp": WhisperCpp,
    "whisper.cpp-short": WhisperCpp,
}


def samples(path: str) -> np.ndarray:
    """A recording as audio.py writes them, in [-1, 1]."""
    with wave.open(path, "rb") as wav:
        pcm = np.frombuffer(wav.readframes(wav.getnframes()), dtype="<i2")
    return pcm.astype(np.float32) / 32_768


def cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("engine", choices=ENGINES)
    parser.add_argument("model", help="folder or file of the weights")
    parser.add_argument("--lang", default="en")
    parser.add_argument("--beam", type=int, default=1)
    args = parser.parse_args()
    # Libraries print to standard output now and then; the answers go where they cannot.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    engine = ENGINES[args.engine](args)
    for line in sys.stdin:
        path = line.strip()
        audio = samples(path)
        before = cpu_s()
        text = engine.hear(audio)
        cpu = cpu_s() - before
        answer = {"path": path, "text": text.strip(), "cpu_seconds": cpu}
        answer["audio_seconds"] = len(audio) / RATE_HZ
        print(json.dumps(answer, ensure_ascii=False), file=answers, flush=True)


if __name__ == "__main__":
    main()
