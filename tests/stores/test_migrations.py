"""Migrations make the schema, adopt what people made by hand, and take back only their own."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from flask_migrate import check, downgrade, upgrade
from sqlalchemy import create_engine

from bot.models import Model
from bot.services.catalogue import search_courses_by_text
from config import ROOT
from tests.stores import handmade
from tests.stores.documented_schema import EXPECTED_COLUMNS, EXPECTED_INDEXES, EXPECTED_KEYS
from tests.stores.handmade import columns, dump, indexes, information_schema, keys, run_sql
from tests.support.apps import AppMaker

Migrate = Callable[[str, str], None]
NewDatabase = Callable[[], str]


@pytest.fixture
def migrate(make_app: AppMaker) -> Migrate:
    """Bring the database of a URL to a revision."""

    def go(url: str, revision: str = "head") -> None:
        with make_app(DATABASE_URL=url).app_context():
            (downgrade if revision == "base" else upgrade)(revision=revision)

    return go


@pytest.fixture(scope="module")
def scratch(new_database: NewDatabase) -> str:
    """One database for all of these tests; each begins by emptying it."""
    return new_database()


@pytest.fixture
def empty(scratch: str) -> str:
    run_sql(scratch, "DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    run_sql(scratch, "GRANT USAGE ON SCHEMA public TO PUBLIC")
    return scratch


@pytest.fixture
def courses_only(empty: str) -> str:
    """Five course tables with rows and two of the five indexes; no memory."""
    run_sql(empty, handmade.COURSE_TABLES + handmade.MESSY_ROWS)
    _index(empty, "idx_ai_courses_level", "idx_ai_courses_name_search")
    return empty


@pytest.fixture
def with_memory(empty: str) -> str:
    """Everything an older bot left: course tables, memory with rows, other indexes."""
    run_sql(empty, handmade.COURSE_TABLES + handmade.USER_MEMORY)
    run_sql(empty, handmade.MESSY_ROWS + handmade.LEADS)
    _index(empty, "idx_ai_courses_modality", "idx_user_memory_lead_score")
    return empty


@pytest.fixture(params=["courses_only", "with_memory"])
def production(request: pytest.FixtureRequest) -> str:
    """A database that people made by hand, in either state."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def writer(empty: str, migrate: Migrate) -> Iterator[tuple[str, str]]:
    """A migrated database and a role that may do nothing but insert courses."""
    migrate(empty, "head")
    role = f"brenda_test_writer_{uuid4().hex[:8]}"
    run_sql(empty, f"CREATE ROLE {role}; GRANT INSERT ON ai_courses TO {role}")
    yield empty, role
    run_sql(empty, f"DROP OWNED BY {role}; DROP ROLE {role}")


def test_an_empty_database_gets_every_table_and_column_as_documented(
    empty: str, migrate: Migrate
) -> None:
    migrate(empty, "head")
    made, made_keys = columns(empty), keys(empty)
    assert {table: made[table] for table in EXPECTED_COLUMNS} == EXPECTED_COLUMNS
    assert {table: made_keys[table] for table in EXPECTED_KEYS} == EXPECTED_KEYS


def test_an_empty_database_gets_the_five_documented_indexes(empty: str, migrate: Migrate) -> None:
    migrate(empty, "head")
    assert _documented_indexes(empty) == EXPECTED_INDEXES


def test_the_handmade_databases_of_these_tests_are_as_documented(with_memory: str) -> None:
    assert columns(with_memory) == EXPECTED_COLUMNS
    assert keys(with_memory) == EXPECTED_KEYS


def test_adoption_changes_no_row_and_no_column(production: str, migrate: Migrate) -> None:
    theirs = tuple(columns(production))
    rows, schema = dump(production, *theirs), information_schema(production, *theirs)
    migrate(production, "head")
    assert dump(production, *theirs) == rows
    assert information_schema(production, *theirs) == schema


def test_adoption_adds_what_is_missing(production: str, migrate: Migrate) -> None:
    migrate(production, "head")
    assert _documented_indexes(production) == EXPECTED_INDEXES
    assert columns(production)["user_memory"] == EXPECTED_COLUMNS["user_memory"]
    assert {"messages", "api_keys", "course_search"} <= columns(production).keys()


def test_adopted_courses_are_found_by_search(
    production: str, migrate: Migrate, make_app: AppMaker
) -> None:
    migrate(production, "head")
    assert run_sql(production, "SELECT count(*) FROM course_search") == [(3,)]
    with make_app(DATABASE_URL=production).app_context():
        found = search_courses_by_text("automatizacion", 5)
    assert [item.course.name for item in found] == ["Automatización con IA"]


def test_search_follows_what_another_tool_writes(
    with_memory: str, migrate: Migrate, make_app: AppMaker
) -> None:
    migrate(with_memory, "head")

    def finds(word: str) -> int:
        with make_app(DATABASE_URL=with_memory).app_context():
            return len(search_courses_by_text(word, 5))

    run_sql(with_memory, "INSERT INTO ai_courses (name, modality) VALUES ('Cocina', 'Online')")
    assert finds("cocinas") == 1
    run_sql(with_memory, "UPDATE ai_courses SET name = 'Carpintería' WHERE name = 'Cocina'")
    assert (finds("cocina"), finds("carpinteria")) == (0, 1)
    run_sql(with_memory, "DELETE FROM ai_courses WHERE name = 'Carpintería'")
    assert finds("carpinteria") == 0
    assert run_sql(with_memory, "SELECT count(*) FROM course_search") == [(3,)]


def test_a_role_that_may_only_insert_courses_fills_the_search_too(
    writer: tuple[str, str],
) -> None:
    url, role = writer
    run_sql(url, "INSERT INTO ai_courses (name, modality) VALUES ('Cocina', 'Online')", role)
    assert run_sql(url, "SELECT count(*) FROM course_search") == [(1,)]


def test_a_temporary_table_of_the_same_name_does_not_catch_the_search(
    writer: tuple[str, str],
) -> None:
    url, role = writer
    run_sql(
        url,
        "CREATE TEMPORARY TABLE course_search (id_course uuid PRIMARY KEY, document tsvector); "
        "GRANT ALL ON course_search TO PUBLIC; "
        "INSERT INTO ai_courses (name, modality) VALUES ('Cocina', 'Online')",
        role,
    )
    assert run_sql(url, "SELECT count(*) FROM course_search") == [(1,)]


def test_search_works_for_a_writer_with_another_search_path(writer: tuple[str, str]) -> None:
    url, role = writer
    run_sql(
        url,
        "SET search_path = pg_catalog; "
        "INSERT INTO public.ai_courses (name, modality) VALUES ('Cocina', 'Online')",
        role,
    )
    assert run_sql(url, "SELECT count(*) FROM course_search") == [(1,)]


@pytest.mark.parametrize(
    "statement",
    [
        "TRUNCATE ai_courses, ai_course_session, ai_tema_activity, bond, elements_url",
        "UPDATE ai_courses SET id_course = gen_random_uuid() WHERE name LIKE '%100%'",
    ],
)
def test_other_tools_may_still_do_what_they_could_before(
    courses_only: str, migrate: Migrate, statement: str
) -> None:
    migrate(courses_only, "head")
    run_sql(courses_only, statement)


def test_the_way_back_leaves_an_adopted_database_as_it_was(
    production: str, migrate: Migrate
) -> None:
    theirs = tuple(columns(production))
    before = (dump(production, *theirs), columns(production), keys(production))
    before_indexes = indexes(production)
    migrate(production, "head")
    migrate(production, "base")
    run_sql(production, "DROP TABLE alembic_version")
    assert (dump(production, *theirs), columns(production), keys(production)) == before
    assert indexes(production) == before_indexes
    assert _functions_and_triggers(production) == []


def test_the_way_back_empties_a_database_that_migrations_made(empty: str, migrate: Migrate) -> None:
    migrate(empty, "head")
    migrate(empty, "base")
    assert list(columns(empty)) == ["alembic_version"]
    assert run_sql(empty, "SELECT * FROM alembic_version") == []
    assert _functions_and_triggers(empty) == []


@pytest.mark.parametrize("start", ["empty", "courses_only", "with_memory"])
def test_up_down_and_up_again_ends_where_up_ends(
    start: str, request: pytest.FixtureRequest, migrate: Migrate
) -> None:
    url = request.getfixturevalue(start)
    migrate(url, "head")
    once = (columns(url), keys(url), indexes(url), _functions_and_triggers(url))
    migrate(url, "base")
    migrate(url, "head")
    assert (columns(url), keys(url), indexes(url), _functions_and_triggers(url)) == once


def test_upgrading_twice_changes_nothing(with_memory: str, migrate: Migrate) -> None:
    migrate(with_memory, "head")
    tables = tuple(columns(with_memory))
    rows = dump(with_memory, *tables)
    migrate(with_memory, "head")
    assert dump(with_memory, *tables) == rows


def test_a_migration_that_fails_leaves_nothing_behind(courses_only: str, migrate: Migrate) -> None:
    run_sql(courses_only, "CREATE TABLE api_keys (id integer)")
    before = columns(courses_only), indexes(courses_only)
    with pytest.raises(Exception, match="api_keys"):
        migrate(courses_only, "head")
    assert (columns(courses_only), indexes(courses_only)) == before


def test_a_long_migration_is_not_cut_off_by_the_time_limit_of_replies(
    empty: str, migrate: Migrate
) -> None:
    run_sql(
        empty,
        """
        CREATE TABLE limits (value text);
        CREATE FUNCTION note_limit() RETURNS event_trigger LANGUAGE plpgsql AS
            $$ BEGIN INSERT INTO limits VALUES (current_setting('statement_timeout')); END $$;
        CREATE EVENT TRIGGER note_limit ON ddl_command_end EXECUTE FUNCTION note_limit();
        """,
    )
    migrate(empty, "head")
    assert run_sql(empty, "SELECT DISTINCT value FROM limits") == [("0",)]


def test_models_and_migrations_describe_the_same_database(
    new_database: NewDatabase, empty: str, migrate: Migrate
) -> None:
    from_models = new_database()
    engine = create_engine(from_models.replace("postgresql://", "postgresql+psycopg2://"))
    Model.metadata.create_all(engine)
    engine.dispose()
    migrate(empty, "head")
    assert _of_models(columns(empty)) == columns(from_models)
    assert _of_models(keys(empty)) == keys(from_models)
    assert _without_ledger(indexes(empty)) == indexes(from_models)


@pytest.mark.parametrize("start", ["empty", "with_memory"])
def test_autogeneration_finds_nothing_to_do(
    start: str, request: pytest.FixtureRequest, migrate: Migrate, make_app: AppMaker
) -> None:
    url = request.getfixturevalue(start)
    migrate(url, "head")
    run_sql(url, "CREATE TABLE of_another_tool (id integer)")
    with make_app(DATABASE_URL=url).app_context():
        check()


def test_autogeneration_would_notice_a_difference(
    empty: str, migrate: Migrate, make_app: AppMaker
) -> None:
    migrate(empty, "head")
    run_sql(empty, "ALTER TABLE messages DROP COLUMN level")
    with make_app(DATABASE_URL=empty).app_context(), pytest.raises(SystemExit):
        check()


@pytest.mark.parametrize("command", ["flask db upgrade", "alembic upgrade head"])
def test_both_commands_upgrade_from_the_top_of_the_repository(command: str, empty: str) -> None:
    done = _run(command, DATABASE_URL=empty)
    assert done.returncode == 0, done.stderr
    assert EXPECTED_COLUMNS.keys() <= columns(empty).keys()


def test_two_machines_that_upgrade_at_the_same_time_both_succeed(with_memory: str) -> None:
    running = [_start("alembic upgrade head", DATABASE_URL=with_memory) for _ in range(2)]
    errors = [process.communicate(timeout=60)[1] for process in running]
    assert [process.returncode for process in running] == [0, 0], errors
    assert run_sql(with_memory, "SELECT version_num FROM alembic_version") == [("0005",)]


@pytest.mark.parametrize("command", ["flask db upgrade", "alembic upgrade head"])
def test_without_a_database_both_commands_name_the_variable(command: str) -> None:
    done = _run(command, DATABASE_URL="")
    assert done.returncode != 0
    assert "There is no database to migrate: set DATABASE_URL." in _last_line(done)


@pytest.mark.parametrize("command", ["flask db upgrade --sql", "alembic upgrade head --sql"])
def test_migrations_as_a_script_are_refused_with_the_reason(command: str, server_url: str) -> None:
    done = _run(command, DATABASE_URL=server_url)
    assert done.returncode != 0
    assert "leave out --sql" in _last_line(done)
    assert "CREATE TABLE" not in done.stdout


def _index(url: str, *names: str) -> None:
    for name in names:
        run_sql(url, f"CREATE INDEX {name} {handmade.INDEXES[name]}")


def _documented_indexes(url: str) -> dict[str, str]:
    definitions = indexes(url)
    return {
        name: definitions[name].removeprefix(f"CREATE INDEX {name} ") for name in EXPECTED_INDEXES
    }


def _functions_and_triggers(url: str) -> list[tuple]:
    return run_sql(
        url,
        "SELECT proname::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace "
        "UNION ALL SELECT tgname::text FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1",
    )


def _of_models(tables: dict[str, list[str]]) -> dict[str, list[str]]:
    return {name: lines for name, lines in tables.items() if name in Model.metadata.tables}


def _without_ledger(definitions: dict[str, str]) -> dict[str, str]:
    ledgers = ("schema_ledger", "alembic_version")
    return {
        name: definition
        for name, definition in definitions.items()
        if not any(f"public.{table} " in definition for table in ledgers)
    }


def _start(command: str, **environment: str) -> "subprocess.Popen[str]":
    program, *arguments = command.split()
    return subprocess.Popen(
        [str(Path(sys.executable).with_name(program)), *arguments],
        cwd=ROOT,
        env=os.environ | {"STORAGE_MODE": "", "LOG_LEVEL": "WARNING"} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _run(command: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    process = _start(command, **environment)
    output, errors = process.communicate(timeout=60)
    return subprocess.CompletedProcess(command, process.returncode, output, errors)


def _last_line(done: "subprocess.CompletedProcess[str]") -> str:
    return done.stderr.strip().splitlines()[-1]
