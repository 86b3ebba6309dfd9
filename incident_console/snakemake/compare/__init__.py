"""Did it get faster by doing less? Two states of one workflow, side by side: what got faster, what stayed the same.

`read_side(path)` and `take(workdir)` give a frozen `State`; `to_json` and `from_json` keep it; `compare(before, after)`
holds one against the other and gives a `Comparison`; `as_json` and `as_note` tell it.
"""

from incident_console.snakemake.compare.asjson import as_json
from incident_console.snakemake.compare.comparison import Comparison, compare
from incident_console.snakemake.compare.note import as_note
from incident_console.snakemake.compare.state import State, from_json, to_json
from incident_console.snakemake.compare.take import read_side, take

__all__ = ["Comparison", "State", "as_json", "as_note", "compare", "from_json", "read_side", "take", "to_json"]
