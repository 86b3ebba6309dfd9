"""A call after a while, that comes however late the loop is.

Textual's timer for one call takes a time that has passed before it begins to wait for one that it missed, and never
calls: on a busy machine, after a short time, what waits for it waits for ever.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from textual.message_pump import MessagePump


def after(pump: MessagePump, seconds: float, call: Callable[[], Awaitable[object] | object]) -> asyncio.TimerHandle:
    """`call`, which may be a coroutine function, among the messages of `pump`. From the thread of the loop."""
    return asyncio.get_running_loop().call_later(max(0.0, seconds), pump.call_next, call)
