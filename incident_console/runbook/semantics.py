"""Does everything a runbook names exist, and is it said once? Checked on the tree of the file, not on the models.

The tree may be broken in other places: what has the wrong shape is passed over here (`explain` tells of it), so that
one reading reports the faults of both kinds.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from incident_console.runbook import pattern, schema, terms
from incident_console.runbook.faults import Fault, clip
from incident_console.runbook.nodes import Node

_SOURCES = ("run", "file", "pick")
_ONCE = ("classify", "decide")


def faults_of_meaning(root: Node, name: str) -> list[Fault]:
    """Every reference to something that does not exist, every id given twice, every contradiction."""
    return list(_Check(root, name).faults())


class _Check:
    def __init__(self, root: Node, name: str) -> None:
        self.root, self.name = root, name
        rungs = root.get("rungs")
        self.rungs = rungs.items() if rungs else []
        self.rung_ids = dict.fromkeys(_ids(self.rungs))
        self.field_ids = dict.fromkeys(id for rung in self.rungs for id in _field_ids(rung))

    def faults(self) -> Iterator[Fault]:
        for key in ("first", "second", "stop"):
            yield from self._names_a_rung(self.root, key)
        yield from self._unique(self.rungs, "rung")
        yield from self._unique([item for rung in self.rungs for item in rung.members("evidence")], "evidence item")
        for role in _ONCE:
            holders = [rung for rung in self.rungs if rung.text("role") == role]
            for second in holders[1:]:
                place = second.get("role") or second
                yield self._fault(place, f"a second rung has the role {role}", "one rung at most")
        for rung in self.rungs:
            yield from self._rung(rung)

    def _rung(self, rung: Node) -> Iterator[Fault]:
        fields = rung.members("ask")
        items = rung.members("evidence")
        own_fields, own_items = _field_ids(rung), dict.fromkeys(_ids(items))
        yield from self._unique(fields, "field", taken=own_items)
        for field in fields:
            yield from self._field(field)
        for item in items:
            yield from self._item(item)
        for refuse in rung.members("refuse"):
            yield from self._refuse(refuse, own_fields)
        own = {**own_items, **own_fields}
        for need in rung.members("needs"):
            yield from self._need(need, own)
        for branch in rung.members("next"):
            yield from self._names_a_rung(branch, "go")
            if branch.text("go") is not None and branch.text("go") == rung.text("id"):
                yield self._fault(branch.get("go") or branch, "the branch goes back to its own rung", "another rung")
        for holder in (*rung.members("next"), *rung.members("escalate")):
            when = holder.get("when")
            if when is not None and isinstance(when.value, dict):
                yield from self._condition(when)

    def _field(self, field: Node) -> Iterator[Fault]:
        id, kind = field.get("id"), field.text("type")
        choices, source = field.get("choices"), field.get("choices_from")
        if id is not None and id.value == terms.WAIVE:
            yield self._fault(id, "no field can be called `waive`", "it waives a rung in an answers file")
        if kind in ("choice", "many") and choices is None and source is None:
            yield self._fault(
                field, f"a field of type {kind} has nothing to choose from", "add choices or choices_from"
            )
        if choices is not None and source is not None:
            yield self._fault(source, "both choices and choices_from are given", "one of them")
        if kind not in ("choice", "many", None) and (choices or source):
            yield self._fault(choices or source or field, f"a field of type {kind} has choices", "type choice or many")
        if choices is not None and choices.value == []:
            yield self._fault(choices, "`choices` is empty", "at least one")
        seen: set[object] = set()
        for choice in field.members("choices"):
            if isinstance(choice.value, str) and choice.value in seen:
                yield self._fault(choice, f"the choice {clip(choice.value)!r} stands twice", "once")
            seen.add(choice.value if isinstance(choice.value, str) else None)

    def _item(self, item: Node) -> Iterator[Fault]:
        sources = [key for key in _SOURCES if item.get(key) is not None]
        if len(sources) > 1:
            extra = item.get(sources[1]) or item
            yield self._fault(extra, f"both {' and '.join(sources)} are given", "exactly one of run, file, pick")
        if not sources and item.text("surface") not in ("observation", None):
            yield self._fault(item, "nothing says how this evidence is captured", "one of run, file, pick")
        run = item.get("run")
        if run is None:
            for key in ("shell", "cwd"):
                if (extra_key := item.get(key)) is not None and extra_key.value is not False:
                    yield self._fault(extra_key, f"`{key}` is given without a command", "only beside run")
            return
        if item.get("effects") is None:
            said = (
                "say what the command does to the scene: read-only, engine-bookkeeping, writes, runs-workflow, deletes"
            )
            yield self._fault(run, "the command's `effects` are missing", said)
        words = run.items()
        if words and words[0].value == "":
            yield self._fault(words[0], "the command has no name", "a program's name or path")

    def _refuse(self, refuse: Node, own_fields: Collection[str]) -> Iterator[Fault]:
        yield from self._exists(refuse.get("field"), own_fields, "field of this rung")
        expression = refuse.get("pattern")
        if expression is not None and isinstance(expression.value, str):
            if expression.value == "":
                yield self._fault(expression, "`pattern` is empty", "a regular expression")
            elif wrong := pattern.problem(expression.value):
                yield self._fault(expression, *wrong)

    def _need(self, need: Node, own: Collection[str]) -> Iterator[Fault]:
        if not isinstance(need.value, str):
            return
        for id in need.value.split("|"):
            if id.strip() not in own:
                yield self._fault(
                    need, f"`needs` names {clip(id.strip())!r}, which this rung does not have", _list(own)
                )

    def _condition(self, when: Node) -> Iterator[Fault]:
        field, fact = when.get("field"), when.get("fact")
        if (field is None) == (fact is None):
            yield self._fault(when, "a condition asks one thing", "exactly one of field, fact")
        operators = [key for key in schema.OPERATORS if when.get(key) is not None]
        if len(operators) != 1:
            yield self._fault(
                when,
                f"the condition has {len(operators) or 'no'} operators",
                "exactly one of " + ", ".join(schema.OPERATORS),
            )
        yield from self._exists(field, self.field_ids, "field")
        yield from self._exists(fact, schema.FACTS, "fact")

    def _names_a_rung(self, holder: Node, key: str) -> Iterator[Fault]:
        yield from self._exists(holder.get(key), self.rung_ids, "rung")

    def _exists(self, node: Node | None, known: Collection[str], noun: str) -> Iterator[Fault]:
        if node is not None and isinstance(node.value, str) and node.value not in known:
            yield self._fault(node, f"there is no {noun} called {clip(node.value)!r}", _list(known))

    def _unique(self, nodes: Iterable[Node], noun: str, taken: Iterable[str] = ()) -> Iterator[Fault]:
        seen = dict.fromkeys(taken, 0)
        for node in nodes:
            id = node.text("id")
            if id is None:
                continue
            place = node.get("id") or node
            if id in seen:
                where = f"in line {seen[id]}" if seen[id] else "by an evidence item of this rung"
                yield self._fault(place, f"the {noun} id {clip(id)!r} is taken {where}", "a name of its own")
            seen.setdefault(id, place.line)

    def _fault(self, node: Node, message: str, allowed: str) -> Fault:
        return Fault(self.name, node.line, node.column, message, allowed)


def _ids(nodes: Iterable[Node]) -> list[str]:
    return [id for node in nodes if (id := node.text("id")) is not None]


def _field_ids(rung: Node) -> dict[str, None]:
    """What the rung asks, with the fields its role has without asking."""
    return dict.fromkeys([*_ids(rung.members("ask")), *schema.standard_fields(rung.text("role"))])


def _list(known: Iterable[str]) -> str:
    named = list(dict.fromkeys(known))
    return f"there is: {', '.join(named[:20])}{', …' if len(named) > 20 else ''}" if named else "there is none yet"
