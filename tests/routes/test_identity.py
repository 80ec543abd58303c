"""One person is one lead, under whichever ids the messages come, and wherever leads are kept."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from bot.extensions import db
from bot.models.access import Scope
from bot.models.message_log import LoggedMessage
from bot.services import people
from bot.stores.lead_files import memory_file
from tests.stores.builders import at_the_same_instant
from tests.support.apps import AUTH_TOKEN, AppMaker
from tests.support.conversation import STORAGE_MODES
from tests.support.people import TESTER, caller, new_number, new_opaque_id, short, storage_of
from tests.support.webhook import Webhook


@pytest.fixture(params=STORAGE_MODES)
def app(request: pytest.FixtureRequest, make_app: AppMaker, demo_url: str) -> Flask:
    given = {} if request.param == "json" else {"DATABASE_URL": demo_url}
    return make_app(STORAGE_MODE=request.param, **given)


@pytest.fixture
def postgres(make_app: AppMaker, demo_url: str) -> Flask:
    return make_app(DATABASE_URL=demo_url)


class Somebody:
    """Writes from a number, with or without the other id, or from the other id alone."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.number = new_number()
        self.opaque_id = new_opaque_id()

    def without_a_number(self, *texts: str) -> str:
        return self._says(self.opaque_id, texts, ExternalUserId=f"whatsapp:{self.opaque_id}")

    def with_both(self, *texts: str) -> str:
        known = {"WaId": self.number, "ExternalUserId": f"whatsapp:{self.opaque_id}"}
        return self._says(self.number, texts, **known)

    def with_the_number(self, *texts: str) -> str:
        return self._says(self.number, texts, WaId=self.number)

    def with_the_number_written_otherwise(self, *texts: str) -> str:
        return self._says(short(self.number), texts, WaId=short(self.number))

    def _says(self, user_id: str, texts: tuple[str, ...], **parameters: str) -> str:
        webhook = Webhook(self.app.test_client(), AUTH_TOKEN)
        return [webhook.say(each, user_id, **parameters) for each in texts][-1]

    def known(self, user_id: str | None = None) -> dict[str, Any]:
        with self.app.app_context():
            return people.show(user_id or self.number, TESTER)

    def history(self, user_id: str | None = None) -> list[LoggedMessage]:
        """All messages and replies, oldest first."""
        with self.app.app_context():
            page = people.messages(user_id or self.number, None, 200, TESTER)
        return list(page.messages)[::-1]

    def said(self, user_id: str | None = None) -> list[str]:
        return [each.body for each in self.history(user_id) if each.direction == "inbound"]


@pytest.fixture
def somebody(app: Flask) -> Somebody:
    return Somebody(app)


def leads_in(app: Flask) -> int:
    """How many leads there are, in whichever store leads."""
    with app.app_context():
        if storage_of(app).sql is None:
            return len(list(storage_of(app).files.memory_dir.glob("memory_*.json")))
        return db.session.scalar(text("SELECT count(*) FROM user_memory")) or 0


# Without a number first


def test_who_turns_out_to_have_a_number_is_one_lead_with_the_facts_of_both(
    somebody: Somebody,
) -> None:
    somebody.without_a_number("hola, me llamo Ximena y soy veterinaria", "me interesa el marketing")
    assert "Ximena" in somebody.with_both("hola")
    somebody.with_both("mi correo es ximena@clinica.example", "me interesa la automatización")
    known = somebody.known()
    assert known["user_id"] == somebody.number
    assert (known["name"], known["role"]) == ("Ximena", "veterinaria")
    assert known["email"] == "ximena@clinica.example"
    assert known["interests"] == ("marketing", "automatización")
    assert known["interaction_count"] == 5
    assert leads_in(somebody.app) == 1


def test_messages_under_both_ids_are_one_history_in_order(somebody: Somebody) -> None:
    somebody.without_a_number("uno", "dos")
    somebody.with_both("tres")
    somebody.with_the_number_written_otherwise("cuatro")
    somebody.without_a_number("cinco")
    for user_id in (somebody.number, short(somebody.number), somebody.opaque_id):
        assert somebody.said(user_id) == ["uno", "dos", "tres", "cuatro", "cinco"]
        assert [each.direction for each in somebody.history(user_id)] == ["inbound", "outbound"] * 5
        assert somebody.known(user_id)["interaction_count"] == 5


def test_both_memories_of_who_wrote_under_either_id_become_one(somebody: Somebody) -> None:
    somebody.without_a_number("hola, me llamo Ximena", "me interesa el marketing")
    somebody.with_the_number("soy veterinaria", "me interesa la automatización", "gracias")
    assert leads_in(somebody.app) == 2
    assert "Ximena" in somebody.with_both("hola")
    known = somebody.known()
    assert (known["name"], known["role"]) == ("Ximena", "veterinaria")
    assert known["interests"] == ("marketing", "automatización")
    assert known["interaction_count"] == 6
    assert leads_in(somebody.app) == 1
    assert len(somebody.said()) == 6


def test_of_two_names_the_one_that_was_told_last_is_kept(somebody: Somebody) -> None:
    somebody.with_the_number("hola, me llamo Rosario")
    somebody.without_a_number("hola, me llamo Ximena")
    somebody.with_both("gracias")
    assert somebody.known()["name"] == "Ximena"
    assert somebody.known(somebody.opaque_id)["name"] == "Ximena"


def test_afterwards_a_message_from_the_opaque_id_alone_is_of_the_same_person(
    somebody: Somebody,
) -> None:
    somebody.without_a_number("hola, me llamo Ximena")
    somebody.with_both("soy veterinaria")
    assert "Ximena" in somebody.without_a_number("hola")
    somebody.without_a_number("mi correo es ximena@clinica.example")
    for user_id in (somebody.number, somebody.opaque_id):
        known = somebody.known(user_id)
        assert (known["user_id"], known["name"]) == (somebody.number, "Ximena")
        assert (known["role"], known["email"]) == ("veterinaria", "ximena@clinica.example")
        assert known["interaction_count"] == 4
    assert leads_in(somebody.app) == 1


def test_who_left_without_a_number_is_not_written_to_under_the_number(somebody: Somebody) -> None:
    somebody.without_a_number("hola", "BAJA")
    assert somebody.with_both("gracias") == ""
    assert somebody.known()["opted_out"] is True


def test_the_number_tells_nothing_of_somebody_else(app: Flask, somebody: Somebody) -> None:
    other = Somebody(app)
    other.without_a_number("hola, me llamo Hortensia")
    somebody.without_a_number("hola, me llamo Ximena")
    somebody.with_both("gracias")
    assert other.known(other.opaque_id)["name"] == "Hortensia"
    assert other.said(other.opaque_id) == ["hola, me llamo Hortensia"]
    assert somebody.said() == ["hola, me llamo Ximena", "gracias"]


# With both ids first


def test_who_came_with_both_ids_is_known_by_the_opaque_one_alone(somebody: Somebody) -> None:
    somebody.with_both("hola, me llamo Ximena")
    assert "Ximena" in somebody.without_a_number("hola")
    assert somebody.known(somebody.opaque_id)["user_id"] == somebody.number
    assert somebody.known()["interaction_count"] == 2
    assert somebody.said(somebody.opaque_id) == ["hola, me llamo Ximena", "hola"]
    assert leads_in(somebody.app) == 1


def test_who_comes_with_both_ids_again_and_again_is_counted_once_a_message(
    somebody: Somebody,
) -> None:
    somebody.with_both("hola, me llamo Ximena", "hola", "gracias")
    assert somebody.known()["interaction_count"] == 3
    assert len(somebody.said()) == 3


# Two ways to write a number


def test_a_number_that_is_written_in_two_ways_is_one_person(somebody: Somebody) -> None:
    somebody.with_the_number("hola, me llamo Ximena")
    assert "Ximena" in somebody.with_the_number_written_otherwise("hola")
    somebody.with_the_number_written_otherwise("soy veterinaria")
    somebody.with_the_number("gracias")
    for user_id in (somebody.number, short(somebody.number)):
        known = somebody.known(user_id)
        assert (known["name"], known["role"]) == ("Ximena", "veterinaria")
        assert known["interaction_count"] == 4
        assert len(somebody.said(user_id)) == 4
    assert leads_in(somebody.app) == 1


def test_who_came_without_a_number_is_found_by_the_other_way_to_write_it(
    somebody: Somebody,
) -> None:
    somebody.without_a_number("hola, me llamo Ximena")
    somebody.with_both("soy veterinaria")
    assert "Ximena" in somebody.with_the_number_written_otherwise("hola")
    known = somebody.known(short(somebody.number))
    assert (known["name"], known["interaction_count"]) == ("Ximena", 3)
    assert leads_in(somebody.app) == 1


def leave_two_memories(app: Flask, somebody: Somebody) -> None:
    """One number as an older bot may have kept it twice."""
    columns = {"name": "Ximena", "interests": ["marketing"], "interaction_count": 5}
    others = {"role": "veterinaria", "interests": ["ventas"], "interaction_count": 2}
    for user_id, known in ((somebody.number, columns), (short(somebody.number), others)):
        known = {**known, "user_id": user_id, "last_interaction_at": "2026-01-01T00:00:00+00:00"}
        if storage_of(app).sql is None:
            path = memory_file(storage_of(app).files.memory_dir, user_id)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(known), "utf-8")
            continue
        with app.app_context():
            row = text("""
                INSERT INTO user_memory (user_id, name, role, interests, interaction_count,
                                         last_interaction_at)
                VALUES (:user_id, :name, :role, :interests, :interaction_count,
                        :last_interaction_at)
            """)
            db.session.execute(row, {"name": None, "role": None, **known})
            db.session.commit()


def test_two_memories_that_an_older_bot_made_of_one_number_become_one(
    app: Flask, somebody: Somebody
) -> None:
    leave_two_memories(app, somebody)
    assert leads_in(app) == 2
    somebody.with_the_number_written_otherwise("hola")
    known = somebody.known()
    assert (known["name"], known["role"]) == ("Ximena", "veterinaria")
    assert sorted(known["interests"]) == ["marketing", "ventas"]
    assert known["interaction_count"] == 6
    assert leads_in(app) == 1


# The API


@pytest.mark.parametrize("mode", ["postgres", "hybrid"])
def test_the_api_finds_the_person_under_every_id(
    mode: str, make_app: AppMaker, demo_url: str
) -> None:
    somebody = Somebody(make_app(DATABASE_URL=demo_url, STORAGE_MODE=mode))
    somebody.without_a_number("hola, me llamo Ximena")
    somebody.with_both("gracias")
    call = caller(somebody.app, Scope.USERS_READ, Scope.USERS_WRITE)
    for user_id in (somebody.number, short(somebody.number), somebody.opaque_id):
        assert call("GET", f"/users/{user_id}").json["user_id"] == somebody.number
        assert len(call("GET", f"/users/{user_id}/messages").json) == 4
        copy = call("GET", f"/users/{user_id}/export").json
        assert set(copy["user_ids"]) >= {somebody.number, somebody.opaque_id}
        assert len(copy["messages"]) == 4
        assert len({line["person"] for line in copy["audit"]}) == 1


# At the same instant


def together(*works: Callable[[], str]) -> None:
    assert all(at_the_same_instant(*works))


@pytest.mark.parametrize("attempt", range(8))
def test_two_first_messages_at_one_instant_under_two_ways_to_write_a_number_make_one_lead(
    attempt: int, app: Flask, somebody: Somebody
) -> None:
    together(
        lambda: somebody.with_the_number("hola, me llamo Ximena"),
        lambda: somebody.with_the_number_written_otherwise("soy veterinaria"),
    )
    known = somebody.known()
    assert (known["name"], known["role"], known["interaction_count"]) == (
        "Ximena",
        "veterinaria",
        2,
    )
    assert leads_in(app) == 1
    assert sorted(somebody.said()) == ["hola, me llamo Ximena", "soy veterinaria"]


@pytest.mark.parametrize("attempt", range(2))
def test_messages_at_one_instant_under_the_number_and_the_opaque_id_are_all_counted(
    attempt: int, app: Flask, somebody: Somebody
) -> None:
    somebody.with_both("hola")
    together(
        lambda: somebody.with_the_number(*["gracias por todo"] * 5, "hola"),
        lambda: somebody.without_a_number(*["gracias por todo"] * 5, "hola"),
    )
    assert somebody.known()["interaction_count"] == 13
    assert len(somebody.said()) == 13
    assert leads_in(app) == 1


@pytest.mark.parametrize("attempt", range(2))
def test_first_messages_at_one_instant_with_and_without_the_number_make_one_lead(
    attempt: int, app: Flask, somebody: Somebody
) -> None:
    together(
        lambda: somebody.without_a_number("hola, me llamo Ximena"),
        lambda: somebody.with_both("soy veterinaria"),
    )
    somebody.with_both("hola")
    known = somebody.known()
    assert (known["name"], known["role"]) == ("Ximena", "veterinaria")
    assert known["interaction_count"] == 3
    assert len(somebody.said()) == 3
    assert leads_in(app) == 1
