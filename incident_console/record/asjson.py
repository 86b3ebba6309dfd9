"""The incident as JSON, schema incident-console/record/1: for scripts, and `data/record.json` of a bundle."""

from dataclasses import asdict
from typing import Any

from incident_console.events import Reentry
from incident_console.record.incident import Incident
from incident_console.record.note import note_fields
from incident_console.record.seen import Item
from incident_console.record.speaking import standing, text
from incident_console.record.timeline import timeline

SCHEMA = "incident-console/record/1"


def record_json(incident: Incident) -> dict[str, Any]:
    """JSON-ready; every part names the events (`seq`) of the journal it comes from."""
    said = incident.classification
    return {
        "schema": SCHEMA,
        "id": incident.id,
        "state": incident.state,
        "title": incident.title,
        "workdir": incident.workdir,
        "context": incident.context,
        "severity": incident.severity,
        "impact": incident.impact,
        "deadline": incident.deadline,
        "opened_at": incident.opened_at,
        "opened_by": incident.opened_by,
        "operators": list(incident.operators),
        "events": len(incident.lines),
        "head": incident.head,
        "fault": incident.fault,
        "reentry": {**dict.fromkeys(Reentry.names()), **incident.reentry.data()},
        "runbook": incident.runbook.data() if incident.runbook else None,
        "runs": [{**run.event.data(), "seq": run.seq, "latest": run is incident.run} for run in incident.runs.values()],
        "note": asdict(note_fields(incident)),
        "open_rung": incident.open_rung,
        "gate": {"open": not incident.gate_missing, "missing": list(incident.gate_missing)},
        "rungs": [_rung(incident, id) for id in incident.rungs],
        "evidence": [_item(incident, item) for item in incident.evidence],
        "running_evidence": [{**each.event.data(), "seq": each.seq} for each in incident.running_evidence],
        "notes": [
            {"seq": note.seq, "at": note.at, "by": note.by, "text": note.text, "nature": note.nature, "rung": note.rung}
            for note in incident.notes.values()
        ],
        "weighed": [
            {"seq": each.seq, "of": each.of, "speaks": each.speaks, "class": each.class_, "text": text(incident, each)}
            for each in standing(incident)
        ],
        "actions": [
            {
                "seq": first,
                "at": action.at,
                "text": action.text,
                "why": action.why,
                "expected": action.expected,
                "result": action.result,
                "result_at": action.result_at,
                "by_whom": action.by_whom,
            }
            for first, action in incident.actions.items()
        ],
        "edits": [
            {**edit.event.data(), "seq": edit.seq, "explanations": [each.event.text for each in edit.explanations]}
            for edit in incident.edits.values()
        ],
        "class": said.data() if said else None,
        "classes": [{**each.event.data(), "seq": each.seq, "at": each.at, "by": each.by} for each in incident.classes],
        "decision": incident.decision.data() if incident.decision else None,
        "escalations": [
            {
                **each.event.data(),
                "seq": each.seq,
                "number": each.number,
                "state": each.state,
                "answers": [answer.event.text for answer in each.answers],
                "answered": [{**answer.event.data(), "seq": answer.seq, "at": answer.at} for answer in each.answers],
            }
            for each in incident.escalations.values()
        ],
        "handoffs": {
            "offered": [{**each.event.data(), "seq": each.seq, "at": each.at} for each in incident.offered],
            "accepted": [{**each.event.data(), "seq": each.seq, "at": each.at} for each in incident.accepted],
        },
        "closed": incident.closed.event.data() if incident.closed else None,
        "repaired": [{**each.event.data(), "seq": each.seq} for each in incident.repaired],
        "not_looked_at": list(incident.not_looked_at()),
        "timeline": [asdict(each) for each in timeline(incident)],
    }


def _rung(incident: Incident, id: str) -> dict[str, Any]:
    state = incident.rungs[id]
    return {
        "id": id,
        "role": state.role,
        "title": state.title,
        "entered_at": state.entered_at,
        "completed_at": state.completed_at,
        "waived": state.waived,
        "answers": {
            name: {"value": answer.value, "at": answer.at, "seq": answer.seq, "by": answer.by, "nature": answer.nature}
            for name, answer in state.answers.items()
        },
    }


def _item(incident: Incident, item: Item) -> dict[str, Any]:
    latest = incident.run.event.log if incident.run else None
    return {
        **item.event.data(),
        "seq": item.seq,
        "at": item.at,
        "by": item.by,
        "kind": item.kind,
        "name": item.name,
        "surface": item.surface,
        "question": item.question,
        "rung": item.rung,
        "earlier_run": item.run is not None and latest is not None and item.run != latest,
    }
