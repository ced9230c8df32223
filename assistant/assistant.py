"""The assistant: one turn of a conversation, and what the user may do about it.

Everything that the page, the terminal and the HTTP API can do goes through here or through `Assistant.memory`.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from langchain_core.language_models import BaseChatModel

from assistant import extraction, memory_file, preferences, profile, refinement
from assistant.audience import Axis, is_about
from assistant.background import Background
from assistant.errors import (
    EmptyMessage,
    NotAnswersToOne,
    NothingToUndo,
    NotProposed,
    ReplyRunning,
    SettingsError,
    UnknownPersona,
)
from assistant.events import Event, UsedMemory
from assistant.guessing import FIRST, Guess, Said, guesses
from assistant.incognito import IncognitoConversations, is_incognito
from assistant.redaction import redactor
from assistant.refiner import Progress, Refined, Refiner
from assistant.running import RunningReply
from assistant.settings import MIN_REFINE_TOKENS, Settings, save_setting
from assistant.turn import TurnRequest, TurnWriter, used_memories
from memory import (
    Comparison,
    Edit,
    Feedback,
    Memory,
    MemoryManager,
    Message,
    PreferencePair,
    ProfileLine,
    ProfileVersion,
    PromptVersion,
    Rule,
    open_memory,
    transfer,
)
from memory.embeddings import CrossEncoderReranker
from memory.records import Rating
from memory.refinements import Verdict
from personas import Persona, load_library, read_persona

log = logging.getLogger(__name__)


def open_assistant(
    settings: Settings,
    *,
    chat_model: BaseChatModel | None = None,
    memory: MemoryManager | None = None,
) -> Assistant:
    """Assemble an assistant. What is handed in is used as it is; what is not is opened from `settings`.

    The chat model is loaded at the first reply, or by `Assistant.warm_up`; a file that is missing is told at once.

    Raises:
        ModelFileMissing, NotAGguf: `settings.model` names no usable file.
        HomeNotWritable: the home folder cannot be written.
    """
    if chat_model is None:
        from assistant.chat_model import check_model

        check_model(settings)
    memory = memory or open_memory(settings.home, reranker=reranker_of(settings))
    return Assistant(settings=settings, memory=memory, chat_model=chat_model)


def reranker_of(settings: Settings) -> CrossEncoderReranker | None:
    """Raises RerankerMissing: the folder that is set holds no model."""
    return CrossEncoderReranker(Path(settings.reranker)) if settings.reranker else None


class Assistant:
    """One user's assistant. Safe to call from several threads; replies are written one at a time."""

    def __init__(self, *, settings: Settings, memory: MemoryManager, chat_model: BaseChatModel | None = None) -> None:
        self.settings = settings
        self.memory = memory
        self._chat_model = chat_model
        self._model_lock = threading.Lock()
        self._replies: dict[str, RunningReply] = {}
        self._replies_lock = threading.Lock()
        self._writing = ThreadPoolExecutor(max_workers=1, thread_name_prefix="attune-reply")
        global_rules = (files("assistant") / "prompts" / "global.txt").read_text(encoding="utf-8")
        self.refiner = Refiner(
            memory=memory,
            settings=settings,
            chat_model=lambda: self.chat_model,
            persona=self._persona_or_default,
            global_rules=global_rules,
        )
        self.refiner.register()
        self._writer = TurnWriter(
            memory=memory,
            settings=settings,
            chat_model=lambda: self.chat_model,
            global_rules=global_rules,
            trial=self.refiner.trial,
        )
        self.incognito = IncognitoConversations(
            settings=settings, chat_model=lambda: self.chat_model, global_rules=global_rules, clock=memory.clock
        )
        self._background = Background(
            memory=memory, settings=settings, chat_model=lambda: self.chat_model, persona=self._persona_or_default
        )
        self._background.register()
        memory.after_forgetting.append(self._drop_copies)
        memory.after_change.append(self._refresh_profile)
        memory.worker.wake()

    # --- the chat model -------------------------------------------------------------------------------------------

    @property
    def chat_model(self) -> Any:
        """The loaded chat model; loads it at the first use."""
        with self._model_lock:
            if self._chat_model is None:
                from assistant.chat_model import load_chat_model

                self._chat_model = load_chat_model(self.settings)
            return self._chat_model

    def _drop_copies(self) -> None:
        """Something was forgotten: no finished reply and no evaluated prompt is held on to."""
        with self._replies_lock:
            self._replies = {key: reply for key, reply in self._replies.items() if not reply.done}
        with self._model_lock:
            forget = getattr(self._chat_model, "forget_prompts", None)
        if forget is not None:
            self._writing.submit(forget)  # after a reply that is being written

    def warm_up(self) -> None:
        """Load the chat model in the background and see what was learnt, so that the first reply waits for neither."""
        self._writing.submit(lambda: self.chat_model)
        self._writing.submit(self.refiner.look)

    def use_model(self, model: str) -> None:
        """Answer with another model from now on, and remember the choice in `attune.toml`.

        Raises:
            ModelFileMissing, NotAGguf, ModelTooLarge: it cannot be used; the one before stays.
            ReplyRunning: a reply is being written.
        """
        from assistant.chat_model import check_model, load_chat_model

        if self._unfinished():
            raise ReplyRunning("A reply is being written. Stop it, or wait for its end, then change the model.")
        settings = self.settings.model_copy(update={"model": model})
        check_model(settings)
        loaded = load_chat_model(settings)
        with self._model_lock:
            before, self._chat_model = self._chat_model, loaded
        if before is not None:
            before.close()  # type: ignore[attr-defined]
        self.settings.model = model
        save_setting(self.settings.home, "model", model)

    # --- one turn -------------------------------------------------------------------------------------------------

    def respond(
        self,
        text: str,
        conversation_id: str | None = None,
        persona: str | None = None,
        *,
        personal: bool = True,
        side_by_side: bool = False,
    ) -> Iterator[Event]:
        """Answer `text`. Stored before this returns; closing the iterator stops nothing (`stop` does).

        Args:
            text: what the user typed.
            conversation_id: None begins a new conversation; one of `incognito.start` leaves no trace.
            persona: an identifier; None keeps the conversation's.
            personal: False answers as if the user were unknown.
            side_by_side: the reader can show two answers at once. Where a rule would be tried and the setting `compare` is
                on, two are then written, one with it and one without: see `SideBySide` and `decide`.

        Raises:
            EmptyMessage, ReplyRunning, UnknownPersona, NotFound: at once.
            AttuneError: from the iterator, when the reply fails; the message and what was written stay stored.
        """
        if not text.strip():
            raise EmptyMessage("There is nothing to answer. Type a message first.")
        speaker = self.persona(persona) if persona else None
        if conversation_id is not None and is_incognito(conversation_id):
            return self._respond_incognito(text, conversation_id, speaker or self.persona(self.settings.persona))
        if conversation_id is None:
            speaker = speaker or self.persona(self.settings.persona)
            conversation_id = self.memory.start_conversation(persona=speaker.id).id
        else:
            conversation = self.memory.get_conversation(conversation_id)
            self._refuse_while_running(conversation_id)
            if speaker is not None and speaker.id != conversation.persona:
                self.memory.set_persona(conversation_id, speaker.id)
            speaker = speaker or self._persona_or_default(conversation.persona)
        question = self.memory.add_message(conversation_id, role="user", content=text, persona=speaker.id)
        return self._begin(question, speaker, personal=personal, side_by_side=side_by_side)

    def regenerate(self, message_id: str) -> Iterator[Event]:
        """Answer the same message again. The earlier answer stays, as a sibling."""
        answer = self.memory.get_message(message_id)
        self._refuse_while_running(answer.conversation_id)
        if answer.role == "user":
            question = answer
        elif answer.parent_id is None:
            raise NothingToUndo("That reply answers no message, so there is nothing to write again.")
        else:
            question = self.memory.get_message(answer.parent_id)
        speaker = self._persona_or_default(self.memory.get_conversation(answer.conversation_id).persona)
        return self._begin(question, speaker, fresh_wording=True, learn=False)

    def without_knowing_me(self, message_id: str) -> str:
        """What the reply to the same message would be if nothing were known of the user. Nothing of it is stored.

        Raises:
            NothingToUndo: the message answers no other. AttuneError: the reply fails.
        """
        answer = self.memory.get_message(message_id)
        if answer.parent_id is None or answer.role != "assistant":
            raise NothingToUndo("Only a reply can be compared with one that does not know you.")
        self._refuse_while_running(answer.conversation_id)
        request = TurnRequest(
            question=self.memory.get_message(answer.parent_id),
            answer=answer,
            persona=self._persona_or_default(answer.persona),
        )
        return self._writing.submit(self._writer.without_knowing, request).result()

    def edit(self, message_id: str, text: str) -> Iterator[Event]:
        """Say something else in place of an earlier message. The earlier branch stays."""
        if not text.strip():
            raise EmptyMessage("There is nothing to answer. Type a message first.")
        before = self.memory.get_message(message_id)
        self._refuse_while_running(before.conversation_id)
        question = self.memory.add_message(
            before.conversation_id, role="user", content=text, parent_id=before.parent_id, persona=before.persona
        )
        return self._begin(question, self._persona_or_default(before.persona))

    def undo(self, conversation_id: str) -> str:
        """Step back over the last exchange and hand back what the user had typed. Nothing is deleted."""
        self._refuse_while_running(conversation_id)
        for message in reversed(self.memory.thread(conversation_id)):
            if message.role == "user":
                self.memory.set_active_leaf(conversation_id, message.parent_id)
                return message.content
        raise NothingToUndo("There is no message to take back in this conversation.")

    def running(self, conversation_id: str) -> str | None:
        """The identifier of the reply that is being written in a conversation."""
        reply = self._replies.get(conversation_id)
        return reply.message_id if reply and not reply.done else None

    def attach(self, conversation_id: str) -> Iterator[Event]:
        """Everything of the reply that is being written, from its start. Ends at once when there is none."""
        reply = self._replies.get(conversation_id)
        return reply.events() if reply else iter(())

    def stop(self, conversation_id: str) -> None:
        """Stop the reply that is being written. What was written stays, marked as stopped."""
        reply = self._replies.get(conversation_id)
        if reply:
            reply.cancel.set()

    def _begin(
        self,
        question: Message,
        speaker: Persona,
        *,
        personal: bool = True,
        fresh_wording: bool = False,
        learn: bool = True,
        side_by_side: bool = False,
    ) -> Iterator[Event]:
        first = question.parent_id is None
        answer = self.memory.add_message(
            question.conversation_id,
            role="assistant",
            content="",
            parent_id=question.id,
            persona=speaker.id,
            status="streaming",
            prompt_version_id=getattr(self.memory.current_prompt(), "id", None),
        )
        if learn:
            self._learn_instructions(question, speaker)
        request = TurnRequest(
            question=question,
            answer=answer,
            persona=speaker,
            hidden_personas=frozenset(
                p.id for p in self.all_personas() if p.memory_scope == "own" and p.id != speaker.id
            ),
            personal=personal,
            may_compare=side_by_side and self.settings.compare,
            fresh_wording=fresh_wording,
        )
        running = RunningReply(conversation_id=question.conversation_id, message_id=answer.id)
        with self._replies_lock:
            self._replies[question.conversation_id] = running
        self._writing.submit(self._write, request, running, learn, first)
        return running.events()

    def _write(self, request: TurnRequest, running: RunningReply, learn: bool, first: bool) -> None:
        if learn:
            self._background.after_turn(request.question, first=first)
        self._writer.write(request, running)

    def _respond_incognito(self, text: str, conversation_id: str, speaker: Persona) -> Iterator[Event]:
        """Answer without memory and without storing anything."""
        self._refuse_while_running(conversation_id)
        question = self.incognito.ask(conversation_id, text, speaker)
        running = RunningReply(conversation_id=conversation_id, message_id=question.id)
        with self._replies_lock:
            self._replies[conversation_id] = running

        def write() -> None:
            with self.memory.worker.paused():
                self.incognito.write(question, speaker, running)
            with self._replies_lock:
                self._replies.pop(conversation_id, None)  # its events are its words

        self._writing.submit(write)
        return running.events()

    def _learn_instructions(self, question: Message, speaker: Persona) -> None:
        """What the user asks for from now on holds in the very next reply, so it is read here, by rules alone."""
        found = extraction.extract_instructions(question.content, said_at=question.created_at)
        own = speaker.id if speaker.memory_scope == "own" else ""
        extraction.apply(self.memory, found, question, persona=own)

    def _refuse_while_running(self, conversation_id: str) -> None:
        if self.running(conversation_id):
            raise ReplyRunning("A reply is still being written here. Stop it, or wait for its end.")

    def _unfinished(self) -> list[RunningReply]:
        with self._replies_lock:
            return [reply for reply in self._replies.values() if not reply.done]

    # --- what was used and learnt ---------------------------------------------------------------------------------

    def used_for(self, message_id: str) -> tuple[UsedMemory, ...]:
        """What an answer was given with, each with source and date."""
        return used_memories(self.memory, self.memory.uses_of(message_id))

    def learnt_from(self, user_message_id: str) -> list[Memory]:
        """The current memories that one message brought."""
        return [m for m in self.memory.memories_from(user_message_id) if m.valid_to is None]

    def mark_wrong(self, memory_id: str) -> None:
        """The user says that a memory is wrong or outdated: it is closed and kept in the history."""
        self.memory.close_memory(memory_id)

    def correct(self, memory_id: str, text: str) -> Memory:
        """Keep what the user says is right in the place of a memory that was wrong: "It is Bergen", "I live in Bergen"."""
        wrong = self.memory.get(memory_id)
        self.memory.close_memory(memory_id)
        content = memory_file.in_the_third_person(text) or text.strip()
        fact = memory_file.read(content, self.memory)
        return self.memory.add(
            content=content,
            kind=wrong.kind,
            subject=fact.subject if fact else wrong.subject,
            attribute=fact.attribute if fact else wrong.attribute,
            value=fact.value if fact else "",
            importance=wrong.importance,
            persona=wrong.persona,
            plural=True,
        )

    # --- feedback -------------------------------------------------------------------------------------------------

    def rate(
        self,
        message_id: str,
        rating: Rating,
        reasons: Sequence[str] = (),
        comment: str | None = None,
        edit: str | None = None,
    ) -> Feedback:
        """Store a thumb (+1 or -1). Reasons about style may bring a proposal (see `proposals`), unless learning is off.

        Raises:
            NotFound: there is no such message. UnknownReason: a reason outside `refinement.REASONS`.
        """
        refinement.check_reasons(reasons)
        given = self.memory.add_feedback(
            message_id, rating=rating, reasons=tuple(reasons), comment=comment or "", edit=edit or ""
        )
        proposal = refinement.propose(
            self.memory.feedback(), self.memory.prompt_versions(), self.memory.current_prompt()
        )
        if proposal is not None and self.settings.refine != "off":
            self.memory.add_prompt_version(
                parent_id=proposal.parent_id, rules=proposal.rules, state="proposed", reason=proposal.reason
            )
        self.refiner.after_rating()
        return given

    def comment_to_keep(self, message_id: str) -> str:
        """The comment on an answer's thumb, when it could be a rule and is none yet; empty otherwise."""
        given = self.memory.feedback(message_id)
        if not given or refinement.doubts_facts(given[0]):
            return ""
        comment = " ".join(given[0].comment.split())
        return "" if not comment or refinement.refusal(comment, self.current_rules(), ()) else comment

    def make_rule_of_comment(self, message_id: str) -> PromptVersion | None:
        """Put the comment on an answer's thumb in force as a rule, which cites that thumb. None when it is none to keep."""
        comment = self.comment_to_keep(message_id)
        if not comment:
            return None
        edit = Edit(kind="add", text=comment[:1].upper() + comment[1:])
        evidence = [given.id for given in self.memory.feedback(message_id)]
        rules = refinement.apply_edit(self.current_rules(), edit, evidence=evidence)
        return self._change_rules(rules, "You made a rule of your comment.")

    def doubted(self, message_id: str) -> list[Memory]:
        """What an answer was given with and still holds, when its thumb says that a fact was wrong or outdated.

        Such a thumb never changes how answers are written; one of these may have to be put right (`settle`).
        """
        if not any(refinement.doubts_facts(given) for given in self.memory.feedback(message_id)):
            return []
        used = [self.memory.find(use.item_id) for use in self.memory.uses_of(message_id) if use.item_id]
        held = {memory.id: memory for memory in used if memory is not None and memory.valid_to is None}
        return list(held.values())

    def settle(self, message_id: str, memory_id: str) -> Memory | None:
        """Close a memory that a thumb doubted. What its comment says instead is kept in its place, if it says a fact.

        Raises:
            NotFound: there is no such message, or no such memory.
        """
        self.memory.get_message(message_id)
        said = next((given.comment for given in self.memory.feedback(message_id) if given.comment.strip()), "")
        if said and memory_file.read(memory_file.in_the_third_person(said) or said, self.memory) is not None:
            return self.correct(memory_id, said)
        self.mark_wrong(memory_id)
        return None

    def withdraw(self, message_id: str) -> None:
        """Take a rating back: it counts for nothing any more.

        Raises:
            NotFound: there is no such message.
        """
        self.memory.get_message(message_id)
        self.memory.delete_feedback(message_id)
        self.refiner.after_rating()

    def prefer(self, better_id: str, worse_id: str, *, blind: bool = False) -> PreferencePair:
        """Of two answers to one question, the user found the first better; `blind`: not knowing which was which.

        Raises:
            NotFound: there is no such message. NotAnswersToOne: they answer different messages.
        """
        better, worse = self.memory.get_message(better_id), self.memory.get_message(worse_id)
        same = better.parent_id is not None and better.parent_id == worse.parent_id and better.role == "assistant"
        if not same or better.id == worse.id:
            raise NotAnswersToOne("Only two answers to the same message can be compared. Write one again first.")
        pair = self.memory.refinements.add_pair(better_id, worse_id, source="ab" if blind else "regeneration")
        self.refiner.after_rating()
        return pair

    def decide(self, message_id: str, verdict: Literal["better", "alike", "neither"]) -> Comparison:
        """What the user says of two answers that were written side by side, of which `message_id` is one: it is the better,
        both are alike, or neither is good, which counts as a thumb down on both.

        Raises:
            NotAnswersToOne: the answer was not written beside another.
        """
        comparison = self._comparison(message_id)
        one, other = comparison.one_id, comparison.other_id
        if verdict == "better":
            worse = other if message_id == one else one
            self.prefer(message_id, worse, blind=True)
            self._go_on_with(message_id, instead_of=worse)
        elif verdict == "neither":
            for answer in (one, other):
                self.rate(answer, -1)
        chosen: Verdict = ("one" if message_id == one else "other") if verdict == "better" else verdict
        self.memory.refinements.decide(comparison.id, chosen)
        return self._comparison(message_id)

    def withdraw_decision(self, message_id: str) -> None:
        """Take back what was said of two answers. It is not asked again, since which was which is known by then.

        Raises:
            NotAnswersToOne: the answer was not written beside another.
        """
        comparison = self._comparison(message_id)
        self.memory.refinements.remove_pair(comparison.one_id, comparison.other_id)
        if comparison.verdict == "neither":
            for answer in (comparison.one_id, comparison.other_id):
                self.memory.delete_feedback(answer)
        self.memory.refinements.decide(comparison.id, "withdrawn")
        self.refiner.after_rating()

    def _comparison(self, message_id: str) -> Comparison:
        found = self.memory.refinements.comparison_of(message_id)
        if found is None:
            raise NotAnswersToOne("This answer was not written beside another, so there is nothing to choose.")
        return found

    def _go_on_with(self, chosen: str, *, instead_of: str) -> None:
        """Let the conversation go on from another answer, unless it has gone on already."""
        conversation = self.memory.get_conversation(self.memory.get_message(chosen).conversation_id)
        if conversation.active_leaf_id == instead_of:
            self.memory.set_active_leaf(conversation.id, chosen)

    def refine(
        self, *, progress: Callable[[Progress], None] | None = None, cancel: threading.Event | None = None
    ) -> Refined:
        """Learn from the ratings now, on the caller's thread. By itself it happens in the background.

        Raises:
            RefiningCancelled: `cancel` was set; what was scored is kept.
        """
        return self.refiner.run(progress=progress, cancel=cancel)

    def proposals(self) -> list[PromptVersion]:
        """Rules that wait for the user's word, newest first."""
        return [v for v in self.memory.prompt_versions() if v.state == "proposed"]

    def accept(self, version_id: str) -> PromptVersion:
        """Put proposed rules in force. Where others came into force meanwhile, these stay, and the proposed change is made to
        them.

        Raises:
            NotFound: there is no such version.
        """
        memory, current = self.memory, self.memory.current_prompt()
        version = memory.get_prompt_version(version_id)
        with memory.store.transaction():
            if version.state == "proposed":
                parent = memory.get_prompt_version(version.parent_id) if version.parent_id else None
                rules = refinement.carried_over(parent.rules if parent else (), version.rules, self.current_rules())
                memory.rebase_prompt_version(version_id, parent_id=current.id if current else None, rules=rules)
            return memory.set_prompt_state(version_id, "accepted")

    def reject(self, version_id: str) -> PromptVersion:
        """Decline a rule that waits for the user's word.

        Raises:
            NotFound: there is no such version. NotProposed: it does not wait.
        """
        if self.memory.get_prompt_version(version_id).state != "proposed":
            raise NotProposed(
                "This rule does not wait for your word, so there is nothing to decline. Take one in force out again "
                "under Learning, or with `attune rules undo ID`."
            )
        return self.memory.set_prompt_state(version_id, "rejected")

    def undo_rule(self, version_id: str) -> PromptVersion:
        """Take an accepted version out of force; the one before it holds again."""
        return self.memory.set_prompt_state(version_id, "retired")

    def current_rules(self) -> tuple[Rule, ...]:
        version = self.memory.current_prompt()
        return version.rules if version else ()

    def switch_rule(self, rule_id: str, *, enabled: bool) -> PromptVersion:
        """Turn one rule of the version in force on or off, as a version of its own."""
        words = "on" if enabled else "off"
        return self._change_rules(
            [replace(r, enabled=enabled) if r.id == rule_id else r for r in self.current_rules()],
            f"You switched a rule {words}.",
        )

    def lock_rule(self, rule_id: str, *, locked: bool) -> PromptVersion:
        """Keep learning from changing or dropping a rule, or let it again."""
        words = "locked" if locked else "unlocked"
        return self._change_rules(
            [replace(r, locked=locked) if r.id == rule_id else r for r in self.current_rules()],
            f"You {words} a rule.",
        )

    def reword_rule(self, rule_id: str, text: str, persona: str = "") -> PromptVersion:
        """Put a rule in the user's own words, for one persona alone or, without one, for all.

        Raises:
            UnknownPersona
        """
        text, only = " ".join(text.split()), self.persona(persona).id if persona else ""
        return self._change_rules(
            [replace(r, text=text, persona=only) if r.id == rule_id else r for r in self.current_rules()],
            "You reworded a rule.",
        )

    def delete_rule(self, rule_id: str) -> PromptVersion:
        return self._change_rules([r for r in self.current_rules() if r.id != rule_id], "You deleted a rule.")

    def add_rule(self, text: str) -> PromptVersion:
        """A rule that the user writes needs no proof."""
        edit = Edit(kind="add", text=" ".join(text.split()))
        return self._change_rules(refinement.apply_edit(self.current_rules(), edit), "You added a rule.")

    def roll_back(self, version_id: str) -> PromptVersion:
        """Put the rules of an earlier version in force again, as a version of their own.

        Raises:
            NotFound: there is no such version.
        """
        earlier = self.memory.get_prompt_version(version_id)
        return self._change_rules(earlier.rules, "You went back to earlier rules.")

    def rules_of(self, message_id: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """(the learnt rules an answer was written with, what was tried in it): why it is as it is."""
        uses = self.memory.uses_of(message_id)
        return (
            tuple(use.text for use in uses if use.item_type == "rule"),
            tuple(use.text for use in uses if use.item_type == "trial"),
        )

    def version_of(self, answer: Message) -> PromptVersion | None:
        """The learnt rules that were in force when an answer was written, as a whole; None: there were none."""
        return next((v for v in self.memory.prompt_versions() if v.id == answer.prompt_version_id), None)

    def choose_starter(self, axis: Axis, choice: str) -> None:
        """How someone new is answered on one axis of `audience.AXES`; empty asks for nothing. Kept in `attune.toml`."""
        setattr(self.settings, axis, choice)
        save_setting(self.settings.home, axis, choice)

    def guesses(self) -> list[Guess]:
        """How the user may want to be answered, guessed from how they write, on each axis that they have neither picked nor
        taught. Offered, and never in force before they say so: `choose_starter` keeps one."""
        if not self.settings.guess:
            return []
        asked_for = profile.standing_rules(self.memory.memories(kind="procedural"))
        rules = [*asked_for, *(rule.text for rule in self.current_rules() if rule.enabled)]
        said = self.memory.said_first(FIRST)
        return [
            guess
            for guess in guesses(Said(conversation_id=m.conversation_id, text=m.content) for m in said)
            if not getattr(self.settings, guess.axis) and not any(is_about(guess.axis, rule) for rule in rules)
        ]

    def choose_guess(self, wanted: bool) -> None:
        """Whether guesses are offered. Kept in `attune.toml`.

        Raises:
            SettingsError: the file cannot be written.
        """
        self.settings.guess = wanted
        save_setting(self.settings.home, "guess", wanted)

    def choose_refine(self, wanted: Literal["on", "ask", "off"]) -> None:
        """Whether thumbs change the rules by themselves, after a question, or not at all; then a run that is being made ends.
        Kept in `attune.toml`.

        Raises:
            SettingsError: the file cannot be written.
        """
        self.settings.refine = wanted
        save_setting(self.settings.home, "refine", wanted)
        if wanted == "off":
            self.refiner.stop()
        else:
            self.refiner.after_rating()  # there may be thumbs from when it was off

    def choose_refine_tokens(self, tokens: int | None) -> None:
        """The most tokens that one run of learning reads. Kept in `attune.toml`.

        Raises:
            SettingsError: it is no number or too small, or the file cannot be written.
        """
        if tokens is None or tokens < MIN_REFINE_TOKENS:
            raise SettingsError(
                f"One run of learning must be let read at least {MIN_REFINE_TOKENS:,} tokens. Type that or more; it stays at "
                f"{self.settings.refine_tokens:,} until then."
            )
        self.settings.refine_tokens = tokens
        save_setting(self.settings.home, "refine_tokens", tokens)

    def choose_trials(self, wanted: bool) -> None:
        """Whether some answers try another manner after a thumb down. Kept in `attune.toml`.

        Raises:
            SettingsError: the file cannot be written.
        """
        self.settings.trials = wanted
        save_setting(self.settings.home, "trials", wanted)

    def choose_compare(self, wanted: bool) -> None:
        """Whether two answers are now and then written side by side, for a blind comparison. Kept in `attune.toml`.

        Raises:
            SettingsError: the file cannot be written.
        """
        self.settings.compare = wanted
        save_setting(self.settings.home, "compare", wanted)

    def choose_steering(self, strength: float) -> None:
        """How much more than once what is known of the user counts in a reply: see `assistant.steering`. Kept in
        `attune.toml`; 0 is off.

        Raises:
            SettingsError: the file cannot be written.
        """
        self.settings.steering = strength
        save_setting(self.settings.home, "steering", strength)

    def steering_of(self, message_id: str) -> str:
        """How much what is known of the user counted in an answer and what that cost, in words; empty where it was off."""
        return next((use.text for use in self.memory.uses_of(message_id) if use.item_type == "steering"), "")

    def _change_rules(self, rules: Sequence[Rule], reason: str) -> PromptVersion:
        version = self.memory.current_prompt()
        return self.memory.add_prompt_version(
            parent_id=version.id if version else None, rules=rules, state="accepted", reason=reason
        )

    # --- profile --------------------------------------------------------------------------------------------------

    def profile(self) -> ProfileVersion:
        return profile.current_profile(self.memory)

    def profile_text(self) -> str:
        """The profile page as markdown: sections and lines."""
        return profile.profile_text(self.profile().lines)

    def edit_profile(self, text: str) -> ProfileVersion:
        """Store the page as the user wrote it. Lines they changed, added or took away stay as they want them."""
        lines, hidden = profile.merge_edit(self.profile(), text)
        return self.memory.add_profile_version(lines=lines, hidden_memory_ids=hidden, author="user")

    def lock_profile_line(self, text: str, *, locked: bool) -> ProfileVersion:
        """Keep a line as it stands, or let its fact write it again."""
        now = self.profile()
        return self.memory.add_profile_version(
            lines=profile.lock_line(now, text, locked=locked), hidden_memory_ids=now.hidden_memory_ids, author="user"
        )

    def profile_diff(self, version_id: str) -> list[tuple[Literal["+", "-"], ProfileLine]]:
        """What has come to the page and gone from it since a version."""
        return profile.diff(self.memory.get_profile_version(version_id).lines, self.profile().lines)

    def restore_profile(self, version_id: str) -> ProfileVersion:
        """Make an earlier page the current one. The page before it stays among the versions."""
        version = self.memory.get_profile_version(version_id)
        lines, hidden = profile.restored(version, self.profile(), self.memory.memories())
        self.memory.add_profile_version(lines=lines, hidden_memory_ids=hidden, author="user")
        return self.profile()

    def _refresh_profile(self) -> None:
        """Have the page written anew in the background."""
        self.memory.jobs.enqueue("profile", {}, key="profile")

    # --- personas -------------------------------------------------------------------------------------------------

    def all_personas(self) -> list[Persona]:
        return list(personas_of(self.memory).values())

    def persona(self, persona_id: str) -> Persona:
        return find_persona(personas_of(self.memory), persona_id)

    def _persona_or_default(self, persona_id: str) -> Persona:
        """The persona of a stored conversation, or the first one when the user has since removed it."""
        for persona in self.all_personas():
            if persona.id == persona_id:
                return persona
        return next(iter(personas_of(self.memory).values()))

    # --- the user's data ------------------------------------------------------------------------------------------

    def export_zip(self, path: Path) -> dict[str, Any]:
        """Write everything that is known to a zip. Returns its manifest."""
        return transfer.export_zip(self.memory, path, profile_text=self.profile_text())

    def preference_rows(self, *, system: bool = True, redact: bool = False) -> list[preferences.Row]:
        """The ratings as training rows; see `assistant.preferences`.

        Args:
            system: with the system prompt that the answer had, its rules and the profile; without it, training
                distils them into the model.
            redact: strike out names, numbers and addresses.
        """
        strike = redactor([*self.memory.memories(include_closed=True), *self.memory.held_facts()]) if redact else str
        return preferences.rows(
            self.memory, system_of=self.refiner.system_of if system else lambda _answer: "", redact=strike
        )

    def import_zip(self, path: Path) -> dict[str, Any]:
        """Add an exported zip to what is there; what is already there is left as it is. Returns counts."""
        return transfer.import_zip(self.memory, path)

    # --- the end --------------------------------------------------------------------------------------------------

    def wait_until_idle(self, timeout_s: float = 60) -> bool:
        """True once no reply is being written and the queue is empty; False when the time ran out first."""
        for reply in self._unfinished():
            if not reply.wait(timeout_s):
                return False
        return self.memory.wait_until_idle(timeout_s=timeout_s)

    def close(self) -> None:
        """Stop what runs, store it, and let go of the home. Queued jobs stay queued."""
        for reply in self._unfinished():
            reply.cancel.set()
        self._writing.shutdown(wait=True)
        self.memory.close()
        if self._chat_model is not None and hasattr(self._chat_model, "close"):
            self._chat_model.close()

    def __enter__(self) -> Assistant:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()


def personas_of(memory: MemoryManager) -> dict[str, Persona]:
    """Shipped personas, then the user's own, by identifier; the user's replaces a shipped one of the same name."""
    own = {key: read_persona(text) for key, text in memory.user_personas().items()}
    return {key: _with_own_memory(memory, persona) for key, persona in {**load_library(), **own}.items()}


def _with_own_memory(memory: MemoryManager, persona: Persona) -> Persona:
    """The persona with the memory that the user gave it, if they ever said."""
    chosen = memory.note(f"persona_memory:{persona.id}")
    return replace(persona, memory_scope="own" if chosen == "own" else "shared") if chosen else persona


def give_own_memory(memory: MemoryManager, persona_id: str, *, own: bool) -> Persona:
    """Let a persona keep to itself what it is told, or share it again.

    Its conversations are then found by itself alone, and facts that it learns from now on are its own. What the others
    knew before, they know. Shared again, its facts are everybody's.

    Raises:
        UnknownPersona
    """
    persona = find_persona(personas_of(memory), persona_id)
    memory.set_note(f"persona_memory:{persona.id}", "own" if own else "shared")
    if not own:
        memory.share_memories(persona.id)
    return replace(persona, memory_scope="own" if own else "shared")


def find_persona(personas: Mapping[str, Persona], wanted: str) -> Persona:
    """By identifier or name, in any case.

    Raises:
        UnknownPersona
    """
    for persona in personas.values():
        if wanted.strip().lower() in (persona.id, persona.name.lower()):
            return persona
    raise UnknownPersona(f"There is no persona “{wanted}”. Choose one of: {', '.join(personas)}.")
