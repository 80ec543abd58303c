"""«Borra mis datos»: asked again, confirmed, and then really gone, wherever it was kept."""

from collections.abc import Callable

import pytest

from tests.support.apps import AppMaker
from tests.support.conversation import STORAGE_MODES, Conversation

ERASE = "borra mis datos"
TOLD = (
    "hola, me llamo Ximena Sotomayor y soy veterinaria",
    "mi correo es ximena@clinica.example y tengo un presupuesto de 300 dólares",
    "pierdo horas haciendo cotizaciones a mano",
)
HER_WORDS = ("ximena", "sotomayor", "veterinaria", "clinica.example", "cotizaciones")
ASKED_AGAIN = [
    ERASE,
    "BORRAR MIS DATOS",
    "quiero que eliminen mis datos",
    "por favor borren toda mi información",
]

Start = Callable[..., Conversation]


@pytest.fixture
def start(make_app: AppMaker, demo_url: str) -> Start:
    """Begin a conversation with an app of this environment."""
    return lambda **environment: Conversation(make_app(DATABASE_URL=demo_url, **environment))


@pytest.fixture(params=STORAGE_MODES)
def known(request: pytest.FixtureRequest, start: Start) -> Conversation:
    """Somebody who told a lot, in each storage mode."""
    chat = start(STORAGE_MODE=request.param)
    chat.say(*TOLD)
    assert found_words(chat) == list(HER_WORDS)
    return chat


def found_words(chat: Conversation) -> list[str]:
    """Those of her words that still stand in some table or file."""
    written = chat.written()
    return [word for word in HER_WORDS if word in written]


def asks_to_confirm(reply: str) -> bool:
    return "¿Confirmas" in reply and "*NO*" in reply


def is_erased(reply: str) -> bool:
    return reply.startswith(("Listo, borré", "Hecho: tus datos quedaron"))


def is_kept(reply: str) -> bool:
    return "no borré nada" in reply or "se quedan como están" in reply


@pytest.mark.parametrize("wish", ASKED_AGAIN)
def test_a_wish_to_be_forgotten_is_asked_to_be_confirmed(wish: str, start: Start) -> None:
    chat = start()
    chat.say(*TOLD)
    before = chat.memory
    assert asks_to_confirm(chat.say(wish))
    after = chat.memory
    assert (after.name, after.role) == (before.name, before.role)
    assert not after.opted_out


@pytest.mark.parametrize("yes", ["sí", "SI", "sí, bórralos", "confirmo", "👍"])
def test_a_yes_erases_what_is_known(yes: str, start: Start) -> None:
    chat = start()
    chat.say(*TOLD, ERASE)
    assert is_erased(chat.say(yes))
    assert found_words(chat) == []


def test_nothing_is_left_in_tables_and_files_after_the_erasure(known: Conversation) -> None:
    known.say("me interesa el marketing", "¿cuánto cuesta?")
    known.say(ERASE)
    assert is_erased(known.say("sí"))
    assert not known.is_remembered
    assert set(known.heard()) <= {""}
    assert found_words(known) == []
    assert known.user_id not in known.written().replace(known.last_sid.lower(), "")


def test_who_left_and_is_forgotten_is_still_out(known: Conversation) -> None:
    known.say("BAJA", ERASE)
    assert is_erased(known.say("sí"))
    assert found_words(known) == []
    assert known.say("gracias") == ""
    assert known.memory.opted_out


def test_who_is_forgotten_is_not_greeted_by_name(known: Conversation) -> None:
    known.say(ERASE, "sí")
    assert "Ximena" not in known.say("hola")


def test_who_is_forgotten_can_be_known_again(known: Conversation) -> None:
    known.say(ERASE, "sí", "me llamo Rosario")
    assert known.memory.name == "Rosario"
    assert known.memory.interaction_count == 1
    assert known.heard()[-1] == "me llamo Rosario"


@pytest.mark.parametrize("no", ["no", "NO", "no, gracias", "mejor no", "no los borres"])
def test_a_no_keeps_everything(no: str, known: Conversation) -> None:
    known.say(ERASE)
    assert is_kept(known.say(no))
    assert known.memory.name == "Ximena Sotomayor"
    assert found_words(known) == list(HER_WORDS)
    assert known.heard()[: len(TOLD)] == list(TOLD)


@pytest.mark.parametrize("else_said", ["hola", "¿cuánto cuesta?", "gracias"])
def test_anything_else_leaves_it_and_a_later_yes_erases_nothing(
    else_said: str, known: Conversation
) -> None:
    known.say(ERASE)
    reply = known.say(else_said)
    assert not is_erased(reply)
    assert not is_erased(known.say("sí"))
    assert known.memory.name == "Ximena Sotomayor"
    assert found_words(known) == list(HER_WORDS)


def test_a_yes_that_nobody_asked_for_erases_nothing(known: Conversation) -> None:
    known.say("sí")
    assert found_words(known) == list(HER_WORDS)


def test_the_confirming_message_delivered_again_gets_the_same_answer(known: Conversation) -> None:
    known.say(ERASE)
    reply = known.say("sí")
    assert is_erased(reply)
    assert known.again() == reply
    assert found_words(known) == []
    assert not known.is_remembered


def test_what_another_lead_said_stays(known: Conversation) -> None:
    other = Conversation(known.app, "573001234567")
    other.say("hola, me llamo Hortensia")
    known.say(ERASE, "sí")
    assert other.memory.name == "Hortensia"
    assert "me llamo hortensia" in known.written()


@pytest.mark.parametrize("before", [(), ("hola",)])
def test_a_wish_to_be_forgotten_waits_for_no_consent(before: tuple[str, ...], start: Start) -> None:
    chat = start(CONSENT_MODE="required")
    for text in before:
        chat.say(text)
    assert asks_to_confirm(chat.say(ERASE))


@pytest.mark.parametrize("mode", ["notice", "required"])
def test_who_refused_can_still_be_forgotten(mode: str, start: Start) -> None:
    chat = start(CONSENT_MODE=mode)
    chat.say("acepto", *TOLD, "no acepto")
    assert asks_to_confirm(chat.say(ERASE))
    assert is_erased(chat.say("sí"))
    assert found_words(chat) == []


@pytest.mark.parametrize(("answer", "is_right"), [("sí", is_erased), ("no", is_kept)])
def test_the_answer_before_any_consent_is_about_the_erasure(
    answer: str, is_right: Callable[[str], bool], start: Start
) -> None:
    chat = start(CONSENT_MODE="required")
    chat.say("hola", ERASE)
    assert is_right(chat.say(answer))


def test_the_copy_in_files_is_forgotten_too(start: Start) -> None:
    chat = start(MEMORY_JSON_BACKUP="true")
    chat.say(*TOLD, ERASE)
    assert is_erased(chat.say("sí"))
    assert found_words(chat) == []


@pytest.mark.parametrize("mode", STORAGE_MODES)
def test_her_profile_and_her_places_are_forgotten_too(mode: str, start: Start) -> None:
    chat = start(STORAGE_MODE=mode)
    place = {"Latitude": "19.43", "Longitude": "-99.13", "Address": "Clinica Sotomayor, Centro"}
    chat.say("", ProfileName="Ximena", MessageType="location", **place)
    chat.say(ERASE, "sí", ProfileName="Ximena")
    assert found_words(chat) == []


def test_where_no_course_can_be_looked_up_a_named_one_breaks_nothing(make_app: AppMaker) -> None:
    chat = Conversation(make_app(STORAGE_MODE="json"))
    chat.say(ERASE)
    assert "catálogo" in chat.say("¿cuánto cuesta el curso de ventas?")
    assert not is_erased(chat.say("sí"))


def test_how_long_data_are_kept_is_told(start: Start) -> None:
    chat = start(RETENTION_DAYS="90")
    assert "hasta 90 días después" in chat.say("¿cuánto tiempo guardan mis datos?")
