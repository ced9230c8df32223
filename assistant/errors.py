"""The errors of the assistant. Each message says what to do about it; each is caught once, at the door.

AttuneError
├── SettingsError            a setting that cannot be
├── ChatModelError
│   ├── ModelFileMissing     no such file
│   ├── NotAGguf             a file, but not a model
│   ├── ModelTooLarge        more than this machine's memory
│   ├── ContextOverflow      more text than the model can read
│   ├── GrammarUnsupported   a schema that llama.cpp cannot turn into a grammar
│   └── RemoteUnavailable    the server that the user named does not answer
├── EmptyMessage             nothing to answer
├── ReplyRunning             one reply at a time in a conversation
├── NothingToUndo
├── UnknownPersona
├── NotAnswersToOne          two answers that cannot be compared
├── NotProposed              a rule that does not wait for the user's word
├── ExportFailed             a place that cannot be written, or holds a file already
├── FileMissing              a file that the user named is not there
├── YesNeeded                a change that nobody could be asked about
├── NotMemories              a file that `attune memory load` cannot take
├── RefiningCancelled        learning was stopped; what it had done is kept
└── UnknownReason            a reason for a thumb outside the list
"""

from __future__ import annotations


class AttuneError(Exception):
    """Base of the errors that the assistant raises. `str(error)` is meant for the user."""


class SettingsError(AttuneError): ...


class ChatModelError(AttuneError): ...


class ModelFileMissing(ChatModelError): ...


class NotAGguf(ChatModelError): ...


class ModelTooLarge(ChatModelError): ...


class ContextOverflow(ChatModelError): ...


class GrammarUnsupported(ChatModelError): ...


class RemoteUnavailable(ChatModelError): ...


class EmptyMessage(AttuneError): ...


class ReplyRunning(AttuneError): ...


class NothingToUndo(AttuneError): ...


class UnknownPersona(AttuneError): ...


class NotAnswersToOne(AttuneError): ...


class NotProposed(AttuneError): ...


class ExportFailed(AttuneError): ...


class FileMissing(AttuneError): ...


class YesNeeded(AttuneError):
    def __init__(self) -> None:
        super().__init__("Nothing was changed: it needs your word. Add --yes to agree without being asked.")


class NotMemories(AttuneError): ...


class RefiningCancelled(AttuneError): ...


class UnknownReason(AttuneError): ...
