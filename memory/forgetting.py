"""Works out what forgetting takes, and takes it: words struck out of every row that quotes them, tombstones, clean files.

One memory loses its words; a topic or a person, every sentence that names it; a period or a conversation, all that was
said in it. Whatever was learnt only from what goes, goes with it.

One memory has two widths. A name or number ("Pemba", "1987") is struck out of every row that holds it. A common word ("tea") is
struck out only where this memory came from and where it was used: elsewhere it is somebody else's tea.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from memory.query import STOP_WORDS, terms
from memory.records import Conversation, ForgetPlan, Memory, Message, Summary
from memory.store import Store, instant

MARK = "[forgotten]"
TEXT_COLUMNS = (
    ("messages", "content"),
    ("messages", "reasoning"),
    ("messages", "block"),
    ("message_uses", "text"),
    ("conversations", "title"),
    ("collections", "name"),
    ("summaries", "content"),
    ("feedback", "comment"),
    ("feedback", "edit"),
    ("memories", "content"),
    ("memories", "value"),
    ("memory_events", "content"),
    ("held_facts", "content"),
    ("held_facts", "value"),
    ("profile_versions", "lines"),
    ("prompt_versions", "rules"),
    ("prompt_versions", "reason"),
    ("prompt_candidates", "text"),
    ("prompt_candidates", "target"),
    ("jobs", "payload"),
    ("jobs", "error"),
    ("notes", "value"),
)
"""Every column that may quote the user. Personas are not among them: the user wrote those as they are."""
JSON_COLUMNS = {("profile_versions", "lines"), ("prompt_versions", "rules"), ("jobs", "payload")}
UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
"""Scripts whose words stand without spaces, or carry endings: in 我叫小明 the name has neighbours. They have no capitals."""
IN_CONVERSATION = {"messages", "message_uses", "conversations", "summaries", "feedback"}


@dataclass(frozen=True, kw_only=True)
class Phrase:
    """Words to strike out. `everywhere`: distinctive enough to go wherever they stand."""

    text: str
    everywhere: bool

    @property
    def pattern(self) -> re.Pattern[str]:
        flexible = r"\s+".join(re.escape(part) for part in self.text.split())
        before = "" if UNSPACED.match(self.text[0]) else r"(?<!\w)"
        after = "" if UNSPACED.match(self.text[-1]) else r"(?!\w)"
        return re.compile(f"{before}{flexible}{after}", re.IGNORECASE)


def phrases_of(memory: Memory) -> tuple[Phrase, ...]:
    """What of a memory is its secret: its value, or its whole sentence when it has none."""
    text = (memory.value.strip() or memory.content.strip()).rstrip(".!? ")
    named = any(c.isupper() or c.isdigit() or UNSPACED.match(c) for c in text)
    long = len(text) > (1 if UNSPACED.match(text) else 2)
    return (Phrase(text=text, everywhere=long and named and text.casefold() not in STOP_WORDS),) if text else ()


def _redacted(message: Message, phrases: Sequence[Phrase], *, source: bool) -> str:
    """A message without the phrases. A source that says it in other words ("May 3rd") loses the words that are
    shared, and if none is, all of them."""
    text = message.content
    for phrase in phrases:
        text = phrase.pattern.sub(MARK, text)
    if not source or text != message.content or not phrases:
        return text
    for phrase in phrases:
        for word in terms(phrase.text):
            text = Phrase(text=word, everywhere=False).pattern.sub(MARK, text)
    return text if text != message.content else MARK


def plan_memory(store: Store, memory: Memory) -> ForgetPlan:
    """What forgetting one memory takes: itself, those that say the same, and the words in every message."""
    phrases = phrases_of(memory)
    sources = _sources(store, [memory.id])
    alike = [
        other
        for other in store.select("memories", Memory, "1 ORDER BY seq")
        if other.id == memory.id
        or (memory.value and other.value.casefold() == memory.value.casefold() and other.attribute == memory.attribute)
        or (other.source_message_id in sources and any(p.pattern.search(other.content) for p in phrases))
    ]
    conversations = _conversations(store, [m.id for m in alike])
    sources = _sources(store, [m.id for m in alike])
    messages = [
        message
        for message in store.select("messages", Message, "1 ORDER BY seq")
        if (message.id in sources and _redacted(message, phrases, source=True) != message.content)
        or any(
            p.pattern.search(message.content) and (p.everywhere or message.conversation_id in conversations)
            for p in phrases
        )
    ]
    return ForgetPlan(
        memories=tuple(alike), redacted_messages=tuple(messages), phrases=tuple(phrase.text for phrase in phrases)
    )


def plan_conversation(store: Store, conversation: Conversation) -> ForgetPlan:
    """What deleting a conversation takes: its messages, and the memories that were learnt nowhere else."""
    inside = {row["id"] for row in store.rows("SELECT id FROM messages WHERE conversation_id = ?", [conversation.id])}
    learnt = [
        memory
        for memory in store.select("memories", Memory, "source_message_id IS NOT NULL ORDER BY seq")
        if _sources(store, [memory.id]) <= inside
    ]
    return ForgetPlan(memories=_with_merged(store, learnt), redacted_messages=(), deleted_conversations=(conversation,))


def plan_topic(store: Store, topic: str) -> ForgetPlan:
    """What forgetting everything about a topic takes: memories and sentences that name it, or a name it is known by.

    "my ex" also takes "Piet" when a memory says that the ex is called so.
    """
    words = [re.sub(r"^(?:my|our|the|a|an|about|everything about|all about) ", "", topic.strip(), flags=re.IGNORECASE)]
    return _plan_words(store, [word for word in words if word.strip(" .!?,")])


def plan_person(store: Store, person: str) -> ForgetPlan:
    """What forgetting a person (or a pet) takes, by name or by what they are to the user ("sister")."""
    wanted = re.sub(r"^(?:my|our|the) ", "", person.strip(), flags=re.IGNORECASE)
    words = [wanted]
    known = [m for m in store.select("memories", Memory, "1 ORDER BY seq") if _is_somebody(m)]
    for memory in known:
        role = memory.attribute.partition(":")[2]
        if memory.value.casefold() == wanted.casefold() and _only_one(known, role):
            words.append(f"my {role}")
    return _plan_words(store, [word for word in words if word.strip(" .!?,")])


def plan_period(store: Store, first: datetime, last: datetime) -> ForgetPlan:
    """What forgetting a time takes: all that was said from `first` until before `last`, and what was learnt only then.

    A conversation that lies in it whole is deleted; of another, the messages of that time lose every word.
    """
    inside = store.select(
        "messages", Message, "created_at >= ? AND created_at < ? ORDER BY seq", [instant(first), instant(last)]
    )
    ids = {message.id for message in inside}
    whole = []
    for conversation_id in dict.fromkeys(message.conversation_id for message in inside):
        rows = store.rows("SELECT id FROM messages WHERE conversation_id = ?", [conversation_id])
        if {row["id"] for row in rows} <= ids:
            found = store.find("conversations", Conversation, conversation_id)
            whole += [found] if found else []
    gone = {conversation.id for conversation in whole}
    learnt = []
    for memory in store.select("memories", Memory, "1 ORDER BY seq"):
        sources = _sources(store, [memory.id])
        by_hand = not sources and first <= memory.created_at < last
        if by_hand or (sources and sources <= ids):
            learnt.append(memory)
    return ForgetPlan(
        memories=_with_merged(store, learnt),
        redacted_messages=(),
        deleted_conversations=tuple(whole),
        blanked_messages=tuple(m for m in inside if m.conversation_id not in gone and m.content not in ("", MARK)),
    )


def _with_merged(store: Store, memories: Sequence[Memory]) -> tuple[Memory, ...]:
    """Also what was made of them by merging: it holds their words."""
    going = {memory.id: memory for memory in memories}
    waiting = list(memories)
    while waiting:
        memory = waiting.pop()
        merged = store.rows("SELECT 1 FROM memory_events WHERE memory_id = ? AND kind = 'merged'", [memory.id])
        into = store.find("memories", Memory, memory.superseded_by) if merged and memory.superseded_by else None
        if into is not None and into.id not in going:
            going[into.id] = into
            waiting.append(into)
    return tuple(going.values())


def _plan_words(store: Store, words: Sequence[str]) -> ForgetPlan:
    if not words:
        return ForgetPlan(memories=(), redacted_messages=())
    everything = store.select("memories", Memory, "1 ORDER BY seq")
    # A name that a memory gives to the topic belongs to it: what is said of Piet is said of the ex.
    names = [m.value for m in everything if _is_somebody(m) and m.value and _names(m, _any_of(words))]
    words = list(dict.fromkeys([*words, *names]))
    pattern = _any_of(words)
    messages = [m for m in store.select("messages", Message, "1 ORDER BY seq") if pattern.search(m.content)]
    left = {message.id: without_sentences(message.content, pattern) for message in messages}
    memories = [m for m in everything if _names(m, pattern) or _learnt_only_there(store, m, left)]
    return ForgetPlan(memories=tuple(memories), redacted_messages=tuple(messages), topic=tuple(words))


def _learnt_only_there(store: Store, memory: Memory, left: Mapping[str, str]) -> bool:
    """Was it read in sentences that go, and nowhere else? `left`: what stays of the messages that lose some."""
    sources = _sources(store, [memory.id])
    if not sources or not sources <= set(left):
        return False
    said = terms(memory.value or memory.content)
    return not any(word in terms_of(left[source]) for source in sources for word in said)


def terms_of(text: str) -> set[str]:
    return {word.lower() for word in re.findall(r"\w+", text)}


def _is_somebody(memory: Memory) -> bool:
    return memory.attribute.partition(":")[0] in ("person", "pet")


def _only_one(known: Sequence[Memory], role: str) -> bool:
    """The user has one sister that we know of, so that "my sister" is she."""
    return len({m.value.casefold() for m in known if m.attribute.partition(":")[2] == role}) == 1


def _names(memory: Memory, pattern: re.Pattern[str]) -> bool:
    said = f"{memory.content}\n{memory.value}\n{memory.subject}\n{memory.attribute.replace(':', ' ')}"
    return bool(pattern.search(said))


def _any_of(words: Iterable[str]) -> re.Pattern[str]:
    """Any of the words, in singular or plural, whole."""
    # A name keeps its last letter: Hans is not Han.
    plain = {
        re.sub(r"(?<=\w{3})(?<!s)s$", "", w) if w.islower() else w for w in (word.strip(" .!?,") for word in words)
    }
    ordered = sorted(plain, key=len, reverse=True)
    parts = [Phrase(text=word, everywhere=True).pattern.pattern.removesuffix(r"(?!\w)") for word in ordered]
    ends = "" if any(UNSPACED.match(word[-1]) for word in ordered) else r"(?:s|es|['’]s)?(?!\w)"
    return re.compile(f"(?:{'|'.join(parts)}){ends}", re.IGNORECASE)


def is_named(words: Sequence[str], text: str) -> bool:
    """Does a text that is kept elsewhere, such as a draft on the page, name any of what is forgotten?"""
    return any(word.strip() for word in words) and bool(_any_of([w for w in words if w.strip()]).search(text))


_SENTENCE = re.compile(r"[^.!?…\n。！？]+(?:[.!?…。！？]+(?=\s|$)|[.!?…](?=\S))*[.!?…。！？]*|\n|[.!?…。！？]+")


def without_sentences(text: str, pattern: re.Pattern[str]) -> str:
    """A text in which every sentence that the pattern finds is a mark; a run of them is one mark."""
    if not pattern.search(text):
        return text
    kept, end = "", 0
    spans = [match.span() for match in _SENTENCE.finditer(text)]
    for match in pattern.finditer(text):
        touched = [span for span in spans if span[0] < match.end() and match.start() < span[1]]
        first = min((span[0] for span in touched), default=match.start())
        last = max((span[1] for span in touched), default=match.end())
        if last <= end:
            continue
        between = text[end : max(first, end)]
        start = first + len(text[first:last]) - len(text[first:last].lstrip())
        kept += between if between.strip() or not kept.endswith(MARK) else ""
        kept += "" if kept.endswith(MARK) else f"{text[max(first, end) : max(start, end)]}{MARK}"
        end = last
    return kept + text[end:]


_MARKED = re.compile(re.escape(MARK))


def is_struck(text: str) -> bool:
    """Has it lost words to forgetting? What is left of it may say something else: it is quoted and learnt from no more."""
    return MARK in text


def unstruck(text: str) -> str:
    """The sentences that lost nothing to forgetting; empty when there are none."""
    return without_sentences(text, _MARKED).replace(MARK, "").strip() if is_struck(text) else text


def carry_out(store: Store, plan: ForgetPlan) -> set[str]:
    """Take what the plan names, in one transaction. Returns the items whose vectors are gone with it."""
    ids = [memory.id for memory in plan.memories]
    conversations = _conversations(store, ids)
    phrases = {phrase for memory in plan.memories for phrase in phrases_of(memory)} if plan.phrases else set()
    touched: set[str] = set(ids)
    with store.transaction() as connection:
        # Lines about forgotten facts are known by their identifiers; striking words first would hide them.
        for memory in plan.memories:
            _blank_lines(store, memory, phrases)
        _drop_uses(store, ids)
        for conversation in plan.deleted_conversations:
            rows = connection.execute("SELECT id FROM messages WHERE conversation_id = ?", [conversation.id])
            inside = [row["id"] for row in rows]
            touched.update(inside)
            _drop_uses(store, inside)
            # Without its chain of parents: SQLite follows a cascade a thousand rows deep and then gives up.
            connection.execute("UPDATE messages SET parent_id = NULL WHERE conversation_id = ?", [conversation.id])
            connection.execute("DELETE FROM conversations WHERE id = ?", [conversation.id])
        if phrases:
            touched |= _redact_sources(store, _sources(store, ids), sorted(phrases, key=lambda p: -len(p.text)))
        for phrase in sorted(phrases, key=lambda p: -len(p.text)):
            touched |= _strike(store, phrase, conversations)
        if plan.topic:
            touched |= _strike_topic(store, _any_of(plan.topic))
        touched |= _blank(store, [message.id for message in plan.blanked_messages])
        for memory in plan.memories:
            connection.execute("DELETE FROM memories WHERE id = ?", [memory.id])
            connection.execute("UPDATE memory_events SET content = '' WHERE memory_id = ?", [memory.id])
        connection.executemany("DELETE FROM embeddings WHERE item_id = ?", [[item] for item in touched])
        store.build_fts()
    return touched


def _strike(store: Store, phrase: Phrase, conversations: set[str]) -> set[str]:
    """Replace the phrase by a mark. Returns the identifiers of changed messages and memories."""
    changed: set[str] = set()
    pattern = phrase.pattern
    with store.transaction() as connection:
        for table, column in TEXT_COLUMNS:
            key = "key" if table == "notes" else "seq"
            for row in connection.execute(f"SELECT * FROM {table}").fetchall():
                if not phrase.everywhere and not _within(store, table, row, conversations):
                    continue
                text = (
                    _sub_in_json(pattern, row[column])
                    if (table, column) in JSON_COLUMNS
                    else pattern.sub(MARK, row[column])
                )
                if text != row[column]:
                    connection.execute(f"UPDATE {table} SET {column} = ? WHERE {key} = ?", [text, row[key]])
                    if table in ("messages", "memories") and column == "content":
                        changed.add(row["id"])
                        if table == "messages":
                            changed |= _neighbours(store, row["id"], row["parent_id"])
    return changed


def _strike_topic(store: Store, pattern: re.Pattern[str]) -> set[str]:
    """Take every sentence that names the topic out of every row. Returns the changed messages and memories."""
    changed: set[str] = set()

    def strike(text: str) -> str:
        return without_sentences(text, pattern)

    with store.transaction() as connection:
        for table, column in TEXT_COLUMNS:
            key = "key" if table == "notes" else "seq"
            for row in connection.execute(f"SELECT * FROM {table}").fetchall():
                text = _map_json(strike, row[column]) if (table, column) in JSON_COLUMNS else strike(row[column])
                if text == row[column]:
                    continue
                connection.execute(f"UPDATE {table} SET {column} = ? WHERE {key} = ?", [text, row[key]])
                if table in ("messages", "memories") and column == "content":
                    changed.add(row["id"])
                    if table == "messages":
                        changed |= _neighbours(store, row["id"], row["parent_id"])
        connection.execute("DELETE FROM held_facts WHERE content LIKE ?", [f"%{MARK}%"])
    return changed


def _blank(store: Store, message_ids: Sequence[str]) -> set[str]:
    """Leave nothing of these messages but their place, and nothing that was made of them."""
    changed: set[str] = set()
    _drop_uses(store, message_ids)
    with store.transaction() as connection:
        for message_id in message_ids:
            message = store.find("messages", Message, message_id)
            if message is None:
                continue
            store.change("messages", message_id, content=MARK, reasoning="", block="")
            for table in ("message_uses", "feedback", "held_facts"):
                connection.execute(f"DELETE FROM {table} WHERE message_id = ?", [message_id])
            if message.parent_id is None:
                # The title was made of it, unless the user gave one.
                connection.execute(
                    "UPDATE conversations SET title = ? WHERE id = ? AND titled_by = 'auto'",
                    [MARK, message.conversation_id],
                )
            changed |= {message_id} | _neighbours(store, message_id, message.parent_id)
    return changed


def drop_summaries(store: Store, message_ids: Set[str]) -> list[str]:
    """Running summaries that cover any of these messages: they may say in other words what was struck out.

    Returns the conversations they were of, which are to be folded anew.
    """
    covering = [
        summary
        for summary in store.select("summaries", Summary, "1")
        if not message_ids.isdisjoint(summary.message_ids)
    ]
    with store.transaction() as connection:
        connection.executemany("DELETE FROM summaries WHERE id = ?", [[summary.id] for summary in covering])
    return list(dict.fromkeys(summary.conversation_id for summary in covering))


def _redact_sources(store: Store, sources: set[str], phrases: Sequence[Phrase]) -> set[str]:
    changed: set[str] = set()
    with store.transaction():
        for identifier in sorted(sources):
            message = store.find("messages", Message, identifier)
            if message is None:
                continue
            text = _redacted(message, phrases, source=True)
            if text != message.content:
                store.change("messages", identifier, content=text)
                changed |= {identifier} | _neighbours(store, identifier, message.parent_id)
    return changed


def _sub_in_json(pattern: re.Pattern[str], column: str) -> str:
    """Strike out inside the strings of a JSON column, where escapes do not hide a word and no bracket is lost."""
    return _map_json(lambda text: pattern.sub(MARK, text), column)


def _map_json(change: Callable[[str], str], column: str) -> str:
    def walk(value: Any) -> Any:
        if isinstance(value, str):
            return change(value)
        if isinstance(value, list):
            return [walk(item) for item in value]
        if isinstance(value, dict):
            return {key: walk(item) for key, item in value.items()}
        return value

    before = json.loads(column)
    after = walk(before)
    return column if after == before else json.dumps(after, ensure_ascii=False)


def _drop_uses(store: Store, item_ids: Sequence[str]) -> None:
    """Take what answers were given of these items out of the record of uses and out of the rendered blocks."""
    with store.transaction() as connection:
        for item_id in item_ids:
            uses = connection.execute(
                """SELECT u.text, m.id, m.parent_id FROM message_uses u JOIN messages m ON m.id = u.message_id
                   WHERE u.item_id = ? AND u.text != ''""",
                [item_id],
            ).fetchall()
            for use in uses:
                connection.execute(
                    "UPDATE messages SET block = replace(block, ?, ?) WHERE id IN (?, ?)",
                    [use["text"], MARK, use["id"], use["parent_id"]],
                )
            connection.execute("DELETE FROM message_uses WHERE item_id = ?", [item_id])


def _within(store: Store, table: str, row: object, conversations: set[str]) -> bool:
    """Is a row part of the conversations that a common word is struck out of?"""
    if table not in IN_CONVERSATION:
        return False
    values = dict(row)  # type: ignore[call-overload]
    if table == "conversations":
        return values["id"] in conversations
    if "conversation_id" in values:
        return values["conversation_id"] in conversations
    owner = store.value("SELECT conversation_id FROM messages WHERE id = ?", [values["message_id"]])
    return owner in conversations


def _blank_lines(store: Store, memory: Memory, phrases: Iterable[Phrase]) -> None:
    """Take a forgotten memory's sentence out of every profile version, prompt block and use, whatever its words.

    A line that the user reworded no longer names the memory, but its version hides it: there the phrases go.
    """
    with store.transaction() as connection:
        for row in connection.execute("SELECT seq, lines, hidden_memory_ids FROM profile_versions").fetchall():
            lines = json.loads(row["lines"])
            kept = [line for line in lines if memory.id not in line["memory_ids"]]
            text = json.dumps(kept, ensure_ascii=False)
            if memory.id in json.loads(row["hidden_memory_ids"]):
                for phrase in phrases:
                    text = _sub_in_json(phrase.pattern, text)
            if json.loads(text) != lines:
                connection.execute("UPDATE profile_versions SET lines = ? WHERE seq = ?", [text, row["seq"]])
        for table, column in (("messages", "block"), ("message_uses", "text")):
            connection.execute(
                f"UPDATE {table} SET {column} = replace({column}, ?, ?) WHERE instr({column}, ?) > 0",
                [memory.content, MARK, memory.content],
            )


def _sources(store: Store, memory_ids: Sequence[str]) -> set[str]:
    """Every message that said it: the first one, and those that said it again."""
    marks = ", ".join("?" * len(memory_ids))
    rows = store.rows(
        f"""SELECT source_message_id FROM memories WHERE id IN ({marks})
            UNION SELECT source_message_id FROM memory_events
                  WHERE memory_id IN ({marks}) AND kind IN ('added', 'refreshed')""",
        [*memory_ids, *memory_ids],
    )
    return {row[0] for row in rows if row[0] is not None}


def _conversations(store: Store, memory_ids: Sequence[str]) -> set[str]:
    """Where memories came from, and where answers used them."""
    if not memory_ids:
        return set()
    marks = ", ".join("?" * len(memory_ids))
    sources = _sources(store, memory_ids)
    items = [*memory_ids, *sources]
    marks = ", ".join("?" * len(items))
    rows = store.rows(
        f"""SELECT m.conversation_id FROM messages m JOIN message_uses u ON u.message_id = m.id
            WHERE u.item_id IN ({marks})""",
        items,
    )
    return {row[0] for row in rows} | _conversations_of(store, sources)


def _conversations_of(store: Store, message_ids: Iterable[str]) -> set[str]:
    wanted = list(message_ids)
    marks = ", ".join("?" * len(wanted))
    return {row[0] for row in store.rows(f"SELECT conversation_id FROM messages WHERE id IN ({marks})", wanted)}


def _neighbours(store: Store, message_id: str, parent_id: str | None) -> set[str]:
    """Messages whose vectors were made from a window that held this one."""
    rows = store.rows("SELECT id FROM messages WHERE parent_id = ?", [message_id])
    return {row["id"] for row in rows} | ({parent_id} if parent_id else set())
