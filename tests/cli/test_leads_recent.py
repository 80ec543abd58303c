"""``flask leads recent`` and the functions over memory that other Python code may call."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from bot.models.leads import LeadMemory
from bot.services import leads
from tests.support.apps import AppMaker
from tests.support.conversation import STORAGE_MODES

NOW = datetime.now(UTC)
ANA, BETO, CARLA = "5215510000011", "573001110022", "US.1349000000033"


def lead(user_id: str, days_ago: float, **fields: object) -> LeadMemory:
    return LeadMemory(user_id, last_interaction_at=NOW - timedelta(days=days_ago), **fields)


@pytest.fixture(params=STORAGE_MODES)
def app(request: pytest.FixtureRequest, make_app: AppMaker, demo_url: str) -> Flask:
    return make_app(DATABASE_URL=demo_url, STORAGE_MODE=request.param)


@pytest.fixture(autouse=True)
def _three_leads(app: Flask) -> Iterator[None]:
    with app.app_context():
        leads.save_user_memory(lead(ANA, 0.5, name="Ana", lead_score=90, interaction_count=4))
        leads.save_user_memory(lead(BETO, 3, name="Beto", lead_score=60, interaction_count=1))
        leads.save_user_memory(lead(CARLA, 40, name="Carla", lead_score=10, interaction_count=30))
        yield


def test_who_wrote_lately_is_listed_latest_first(app: Flask) -> None:
    result = app.test_cli_runner().invoke(args=["leads", "recent", "--days", "7"])
    assert result.exit_code == 0
    assert result.output.index("Ana") < result.output.index("Beto")
    assert "Carla" not in result.output
    assert [each.name for each in leads.get_recent_interactions(days=60)] == [
        "Ana",
        "Beto",
        "Carla",
    ]


def test_the_warmest_come_first() -> None:
    assert [each.name for each in leads.get_high_score_leads(min_score=60)] == ["Ana", "Beto"]


def test_what_is_saved_is_loaded_under_any_variant() -> None:
    known = leads.load_user_memory("525510000011")
    assert known
    assert (known.user_id, known.name) == (ANA, "Ana")


def test_saving_again_replaces_and_keeps_the_id() -> None:
    leads.save_user_memory(lead("525510000011", 0, name="Ana María"))
    known = leads.load_user_memory(ANA)
    assert known
    assert (known.user_id, known.name, known.interaction_count) == (ANA, "Ana María", 0)


def test_who_is_deleted_is_gone() -> None:
    assert leads.delete_user_memory(CARLA)
    assert leads.load_user_memory(CARLA) is None
    assert not leads.delete_user_memory(CARLA)


def test_the_figures_add_up() -> None:
    found = leads.get_user_statistics()
    assert found["leads"] == 3
    assert found["active"] == {"1": 1, "7": 2, "30": 2}
    assert [step["leads"] for step in found["scores"]] == [1, 0, 0, 1, 1]
    assert found["messages_per_lead"] == {"mean": 11.67, "1": 1, "2-5": 1, "6-20": 0, "21+": 1}
    assert found["stages"] == {"none": 3}
