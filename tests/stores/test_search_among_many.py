"""The search among 3,000 courses: the right ones come first, and no plan reads every row."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from sqlalchemy import event

from bot.extensions import db
from bot.services.catalogue import get_recommended_courses, search_courses_by_text
from bot.services.catalogue.probes import probe
from bot.services.catalogue.queries import Query
from bot.services.catalogue.search import read_query
from bot.services.catalogue.watch import knowledge
from bot.stores import course_search
from tests.support.searched_courses import (
    AUDIENCES,
    SUBJECTS,
    WAYS,
    SearchedCourses,
    generated_courses,
)


@pytest.fixture(scope="module")
def many(
    new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SearchedCourses]:
    """3,000 courses that are not changed."""
    with SearchedCourses.open(new_database(), tmp_path_factory.mktemp("many")) as courses:
        courses.add_many(generated_courses())
        courses.run("ANALYZE")
        courses.look_at()
        yield courses


def test_the_course_whose_name_has_all_words_is_first_among_thousands(
    many: SearchedCourses,
) -> None:
    random = Random(1)
    for _ in range(40):
        name = f"{random.choice(SUBJECTS)} para {random.choice(AUDIENCES)} Profesional"
        words = name.lower().split(" ")
        random.shuffle(words)
        assert many.found(name, 1) == many.found(" ".join(words), 1) == [name]


@pytest.mark.parametrize("subject", SUBJECTS)
def test_courses_named_after_the_subject_come_before_all_that_is_near_it(
    many: SearchedCourses, subject: str
) -> None:
    assert all(str(name).startswith(subject) for name in many.found(subject.lower()))
    found = many.found(f"soy maestra y busco un curso de {subject.lower()} para niños", 5)
    assert all(str(name).startswith(f"{subject} para Niños") for name in found)


@pytest.mark.parametrize("way", WAYS)
def test_a_name_that_is_written_in_full_comes_first(many: SearchedCourses, way: str) -> None:
    name = f"Excel para Abogados {way}"
    assert many.found(name, 1) == [name]


def test_a_filter_holds_among_thousands(many: SearchedCourses) -> None:
    found = many.search("chatbots presenciales de menos de 100 dólares")
    assert found
    for each in found:
        assert each.course.modality == "presencial"
        assert each.course.currency == "USD"
        assert int(each.course.price[1:]) <= 100


SENTENCE = "hola! busco un curso de exel pa contadores pero que sea practico, tengo un despacho"


@pytest.mark.parametrize(
    "text",
    [
        "Fotografía para Médicos Profesional",
        "fotogarfia para medikos",
        SENTENCE,
        "excel presencial",
        "excel de menos de 100 dólares en línea",
        "excel avanzado",
        "excel básico presencial de menos de 100 dólares en español",
        "robótica",
        "ia para vender más en mi negocio con chatbots y marketing digital",
    ],
)
def test_a_search_reads_the_index_and_not_the_whole_table(many: SearchedCourses, text: str) -> None:
    with many.app.app_context():
        wanted = probe(read_query(text), knowledge().lexicon)
        assert wanted
        assert_reads_an_index(course_search.explain(wanted, 10))


def test_a_search_for_all_that_is_known_of_somebody_reads_the_index(many: SearchedCourses) -> None:
    said = ("excel", "fotografía de producto", "vender más", "abogada", "redes sociales", "python")
    with many.app.app_context():
        queries = [read_query(text) for text in said]
        concepts = [concept for query in queries for concept in query.subject if concept.ways]
        apart = [replace(each, place=10 * place) for place, each in enumerate(concepts)]
        wanted = probe(Query(tuple(apart)), knowledge().lexicon)
        assert wanted
        assert_reads_an_index(course_search.explain(wanted, 40))


@pytest.mark.parametrize(
    "work",
    [
        lambda: search_courses_by_text("cursos presenciales"),
        lambda: search_courses_by_text("cursos de menos de 60 dólares"),
        lambda: search_courses_by_text("cursos gratis"),
        lambda: search_courses_by_text("cursos avanzados en línea"),
        lambda: get_recommended_courses(["excel", "ventas"], "básico", role="contadora"),
        lambda: get_recommended_courses(["submarinismo"]),
        get_recommended_courses,
    ],
)
def test_no_question_of_a_lead_reads_the_whole_table(
    many: SearchedCourses, work: Callable[[], object]
) -> None:
    with many.app.app_context():
        with statements_of(db.session.connection()) as seen:
            work()
        plans = [explain(*each) for each in seen if "course_search" in each[0]]
    assert plans
    for plan in plans:
        assert_reads_an_index(plan)


def assert_reads_an_index(plan: str) -> None:
    assert "Seq Scan on course_search" not in plan, plan
    assert "ix_course_search_" in plan, plan


@contextmanager
def statements_of(connection: Any) -> Iterator[list[tuple[str, Any]]]:
    """The statements that run on one connection meanwhile, as the driver gets them."""
    seen: list[tuple[str, Any]] = []

    def note(_connection, _cursor, statement, parameters, *_rest):
        seen.append((statement, parameters))

    event.listen(connection, "before_cursor_execute", note)
    yield seen
    event.remove(connection, "before_cursor_execute", note)


def explain(statement: str, parameters: Any) -> str:
    head, semicolon, query = statement.rpartition(";")
    rows = db.session.connection().exec_driver_sql(f"{head}{semicolon} EXPLAIN {query}", parameters)
    return "\n".join(row[0] for row in rows)
