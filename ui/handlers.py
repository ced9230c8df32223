"""What the page does when something is pressed: the handlers of all tabs, over one assistant. Does nothing itself."""

from __future__ import annotations

from ui.chat_handlers import ChatHandlers
from ui.data_handlers import DataHandlers
from ui.learning_handlers import LearningHandlers
from ui.memory_handlers import MemoryHandlers
from ui.profile_handlers import ProfileHandlers


class PageHandlers(ChatHandlers, MemoryHandlers, ProfileHandlers, LearningHandlers, DataHandlers):
    """The whole page. Each tab is given this, and knows its own part."""
