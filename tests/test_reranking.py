"""A cross-encoder of the user's own, made here at random: read from its folder, never looked for, and only when loaded."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from assistant import Settings, open_assistant
from memory import MemoryManager, NewMessage, RerankerMissing, SearchHit, open_memory, ranking
from memory.embeddings import CrossEncoderReranker
from memory.search import RERANKED
from tests.fakes import HashEmbeddings, ScriptedChatModel

WORDS = ("quince", "jam", "sun", "wall", "aunt", "said", "otter", "kale", "needs", "boat")
NOW = datetime(2026, 5, 3, tzinfo=UTC)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BERT of one layer and sixteen dimensions with one output, as sentence-transformers reads it."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

    path = tmp_path_factory.mktemp("cross-encoder")
    (path / "vocab.txt").write_text("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS]))
    BertTokenizerFast(vocab=str(path / "vocab.txt"), vocab_file=str(path / "vocab.txt")).save_pretrained(path)
    torch.manual_seed(3)
    config = BertConfig(
        vocab_size=5 + len(WORDS),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        num_labels=1,
        initializer_range=2.0,
    )
    BertForSequenceClassification(config).eval().save_pretrained(path)
    return path


class Backwards:
    """Holds the shortest text for the best, and tells what it read."""

    ready = True

    def __init__(self) -> None:
        self.read: list[tuple[str, int]] = []

    def load(self) -> None:
        self.ready = True

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        self.read.append((question, len(texts)))
        return [-float(len(text)) for text in texts]


class Loading(Backwards):
    ready = False


def filled(home: Path, reranker: object = None) -> MemoryManager:
    memory = open_memory(
        home,
        embeddings=HashEmbeddings(),
        reranker=reranker,  # type: ignore[arg-type]
        clock=lambda: NOW,
        start_worker=False,
    )
    for count in range(1, len(WORDS)):
        conversation = memory.start_conversation()
        text = " ".join(("quince", *WORDS[1 : count + 1]))
        memory.add_messages([NewMessage(conversation_id=conversation.id, role="user", content=text)])
    return memory


def contents(hits: Sequence[SearchHit]) -> list[str]:
    return [hit.item.content for hit in hits]


def test_the_first_are_ordered_by_both_places(tmp_path: Path, folder: Path) -> None:
    with filled(tmp_path / "without") as memory:
        before = contents(memory.search("quince jam sun"))
    reranker = CrossEncoderReranker(folder)
    with filled(tmp_path / "with", reranker) as memory:
        assert not reranker.ready
        assert contents(memory.search("quince jam sun")) == before, "search does not wait for it"
        memory._index_pending({})
        assert reranker.ready, "the worker loads it"
        hits = memory.search("quince jam sun")
    read = ranking.ranked(dict(zip(before, reranker.scores("quince jam sun", before), strict=True)))
    assert read != before
    assert contents(hits) == ranking.ranked(ranking.fuse({"a": before, "b": read}, {"a": 1.0, "b": 0.9}))
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_scores_are_one_for_each_text_and_the_same_again(folder: Path) -> None:
    reranker = CrossEncoderReranker(folder)
    texts = ["quince jam", "otter", "", "said " * 900]
    scores = reranker.scores("quince", texts)
    assert len(scores) == 4 and len(set(scores)) > 1
    assert reranker.scores("quince", texts) == scores
    assert reranker.scores("quince", []) == []


def test_only_the_best_are_read_with_the_question_spelled_out(tmp_path: Path) -> None:
    reranker = Backwards()
    with filled(tmp_path, reranker) as memory:
        conversation = memory.start_conversation()
        memory.add_messages(
            NewMessage(conversation_id=conversation.id, role="user", content=f"quince {n}") for n in range(3 * RERANKED)
        )
        memory.search("and the quince?", constructed="and the quince? jam")
        memory.search("quince")
    assert reranker.read == [("and the quince? jam", RERANKED), ("quince", RERANKED)]


def test_while_it_loads_search_goes_without_it(tmp_path: Path) -> None:
    reranker = Loading()
    with filled(tmp_path, reranker) as memory:
        assert memory.search("quince")
    assert reranker.read == []


def test_a_folder_without_a_model_is_refused_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(RerankerMissing, match="reranker"):
        open_assistant(Settings(home=tmp_path, reranker=str(tmp_path / "nowhere")), chat_model=ScriptedChatModel())
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(RerankerMissing, match="cannot be loaded"):
        CrossEncoderReranker(tmp_path).load()


def test_a_broken_one_leaves_search_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    with filled(tmp_path / "home", CrossEncoderReranker(tmp_path)) as memory:
        before = contents(memory.search("quince jam"))
        memory._index_pending({})
        assert contents(memory.search("quince jam")) == before


def test_the_setting_reaches_search(tmp_path: Path, folder: Path) -> None:
    settings = Settings(home=tmp_path, reranker=str(folder))
    with open_assistant(settings, chat_model=ScriptedChatModel()) as assistant:
        assert isinstance(assistant.memory._reranker, CrossEncoderReranker)
