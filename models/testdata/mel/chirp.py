"""The sound of the golden values: a rising tone over a little noise. The tests make the same (`src/mel.rs`)."""

import numpy as np

RATE = 16_000


def chirp(samples):
    noise, out = 1, np.empty(samples)
    for i in range(samples):
        noise = (noise * 1_664_525 + 1_013_904_223) % 2**32
        t = i / RATE
        tone = np.sin(2 * np.pi * (200 + 900 * t) * t)
        out[i] = 0.3 * tone + 0.01 * ((noise >> 8) / 2**23 - 1)
    return out.astype(np.float32)
