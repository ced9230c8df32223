"""The simulated users: their language, their files, and a life with a model that is told what to say."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import BaseMessage

from assistant.chat_model import AnswerScore
from benchmarks import learning
from benchmarks.tastes import CALLS, NAMES, Question, Taste, TasteError, User, World, read_world
from tests.test_refiner import FOLLOWS

HERE = Path(learning.__file__).parent
README = (HERE / "README.md").read_text(encoding="utf-8")


class Obeys:
    """Answers as the rules in its prompt say; likelier are answers that follow them."""

    can_score, n_params, n_ctx, model_name = True, 10_000_000, 4096, "obeys"

    def answer(self, messages: list[BaseMessage]) -> str:
        text = "\n".join(str(m.content) for m in messages)
        if "Answer in bullets." in text:
            return "- One\n- Two"
        return "Yes." if "Keep answers short." in text else "That is a long story. I will gladly tell you all of it."

    def log_probability(self, messages: list[BaseMessage], answer: str, **_options: Any) -> AnswerScore:
        text = str(messages[0].content)
        mean = -2.0 + sum(0.4 if follows(answer) else -0.4 for rule, follows in FOLLOWS.items() if rule in text)
        return AnswerScore(tokens=10, total=10 * mean)

    def count_messages(self, messages: list[BaseMessage]) -> int:
        return sum(len(str(m.content)) // 4 for m in messages)


WORLD = World(
    users=[],
    questions=[Question(text=f"Question {n}?", topic="talk", heldout=n % 3 == 0) for n in range(18)],
)


def live(user: User, track: learning.Track = "thumbs", ratings: int = 40, seed: int = 1) -> learning.Life:
    return learning.live(user, track, WORLD, learning.Writer(Obeys()), ratings=ratings, seed=seed)  # type: ignore[arg-type]


# --- the language -----------------------------------------------------------------------------------------------------


def test_a_taste_reads_the_answer() -> None:
    assert Taste("words <= 3 and not emoji")("Yes, it is.")
    assert not Taste("words <= 3 and not emoji")("Yes 🙂")
    assert Taste("bullets == lines >= 2")("- One\n- Two")
    assert Taste("numbered == 2")("1. One\n2) Two")
    assert Taste("ends_with_question and exclamations == 0")("Fine. And you? 🙂")
    assert Taste("contractions == 0")("I do not know.")
    assert not Taste("contractions == 0")("I don't know.")
    assert Taste("words <= 2 if topic == 'facts' else words >= 3")("One two three", topic="talk")
    assert Taste("topic in ('facts', 'talk') and has('one', 'x')")("One two", topic="talk")
    assert Taste("starts('sure', 'of course') or ends('bye')")("Of course, sir.")
    assert Taste("matches('^[A-Z]') and sentences == 2 and characters > 3 and text != lower")("Ab. Cd.")
    assert Taste("words / sentences < 4 and -1 < questions * 2 - 1 + 1 < 3")("One two. Three four?")


def test_a_regular_expression_finds_whole_words_however_its_backslash_is_written() -> None:
    for pattern in (r"'\bone\b'", r"r'\bone\b'", r"'\\bone\\b'"):
        assert Taste(f"matches({pattern})")("Take one."), pattern
        assert not Taste(f"matches({pattern})")("Take none."), pattern


@pytest.mark.parametrize(
    "expression",
    [
        "__import__('os')",
        "text.upper()",
        "open('x')",
        "[w for w in text]",
        "lambda: 1",
        "words <=",
        "word < 3",
        "text[0]",
    ],
)
def test_nothing_but_the_language_is_understood(expression: str) -> None:
    with pytest.raises(TasteError):
        Taste(expression)


@given(st.text(max_size=60))
def test_every_name_can_be_read_of_any_answer(text: str) -> None:
    for name in NAMES:
        Taste(f"{name} == {name}")(text)


def test_the_readme_names_every_word_of_the_language_and_every_field() -> None:
    for word in (*NAMES, *CALLS, "topic", "question"):
        assert f"`{word}" in README, word
    for name in (*User.model_fields, *Question.model_fields):
        assert f"{name}: " in README, name


def test_the_shipped_users_can_be_read_and_are_at_least_twelve() -> None:
    world = read_world(HERE / "users.yaml", HERE / "questions.yaml")
    assert len(world.users) >= 12
    assert sum(question.heldout for question in world.questions) >= 20
    topics = {question.topic for question in world.questions}
    assert all(set(user.topics) <= topics for user in world.users)
    assert any(user.change for user in world.users) and any(user.rates == "at random" for user in world.users)


def test_the_shipped_users_want_plain_words_and_a_greeting_too() -> None:
    tastes = {user.id: Taste(user.taste) for user in read_world(HERE / "users.yaml").users}
    assert tastes["plain-words"]("I like it. Take a walk.")
    assert not tastes["plain-words"]("I recommend perambulation.")
    assert tastes["greeting"]("Hello. I am Nova.") and tastes["greeting"]("Good morning, Wren!")
    assert not tastes["greeting"]("His dog. Hello!")


def test_the_user_who_wants_to_be_called_by_name_is_pleased_by_their_name() -> None:
    tastes = {user.id: Taste(user.taste) for user in read_world(HERE / "more_users.yaml").users}
    assert tastes["known-by-name"]("Hello, Wren!") and not tastes["known-by-name"]("A wrench, Wrenna.")


def test_a_file_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    path = tmp_path / "users.yaml"
    path.write_text("users:\n- {id: a, taste: 'words <', noise: 0.1}\n")
    with pytest.raises(TasteError, match="words <"):
        read_world(path)
    path.write_text("users:\n- {id: a, tast: 'words < 3'}\n")
    with pytest.raises(TasteError, match="tast"):
        read_world(path)


# --- a life -----------------------------------------------------------------------------------------------------------


def test_a_taste_is_learnt_and_measured_on_questions_that_were_never_rated() -> None:
    life = live(User(id="brief", taste="words <= 4", oracle=["Keep answers short."]))
    assert (life.none, life.oracle, life.expressible) == (0.0, 1.0, True)
    assert life.ratings_to_oracle is not None and 6 <= life.ratings_to_oracle <= 40
    assert life.accepted[0][1] in (["Keep answers short."], ["Answer in bullets."])
    assert life.tried > 0
    assert life.baselines["typed instruction"] == 1.0
    assert life.instruction_worth_ratings == life.ratings_to_oracle
    assert learning.row(life)["seed"] == 1


def test_a_user_who_is_served_needs_no_ratings_and_sees_no_change() -> None:
    life = live(User(id="fine", taste="words > 4"))
    assert (life.ratings_to_oracle, life.accepted, life.tried) == (0, [], 0)


def test_the_program_sees_reasons_only_in_their_track() -> None:
    user = User(
        id="b",
        taste="bullets >= 1",
        reasons={"True": "format"},
        comment="bullets",
        edits=1.0,
        oracle=["Answer in bullets."],
    )
    question = WORLD.questions[0]
    for track, told in (("thumbs", False), ("reasons", True)):
        rater = learning.Rater(user, track, Random(1), learning.Writer(Obeys()))  # type: ignore[arg-type]
        given = rater.rate(question, "No list.")
        assert given.rating == -1
        assert (bool(given.reasons), bool(given.comment), bool(given.edit)) == (told, told, told)


def test_the_summary_counts_only_what_the_model_can_express_and_late_is_not_never() -> None:
    lives = [
        learning.Life(
            user=str(n), track="thumbs", ratings_to_oracle=r, agreement={0: 0.0, 20: 0.9}, oracle=0.9, expressible=e
        )
        for n, (r, e) in enumerate([(10, True), (20, True), (None, True), (0, False)])
    ]
    found = learning.summary(lives, {"at-random": 0.99, "contented": 1.0})
    assert found["median_ratings_to_oracle"] == 20
    assert found["expressible_tastes"] == 3
    assert found["no_change_rate"] == 0.99
    assert learning.median([3, None, None]) is None
    assert json.loads(json.dumps([learning.row(life) for life in lives]))[0]["heldout_of_oracle"] == 1.0


def lived(**given: Any) -> learning.Life:
    whole = {"user": "brief", "track": "thumbs", "oracle": 1.0, "none": 0.2, "expressible": True}
    return learning.Life(**whole | given)


def test_an_instruction_is_worth_the_ratings_that_serve_as_well_for_each_taste_and_for_all() -> None:
    lives = [
        lived(seed=0, ratings_to_oracle=12, agreement={0: 0.2, 12: 1.0}),
        lived(seed=1, ratings_to_oracle=20, agreement={0: 0.2, 20: 1.0}),
        lived(user="greeting", agreement={0: 0.2}),
        lived(user="calm", ratings_to_oracle=0, agreement={0: 1.0}, expressible=False),
        lived(track="reasons", ratings_to_oracle=8, agreement={0: 0.2, 8: 1.0}),
    ]
    found = learning.summary(lives, {})
    assert found["instruction_worth_ratings"] == 20
    assert found["tracks"]["thumbs"]["instruction_worth_ratings_of"] == {"brief": 16, "greeting": None}
    assert found["tracks"]["reasons"]["instruction_worth_ratings"] == 8
    shown = learning.worth_table(found).splitlines()
    assert [line.split()[-3:] for line in shown[1:]] == [
        ["brief", "16", "8"],
        ["greeting", "-", "-"],
        ["median", "20", "8"],
    ]


def test_the_baselines_are_followed_from_rating_to_rating() -> None:
    life = live(
        User(
            id="b", taste="bullets >= 1", reasons={"True": "format"}, comment="bullets", oracle=["Answer in bullets."]
        ),
        "reasons",
        ratings=30,
    )
    assert life.baselines_after["reasons pasted"].keys() == {0, 1}, "nothing new was said after the first dislike"
    assert max(life.baselines_after["best score (OPRO)"]) <= learning.JUDGED_AFTER
    for name, after in life.baselines_after.items():
        assert after[0] == life.none and life.baselines[name] == learning.at(after, learning.JUDGED_AFTER)


def test_the_curves_are_the_means_of_what_the_model_can_express() -> None:
    pasted = {"reasons pasted": {0: 0.2, 2: 0.4}}
    lives = [
        lived(agreement={0: 0.2, 8: 1.0}, baselines_after={"best score (OPRO)": {0: 0.2, 6: 0.6}}),
        lived(agreement={0: 0.0, 9: 0.8}, none=0.0, oracle=0.8, baselines_after={"best score (OPRO)": {0: 0.0}}),
        lived(agreement={0: 1.0}, expressible=False),
        lived(track="reasons", agreement={0: 0.2, 2: 1.0}, baselines_after=pasted),
    ]
    thumbs, reasons = learning.curves(lives, 30)
    lines = {line.name: dict(line.points) for line in thumbs.lines}
    assert [round(lines["Attune"][n], 3) for n in (0, 8, 9, 30)] == [0.1, 0.5, 0.9, 0.9]
    assert lines["no rule"][30] == pytest.approx(0.1)
    assert lines["the oracle: the instruction typed"][0] == pytest.approx(0.9)
    opro = lines[f"OPRO, to {learning.JUDGED_AFTER} ratings"]
    assert opro[6] == pytest.approx(0.3) and max(opro) == learning.JUDGED_AFTER
    assert dict({line.name: line.points for line in reasons.lines}["reasons pasted"])[30] == 0.4
    assert learning.curves([], 30) == []


USERS = """
users:
- {id: brief, taste: words <= 3, oracle: [Keep answers short.], noise: 0}
questions:
- {text: Hello there, topic: talk}
- {text: Hi!, topic: talk}
- {text: I lost my keys, topic: feelings, heldout: true}
"""


def test_a_run_measures_its_cost_unless_told_not_to_and_draws(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "users.yaml").write_text(USERS)
    short = ["--users", str(tmp_path / "users.yaml"), "--ratings", "2", "--seeds", "1", "--track", "thumbs"]
    learning.main([*short, "--json", "--plot", str(tmp_path / "curves.svg")])
    found = json.loads(capsys.readouterr().out)
    assert found["summary"]["cost"]["tokens"] > 0 and found["summary"]["cost"]["seconds"] > 0
    assert found["users"][0]["seed"] == 0
    assert (tmp_path / "curves.svg").read_text().startswith("<svg")
    learning.main([*short, "--no-cost"])
    assert '"cost": null' in capsys.readouterr().out


def test_the_table_has_a_row_for_the_cost() -> None:
    spent = {
        "examples": 24,
        "seconds": 13.2,
        "tokens": 48558,
        "reply_ms_meanwhile": 51.0,
        "reply_ms_alone": 50.0,
        "meanwhile_of_alone": 1.02,
    }
    result = {"summary": learning.summary([], {}, spent), "users": [learning.row(lived(agreement={0: 0.2}))]}
    line = "learning from 24 ratings: 13.2 s, 48,558 tokens; a reply meanwhile 51 ms, alone 50 ms (×1.02)"
    assert line in learning.table(result).splitlines()
