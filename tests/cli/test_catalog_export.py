"""``flask catalog export``: everything out, and back in without a change."""

import csv
import json
import os
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from bot.services import transfer
from bot.services.demo import load_demo_catalogue
from bot.stores import course_rows
from tests.support.catalogue import TABLES, Catalogue, csv_text, migrated

FORMATS = ("csv", "xlsx", "json")
AWAY = "postgresql://nobody@127.0.0.1:1/none"
MESSY = [
    "=1+1",
    "+52 55 1234",
    "@nombre",
    "-2",
    "'007",
    'dijo "hola", y se fue; sin más\tya',
    "dos\nlíneas\r\ny otra\rmás",
    " con espacios ",
    "  ",
    "\t",
    "NULL",
    "TRUE",
    "0012",
    "1e5",
    "2027-01-12",
    "https://example.com/" + "x" * 3000,
    "_x0041_ y _x005F_",
    "\x01\x0b\x1f\x7f\x85",
    "<b>&amp;</b>",
    "😀 a\u0301 \u200b \u202e \ufeff",
    "#N/A",
    "x" * 32_767,
]


@pytest.fixture(scope="module")
def urls(new_database, tmp_path_factory) -> tuple[str, str]:
    folder = tmp_path_factory.mktemp("instance")
    return migrated(new_database(), folder), migrated(new_database(), folder)


@pytest.fixture
def catalogue(urls: tuple[str, str], make_app, tmp_path: Path) -> Catalogue:
    return Catalogue(make_app(DATABASE_URL=urls[0]), tmp_path)


@pytest.fixture
def elsewhere(urls: tuple[str, str], make_app, tmp_path: Path) -> Catalogue:
    """Another school's database, empty."""
    return Catalogue(make_app(DATABASE_URL=urls[1]), tmp_path)


@pytest.fixture
def demo(catalogue: Catalogue) -> Catalogue:
    with catalogue.app.app_context():
        load_demo_catalogue()
    return catalogue


@pytest.fixture
def messy(catalogue: Catalogue) -> Catalogue:
    """Courses as no careful person would write them, some empty and some without a name."""
    for number, text in enumerate(MESSY):
        catalogue.execute(
            "INSERT INTO ai_courses (name, short_description, roi, price, modality, start_date, "
            "session_count, total_duration_min) VALUES (:name, :text, '', :text, :text, "
            ":date, :number, :big)",
            name=None if number == 3 else f"{text[:50]} {number}",
            text=text,
            date="0031-12-24 23:59:59.123456" if number % 2 else "1899-12-31 10:00",
            number=-number,
            big=9_007_199_254_740_993 + number,
        )
    catalogue.execute("UPDATE ai_courses SET name = '' WHERE session_count = -5")
    catalogue.execute("UPDATE ai_courses SET modality = '' WHERE session_count = -6")
    return catalogue


def export(catalogue: Catalogue, ending: str) -> Path:
    path = catalogue.folder / f"catalogo.{ending}"
    result = catalogue.run("export", path)
    assert result.exit_code == 0, result.output
    return path


def without_numbers(tables: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    """The rows without the numbers that each database gives out by itself."""
    kept = {**tables}
    kept["bond"] = sorted(
        ({name: value for name, value in row.items() if name != "id_bond"} for row in kept["bond"]),
        key=str,
    )
    return kept


# Out and in again


@pytest.mark.parametrize("options", [(), ("--by", "id"), ("--by", "name"), ("--dry-run",)])
@pytest.mark.parametrize("ending", FORMATS)
def test_what_was_exported_changes_nothing_when_it_is_imported(demo, ending: str, options) -> None:
    before = demo.everything()
    result = demo.run("import", export(demo, ending), *options)
    assert result.exit_code == 0, result.output
    assert "courses: 0 new, 0 changed, 24 unchanged, 0 bad" in result.stdout
    assert ("Dry run" if options == ("--dry-run",) else "Nothing had to change") in result.stdout
    assert demo.everything() == before


@pytest.mark.parametrize("ending", FORMATS)
def test_messy_courses_change_nothing_either(messy: Catalogue, ending: str) -> None:
    before = messy.everything()
    result = messy.run("import", export(messy, ending))
    assert result.exit_code == 0, result.output
    assert f"{len(MESSY)} unchanged, 0 bad" in result.stdout
    assert messy.everything() == before


@pytest.mark.parametrize("ending", ["xlsx", "json"])
def test_a_catalogue_can_move_to_another_database(demo, elsewhere, ending: str) -> None:
    result = elsewhere.run("import", export(demo, ending))
    assert result.exit_code == 0, result.output
    assert without_numbers(elsewhere.everything()) == without_numbers(demo.everything())
    again = elsewhere.run("import", demo.folder / f"catalogo.{ending}")
    assert "Nothing had to change" in again.stdout, again.output


def test_json_moves_even_messy_courses_to_another_database(messy, elsewhere) -> None:
    messy.execute("DELETE FROM ai_courses WHERE coalesce(name, '') = '' OR trim(modality) = ''")
    messy.execute(r"DELETE FROM ai_courses WHERE modality !~ '\S'")
    result = elsewhere.run("import", export(messy, "json"))
    assert result.exit_code == 0, result.output
    assert elsewhere.everything() == messy.everything()


@pytest.mark.parametrize("ending", FORMATS)
def test_an_empty_catalogue_goes_out_and_in(catalogue: Catalogue, ending: str) -> None:
    result = catalogue.run("import", export(catalogue, ending))
    assert result.exit_code == 0, result.output
    assert "courses: 0 new, 0 changed, 0 unchanged, 0 bad" in result.stdout


def test_many_courses_go_out_and_in(catalogue: Catalogue) -> None:
    rows = [("name", "modality"), *((f"curso {number}", "x") for number in range(1203))]
    catalogue.import_csv(csv_text(rows))
    for ending in FORMATS:
        path = export(catalogue, ending)
        assert "1203 unchanged" in catalogue.run("import", path).stdout


# What is in the files


def test_a_csv_has_the_columns_of_the_table_and_says_what_it_leaves_out(demo: Catalogue) -> None:
    path = demo.folder / "catalogo.csv"
    result = demo.run("export", path)
    assert result.stdout == f"24 courses written to {path}.\n"
    assert "171 sessions and what belongs to them are not in it" in result.stderr
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    known = demo.rows()
    assert [row["id_course"] for row in rows] == [str(row["id_course"]) for row in known]
    assert list(rows[0]) == list(known[0])
    assert [row["name"] for row in rows] == [row["name"] for row in known]


def test_a_csv_of_courses_without_sessions_leaves_nothing_out(catalogue: Catalogue) -> None:
    catalogue.import_csv("name,modality\nA,x\n")
    assert catalogue.run("export", catalogue.folder / "c.csv").stderr == ""


def test_json_has_the_shape_of_the_demo_catalogue(demo: Catalogue) -> None:
    document = json.loads(export(demo, "json").read_text("utf-8"))
    courses = document["courses"]
    assert len(courses) == 24
    tables = demo.everything()
    for name, table in zip(
        ("sessions", "activities", "bonuses", "elements"), TABLES[1:], strict=True
    ):
        assert sum(len(course[name]) for course in courses) == len(tables[table])
    for course in courses:
        indexes = [session["session_index"] for session in course["sessions"]]
        assert indexes == sorted(indexes)
        assert {one["id_course_fk"] for one in course["activities"]} <= {course["id_course"]}


def test_a_workbook_has_a_sheet_for_each_kind_and_texts_as_texts(messy: Catalogue) -> None:
    book = CalamineWorkbook.from_path(str(export(messy, "xlsx")))
    assert book.sheet_names == ["courses", "sessions", "activities", "bonuses", "elements"]
    header, *rows = book.get_sheet_by_name("courses").to_python()
    texts = {row[header.index("price")] for row in rows}
    assert {"=1+1", "0012", "TRUE", "-2"} <= texts


# Files that are there, and files that cannot be


@pytest.mark.parametrize("ending", FORMATS)
def test_an_export_takes_the_place_of_an_older_one(demo: Catalogue, ending: str) -> None:
    path = demo.file(f"catalogo.{ending}", "older")
    old_mask = os.umask(0o022)
    export(demo, ending)
    os.umask(old_mask)
    assert path.read_bytes() != b"older"
    assert path.stat().st_mode & 0o777 == 0o644
    assert [file.name for file in demo.folder.glob("*catalogo*")] == [path.name]


@pytest.mark.parametrize("ending", FORMATS)
def test_a_failed_export_leaves_what_was_there(demo: Catalogue, ending: str, monkeypatch) -> None:
    def break_down(*_args: object) -> None:
        raise OSError(28, "No space left on device")

    path = demo.file(f"catalogo.{ending}", "older")
    monkeypatch.setattr(course_rows, "next_courses", break_down)
    result = demo.run("export", path)
    assert result.exit_code == 1
    assert result.stderr == f"Error: {path} cannot be written: No space left on device.\n"
    assert path.read_bytes() == b"older"
    assert [file.name for file in demo.folder.glob("*catalogo*")] == [path.name]


@pytest.mark.parametrize("value", ["x" * 32_768, "😀" * 16_384, "\ufffe"])
def test_what_excel_cannot_keep_is_not_cut_but_refused(catalogue: Catalogue, value: str) -> None:
    catalogue.import_csv(csv_text([("name", "modality", "roi"), ("A", "x", value)]))
    path = catalogue.folder / "c.xlsx"
    result = catalogue.run("export", path)
    assert result.exit_code == 1
    assert "Excel cannot keep the roi in row 2 of courses" in result.stderr
    assert not path.exists()
    assert "1 unchanged" in catalogue.run("import", export(catalogue, "json")).stdout


@pytest.mark.parametrize(
    "name", ["nowhere/c.csv", "nowhere/c.xlsx", "c.pdf", "c", "folder.json", "file.csv/c.csv"]
)
def test_a_place_that_cannot_be_written_is_told_in_one_line(demo: Catalogue, name: str) -> None:
    (demo.folder / "folder.json").mkdir()
    demo.file("file.csv", "")
    result = demo.run("export", demo.folder / name)
    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 1
    assert result.stderr.startswith("Error: ")
    assert list(demo.folder.glob(".*")) == []


def test_without_its_database_an_export_says_so(make_app, tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    for environment in ({"DATABASE_URL": AWAY}, {}):
        result = (
            make_app(**environment).test_cli_runner().invoke(args=["catalog", "export", str(path)])
        )
        assert result.exit_code == 1
        assert result.stderr.startswith("Error: The database cannot be reached")
        assert not path.exists()


# How it reads


@pytest.mark.parametrize(
    ("ending", "a_batch", "once"), [("csv", 1, 4), ("xlsx", 5, 3), ("json", 5, 3)]
)
def test_statements_are_counted_by_batches(
    demo: Catalogue, ending: str, a_batch: int, once: int
) -> None:
    path = demo.folder / f"c.{ending}"
    assert demo.count_statements("export", path) == a_batch + once


def test_an_export_shows_the_catalogue_of_one_moment(demo: Catalogue, monkeypatch) -> None:
    """What somebody else commits in the middle of it is not half in."""
    belonging_to = course_rows.belonging_to

    def after_a_deletion(*args: Any) -> Any:
        meanwhile.execute("DELETE FROM elements_url")
        return belonging_to(*args)

    meanwhile = demo
    monkeypatch.setattr(course_rows, "belonging_to", after_a_deletion)
    with demo.app.app_context():
        transfer.export_catalogue(demo.folder / "c.json")
    courses = json.loads((demo.folder / "c.json").read_text("utf-8"))["courses"]
    assert sum(len(course["elements"]) for course in courses) == 52
