"""The learning page as HTML: rules with the answers that taught them, versions with diff and score. Knows no Gradio."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from assistant.audience import AXES
from assistant.guessing import Guess
from assistant.refinement import describe, diff_rules
from assistant.refiner import Standing
from memory import Feedback, Message, PromptVersion, Rule, VersionEvidence
from ui.cards import STATE_WORDS, button, card, counted, day, empty, escape, proposal, short

WINDOW = 8
"""Ratings that one point of the chart is the mean of."""
SIGNS_ALONE = (
    "The model is on a server, which does not tell how likely an answer is under a rule. So only what can be seen is "
    "learnt: length, lists, emoji, marks, greetings; two answers side by side teach it soonest."
)
Taught = Mapping[str, tuple[Feedback, Message | None]]
"""Feedback identifier -> the rating and the answer."""


def learning_page(
    rules: Sequence[Rule],
    current: PromptVersion | None,
    proposals: Sequence[PromptVersion],
    versions: Sequence[PromptVersion],
    taught: Taught,
    evidence: Mapping[str, VersionEvidence],
    standings: Sequence[Standing] = (),
    liked: Sequence[tuple[bool, datetime]] = (),
    can_score: bool = True,
) -> str:
    """`liked`: the thumbs on answers that no rule was tried in, oldest first, as (liked, when)."""
    parts = [proposal(version) for version in proposals]
    parts += [rule_card(rule, taught) for rule in rules]
    if current is not None and rules:
        parts.append(f'<div class="a-buttons">{button("Take the last change back", "undo-rule", current.id)}</div>')
    surmised = nearest(standings)
    if not parts and not surmised:
        parts.append(
            empty(
                "No rules yet",
                "Press a thumb under answers. What you like is learnt once it is sure; a reason on two answers proposes a rule.",
            )
        )
    parts.append(surmised)
    if not can_score:
        parts.append(card(SIGNS_ALONE, kind="nearest"))
    parts.append(chart(liked, [v.decided_at for v in versions if v.state in ("accepted", "retired") and v.decided_at]))
    parts.append(history(versions, current, evidence))
    return "".join(parts)


def guessed(guesses: Sequence[Guess]) -> str:
    """How the user may want to be answered, each with its reason: to keep, to change, or not to be guessed at all."""
    return "".join(
        card(
            f"<span class='a-label'>Guessed from your messages:</span> {escape(guess.rule)}",
            button("Keep", "keep-guess", f"{guess.axis}:{guess.choice}", kind="primary", label=f"Keep: {guess.rule}"),
            *(
                button(f"No: {rule}", "keep-guess", f"{guess.axis}:{choice}")
                for choice, rule in AXES[guess.axis].items()
                if choice != guess.choice
            ),
            button("Don’t guess", "no-guess", label="Do not guess how I want to be answered"),
            kind="guess",
            note=f"{escape(guess.because)} Nothing is changed before you say so, and who you are counts for nothing.",
        )
        for guess in guesses
    )


def rule_card(rule: Rule, taught: Taught) -> str:
    quotes = "".join(
        f"<li>{'liked' if given.rating == 1 else ', '.join(given.reasons) or 'disliked'}: "
        f"“{escape(short(message.content) if message else '')}”</li>"
        for given, message in (taught[e] for e in rule.evidence if e in taught)
    )
    state = ["in force" if rule.enabled else "switched off"]
    state += ["locked: learning leaves it alone"] if rule.locked else []
    state += [f"for {escape(rule.topic)}"] if rule.topic else []
    state += [f"only with {escape(rule.persona)}"] if rule.persona else []
    state += ["your own words"] if not rule.evidence else []
    return card(
        f"<strong>{escape(rule.text)}</strong>{f'<ul>{quotes}</ul>' if quotes else ''}",
        button("Switch off", "off", rule.id) if rule.enabled else button("Switch on", "on", rule.id),
        button("Edit", "edit-rule", rule.id, label=f"Edit: {rule.text}"),
        button("Unlock", "unlock", rule.id) if rule.locked else button("Lock", "lock", rule.id),
        button("Delete", "delete-rule", rule.id, label=f"Delete: {rule.text}"),
        kind="" if rule.enabled else "closed",
        note=" · ".join(state),
    )


def progress(doing: str, done: int, total: int) -> str:
    """How far a run of learning is, and with what."""
    bar = f'<progress value="{done}" max="{max(1, total)}" aria-label="Learning"></progress>'
    return f"{bar} {escape(doing)} ({done} of {total})"


def news(versions: Sequence[PromptVersion]) -> str:
    """What learning came to: rules in force, and rules that wait."""
    words = {"accepted": "Learnt", "proposed": "Waits for your word"}
    return "".join(
        f"<p><span class='a-label'>{words[version.state]}:</span> {escape(version.reason)}</p>"
        for version in versions
        if version.state in words
    )


def nearest(standings: Sequence[Standing], limit: int = 3) -> str:
    """What the ratings speak for so far, and how far it is from being sure."""
    rows = [s for s in standings if s.log_wealth > 0][:limit]
    if not rows:
        return ""
    items = "".join(
        f"<li>{escape(describe(s.candidate.edit))} <small>{_share(s)} % of the evidence it needs, "
        f"{counted(s.ratings, 'rating')}</small></li>"
        for s in rows
    )
    return card(f"<span class='a-label'>Not sure yet:</span><ul>{items}</ul>", kind="nearest")


def _share(standing: Standing) -> int:
    return max(0, min(99, round(100 * standing.log_wealth / standing.log_threshold)))


def chart(liked: Sequence[tuple[bool, datetime]], changes: Sequence[datetime]) -> str:
    """How often answers were liked, over the last `WINDOW` ratings at each point, with a mark where the rules changed.

    Each rating came after the rules that its answer was written with, so none of them is judged on what made it.
    """
    if len(liked) < WINDOW:
        return ""
    shares = [sum(y for y, _ in liked[n - WINDOW : n]) / WINDOW for n in range(WINDOW, len(liked) + 1)]
    width, height = 320, 80
    step = width / max(1, len(shares) - 1)

    def at(n: int) -> float:
        return min(width, max(0.0, (n - WINDOW) * step))

    line = " ".join(f"{at(n + WINDOW):.1f},{height * (1 - share):.1f}" for n, share in enumerate(shares))
    marks = "".join(
        f'<line x1="{at(n):.1f}" x2="{at(n):.1f}" y1="0" y2="{height}" class="a-mark-line"/>'
        for n in (sum(when <= change for _, when in liked) for change in changes)
    )
    said = f"Liked: {shares[0]:.0%} of the first {WINDOW} rated answers, {shares[-1]:.0%} of the last {WINDOW}."
    return card(
        f"<span class='a-label'>How often answers are liked</span>"
        f'<svg class="a-chart" viewBox="0 0 {width} {height}" role="img" aria-label="{escape(said)}">{marks}'
        f'<polyline points="{line}" fill="none"/></svg>',
        note=f"{escape(said)} Upright lines: the rules changed. Answers that tried a rule are left out.",
        kind="chart",
    )


def side_by_side(known: str, unknown: str) -> str:
    """One question answered with and without what is known of the user."""
    same = " They are the same." if known.strip() == unknown.strip() else ""
    return card(f"<span class='a-label'>As it was answered</span><p>{escape(known)}</p>") + card(
        f"<span class='a-label'>Without knowing you</span><p>{escape(unknown)}</p>",
        note=f"No memory, no rule, no profile. Nothing of it is kept.{same}",
    )


def history(
    versions: Sequence[PromptVersion], current: PromptVersion | None, evidence: Mapping[str, VersionEvidence]
) -> str:
    """Every version, newest first, with what it changed and how it scored."""
    if not versions:
        return ""
    by_id = {version.id: version for version in versions}
    rows = []
    for version in versions[:20]:
        before = by_id.get(version.parent_id or "")
        diff = "".join(
            f'<li class="a-{sign}">{"+" if sign == "new" else "−"} {escape(text)}</li>'
            for sign, text in diff_rules(before.rules if before else (), version.rules)
        )
        found = evidence.get(version.id)
        score = (
            f" <small>score {found.score:.2f} ({found.low:.2f} to {found.high:.2f}; 0.50 is the version before), "
            f"{counted(found.ratings, 'rating')}</small>"
            if found
            else ""
        )
        back = "" if version is current or version == current else button("Back to this", "back", version.id)
        rows.append(
            f"<li><time>{day(version.created_at)}</time> <strong>{STATE_WORDS[version.state]}</strong> "
            f"{escape(version.reason)}{score}{f'<ul>{diff}</ul>' if diff else ''} {back}</li>"
        )
    return f'<h3 class="a-side">What happened</h3><ol class="a-timeline">{"".join(rows)}</ol>'


def why(
    rules: Sequence[str],
    tried: Sequence[str],
    model: str,
    message_id: str = "",
    steered: str = "",
    version: PromptVersion | None = None,
) -> str:
    """Why an answer is as it is: the rules that it was written with, of which version, and how much they counted (`steered`, in
    words). With `message_id`, a way to the answer without them, and one to the answer as the user would say it."""
    learnt = f"The learnt rules are those of {day(version.created_at)}." if version and (rules or tried) else ""
    note = escape(" ".join(part for part in (learnt, steered, f"Written by {model}." if model else "") if part))
    ways = (("Answer without knowing me", "without-me"), ("Say it my way", "reword")) if message_id else ()
    buttons = [button(words, act, message_id) for words, act in ways]
    if not rules and not tried:
        return card(
            "<span class='a-label'>Why like this?</span> No learnt rule was in force.",
            *buttons,
            note=note,
        )
    listed = "".join(f"<li>{escape(rule)}</li>" for rule in rules)
    trial = "".join(
        f"<li>{escape(text)} <small>only tried here: a thumb tells whether you like it</small></li>" for text in tried
    )
    return card(
        f"<span class='a-label'>Why like this?</span><ul>{listed}{trial}</ul>",
        *buttons,
        note=note,
    )
