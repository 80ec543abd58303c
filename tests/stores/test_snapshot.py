"""The catalogue on disk answers like the database, and is always one whole catalogue."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from threading import Event, Thread
from typing import Any
from uuid import UUID

import pytest
import time_machine
from filelock import FileLock
from flask_migrate import upgrade
from sqlalchemy import insert, inspect, select, text

from bot.errors import StoreUnavailable
from bot.extensions import db
from bot.models.catalogue import Course, CourseBonus, CourseSession
from bot.services import database
from bot.services.catalogue.lexicon import Lexicon
from bot.services.catalogue.probes import probe
from bot.services.catalogue.queries import aids, understand
from bot.services.catalogue.snapshots import keep_snapshot, snapshot
from bot.stores import course_search, courses, snapshot_rows
from bot.stores.course_search import Match, Probe
from bot.stores.courses import NOT_OFFERED, CourseFilter
from bot.stores.snapshot import LexiconCounts, Snapshot
from bot.stores.snapshot_rows import write_snapshot
from config import ROOT
from tests.stores.handmade import MESSY_ROWS, run_sql
from tests.support.apps import AppMaker
from tests.support.school import School, in_days

MARK = (3, 7)
DEMO = ROOT / "bot" / "data" / "demo_catalog.json"
ANYTHING = CourseFilter(offered=True)
QUERIES = (
    "Machine Learning Aplicado",
    "diseño gráfico",
    "PROSPECCION de clientes",
    "recursos humanos",
    "algo para vender más con inteligencia artificial",
    "automatizar reportes sin programar",
    "Make y n8n",
    "copilotos de ia para programadores",
    "quiero aprender python desde cero",
    "un curso de marketing para mi negocio",
    "ética y gobernanza",
    "chatbots para whatsapp",
    "soy contadora, quiero usar excel con ia",
    "análisis de datos nivel avanzado",
    "ventas presencial",
    "marketing por menos de 300 usd",
    "diseño entre 1000 y 9000 pesos",
    "logística gratis",
)
FILTERS = (
    ANYTHING,
    CourseFilter(levels=("intermediate", "intermedio"), offered=True),
    CourseFilter(modalities=("online", "en linea"), offered=True),
    CourseFilter(currencies=("mxn",), offered=True),
    CourseFilter(languages=("espanol",), min_price=Decimal(200), offered=True),
    CourseFilter(max_price=Decimal("299.00"), offered=True),
    CourseFilter(status="active", words="'automatiz' | 'vent'", offered=True),
    CourseFilter(audience="nadie", offered=True),
)


@pytest.fixture(scope="module")
def school_url(
    new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """A migrated database of this file's own."""
    url = new_database()
    maker = AppMaker(tmp_path_factory.mktemp("snapshot"))
    with maker(DATABASE_URL=url).app_context():
        upgrade()
    yield url
    maker.close()


@pytest.fixture
def school(school_url: str, make_app: AppMaker) -> Iterator[School]:
    with make_app(DATABASE_URL=school_url).app_context():
        school = School()
        yield school
        school.close()


@pytest.fixture(scope="module")
def demo(shared_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snapshot]:
    """A snapshot of the demo catalogue, and an app on its database."""
    folder = tmp_path_factory.mktemp("demo")
    maker = AppMaker(folder)
    with maker(DATABASE_URL=shared_url).app_context():
        yield taken(folder / "catalogue.sqlite")
        db.session.rollback()
    maker.close()


def taken(path: Path, mark: tuple[int, int] = MARK) -> Snapshot:
    database.release()
    write_snapshot(path, mark)
    database.release()
    return Snapshot(path)


def here() -> Snapshot:
    """A snapshot of the running app's catalogue where the services look for it."""
    return taken(snapshot().path)


def names(found: list[Course]) -> list[str | None]:
    return [course.name for course in found]


def columns(course: Course) -> dict[str, Any]:
    return {column.key: getattr(course, column.key) for column in inspect(Course).column_attrs}


def lexicon(counts: LexiconCounts) -> Lexicon:
    words = {word: number for word, number in counts.words.items() if word.isalnum()}
    return Lexicon(counts.courses, counts.lexemes, words, counts.names, aids())


def counted() -> LexiconCounts:
    """The words of the catalogue as the database counts them."""
    return LexiconCounts(
        course_search.count(),
        course_search.lexeme_counts(),
        course_search.word_counts(),
        course_search.name_lexemes(),
    )


def asked(text: str, counts: LexiconCounts) -> Probe:
    words = lexicon(counts)
    wanted = probe(understand(text, words), words)
    assert wanted
    return wanted


def found(kept: Snapshot, text: str, limit: int = 5) -> list[Match]:
    return kept.search(asked(text, kept.lexicon_counts()), limit)


# It answers like the database


@pytest.mark.parametrize("text", QUERIES)
def test_the_best_course_is_that_of_the_database(demo: Snapshot, text: str) -> None:
    wanted = asked(text, counted())
    best, *_ = course_search.search(wanted, 5)
    same, *_ = demo.search(wanted, 5)
    assert same.course.name == best.course.name
    assert (same.fits, same.level_fits) == (best.fits, best.level_fits)
    assert same.matched >= best.matched


@pytest.mark.parametrize("word", ["ventas", "marketing", "python", "diseñar", "datos", "ia"])
def test_one_word_ranks_the_courses_just_as_in_the_database(demo: Snapshot, word: str) -> None:
    wanted = asked(word, counted())
    known, kept = course_search.search(wanted, 30), demo.search(wanted, 30)
    assert known
    assert [(match.course.name, match.matched) for match in kept] == [
        (match.course.name, match.matched) for match in known
    ]
    scores = [match.score for match in known]
    assert [match.score for match in kept] == pytest.approx(scores, rel=0.02)


def test_the_best_come_first_and_the_limit_holds(demo: Snapshot) -> None:
    matches = found(demo, "marketing y ventas con datos", 20)
    scores = [match.score for match in matches]
    assert len(matches) > 3
    assert scores == sorted(scores, reverse=True)
    first = found(demo, "marketing y ventas con datos", 3)
    assert [match.course.name for match in first] == [match.course.name for match in matches[:3]]


def test_a_word_is_mended_with_the_words_of_the_snapshot(demo: Snapshot) -> None:
    for said in ("maketing dijital", "automatisasion", "recursos umanos"):
        best, *_ = course_search.search(asked(said, counted()), 1)
        assert names([match.course for match in found(demo, said, 1)]) == [best.course.name]


def test_its_words_are_counted_like_those_of_the_database(school: School) -> None:
    for course in json.loads(DEMO.read_text("utf-8"))["courses"]:
        texts = ("name", "short_description", "long_descrption", "audience_category")
        school.add(**{name: course[name] for name in texts})
    kept, known = here().lexicon_counts(), counted()
    assert (kept.courses, kept.lexemes, kept.words) == (known.courses, known.lexemes, known.words)
    assert sorted(kept.names) == sorted(known.names)
    assert len(kept.lexemes) > 300


@pytest.mark.parametrize("wanted", FILTERS, ids=str)
@pytest.mark.parametrize("limit", [3, 100])
def test_courses_come_in_the_order_of_the_database(
    demo: Snapshot, wanted: CourseFilter, limit: int
) -> None:
    expected = courses.upcoming(wanted, limit)
    assert names(demo.upcoming(wanted, limit)) == names(expected)


def test_every_course_is_the_same_in_all_its_columns_and_has_its_bonuses(demo: Snapshot) -> None:
    ids = [course.id_course for course in courses.upcoming(ANYTHING, 100)]
    for id_course in ids:
        kept, known = demo.find_in_depth(id_course), courses.find_in_depth(id_course)
        assert kept
        assert known
        assert columns(kept.course) == columns(known.course)
        assert bonuses_in(demo, id_course) == known.bonuses
        assert [(each.number, each.title, each.at, each.minutes) for each in kept.sessions] == [
            (each.number, each.title, each.at, each.minutes) for each in known.sessions
        ]
    assert len(ids) > 20


def test_courses_are_found_by_their_ids_in_the_order_asked_for(demo: Snapshot) -> None:
    ids = [course.id_course for course in courses.upcoming(ANYTHING, 5)][::-1]
    assert [course.id_course for course in demo.of_ids(ids)] == ids
    assert [course.id_course for course in courses.of_ids(ids)] == ids
    assert demo.of_ids([]) == courses.of_ids([]) == []


def test_a_course_is_of_no_session(demo: Snapshot) -> None:
    course, *_ = demo.upcoming(ANYTHING, 1)
    assert inspect(course).transient
    assert course not in db.session
    assert (course.bonuses, course.sessions) == ([], [])


def test_it_tells_when_and_at_which_change_it_was_taken(demo: Snapshot) -> None:
    taken_at = demo.about().taken_at
    assert demo.exists()
    assert demo.mark() == MARK
    assert taken_at
    assert timedelta(0) <= datetime.now(UTC) - taken_at < timedelta(minutes=10)


# What is on offer


@pytest.mark.parametrize("status", [*NOT_OFFERED, " ARCHIVED ", "Cancelado"])
def test_what_its_status_leaves_out_is_not_in_the_file(school: School, status: str) -> None:
    gone = school.add("Ventas antiguas", status=status, long_descrption="Secreto")
    school.add("Ventas", status="Próximamente")
    kept = here()
    assert names(kept.upcoming(ANYTHING, 5)) == ["Ventas"]
    assert names([match.course for match in found(kept, "ventas")]) == ["Ventas"]
    assert kept.find_in_depth(gone) is None
    assert b"Secreto" not in kept.path.read_bytes()
    assert kept.lexicon_counts().courses == 1


def test_a_course_that_ends_while_the_database_is_away_is_offered_no_longer(
    school: School,
) -> None:
    ends = school.add("Ventas de marzo", start_date=in_days(-3), end_date=in_days(3))
    school.add("Ventas siempre")
    school.add("Ventas de ayer", end_date=in_days(-1))
    kept = here()
    assert sorted(filter(None, names(kept.upcoming(ANYTHING, 5)))) == [
        "Ventas de marzo",
        "Ventas siempre",
    ]
    assert len(found(kept, "ventas")) == 2
    assert kept.find_in_depth(ends)
    with time_machine.travel(datetime.now(UTC) + timedelta(days=4)):
        assert names(kept.upcoming(ANYTHING, 5)) == ["Ventas siempre"]
        assert names([match.course for match in found(kept, "ventas")]) == ["Ventas siempre"]
        assert kept.find_in_depth(ends) is None
        assert bonuses_in(kept, ends) == []


def test_the_next_to_begin_is_another_one_as_time_goes_by(school: School) -> None:
    school.add("Corre", start_date=in_days(-1))
    school.add("Pronto", start_date=in_days(2))
    school.add("Después", start_date=in_days(9))
    school.add("Sin fecha")
    kept = here()
    assert names(kept.upcoming(ANYTHING, 9)) == ["Pronto", "Después", "Sin fecha", "Corre"]
    with time_machine.travel(datetime.now(UTC) + timedelta(days=3)):
        assert names(kept.upcoming(ANYTHING, 9)) == ["Después", "Sin fecha", "Pronto", "Corre"]


# What is wanted of a course


def test_what_does_not_fit_comes_only_where_nothing_fits(school: School) -> None:
    school.add("Ventas", modality="Online", price="100", currency="USD")
    school.add("Ventas por teléfono", modality="Presencial", price="consultar", currency="USD")
    kept = here()
    [presencial] = found(kept, "ventas presencial")
    assert (presencial.course.modality, presencial.fits) == ("Presencial", True)
    [cheap] = found(kept, "ventas por menos de 200 usd")
    assert (cheap.course.price, cheap.fits) == ("100", True)
    too_cheap = found(kept, "ventas por menos de 20 usd")
    assert [match.fits for match in too_cheap] == [False, False]


def test_a_course_of_the_wanted_level_comes_first_and_others_after_it(school: School) -> None:
    school.add("Ventas", level="Básico")
    school.add("Ventas para equipos", level="AVANZADO")
    matches = found(here(), "ventas nivel avanzado")
    assert [(match.course.level, match.level_fits) for match in matches] == [
        ("AVANZADO", True),
        ("Básico", False),
    ]
    assert all(match.fits for match in matches)


def test_a_name_counts_for_more_than_a_description_and_that_for_more_than_an_outline(
    school: School,
) -> None:
    outline = school.add("Taller uno")
    db.session.execute(insert(CourseSession), [{"title": "Ventas", "id_course_fk": outline}])
    school.add("Taller dos", audience_category="Equipos de ventas")
    school.add("Taller tres", short_description="Ventas")
    school.add("Taller de ventas")
    assert names([match.course for match in found(here(), "ventas")]) == [
        "Taller de ventas",
        "Taller tres",
        "Taller dos",
        "Taller uno",
    ]


def test_words_side_by_side_count_for_more_than_words_apart(school: School) -> None:
    school.add("Uno", short_description="Recursos de una empresa para un humano")
    school.add("Dos", short_description="Recursos humanos de una empresa")
    school.add("Tres", short_description="Humanos con recursos")
    for kept in (here(), course_search):
        matches = kept.search(asked("recursos humanos", counted()), 5)
        assert matches[0].course.name == "Dos"


def test_equally_good_courses_come_by_date_and_then_by_id(school: School) -> None:
    for number, days in enumerate((None, 9, 2, 9)):
        school.add(
            "Ventas", roi=str(number), start_date=days and in_days(0).replace(year=2090 + days)
        )
    assert [match.course.roi for match in found(here(), "ventas")] == ["2", "1", "3", "0"]


def test_a_school_without_courses_has_a_snapshot_too(school: School) -> None:
    kept = here()
    assert kept.exists()
    assert kept.lexicon_counts() == LexiconCounts()
    assert kept.upcoming(ANYTHING, 5) == []


# Messy values


def test_messy_rows_are_read_like_any_other(school: School, school_url: str) -> None:
    run_sql(school_url, MESSY_ROWS)
    kept = here()
    known = {course.id_course: course for course in courses.upcoming(ANYTHING, 9)}
    assert {course.id_course for course in kept.upcoming(ANYTHING, 9)} == set(known)
    assert bonuses_in(kept, UUID("00000000-0000-4000-8000-000000000001")) == ["Plantillas"]
    for course in kept.upcoming(ANYTHING, 9):
        assert columns(course) == columns(known[course.id_course])


@pytest.mark.parametrize(
    "name",
    [
        'it\'s "100%" \\ «IA» 🎯 Ventas',
        "C++ y .NET: ventas ventas@x.mx https://x.mx/a?b=c&d",
        "línea\nlínea\ttab Ventas\x1f fin\u00a0fin",
        "V" * 300 + " ventas",
        "' OR 1=1 -- ventas",
        "ＶＥＮＴＡＳ Ventas ｖｅｎｔａｓ",
    ],
)
def test_any_name_is_kept_as_it_is_and_found(school: School, name: str) -> None:
    school.add(name)
    school.add("Otra cosa")
    kept = here()
    assert names([match.course for match in found(kept, "ventas")]) == [name]
    known = counted()
    counts = kept.lexicon_counts()
    assert (counts.lexemes, counts.words) == (known.lexemes, known.words)


def test_a_moment_that_python_does_not_know_is_left_out(school: School, school_url: str) -> None:
    for name, start in (
        ("Nunca", "infinity"),
        ("Lejos", "20000-01-01"),
        ("Antes", "0044-03-15 BC"),
    ):
        school.add(name)
        run_sql(school_url, f"UPDATE ai_courses SET start_date = '{start}' WHERE name = '{name}'")
    kept = here().upcoming(ANYTHING, 5)
    assert names(kept) == ["Lejos", "Nunca", "Antes"]
    assert [course.start_date for course in kept] == [None, None, None]


def test_texts_longer_than_a_batch_are_read_too(school: School) -> None:
    for number in range(5):
        school.add(f"Ventas {number}", long_descrption="Prospección y cierre. " * 200_000)
    kept = here()
    assert kept.lexicon_counts().courses == 5
    assert len(found(kept, "prospección")) == 5


def test_bonuses_come_in_the_order_in_which_they_were_entered(school: School) -> None:
    id_course = school.add("Ventas")
    rows = [
        {"content": text, "type_bond": "", "emisor": "", "id_courses_fk": id_course}
        for text in ("Zoom", "Ábaco", "", "Comunidad 🎁")
    ]
    db.session.execute(insert(CourseBonus), rows)
    db.session.commit()
    assert bonuses_in(here(), id_course) == ["Zoom", "Ábaco", "", "Comunidad 🎁"]


# One whole catalogue, always


def test_all_batches_see_the_catalogue_at_one_moment(
    school: School, school_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    school.add("Ventas")
    add = snapshot_rows._add

    def add_while_somebody_writes(*arguments: Any) -> None:
        add(*arguments)
        run_sql(school_url, "INSERT INTO ai_courses (name, modality) VALUES ('Nuevo', '')")

    monkeypatch.setattr(snapshot_rows, "_add", add_while_somebody_writes)
    assert names(here().upcoming(ANYTHING, 5)) == ["Ventas"]


def test_readers_see_the_old_catalogue_or_the_new_one_and_never_none(school: School) -> None:
    school.add("Ventas")
    kept = here()
    wanted = asked("ventas", kept.lexicon_counts())
    done, seen = Event(), set[tuple[str | None, ...]]()

    def read() -> None:
        while not done.is_set():
            reader = Snapshot(kept.path)
            seen.add(tuple(names([match.course for match in reader.search(wanted, 9)])))
            seen.add(tuple(names(reader.upcoming(ANYTHING, 9))))

    readers = [Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    school.add("Ventas")
    for number in range(20):
        taken(kept.path, (number, number))
    done.set()
    for reader in readers:
        reader.join()
    assert seen == {("Ventas",), ("Ventas", "Ventas")}
    assert list(kept.path.parent.glob(".*")) == []


def test_a_reader_that_has_the_old_file_open_keeps_it(school: School) -> None:
    school.add("Ventas")
    kept = here()
    with closing(sqlite3.connect(f"file:{kept.path}?mode=ro", uri=True)) as file:
        assert file.execute("SELECT count(*) FROM courses").fetchone() == (1,)
        school.add("Datos")
        here()
        assert file.execute("SELECT count(*) FROM courses").fetchone() == (1,)
    assert len(kept.upcoming(ANYTHING, 5)) == 2


@pytest.mark.parametrize("error", [OSError("disk"), sqlite3.OperationalError("full"), KeyError(1)])
def test_an_error_in_the_middle_leaves_the_old_file_and_nothing_else(
    school: School, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    school.add("Ventas")
    kept = here()
    before = kept.path.read_bytes()

    def fail(*_arguments: Any) -> None:
        raise error

    monkeypatch.setattr(snapshot_rows, "_add", fail)
    with pytest.raises(KeyError if isinstance(error, KeyError) else OSError):
        here()
    assert kept.path.read_bytes() == before
    assert list(kept.path.parent.glob(".*")) == []


PROGRAM = """
import os, resource, signal, sys
from pathlib import Path
from bot import create_app
from bot.stores import snapshot_rows

def die(event, arguments):
    if event == sys.argv[2]:
        os.kill(os.getpid(), signal.SIGKILL)

with create_app().app_context():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    if sys.argv[2]:
        add = snapshot_rows._add
        snapshot_rows._add = lambda *given: (add(*given), sys.audit("added"))
        sys.addaudithook(die)
    snapshot_rows.write_snapshot(Path(sys.argv[1]), (9, 9))
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def _in_a_process(path: Path, url: str, dies_at: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, str(path), dies_at],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": url, "INSTANCE_DIR": str(path.parent)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("moment", ["added", "os.rename"])
def test_a_writer_that_is_killed_leaves_the_old_file_and_the_next_one_tidies_up(
    school: School, school_url: str, moment: str
) -> None:
    school.add("Ventas")
    kept = here()
    before = kept.path.read_bytes()
    assert _in_a_process(kept.path, school_url, moment).returncode == -signal.SIGKILL
    assert kept.path.read_bytes() == before
    assert kept.mark() == MARK
    assert len(list(kept.path.parent.glob(".*.tmp"))) == 1
    here()
    assert list(kept.path.parent.glob(".*.tmp")) == []


# When it is kept


def test_it_is_kept_when_the_catalogue_changed_and_left_alone_otherwise(school: School) -> None:
    assert not snapshot().exists()
    assert keep_snapshot((1, 1))
    assert snapshot().mark() == (1, 1)
    file = snapshot().path.stat().st_ino
    assert not keep_snapshot((1, 1))
    school.add("Ventas")
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=5)):
        assert not keep_snapshot((1, 1))
        assert snapshot().path.stat().st_ino == file
        assert keep_snapshot((2, 2))
    assert (snapshot().mark(), len(snapshot().upcoming(ANYTHING, 5))) == ((2, 2), 1)


def test_a_catalogue_that_changes_all_the_time_costs_a_twentieth_at_most(school: School) -> None:
    keep_snapshot((1, 1))
    about = snapshot().about()
    assert about
    written = about.taken_at + timedelta(seconds=about.seconds)
    with time_machine.travel(written + timedelta(seconds=19 * about.seconds), tick=False):
        assert not keep_snapshot((2, 2))
    with time_machine.travel(written + timedelta(seconds=21 * about.seconds), tick=False):
        assert keep_snapshot((2, 2))


def test_a_clock_that_was_put_back_does_not_keep_it_from_being_written(school: School) -> None:
    keep_snapshot((1, 1))
    with time_machine.travel(datetime.now(UTC) - timedelta(days=300)):
        assert keep_snapshot((2, 2))


def test_of_several_workers_one_writes_and_the_others_go_on(school: School) -> None:
    with FileLock(snapshot().path.with_suffix(".lock")):
        assert not keep_snapshot((1, 1))
    assert not snapshot().exists()
    assert keep_snapshot((1, 1))


@pytest.mark.parametrize("spoiled", [b"", b"SQLite format 3\0", bytes(5000)])
def test_a_damaged_file_is_written_anew(school: School, spoiled: bytes) -> None:
    keep_snapshot((1, 1))
    snapshot().path.write_bytes(spoiled)
    assert not snapshot().exists()
    assert keep_snapshot((1, 1))
    assert snapshot().mark() == (1, 1)


def test_damage_in_the_middle_is_noticed_by_who_reads_it_and_mended(school: School) -> None:
    for number in range(300):
        db.session.execute(insert(Course).values(name=f"Ventas {number}", modality=""))
    db.session.commit()
    keep_snapshot((1, 1))
    path = snapshot().path
    content = path.read_bytes()
    path.write_bytes(content[:8192] + b"\xff" * (len(content) - 8192))
    assert snapshot().upcoming(ANYTHING, 400) == []
    assert not snapshot().exists()
    assert keep_snapshot((1, 1))
    assert len(snapshot().upcoming(ANYTHING, 400)) == 300


def test_a_disk_that_does_not_take_it_is_not_tried_again_at_once(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[int] = []

    def refuse(*_arguments: Any) -> None:
        tries.append(1)
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(snapshot_rows, "_add", refuse)
        school.add("Ventas")
        assert not keep_snapshot((1, 1))
        assert not keep_snapshot((1, 1))
    assert (len(tries), snapshot().exists()) == (1, False)
    later = time.monotonic() + 120
    monkeypatch.setattr("bot.services.catalogue.snapshots.time.monotonic", lambda: later)
    assert keep_snapshot((1, 1))


def test_a_folder_that_cannot_be_made_is_no_error(
    school_url: str, tmp_path: Path, make_app: AppMaker
) -> None:
    (tmp_path / "file").touch()
    app = make_app(DATABASE_URL=school_url, INSTANCE_DIR=str(tmp_path / "file" / "instance"))
    with app.app_context():
        assert not keep_snapshot((1, 1))
        assert not snapshot().exists()


def test_the_connection_goes_back_and_is_like_any_other(school: School) -> None:
    school.add("Ventas")
    db.session.execute(select(Course))
    assert keep_snapshot((1, 1))
    assert db.engine.pool.checkedout() == 0
    level = db.session.execute(text("SHOW transaction_isolation")).scalar()
    assert level == "read committed"


def test_a_database_that_is_away_is_said_to_be_and_the_old_file_stays(
    school: School, make_app: AppMaker
) -> None:
    school.add("Ventas")
    keep_snapshot((1, 1))
    away = make_app(DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")
    with away.app_context():
        in_a_while = time_machine.travel(datetime.now(UTC) + timedelta(minutes=5))
        with in_a_while, pytest.raises(StoreUnavailable):
            keep_snapshot((2, 2))
        assert snapshot().mark() == (1, 1)
        assert names(snapshot().upcoming(ANYTHING, 5)) == ["Ventas"]


# A big catalogue

GENERATED = """
INSERT INTO ai_courses (name, short_description, long_descrption, price, currency, level, modality)
SELECT 'Curso ' || number || ' de ' || words[1 + number % 7] || ' ' || words[1 + number % 11],
    md5(number::text) || ' ' || words[1 + number % 13],
    repeat(words[1 + number % 5] || ' ' || md5('x' || number) || ' y más. ', 12),
    (number % 5000)::text, 'MXN', 'Básico', 'Online'
FROM generate_series({first}, {first} + 1999) AS number,
    (SELECT ARRAY['ventas', 'datos', 'marketing', 'python', 'finanzas', 'salud', 'diseño',
        'excel', 'derecho', 'video', 'logística', 'chatbots', 'redes'] AS words) AS said
"""


def test_twenty_thousand_courses_are_kept_and_searched_in_bounded_memory(
    school: School, school_url: str
) -> None:
    for first in range(1, 20_001, 2000):
        run_sql(school_url, GENERATED.format(first=first))
    school.add("Marketing para la apicultura")
    path = snapshot().path
    path.parent.mkdir(parents=True, exist_ok=True)
    written = _in_a_process(path, school_url)
    assert written.returncode == 0, written.stderr
    assert int(written.stdout.splitlines()[-1]) < 64 * 1024
    assert path.stat().st_size > 20_000_000
    kept = Snapshot(path)
    assert kept.lexicon_counts().courses == 20_001
    wanted = asked("apicultura y marketing", kept.lexicon_counts())
    tracemalloc.start()
    best, *_ = kept.search(wanted, 5)
    assert best.course.name == "Marketing para la apicultura"
    assert len(kept.upcoming(ANYTHING, 20)) == 20
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4_000_000


def bonuses_in(snapshot, id_course):
    """What comes with a course of the snapshot."""
    found = snapshot.find_in_depth(id_course)
    return found.bonuses if found else []
