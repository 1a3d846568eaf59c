"""Makes golden.tsv: rows of log-mel spectrograms by Whisper's formula, over the whole 30 s window.

Reference: Radford et al. 2022, section 2.2; filter bank as in Slaney's Auditory Toolbox (1998).
Run: python3 golden.py > golden.tsv   (needs numpy)
"""

import numpy as np

from chirp import chirp

RATE, WINDOW, HOP, BANDS = 16_000, 480_000, 160, 80


def filters():
    step = np.log(6.4) / 27
    mel = lambda hz: hz / (200 / 3) if hz < 1000 else 15 + np.log(hz / 1000) / step
    hz = lambda mel: mel * 200 / 3 if mel < 15 else 1000 * np.exp(step * (mel - 15))
    edges = np.array([hz(m) for m in np.linspace(0, mel(RATE / 2), BANDS + 2)])
    bins = np.linspace(0, RATE / 2, 201)
    bank = np.zeros((BANDS, 201))
    for i in range(BANDS):
        low, peak, high = edges[i : i + 3]
        ramp = np.minimum((bins - low) / (peak - low), (high - bins) / (high - peak))
        bank[i] = np.maximum(0, ramp) * 2 / (high - low)
    return bank


def log_mel(pcm):
    pcm = np.pad(np.pad(pcm.astype(np.float64), (0, WINDOW - len(pcm))), 200, mode="reflect")
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 400)
    frames = np.stack([pcm[i * HOP : i * HOP + 400] * hann for i in range(WINDOW // HOP)])
    power = np.abs(np.fft.rfft(frames)) ** 2
    log = np.log10(np.maximum(power @ filters().T, 1e-10))
    return (np.maximum(log, log.max() - 8) + 4) / 4


print("# made by golden.py: samples, frame, then the 80 bands of that frame")
for samples, frames in [(19_744, [0, 1, 2, 60, 122, 123, 124, 125, 200, 2999]), (WINDOW, [0, 1500, 2998, 2999]), (100, [0, 1, 2])]:
    mel = log_mel(chirp(samples))
    for frame in frames:
        print(samples, frame, *(f"{value:.4f}" for value in mel[frame]), sep="\t")
