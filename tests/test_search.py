"""Search finds what serves the question, and never what may not be seen. Real SQLite and Chroma; words for an encoder."""

import tempfile
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from memory import Memory, MemoryManager, Message, NewMessage, SearchHit, open_memory
from memory.errors import EmbeddingsUnavailable
from memory.search import Scope
from memory.store import instant
from tests.fakes import HashEmbeddings

START = datetime(2026, 5, 3, 9, 30, tzinfo=UTC)


class Clock:
    """A clock that goes on one minute at every look."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        self.now += timedelta(minutes=1)
        return self.now


class WaitsForWords(HashEmbeddings):
    """An encoder that embeds a question once full text is searched."""

    def __init__(self) -> None:
        self.searched = threading.Event()

    def embed_query(self, text: str) -> NDArray[np.float32]:
        assert self.searched.wait(timeout=60)
        return super().embed_query(text)


class Failing(HashEmbeddings):
    """An encoder that cannot embed a question."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def embed_query(self, text: str) -> NDArray[np.float32]:
        raise self.error


class NeverReady(HashEmbeddings):
    """An encoder that is still loading."""

    ready = False


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[MemoryManager]:
    with open_memory(tmp_path, embeddings=HashEmbeddings(), clock=Clock(), start_worker=False) as opened:
        yield opened


def say(memory: MemoryManager, *texts: str, persona: str = "nova") -> list[Message]:
    """One conversation, user and assistant in turns, embedded at once."""
    conversation = memory.start_conversation(persona=persona)
    roles = ("user", "assistant")
    return memory.add_messages(
        NewMessage(conversation_id=conversation.id, role=roles[n % 2], content=text) for n, text in enumerate(texts)
    )


def embed(memory: MemoryManager) -> None:
    """What the worker does with the queue."""
    memory.rebuild_index()


def contents(hits: list[SearchHit]) -> list[str]:
    return [hit.item.content for hit in hits]


def test_a_fact_answers_its_question_first_and_its_source_comes_next(memory: MemoryManager) -> None:
    said = say(memory, "Hi, my name is Zorvik and my dog is called Pemba.", "Nice to meet you both!")[0]
    memory.add(content="The user's name is Zorvik.", attribute="name", value="Zorvik", source_message_id=said.id)
    memory.add(content="The user's dog is called Pemba.", attribute="dog", value="Pemba", source_message_id=said.id)
    for _ in range(2):  # by words alone, then by words and meaning
        assert contents(memory.search("What is my dog called?"))[:2] == [
            "The user's dog is called Pemba.",
            said.content,
        ]
        embed(memory)


def test_one_message_in_an_empty_store_is_found(memory: MemoryManager) -> None:
    conversation = memory.start_conversation()
    memory.add_message(conversation.id, role="user", content="My boat is called Skarv.")
    assert contents(memory.search("What is the name of my boat?")) == ["My boat is called Skarv."]


def test_what_do_you_know_about_me_brings_the_most_important_current_facts(memory: MemoryManager) -> None:
    memory.add(content="The user likes tea.", attribute="likes", value="tea", importance=0.2, plural=True)
    memory.add(content="The user's name is Zorvik.", attribute="name", value="Zorvik", importance=0.9)
    memory.add(content="The user lives in Bergen.", attribute="home", value="Bergen", importance=0.8)
    memory.add(content="The user lives in Trondheim.", attribute="home", value="Trondheim", importance=0.8)
    memory.add(content="Answer in bullets.", kind="procedural", attribute="format", value="bullets", importance=1.0)
    assert contents(memory.search("what do you know about me?")) == [
        "The user's name is Zorvik.",
        "The user lives in Trondheim.",
        "The user likes tea.",
    ]


def test_stop_words_alone_find_their_own_words_when_nothing_is_known(memory: MemoryManager) -> None:
    say(memory, "We heard The Who last night.", "How was it?")
    assert contents(memory.search("the who"))[0] == "We heard The Who last night."


def test_a_message_is_found_by_what_its_neighbour_says(memory: MemoryManager) -> None:
    say(memory, "Where did you put the lawnmower?", "Behind the shed.", "Thanks.")
    assert "Behind the shed." in contents(memory.search("lawnmower"))


def test_a_message_is_found_as_soon_as_it_is_stored(memory: MemoryManager) -> None:
    conversation = memory.start_conversation()
    memory.add_message(conversation.id, role="user", content="I planted quinces.")
    hits = memory.search("quinces")
    assert contents(hits) == ["I planted quinces."]
    assert hits[0].source == "bm25"


def test_a_follow_up_without_a_word_of_its_own_is_asked_as_it_is_spelled_out(memory: MemoryManager) -> None:
    memory.add(content="The user's name is Zorvik.", attribute="name", value="Zorvik", importance=0.9)
    memory.add(content="The user's sister Oda plays the tuba.", attribute="plays", value="tuba", importance=0.3)
    embed(memory)
    first = contents(memory.search("And her?", constructed="And her? Oda"))[0]
    assert first == "The user's sister Oda plays the tuba."
    assert contents(memory.search("And her?"))[0] == "The user's name is Zorvik."


def test_words_and_meaning_are_both_told(memory: MemoryManager) -> None:
    say(memory, "I planted quinces.")
    assert memory.search("quinces")[0].source == "both"


def test_a_loading_encoder_leaves_search_to_words(tmp_path: Path) -> None:
    with open_memory(tmp_path, embeddings=NeverReady(), start_worker=False) as memory:
        say(memory, "I planted quinces.")
        assert [hit.source for hit in memory.search("quinces")] == ["bm25"]


def test_a_second_process_searches_by_words(memory: MemoryManager) -> None:
    say(memory, "I planted quinces.")
    with open_memory(memory.home, embeddings=HashEmbeddings(), start_worker=False) as other:
        assert not other.owner
        assert [hit.source for hit in other.search("quinces")] == ["bm25"]


def test_closed_facts_stay_out_unless_the_time_they_held_is_asked_for(memory: MemoryManager) -> None:
    memory.add(content="The user lives in Bergen.", attribute="home", value="Bergen")
    then = memory.clock()
    memory.add(content="The user lives in Trondheim.", attribute="home", value="Trondheim")
    embed(memory)
    assert contents(memory.search("Where does the user live?")) == ["The user lives in Trondheim."]
    assert contents(memory.search("Where does the user live?", as_of=then)) == ["The user lives in Bergen."]


def test_a_question_that_names_a_time_finds_the_facts_that_held_then(memory: MemoryManager) -> None:
    facts = {}
    for month, town in ((1, "Bergen"), (3, "Trondheim"), (5, "Oslo")):
        facts[town] = memory.add(
            content=f"The user lives in {town}.", attribute="home", value=town, valid_from=START.replace(month=month)
        )
    embed(memory)

    def found(question: str, **asked: Any) -> set[str]:
        return {memory.get(hit.item.id).value for hit in memory.search(question, **asked)}

    assert found("Where does the user live?") == {"Oslo"}
    assert found("Where did the user live in April?") == {"Trondheim", "Oslo"}
    assert found("Where did the user live in January or in February?") == {"Bergen", "Oslo"}
    assert found("Where did the user live in 2024?") == {"Oslo"}
    assert found("Where did the user live this month?") == {"Oslo"}, "it is not over"
    assert found("Where did the user live in April?", as_of=START.replace(month=4)) == set(), "not known by then"
    memory.delete(facts["Trondheim"].id)
    assert found("Where did the user live in April?") == {"Oslo"}


def test_a_named_time_brings_nothing_that_was_called_wrong_put_right_at_once_or_merged(memory: MemoryManager) -> None:
    march: dict[str, Any] = {"valid_from": START.replace(month=3), "attribute": "pet"}
    wrong = memory.add(content="The user keeps a cat.", value="cat", **march)
    memory.close_memory(wrong.id)
    hasty = memory.add(content="The user keeps a cad.", value="cad", **march)
    memory.add(
        content="The user keeps a cat called Cad.", value="cat called Cad", **{**march, "valid_from": hasty.valid_from}
    )
    parts = [
        memory.add(content=f"The user keeps {n} hens.", attribute=n, valid_from=START.replace(month=3)) for n in "23"
    ]
    memory.merge([part.id for part in parts], content="The user keeps five hens.")
    embed(memory)
    assert {*contents(memory.search("What did the user keep in April?"))} == {
        "The user keeps a cat called Cad.",
        "The user keeps five hens.",
    }


def test_as_of_knows_nothing_that_was_learnt_later(memory: MemoryManager) -> None:
    before = memory.clock()
    memory.add(content="The user lives in Oslo.", attribute="home", value="Oslo", valid_from=START - timedelta(days=99))
    say(memory, "I live in Oslo.")
    assert memory.search("Oslo", as_of=before) == []
    assert len(memory.search("Oslo", as_of=memory.clock())) == 2


def test_times_of_any_zone_compare_as_instants(memory: MemoryManager) -> None:
    from datetime import timezone

    east = timezone(timedelta(hours=9))
    conversation = memory.start_conversation()
    memory.add_message(conversation.id, role="user", content="Tokyo.", created_at=datetime(2026, 1, 1, 8, tzinfo=east))
    midnight = datetime(2026, 1, 1, tzinfo=UTC)
    assert contents(memory.search("tokyo", as_of=midnight)) == ["Tokyo."]
    assert memory.search("tokyo", as_of=midnight - timedelta(hours=2)) == []


def test_what_one_persona_was_told_stays_with_it(memory: MemoryManager) -> None:
    memory.add(content="The user's wizard is called Ozrin.", attribute="wizard", value="Ozrin", persona="bard")
    embed(memory)
    assert memory.search("wizard") == []
    assert memory.search("wizard", persona="nova") == []
    assert contents(memory.search("wizard", persona="bard")) == ["The user's wizard is called Ozrin."]


def test_a_persona_that_keeps_its_memory_to_itself_leaves_room_for_the_rest(memory: MemoryManager) -> None:
    say(memory, *(f"quince secret {n}" for n in range(30)), persona="bard")
    memory.add(content="The bard's quince is golden.", attribute="quince", value="golden", persona="bard")
    open_ = say(memory, "An open word, among many others that are here, of the quince.")[0]
    embed(memory)
    assert memory.search("quince", limit=3, persona="bard")[0].item.id != open_.id
    hits = memory.search("quince", limit=3, persona="bard", exclude_personas=["bard"])
    assert [hit.item.id for hit in hits] == [open_.id]


def test_scopes_of_conversations_and_messages_hold(memory: MemoryManager) -> None:
    one = say(memory, "The quince tree blooms.")[0]
    other = say(memory, "The quince jam is done.")[0]
    assert {hit.item.id for hit in memory.search("quince")} == {one.id, other.id}
    assert contents(memory.search("quince", conversation_id=one.conversation_id)) == [one.content]
    assert contents(memory.search("quince", exclude_conversation_id=one.conversation_id)) == [other.content]
    assert contents(memory.search("quince", exclude_message_ids=[other.id])) == [one.content]


def test_one_conversation_is_searched_to_its_end_however_much_else_is_nearer(memory: MemoryManager) -> None:
    mine = say(memory, "A quince, among other things that grow here and there in the garden behind our house.")[0]
    say(memory, *(f"quince {n}" for n in range(250)))
    hits = memory.search("quince", conversation_id=mine.conversation_id)
    assert [(hit.item.id, hit.source) for hit in hits] == [(mine.id, "both")]


def test_only_what_is_included_is_found(memory: MemoryManager) -> None:
    say(memory, "I grow quinces.")
    memory.add(content="The user grows quinces.", attribute="grows", value="quinces")
    embed(memory)
    assert all(isinstance(hit.item, Message) for hit in memory.search("quinces", include=("message",)))
    assert all(isinstance(hit.item, Memory) for hit in memory.search("quinces", include=("memory",)))
    assert memory.search("quinces", include=()) == []


def test_the_same_question_asked_often_is_shown_once_before_the_rest(memory: MemoryManager) -> None:
    for _ in range(5):
        say(memory, "What do quinces need?")
    say(memory, "Quinces need sun, said my aunt, and a wall to lean on.")
    assert len(set(contents(memory.search("quinces", limit=2)))) == 2


@pytest.mark.parametrize("limit", [0, 1, 3])
def test_there_are_never_more_hits_than_asked_for(memory: MemoryManager, limit: int) -> None:
    say(memory, *(f"quince number {n}" for n in range(6)))
    assert len(memory.search("quince", limit=limit)) == limit


def test_the_same_search_gives_the_same_order_with_scores_that_fall(memory: MemoryManager) -> None:
    say(memory, *(f"quince {n}" for n in range(20)))
    hits = memory.search("quince", limit=20)
    assert contents(hits) == contents(memory.search("quince", limit=20))
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_a_named_time_decides_between_messages_with_the_same_words(memory: MemoryManager) -> None:
    conversation = memory.start_conversation()
    for month in (1, 3, 5):
        at = START.replace(month=month)
        memory.add_message(conversation.id, role="user", content=f"Planted {month} beds of kale.", created_at=at)
        memory.add_message(conversation.id, role="assistant", content="Good.", created_at=at)
    assert contents(memory.search("What did I plant in March?"))[0] == "Planted 3 beds of kale."
    assert contents(memory.search("What did I plant in January 2026?"))[0] == "Planted 1 beds of kale."


def test_what_did_i_say_then_brings_what_was_said_then(memory: MemoryManager) -> None:
    conversation = memory.start_conversation()
    for day, text in ((1, "The roof leaks."), (2, "Oda came by."), (3, "I sold the boat.")):
        memory.add_message(conversation.id, role="user", content=text, created_at=START.replace(month=4, day=day))
    assert contents(memory.search("What did I say on 2 April?"))[0] == "Oda came by."
    assert memory.search("What did I say on 2 May 2019?", include=("message",)) == []


def test_what_i_told_and_what_you_told_are_two_things(memory: MemoryManager) -> None:
    conversation = memory.start_conversation()
    for role, text in (("user", "Kale wants lime, says Oda."), ("assistant", "Kale wants shade, I would say.")):
        memory.add_message(conversation.id, role=role, content=text)  # type: ignore[arg-type]
    assert contents(memory.search("What did I say about kale?"))[0] == "Kale wants lime, says Oda."
    assert contents(memory.search("What did you say about kale?"))[0] == "Kale wants shade, I would say."


def test_a_message_without_a_vector_does_not_lose_to_its_neighbour_by_that(memory: MemoryManager) -> None:
    asked, told = say(memory, "I cut the roses today, and there were many.", "The red knife is for the roses.")
    assert contents(memory.search("knife for roses"))[0] == told.content
    with memory.store.transaction() as connection:
        connection.execute("DELETE FROM embeddings WHERE item_id = ?", [told.id])
    assert contents(memory.search("knife for roses"))[:2] == [told.content, asked.content]


def test_a_long_message_is_found_by_its_end_and_only_once(memory: MemoryManager) -> None:
    filler = " ".join(f"Line {n} of the log says nothing." for n in range(200))
    long = say(memory, filler + " The zeppelin landed at dawn.")[0]
    say(memory, *(f"Something else, number {n}." for n in range(5)))
    parts = [part for item, part, _ in memory.store.vectors("hash") if item == long.id]
    assert parts == list(range(len(parts))) and len(parts) > 5
    hits = memory.search("zeppelin landed dawn", limit=5)
    assert [(hit.item.id, hit.source) for hit in hits[:1]] == [(long.id, "both")]
    assert sum(hit.item.id == long.id for hit in hits) == 1


@pytest.mark.parametrize(("status", "first"), [("failed", "The boat leaks."), ("complete", "")])
def test_a_message_too_long_to_be_read_stands_behind_what_says_as_much(
    memory: MemoryManager, status: str, first: str
) -> None:
    told = "The boat leaks."
    memory.add_message(memory.start_conversation().id, role="user", content=told)
    long = memory.start_conversation()
    pasted = memory.add_message(long.id, role="user", content="boat zorvik " * 1_700)
    answer = memory.add_message(long.id, role="assistant", content="", status="streaming")
    memory.finish_message(answer.id, content="", status=status)  # type: ignore[arg-type]
    found = [hit.item.content for hit in memory.search("boat")]
    assert found[0] == (first or pasted.content)
    assert memory.search("zorvik")[0].item.id == pasted.id, "it is still found"


def test_a_neighbour_that_the_scope_hides_says_nothing_for_a_message(memory: MemoryManager) -> None:
    first, hidden, other = say(memory, "We fed the otters.", "otters otters eat eels", "We fed the eels.")
    gathered = memory._searcher.gather(
        "otters", scope=Scope(exclude_message_ids=frozenset([hidden.id])), include=("message",)
    )
    assert gathered.evidence.keys() == {first.id, other.id}
    assert all(known.neighbour_words == known.neighbour_meaning == 0 for known in gathered.evidence.values())


def test_while_few_vectors_are_made_words_alone_decide(memory: MemoryManager) -> None:
    said = say(memory, *(f"Quince number {n}." for n in range(10)))
    with memory.store.transaction() as connection:
        connection.executemany("DELETE FROM embeddings WHERE item_id = ?", [[m.id] for m in said[1:]])
    gathered = memory._searcher.gather("quince", scope=Scope(), include=("message",))
    assert len(gathered.evidence) == 10
    assert not any(known.has_meaning for known in gathered.evidence.values())


def test_a_removed_index_folder_is_filled_again_from_sqlite(tmp_path: Path) -> None:
    import shutil

    with open_memory(tmp_path, embeddings=HashEmbeddings(), start_worker=False) as memory:
        say(memory, "I planted quinces.")
    shutil.rmtree(tmp_path / "index")
    with open_memory(tmp_path, embeddings=HashEmbeddings(), start_worker=True) as memory:
        assert memory.wait_until_idle(60)
        assert memory.search("quinces")[0].source == "both"


AWKWARD = [
    "",
    " ",
    "\0",
    "😀😀",
    '"',
    "'; DROP TABLE messages; --",
    "AND OR NOT NEAR(",
    "col:dog ^x* {a b}",
    "שלום עולם",
    "हिन्दी में",
    "x" * 200_000,
    "word " * 40_000,
    "on 3 May 2023 and two weeks before 4 June " * 5_000,
    "\ud800 lone",
]


@pytest.mark.parametrize("query", AWKWARD, ids=range(len(AWKWARD)))
def test_any_text_can_be_searched_for(memory: MemoryManager, query: str) -> None:
    say(memory, "dog and lone word")
    assert isinstance(memory.search(query), list)


texts = st.text("abc ", max_size=12)


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_nothing_out_of_scope_is_ever_found(data: st.DataObject) -> None:
    """Whatever is stored and asked: scopes, validity and limits hold for every hit."""
    with (
        tempfile.TemporaryDirectory() as home,
        open_memory(home, embeddings=NeverReady(), clock=Clock(), start_worker=False) as memory,
    ):
        moments = st.integers(-3, 3).map(lambda hours: START + timedelta(hours=hours))
        ids: list[str] = []
        rooms = [memory.start_conversation().id for _ in range(2)]
        for text in data.draw(st.lists(texts, max_size=4)):
            room, at = data.draw(st.sampled_from(rooms)), data.draw(moments)
            ids.append(memory.add_message(room, role="user", content=text, created_at=at).id)
        for word in data.draw(st.lists(texts, max_size=4)):
            fact = memory.add(
                content=f"user {word}",
                attribute=word,
                plural=True,
                persona=data.draw(st.sampled_from(["", "bard"])),
                valid_from=data.draw(moments),
                valid_to=data.draw(st.none() | moments),
            )
            memory.store.change("memories", fact.id, created_at=instant(data.draw(moments)))
        as_of = data.draw(st.none() | moments)
        persona = data.draw(st.sampled_from([None, "nova", "bard"]))
        excluded = [identifier for identifier in ids if data.draw(st.booleans())]
        only, never = data.draw(st.sampled_from([None, *rooms])), data.draw(st.sampled_from([None, *rooms]))
        hits = memory.search(
            data.draw(texts) + data.draw(st.sampled_from(["", " user", " the"])),
            limit=5,
            as_of=as_of,
            persona=persona,
            conversation_id=only,
            exclude_conversation_id=never,
            exclude_message_ids=excluded,
        )
    assert len(hits) <= 5
    for hit in hits:
        assert as_of is None or hit.item.created_at <= as_of
        if isinstance(hit.item, Memory):
            assert hit.item.persona in ("", persona)
            assert hit.item.valid_to is None if as_of is None else hit.item.holds_at(as_of)
        else:
            assert hit.item.id not in excluded
            assert only in (None, hit.item.conversation_id)
            assert never != hit.item.conversation_id


def test_a_word_that_nearly_every_message_holds_does_not_drive_the_scan(memory: MemoryManager) -> None:
    say(memory, *(f"The quince of day {n} and its jam." for n in range(40)))
    say(memory, "One quince, one zeppelin.")
    chosen = memory.store.scanned
    assert chosen(["quince", "zeppelin"], most=20) == ["zeppelin"]
    assert chosen(["quince", "zeppelin"], most=100) == ["quince", "zeppelin"]
    assert chosen(["quince"], most=20) == ["quince"], "the rarest is always looked for"
    assert chosen([], most=20) == []


def test_words_are_searched_while_the_question_is_embedded_and_no_thread_is_left(tmp_path: Path) -> None:
    encoder = WaitsForWords()
    with open_memory(tmp_path, embeddings=encoder, start_worker=False) as memory:
        said = say(memory, "The zeppelin landed.", "Where?")[0]
        before = threading.enumerate()
        memory.store._connection.set_trace_callback(lambda sql: encoder.searched.set() if "bm25" in sql else None)
        hits = memory.search("zeppelin", include=["message"])
        assert [(hit.item.id, hit.source) for hit in hits[:1]] == [(said.id, "both")]
        assert threading.enumerate() == before


def test_without_an_encoder_that_works_search_goes_by_words(tmp_path: Path) -> None:
    with open_memory(tmp_path, embeddings=Failing(EmbeddingsUnavailable("none")), start_worker=False) as memory:
        said = say(memory, "The zeppelin landed.", "Where?")[0]
        assert [(hit.item.id, hit.source) for hit in memory.search("zeppelin")[:1]] == [(said.id, "bm25")]


def test_what_goes_wrong_while_a_question_is_embedded_reaches_the_caller(tmp_path: Path) -> None:
    with open_memory(tmp_path, embeddings=Failing(RuntimeError("out of memory")), start_worker=False) as memory:
        say(memory, "The zeppelin landed.")
        before = threading.enumerate()
        with pytest.raises(RuntimeError, match="out of memory"):
            memory.search("zeppelin")
        assert threading.enumerate() == before
