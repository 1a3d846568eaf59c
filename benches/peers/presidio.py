"""English rows of tests/redaction through Microsoft Presidio, counted as `sidetone eval redaction` counts finals.

    python -m venv .venv && .venv/bin/pip install presidio-analyzer
    .venv/bin/python benches/peers/presidio.py tests/redaction/tuned.tsv tests/redaction/held.tsv

Presidio looks at each turn by itself: it has no state of a conversation. A secret counts as hidden if at most a
quarter of its letters and none of its digits, in figures or words, are left; something found is right if half of it lies in a
secret, of whichever kind. Both are kinder than what Sidetone is held to. A spaCy model is used where one is
installed (`--model en_core_web_sm`); without, a blank English pipeline, with which its patterns and context words work and its
recogniser of names and places finds nothing.
"""

import argparse
import csv
import re

from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
from presidio_analyzer.nlp_engine import NlpArtifacts, NlpEngine, NlpEngineProvider

# What Presidio finds that is a secret in our tables; names of people and places are none.
ENTITIES = [
    "CREDIT_CARD", "IBAN_CODE", "US_SSN", "US_BANK_NUMBER", "US_PASSPORT", "UK_PASSPORT", "UK_NINO", "PHONE_NUMBER", "EMAIL_ADDRESS",
    "DATE_TIME", "LOCATION", "US_DRIVER_LICENSE", "US_ITIN", "UK_POSTCODE",
]
DIGIT = re.compile(
    r"\d|\b(zero|oh|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|"
    r"eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|double|triple)\b",
    re.IGNORECASE,
)


class BlankEngine(NlpEngine):
    """Tokens of a blank spaCy pipeline, and nothing else."""

    def __init__(self):
        import spacy

        self.nlp = spacy.blank("en")

    def load(self):
        pass

    def is_loaded(self):
        return True

    def process_text(self, text, language):
        doc = self.nlp(text)
        lemmas = [token.lower_ for token in doc]
        return NlpArtifacts(
            entities=[], tokens=doc, tokens_indices=[token.idx for token in doc], lemmas=lemmas, nlp_engine=self, language=language, scores=[]
        )

    def process_batch(self, texts, language, **_):
        for text in texts:
            yield text, self.process_text(text, language)

    def is_stopword(self, word, language):
        return word.lower() in self.nlp.vocab and self.nlp.vocab[word.lower()].is_stop

    def is_punct(self, word, language):
        return self.nlp.vocab[word].is_punct

    def get_supported_entities(self):
        return []

    def get_supported_languages(self):
        return ["en"]


def letters(text):
    return sum(c.isalnum() for c in text)


def places(turns, secrets):
    """Each secret as its parts: turn, start, end."""
    taken = [0] * len(turns)
    for secret in [] if secrets == "none" else secrets.split("; "):
        kind, texts = secret.split("=", 1)
        parts = []
        for text in texts.split(" + "):
            turn = next(i for i, said in enumerate(turns) if said.find(text, taken[i]) >= 0)
            start = turns[turn].find(text, taken[turn])
            taken[turn] = start + len(text)
            parts.append((turn, start, start + len(text)))
        yield kind, parts


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("tables", nargs="+")
    parser.add_argument("--model", help="a spaCy model that is installed")
    parser.add_argument("--threshold", type=float, default=0.35)
    args = parser.parse_args()
    if args.model:
        models = [{"lang_code": "en", "model_name": args.model}]
        engine = NlpEngineProvider(nlp_configuration={"nlp_engine_name": "spacy", "models": models}).create_engine()
    else:
        engine = BlankEngine()
    registry = RecognizerRegistry(supported_languages=["en"])
    registry.load_predefined_recognizers(languages=["en"], nlp_engine=engine)
    analyzer = AnalyzerEngine(registry=registry, nlp_engine=engine, supported_languages=["en"])
    entities = [entity for entity in ENTITIES if entity in analyzer.get_supported_entities("en")]
    for table in args.tables:
        said = hidden = found = right = written = written_hidden = 0
        with open(table, encoding="utf-8") as file:
            for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
                if row["lang"] != "en":
                    continue
                turns = [turn.split(": ", 1)[1] for turn in row["turns"].split(" / ")]
                spans = [
                    [(r.start, r.end) for r in analyzer.analyze(text=turn, language="en", entities=entities, score_threshold=args.threshold)]
                    for turn in turns
                ]
                secrets = list(places(turns, row["secrets"]))
                for _, parts in secrets:
                    said += 1
                    whole = True
                    for turn, start, end in parts:
                        left = "".join(
                            c if not any(a <= i < b for a, b in spans[turn]) else " "
                            for i, c in enumerate(turns[turn][start:end], start)
                        )
                        whole &= not DIGIT.search(left) and 4 * letters(left) <= letters(turns[turn][start:end])
                    hidden += whole
                    figures = all(any(c.isdigit() or c == "@" for c in turns[turn][start:end]) for turn, start, end in parts)
                    written += figures
                    written_hidden += figures and whole
                for turn, of_turn in enumerate(spans):
                    for a, b in of_turn:
                        inside = sum(
                            letters(turns[turn][max(a, start) : min(b, end)])
                            for _, parts in secrets
                            for t, start, end in parts
                            if t == turn and start < b and a < end
                        )
                        found += 1
                        right += 2 * inside >= letters(turns[turn][a:b])
        share = lambda part, whole: f"{100 * part / whole:.1f} %" if whole else "-"
        print(f"{table}: en: {said} secrets, {hidden} hidden, recall {share(hidden, said)}; {found} found, precision {share(right, found)}")
        print(f"  of {written} in figures or with `@`, {written_hidden} hidden, recall {share(written_hidden, written)}")


if __name__ == "__main__":
    main()
