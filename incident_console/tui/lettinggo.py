"""How is an incident put down so that nothing is lost, and what is said of it on the terminal?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from incident_console.errors import ConsoleError, Exit
from incident_console.tui import news

if TYPE_CHECKING:
    from incident_console.tui.app import Console


async def let_go(app: Console) -> tuple[Exit, str]:
    """Write the documents, let go of the pen; the exit code, and how to come back."""
    session, live, desk = app.session, app.live, app.desk
    if session is None:
        return Exit.OK, ""
    ended = tuple(desk.climb.busy)
    await desk.climb.cancel_all()
    await desk.long.settle()
    await desk.drafts.write()
    failed: ConsoleError | None = None
    try:
        if live is not None:
            await desk.in_thread(live.close)
    except ConsoleError as fault:
        failed = fault
    not_saved = await desk.in_thread(desk.unsaved.at_the_end, session)
    try:
        await desk.in_thread(session.close)
    except ConsoleError as fault:
        failed = failed or fault
    if not_saved:
        return Exit.RECORD, not_saved
    if failed is not None:
        kept = f"Every entry that was told as saved is in {session.record.path}"
        return failed.exit_code, f"incident-console: {failed}\n{kept}"
    return Exit.OK, news.parting(session, ended, app.picture.run)
