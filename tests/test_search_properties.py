"""What holds of every search, whatever is stored and asked. Real SQLite and Chroma; hashed words for an encoder."""

import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from memory import Memory, MemoryManager, Message, NewMessage, SearchHit, open_memory
from tests.fakes import HashEmbeddings

START = datetime(2026, 5, 3, 9, 30, tzinfo=UTC)
WORDS = ("quince", "otter", "kale", "boat", "sun")
PERSONAS = ("nova", "bard", "sage")
COLLECTIONS = ("Garden", "Boats")
EXAMPLES = settings(max_examples=12, deadline=None)

sentences = st.lists(st.sampled_from(WORDS), min_size=1, max_size=5).map(" ".join)
moments = st.integers(-3, 3).map(lambda hours: START + timedelta(hours=hours))


@contextmanager
def opened(home: Path | None = None, now: datetime = START) -> Iterator[MemoryManager]:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        embeddings = HashEmbeddings()
        with open_memory(home or folder, embeddings=embeddings, clock=lambda: now, start_worker=False) as memory:
            yield memory


def told(hits: Sequence[SearchHit]) -> list[tuple[str, float, str]]:
    return [(hit.item.id, hit.score, hit.source) for hit in hits]


def fill(memory: MemoryManager, data: st.DataObject, *, most: int = 5) -> None:
    """A few conversations and facts, of several personas and times, all with vectors."""
    for persona in data.draw(st.lists(st.sampled_from(PERSONAS), min_size=1, max_size=3)):
        conversation = memory.start_conversation(persona=persona)
        if name := data.draw(st.sampled_from(["", *COLLECTIONS])):
            memory.collections.put(conversation.id, memory.collections.create(name).id)
        memory.add_messages(
            NewMessage(
                conversation_id=conversation.id,
                role=data.draw(st.sampled_from(["user", "assistant"])),
                content=text,
                created_at=data.draw(moments),
            )
            for text in data.draw(st.lists(sentences, max_size=most))
        )
    sources = [None, *(message.id for c in memory.conversations() for message in memory.thread(c.id))]
    for text in data.draw(st.lists(sentences, max_size=most)):
        memory.add(
            content=text,
            attribute=text,
            plural=True,
            persona=data.draw(st.sampled_from(["", *PERSONAS])),
            source_message_id=data.draw(st.sampled_from(sources)),
        )
    memory.embed_pending()


@EXAMPLES
@given(st.data())
def test_no_filter_of_a_search_leaks(data: st.DataObject) -> None:
    with opened() as memory:
        fill(memory, data)
        persona_of = {c.id: c.persona for c in memory.conversations()}
        asked: dict[str, Any] = {
            "persona": data.draw(st.sampled_from([None, *PERSONAS])),
            "before": data.draw(st.none() | moments),
            "after": data.draw(st.none() | moments),
            "role": data.draw(st.sampled_from([None, "user", "assistant"])),
            "in_persona": data.draw(st.sampled_from([None, *PERSONAS])),
            "in_collection": data.draw(st.sampled_from([None, *(c.id for c in memory.collections.all())])),
            "exclude_personas": data.draw(st.lists(st.sampled_from(PERSONAS), unique=True)),
            "constructed": data.draw(st.just("") | sentences),
        }
        hits = memory.search(data.draw(sentences), limit=30, **asked)
        talk_of = {
            hit.item.id: memory.get_message(source).conversation_id
            for hit in hits
            if (source := hit.item.source_message_id if isinstance(hit.item, Memory) else hit.item.id)
        }
        inside = (
            {c.id for c in memory.collections.conversations(asked["in_collection"])}
            if asked["in_collection"]
            else set()
        )
    for hit in hits:
        assert asked["in_collection"] is None or talk_of.get(hit.item.id) in inside
        assert asked["before"] is None or hit.item.created_at < asked["before"]
        assert asked["after"] is None or hit.item.created_at >= asked["after"]
        if isinstance(hit.item, Memory):
            assert hit.item.persona in ("", asked["persona"] or "", asked["in_persona"] or "")
            assert hit.item.persona not in asked["exclude_personas"]
            assert asked["in_persona"] in (None, hit.item.persona)
            assert asked["role"] is None
        else:
            assert asked["role"] in (None, hit.item.role)
            assert asked["in_persona"] in (None, persona_of[hit.item.conversation_id])
            assert persona_of[hit.item.conversation_id] not in asked["exclude_personas"]


@EXAMPLES
@given(st.data())
def test_what_was_deleted_is_never_found_again(data: st.DataObject) -> None:
    with opened() as memory:
        fill(memory, data)
        facts, conversations = memory.memories(), memory.conversations()
        gone = set()
        for fact in facts:
            if data.draw(st.booleans()):
                if memory.find(fact.id):  # else it went with an earlier one that it quotes
                    memory.delete(fact.id)
                gone.add(fact.id)
        for conversation in conversations[1:]:
            if data.draw(st.booleans()):
                gone |= {m.id for m in memory.thread(conversation.id)}
                memory.delete_conversation(conversation.id)
        for query in (*WORDS, " ".join(WORDS), "what do you know about me?"):
            found = memory.search(query, limit=50, constructed=data.draw(st.just("") | sentences))
            assert not gone & {hit.item.id for hit in found}
        memory.rebuild_index()
        assert not gone & {hit.item.id for hit in memory.search(" ".join(WORDS), limit=50)}


@EXAMPLES
@given(st.lists(st.tuples(st.sampled_from(["say", "move"]), sentences), max_size=8), st.integers(0, 8), sentences)
def test_searching_as_of_a_day_finds_what_would_have_been_found_on_it(
    story: list[tuple[str, str]], day: int, query: str
) -> None:
    """At least what a search on that day found; at most what was there to be found."""
    then = START + timedelta(days=day, hours=1)

    def live(home: Path, days: int) -> None:
        for number, (act, text) in enumerate(story[:days]):
            with opened(home, now=START + timedelta(days=number)) as memory:
                if act == "say":
                    memory.add_message(memory.start_conversation().id, role="user", content=text)
                else:
                    memory.add(content=f"user home {text}", attribute="home", value=text)
                memory.embed_pending()

    with tempfile.TemporaryDirectory() as first, tempfile.TemporaryDirectory() as second:
        live(Path(first), day + 1)
        live(Path(second), len(story))
        with opened(Path(first), now=then) as memory:
            on_the_day = Counter(hit.item.content for hit in memory.search(query, limit=50))
            there = Counter(m.content for c in memory.conversations() for m in memory.thread(c.id))
            there += Counter(fact.content for fact in memory.memories())
        with opened(Path(second), now=then + timedelta(days=30)) as memory:
            looking_back = Counter(hit.item.content for hit in memory.search(query, limit=50, as_of=then))
    assert on_the_day <= looking_back <= there


@EXAMPLES
@given(st.data())
def test_asking_for_more_begins_with_the_same(data: st.DataObject) -> None:
    with opened() as memory:
        fill(memory, data)
        query, constructed = data.draw(sentences), data.draw(st.just("") | sentences)
        longest = told(memory.search(query, limit=12, constructed=constructed))
        for limit in range(1, 12):
            assert told(memory.search(query, limit=limit, constructed=constructed)) == longest[:limit]


@EXAMPLES
@given(
    st.lists(st.frozensets(st.sampled_from(WORDS), min_size=1), unique=True, max_size=10),
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=2),
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=3),
)
def test_spelled_out_a_question_finds_no_message_further_down_than_twice_its_place(
    texts: list[frozenset[str]], query: list[str], more: list[str]
) -> None:
    with opened() as memory:
        for words in texts:
            memory.add_messages(
                [
                    NewMessage(
                        conversation_id=memory.start_conversation().id, role="user", content=" ".join(sorted(words))
                    )
                ]
            )
        asked, constructed = " ".join(query), " ".join([*query, *more])
        bare = [hit.item.id for hit in memory.search(asked, limit=30)]
        both = [hit.item.id for hit in memory.search(asked, limit=30, constructed=constructed)]
        assert {*both} == {*bare} | {hit.item.id for hit in memory.search(constructed, limit=30)}
    assert all(both.index(identifier) + 1 <= 2 * place for place, identifier in enumerate(bare, 1))


@EXAMPLES
@given(st.data())
def test_said_in_more_words_of_the_question_a_message_does_not_fall(data: st.DataObject) -> None:
    """Of two messages alike but for one more word that was asked for, the fuller one comes first."""
    asked = data.draw(st.lists(st.sampled_from(WORDS), min_size=2, max_size=5, unique=True))
    kept = data.draw(st.integers(1, len(asked) - 1))
    with opened() as memory:
        for text in (" ".join(asked[:kept]), " ".join(asked[: kept + 1])):
            memory.add_messages([NewMessage(conversation_id=memory.start_conversation().id, role="user", content=text)])
        fuller = memory.search(" ".join(asked))[0].item
    assert isinstance(fuller, Message) and fuller.content == " ".join(asked[: kept + 1])


@EXAMPLES
@given(st.data())
def test_indexes_that_were_deleted_and_made_again_answer_the_same(data: st.DataObject) -> None:
    queries = [*WORDS, data.draw(sentences)]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        home = Path(folder) / "home"
        with opened(home) as memory:
            fill(memory, data)
            before = [told(memory.search(query, limit=30)) for query in queries]
        shutil.rmtree(home / "index", ignore_errors=True)
        with opened(home) as memory:
            with memory.store.transaction() as connection:
                for table in ("messages_fts", "memories_fts"):
                    connection.execute(f"DELETE FROM {table}")
            memory.rebuild_index()
            assert [told(memory.search(query, limit=30)) for query in queries] == before
