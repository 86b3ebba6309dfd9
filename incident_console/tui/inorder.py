"""How do keys that are bound keep their place among letters that were typed before and after them?

A letter is taken by the widget itself; a bound key first goes up to the app, and what is typed fast overtakes it.
"""

from __future__ import annotations

from textual import events
from textual.widget import Widget


async def run_bound(widget: Widget, event: events.Key) -> bool:
    """Do at once what the widget itself has bound to the key, as the settings have it; False: nothing is bound."""
    active = widget.screen.active_bindings.get(event.key)
    if active is None or active.node is not widget or not active.enabled:
        return False
    event.stop().prevent_default()
    await widget.run_action(active.binding.action)
    return True
