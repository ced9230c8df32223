"""One lock for the imports of large engines on background threads.

Two threads that import packages which need each other's half-loaded modules get those modules half-loaded. Whoever
imports an engine elsewhere than on the main thread holds this lock meanwhile.
"""

from __future__ import annotations

import threading

ENGINE_IMPORTS = threading.RLock()
