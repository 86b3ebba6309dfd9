"""How is a number of things said?"""


def counted(count: int, one: str, many: str = "") -> str:
    """`1 entry`, `2 entries`, `1,000 jobs`; without `many` an s is put to `one`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
