"""What is written to a file is read from it again, whatever the texts."""

import json
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.services.transfer.formats import format_for_writing, open_source
from bot.services.transfer.kinds import (
    ACTIVITY,
    BELONGINGS,
    BONUS,
    COURSE,
    ELEMENT,
    SESSION,
    Kind,
    Row,
)

COURSE_ID = UUID("11111111-1111-4111-8111-111111111111")
SESSION_ID = UUID("22222222-2222-4222-8222-222222222222")
OTHER_ID = UUID("33333333-3333-4333-8333-333333333333")
MADE = datetime(2026, 3, 2, 12, 30, 15, 123456, tzinfo=UTC)

# Excel has no word for two characters that are none; an export refuses them.
_CHARACTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\x00\ufffe\uffff")
TEXTS = st.one_of(
    st.none(),
    st.text(_CHARACTERS, max_size=30),
    st.text(st.sampled_from("\"',;\t\r\n =+-@_x00Ad\\"), max_size=12),
)
NUMBERS = st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1))
MOMENTS = st.one_of(
    st.none(),
    st.datetimes(),
    st.datetimes().map(lambda moment: moment.replace(microsecond=0)),
    st.dates().map(lambda day: datetime(day.year, day.month, day.day)),
)


def course(**values: Any) -> dict[str, Any]:
    return dict.fromkeys(COURSE.columns) | {"id_course": COURSE_ID} | values


def of_courses(*courses: dict[str, Any]) -> dict[Kind, list[dict[str, Any]]]:
    return {COURSE: list(courses)} | {kind: [] for kind in BELONGINGS}


def written_and_read(path: Path, batch: dict[Kind, list[dict[str, Any]]]) -> list[Row]:
    format_for_writing(path).write(path, [batch])
    with open_source(path) as source:
        return list(source.rows)


def as_file_keeps_it(values: dict[str, Any], ending: str) -> dict[str, Any]:
    """JSON alone tells an empty text from none; a default is left to the database."""
    kept = {name: value for name, value in values.items() if name != "id_course"}
    if ending != "json":
        kept = {name: None if value == "" else value for name, value in kept.items()}
    if kept["created_at"] is None:
        del kept["created_at"]
    return kept


@pytest.mark.parametrize("ending", ["csv", "json", "xlsx"])
@settings(max_examples=150, deadline=None)
@given(
    text=TEXTS,
    other=TEXTS,
    number=NUMBERS,
    moment=MOMENTS,
    made=st.one_of(st.none(), st.datetimes(timezones=st.just(UTC))),
)
def test_a_course_comes_back_as_it_was(ending, text, other, number, moment, made) -> None:
    values = course(
        name=text,
        roi=other,
        total_duration_min=number,
        start_date=moment,
        created_at=made,
    )
    expected = as_file_keeps_it(values, ending)
    with TemporaryDirectory() as folder:
        rows = written_and_read(Path(folder) / f"c.{ending}", of_courses(values))
    (row,) = rows
    assert row.problems == []
    assert row.file_id == COURSE_ID
    assert row.values == expected


@pytest.mark.parametrize("ending", ["json", "xlsx"])
def test_what_belongs_to_a_course_comes_back_after_it(tmp_path: Path, ending: str) -> None:
    session = {
        "id_session": SESSION_ID,
        "created_at": MADE,
        "session_index": 1,
        "title": "=1",
        "objective": None,
        "duration_minutes": 90,
        "scheduled_at": datetime(2027, 1, 12, 19),
        "id_course_fk": COURSE_ID,
    }
    activity = {
        "id_activity": OTHER_ID,
        "created_at": MADE,
        "id_course_fk": COURSE_ID,
        "id_session_fk": SESSION_ID,
        "item_session": 1,
        "item_type": "subtema",
        "title_item": "Hola",
    }
    bonus = {
        "id_bond": 7,
        "created_at": MADE,
        "content": "PDF",
        "type_bond": "x",
        "id_courses_fk": COURSE_ID,
        "emisor": "y",
    }
    element = {
        "id_element": OTHER_ID,
        "created_at": MADE,
        "id_session_fk": SESSION_ID,
        "id_activity_fk": None,
        "item_type": "video",
        "url_test": "https://x.example",
        "description_url": "Un video",
    }
    batch: dict[Kind, list[dict[str, Any]]] = {
        COURSE: [course(name="A")],
        SESSION: [session],
        ACTIVITY: [activity],
        BONUS: [bonus],
        ELEMENT: [element],
    }
    expected = [session, activity, bonus, element]
    rows = written_and_read(tmp_path / f"c.{ending}", batch)
    assert [row.kind for row in rows] == list(batch)
    assert [row.problems for row in rows] == [[]] * 5
    assert [{row.kind.key: row.file_id} | row.values for row in rows[1:]] == expected


def test_a_json_export_can_be_read_by_people(tmp_path: Path) -> None:
    path = tmp_path / "c.json"
    batch = of_courses(course(name="Año", start_date=datetime(2027, 1, 12)))
    format_for_writing(path).write(path, [batch, batch])
    content = path.read_text("utf-8")
    assert '\n "name": "Año",\n' in content
    first, second = json.loads(content)["courses"]
    assert first == second
    assert first["start_date"] == "2027-01-12T00:00:00"


def test_how_far_the_reading_is_grows_from_nothing_to_all(tmp_path: Path) -> None:
    batch = of_courses(*(course(name="x" * 1000) for _ in range(1000)))
    for ending in ("csv", "json", "xlsx"):
        path = tmp_path / f"c.{ending}"
        format_for_writing(path).write(path, [batch])
        with open_source(path) as source:
            seen = [source.progress() for _ in source.rows]
            assert 0 < seen[0] < 0.5
            assert seen == sorted(seen)
            assert source.progress() == 1
