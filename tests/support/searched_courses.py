"""Courses that a test writes with plain SQL, as the school's other tools do, and searches."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg2
from flask import Flask
from flask_migrate import upgrade
from psycopg2 import extensions as pg
from psycopg2 import sql
from psycopg2.extras import execute_values

from bot.services.catalogue import FoundCourse, search_courses_by_text, watch
from tests.support.apps import AppMaker

SUBJECTS = (
    *("Excel", "Power BI", "Python", "SQL", "Marketing Digital", "Ventas", "Contabilidad"),
    *("Finanzas Personales", "Fotografía", "Edición de Video", "Diseño Gráfico", "Redacción"),
    *("Oratoria", "Liderazgo", "Gestión de Proyectos", "Logística", "Ciberseguridad"),
    *("Programación Web", "Machine Learning", "Prompts", "Chatbots", "Robótica", "Inglés"),
    *("Derecho Laboral", "Recursos Humanos"),
)
AUDIENCES = (
    *("Abogados", "Contadores", "Docentes", "Médicos", "Emprendedores", "Vendedores"),
    *("Arquitectos", "Periodistas", "Niños", "Adultos Mayores", "Agricultores", "Restaurantes"),
)
WAYS = (
    *("desde Cero", "con Inteligencia Artificial", "Paso a Paso", "en la Práctica", "Intensivo"),
    *("de Fin de Semana", "para tu Negocio", "Profesional", "con Casos", "Acelerado"),
)
_LEVELS = ("Principiante", "intermediate", "Avanzado", "BÁSICO")
_MODALITIES = ("Online", "presencial", "Híbrido")
_NEEDED = {
    "ai_courses": {"modality": "Online"},
    "ai_course_session": {"session_index": 1},
    "ai_tema_activity": {"item_session": 1, "item_type": "subtema"},
}


class SearchedCourses:
    """The catalogue of one app, written through connections that are not the app's."""

    def __init__(self, app: Flask) -> None:
        """``app`` is bound to an empty database."""
        self.app = app
        with app.app_context():
            upgrade()
        self._connection = self.connect()
        self._connection.autocommit = True
        self._is_looked_at = False

    def connect(self) -> pg.connection:
        """A connection of another tool; a test that leaves a lock behind fails soon."""
        url = self.app.extensions["config"].database_url
        return psycopg2.connect(url, options="-c lock_timeout=5s")

    @classmethod
    @contextmanager
    def open(cls, url: str, folder: Path) -> Iterator["SearchedCourses"]:
        """The courses of an app of their own, on the empty database at ``url``."""
        maker = AppMaker(folder)
        courses = cls(maker(DATABASE_URL=url))
        yield courses
        courses._connection.close()
        maker.close()

    def run(self, statement: str | sql.Composable, *values: Any) -> list[tuple[Any, ...]]:
        """Run one statement, committed, and have the app look at the catalogue anew."""
        self._is_looked_at = False
        with self._connection.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    def empty(self) -> None:
        for table in reversed(_NEEDED):
            self.run(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))

    def add(
        self,
        name: str | None,
        *,
        sessions: Sequence[str] = (),
        activities: Sequence[str] = (),
        **columns: Any,
    ) -> str:
        """A course with titles of sessions, and of activities of other sessions; its id."""
        id_course = self._insert("ai_courses", "id_course", {"name": name, **columns})
        for title in sessions:
            self.add_session(id_course, title)
        for title in activities:
            self.add_activity(id_course, title)
        return id_course

    def add_session(self, id_course: str | None, title: str | None) -> str:
        values = {"id_course_fk": id_course, "title": title}
        return self._insert("ai_course_session", "id_session", values)

    def add_activity(self, id_course: str, title: str) -> str:
        id_session = self.add_session(None, None)
        values = {"id_course_fk": id_course, "id_session_fk": id_session, "title_item": title}
        return self._insert("ai_tema_activity", "id_activity", values)

    def add_many(self, rows: Iterable[dict[str, Any]]) -> None:
        """Courses with the same columns, 500 in a statement, as an import writes them."""
        self._is_looked_at = False
        listed = list(rows)
        columns = sql.SQL(", ").join(map(sql.Identifier, listed[0]))
        statement = sql.SQL("INSERT INTO ai_courses ({}) VALUES %s").format(columns)
        with self._connection.cursor() as cursor:
            execute_values(cursor, statement, [[*row.values()] for row in listed], page_size=500)

    def search(self, text: str, limit: int = 10) -> list[FoundCourse]:
        """What a text finds in the catalogue as it is now."""
        self.look_at()
        with self.app.app_context():
            return search_courses_by_text(text, limit)

    def found(self, text: str, limit: int = 10) -> list[str | None]:
        """The names of the courses that a text finds in the catalogue as it is now."""
        return [each.course.name for each in self.search(text, limit)]

    def found_meanwhile(self, text: str) -> list[str | None]:
        """What the running app finds with the words that it knows at the moment."""
        with self.app.app_context():
            return [each.course.name for each in search_courses_by_text(text)]

    def look_at(self) -> None:
        """Have the app know the words of the catalogue as it is now."""
        if not self._is_looked_at:
            watch.init_app(self.app)
            self._is_looked_at = True

    def changed(self) -> None:
        """Tell that somebody else wrote to the catalogue."""
        self._is_looked_at = False

    def journal(self) -> list[tuple[Any, ...]]:
        return self.run("SELECT * FROM catalogue_changes ORDER BY 1")

    def index(self) -> list[tuple[Any, ...]]:
        """All that is indexed, course by course."""
        return self.run("SELECT * FROM course_search ORDER BY id_course")

    def index_anew(self) -> list[tuple[Any, ...]]:
        """What the index holds after it was made again from nothing."""
        self.run("TRUNCATE course_search")
        self.run("SELECT brenda_index_courses(array_agg(id_course)) FROM ai_courses")
        return self.index()

    def _insert(self, table: str, key: str, values: dict[str, Any]) -> str:
        row = {key: str(uuid4()), **_NEEDED[table], **values}
        self.run(
            sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
                sql.Identifier(table),
                sql.SQL(", ").join(map(sql.Identifier, row)),
                sql.SQL(", ").join(sql.Placeholder() * len(row)),
            ),
            *row.values(),
        )
        return row[key]


def generated_courses() -> Iterator[dict[str, Any]]:
    """3,000 courses with different names, of every level and modality, from $50 to $449."""
    for number, (subject, audience, way) in enumerate(product(SUBJECTS, AUDIENCES, WAYS)):
        yield {
            "name": f"{subject} para {audience} {way}",
            "short_description": f"{subject} con ejercicios del día a día para {audience}.",
            "level": _LEVELS[number % len(_LEVELS)],
            "price": f"${50 + number % 400}",
            "currency": ("USD", "MXN")[number % 2],
            "start_date": f"20{30 + number % 9}-0{1 + number % 9}-15",
            "modality": _MODALITIES[number % len(_MODALITIES)],
        }
