"""What is a runbook? The models of the format `incident-console/runbook/1`, and its JSON Schema for editors.

These models check shapes; `semantics` checks that what is named exists, `lint` that the runbook is any good. Read a
file with `load`, which does the first two and tells every fault with its place.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pydantic
from pydantic import BaseModel, ConfigDict, StringConstraints, model_validator
from pydantic.config import JsonDict

from incident_console.errors import Refused
from incident_console.events import Effects, Surface
from incident_console.runbook.terms import CLASSES, COSTS, SCHEMA

ID_PATTERN = r"^[a-z][a-z0-9_-]{0,63}$"
LINE_PATTERN = r"^[^\n]+$"
Id = Annotated[str, StringConstraints(pattern=ID_PATTERN)]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, pattern=LINE_PATTERN)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Scalar = str | int | float | bool

Role = Literal["symptom", "scope", "plan", "state", "evidence", "classify", "decide", "prove", "step"]
Context = Literal["local", "ci", "escalation"]
FieldType = Literal["text", "lines", "choice", "many", "number", "yes-no", "time"]
ChoicesFrom = Literal["rules", "wildcards", "failures", "contexts", "logs"]
Pick = Literal["failing-log", "latest-benchmark", "provenance", "comparison"]

FACTS = ("class", "cost", "confidence", "contexts", "context", "decision", "status")
"""What a condition may ask of the incident: the class and cost set, their confidence, the operating contexts that show
it, the context it is worked in (local, ci, escalation), the decision made, and the run's status."""
OPERATORS = ("is", "not", "includes", "present")


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _one_of(*keys: str) -> JsonDict:
    """Exactly one of these keys, as JSON Schema says it."""
    return {"oneOf": [{"required": [key]} for key in keys]}


_COMMAND_NEEDS_EFFECTS: JsonDict = {"dependentRequired": {"run": ["effects"], "cwd": ["run"]}}
_ITEM_SOURCES: JsonDict = {
    "if": {"properties": {"surface": {"const": "observation"}}},
    "then": {"not": {"anyOf": [{"required": ["run", "file"]}, {"required": ["run", "pick"]}]}},
    "else": _one_of("run", "file", "pick"),
}
_CHOICES: JsonDict = {
    "if": {"properties": {"type": {"enum": ["choice", "many"]}}, "required": ["type"]},
    "then": _one_of("choices", "choices_from"),
    "else": {"not": {"anyOf": [{"required": ["choices"]}, {"required": ["choices_from"]}]}},
}


class Condition(_Model):
    """One thing known, one operator. Compared without letter case; what is absent fulfils only `present: false`."""

    model_config = ConfigDict(json_schema_extra={"allOf": [_one_of("field", "fact"), _one_of(*OPERATORS)]})

    field: Id | None = pydantic.Field(default=None, description="a field's id, of this rung or another")
    fact: Id | None = pydantic.Field(
        default=None, description="what the console knows of the incident", json_schema_extra={"enum": list(FACTS)}
    )
    is_: Scalar | None = pydantic.Field(default=None, alias="is", description="equal to this value")
    not_: Scalar | None = pydantic.Field(default=None, alias="not", description="known, and not this value")
    includes: Scalar | None = pydantic.Field(default=None, description="this value is among them, or in the text")
    present: bool | None = pydantic.Field(default=None, description="true: answered at all (`unknown` is an answer)")


class Field(_Model):
    """A question of a rung."""

    model_config = ConfigDict(json_schema_extra=_CHOICES)

    id: Id = pydantic.Field(description="letters a-z, digits, - and _; unique in the rung")
    type: FieldType = pydantic.Field(description="how it is answered")
    prompt: Line = pydantic.Field(
        description="the question, in one line", examples=["Compared with what: which run, which day, which commit?"]
    )
    required: bool = pydantic.Field(default=False, description="the rung cannot be completed without it")
    unknown: bool = pydantic.Field(default=False, description="`unknown` is an answer here")
    choices: tuple[Line, ...] = pydantic.Field(default=(), description="what may be chosen")
    choices_from: ChoicesFrom | None = pydantic.Field(default=None, description="choices taken from the run's logs")
    help: str = pydantic.Field(default="", description="Markdown, short")


class Refuse(_Model):
    """An answer that says nothing, and why it is not taken."""

    field: Id = pydantic.Field(description="a field of this rung")
    pattern: str = pydantic.Field(
        description="regular expression, searched without letter case",
        examples=["^(the )?(pipeline|workflow|it) is broken"],
    )
    because: Line = pydantic.Field(description="what to write instead")


class EvidenceItem(_Model):
    """One piece of evidence: a command, a file, a pick of the console, or something a person looks at."""

    model_config = ConfigDict(json_schema_extra={**_COMMAND_NEEDS_EFFECTS, **_ITEM_SOURCES})

    id: Id = pydantic.Field(description="unique in the runbook")
    surface: Surface = pydantic.Field(description="which surface it reads")
    question: Line = pydantic.Field(description="what it answers")
    run: tuple[str, ...] | None = pydantic.Field(
        default=None, min_length=1, description="a command as a list of words", examples=[["snakemake", "-n", "-p"]]
    )
    file: Line | None = pydantic.Field(
        default=None, description="a path or glob, seen from the workdir", examples=["logs/**/*.log"]
    )
    pick: Pick | None = pydantic.Field(default=None, description="chosen by the console from what the run left")
    effects: Effects = pydantic.Field(default="read-only", description="what the command does to the scene")
    timeout: int = pydantic.Field(default=120, ge=1, le=3600, description="seconds until the command is ended")
    expect: str = pydantic.Field(
        default="", description="what a healthy run would show", examples=["Only what you edited, or nothing."]
    )
    warn: Text | None = pydantic.Field(
        default=None,
        description="one sentence: how this surface can mislead",
        examples=["A half-written output is called ok here."],
    )
    shell: bool = pydantic.Field(default=False, description="the words, joined by spaces, are a line for /bin/sh -c")
    cwd: Line | None = pydantic.Field(default=None, description="where the command runs, seen from the workdir")

    @property
    def is_observation(self) -> bool:
        """Answered by what a person writes: nothing is run or read."""
        return self.run is None and self.file is None and self.pick is None


class Branch(_Model):
    """Where to go from a rung when a condition holds; of several, the first that holds."""

    when: Condition = pydantic.Field(description="a condition")
    go: Id = pydantic.Field(description="a rung's id")


class Trigger(_Model):
    """When the incident crosses a boundary, to which review, and why."""

    when: Condition = pydantic.Field(description="a condition")
    to: Line = pydantic.Field(description="the review or the people it goes to", examples=["workflow review"])
    because: Line = pydantic.Field(description="why it is theirs")


_STANDARD: dict[str, tuple[dict[str, Any], ...]] = {
    "classify": (
        {"id": "class", "type": "choice", "prompt": "Which incident class?", "required": True, "choices": CLASSES},
        {"id": "cost", "type": "choice", "prompt": "Which cost class dominates?", "unknown": True, "choices": COSTS},
        {"id": "ruled_out", "type": "text", "prompt": "What is ruled out, by which evidence?", "unknown": True},
        {
            "id": "next_measurement",
            "type": "text",
            "prompt": "Which narrower measurement would settle it?",
            "unknown": True,
        },
    ),
    "decide": (
        {"id": "decision", "type": "text", "prompt": "What is decided?", "required": True},
        {"id": "reason", "type": "text", "prompt": "For which reason?", "required": True},
        {"id": "owner", "type": "text", "prompt": "Who owns it now?", "unknown": True},
    ),
}


class Rung(_Model):
    """One step of the ladder. Without `needs` and required fields it may be completed at once."""

    id: Id = pydantic.Field(description="letters a-z, digits, - and _; unique in the runbook")
    role: Role = pydantic.Field(default="step", description="what the rung is in the ladder")
    title: Line = pydantic.Field(default="", description="a few words; taken from the id when left out")
    question: Line = pydantic.Field(description="what the rung asks")
    help: str = pydantic.Field(default="", description="Markdown, short")
    ask: tuple[Field, ...] = pydantic.Field(
        default=(), description="fields; `classify` and `decide` have their standard ones without being told"
    )
    refuse: tuple[Refuse, ...] = pydantic.Field(default=(), description="answers that are not taken")
    evidence: tuple[EvidenceItem, ...] = pydantic.Field(default=(), description="evidence items")
    needs: tuple[Line, ...] = pydantic.Field(
        default=(),
        description="evidence and field ids of this rung; `a|b` is satisfied by either",
        examples=[["summary", "changes-input|changes-code"]],
    )
    next: tuple[Branch, ...] = pydantic.Field(default=(), description="where to go, if not to the next rung in order")
    escalate: tuple[Trigger, ...] = pydantic.Field(default=(), description="escalation triggers")

    @model_validator(mode="before")
    @classmethod
    def _complete(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        filled = dict(data)
        if "title" not in filled and isinstance(filled.get("id"), str):
            filled["title"] = filled["id"].replace("-", " ").replace("_", " ").capitalize()
        asked = filled.get("ask", ())
        role = filled.get("role")
        if isinstance(role, str) and role in _STANDARD and isinstance(asked, (list, tuple)):
            named = {field.get("id") for field in asked if isinstance(field, dict)}
            named |= {field.id for field in asked if isinstance(field, Field)}
            filled["ask"] = [*asked, *(field for field in _STANDARD[role] if field["id"] not in named)]
        return filled

    def field(self, id: str) -> Field | None:
        return next((field for field in self.ask if field.id == id), None)

    def item(self, id: str) -> EvidenceItem | None:
        return next((item for item in self.evidence if item.id == id), None)


class Runbook(_Model):
    """A ladder for the middle of an incident: what to run first, what to look at second, when to stop and escalate."""

    schema_: Literal["incident-console/runbook/1"] = pydantic.Field(alias="schema", description=f"`{SCHEMA}`")
    id: Id = pydantic.Field(description="letters a-z, digits, - and _")
    version: Line = pydantic.Field(description='text, such as "1"', examples=["1"])
    title: Line = pydantic.Field(description="what it is for, in a few words")
    owner: Line = pydantic.Field(description="who keeps it true")
    when: Text = pydantic.Field(description="when to take this runbook")
    first: Id = pydantic.Field(description="the rung that is run first")
    second: Id = pydantic.Field(description="the rung that is looked at second")
    stop: Id = pydantic.Field(description="the rung at which one stops and escalates")
    contexts: tuple[Context, ...] = pydantic.Field(
        default=("local", "ci", "escalation"), description="where the runbook is used"
    )
    watch: tuple[Line, ...] = pydantic.Field(
        default=(), description="the edit gate's files, as globs", examples=[["Snakefile", "config/**"]]
    )
    logs: tuple[Line, ...] = pydantic.Field(
        default=(), description="logs to follow, as globs", examples=[["logs/**/*.log"]]
    )
    rungs: tuple[Rung, ...] = pydantic.Field(min_length=1, description="the ladder, in order")

    def rung(self, id: str) -> Rung:
        """The rung called `id`. Raises Refused naming the rungs there are."""
        for rung in self.rungs:
            if rung.id == id:
                return rung
        raise Refused(f"the runbook {self.id} has no rung {id!r}; its rungs: {', '.join(r.id for r in self.rungs)}")


def standard_fields(role: str | None) -> tuple[str, ...]:
    """Ids of the fields that a rung of this role has without asking for them."""
    return tuple(field["id"] for field in _STANDARD.get(role or "", ()))


def schema_json() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a runbook, for editors that complete and check YAML."""
    return for_editors(Runbook, f"Runbook ({SCHEMA})")


def for_editors(model: type[BaseModel], title: str) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a format, as `title`."""
    told = _for_editors(model.model_json_schema(by_alias=True))
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **told, "title": title}


def _for_editors(node: Any, inside: str = "") -> Any:
    """pydantic's schema without what only Python needs: titles made from names, and null for what is left out."""
    if isinstance(node, list):
        return [_for_editors(each) for each in node]
    if not isinstance(node, dict):
        return node
    kept = {key: value for key, value in node.items() if not (key == "title" and isinstance(value, str))}
    if isinstance(kept.get("default"), dict):
        del kept["default"]  # an empty one is what is left out anyway
    alternatives = [each for each in kept.get("anyOf", ()) if each != {"type": "null"}]
    if len(alternatives) < len(kept.get("anyOf", ())):
        del kept["anyOf"]
        kept.pop("default", None)
        kept |= alternatives[0] if len(alternatives) == 1 else {"anyOf": alternatives}
    # Within `properties` the keys are names of the format; a key called `title` is one of them.
    return {key: _for_editors(value, key) for key, value in (node if inside == "properties" else kept).items()}
