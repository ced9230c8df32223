"""What learning from feedback keeps: candidate edits, their rewards, pairs of answers, and the evidence for each version.

Knows rows; knows nothing of prompts, models or when an edit is good.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from ulid import ULID

from memory.records import Feedback
from memory.store import Store, from_row, to_row

EditKind = Literal["add", "rewrite", "drop", "split"]
CandidateSource = Literal["catalogue", "reason", "edit", "model", "watch"]
CandidateState = Literal["open", "accepted", "closed"]
PairSource = Literal["regeneration", "ab"]
Verdict = Literal["", "one", "other", "alike", "neither", "withdrawn"]
"""What was said of a comparison; empty: nothing yet."""
Scored = Literal["answer", "edit"]
"""What of a message was scored: the answer as it was written, or the user's own version of it."""

WEAK_NEWEST = 200
"""Answers that are looked at for what was done with them. It is asked before every reply, and older ones say little of today."""
MARKS = " \t\n.,;:?!…"


@dataclass(frozen=True, kw_only=True)
class Edit:
    """One change of an ordered list of rules."""

    kind: EditKind
    text: str = ""
    """The new rule (add, rewrite); empty for drop and split."""
    target: str = ""
    """The text of the rule that is changed (rewrite, drop, split)."""
    topic: str = ""
    """Where the rule holds from then on; empty: everywhere."""


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """An edit that waits for ratings which it was not made from."""

    id: str
    batch: int
    """0 for the fixed catalogue, then 1, 2, … as they were made."""
    size: int
    """How many candidates its batch has."""
    kind: EditKind
    text: str
    target: str
    topic: str
    source: CandidateSource
    evidence: tuple[str, ...]
    """The ratings that it was made from."""
    after: datetime | None
    """Ratings given up to then do not count for it; None: all count, because it is in the fixed catalogue."""
    state: CandidateState
    created_at: datetime

    @property
    def edit(self) -> Edit:
        return Edit(kind=self.kind, text=self.text, target=self.target, topic=self.topic)


@dataclass(frozen=True, kw_only=True)
class Reward:
    """r_p of one answer under one candidate, nats per token. Written once, with the prompt that was then in force."""

    candidate_id: str
    message_id: str
    scored: Scored
    value: float | None
    """None: the edit changed nothing then, or the answer could not be scored."""
    sign: float | None
    """How much the answer looks like what the edit asks for, in a unit of the edit's own; None: cannot be seen."""
    model: str
    base_version_id: str | None
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class PreferencePair:
    """Of two answers to one question, the one that the user found better."""

    id: str
    better_id: str
    worse_id: str
    source: PairSource
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Two answers to one question that were written side by side, for the user to say which is better without knowing which
    is which."""

    id: str
    one_id: str
    """The answer as it would have been anyway. The conversation goes on with it unless the other is chosen."""
    other_id: str
    """The answer that a rule was tried in."""
    verdict: Verdict
    created_at: datetime
    decided_at: datetime | None

    @property
    def set_aside(self) -> str:
        """The answer that the conversation does not go on with."""
        return self.one_id if self.verdict == "other" else self.other_id


@dataclass(frozen=True, kw_only=True)
class VersionEvidence:
    """Why a version was accepted: figures of the moment."""

    id: str
    """Of the version."""
    candidate_id: str
    score: float
    """0 to 1 over the rated answers; 0.5 is the version before it."""
    low: float
    high: float
    ratings: int
    """How many ratings it was judged on, all of them given after it was made."""
    log_wealth: float
    log_threshold: float
    model: str
    created_at: datetime


class Refinements:
    """The tables of refinement in one home's database."""

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock

    # --- what is rated --------------------------------------------------------------------------------------------

    def rated(self) -> list[Feedback]:
        """Thumbs on answers that still have words, oldest first."""
        rows = self._store.rows(
            """SELECT f.* FROM feedback f JOIN messages m ON m.id = f.message_id
               WHERE m.role = 'assistant' AND trim(m.content) != '' ORDER BY f.created_at, f.seq"""
        )
        return [from_row(Feedback, row) for row in rows]

    def answers_saying(self, phrases: Sequence[str]) -> list[str]:
        """The words of every answer that has one of some phrases in it, of words and spaces alone. Endings may differ."""
        if not phrases:
            return []
        wanted = " OR ".join(f'"{phrase}"' for phrase in phrases)
        rows = self._store.rows(
            """SELECT m.content FROM messages_fts f JOIN messages m ON m.seq = f.rowid
               WHERE f.messages_fts MATCH ? AND m.role = 'assistant'""",
            [f"body : ({wanted})"],
        )
        return [row["content"] for row in rows]

    def trials(self) -> list[tuple[str, str]]:
        """(answer, candidate) of every rated answer that was written with a rule on trial, oldest first."""
        rows = self._store.rows(
            """SELECT u.message_id, u.item_id FROM message_uses u JOIN feedback f ON f.message_id = u.message_id
               WHERE u.item_type = 'trial' ORDER BY f.created_at, f.seq"""
        )
        return [(row["message_id"], row["item_id"]) for row in rows]

    def weak_dislikes(self) -> list[datetime]:
        """When answers were written that nobody rated or copied, but that the user stopped, had written again, or after which
        they asked the same again in other capitals and marks at most; oldest first."""
        return self._unrated(
            """copied_at IS NULL AND (
                   status = 'stopped'
                   OR EXISTS (SELECT 1 FROM messages n
                              WHERE n.parent_id = m.parent_id AND n.role = 'assistant' AND n.seq > m.seq)
                   OR EXISTS (SELECT 1 FROM messages q JOIN messages n ON n.parent_id = m.id
                              WHERE q.id = m.parent_id AND n.role = 'user'
                                AND lower(trim(n.content, ?)) = lower(trim(q.content, ?))))""",
            MARKS,
            MARKS,
        )

    def weak_likes(self) -> list[datetime]:
        """When answers were written that nobody rated, but that the user copied; oldest first."""
        return self._unrated("copied_at IS NOT NULL")

    def _unrated(self, which: str, *parameters: str) -> list[datetime]:
        """Among the newest answers, those without a thumb, a comparison or a rule on trial."""
        rows = self._store.rows(
            f"""SELECT m.created_at FROM
                    (SELECT * FROM messages WHERE role = 'assistant' ORDER BY seq DESC LIMIT ?) m
                WHERE trim(m.content) != ''
                  AND m.id NOT IN (SELECT message_id FROM feedback)
                  AND m.id NOT IN (SELECT better_id FROM preference_pairs UNION SELECT worse_id FROM preference_pairs)
                  AND m.id NOT IN (SELECT one_id FROM comparisons)
                  AND NOT EXISTS (SELECT 1 FROM message_uses WHERE message_id = m.id AND item_type = 'trial')
                  AND {which}
                ORDER BY m.created_at, m.seq""",
            [WEAK_NEWEST, *parameters],
        )
        return [datetime.fromisoformat(row["created_at"]) for row in rows]

    def stats(self) -> dict[str, Any]:
        """Ratings counted: {"up", "down", "edited", "pairs", "weak": {"up", "down"}, "by": {"reason" | "model" | "rules": {which:
        {"up", "down"}}}}. Weak signs are what was done with answers that have no thumb."""
        given = self._store.select("feedback", Feedback, "1 ORDER BY seq")
        written = {
            row["id"]: (row["model"], row["prompt_version_id"])
            for row in self._store.rows(
                "SELECT id, model, prompt_version_id FROM messages WHERE id IN (SELECT message_id FROM feedback)"
            )
        }
        by: dict[str, dict[str, dict[str, int]]] = {"reason": {}, "model": {}, "rules": {}}
        for one in given:
            model, version = written[one.message_id]
            groups = [
                ("model", model or "unknown"),
                ("rules", version or "none"),
                *(("reason", r) for r in one.reasons),
            ]
            for name, key in groups:
                by[name].setdefault(key, {"up": 0, "down": 0})["up" if one.rating == 1 else "down"] += 1
        return {
            "up": sum(one.rating == 1 for one in given),
            "down": sum(one.rating == -1 for one in given),
            "edited": sum(bool(one.edit.strip()) for one in given),
            "pairs": int(self._store.value("SELECT count(*) FROM preference_pairs")),
            "weak": {"up": len(self.weak_likes()), "down": len(self.weak_dislikes())},
            "by": by,
        }

    # --- candidates -----------------------------------------------------------------------------------------------

    def add_batch(
        self,
        edits: Sequence[Edit],
        *,
        source: CandidateSource,
        after: datetime | None,
        evidence: Sequence[str] = (),
    ) -> list[Candidate]:
        """Make candidates together: they share one portion of the error that may be spent."""
        now = self._clock()
        with self._store.transaction():
            last = self._store.value("SELECT max(batch) FROM prompt_candidates")
            batch = 0 if last is None else int(last) + 1
            made = [
                Candidate(
                    id=str(ULID()),
                    batch=batch,
                    size=len(edits),
                    kind=edit.kind,
                    text=edit.text,
                    target=edit.target,
                    topic=edit.topic,
                    source=source,
                    evidence=tuple(evidence),
                    after=after,
                    state="open",
                    created_at=now,
                )
                for edit in edits
            ]
            for candidate in made:
                self._store.insert("prompt_candidates", candidate)
        return made

    def candidates(self, state: CandidateState | None = None) -> list[Candidate]:
        """In the order they were made."""
        if state is None:
            return self._store.select("prompt_candidates", Candidate, "1 ORDER BY seq")
        return self._store.select("prompt_candidates", Candidate, "state = ? ORDER BY seq", [state])

    def set_candidate_state(self, candidate_id: str, state: CandidateState) -> None:
        self._store.change("prompt_candidates", candidate_id, state=state)

    # --- rewards --------------------------------------------------------------------------------------------------

    def add_rewards(self, rewards: Sequence[Reward]) -> None:
        """Keep rewards; one that has a value already stays as it is."""
        with self._store.transaction() as connection:
            for reward in rewards:
                row = to_row(reward)
                names, marks = ", ".join(row), ", ".join("?" * len(row))
                connection.execute(
                    f"""INSERT INTO prompt_scores ({names}) VALUES ({marks})
                        ON CONFLICT (candidate_id, message_id, scored)
                        DO UPDATE SET value = excluded.value, model = excluded.model WHERE value IS NULL""",
                    list(row.values()),
                )

    def rewards(self) -> dict[tuple[str, str, str], tuple[float | None, float | None]]:
        """(candidate, message, what was scored) -> (reward, sign)."""
        return {
            (row["candidate_id"], row["message_id"], row["scored"]): (row["value"], row["sign"])
            for row in self._store.rows("SELECT candidate_id, message_id, scored, value, sign FROM prompt_scores")
        }

    def unscored(self, model: str) -> dict[tuple[str, str, str], str | None]:
        """(candidate, message, what was scored) -> the version then in force, of the rewards without a value from models that
        never gave one, other than this: they return no log-probabilities."""
        rows = self._store.rows(
            """SELECT candidate_id, message_id, scored, base_version_id FROM prompt_scores
               WHERE value IS NULL AND model != ?
                 AND model NOT IN (SELECT model FROM prompt_scores WHERE value IS NOT NULL)""",
            [model],
        )
        return {(row["candidate_id"], row["message_id"], row["scored"]): row["base_version_id"] for row in rows}

    # --- pairs ----------------------------------------------------------------------------------------------------

    def add_pair(self, better_id: str, worse_id: str, *, source: PairSource) -> PreferencePair:
        """Keep which of two answers was better; a newer word about the same two takes the older one's place."""
        pair = PreferencePair(
            id=str(ULID()), better_id=better_id, worse_id=worse_id, source=source, created_at=self._clock()
        )
        with self._store.transaction():
            self.remove_pair(better_id, worse_id)
            self._store.insert("preference_pairs", pair)
        return pair

    def pairs(self) -> list[PreferencePair]:
        """Oldest first."""
        return self._store.select("preference_pairs", PreferencePair, "1 ORDER BY created_at, seq")

    def remove_pair(self, one_id: str, other_id: str) -> None:
        """Forget which of two answers was better."""
        with self._store.transaction() as connection:
            connection.execute(
                "DELETE FROM preference_pairs WHERE (better_id = ?1 AND worse_id = ?2) OR (better_id = ?2 AND worse_id = ?1)",
                [one_id, other_id],
            )

    # --- comparisons ----------------------------------------------------------------------------------------------

    def add_comparison(self, one_id: str, other_id: str) -> Comparison:
        """Two answers are about to be written side by side."""
        comparison = Comparison(
            id=str(ULID()),
            one_id=one_id,
            other_id=other_id,
            verdict="",
            created_at=self._clock(),
            decided_at=None,
        )
        self._store.insert("comparisons", comparison)
        return comparison

    def comparison_of(self, message_id: str) -> Comparison | None:
        """The comparison that an answer was written for."""
        found = self._store.select("comparisons", Comparison, "one_id = ?1 OR other_id = ?1", [message_id])
        return found[0] if found else None

    def decide(self, comparison_id: str, verdict: Verdict) -> None:
        self._store.change("comparisons", comparison_id, verdict=verdict, decided_at=self._clock())

    # --- evidence -------------------------------------------------------------------------------------------------

    def add_evidence(self, evidence: VersionEvidence) -> None:
        self._store.insert("version_evidence", evidence)

    def evidence(self) -> dict[str, VersionEvidence]:
        """By version."""
        return {e.id: e for e in self._store.select("version_evidence", VersionEvidence, "1 ORDER BY seq")}
