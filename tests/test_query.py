"""What is asked becomes a valid FTS5 query, whatever it is."""

import sqlite3

from hypothesis import given
from hypothesis import strategies as st

from memory.query import MAX_TERMS, STOP_WORDS, fts_phrase, fts_query, said_by, speaker_asked_for, terms, words


def table(*texts: str) -> sqlite3.Connection:
    database = sqlite3.connect(":memory:")
    database.execute("CREATE VIRTUAL TABLE f USING fts5(x, tokenize='porter unicode61')")
    database.executemany("INSERT INTO f VALUES (?)", [[text] for text in texts])
    return database


def matches(database: sqlite3.Connection, query: str) -> list[str]:
    return [row[0] for row in database.execute("SELECT x FROM f WHERE f MATCH ?", [query])]


def test_stop_words_are_not_looked_for() -> None:
    assert terms("What is my dog called?") == ["dog", "called"]
    assert fts_query("What is my dog called?") == '"dog" OR "called"'


def test_a_question_of_stop_words_alone_has_no_terms() -> None:
    assert terms("what do you know about me?") == []
    assert fts_query("what do you know about me?") == ""


def test_a_phrase_keeps_stop_words_in_their_order() -> None:
    database = table("We went to see The Who.", "Who is the man?")
    assert matches(database, fts_phrase("the WHO?")) == ["We went to see The Who."]
    assert fts_phrase("?!") == ""


def test_operators_and_quotes_are_only_words() -> None:
    database = table("near the dog", "a cat")
    for text in ('"dog', "dog AND NOT dog", "NEAR(dog cat", "x:dog", "dog*", "^dog", "-dog", "(dog", "{x} : dog"):
        assert "near the dog" in matches(database, fts_query(text)), text


def test_a_pasted_page_asks_for_its_longest_words() -> None:
    page = " ".join(f"w{'o' * (n % 50)}{n}" for n in range(30_000))
    found = terms(page)
    assert len(found) == MAX_TERMS
    assert min(map(len, found)) >= 50


def test_no_term_is_asked_for_twice() -> None:
    assert terms("Dog dog DOG cat") == ["dog", "cat"]


def test_accents_and_case_do_not_matter() -> None:
    database = table("Die Straße nach İstanbul und Zürich")
    for text in ("straße", "STRAßE", "İstanbul", "istanbul", "zurich"):
        assert matches(database, fts_query(text)), text


@given(st.text(st.characters(codec="utf-8"), max_size=300))
def test_any_text_is_a_valid_query(text: str) -> None:
    database = table("one text")
    for query in (fts_query(text), fts_phrase(text)):
        if query:
            matches(database, query)


@given(st.text(max_size=300))
def test_terms_are_bounded_distinct_and_free_of_stop_words(text: str) -> None:
    found = terms(text)
    assert len(found) <= MAX_TERMS
    assert len(set(found)) == len(found)
    assert not set(found) & STOP_WORDS
    assert set(found) <= set(words(text))


def test_a_question_says_whose_words_it_asks_for() -> None:
    assert speaker_asked_for("What did I tell you about the boat?", []) == "user"
    assert speaker_asked_for("what have you suggested for dinner?", []) == "assistant"
    assert speaker_asked_for("What did Ana adopt?", ["ana", "bo", ""]) == "ana"
    for nobody in ("What did Ana tell Bo?", "Where is my boat?", ""):
        assert speaker_asked_for(nobody, ["ana", "bo"]) == ""


def test_a_copied_chat_names_its_speakers() -> None:
    assert said_by("Ana: I adopted a ferret.") == "ana"
    for nobody in ("", "No colon", "https://example.org", "At 10:30 we left", "A long way of saying it, namely: this"):
        assert said_by(nobody) == ""
