"""What the app asks of the model in the background, as dialogues: summaries, facts in fewer sentences, edits of rules.

Each stands under the prompt that the app itself uses. Extraction is in `training.tasks`.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from assistant import refinement
from assistant.catalogue import BY_TEXT, contradict
from assistant.prompt import PromptMessage
from assistant.recall import statements
from assistant.refinement import Shown, TriedPrompt
from assistant.scoring import PromptScore
from assistant.topics import NAMES, TOPICS, topic_of
from memory import Edit
from memory import Rule as KeptRule
from training import lexicon, remarks, talk
from training.acts import CHANGEABLE, PLAIN_ACKNOWLEDGEMENTS, question_for
from training.cases import heldout
from training.facts import KINDS, Fact, draw_fact, draw_kind, sentence
from training.replies import RULES, Reply, Rule, Style, noisy, render
from training.scene import phrase, told_in_passing
from training.tasks import answered_task, task_prompt
from training.values import Values

SUMMARY_TASK, WORDING_TASK = task_prompt("summarise"), task_prompt("word")


# --- conversations: what was said, and what is worth keeping of it ------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class _Said:
    """One exchange, and what a summary tells of it."""

    text: str
    reply: Reply
    told: dict[str, str] = field(default_factory=dict)
    """Sentences of a summary by what they are about: a later one takes the place of an earlier, an empty one removes it."""
    asks: bool = False


MAX_SUMMARY_WORDS = 150
QUOTED = ('The user said "', 'The user asked "')


def _exchange(rng: random.Random, values: Values, known: dict[str, Fact]) -> _Said:
    """Something that a user says and its answer. `known`: what was told so far, by the name of its kind; grows."""
    while True:
        said = rng.choices(
            (_tells, _changes, _asks, _wonders, _requests, _remarks, _instructs, _chats),
            (0.4, 0.06, 0.08, 0.1, 0.12, 0.12, 0.06, 0.06),
        )[0](rng, values, known)
        if said is not None and not heldout.is_opening(said.text):
            return said


def _tells(rng: random.Random, values: Values, known: dict[str, Fact]) -> _Said | None:
    facts: list[Fact] = []
    for _ in range(rng.choice((1, 1, 1, 2))):
        fact = draw_fact(rng, values, draw_kind(rng, common_share=0.5))
        if fact.kind.name not in known:
            facts.append(fact)
            known[fact.kind.name] = fact
    if not facts:
        return None
    core: tuple[str, ...] = (rng.choice(PLAIN_ACKNOWLEDGEMENTS),)
    if rng.random() < 0.5:
        core = tuple(sentence(rng.choice((*f.kind.acks, f.kind.you[0])).format(v=f.value)) for f in facts)
    told = {f.kind.name: f.kept for f in facts} | {f"? {f.kind.name}": "" for f in facts}
    text = ". ".join(told_in_passing(rng, fact).rstrip(".") for fact in facts)
    return _Said(text=text, reply=Reply(core=core, brief=core[0], greets=True), told=told)


def _changes(rng: random.Random, values: Values, known: dict[str, Fact]) -> _Said | None:
    names = [name for name in known if name in CHANGEABLE]
    if not names:
        return None
    old = known[rng.choice(names)]
    fact = known[old.kind.name] = draw_fact(rng, values, old.kind)
    text = noisy(rng.choice(CHANGEABLE[old.kind.name]), rng).format(v=fact.value, o=old.value)
    first = f"I see, {fact.kind.you[0].format(v=fact.value)} now."
    reply = Reply(core=(first,), brief=first, greets=True)
    return _Said(text=text, reply=reply, told={fact.kind.name: fact.kept})


def _asks(rng: random.Random, values: Values, known: dict[str, Fact]) -> _Said | None:
    if not known:
        return None
    fact = rng.choice(list(known.values()))
    text = noisy(question_for(rng, fact.kind, fact.value), rng)
    first = sentence(fact.kind.you[0].format(v=fact.value))
    reply = Reply(core=(first,), brief=first)
    return _Said(text=text, reply=reply, told={fact.kind.name: fact.kept}, asks=True)


def _wonders(rng: random.Random, values: Values, known: dict[str, Fact]) -> _Said | None:
    kind = draw_fact(rng, values, draw_kind(rng, common_share=0.7)).kind
    if kind.name in known:
        return None
    first = rng.choice((f"You haven't told me {kind.what} yet.", f"I don't know {kind.what} yet."))
    theirs = kind.what.replace("your", "their").replace("you are", "they are").replace("you", "they")
    noun = "for " if theirs.startswith(("their ", "the ")) else ""
    return _Said(
        text=noisy(question_for(rng, kind), rng),
        reply=Reply(core=(first, "If you tell me, I will remember it."), brief=first, greets=True),
        told={f"? {kind.name}": f"The user asked {noun}{theirs}, which is not known yet."},
        asks=True,
    )


def _requests(rng: random.Random, values: Values, known: dict[str, Fact]) -> _Said | None:
    text, reply = talk.decline(rng, values)
    text = noisy(text.replace('"', "'"), rng)
    return _Said(
        text=text,
        reply=reply,
        told={text: f'The user asked "{text}", but the assistant could not help.'},
        asks=True,
    )


def _remarks(rng: random.Random, values: Values, known: dict[str, Fact]) -> _Said | None:
    text, reply = remarks.remark(rng, values)
    text = noisy(text, rng)
    if text.endswith("?"):
        return None
    return _Said(text=text, reply=reply, told={text: f'The user said "{text.rstrip(".")}".'})


def _instructs(rng: random.Random, values: Values, known: dict[str, Fact]) -> _Said | None:
    rule = rng.choice([rule for rule in RULES if rule.name != "name" or "name" in known])
    called = _word_for(rng, values, rule)
    promise = rule.promise.format(v=called)
    wanted = promise.removeprefix("I will ").replace("call you", "call the user")
    wanted = wanted.replace("your name", "the user's name").replace("my points", "its points")
    return _Said(
        text=noisy(rng.choice(rule.typed).replace("{v}", "\0"), rng).replace("\0", called),
        reply=Reply(core=(f"{promise} from now on.",), brief=f"{promise}.", greets=True),
        told={rule.name: f"The assistant agreed to {wanted}."},
    )


def _chats(rng: random.Random, values: Values, known: dict[str, Fact]) -> _Said | None:
    text, reply = talk.small_talk(rng, "Nova")
    return _Said(text=noisy(text, rng), reply=reply)


def _word_for(rng: random.Random, values: Values, rule: Rule) -> str:
    """What stands for `{v}` in a rule: a name, or words to begin or end with."""
    return phrase(rng, values) if rule.name in ("begin", "end") else values.proper(rng, lexicon.PEOPLE)


def _spoken(rng: random.Random, said: Iterable[_Said]) -> str:
    """The exchanges as the app hands a conversation over: a line for each message, with its role."""
    style = Style() if rng.random() < 0.75 else rng.choice([r for r in RULES if r.change]).apply(Style())
    return "\n".join(f"user: {s.text}\nassistant: {render(s.reply, style, rng)}" for s in said)


def summary(rng: random.Random, values: Values, *, exchanges: int | None = None) -> list[PromptMessage]:
    """A running summary and newer messages, and the summary of both: what was told last, and what is still open.

    Args:
        exchanges: how many are newer; the app folds some twenty at once, which is long.
    """
    known: dict[str, Fact] = {}
    earlier = [_exchange(rng, values, known) for _ in range(rng.choice((0, 0, 0, 1, 2, 3, 4, 6)))]
    if as_said := rng.random() < 0.2:
        # As the app sums up without a model: the statements in the user's own words.
        earlier = [s for s in earlier if not s.asks and [s.text] == statements(s.text)]
    said = [_exchange(rng, values, known) for _ in range(exchanges or rng.choice((1, 2, 3, 4, 5, 6, 7, 8, 10)))]
    told = _told({}, earlier)
    before = "\n".join(f"The user said: {s.text}" for s in earlier) if as_said else " ".join(told.values())
    text = f"Summary so far:\n{before or '(none)'}\n\nNewer messages:\n{_spoken(rng, said)}"
    after = " ".join(_told(told, said).values())
    return answered_task(SUMMARY_TASK, text, after or "The user and the assistant made small talk.")


def _told(before: dict[str, str], said: Iterable[_Said]) -> dict[str, str]:
    """The sentences of a summary once these exchanges are in it; when they are too many, quotations go first."""
    told = dict(before)
    for exchange in said:
        told |= exchange.told
    told = {about: text for about, text in told.items() if text}
    while sum(len(text.split()) for text in told.values()) > MAX_SUMMARY_WORDS:
        del told[next((about for about, text in told.items() if text.startswith(QUOTED)), next(iter(told)))]
    return told


# --- facts in fewer sentences -------------------------------------------------------------------------------------


SECTIONS = tuple(
    [kind for kind in KINDS if kind.attribute.partition(":")[0] in attributes]
    for attributes in (
        ("name", "origin", "age", "birthday", "language", "thing"),
        ("pet", "person"),
        ("job", "employer", "study"),
        ("like", "dislike", "preference", "hobby", "favourite"),
        ("allergy", "diet"),
    )
)
"""The kinds of facts that stand together on the page about the user; see `assistant.profile`, which needs more to import."""


@dataclass(frozen=True, kw_only=True)
class _Line:
    """A numbered fact. `before`: what stands before its value, where several values of the kind may share a sentence."""

    number: int
    text: str
    before: str = ""


def wording(rng: random.Random, values: Values) -> list[PromptMessage]:
    """Numbered facts of one section or of a conversation, and the same in fewer sentences as JSON."""
    kinds = rng.choice(SECTIONS) if rng.random() < 0.7 else None
    lines: dict[str, _Line] = {}
    single: set[str] = set()
    for _ in range(rng.choice((2, 2, 3, 3, 4, 4, 5, 6, 8))):
        if kinds is None and rng.random() < 0.4:
            text, before = f"The user said: {noisy(remarks.remark(rng, values)[0], rng)}", ""
        else:
            fact = draw_fact(rng, values, rng.choices(kinds, [k.weight for k in kinds])[0] if kinds else None)
            if fact.kind.name in single:
                continue
            single |= set() if fact.kind.plural else {fact.kind.name}
            text, end = fact.kept, f"{fact.value}."
            before = text.removesuffix(end) if fact.kind.plural and text.endswith(end) else ""
        lines.setdefault(text, _Line(number=len(lines) + 1, text=text, before=before))
    if len(lines) < 2:
        return wording(rng, values)
    numbered = "\n".join(f"{line.number}. {line.text}" for line in lines.values())
    # The text begins with a space, as a value does in the extraction task.
    sentences = [
        {"text": f" {_one_sentence(rows)}", "facts": sorted(line.number for row in rows for line in row)}
        for rows in _together(list(lines.values()))
    ]
    return answered_task(WORDING_TASK, numbered, json.dumps({"sentences": sentences}, ensure_ascii=False))


def _together(lines: Sequence[_Line]) -> list[list[list[_Line]]]:
    """The lines of each sentence, in rows that differ in their value alone: at most three rows that begin alike."""
    rows: dict[str, list[_Line]] = {}
    for line in lines:
        rows.setdefault(line.before or line.text, []).append(line)
    found: list[list[list[_Line]]] = []
    for row in rows.values():
        alike = [other for other in found if len(other) < 3 and _opening(other[0][0]) == _opening(row[0])]
        if alike and _opening(row[0]):
            alike[0].append(row)
        else:
            found.append([row])
    return found


def _opening(line: _Line) -> str:
    """ "The user " or "The user'"; of a quotation, which stands alone, nothing."""
    return "" if line.text.startswith("The user said:") else line.text[: len("The user ")]


def _one_sentence(rows: Sequence[Sequence[_Line]]) -> str:
    """Rows that all begin with "The user", or all with "The user's", in one sentence."""
    parts = [
        row[0].text if len(row) == 1 else row[0].before + _listed([line.text.removeprefix(line.before) for line in row])
        for row in rows
    ]
    rest = [part.replace("The user's ", "their ", 1).replace("The user ", "", 1) for part in parts[1:]]
    return _listed([parts[0], *rest])


def _listed(parts: Sequence[str]) -> str:
    """Parts that end with a full stop as one that does."""
    bare = [part.removesuffix(".") for part in parts]
    return f"{', '.join(bare[:-1])} and {bare[-1]}." if len(bare) > 1 else parts[0]


# --- edits of the rules -------------------------------------------------------------------------------------------

AGAINST = {
    **dict.fromkeys(("short", "one", "two"), "long"),
    **dict.fromkeys(("plain", "no_exclamation", "formal"), "warm"),
    "long": "short",
    "no_emoji": "emoji",
    "warm": "formal",
}
"""The manner in which an answer plainly breaks a rule; none where it is enough not to keep it."""
DROPPED = {
    "bullets": ("no bullets", "please don't use bullets", "I want no list"),
    "numbered": ("no numbers please", "don't number everything"),
    "question": ("stop asking me things", "no question at the end"),
    "name": ("don't use my name", "no need to say my name"),
    "formal": ("not so formal", "too stiff"),
    "warm": ("too sweet", "not so gushing please"),
    "begin": ('stop saying "{v}"', 'no "{v}" please'),
    "end": ('stop saying "{v}"', 'no "{v}" at the end'),
}
"""Rules that a user may want to be rid of, with what a comment says then."""


OTHER_AXES = {"two": ("length", "form"), "call": ("address",), "begin": ("opening",), "end": ("question",)}
"""What rules that the app's catalogue does not hold are about."""


@dataclass(frozen=True, kw_only=True)
class _Wish:
    """A change of the rules that a user would like, and how answers are with it and without it."""

    change: Edit
    with_it: tuple[Rule, ...]
    without: tuple[Rule, ...]
    word: str
    comments: tuple[str, ...]
    reasons: tuple[str, ...]
    axes: frozenset[str]

    def style(self, style: Style, *, met: bool) -> Style:
        for rule in self.with_it if met else self.without:
            style = rule.apply(style, self.word)
        return style


def _named(name: str) -> Rule:
    return next(rule for rule in RULES if rule.name == name)


def _axes(rule: Rule) -> frozenset[str]:
    found = BY_TEXT.get(rule.texts[0])
    return frozenset(found.axes if found else OTHER_AXES[rule.name])


def _wish(rng: random.Random, values: Values) -> _Wish:
    kind = rng.choices(("add", "rewrite", "drop", "split"), (0.5, 0.22, 0.16, 0.12))[0]
    rule = _named(rng.choice(list(DROPPED))) if kind in ("drop", "split") else rng.choice(RULES)
    word = "Hello" if rule.name == "begin" and rng.random() < 0.6 else _word_for(rng, values, rule)
    text, topic = rule.texts[0].format(v=word), NAMES[rng.choice(TOPICS)]
    against = [other for other in RULES if kind == "rewrite" and contradict(other.texts[0], text)]
    with_it: tuple[Rule, ...] = (rule,)
    without = (_named(AGAINST[rule.name]),) if rule.name in AGAINST else ()
    if kind in ("drop", "split"):
        with_it, without = (), (rule,)
        edit = Edit(kind="drop", target=text) if kind == "drop" else Edit(kind="split", target=text, topic=topic)
    elif against:
        without = (rng.choice(against),)
        edit = Edit(kind="rewrite", text=text, target=without[0].texts[0])
    else:
        edit = Edit(kind="add", text=text, topic=topic if rng.random() < 0.15 else "")
    return _Wish(
        change=edit,
        with_it=with_it,
        without=without,
        word=word,
        comments=rule.typed if with_it else DROPPED[rule.name],
        reasons=BY_TEXT[text].reasons if text in BY_TEXT else ("other",),
        axes=frozenset(axis for one in (*with_it, *without) for axis in _axes(one)),
    )


def edits(rng: random.Random, values: Values) -> list[PromptMessage]:
    """Sets of rules with the answers they get wrong, and the changes that the user would like, as JSON."""
    wishes = [_wish(rng, values)]
    if rng.random() < 0.25 and not (second := _wish(rng, values)).axes & wishes[0].axes:
        wishes.append(second)
    texts, steady, taken = [w.change.target for w in wishes if w.change.target], Style(), set[str]()
    taken.update(axis for wish in wishes for axis in wish.axes)
    for rule in rng.sample(RULES, rng.choice((0, 0, 1, 2))):
        if rule.texts[0] in BY_TEXT and rule.change and not _axes(rule) & taken:
            texts.append(rule.texts[0])
            steady, taken = rule.apply(steady), taken | _axes(rule)
    rng.shuffle(texts)
    shown: list[Shown] = []
    cited: list[list[str]] = [[] for _ in wishes]
    for _ in range(rng.choice((4, 5, 5, 6, 6, 7))):
        place = rng.randrange(len(wishes))
        one = _shown(rng, values, wishes, place, steady=steady, number=len(shown) + 1)
        if one is not None:
            shown.append(one)
            cited[place] += [] if one.liked else [one.id]
    topic = wishes[0].change.topic
    seen = {NAMES[topic_of(one.question)] == topic for one in shown}
    if not all(cited) or len(cited[0]) < 2 or (topic and len(seen) < 2):
        return edits(rng, values)  # what is wished could not be told from these
    # What is copied begins with a space, as in the extraction task.
    changes = [
        {
            "kind": w.change.kind,
            "text": w.change.text and f" {w.change.text}",
            "target": w.change.target and f" {w.change.target}",
            "topic": w.change.topic,
            "answers": [int(number) for number in ids],
        }
        for w, ids in zip(wishes, cited, strict=True)
    ]
    text = refinement.memory_text(refinement.best(_tried(rng, texts, taken, shown)), shown)
    task = refinement.PROPOSE.format(n=refinement.PER_ROUND)
    return answered_task(task, text, json.dumps({"changes": changes}, ensure_ascii=False))


def _shown(
    rng: random.Random, values: Values, wishes: Sequence[_Wish], place: int, *, steady: Style, number: int
) -> Shown | None:
    """An answer that is liked where one wish is met or asks for nothing, and disliked where it is not met.

    None where its form does not show the wish. What else is wished is met.
    """
    wish = wishes[place]
    for other in (w for w in wishes if w is not wish):
        steady = other.style(steady, met=True)
    splits, topic, inside = wish.change.kind == "split", wish.change.topic, rng.random() < 0.5
    question, reply = _answered(rng, values)
    while topic and (NAMES[topic_of(question)] == topic) != inside:
        question, reply = _answered(rng, values)
    asks_for_it = not topic or inside != splits
    seed = rng.random()
    before, after = (render(reply, wish.style(steady, met=met), random.Random(seed)) for met in (False, True))
    if asks_for_it and before == after:
        return None
    liked = not asks_for_it or rng.random() < 0.35
    reasons = [rng.choice(wish.reasons)] if rng.random() < 0.7 else []
    comment = noisy(rng.choice(wish.comments), rng).format(v=wish.word) if rng.random() < 0.45 else ""
    better = f"better: {after}" if rng.random() < 0.08 else ""
    return Shown(
        id=str(number),
        question=question,
        answer=after if liked and asks_for_it else before,
        liked=liked,
        why="" if liked else "; ".join(part for part in (*reasons, comment, better) if part),
    )


def _answered(rng: random.Random, values: Values) -> tuple[str, Reply]:
    """A question or remark and its answer, of any topic."""
    luck = rng.random()
    if luck < 0.35:
        fact = draw_fact(rng, values, draw_kind(rng, common_share=0.6))
        first = sentence(fact.kind.you[0].format(v=fact.value))
        return noisy(question_for(rng, fact.kind, fact.value), rng), Reply(core=(first,), brief=first)
    if luck < 0.6:
        text, reply = talk.decline(rng, values)
    elif luck < 0.85:
        text, reply = remarks.remark(rng, values)
    else:
        text, reply = talk.small_talk(rng, "Nova")
    return noisy(text, rng), reply


def _tried(rng: random.Random, texts: Sequence[str], taken: set[str], shown: Sequence[Shown]) -> list[TriedPrompt]:
    """The rules in force, which have gained nothing anywhere, and up to three tries that missed the wish."""
    rules = [KeptRule(id=text, text=text) for text in texts]
    every = tuple(one.id for one in shown)
    score = PromptScore(score=0.5, low=0.3, high=0.7, misaligned=every, n=len(every))
    tried = [TriedPrompt(rules=refinement.listed(rules), result=score)]
    free = [text for text, rule in BY_TEXT.items() if not taken & set(rule.axes)]
    for text in rng.sample(free, min(len(free), rng.choice((0, 0, 0, 1, 2, 3)))):
        value = rng.uniform(0.42, 0.56)
        wrong = tuple(one.id for one in shown if (not one.liked and value < 0.5) or rng.random() < 1 - value)
        changed = refinement.apply_edit(rules, Edit(kind="add", text=text))
        score = PromptScore(score=value, low=0.3, high=0.7, misaligned=wrong, n=len(every))
        tried.append(TriedPrompt(rules=refinement.listed(changed), result=score))
    return tried


BACKGROUND = ((summary, 0.4), (wording, 0.3), (edits, 0.3))


def background(rng: random.Random, values: Values) -> list[PromptMessage]:
    """One of the tasks that the app leaves to the chat model between replies, apart from extraction."""
    return rng.choices([task for task, _ in BACKGROUND], [weight for _, weight in BACKGROUND])[0](rng, values)
