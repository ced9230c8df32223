"""Measures a GGUF on case files through llama.cpp: `python -m training.evaluate MODEL [--cases FILE] [--json]`.

Greedy, on the CPU. Knows how a reply is checked by program; knows nothing of how the model was made.
A case is one JSON object: `id`, `ability`, `messages`, and any of `must` (all in the reply), `must_any` (one of
them), `must_not` (none), `check` (programs, see `CHECKS`). `style` cases carry `rule`, the row they count in;
`extract` cases carry `facts`, a list of `attribute` and `value`, and are answered under the app's JSON schema.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import re
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from llama_cpp import Llama, LlamaGrammar

from assistant.extraction import ModelFacts
from assistant.prompt import PromptMessage
from training.tokens import render
from training.values import HELD_OUT_DIALOGUES, read_dialogues

CASES = Path(__file__).parent / "cases"
EMOJI = re.compile("[\U0001f300-\U0001faff\u2600-\u27bf]")
INFORMAL = re.compile(
    r"n't\b|\w'(re|ll|m|ve)\b|\b(it|that|what|here|there|let|who)'s\b|!|\b(hi|hey|yeah|cool|awesome|gonna|lol)\b",
    re.IGNORECASE,
)
MAX_TOKENS = 160
Case = dict[str, Any]


def words(text: str) -> int:
    return len(re.findall(r"\w[\w'-]*", text))


def sentences(text: str) -> int:
    return len([s for s in re.split(r"[.!?]+(?:\s|$)|\n", EMOJI.sub("", text)) if s.strip()])


def loops(text: str) -> bool:
    """Whether the same four words come three times."""
    found = re.findall(r"\w+", text.lower())
    grams = Counter(tuple(found[i : i + 4]) for i in range(len(found) - 3))
    return any(count >= 3 for count in grams.values())


CHECKS: dict[str, Callable[[str, Any], bool]] = {
    "max_words": lambda reply, most: words(reply) <= most,
    "min_words": lambda reply, least: words(reply) >= least,
    "bullets": lambda reply, on: on == all(line.startswith(("- ", "* ", "• ")) for line in reply.strip().splitlines()),
    "sentences": lambda reply, count: sentences(reply) == count,
    "emoji": lambda reply, on: on == bool(EMOJI.search(reply)),
    "exclamation": lambda reply, on: on == ("!" in reply),
    "begins_with": lambda reply, start: reply.lstrip().startswith(start),
    "ends_with": lambda reply, end: reply.rstrip().endswith(end),
    "holds": lambda reply, value: value in reply,
    "formal": lambda reply, on: on == (not INFORMAL.search(reply) and not EMOJI.search(reply)),
    "loops": lambda reply, on: on == loops(reply),
}


def _holds(reply: str, value: str) -> bool:
    """The exact value, or with a capital where it opens a sentence."""
    return value in reply or value[:1].upper() + value[1:] in reply


Pair = tuple[str, str]


def pairs(facts: Iterable[dict[str, Any]]) -> set[Pair]:
    """(attribute, value) of each fact, in lower case."""
    return {(str(f.get("attribute", "")).lower().strip(), str(f.get("value", "")).lower().strip()) for f in facts}


def pairs_in(reply: str) -> set[Pair]:
    """The facts that an answer lists; none if it is not the JSON asked for."""
    try:
        listed = json.loads(reply)["facts"]
    except (ValueError, KeyError, TypeError):
        return set()
    return pairs(f for f in listed if isinstance(f, dict)) if isinstance(listed, list) else set()


def micro_f1(wanted: Iterable[set[Pair]], found: Iterable[set[Pair]]) -> float | None:
    """2 · hits / (wanted + found), counted over all cases together; None when there are none."""
    hits = total = 0
    for one, other in zip(wanted, found, strict=True):
        hits += len(one & other)
        total += len(one) + len(other)
    return round(2 * hits / total, 4) if total else None


def passes(case: Case, reply: str) -> bool:
    """Whether a reply does what its case asks. An empty reply never does."""
    if "facts" in case:
        return pairs_in(reply) == pairs(case["facts"])
    lower = reply.lower()
    return (
        bool(reply.strip())
        and all(_holds(reply, value) for value in case.get("must", ()))
        and (not case.get("must_any") or any(phrase.lower() in lower for phrase in case["must_any"]))
        and not any(re.search(rf"\b{re.escape(value)}\b", reply, re.IGNORECASE) for value in case.get("must_not", ()))
        and all(CHECKS[name](reply, wanted) for name, wanted in case.get("check", {}).items())
    )


@dataclass(frozen=True, kw_only=True)
class Result:
    case: Case
    reply: str
    tokens: int
    passed: bool
    """Of an `extract` case: every fact and no other."""
    cut: bool
    """It had not ended after `MAX_TOKENS`."""


class ReplyModel:
    """A GGUF behind llama.cpp, greedy, with its own chat template."""

    def __init__(self, path: Path, *, threads: int = 2) -> None:
        self._llama = Llama(
            str(path), n_ctx=0, n_threads=threads, n_threads_batch=threads, n_gpu_layers=0, verbose=False, seed=0
        )
        self.generated_tokens, self.generated_s = 0, 0.0

    @property
    def metadata(self) -> dict[str, str]:
        return dict(self._llama.metadata)

    def tokens_of(self, text: str) -> list[int]:
        """Token ids of a rendered prompt, special tokens included."""
        return list(self._llama.tokenize(text.encode(), add_bos=False, special=True))

    def rendered(self, messages: list[dict[str, str]]) -> str:
        """The prompt as the chat template in the file makes it."""
        from jinja2 import Template

        template = Template(self._llama.metadata["tokenizer.chat_template"])
        return template.render(messages=messages, add_generation_prompt=True)

    def forget(self) -> None:
        """Drop what is cached of the last prompt."""
        self._llama.reset()

    def reply(
        self, messages: list[dict[str, str]], *, json_schema: str = "", max_tokens: int = MAX_TOKENS
    ) -> tuple[str, int, bool]:
        """The reply, its length in tokens, and whether it was cut at `max_tokens`.

        Args:
            json_schema: the reply is held to it by a grammar.
        """
        pieces: list[str] = []
        first = last = 0.0
        reason = None
        grammar = LlamaGrammar.from_json_schema(json_schema, verbose=False) if json_schema else None
        stream = self._llama.create_chat_completion(
            messages=messages, temperature=0.0, repeat_penalty=1.0, max_tokens=max_tokens, stream=True, grammar=grammar
        )
        for chunk in stream:
            choice = chunk["choices"][0]
            if text := choice["delta"].get("content"):
                pieces.append(text)
                last = time.perf_counter()
                first = first or last
            reason = choice["finish_reason"] or reason
        if len(pieces) > 1:
            self.generated_tokens += len(pieces) - 1
            self.generated_s += last - first
        return "".join(pieces), len(pieces), reason == "length"


def perplexity(path: Path, text: Path) -> float:
    """Of the file's held-out casual dialogues: exp of the mean negative log-likelihood of a token, all turns counted.

    Args:
        text: JSON lines with `turns`, gzip; its last dialogues are never trained on (`training.values`).
    """
    llama = Llama(str(path), n_ctx=0, n_gpu_layers=0, verbose=False, logits_all=True)
    total, count = 0.0, 0
    for turns in read_dialogues(text)[-HELD_OUT_DIALOGUES:]:
        rendered = render([PromptMessage(role="user", content=turn) for turn in turns[:12]])
        tokens = llama.tokenize(rendered.encode(), add_bos=False, special=True)[: llama.n_ctx()]
        llama.reset()
        llama.eval(tokens)
        scores = np.asarray(llama.scores[: len(tokens) - 1], dtype=np.float64)
        top = scores.max(axis=1)
        normal = top + np.log(np.exp(scores - top[:, None]).sum(axis=1))
        total += float((normal - scores[np.arange(len(tokens) - 1), tokens[1:]]).sum())
        count += len(tokens) - 1
    return math.exp(total / count)


def first_token_s(model: ReplyModel, *, tokens: int = 1000) -> float:
    """Seconds from a prompt of about `tokens` tokens, none of them cached, to the first token of the reply."""
    text = "The bus was late again. "
    while len(model.tokens_of(model.rendered([{"role": "user", "content": text}]))) < tokens - 8:
        text += "The bus was late again. "
    model.forget()
    begun = time.perf_counter()
    model.reply([{"role": "user", "content": text}], max_tokens=1)
    return time.perf_counter() - begun


def read_cases(paths: Iterable[Path], limit: int | None = None) -> list[Case]:
    """The cases of all files; at most `limit` an ability, spread over each file."""
    cases: list[Case] = []
    for path in paths:
        found = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        step = max(1, len(found) // limit) if limit else 1
        cases += found[::step][:limit]
    return cases


def apart(case: Case, turns: Iterator[str], tokens: int, count: Callable[[list[dict[str, str]]], int]) -> Case:
    """The case with casual talk before its last message, as much as its prompt has room for.

    Args:
        turns: what is said by turns, endless.
        tokens: the most that the whole prompt may have.
        count: the tokens of messages as a prompt.
    """
    *before, question = case["messages"]
    date = question["content"].partition("\n")[0]
    while True:
        exchange = [
            {"role": "user", "content": f"{date}\n\n{next(turns)}"},
            {"role": "assistant", "content": next(turns)},
        ]
        if count([*before, *exchange, question]) > tokens:
            return case | {"messages": [*before, question]}
        before += exchange


def run(model: ReplyModel, cases: Iterable[Case]) -> list[Result]:
    schema = json.dumps(ModelFacts.model_json_schema())
    results = []
    for case in cases:
        reply, tokens, cut = model.reply(case["messages"], json_schema=schema if "facts" in case else "")
        results.append(Result(case=case, reply=reply, tokens=tokens, passed=passes(case, reply), cut=cut))
    return results


def figures(results: list[Result], **measured: float | None) -> dict[str, float | None]:
    """The table, as shares between 0 and 1; None where nothing was measured.

    Args:
        measured: other figures, which stand at its end as they are.
    """

    def share(values: Iterable[bool]) -> float | None:
        listed = list(values)
        return round(sum(listed) / len(listed), 4) if listed else None

    rows: dict[str, list[bool]] = defaultdict(list)
    by_rule: dict[str, list[bool]] = defaultdict(list)
    for result in results:
        rows[result.case["ability"]].append(result.passed)
        if result.case["ability"] == "style":
            by_rule[result.case["rule"]].append(result.passed)
    rule_shares = [s for s in (share(v) for v in by_rule.values()) if s is not None]
    return {
        "recall_prompt": share(rows["recall_prompt"]),
        "recall_history": share(rows["recall_history"]),
        "abstain": share(rows["abstain"]),
        "newest": share(rows["newest"]),
        "style_mean": round(sum(rule_shares) / len(rule_shares), 4) if rule_shares else None,
        "style_min": min(rule_shares, default=None),
        "style_pairs": share(rows["style_pairs"]),
        "extract_f1": micro_f1(
            (pairs(r.case["facts"]) for r in results if "facts" in r.case),
            (pairs_in(r.reply) for r in results if "facts" in r.case),
        ),
        "decline": share(rows["decline"]),
        **({"recall_kept": share(rows["recall_kept"])} if "recall_kept" in rows else {}),
        "loops": share(r.cut or loops(r.reply) for r in results if "facts" not in r.case),
        **{
            name: None if value is None else round(value, 3)
            for name, value in ({"tokens_per_s": None} | measured).items()
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m training.evaluate", description="Measure a GGUF on case files.")
    parser.add_argument("model", type=Path)
    parser.add_argument("--cases", type=Path, action="append", help="a file of cases; default: all of training/cases")
    parser.add_argument("--limit", type=int, help="at most so many cases a file")
    parser.add_argument("--text", type=Path, help="casual dialogues (see README.md): adds the perplexity")
    parser.add_argument(
        "--apart",
        type=int,
        metavar="TOKENS",
        help="casual talk of --text before the last message of each case, until its prompt has so many tokens",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--failures", type=int, default=0, help="print so many failed cases a row, with the replies")
    parser.add_argument("--replies", type=Path, help="write every reply to this file, as JSON lines")
    options = parser.parse_args()
    if options.apart and not options.text:
        parser.error("--apart takes its talk from --text FILE (see README.md)")
    cases = read_cases(options.cases or sorted(CASES.glob("*.jsonl")), options.limit)
    model = ReplyModel(options.model)
    if options.apart:
        said = [turn for turns in read_dialogues(options.text)[-HELD_OUT_DIALOGUES:] for turn in turns]
        turns = itertools.cycle(said)
        cases = [
            apart(case, turns, options.apart, lambda messages: len(model.tokens_of(model.rendered(messages))))
            for case in cases
        ]
    results = run(model, cases)
    table = figures(
        results,
        tokens_per_s=model.generated_tokens / model.generated_s if model.generated_s else None,
        first_token_s=first_token_s(model),
        perplexity=perplexity(options.model, options.text) if options.text else None,
    )
    if options.replies:
        lines = (json.dumps({"id": r.case["id"], "passed": r.passed, "reply": r.reply}) for r in results)
        options.replies.write_text("\n".join(lines) + "\n", encoding="utf-8")
    if options.json:
        print(json.dumps(table))
        return
    counts = Counter(result.case["ability"] for result in results)
    for name, value in table.items():
        count = counts[{"style_mean": "style", "style_min": "style", "extract_f1": "extract"}.get(name, name)]
        print(f"{name:15} {'–' if value is None else value:>8} {f'n = {count}' if count else ''}")
    for rule in dict.fromkeys(r.case["rule"] for r in results if r.case["ability"].startswith("style")):
        found = [r.passed for r in results if r.case.get("rule") == rule]
        print(f"  rule {rule:24} {sum(found) / len(found):.2f}")
    for ability in counts if options.failures else ():
        failed = [r for r in results if r.case["ability"] == ability and not r.passed]
        for result in failed[: options.failures]:
            wanted = {
                k: result.case[k] for k in ("must", "must_not", "check", "facts", "place", "form") if k in result.case
            }
            question = result.case["messages"][-1]["content"].rpartition("\n\n")[2]
            print(f"\n{result.case['id']} {wanted}\n  user: {question}\n  reply: {result.reply}")


if __name__ == "__main__":
    main()
