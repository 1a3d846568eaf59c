"""Fits the tagger of secrets: python3 fit.py ATTRIBUTES.tsv tagger.crf

`sidetone eval redaction --attributes ATTRIBUTES.tsv TABLE.tsv...` writes what is read here: a line
`call <id> <table>` before the tokens of each turn, and for each token its label, the attributes of the
token itself and those of what the rules make of it, parted by tabs. Needs python-crfsuite (0.9.12).
"""

import random
import struct
import sys

import pycrfsuite

KINDS = """card_number card_security_code card_expiry iban account_number identity_number passport
phone email address birthday password one_time_code""".split()
LABELS = ["O"] + ["B-" + kind for kind in KINDS] + ["I-" + kind for kind in KINDS]
# Tables that were written by people who did not know the rules, and that no rule was made for: what the
# rules make of them is what they make of other calls.
UNSEEN = ["heard.tsv"]
# Of the other tables so many calls are learned from without the rules, which know them too well.
WITHOUT_RULES = 0.7
SCALE = 1024


def turns(path):
    """The turns: the call, its table, labels, attributes, attributes of rules."""
    turn = None
    for line in open(path, encoding="utf-8"):
        fields = line.rstrip("\n").split("\t")
        if fields[0] == "call":
            if turn and turn[2]:
                yield turn
            turn = (fields[1], fields[2], [], [], [])
        else:
            turn[2].append(fields[0])
            turn[3].append(fields[1].split())
            turn[4].append(fields[2].split())
    if turn and turn[2]:
        yield turn


def fit(attributes, out):
    trainer = pycrfsuite.Trainer(verbose=False)
    chance = random.Random(1)
    call, by_rules = None, True
    for ident, table, labels, own, rules in turns(attributes):
        unseen = table in UNSEEN
        if ident != call:
            call, by_rules = ident, unseen or chance.random() > WITHOUT_RULES
        told = [a + b if by_rules else a for a, b in zip(own, rules)]
        for _ in range(2 if unseen else 1):
            trainer.append(told, labels)
    trainer.set_params({"c1": 0.05, "c2": 0.05, "max_iterations": 90, "feature.minfreq": 2})
    trainer.train(out + ".crfsuite")
    tagger = pycrfsuite.Tagger()
    tagger.open(out + ".crfsuite")
    write(tagger.info(), out)


def write(info, out):
    """Writes the weights as the engine reads them (`engine/language/src/redact/tagger/model.rs`)."""
    weights = {}
    for (attribute, label), weight in info.state_features.items():
        stored = max(-32768, min(32767, round(weight * SCALE)))
        if stored:
            weights.setdefault(int(attribute), []).append((LABELS.index(label), stored))
    data = bytearray(b"SIDECRF1")
    data += struct.pack("<I", len(LABELS))
    for before in LABELS:
        for label in LABELS:
            data += struct.pack("<f", info.transitions.get((before, label), 0.0))
    data += struct.pack("<I", len(weights))
    for attribute in sorted(weights):
        data += struct.pack("<II", attribute, len(weights[attribute]))
    for attribute in sorted(weights):
        for label, weight in weights[attribute]:
            data += struct.pack("<Bh", label, weight)
    with open(out, "wb") as file:
        file.write(data)
    print(f"{len(weights)} attributes, {len(data)} bytes")


if __name__ == "__main__":
    fit(*sys.argv[1:])
