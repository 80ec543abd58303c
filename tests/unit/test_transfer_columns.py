"""What a cell becomes in its column, and what no column takes."""

from datetime import UTC, date, datetime, time, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.services.transfer import columns
from bot.services.transfer.columns import BadCell
from bot.services.transfer.kinds import COURSE, KINDS, read_row

small = columns.whole(16)
AN_ID = UUID("123e4567-e89b-42d3-a456-426614174000")


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        (" $4,500.00 ", " $4,500.00 "),
        (299, "299"),
        (299.0, "299"),
        (299.5, "299.5"),
        (1e300, "1e+300"),
        (True, "true"),
        (date(2027, 1, 12), "2027-01-12"),
        (datetime(2027, 1, 12), "2027-01-12"),
        (datetime(2027, 1, 12, 10), "2027-01-12T10:00:00"),
        (time(10, 30), "10:30:00"),
        (timedelta(hours=30), "1 day, 6:00:00"),
    ],
)
def test_free_text(cell: object, value: str) -> None:
    assert columns.text(cell) == value


@pytest.mark.parametrize("cell", ["a\x00b", "\ud800", [], {}])
def test_what_is_no_text(cell: object) -> None:
    with pytest.raises(BadCell):
        columns.text(cell)


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")))
def test_any_text_stays_verbatim(cell: str) -> None:
    assert columns.text(cell) == cell


@pytest.mark.parametrize(
    ("cell", "value"),
    [("12", 12), (" -3 ", -3), ("+4", 4), ("8.0", 8), (8.0, 8), (32767, 32767), ("-32768", -32768)],
)
def test_whole_numbers(cell: object, value: int) -> None:
    assert small(cell) == value


@pytest.mark.parametrize(
    "cell",
    [
        "8.5",
        8.5,
        "ocho",
        "1_0",
        "1,000",
        "0x1",
        "32768",
        -32769,
        10**4000,
        float("nan"),
        float("inf"),
        "9" * 5000,
        True,
        [],
        date(2027, 1, 1),
    ],
)
def test_what_is_no_small_number(cell: object) -> None:
    with pytest.raises(BadCell) as error:
        small(cell)
    assert error.value.mend.startswith("Give a whole number from -32768 to 32767")


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("2027-01-12", datetime(2027, 1, 12)),
        (" 2027-01-12T10:00:00 ", datetime(2027, 1, 12, 10)),
        ("2027-01-12 10:00", datetime(2027, 1, 12, 10)),
        ("12/01/2027", datetime(2027, 1, 12)),
        ("1/2/2027 9:05", datetime(2027, 2, 1, 9, 5)),
        ("12/01/2027 10:00:30", datetime(2027, 1, 12, 10, 0, 30)),
        (date(2027, 1, 12), datetime(2027, 1, 12)),
        (datetime(2027, 1, 12, 10), datetime(2027, 1, 12, 10)),
    ],
)
def test_dates(cell: object, value: datetime) -> None:
    assert columns.moment(cell) == value


@pytest.mark.parametrize(
    "cell", ["ayer", "13/13/2027", "12-01-2027", "12/01/27", "2027-02-30", 46000.0, 5, [], True]
)
def test_what_is_no_date(cell: object) -> None:
    for read in (columns.moment, columns.instant):
        with pytest.raises(BadCell) as error:
            read(cell)
        assert "12/01/2027" in error.value.mend


def test_local_time_has_no_time_zone_and_the_other_has_one() -> None:
    written = "2027-01-12T10:00:00-06:00"
    with pytest.raises(BadCell, match="time zone"):
        columns.moment(written)
    assert columns.instant(written).astimezone(UTC) == datetime(2027, 1, 12, 16, tzinfo=UTC)
    assert columns.instant("12/01/2027") == datetime(2027, 1, 12, tzinfo=UTC)
    assert columns.instant(written).tzinfo == timezone(timedelta(hours=-6))


@pytest.mark.parametrize("cell", [str(AN_ID), f" {str(AN_ID).upper()} ", f"{{{AN_ID}}}", AN_ID.hex])
def test_ids(cell: str) -> None:
    assert columns.identifier(cell) == AN_ID


@pytest.mark.parametrize("cell", ["x1", 12, 1.0, True, [], "123e4567"])
def test_what_is_no_id(cell: object) -> None:
    with pytest.raises(BadCell, match="is not a UUID"):
        columns.identifier(cell)


def test_a_message_shows_a_long_or_strange_value_shortened() -> None:
    with pytest.raises(BadCell) as error:
        small("\x1b[31m" + "x" * 10_000)
    assert len(error.value.wrong) < 100
    assert "\x1b" not in error.value.wrong


def test_every_column_of_every_table_is_read() -> None:
    for kind in KINDS:
        assert set(kind.columns) <= set(kind.readers)


def test_an_empty_cell_is_none_and_an_empty_text_of_json_is_itself() -> None:
    cells = {"name": "", "roi": None, "session_count": " ", "created_at": "", "id_course": ""}
    row = read_row(COURSE, "row 2", cells.items())
    assert row.values == {"name": None, "roi": None, "session_count": None}
    assert (row.file_id, row.problems) == (None, [])
    kept = read_row(COURSE, "course 1", cells.items(), keep_empty_text=True)
    assert kept.values == {"name": "", "roi": None, "session_count": None}


def test_all_bad_cells_of_a_row_are_found() -> None:
    row = read_row(COURSE, "row 2", {"id_course": "x", "session_count": "y", "name": "A"}.items())
    assert [problem.column for problem in row.problems] == ["id_course", "session_count"]
