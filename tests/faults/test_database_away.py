"""The database goes away and comes back while people write."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg2
import pytest

from tests.faults.conftest import Database
from tests.support.gunicorn import Gunicorn
from tests.support.patience import eventually
from tests.support.webhook import MARIA, text_form

ANDRES = "573001234567"


@pytest.fixture
def deployed(tmp_path: Path, database: Database) -> Iterator[Gunicorn]:
    server = Gunicorn(tmp_path, DATABASE_URL=database.url, LOG_FORMAT="json")
    yield server
    server.stop()


def test_nothing_that_was_said_is_lost_when_the_database_stops_in_the_middle(
    deployed: Gunicorn, database: Database
) -> None:
    deployed.post(text_form("hola, soy María"))
    database.stop()
    said = ["trabajo en marketing", "¿qué cursos tienen?", "mi correo es maria@example.com"]
    for body in said:
        assert all(deployed.post(text_form(body)))
    assert deployed.post(text_form("hola, me llamo Andrés", user_id=ANDRES))
    assert "Andrés" in deployed.post(text_form("hola", user_id=ANDRES))[0]
    database.start()

    eventually(lambda: bodies(database, MARIA) == ["hola, soy María", *said])
    eventually(lambda: bodies(database, ANDRES) == ["hola, me llamo Andrés", "hola"])
    name, role, count, extra = memory(database, MARIA)
    assert (name, role, count) == ("María", "marketing", 4)
    assert extra["email"] == "maria@example.com"
    assert "María" in deployed.post(text_form("hola"))[0]
    eventually(lambda: memory(database, MARIA)[2] == 5)


def test_a_message_answered_in_an_outage_gets_the_same_answer_before_and_after_it_flows_back(
    deployed: Gunicorn, database: Database
) -> None:
    database.stop()
    form = text_form("hola, soy María")
    first = deployed.post(form)
    assert deployed.post(form) == first
    database.start()
    assert deployed.post(form) == first
    eventually(lambda: bodies(database, MARIA) == ["hola, soy María"])
    assert deployed.post(form) == first
    assert memory(database, MARIA)[2] == 1


def test_she_is_known_and_what_she_refused_is_respected_while_the_database_is_away(
    deployed: Gunicorn, database: Database
) -> None:
    deployed.post(text_form("hola, soy María"))
    deployed.post(text_form("BAJA", user_id=ANDRES))
    database.stop()
    assert "María" in deployed.post(text_form("hola"))[0]
    assert "María" in deployed.post(text_form("¿qué datos guardan de mí?"))[0]
    assert deployed.post(text_form("gracias", user_id=ANDRES)) == []


def test_an_outage_does_not_push_a_lead_backwards(deployed: Gunicorn, database: Database) -> None:
    deployed.post(text_form("me quiero inscribir en el de marketing"))
    database.stop()
    deployed.post(text_form("hola"))
    database.start()
    eventually(lambda: memory(database, MARIA)[2] == 2)
    assert memory(database, MARIA)[3]["stage"] == "buying"


def test_a_frozen_database_keeps_nobody_waiting_beyond_twilios_patience(
    deployed: Gunicorn, database: Database
) -> None:
    deployed.post(text_form("hola, soy María"))
    with database.frozen():
        assert all(deployed.post(text_form("¿qué cursos tienen?")) for _ in range(3))
    eventually(lambda: memory(database, MARIA)[2] == 4)


def test_what_a_stopped_server_left_in_the_spool_flows_back_at_the_next_start(
    deployed: Gunicorn, database: Database, tmp_path: Path
) -> None:
    database.stop()
    deployed.post(text_form("hola, soy María"))
    deployed.stop()
    database.start()
    again = Gunicorn(tmp_path, DATABASE_URL=database.url)
    eventually(lambda: bodies(database, MARIA) == ["hola, soy María"])
    again.stop()


def test_the_same_message_twice_in_the_same_instant_gets_one_answer_and_counts_once(
    deployed: Gunicorn, database: Database
) -> None:
    forms = [text_form(f"hola, soy María {number}") for number in range(10)]
    with ThreadPoolExecutor(20) as threads:
        answers = list(threads.map(deployed.post, [form for form in forms for _ in (1, 2)]))
    assert answers[::2] == answers[1::2]
    assert len(bodies(database, MARIA)) == 10
    assert memory(database, MARIA)[2] == 10


def test_the_outage_is_logged_without_what_was_said(deployed: Gunicorn, database: Database) -> None:
    database.stop()
    deployed.post(text_form("hola, soy Brunilda Quintero"))
    log = deployed.log()
    assert "turn_goes_to_files" in log
    assert "Brunilda" not in log
    assert MARIA not in log


def bodies(database: Database, user_id: str) -> list[str]:
    query = "SELECT body FROM messages WHERE user_id = %s AND direction = 'inbound' ORDER BY id"
    return [body for (body,) in rows(database, query, user_id)]


def memory(database: Database, user_id: str) -> tuple:
    query = "SELECT name, role, interaction_count, additional_data FROM user_memory"
    return rows(database, f"{query} WHERE user_id = %s", user_id)[0]


def rows(database: Database, query: str, user_id: str) -> list[tuple]:
    connection = psycopg2.connect(database.url)
    try:
        cursor = connection.cursor()
        cursor.execute(query, (user_id,))
        return cursor.fetchall()
    finally:
        connection.close()
