"""How users speak in a build of the travel example: variety, and how far it is from people who write to agents.

    python benchmarks/voice.py [--paths 2000] [--out OUT] [--bfcl WHEEL_OR_FOLDER] [--json FILE]

Builds `examples/travel` (or reads a build, `--out`) and prints, over conversations that are no copies:

- skeletons (`skeletons.py`: user turns, values masked): the most common may have 0.5 % of the user turns; at least 400 distinct
  per 1,000; the 50 most common together under 15 %; and the same for each locale;
- distinct-2, self-BLEU and the share of the 50 most common four-grams, beside as many user turns of BFCL's multi-turn questions;
- the share of calls whose tool is BM25's top hit for the words of the user's turn, which names no tool: at most BFCL's own plus 10
  points. Ranked are all tools of the recipe; in BFCL all functions of the classes that an entry involves;
- the AUC of a logistic two-sample classifier over word and character n-grams against BFCL's questions: 0.5 would be alike. Once
  of all words, once of the words that are common in both, since travel and BFCL speak of other things.

BFCL's questions come from the package `bfcl-eval`: installed, or as the wheel or folder given by `--bfcl` (`pip download --no-deps
bfcl-eval`). Without them, what compares with them is left out, and says so. Needs scikit-learn (extra `dev`) for the AUC.
Ends with 1 when a bound does not hold. Takes about 2 minutes on 2 cores.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import re
import subprocess
import sys
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import exp, log
from pathlib import Path
from random import Random
from typing import Any

from skeletons import of_row

RECIPE = Path(__file__).parent.parent / "examples" / "travel"
RESULTS = Path(__file__).parent / "results" / "voice.json"
MOST_COMMON, DISTINCT, TOP_50, BM25_POINTS = 0.005, 400, 0.15, 0.10
SAMPLE, HYPOTHESES = 1500, 400
QUESTIONS = ("base", "miss_func", "miss_param")
DOCUMENTS = {"GorillaFileSystem": "gorilla_file_system", "MathAPI": "math_api", "MessageAPI": "message_api", "TwitterAPI": "posting_api",
             "TicketAPI": "ticket_api", "TradingBot": "trading_bot", "TravelAPI": "travel_booking",
             "VehicleControlAPI": "vehicle_control"}
WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*|[^\w\s]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A user turn: its words, the tools that are called for it, and the tools that are there, by name, as words."""

    text: str
    called: tuple[str, ...]
    tools: dict[str, str]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--paths", type=int, default=2000)
    parser.add_argument("--out", type=Path, help="a build to read instead of making one")
    parser.add_argument("--bfcl", type=Path, help="a wheel of bfcl-eval, or the folder that holds its `data`")
    parser.add_argument("--json", type=Path, default=RESULTS)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        out = args.out or build(Path(folder) / "out", args.paths)
        rows = list(conversations(out))
    found: dict[str, Any] = {"conversations": len(rows), "skeletons": {
        locale: of_skeletons(row for row in rows if locale in ("all", row["tags"]["locale"]))
        for locale in ["all", *sorted({row["tags"]["locale"] for row in rows})]}}
    own = asked_of_rows([row for row in rows if row["tags"]["locale"] == "en"])
    theirs, reason = bfcl(args.bfcl)
    found["travel"] = of_sample(own)
    if theirs:
        found["bfcl"] = of_sample(theirs)
        found["auc"] = aucs([turn.text for turn in own], [turn.text for turn in theirs])
    else:
        found["bfcl"] = {"left out": reason}
    found["bounds"] = bounds(found)
    show(found)
    args.json.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return int(not all(found["bounds"].values()))


def build(out: Path, paths: int) -> Path:
    command = [sys.executable, "-m", "magnetc", "build", RECIPE, "-o", out, "--trust", "--paths", paths]
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    if done.returncode not in (0, 3):
        sys.exit(done.stderr)
    return out


def conversations(out: Path) -> Iterator[dict[str, Any]]:
    for file in sorted((out / "sft").glob("*.jsonl")):
        for row in map(json.loads, file.read_text(encoding="utf-8").splitlines()):
            if not row["tags"]["copy_of"]:
                yield row


def of_skeletons(rows: Iterable[dict[str, Any]]) -> dict[str, Any]:
    counts = Counter(skeleton for row in rows for skeleton in of_row(row))
    turns, ranked = sum(counts.values()), counts.most_common(50)
    return {"user_turns": turns, "distinct_per_1000": round(1000 * len(counts) / turns, 1),
            "most_common": round(ranked[0][1] / turns, 5), "top_50": round(sum(count for _, count in ranked) / turns, 5),
            "which": ranked[0][0]}


def asked_of_rows(rows: Sequence[dict[str, Any]]) -> list[Asked]:
    """The user turns of rows, with the trained calls that follow each. All tools of all rows are there for each."""
    tools = {tool["function"]["name"]: in_words(tool["function"]) for row in rows for tool in json.loads(row["tools"])}
    found: list[Asked] = []
    for row in rows:
        text, called = "", []
        for message in [*row["messages"], {"role": "user", "content": ""}]:
            if message["role"] == "user":
                found += [Asked(text=text, called=tuple(called), tools=tools)] if text else []
                text, called = message["content"], []
            called += [call["function"]["name"] for call in message.get("tool_calls", ())]
    return found


def in_words(function: dict[str, Any]) -> str:
    return f"{function['name'].replace('_', ' ').replace('.', ' ')} {function.get('description', '')}"


def bfcl(source: Path | None) -> tuple[list[Asked], str]:
    """BFCL's multi-turn questions, or why there are none."""
    spec = importlib.util.find_spec("bfcl_eval") if source is None else None
    source = Path(spec.origin).parent if spec and spec.origin else source
    if source is None or not source.exists():
        return [], "bfcl-eval is not installed, and --bfcl names no wheel or folder of it"
    read = Reader(source)
    functions = {name: {tool["name"]: in_words(tool) for tool in read.lines(f"multi_turn_func_doc/{file}.json")}
                 for name, file in DOCUMENTS.items()}
    found: dict[str, Asked] = {}
    for kind in QUESTIONS:
        answers = {entry["id"]: entry["ground_truth"] for entry in read.lines(f"possible_answer/BFCL_v4_multi_turn_{kind}.json")}
        for entry in read.lines(f"BFCL_v4_multi_turn_{kind}.json"):
            tools = {name: words for involved in entry["involved_classes"] for name, words in functions[involved].items()}
            for turn, calls in zip(entry["question"], answers[entry["id"]]):
                text = " ".join(message["content"] for message in turn)
                called = tuple(call.partition("(")[0] for call in calls)
                if text and text not in found:
                    found[text] = Asked(text=text, called=called, tools=tools)
    return list(found.values()), ""


@dataclass(frozen=True, slots=True)
class Reader:
    """Files of bfcl-eval's `data`, in a wheel or in a folder."""

    source: Path

    def lines(self, name: str) -> list[dict[str, Any]]:
        if self.source.suffix == ".whl":
            with zipfile.ZipFile(self.source) as wheel:
                text = wheel.read(f"bfcl_eval/data/{name}").decode()
        else:
            text = next(self.source.rglob(name)).read_text(encoding="utf-8")
        return [json.loads(line) for line in text.splitlines() if line.strip()]


def of_sample(turns: Sequence[Asked]) -> dict[str, Any]:
    texts = [words(turn.text) for turn in Random(7).sample(turns, min(SAMPLE, len(turns)))]
    tools = sum(len(turn.tools) for turn in turns) / len(turns)
    return {"user_turns": len(turns), "sampled": len(texts), "words_per_turn": round(sum(map(len, texts)) / len(texts), 1),
            "distinct_2": round(distinct(texts, 2), 4), "self_bleu_4": round(self_bleu(texts), 4),
            "top_50_four_grams": round(repeated(texts, 4), 4), "bm25_top_hit": round(top_hits(turns), 4), "tools": round(tools, 1)}


def words(text: str) -> list[str]:
    return WORD.findall(text.casefold())


def grams(text: Sequence[str], size: int) -> Iterator[tuple[str, ...]]:
    return zip(*(text[start:] for start in range(size)))


def distinct(texts: Sequence[Sequence[str]], size: int) -> float:
    """Distinct n-grams by all n-grams, over the same number of words for every corpus: it falls with their number."""
    flat: list[tuple[str, ...]] = []
    for text in texts:
        flat += grams(text, size)
    flat = flat[:15000]
    return len(set(flat)) / len(flat)


def repeated(texts: Sequence[Sequence[str]], size: int) -> float:
    counts = Counter(gram for text in texts for gram in grams(text, size))
    return sum(count for _, count in counts.most_common(50)) / sum(counts.values())


def self_bleu(texts: Sequence[Sequence[str]]) -> float:
    """Mean BLEU-4 of a turn against all others (Zhu et al., Texygen, 2018): how much of it was said before."""
    best: list[dict[tuple[str, ...], list[tuple[int, int]]]] = [{} for _ in range(4)]
    for index, text in enumerate(texts):
        for size in range(4):
            for gram, count in Counter(grams(text, size + 1)).items():
                top = sorted([*best[size].get(gram, ()), (count, index)], reverse=True)[:2]
                best[size][gram] = top
    scores = []
    for index, text in enumerate(texts[:HYPOTHESES]):
        if len(text) < 4:
            continue
        total = 0.0
        for size in range(4):
            own = Counter(grams(text, size + 1))
            matched = sum(min(count, max((most for most, at in best[size][gram] if at != index), default=0)) for gram, count in own.items())
            total += log((matched or 0.1) / sum(own.values()))
        scores.append(exp(total / 4))
    return sum(scores) / len(scores)


def top_hits(turns: Sequence[Asked]) -> float:
    """The share of calls whose tool BM25 ranks first for the words of their turn."""
    from bm25s import BM25

    ranked: dict[tuple[str, ...], BM25] = {}
    hits = calls = 0
    for turn in turns:
        names = tuple(sorted(turn.tools))
        if names not in ranked:
            ranked[names] = BM25()
            ranked[names].index([stems(turn.tools[name]) for name in names], show_progress=False)
        if turn.called:
            scores = ranked[names].get_scores(stems(turn.text))
            first = names[int(scores.argmax())]
            calls += len(turn.called)
            hits += sum(name == first for name in turn.called)
    return hits / calls


def stems(text: str) -> list[str]:
    """Words without the endings that tell "flights" from "flight" and "booked" from "book"."""
    return [re.sub(r"(?<=[a-z]{3})(?:ing|ed|es|s)$", "", word) for word in words(text) if word.isalnum()]


def aucs(own: list[str], theirs: list[str]) -> dict[str, float]:
    """Cross-validated AUC: of all words and characters, and of the words that both use in 1 of 200 turns or more."""
    from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import cross_val_score
    from sklearn.pipeline import make_pipeline, make_union

    size = min(len(own), len(theirs), SAMPLE)
    texts = Random(7).sample(own, size) + Random(7).sample(theirs, size)
    labels = [0] * size + [1] * size
    common = [Counter(word for text in half for word in set(words(text))) for half in (texts[:size], texts[size:])]
    shared = sorted(word for word in common[0] if min(counts[word] for counts in common) >= size / 200)
    both = {"words and characters": make_union(TfidfVectorizer(ngram_range=(1, 2)), TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4))),
            "shared words": CountVectorizer(vocabulary=shared, tokenizer=words, token_pattern=None, binary=True)}
    return {name: round(float(cross_val_score(make_pipeline(features, LogisticRegression(max_iter=1000)), texts, labels, cv=5,
                                              scoring="roc_auc").mean()), 4) for name, features in both.items()}


def bounds(found: dict[str, Any]) -> dict[str, bool]:
    said = found["skeletons"]["all"]
    held = {"most common skeleton at most 0.5 %": said["most_common"] <= MOST_COMMON,
            "at least 400 distinct per 1,000": said["distinct_per_1000"] >= DISTINCT,
            "top 50 under 15 %": said["top_50"] < TOP_50}
    if "bm25_top_hit" in found["bfcl"]:
        held["BM25's top hits at most BFCL's plus 10 points"] = found["travel"]["bm25_top_hit"] <= found["bfcl"]["bm25_top_hit"] + BM25_POINTS
    return held


def show(found: dict[str, Any]) -> None:
    print(f"{found['conversations']:,} conversations")
    print(f"  {'skeletons':12}{'user turns':>12}{'distinct per 1,000':>20}{'most common':>14}{'top 50':>10}")
    for locale, own in found["skeletons"].items():
        print(f"  {locale:12}{own['user_turns']:12,}{own['distinct_per_1000']:20.0f}{own['most_common']:14.2%}{own['top_50']:10.2%}")
    print(f"  most common: {found['skeletons']['all']['which']}")
    corpora = [name for name in ("travel", "bfcl") if "user_turns" in found[name]]
    print(f"\n  {'English user turns':36}" + "".join(f"{name:>10}" for name in corpora))
    for figure in found["travel"]:
        print(f"  {figure.replace('_', ' '):36}" + "".join(f"{found[name][figure]:10}" for name in corpora))
    if "auc" in found:
        print("  AUC against BFCL: " + ", ".join(f"{name} {auc:.3f}" for name, auc in found["auc"].items()))
    else:
        print(f"  nothing is compared with BFCL: {found['bfcl']['left out']}")
    for bound, holds in found["bounds"].items():
        print(f"  {'met' if holds else 'MISSED'}: {bound}")


if __name__ == "__main__":
    sys.exit(main())
