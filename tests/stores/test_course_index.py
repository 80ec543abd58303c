"""The course index keeps up with whatever other tools write, one at a time or at once."""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from uuid import uuid4

import psycopg2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg2 import extensions as pg
from psycopg2 import sql

from bot.services.catalogue.watch import knowledge
from tests.support.patience import eventually
from tests.support.searched_courses import SearchedCourses


@pytest.fixture(scope="module")
def written(
    new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SearchedCourses]:
    with SearchedCourses.open(new_database(), tmp_path_factory.mktemp("index")) as courses:
        yield courses


@pytest.fixture
def courses(written: SearchedCourses) -> SearchedCourses:
    """No courses yet."""
    written.empty()
    return written


# One tool


def test_titles_are_found_once_they_are_there_and_no_longer_than_that(
    courses: SearchedCourses,
) -> None:
    id_course = courses.add("Uno")
    courses.add("Dos")
    id_session = courses.add_session(id_course, "Taller de robótica")
    id_activity = courses.add_activity(id_course, "Práctica de ajedrez")
    assert (courses.found("robótica"), courses.found("ajedrez")) == (["Uno"], ["Uno"])
    courses.run("UPDATE ai_course_session SET title = 'Cerámica' WHERE id_session = %s", id_session)
    courses.run("UPDATE ai_tema_activity SET title_item = 'Torno'")
    assert (courses.found("robótica"), courses.found("ajedrez")) == ([], [])
    assert (courses.found("cerámica"), courses.found("torno")) == (["Uno"], ["Uno"])
    courses.run("DELETE FROM ai_tema_activity WHERE id_activity = %s", id_activity)
    courses.run("DELETE FROM ai_course_session WHERE id_session = %s", id_session)
    assert (courses.found("cerámica"), courses.found("torno")) == ([], [])


def test_titles_that_move_to_another_course_are_found_there(courses: SearchedCourses) -> None:
    first, second = courses.add("Uno"), courses.add("Dos")
    courses.add_session(first, "Robótica")
    courses.add_activity(first, "Ajedrez")
    assert courses.found("robótica") == courses.found("ajedrez") == ["Uno"]
    courses.run("UPDATE ai_course_session SET id_course_fk = %s WHERE title = 'Robótica'", second)
    courses.run("UPDATE ai_tema_activity SET id_course_fk = %s", second)
    assert courses.found("robótica") == courses.found("ajedrez") == ["Dos"]
    courses.run("UPDATE ai_course_session SET id_course_fk = NULL")
    assert courses.found("robótica") == []


def test_after_truncating_titles_the_courses_remain(courses: SearchedCourses) -> None:
    courses.add("Cerámica", sessions=["Robótica"], activities=["Ajedrez"])
    courses.run("TRUNCATE ai_tema_activity, elements_url")
    assert (courses.found("ajedrez"), courses.found("robótica")) == ([], ["Cerámica"])
    courses.run("TRUNCATE ai_course_session CASCADE")
    assert (courses.found("robótica"), courses.found("cerámica")) == ([], ["Cerámica"])


@pytest.mark.parametrize(
    "statement", ["TRUNCATE ai_courses CASCADE", "DELETE FROM ai_courses WHERE name = 'Cerámica'"]
)
def test_a_course_that_is_gone_leaves_nothing_behind(
    courses: SearchedCourses, statement: str
) -> None:
    courses.add("Cerámica")
    courses.run(statement)
    assert courses.found("cerámica") == []
    assert courses.index() == []


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("name", "Robótica"),
        ("short_description", "De robótica"),
        ("long_descrption", "De robótica"),
        ("audience_category", "Gente de robótica"),
    ],
)
def test_a_changed_text_is_found_in_its_new_words_only(
    courses: SearchedCourses, column: str, value: str
) -> None:
    courses.add("Cerámica", **({} if column == "name" else {column: "De jardinería"}))
    courses.run(sql.SQL("UPDATE ai_courses SET {} = %s").format(sql.Identifier(column)), value)
    assert len(courses.found("robótica")) == 1
    assert courses.found("jardinería") == []
    assert courses.found("cerámica") == ([] if column == "name" else ["Cerámica"])


def test_filters_follow_changes_too(courses: SearchedCourses) -> None:
    courses.add("Python", price="$900", currency="USD", modality="Online")
    courses.add("Python caro", price="$950", currency="USD", modality="Online")
    assert len(courses.found("python de menos de 100 dólares")) == 2
    courses.run("UPDATE ai_courses SET price = '$50', modality = 'In-person' WHERE name = 'Python'")
    assert courses.found("python de menos de 100 dólares") == ["Python"]
    assert courses.found("python presencial") == ["Python"]


def test_a_course_may_change_its_id(courses: SearchedCourses) -> None:
    former, other = courses.add("Cerámica"), courses.add("Robótica")
    latter = str(uuid4())
    courses.run("UPDATE ai_courses SET id_course = %s WHERE id_course = %s", latter, former)
    found = courses.search("cerámica")
    assert [str(each.course.id_course) for each in found] == [latter]
    assert {str(row[0]) for row in courses.index()} == {latter, other}


def test_courses_may_take_over_each_others_ids(courses: SearchedCourses) -> None:
    first, second = courses.add("Cerámica"), courses.add("Robótica")
    third = str(uuid4())
    for old, new in ((first, third), (second, first), (third, second)):
        courses.run("UPDATE ai_courses SET id_course = %s WHERE id_course = %s", new, old)
    found = courses.search("cerámica")
    assert [str(each.course.id_course) for each in found] == [second]
    assert courses.index() == courses.index_anew()


def test_rows_that_come_in_one_statement_are_all_found(courses: SearchedCourses) -> None:
    courses.add_many({"name": f"Robótica {n}", "modality": "Online"} for n in range(600))
    assert len(courses.index()) == 600
    assert len(courses.found("robótica", limit=50)) == 50


def test_one_statement_may_change_many_courses(courses: SearchedCourses) -> None:
    for name in ("Uno", "Dos", "Tres"):
        courses.add(name, sessions=["Cerámica"])
    courses.run("UPDATE ai_course_session SET title = 'Robótica'")
    assert sorted(map(str, courses.found("robótica"))) == ["Dos", "Tres", "Uno"]
    courses.run("UPDATE ai_courses SET name = name || ' de ajedrez'")
    assert len(courses.found("ajedrez")) == 3
    courses.run("DELETE FROM ai_course_session WHERE title = 'Robótica'")
    assert courses.found("robótica") == []


def test_what_was_written_and_taken_back_leaves_no_trace(courses: SearchedCourses) -> None:
    id_course = courses.add("Cerámica", sessions=["Torno"])
    before = courses.index(), courses.journal()
    with transaction(courses, committed=False) as cursor:
        cursor.execute("INSERT INTO ai_courses (name, modality) VALUES ('Robótica', 'Online')")
        cursor.execute("UPDATE ai_courses SET name = 'Ajedrez' WHERE id_course = %s", (id_course,))
        cursor.execute("DELETE FROM ai_course_session")
    assert (courses.index(), courses.journal()) == before
    assert courses.found("robótica") == courses.found("ajedrez") == []
    assert courses.found("cerámica con torno") == ["Cerámica"]


@contextmanager
def transaction(courses: SearchedCourses, committed: bool = True) -> Iterator[pg.cursor]:
    """A transaction of another tool."""
    tool = courses.connect()
    try:
        yield tool.cursor()
        tool.commit() if committed else tool.rollback()
    finally:
        tool.close()
    courses.changed()


def test_texts_of_any_size_and_kind_are_indexed(courses: SearchedCourses) -> None:
    words = " ".join(f"palabra{number}" for number in range(200_000))
    courses.add("Robótica", long_descrption=words, sessions=["a" * 5000])
    courses.add(None, short_description="Ajedrez \\ ' & | ! <-> :* <b>fin</b> \u200b 🔥")
    courses.add("", level="", price="", currency="", language="", status="")
    assert courses.found("robótica") == ["Robótica"]
    assert courses.found("ajedrez") == [None]


SOME = "WHERE random() < 0.5"
STATEMENTS = (
    "INSERT INTO ai_courses (name, modality) VALUES ('Ajedrez', 'Online'), ('Torno', 'Online')",
    """
    INSERT INTO ai_course_session (title, id_course_fk)
    SELECT 'Jaque', id_course FROM ai_courses
    """,
    """
    INSERT INTO ai_tema_activity (title_item, item_type, item_session, id_session_fk, id_course_fk)
    SELECT 'Mate', 'subtema', 1, id_session, id_course
    FROM ai_course_session CROSS JOIN ai_courses ORDER BY random() LIMIT 3
    """,
    f"UPDATE ai_courses SET name = name || ' nuevo' {SOME}",
    "UPDATE ai_courses SET status = 'archived', price = '$' || length(name)",
    """
    UPDATE ai_courses SET id_course = gen_random_uuid()
    WHERE NOT EXISTS (SELECT FROM ai_course_session WHERE id_course_fk = id_course)
    AND NOT EXISTS (SELECT FROM ai_tema_activity WHERE id_course_fk = id_course)
    """,
    f"UPDATE ai_course_session SET title = title || ' doble' {SOME}",
    "UPDATE ai_course_session SET id_course_fk = (SELECT id_course FROM ai_courses LIMIT 1)",
    f"UPDATE ai_course_session SET id_course_fk = NULL {SOME}",
    "UPDATE ai_tema_activity SET id_course_fk = (SELECT id_course FROM ai_courses LIMIT 1)",
    f"DELETE FROM ai_tema_activity {SOME}",
    """
    DELETE FROM ai_course_session
    WHERE id_session NOT IN (SELECT id_session_fk FROM ai_tema_activity)
    """,
    "TRUNCATE ai_tema_activity, elements_url",
    "TRUNCATE ai_course_session CASCADE",
)


@settings(
    deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(statements=st.lists(st.sampled_from(STATEMENTS), max_size=8))
def test_whatever_is_written_the_index_is_as_if_made_anew(
    courses: SearchedCourses, statements: list[str]
) -> None:
    courses.empty()
    for statement in (STATEMENTS[0], *statements):
        courses.run(statement)
    assert courses.index() == courses.index_anew()


# Two tools at once


RENAME = "UPDATE ai_courses SET name = 'Robótica'"
RETITLE = "UPDATE ai_course_session SET title = 'Ajedrez'"
RESET = "UPDATE ai_tema_activity SET title_item = 'Jardinería'"
ADD_SESSION = """
    INSERT INTO ai_course_session (title, id_course_fk)
    SELECT 'Esgrima', id_course FROM ai_courses
"""


@pytest.mark.parametrize(
    ("first", "second", "new", "old"),
    [
        (RENAME, RETITLE, ("robótica", "ajedrez"), ("cerámica", "torno")),
        (RETITLE, RENAME, ("robótica", "ajedrez"), ("cerámica", "torno")),
        (RETITLE, RESET, ("ajedrez", "jardinería"), ("torno", "esmalte")),
        (ADD_SESSION, ADD_SESSION, ("esgrima", "torno"), ()),
        (ADD_SESSION, RENAME, ("esgrima", "robótica"), ("cerámica",)),
    ],
)
def test_two_tools_that_change_one_course_at_once_are_both_heard(
    courses: SearchedCourses, first: str, second: str, new: Sequence[str], old: Sequence[str]
) -> None:
    courses.add("Cerámica", sessions=["Torno"], activities=["Esmalte"])
    at_once(courses, first, second)
    assert all(courses.found(word) for word in new)
    assert not any(courses.found(word) for word in old)
    assert courses.index() == courses.index_anew()


def test_of_two_tools_one_may_take_back_what_it_wrote(courses: SearchedCourses) -> None:
    courses.add("Cerámica", sessions=["Torno"])
    at_once(courses, RENAME, RETITLE, committed=False)
    assert courses.found("cerámica con ajedrez") == ["Cerámica"]
    assert courses.found("robótica") == courses.found("torno") == []


def at_once(courses: SearchedCourses, first: str, second: str, committed: bool = True) -> None:
    """Run both in transactions that overlap; the second ends last."""

    def write_second() -> None:
        with transaction(courses) as cursor:
            pids.append(cursor.connection.info.backend_pid)
            cursor.execute(second)

    pids: list[int] = []
    thread = threading.Thread(target=write_second)
    with transaction(courses, committed) as cursor:
        cursor.execute(first)
        thread.start()
        eventually(lambda: pids and waits_for_a_lock(courses, pids[0]))
    thread.join()


def waits_for_a_lock(courses: SearchedCourses, pid: int) -> bool:
    return bool(courses.run("SELECT pid FROM pg_locks WHERE pid = %s AND NOT granted", pid))


def test_tools_that_write_many_courses_at_once_do_not_lock_each_other_out(
    courses: SearchedCourses,
) -> None:
    for number in range(30):
        courses.add(f"Cerámica {number}", sessions=["Torno"])
    retitle = """
        UPDATE ai_course_session SET title = %s WHERE id_course_fk IN (
            SELECT id_course FROM ai_courses ORDER BY name {} LIMIT 20
        )
    """

    def write(order: str, title: str) -> None:
        for _ in range(10):
            with transaction(courses) as cursor:
                cursor.execute(retitle.format(order), (title,))

    with ThreadPoolExecutor() as pool:
        list(pool.map(write, ("ASC", "DESC"), ("Jaque", "Mate")))
    assert courses.index() == courses.index_anew()


# A tool with few rights


@pytest.fixture
def stranger(courses: SearchedCourses) -> Iterator[pg.cursor]:
    """A role that may write courses and nothing else."""
    role = sql.Identifier(f"tool_{uuid4().hex[:8]}")
    tool = courses.connect()
    tool.autocommit = True
    cursor = tool.cursor()
    cursor.execute(sql.SQL("CREATE ROLE {}").format(role))
    tables = sql.SQL("ai_courses, ai_course_session, ai_tema_activity, elements_url, bond")
    cursor.execute(sql.SQL("GRANT ALL ON {} TO {}").format(tables, role))
    cursor.execute(sql.SQL("SET ROLE {}").format(role))
    yield cursor
    cursor.execute("RESET ROLE")
    cursor.execute(sql.SQL("DROP OWNED BY {}").format(role))
    cursor.execute(sql.SQL("DROP ROLE {}").format(role))
    tool.close()


def test_a_role_without_rights_on_the_index_may_write_courses(
    courses: SearchedCourses, stranger: pg.cursor
) -> None:
    stranger.execute("INSERT INTO ai_courses (name, modality) VALUES ('Cerámica', 'Online')")
    stranger.execute(ADD_SESSION)
    assert found_now(courses, "esgrima") == ["Cerámica"]
    stranger.execute("UPDATE ai_courses SET name = 'Robótica'")
    assert found_now(courses, "robótica") == ["Robótica"]
    stranger.execute("DELETE FROM ai_course_session")
    stranger.execute("DELETE FROM ai_courses")
    assert courses.index() == []
    stranger.execute("TRUNCATE ai_courses CASCADE")


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT FROM course_search",
        "DELETE FROM course_search",
        "INSERT INTO catalogue_changes DEFAULT VALUES",
        "SELECT FROM messages",
    ],
)
def test_that_role_gets_no_further(stranger: pg.cursor, statement: str) -> None:
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        stranger.execute(statement)


def found_now(courses: SearchedCourses, text: str) -> list[str | None]:
    courses.changed()
    return courses.found(text)


def test_no_table_can_be_slipped_under_the_index(
    courses: SearchedCourses, stranger: pg.cursor
) -> None:
    stranger.execute("CREATE TEMPORARY TABLE course_search (id_course uuid)")
    stranger.execute("CREATE TEMPORARY TABLE catalogue_changes (id bigint)")
    stranger.execute("SET search_path = pg_temp, public")
    stranger.execute("INSERT INTO ai_courses (name, modality) VALUES ('Cerámica', 'Online')")
    stranger.execute("SELECT count(*) FROM course_search")
    assert stranger.fetchone() == (0,)
    assert found_now(courses, "cerámica") == ["Cerámica"]


# A running app learns the words of new courses


def test_a_course_of_another_tool_is_found_by_a_misspelt_word_within_seconds(
    courses: SearchedCourses,
) -> None:
    courses.add("Cerámica")
    assert courses.found("fotogarfia") == []
    courses.add("Fotografía")
    eventually(lambda: courses.found_meanwhile("fotogarfia") == ["Fotografía"])


def test_the_words_of_a_course_that_is_gone_are_forgotten_within_seconds(
    courses: SearchedCourses,
) -> None:
    courses.add("Cerámica")
    id_course = courses.add("Macramé")
    assert courses.found("makrame") == ["Macramé"]
    courses.run("DELETE FROM ai_courses WHERE id_course = %s", id_course)
    assert courses.found_meanwhile("makrame") == []

    def is_forgotten() -> bool:
        with courses.app.app_context():
            return not knowledge().lexicon.knows("macrame")

    eventually(is_forgotten)


def test_the_journal_of_changes_stays_short_while_an_app_runs(courses: SearchedCourses) -> None:
    courses.add("Cerámica")
    courses.found("cerámica")
    courses.run(
        """
        DO $$ BEGIN
            FOR number IN 1..1500 LOOP UPDATE ai_courses SET price = number; END LOOP;
        END $$
        """
    )
    assert len(courses.journal()) > 1500

    def is_short() -> bool:
        courses.found_meanwhile("cerámica")
        return len(courses.journal()) <= 1001

    eventually(is_short)
    courses.add("Robótica")
    eventually(lambda: courses.found_meanwhile("robótica") == ["Robótica"])
