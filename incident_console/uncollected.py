"""How is the garbage collector kept from looking through a long log or journal again and again while it is read?

Reading a million lines makes hundreds of thousands of small objects that stay, and not one cycle. The collector would
go through all of them each time their number has grown by a quarter, which takes longer than the reading.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """No garbage is looked for inside; memory is still freed when the last reference goes."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        # what is young now counts as old: it need not be looked through right away either
        gc.freeze()
        gc.unfreeze()
        if collecting:
            gc.enable()
