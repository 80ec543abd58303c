"""Figures over all leads: from narrow rows that a trigger keeps, or from all files."""

import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text

from bot.extensions import db
from bot.models.leads import LeadMemory
from bot.stores.json_memory import JsonMemoryStore

ACTIVE_DAYS = (1, 7, 30)
SCORES = ((0, 19), (20, 39), (40, 59), (60, 79), (80, 100))
MESSAGES = (("1", 0, 1), ("2-5", 2, 5), ("6-20", 6, 20), ("21+", 21, 2**31))
"""How many messages leads wrote, in steps: name, from, to."""

_COUNTS = ", ".join(
    [
        *(
            f"count(*) FILTER (WHERE last_interaction_at > :day_{days}) AS active_{days}"
            for days in ACTIVE_DAYS
        ),
        *(
            f"count(*) FILTER (WHERE interaction_count >= {low} AND interaction_count <= {high})"
            f' AS "{name}"'
            for name, low, high in MESSAGES
        ),
    ]
)
_GROUPS = text(f"""
    SELECT stage, least(greatest(lead_score, 0) / 20, 4) AS step, count(*) AS leads,
           coalesce(sum(interaction_count), 0) AS messages, {_COUNTS}
    FROM lead_figures
    GROUP BY stage, step
""")  # noqa: S608 - no value is spliced in
_INTENTS = text("""
    SELECT intent, count(*) AS replies FROM messages
    WHERE intent IS NOT NULL AND created_at > :since
    GROUP BY intent
""")


def in_database(now: datetime) -> dict[str, Any]:
    """The figures of PostgreSQL; two statements."""
    moments = {f"day_{days}": now - timedelta(days=days) for days in ACTIVE_DAYS}
    groups = db.session.execute(_GROUPS, moments).mappings().all()
    since = {"since": now - timedelta(days=ACTIVE_DAYS[-1])}
    intents = {row.intent: row.replies for row in db.session.execute(_INTENTS, since)}
    return _figures([{str(name): row[name] for name in row} for row in groups], intents)


def in_files(store: JsonMemoryStore, now: datetime) -> dict[str, Any]:
    """The same from JSON files, all of which are read."""
    groups = [_group_of(memory, now) for memory in store.leads.all()]
    return _figures(groups, Counter(_recent_intents(store)))


def _figures(groups: Sequence[Mapping[str, Any]], intents: Mapping[str, int]) -> dict[str, Any]:
    sums, stages, steps = Counter[str](), Counter[str](), Counter[int]()
    for group in groups:
        sums.update({name: int(group[name]) for name in group if name not in ("stage", "step")})
        stages[group["stage"] or "none"] += group["leads"]
        steps[group["step"]] += group["leads"]
    leads = sums["leads"]
    return {
        "leads": leads,
        "active": {str(days): sums[f"active_{days}"] for days in ACTIVE_DAYS},
        "scores": [
            {"from": low, "to": high, "leads": steps[step]}
            for step, (low, high) in enumerate(SCORES)
        ],
        "messages_per_lead": {
            "mean": round(sums["messages"] / leads, 2) if leads else 0.0,
            **{name: sums[name] for name, _, _ in MESSAGES},
        },
        "intents": dict(sorted(intents.items(), key=lambda pair: (-pair[1], pair[0]))),
        "stages": dict(stages.most_common()),
    }


def _group_of(memory: LeadMemory, now: datetime) -> dict[str, Any]:
    last, count = memory.last_interaction_at, memory.interaction_count
    return {
        "stage": memory.additional_data.get("stage"),
        "step": min(max(memory.lead_score, 0) // 20, 4),
        "leads": 1,
        "messages": count,
        **{
            f"active_{days}": bool(last and last > now - timedelta(days=days))
            for days in ACTIVE_DAYS
        },
        **{name: low <= count <= high for name, low, high in MESSAGES},
    }


def _recent_intents(store: JsonMemoryStore) -> Iterable[str]:
    oldest = time.time() - timedelta(days=ACTIVE_DAYS[-1]).total_seconds()
    for record in store.turns_since(oldest):
        if record.reply and record.reply.intent:
            yield record.reply.intent
