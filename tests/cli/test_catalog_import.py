"""``flask catalog import``: what a file brings in, what it may not, and what is told."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID, uuid4

import psycopg2
import pytest
from sqlalchemy import text

from bot.extensions import db
from bot.services.demo import load_demo_catalogue
from config import ROOT
from tests.support.catalogue import Catalogue, csv_text, migrated, workbook

DEMO = ROOT / "bot" / "data" / "demo_catalog.json"
ONE = UUID("11111111-1111-4111-8111-111111111111")
TWO = UUID("22222222-2222-4222-8222-222222222222")
NOBODY = UUID("33333333-3333-4333-8333-333333333333")
AWAY = "postgresql://nobody@127.0.0.1:1/none"

BATCH = 1000


@pytest.fixture(scope="module")
def url(new_database, tmp_path_factory) -> str:
    return migrated(new_database(), tmp_path_factory.mktemp("instance"))


@pytest.fixture
def catalogue(url: str, make_app, tmp_path: Path) -> Catalogue:
    return Catalogue(make_app(DATABASE_URL=url), tmp_path)


@pytest.fixture
def demo(catalogue: Catalogue) -> Catalogue:
    with catalogue.app.app_context():
        load_demo_catalogue()
    return catalogue


@pytest.fixture
def two(catalogue: Catalogue) -> Catalogue:
    """The courses "IA para ventas" and "Prompts", with every text filled in or empty."""
    catalogue.execute(
        "INSERT INTO ai_courses (id_course, name, price, roi, modality, level) VALUES "
        "(:one, 'IA para ventas', '299', '', 'online', 'básico'),"
        "(:two, 'Prompts', NULL, NULL, 'presencial', NULL)",
        one=ONE,
        two=TWO,
    )
    return catalogue


def courses_line(new: int = 0, changed: int = 0, unchanged: int = 0, bad: int = 0) -> str:
    return f"courses: {new} new, {changed} changed, {unchanged} unchanged, {bad} bad"


# New courses and changes


def test_a_csv_with_a_few_columns_adds_courses(catalogue: Catalogue) -> None:
    result = catalogue.import_csv("name,modality,price\nIA,online,$299\nDatos,híbrido,\n")
    assert result.exit_code == 0
    assert courses_line(new=2) in result.stdout.splitlines()
    assert result.stdout.endswith("The import is done.\n")
    assert catalogue.values("name", "modality", "price", "level") == [
        ("Datos", "híbrido", None, None),
        ("IA", "online", "$299", None),
    ]


def test_a_file_touches_only_its_columns_and_deletes_nothing(two: Catalogue) -> None:
    result = two.import_csv(f"id_course,name,price\n{ONE},IA para ventas,350\n")
    assert courses_line(changed=1) in result.stdout
    assert two.values("name", "price", "level", "modality") == [
        ("IA para ventas", "350", "básico", "online"),
        ("Prompts", None, None, "presencial"),
    ]


def test_a_course_is_found_by_its_name_whatever_its_case_and_its_spaces(two: Catalogue) -> None:
    result = two.import_csv("name,price\n  ia PARA ventas ,350\n")
    assert courses_line(changed=1) in result.stdout
    assert two.values("id_course", "price")[0] == (ONE, "350")


def test_a_course_is_found_by_its_name_whichever_way_its_accents_are_written(
    catalogue: Catalogue,
) -> None:
    catalogue.import_csv("name,modality\nAutomatización,online\n")
    result = catalogue.import_csv("name,price\nAutomatizacio\u0301n,1\n")
    assert courses_line(changed=1) in result.stdout


def test_an_id_goes_before_a_name(two: Catalogue) -> None:
    result = two.import_csv(f"id_course,name\n{TWO},Prompts y más\n,IA para ventas\n")
    assert courses_line(changed=1, unchanged=1) in result.stdout
    assert two.values("name") == [("IA para ventas",), ("Prompts y más",)]


def test_an_unknown_id_makes_a_new_course_with_that_id(two: Catalogue) -> None:
    two.import_csv(f"id_course,name,modality\n{NOBODY},Prompts,online\n")
    assert two.values("id_course", "name") == [
        (ONE, "IA para ventas"),
        (TWO, "Prompts"),
        (NOBODY, "Prompts"),
    ]


def test_by_name_the_ids_of_another_database_do_not_matter(two: Catalogue) -> None:
    content = f"id_course,name,modality,price\n{NOBODY},prompts,online,9\n{uuid4()},Datos,online,\n"
    result = two.import_csv(content, "--by", "name")
    assert courses_line(new=1, changed=1) in result.stdout
    assert (TWO, "prompts", "9") in two.values("id_course", "name", "price")


def test_by_name_an_id_of_a_course_of_another_name_is_refused(two: Catalogue) -> None:
    result = two.import_csv(f"id_course,name,modality\n{ONE},Datos,online\n", "--by", "name")
    assert result.exit_code == 1
    assert "row 2, id_course: belongs to a course of another name" in result.stderr


def test_by_id_a_row_without_one_is_refused(two: Catalogue) -> None:
    result = two.import_csv(f"id_course,name\n{ONE},Otra\n,Prompts\n", "--by", "id")
    assert result.exit_code == 1
    assert "row 3, id_course: is empty. Give the id" in result.stderr


def test_an_empty_cell_clears_a_value_but_leaves_an_empty_text(two: Catalogue) -> None:
    result = two.import_csv(f"id_course,name,price,roi\n{ONE},IA para ventas,,\n", "--dry-run")
    assert "    price: '299' -> nothing" in result.stdout
    assert "roi" not in result.stdout
    two.import_csv(f"id_course,name,price,roi\n{ONE},IA para ventas,,\n")
    assert two.values("name", "price", "roi")[0] == ("IA para ventas", None, "")


def test_the_same_file_again_changes_nothing(catalogue: Catalogue) -> None:
    content = "name,modality,start_date,session_count\nIA,online,12/01/2027 18:30,8\n"
    catalogue.import_csv(content)
    before = catalogue.everything()
    result = catalogue.import_csv(content)
    assert courses_line(unchanged=1) in result.stdout
    assert result.stdout.endswith("Nothing had to change.\n")
    assert catalogue.everything() == before
    assert len(catalogue.rows("audit_entries")) == 1


def test_a_course_without_a_name_may_stay_so_but_none_may_lose_it(two: Catalogue) -> None:
    two.execute("UPDATE ai_courses SET name = NULL WHERE id_course = :two", two=TWO)
    assert two.import_csv(f"id_course,name,price\n{TWO},,5\n").exit_code == 0
    result = two.import_csv(f"id_course,name,price\n{ONE},,5\n")
    assert result.exit_code == 1
    assert "row 2, name: is empty" in result.stderr


def test_created_at_may_be_given_and_is_never_cleared(catalogue: Catalogue) -> None:
    catalogue.import_csv("name,modality,created_at\nIA,online,2020-05-01T10:00:00-06:00\n")
    catalogue.import_csv("name,modality,created_at\nIA,online,\nB,online,\n")
    (_, new), (_, made) = catalogue.values("name", "created_at")
    assert made == datetime(2020, 5, 1, 16, tzinfo=UTC)
    assert new.year >= 2026


def test_texts_stay_verbatim(catalogue: Catalogue) -> None:
    texts = [" $4,500.00 MXN ", "=1+1", "'007", 'di "hola"', "a\r\nb\nc", "😀", "  "]
    rows = [("name", "modality", "roi"), *((f"c{n}", "x", one) for n, one in enumerate(texts))]
    assert catalogue.import_csv(csv_text(rows)).exit_code == 0
    assert [roi for _, roi in catalogue.values("name", "roi")] == texts


# What is noted


def test_new_and_changed_courses_are_in_the_audit(two: Catalogue) -> None:
    two.import_csv(
        f"id_course,name,modality,start_date\n{ONE},IA para ventas,presencial,2027-01-12\n"
        f"{TWO},Prompts,presencial,\n{NOBODY},Nuevo,online,\n"
    )
    entries = two.rows("audit_entries", "action")
    assert {entry["actor"] for entry in entries} == {"import cursos.csv"}
    assert [(one["action"], one["id_course"], one["changes"]) for one in entries] == [
        ("create", NOBODY, {}),
        (
            "update",
            ONE,
            {"modality": ["online", "presencial"], "start_date": [None, "2027-01-12T00:00:00"]},
        ),
    ]


def test_a_file_with_a_long_and_strange_name_can_be_imported(catalogue: Catalogue) -> None:
    path = catalogue.folder / ("ñ" * 100 + "\udcff.csv")
    path.write_text("name,modality\nIA,online\n")
    assert catalogue.run("import", path).exit_code == 0
    (entry,) = catalogue.rows("audit_entries")
    assert len(entry["actor"]) <= 255


def test_the_index_for_search_follows_an_import(catalogue: Catalogue) -> None:
    catalogue.import_csv("name,modality,price\nIA,Híbrido,299\n")
    assert catalogue.values("modality", "amount", table="course_search") == [("hibrido", 299)]
    catalogue.import_csv("name,price\nIA,500\n")
    assert catalogue.values("modality", "amount", table="course_search") == [("hibrido", 500)]


# CSV as programs write it


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_csv_is_read_as_any_program_writes_it(catalogue, delimiter: str, encoding: str) -> None:
    content = csv_text(
        [("name", "modality", "roi"), ("Año ñ", "online", "a,b;c\td\ne"), ("B", "x", "")], delimiter
    )
    result = catalogue.run("import", catalogue.file("cursos.csv", content.encode(encoding)))
    assert result.exit_code == 0, result.output
    assert catalogue.values("name", "roi") == [("Año ñ", "a,b;c\td\ne"), ("B", None)]
    assert ("Windows-1252" in result.stderr) is (encoding == "cp1252")


def test_headers_may_have_capitals_spaces_and_quotation_marks(catalogue: Catalogue) -> None:
    result = catalogue.import_csv('"Name"; MODALITY ;"price"\nIA;online;299\n')
    assert result.exit_code == 0
    assert catalogue.values("price") == [("299",)]


def test_lines_that_excel_leaves_behind_do_not_count(catalogue: Catalogue) -> None:
    result = catalogue.import_csv("name;modality;;\nIA;online;;\n;;;\n\n;;;\n")
    assert result.exit_code == 0
    assert courses_line(new=1) in result.stdout


def test_a_header_alone_changes_nothing(catalogue: Catalogue) -> None:
    result = catalogue.import_csv("name,price\n")
    assert result.exit_code == 0
    assert courses_line() in result.stdout


# XLSX as people fill it in


def test_cells_of_excel_become_what_they_mean(catalogue: Catalogue) -> None:
    header = ("name", "modality", "price", "roi", "session_count", "start_date", "end_date")
    result = catalogue.import_xlsx(
        {
            "Hoja1": [
                header,
                ("IA", "online", 299.0, 0.1, 8, date(2027, 1, 12), "12/03/2027"),
                (2027, True, 4500.5, datetime(2027, 1, 12, 10), "9", datetime(2027, 1, 1, 9), ""),
            ]
        }
    )
    assert result.exit_code == 0, result.output
    first, second = ({name: row[name] for name in header} for row in catalogue.rows(order="name"))
    assert tuple(first.values())[:5] == ("2027", "true", "4500.5", "2027-01-12T10:00:00", 9)
    assert first["start_date"] == datetime(2027, 1, 1, 9)
    assert tuple(second.values())[:5] == ("IA", "online", "299", "0.1", 8)
    assert second["start_date"], second["end_date"] == (
        datetime(2027, 1, 12),
        datetime(2027, 3, 12),
    )


def test_rows_of_excel_are_counted_as_excel_counts_them(catalogue: Catalogue) -> None:
    result = catalogue.import_xlsx(
        {"courses": [(), (None, "name", "modality", "session_count"), (), (None, "A", "x", "dos")]}
    )
    assert result.exit_code == 1
    assert "row 4, session_count: 'dos' is not a whole number" in result.stderr


def test_a_workbook_made_by_hand_needs_no_ids(two: Catalogue) -> None:
    sheets = {
        "Notas": [("lo que sea",)],
        "courses": [("name", "modality"), ("Nuevo", "online")],
        "sessions": [
            ("course", "session_index", "title"),
            ("nuevo", 1, "Inicio"),
            ("Nuevo", 2, "Fin"),
            ("Prompts", 1, "Una"),
        ],
        "activities": [
            ("course", "session_index", "item_session", "item_type", "title_item"),
            ("Nuevo", 1, 1, "subtema", "Hola"),
        ],
        "bonuses": [("course", "content", "type_bond", "emisor"), ("Nuevo", "PDF", "x", "y")],
        "elements": [
            ("course", "session_index", "item_type", "url_test", "description_url"),
            ("Nuevo", 2, "video", "https://x.example", "Un video"),
        ],
    }
    result = two.import_xlsx(sheets)
    assert result.exit_code == 0, result.output
    assert "sessions: 3 new" in result.stdout
    (activity,) = two.rows("ai_tema_activity")
    first = next(row for row in two.rows("ai_course_session") if row["title"] == "Inicio")
    assert activity["id_session_fk"] == first["id_session"]
    assert activity["id_course_fk"] == first["id_course_fk"]
    before = two.everything()
    again = two.import_xlsx(sheets)
    assert again.stdout.endswith("Nothing had to change.\n")
    assert two.everything() == before


# JSON and what belongs to a course


def test_the_demo_catalogue_can_be_imported_as_a_file(catalogue: Catalogue) -> None:
    result = catalogue.run("import", DEMO)
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        courses_line(new=24),
        "sessions: 171 new, 0 changed, 0 unchanged, 0 bad",
        "activities: 513 new, 0 changed, 0 unchanged, 0 bad",
        "bonuses: 52 new, 0 changed, 0 unchanged, 0 bad",
        "elements: 52 new, 0 changed, 0 unchanged, 0 bad",
        "The import is done.",
    ]
    with catalogue.app.app_context():
        assert load_demo_catalogue() == 0


@pytest.mark.parametrize("by", ["id", "name"])
def test_the_demo_catalogue_is_known_again(demo: Catalogue, by: str) -> None:
    before = demo.everything()
    result = demo.run("import", DEMO, "--by", by)
    assert courses_line(unchanged=24) in result.stdout
    assert result.stdout.endswith("Nothing had to change.\n")
    assert demo.everything() == before


def test_by_name_a_catalogue_with_other_ids_meets_what_is_there(demo: Catalogue) -> None:
    content = DEMO.read_text("utf-8")
    before = demo.everything()
    for row in (*before["ai_courses"], *before["ai_course_session"], *before["ai_tema_activity"]):
        content = content.replace(str(next(iter(row.values()))), str(uuid4()))
    for row in before["elements_url"]:
        content = content.replace(str(row["id_element"]), str(uuid4()))
    result = demo.run("import", demo.file("otra.json", content), "--by", "name")
    assert result.stdout.endswith("Nothing had to change.\n"), result.output
    assert demo.everything() == before


def test_the_demo_records_nothing_in_the_audit(demo: Catalogue) -> None:
    assert demo.rows("audit_entries") == []


COURSE = {"name": "IA", "modality": "online"}
SESSION = {"session_index": 1, "title": "Inicio"}
ACTIVITY = {"item_session": 1, "item_type": "subtema", "title_item": "Hola"}
ELEMENT = {"item_type": "video", "url_test": "https://x.example", "description_url": "Video"}
BONUS = {"content": "PDF", "type_bond": "archivo", "emisor": "Escuela"}
FLAT = COURSE | {
    "sessions": [SESSION],
    "activities": [ACTIVITY | {"session_index": 1}],
    "bonuses": [BONUS],
    "elements": [ELEMENT | {"session_index": 1}],
}
NESTED = COURSE | {
    "sessions": [SESSION | {"activities": [ACTIVITY], "elements": [ELEMENT]}],
    "bonuses": [BONUS],
}


@pytest.mark.parametrize("course", [FLAT, NESTED], ids=["flat", "nested"])
@pytest.mark.parametrize("wrapped", [True, False])
def test_belongings_without_ids_are_added_once(catalogue, course: dict, wrapped: bool) -> None:
    document = {"courses": [course], "meta": {"a": [1.5]}} if wrapped else [course]
    assert catalogue.import_json(document).exit_code == 0
    before = catalogue.everything()
    assert [len(rows) for rows in before.values()] == [1, 1, 1, 1, 1]
    again = catalogue.import_json(document)
    assert again.stdout.endswith("Nothing had to change.\n"), again.output
    assert catalogue.everything() == before


def test_belongings_are_changed_where_they_are(catalogue: Catalogue) -> None:
    catalogue.import_json([FLAT])
    (session,) = catalogue.rows("ai_course_session")
    changed = FLAT | {
        "sessions": [SESSION | {"title": "Comienzo"}],
        "bonuses": [BONUS | {"emisor": "Otra"}],
    }
    result = catalogue.import_json([changed])
    assert "sessions: 0 new, 1 changed" in result.stdout
    assert catalogue.rows("ai_course_session") == [session | {"title": "Comienzo"}]
    assert catalogue.values("emisor", table="bond") == [("Otra",)]


def test_a_bonus_with_the_number_of_another_courses_is_known_by_its_content(
    two: Catalogue,
) -> None:
    two.execute(
        "INSERT INTO bond (content, type_bond, id_courses_fk, emisor) VALUES ('A', 't', :one, 'e')",
        one=ONE,
    )
    (kept,) = two.rows("bond")
    foreign = {"id_bond": kept["id_bond"], "content": "B", "type_bond": "t", "emisor": "e"}
    document = [{"id_course": str(TWO), "name": "Prompts", "bonuses": [foreign]}]
    for _ in range(2):
        assert two.import_json(document).exit_code == 0
    assert two.rows("bond")[0] == kept
    assert two.values("content", "id_courses_fk", table="bond") == [("A", ONE), ("B", TWO)]


def test_a_bonus_with_its_own_number_is_changed(two: Catalogue) -> None:
    two.import_json([{"name": "Prompts", "bonuses": [BONUS]}])
    (bonus,) = two.rows("bond")
    new = BONUS | {"id_bond": bonus["id_bond"], "content": "Otro"}
    two.import_json([{"name": "Prompts", "bonuses": [new]}])
    assert two.rows("bond") == [bonus | {"content": "Otro"}]


def test_a_number_in_json_stays_as_it_is_written(catalogue: Catalogue) -> None:
    path = catalogue.file(
        "cursos.json", '[{"name": "IA", "modality": "x", "price": 299.00, "roi": 1e3, "level": 2}]'
    )
    catalogue.run("import", path)
    assert catalogue.values("price", "roi", "level") == [("299.00", "1e3", "2")]


BAD_BELONGINGS = [
    (COURSE | {"sessions": {}}, "course 1, sessions: is not a list"),
    (COURSE | {"bonuses": ["PDF"]}, "course 1, bonus 1: is not an object"),
    (COURSE | {"sessions": [{"title": "x"}]}, "course 1, session 1, session_index: is empty"),
    (COURSE | {"sessions": [SESSION, SESSION]}, "course 1, session 2: is the same session as"),
    (COURSE | {"bonuses": [{"content": "PDF"}]}, "course 1, bonus 1, emisor: is empty"),
    (
        COURSE | {"sessions": [SESSION | {"id_course_fk": str(NOBODY)}]},
        "course 1, session 1, id_course_fk: is not the id of the course it stands in",
    ),
    (
        COURSE | {"activities": [ACTIVITY | {"id_session_fk": str(NOBODY)}]},
        "course 1, activity 1, id_session_fk: names no session",
    ),
    (COURSE | {"activities": [ACTIVITY]}, "course 1, activity 1, id_session_fk: is empty"),
    (
        COURSE | {"activities": [ACTIVITY | {"session_index": 7}]},
        "course 1, activity 1, session_index: fits 0 sessions",
    ),
    (
        COURSE
        | {
            "sessions": [SESSION],
            "elements": [ELEMENT | {"session_index": 1, "id_activity_fk": str(NOBODY)}],
        },
        "course 1, element 1, id_activity_fk: names no activity",
    ),
    (COURSE | {"sessions": [SESSION | {"duration_minutes": "2 h"}]}, "duration_minutes: '2 h' is"),
    (COURSE | {"sessions": [SESSION | {"scheduled_at": "2027-01-12T10:00:00Z"}]}, "time zone"),
]


@pytest.mark.parametrize(
    ("course", "told"), BAD_BELONGINGS, ids=[told for _, told in BAD_BELONGINGS]
)
def test_what_is_wrong_with_a_belonging_is_told(catalogue, course: dict, told: str) -> None:
    result = catalogue.import_json([course])
    assert result.exit_code == 1
    assert told in result.stderr
    assert catalogue.rows() == []


def test_what_belongs_to_a_bad_course_is_left_out_with_it(catalogue: Catalogue) -> None:
    bad = FLAT | {"session_count": "muchas"}
    result = catalogue.import_json([bad, NESTED | {"name": "Buena"}], "--skip-bad")
    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 1
    assert "sessions: 1 new, 0 changed, 0 unchanged, 1 bad" in result.stdout
    assert catalogue.values("name") == [("Buena",)]
    assert len(catalogue.rows("ai_tema_activity")) == 1


def test_two_sessions_with_one_index_need_their_ids(catalogue: Catalogue) -> None:
    sessions = [SESSION | {"id_session": str(uuid4()), "title": title} for title in "ab"]
    assert catalogue.import_json([COURSE | {"sessions": sessions}]).exit_code == 0
    result = catalogue.import_json([COURSE | {"sessions": [SESSION]}])
    assert "session_index: fits 2 sessions that are alike. Give the id_session." in result.stderr
    assert catalogue.import_json([COURSE | {"sessions": sessions}]).exit_code == 0


def test_a_belonging_with_an_id_needs_nothing_else(demo: Catalogue) -> None:
    before = demo.everything()
    session, activity = before["ai_course_session"][0], before["ai_tema_activity"][0]
    result = demo.import_xlsx(
        {
            "courses": [("name",)],
            "sessions": [("id_session", "title"), (str(session["id_session"]), "Otro título")],
            "activities": [("id_activity", "title_item"), (str(activity["id_activity"]), "Otra")],
        }
    )
    assert result.exit_code == 0, result.output
    after = demo.everything()
    assert after["ai_course_session"][0] == session | {"title": "Otro título"}
    assert after["ai_tema_activity"][0] == activity | {"title_item": "Otra"}
    assert after["ai_course_session"][1:] == before["ai_course_session"][1:]


def test_a_new_activity_belongs_to_the_course_of_its_session(demo: Catalogue) -> None:
    session = demo.rows("ai_course_session")[0]
    header = ("id_session_fk", "item_session", "item_type", "title_item")
    row = (str(session["id_session"]), 99, "subtema", "Nueva")
    result = demo.import_xlsx({"courses": [("name",)], "activities": [header, row]})
    assert result.exit_code == 0, result.output
    (new,) = (one for one in demo.rows("ai_tema_activity") if one["title_item"] == "Nueva")
    assert new["id_course_fk"] == session["id_course_fk"]


def test_sheets_of_belongings_check_where_they_point(two: Catalogue) -> None:
    result = two.import_xlsx(
        {
            "courses": [("name",), ("Prompts",)],
            "sessions": [
                ("id_course_fk", "course", "session_index"),
                (str(NOBODY), None, 1),
                (None, "Nadie", 1),
                (None, None, 1),
                (str(ONE), None, 1),
            ],
        }
    )
    assert result.exit_code == 1
    assert result.stderr.splitlines() == [
        "sheet sessions, row 2, id_course_fk: names no course of the file that was taken, nor of "
        "the database. Give the id_course of a course.",
        "sheet sessions, row 3, course: is the name of no course. Compare it with the courses.",
        "sheet sessions, row 4, id_course_fk: is empty. Fill it in, or give the id_session.",
    ]
    assert two.rows("ai_course_session") == []


# Bad rows


BAD_ROWS = [
    ("name,modality", ",x", "name: is empty. Fill it in."),
    ("name,modality", '"  ",x', "name: is empty"),
    ("name,modality", "A,", "modality: is empty. Fill it in."),
    ("name", "A", "modality: is empty. Fill it in."),
    ("id_course,name,modality", "x1,A,x", "id_course: 'x1' is not a UUID"),
    ("name,modality,session_count", "A,x,40000", "session_count: '40000' is out of range"),
    ("name,modality,session_count", "A,x,ocho", "session_count: 'ocho' is not a whole number"),
    ("name,modality,session_count", "A,x,1_0", "session_count: '1_0' is not a whole number"),
    ("name,modality,total_duration_min", "A,x,8.5", "total_duration_min: '8.5' is not a whole"),
    ("name,modality,start_date", "A,x,mañana", "start_date: 'mañana' is not a date"),
    ("name,modality,start_date", "A,x,31/02/2027", "start_date: '31/02/2027' is not a date"),
    ("name,modality,start_date", "A,x,2027-01-12T10:00Z", "has a time zone"),
    ("name,modality,created_at", "A,x,ayer", "created_at: 'ayer' is not a date"),
    ("name,modality,price", "A,x,2\x009", "price: holds a NUL character"),
    ("name,modality", "A", "row 2: has 1 cells where the header has 2"),
    ("name,modality", "A,x,y", "row 2: has 3 cells where the header has 2"),
    ("name,modality,", "A,x,y", "row 2: has a value in a column without a name"),
]


@pytest.mark.parametrize(("header", "row", "told"), BAD_ROWS, ids=[told for *_, told in BAD_ROWS])
def test_what_is_wrong_with_a_row_is_told(catalogue, header: str, row: str, told: str) -> None:
    result = catalogue.import_csv(f"{header}\n{row}\n")
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert line.startswith("row 2")
    assert told in line
    assert courses_line(bad=1) in result.stdout
    assert "Nothing was written." in result.stdout
    assert catalogue.rows() == []


def test_half_a_character_is_refused(catalogue: Catalogue) -> None:
    result = catalogue.import_json([COURSE, {"name": "B", "modality": "x", "roi": "\ud800"}])
    assert "course 2, roi: holds half a character" in result.stderr


def test_all_that_is_wrong_is_told_at_once_in_the_order_of_the_file(catalogue: Catalogue) -> None:
    result = catalogue.import_csv(
        "name,modality,session_count,start_date\nA,,1,\nB,x,dos,ayer\n,x,1,\nC,x\nA ,x,1,\n"
    )
    places = [line.split(":")[0] for line in result.stderr.splitlines()]
    assert places == [
        "row 2, modality",
        "row 3, session_count",
        "row 3, start_date",
        "row 4, name",
        "row 5",
        "row 6, name",
    ]


def test_rows_after_a_text_of_several_lines_are_found_in_an_editor_too(catalogue) -> None:
    result = catalogue.import_csv('name,modality\n"A\nB",x\nC,\n')
    assert "row 3 (line 4), modality: is empty" in result.stderr


def test_one_bad_row_keeps_everything_out(two: Catalogue) -> None:
    before = two.everything()
    result = two.import_csv("name,modality,price\nPrompts,x,1\nNuevo,online,1\n,x,1\n")
    assert result.exit_code == 1
    assert two.everything() == before
    assert two.rows("audit_entries") == []


def test_bad_rows_can_be_left_out(two: Catalogue) -> None:
    result = two.import_csv("name,modality\nPrompts,x\nNuevo,online\n,x\n", "--skip-bad")
    assert result.exit_code == 1
    assert courses_line(new=1, changed=1, bad=1) in result.stdout
    assert "The bad rows were left out." in result.stdout
    assert len(two.rows()) == 3


def test_skipping_bad_rows_of_a_good_file_is_no_failure(catalogue: Catalogue) -> None:
    assert catalogue.import_csv("name,modality\nA,x\n", "--skip-bad").exit_code == 0


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (f"id_course,name\n{ONE},A\n{ONE},B\n", "row 3, id_course: is the same course as in row 2"),
        ("name,modality\nA,x\nB,x\n a ,x\n", "row 4, name: is the same as in row 2"),
        (f"id_course,name\n{ONE},IA para ventas\n,ia para ventas\n", "row 3, name: is the same as"),
        (f"id_course,name\n,ia para ventas\n{ONE},Otra\n", "row 3, id_course: is the same course"),
        (f"id_course,name,modality\n,Nuevo,x\n{NOBODY},nuevo,x\n", "row 3, name: is the same as"),
    ],
)
def test_a_course_may_be_in_a_file_once(two: Catalogue, content: str, told: str) -> None:
    result = two.import_csv(content)
    assert result.exit_code == 1
    assert told in result.stderr


def test_two_courses_of_one_name_with_ids_of_their_own_are_fine(catalogue: Catalogue) -> None:
    content = f"id_course,name,modality\n{ONE},IA,x\n{TWO},IA,x\n"
    assert catalogue.import_csv(content).exit_code == 0
    assert courses_line(unchanged=2) in catalogue.import_csv(content).stdout


def test_a_name_that_several_courses_have_needs_an_id(two: Catalogue) -> None:
    two.execute("UPDATE ai_courses SET name = 'IA'")
    result = two.import_csv("name,price\nia,5\n")
    assert result.exit_code == 1
    assert "row 2, name: is the name of several courses in the database. Give the id_course" in (
        result.stderr
    )


def test_only_the_first_problems_are_shown_and_the_others_counted(catalogue: Catalogue) -> None:
    rows = "".join(f"c{number},x,mal\n" for number in range(2 * BATCH))
    result = catalogue.import_csv(f"name,modality,session_count\n{rows}")
    lines = result.stderr.splitlines()
    assert len(lines) == 51
    assert lines[49].startswith("row 51,")
    assert lines[50] == "… and 1950 more problems"
    assert courses_line(bad=2000) in result.stdout


# Files that cannot be read


UNREADABLE = [
    ("a.csv", b"", "a.csv is empty"),
    ("a.csv", b"\n\n", "a.csv is empty"),
    ("a.csv", b"name,prize\nA,1\n", "unknown column 'prize'. Did you mean 'price'? Columns: id_"),
    ("a.csv", b"price,level\n1,2\n", "has no column 'name'"),
    ("a.csv", b"name,price,Price\n1,2,3\n", "has the column 'price' twice"),
    ("a.csv", b'name,price\n"A,1\nB,2\n', "is not a CSV from line 2 on"),
    ("a.csv", "name\naño\nñandú\n".encode() + b"\xff\n", "is not UTF-8: line 4"),
    ("a.csv", b"PK\x03\x04....", "is an Excel or ZIP file"),
    ("a.csv", b"\x89PNG\r\n\x1a\n\x00\x00\x81", "is not UTF-8"),
    ("a.json", b"", "a.json is empty"),
    ("a.json", b"hola", "must hold a list or"),
    ("a.json", b'{"cursos": []}', "no list under 'courses'"),
    ("a.json", b'[{"name": "A"},\n{"name": "B",]', "line 2 is broken"),
    ("a.json", b'[{"name": "A"}', "line 1 has no ',' or ']'"),
    ("a.json", b'[{"nombre": "A"}]', "Course 1 has the unknown column 'nombre'"),
    ("a.json", b'[{"name": "A", "sessions": [{"x": 1}]}]', "session 1 has the unknown column 'x'"),
    ("a.json", b"[" * 100_000, "nests too deep"),
    ("a.json", b'[{"name": ' + b"9" * 5000 + b"}]", "cannot be read as JSON: line 1"),
    ("a.xlsx", b"", "is not an Excel workbook"),
    ("a.xlsx", b"name,price\n", "is not an Excel workbook"),
    ("a.xlsx", b"PK\x03\x04", "is not an Excel workbook"),
    ("a.pdf", b"%PDF", "has no known ending; use one of .csv, .xlsx, .json"),
    ("a", b"name\n", "has no known ending"),
]


@pytest.mark.parametrize(("name", "content", "told"), UNREADABLE)
def test_an_unreadable_file_is_told_in_one_line(catalogue, name, content: bytes, told: str) -> None:
    result = catalogue.run("import", catalogue.file(name, content), "--skip-bad")
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert line.startswith("Error: ")
    assert told in line


@pytest.mark.parametrize("sheets", [{"courses": []}, {"x": []}, {"sessions": [("title",)]}])
def test_a_workbook_without_courses_is_told_in_one_line(catalogue, sheets: dict) -> None:
    result = catalogue.import_xlsx(sheets)
    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 1


def test_an_unknown_column_of_another_sheet_names_the_sheet(catalogue: Catalogue) -> None:
    result = catalogue.import_xlsx(
        {"courses": [("name", "modality"), ("A", "x")], "sessions": [("tittle",)]}
    )
    assert "The header of the sheet 'sessions' has the unknown column 'tittle'" in result.stderr
    assert catalogue.rows() == []


def test_what_is_not_there_is_told_in_one_line(catalogue: Catalogue) -> None:
    (catalogue.folder / "carpeta.csv").mkdir()
    for name in ("nada.csv", "nada.json", "nada.xlsx", "carpeta.csv"):
        result = catalogue.run("import", catalogue.folder / name)
        assert result.exit_code == 1
        assert "cannot be read:" in result.stderr
        assert len(result.stderr.splitlines()) == 1


def test_a_file_that_breaks_late_leaves_nothing_behind(catalogue: Catalogue) -> None:
    courses = ",\n".join(json.dumps(COURSE | {"name": f"c{n}"}) for n in range(2 * BATCH))
    path = catalogue.file("cursos.json", f"[{courses}\n,,]")
    result = catalogue.run("import", path, "--skip-bad")
    assert f"line {2 * BATCH + 1} is broken" in result.stderr
    assert catalogue.rows() == []


# Dry runs


def test_a_dry_run_shows_what_would_change_and_writes_nothing(two: Catalogue) -> None:
    before = two.everything()
    result = two.import_csv("name,price,modality\nPrompts,99,x\nNuevo,1,online\n", "--dry-run")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "changed course 'Prompts'",
        "    price: nothing -> '99'",
        "    modality: 'presencial' -> 'x'",
        "new course 'Nuevo'",
        courses_line(new=1, changed=1),
        "Dry run: nothing was written.",
    ]
    assert two.everything() == before
    assert two.rows("audit_entries") == []


def test_a_dry_run_with_bad_rows_fails(catalogue: Catalogue) -> None:
    result = catalogue.import_csv("name,modality\n,x\nA,x\n", "--dry-run")
    assert result.exit_code == 1
    assert "row 2, name" in result.stderr


def test_a_dry_run_shows_the_first_changes_and_counts_the_others(catalogue: Catalogue) -> None:
    catalogue.import_csv("name,modality\n" + "".join(f"a{n},x\n" for n in range(30)))
    both = [f"{letter}{n},y\n" for letter in "ab" for n in range(30)]
    lines = catalogue.import_csv("name,modality\n" + "".join(both), "--dry-run").stdout.splitlines()
    assert sum(line.startswith("changed course") for line in lines) == 20
    assert sum(line.startswith("new course") for line in lines) == 20
    assert "… and 10 more changed courses" in lines
    assert "… and 10 more new courses" in lines


def test_control_characters_of_a_file_do_not_reach_the_terminal(catalogue: Catalogue) -> None:
    result = catalogue.import_csv("name,modality\n\x1b[31mrojo,x\n", "--dry-run")
    assert "\x1b" not in result.output


# Many rows


def test_a_long_file_is_written_in_batches(catalogue: Catalogue) -> None:
    header = "name,modality,price"
    rows = [f"curso {n},online,{n}" for n in range(2 * BATCH + 500)]
    first = catalogue.import_csv("\n".join([header, *rows]))
    assert courses_line(new=2500) in first.stdout
    rows[5] = "CURSO 5,online,otro"
    rows[2400] = "curso 2400,presencial,2400"
    path = catalogue.file("cursos.csv", "\n".join([header, *rows, "otro,x,1", "curso 7,x,1"]))
    result = catalogue.run("import", path)
    assert result.exit_code == 1
    assert "row 2503, name: is the same as in row 9" in result.stderr
    path.write_text("\n".join([header, *rows, "otro,x,1"]))
    again = catalogue.run("import", path)
    assert courses_line(new=1, changed=2, unchanged=2498) in again.stdout
    assert len(catalogue.rows("audit_entries")) == 2503


@pytest.mark.parametrize("count", [1, BATCH // 5])
def test_statements_are_counted_by_batches_and_not_by_rows(catalogue, count: int) -> None:
    rows = "".join(f"c{number},online\n" for number in range(count))
    path = catalogue.file("cursos.csv", f"name,modality\n{rows}")
    assert catalogue.count_statements("import", path) == 6
    courses = [NESTED | {"name": f"c{number}"} for number in range(count)]
    path = catalogue.file("cursos.json", json.dumps(courses))
    assert catalogue.count_statements("import", path) == 14


def test_a_text_as_long_as_a_book_passes(catalogue: Catalogue) -> None:
    book = "palabra " * 200_000
    assert (
        catalogue.import_csv(csv_text([("name", "modality", "roi"), ("A", "x", book)])).exit_code
        == 0
    )
    assert catalogue.values("roi") == [(book,)]


# The database


@pytest.fixture
def neighbour(url: str) -> Iterator["psycopg2.extensions.connection"]:
    connection = psycopg2.connect(url)
    yield connection
    connection.close()


def test_only_one_import_runs_at_a_time(catalogue: Catalogue, neighbour) -> None:
    neighbour.cursor().execute("SELECT pg_advisory_xact_lock(hashtext('brenda catalogue import'))")
    result = catalogue.import_csv("name,modality\nA,x\n")
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: Another import is running; nothing was written.")
    neighbour.rollback()
    assert catalogue.import_csv("name,modality\nA,x\n").exit_code == 0


def test_what_the_database_itself_refuses_is_told_in_one_line(catalogue: Catalogue) -> None:
    catalogue.execute("ALTER TABLE ai_courses ADD CONSTRAINT cheap CHECK (price < '5')")
    try:
        result = catalogue.import_csv("name,modality,price\nA,x,1\nB,x,9\n")
    finally:
        catalogue.execute("ALTER TABLE ai_courses DROP CONSTRAINT cheap")
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert "The database refused a value, so nothing was written:" in line
    assert "cheap" in line
    assert catalogue.rows() == []


def test_connections_are_as_impatient_as_before_afterwards(catalogue: Catalogue) -> None:
    catalogue.import_csv("name,modality\nA,x\n")
    with catalogue.app.app_context():
        assert db.session.scalar(text("SHOW statement_timeout")) == "5s"
        driver = db.session.connection().connection.dbapi_connection
        assert driver.answer_within_s == type(driver).answer_within_s


def test_without_its_database_an_import_says_so(make_app, tmp_path: Path) -> None:
    path = tmp_path / "cursos.csv"
    path.write_text("name,modality\nA,x\n")
    for environment in ({"DATABASE_URL": AWAY}, {}):
        app = make_app(**environment)
        result = app.test_cli_runner().invoke(args=["catalog", "import", str(path)])
        assert result.exit_code == 1
        assert result.stderr.startswith("Error: The database cannot be reached")


def test_what_the_school_wrote_by_hand_can_come_from_excel(catalogue: Catalogue) -> None:
    path = workbook(
        catalogue.folder / "hoja.xlsx",
        {"Cursos": [("name", "modality", "price", "level"), ("IA", "In-person", "4,500.00", None)]},
    )
    assert catalogue.run("import", path).exit_code == 0
    assert catalogue.values("price", "level") == [("4,500.00", None)]
