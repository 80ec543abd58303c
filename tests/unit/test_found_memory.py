"""What older bots and other tools leave in a memory, and what becomes of it."""

from datetime import UTC, datetime
from typing import Any

import pytest

from bot.models.leads import LeadMemory
from bot.stores.found_memory import lead_memory

MARCH = datetime(2025, 3, 1, 10, tzinfo=UTC)

READ: list[tuple[dict[str, Any], str, Any]] = [
    ({"interests": "marketing"}, "interests", ("marketing",)),
    ({"interests": ["ia", None, "excel"]}, "interests", ("ia", "excel")),
    ({"pain_points": '["reportes"]'}, "pain_points", ("reportes",)),
    ({"lead_score": "85.5"}, "lead_score", 85),
    ({"lead_score": None}, "lead_score", 0),
    (
        {"first_interaction_at": "2025-03-01T10:00:00"},
        "first_interaction_at",
        datetime(2025, 3, 1, 10, tzinfo=UTC),
    ),
    ({"message_history": '[{"role": "user"}]'}, "message_history", ({"role": "user"},)),
    ({"additional_data": '{"stage": "new"}'}, "additional_data", {"stage": "new"}),
]
KEPT: list[tuple[str, Any, Any]] = [
    ("name", 7, 7),
    ("name", ["Ana"], ["Ana"]),
    ("interests", [{}], [{}]),
    ("lead_score", "many", "many"),
    ("lead_score", float("inf"), "inf"),
    ("last_interaction_at", "ayer", "ayer"),
    ("last_interaction_at", 1700000000, 1700000000),
    ("message_history", ["hola"], ["hola"]),
]


@pytest.mark.parametrize(("found", "field", "value"), READ)
def test_what_can_be_read_is_read(found: dict[str, Any], field: str, value: Any) -> None:
    assert getattr(lead_memory(found, "1"), field) == value


@pytest.mark.parametrize(("field", "value", "kept"), KEPT)
def test_what_cannot_be_read_becomes_its_default_and_is_kept(
    field: str, value: Any, kept: Any
) -> None:
    memory = lead_memory({"name": "Ana", field: value}, "1")
    assert getattr(memory, field) == getattr(LeadMemory("1"), field)
    assert memory.additional_data == {f"{field}_as_found": kept}
    assert field == "name" or memory.name == "Ana"
