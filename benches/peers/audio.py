"""Recordings as every engine gets them: mono, 16 kHz, 16 bit, through a telephone line if wanted."""

import json
import sys
import wave

import av
import numpy as np

RATE_HZ = 16_000
LINE_HZ = 8_000


def main() -> None:
    """Standard input: {"telephone": bool, "files": {from: to}}; standard output: {to: seconds}."""
    order = json.load(sys.stdin)
    seconds = {}
    for source, target in order["files"].items():
        samples = read(source, order["telephone"])
        with wave.open(target, "wb") as out:
            out.setnchannels(1)
            out.setsampwidth(2)
            out.setframerate(RATE_HZ)
            out.writeframes(samples.tobytes())
        seconds[target] = len(samples) / RATE_HZ
    json.dump(seconds, sys.stdout)


def read(path: str, telephone: bool) -> np.ndarray:
    try:
        with av.open(path) as container:
            frames = list(container.decode(audio=0))
    except (av.FFmpegError, OSError) as error:
        raise SystemExit(f"{path}: {error}")
    if telephone:
        line = mu_law_and_back(resample(frames, LINE_HZ))
        frame = av.AudioFrame.from_ndarray(line[None], format="s16", layout="mono")
        frame.sample_rate = LINE_HZ
        frames = [frame]
    return resample(frames, RATE_HZ)


def resample(frames: list, rate_hz: int) -> np.ndarray:
    resampler = av.AudioResampler(format="s16", layout="mono", rate=rate_hz)
    done = []
    for frame in [*frames, None]:  # None fetches what the resampler still holds
        if frame is not None:
            frame.pts = None
        done.extend(out.to_ndarray()[0] for out in resampler.resample(frame))
    return np.concatenate(done)


def mu_law_and_back(samples: np.ndarray) -> np.ndarray:
    """What G.711 leaves of 16 bits: a sign, three bits of exponent and four of mantissa."""
    bias, clip = 132, 32_635
    magnitude = np.minimum(np.abs(samples.astype(np.int32)), clip) + bias
    exponent = np.floor(np.log2(magnitude)).astype(np.int32) - 7
    mantissa = (magnitude >> (exponent + 3)) & 0xF
    heard = (((mantissa << 3) + bias) << exponent) - bias
    return np.where(samples < 0, -heard, heard).astype(np.int16)


if __name__ == "__main__":
    main()
