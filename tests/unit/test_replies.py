"""Every reply template, in every situation it can meet, keeps the rules of the house."""

import itertools
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

import bot
from bot.models.understanding import Intent
from bot.services.replies import CourseCard, Situation, UnknownTemplateError, render

FOLDER = Path(bot.__file__).parent / "data" / "replies"
INTENTS = [intent.value.lower() for intent in Intent]
SITUATIONS = [
    "voice",
    "image",
    "video",
    "document",
    "location",
    "contact_card",
    "sticker",
    "unsupported",
    "apology",
    "opt_in",
]
TEMPLATES = INTENTS + SITUATIONS
SPEAKING_OF_COURSES = [
    "exploration",
    "course_details",
    "price_inquiry",
    "buying_signals",
    "automation_need",
    "profession_change",
    "general_question",
]
SEEDS = [str(number) for number in range(30)]
SCHOOL = "Aprende y Aplica IA"

MARKETING = CourseCard(
    "Automatización con IA para Marketing",
    description="Aprende a automatizar campañas y análisis de datos",
    level="intermedio",
    modality="online",
    sessions="8",
    price="$299 USD",
    starts="12 de enero de 2027",
    duration="16 horas",
    purchase_url="https://example.com/inscripcion/automatizacion-ia",
    course_url="https://example.com/cursos/automatizacion-ia",
    reasons=("coincide con lo que te interesa", "es de tu nivel"),
    bonuses=("Paquete de plantillas de flujos", "Comunidad de práctica"),
)
CONTENT = CourseCard(
    "IA para Creación de Contenido",
    description="Domina las herramientas de IA para contenido digital",
    level="principiante",
    modality="híbrido",
    sessions="6",
    price="$199 USD",
)
BARE = CourseCard("Ética y Gobernanza de la IA")

SAMPLE = """\
¡Excelente que estés explorando, María! 🎯

Te muestro nuestros cursos más populares:

*1. 📚 Automatización con IA para Marketing*
📝 Aprende a automatizar campañas y análisis de datos
📊 Nivel: intermedio | 💻 Modalidad: online | 🗓️ Sesiones: 8
💰 Precio: $299 USD

*2. 📚 IA para Creación de Contenido*
📝 Domina las herramientas de IA para contenido digital
📊 Nivel: principiante | 💻 Modalidad: híbrido | 🗓️ Sesiones: 6
💰 Precio: $199 USD

¿Alguno de estos cursos te llama la atención?"""

NEVER_SAID = [
    "no entendí",
    "% de descuento",
    "descuento especial",
    "te garantizo",
    "garantizado",
    "asegurado",
    "última oportunidad",
    "últimos lugares",
    "sin intereses",
    "miles de alumnos",
    "ya te lo envié",
    "no soy un robot",
]


def a_situation(**known: object) -> Situation:
    return replace(Situation(school=SCHOOL), **known)  # type: ignore[arg-type]


@cache
def seeds_of(template: str) -> list[str]:
    """One seed for each variant of a template."""
    found = {render(template, a_situation(name="María"), seed): seed for seed in SEEDS}
    return list(found.values())


@cache
def variants(template: str, situation: Situation) -> set[str]:
    return {render(template, situation, seed) for seed in seeds_of(template)}


def the_grid() -> Iterator[Situation]:
    stated = {
        "name": [None, "María"],
        "courses": [(), (MARKETING,), (BARE,), (MARKETING, CONTENT, BARE)],
        "matched": [True, False],
        "about_one": [True, False],
        "catalogue_known": [True, False],
    }
    for values in itertools.product(*stated.values()):
        yield a_situation(**dict(zip(stated, values, strict=True)))


def the_personal_grid() -> Iterator[Situation]:
    stated = {
        "returning": [True, False],
        "topic": [None, "IA para pilotos de avión"],
        "pain": [None, "armar los reportes a mano"],
        "role": [None, "contadora"],
        "adviser_contact": [None, "asesores@example.com"],
        "privacy_url": [None, "https://example.com/privacidad"],
        "known_facts": [(), (("Nombre", "María"), ("Correo", "maria_r@example.com"))],
        "courses": [(), (CONTENT, MARKETING)],
    }
    for values in itertools.product(*stated.values()):
        yield a_situation(**dict(zip(stated, values, strict=True)))


GRID = [*the_grid(), *the_personal_grid()]


def broken_rules(reply: str) -> list[str]:
    last_paragraph = reply.split("\n\n")[-1]
    rules = {
        "is empty": not reply,
        "shows None": "None" in reply,
        "shows template marks": bool(re.search(r"\{\{|\}\}|\{%|%\}|\{#", reply)),
        "has double spaces": "  " in reply,
        "has space at line ends": bool(re.search(r"^[ \t]|[ \t]$", reply, re.MULTILINE)),
        "has double asterisks": "**" in reply,
        "has an unclosed asterisk": any(line.count("*") % 2 for line in reply.splitlines()),
        "has more than one question": reply.count("?") > 1,
        "has more than one question at its end": last_paragraph.count("?") > 1,
        "opens a question without closing it": reply.count("?") != reply.count("¿"),
        "opens an exclamation without closing it": reply.count("!") != reply.count("¡"),
        "has more than one empty line": "\n\n\n" in reply,
        "has a Markdown heading": bool(re.search(r"^#", reply, re.MULTILINE)),
        "has a Markdown link": "](" in reply,
        "puts a space before punctuation": bool(re.search(r" [,.;:!?](\s|$)", reply)),
        "says what is never said": any(words in reply.lower() for words in NEVER_SAID),
        "does not fit one message": len(reply) > 1500,
    }
    return [rule for rule, broken in rules.items() if broken]


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_reply_keeps_the_rules_in_every_situation(template: str) -> None:
    for situation in GRID:
        for reply in variants(template, situation):
            assert not broken_rules(reply), f"{broken_rules(reply)} in {reply!r}"


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_figure_and_link_comes_from_the_facts(template: str) -> None:
    allowed = repr((MARKETING, CONTENT, "https://example.com/privacidad"))
    for situation in GRID:
        for reply in variants(template, situation):
            text = re.sub(r"^\*\d\. ", "", reply, flags=re.MULTILINE)
            claims = re.findall(r"https?://\S+|\d[\d.,]*", text)
            assert all(claim in allowed for claim in claims), claims


def test_every_file_belongs_to_an_intent_or_to_a_known_situation() -> None:
    assert sorted(path.stem for path in FOLDER.glob("[!_]*.txt")) == sorted(TEMPLATES)


@pytest.mark.parametrize("template", INTENTS)
def test_every_intent_has_at_least_three_variants(template: str) -> None:
    assert len(variants(template, a_situation(name="María"))) >= 3


@pytest.mark.parametrize("template", SITUATIONS)
def test_every_situation_has_at_least_two_variants(template: str) -> None:
    assert len(variants(template, a_situation())) >= 2


def test_the_course_list_has_the_agreed_format() -> None:
    assert SAMPLE in variants(
        "exploration", a_situation(name="María", courses=(MARKETING, CONTENT))
    )


def test_without_a_name_the_course_list_opens_without_a_comma() -> None:
    replies = variants("exploration", a_situation(courses=(MARKETING, CONTENT)))
    assert SAMPLE.replace(", María", "") in replies


def test_a_missing_field_drops_its_part_and_its_separator() -> None:
    partial = CourseCard("Prompts", level="principiante", sessions="4")
    for reply in variants("exploration", a_situation(courses=(partial,))):
        assert "*1. 📚 Prompts*\n📊 Nivel: principiante | 🗓️ Sesiones: 4\n\n" in reply
    for reply in variants("exploration", a_situation(courses=(BARE,))):
        assert "*1. 📚 Ética y Gobernanza de la IA*\n\n" in reply


def test_the_same_seed_always_gives_the_same_variant() -> None:
    situation = a_situation(name="María")
    assert [render("greeting", situation, seed) for seed in SEEDS] == [
        render("greeting", situation, seed) for seed in SEEDS
    ]


def test_the_variant_does_not_depend_on_the_process() -> None:
    assert render("courtesy", a_situation(), "lead-1").startswith("¡Gracias a ti!")


def test_a_seed_may_be_any_text() -> None:
    assert render("courtesy", a_situation(), "\ud83d")


@pytest.mark.parametrize("template", ["nothing", "_courses", "../replies/greeting", "GREETING", ""])
def test_an_unknown_template_is_a_named_error(template: str) -> None:
    with pytest.raises(UnknownTemplateError, match=r"^There is no reply template named"):
        render(template, a_situation(), "1")
    with pytest.raises(KeyError):
        render(template, a_situation(), "1")


@pytest.mark.parametrize("template", SPEAKING_OF_COURSES)
def test_without_a_match_it_is_said_before_alternatives_are_shown(template: str) -> None:
    for courses in [(), (MARKETING,), (MARKETING, CONTENT)]:
        for about_one in (True, False):
            situation = a_situation(matched=False, courses=courses, about_one=about_one)
            for reply in variants(template, situation):
                said = re.search("por ahora no tenemos|no encontré", reply.lower())
                assert said, reply
                assert not courses or reply.index(MARKETING.name) > said.start()


@pytest.mark.parametrize("template", ["exploration", "course_details", "price_inquiry"])
def test_what_was_not_found_is_named_in_the_persons_words(template: str) -> None:
    for reply in variants(template, a_situation(matched=False, topic="IA para pilotos de avión")):
        assert "un curso de IA para pilotos de avión" in reply


@pytest.mark.parametrize("template", [*SPEAKING_OF_COURSES, "free_resources", "objection_price"])
def test_without_a_catalogue_no_course_is_named(template: str) -> None:
    situation = a_situation(catalogue_known=False, courses=(MARKETING, CONTENT), about_one=True)
    for reply in variants(template, situation):
        assert MARKETING.name not in reply
        assert "$" not in reply


@pytest.mark.parametrize("template", [*SPEAKING_OF_COURSES, "free_resources"])
def test_without_a_catalogue_the_reply_says_that_it_will_check(template: str) -> None:
    for reply in variants(template, a_situation(catalogue_known=False)):
        assert "te respondo" in reply.lower()


@pytest.mark.parametrize("template", ["price_inquiry", "course_details"])
def test_one_course_is_told_in_full(template: str) -> None:
    for reply in variants(template, a_situation(courses=(MARKETING, CONTENT), about_one=True)):
        for fact in ("$299 USD", "8", "online", "intermedio", "12 de enero de 2027", "16 horas"):
            assert fact in reply
        assert "Paquete de plantillas de flujos; Comunidad de práctica" in reply
        assert CONTENT.name not in reply
        assert "a la mano" not in reply


@pytest.mark.parametrize("template", ["price_inquiry", "course_details", "buying_signals"])
def test_what_the_catalogue_lacks_is_said_and_a_person_is_offered(template: str) -> None:
    for reply in variants(template, a_situation(courses=(BARE,), about_one=True)):
        assert "No tengo a la mano el precio ni la fecha de inicio" in reply
        assert "escribes *asesor*" in reply


def test_a_hybrid_course_is_explained() -> None:
    for reply in variants("course_details", a_situation(courses=(CONTENT,), about_one=True)):
        assert "una parte en línea y otra en persona" in reply


def test_who_wants_to_buy_gets_the_link_of_that_course() -> None:
    for reply in variants(
        "buying_signals", a_situation(courses=(MARKETING, CONTENT), about_one=True)
    ):
        assert f"\n{MARKETING.purchase_url}\n" in reply
        assert MARKETING.name in reply
        assert CONTENT.name not in reply


def test_who_wants_to_buy_a_course_without_a_link_gets_a_person() -> None:
    situation = a_situation(courses=(CONTENT,), adviser_contact="asesores@example.com")
    for reply in variants("buying_signals", situation):
        assert "http" not in reply
        assert "enlace de inscripción" in reply
        assert "asesores@example.com" in reply


def test_the_first_greeting_introduces_brenda_and_her_school() -> None:
    for reply in variants("greeting", a_situation()):
        assert f"Brenda, asistente virtual de {SCHOOL}" in reply
        assert reply.endswith("?")


def test_who_returns_is_greeted_by_name() -> None:
    for reply in variants("greeting", a_situation(name="María", returning=True)):
        assert reply.startswith("¡Hola de nuevo, María!")
        assert "Soy Brenda" not in reply


def test_a_pain_is_acknowledged_in_the_persons_words() -> None:
    for reply in variants("automation_need", a_situation(pain="armar los reportes a mano")):
        assert "“armar los reportes a mano”" in reply


def test_no_job_is_promised() -> None:
    honest = "ningún curso (puede )?promete|no puedo asegurarte|no asegura|no una promesa"
    for situation in GRID:
        for reply in variants("profession_change", situation):
            assert re.search(honest, reply.lower()), reply


def test_only_what_comes_with_a_course_is_offered_as_an_extra() -> None:
    for reply in variants("free_resources", a_situation(courses=(MARKETING, CONTENT))):
        assert "🎁 Paquete de plantillas de flujos" in reply
        assert CONTENT.name not in reply
    for reply in variants("free_resources", a_situation(courses=(CONTENT,))):
        assert re.search("no teng|no encontré", reply.lower())
        assert "🎁" not in reply


def test_a_contact_request_gives_the_contact_if_there_is_one_and_sells_nothing() -> None:
    for reply in variants("contact_request", a_situation(adviser_contact="asesores@example.com")):
        assert "asesores@example.com" in reply
    for situation in GRID:
        for reply in variants("contact_request", situation):
            assert "anotado" in reply
            assert re.search("persona|equipo", reply)
            assert "curso" not in reply


def test_an_expensive_course_is_met_with_the_cheapest_one() -> None:
    for reply in variants("objection_price", a_situation(courses=(CONTENT, MARKETING))):
        assert "*IA para Creación de Contenido*" in reply
        assert "$199 USD" in reply
        assert "$299 USD" not in reply


def test_the_course_under_discussion_is_not_called_the_cheapest() -> None:
    for reply in variants("objection_price", a_situation(courses=(MARKETING,), about_one=True)):
        assert "$299" not in reply


def test_mistrust_is_met_with_the_courses_page_and_a_person() -> None:
    for reply in variants("objection_trust", a_situation(courses=(MARKETING,), about_one=True)):
        assert f"{MARKETING.course_url}\n" in reply
        assert "asesor" in reply


def test_whoever_asks_learns_that_this_is_an_assistant() -> None:
    for situation in GRID:
        for reply in variants("general_question", situation):
            assert "soy una asistente virtual" in reply.lower()


def test_the_name_is_remembered_in_an_open_question() -> None:
    for reply in variants("general_question", a_situation(name="Lorena")):
        assert "Lorena" in reply


def test_off_topic_messages_are_declined_and_a_person_is_offered() -> None:
    for reply in variants("off_topic", a_situation()):
        assert "no puedo" in reply
        assert "*asesor*" in reply


@pytest.mark.parametrize("template", ["courtesy", "opt_out", "sticker"])
def test_short_replies_are_short_and_sell_nothing(template: str) -> None:
    for situation in GRID:
        for reply in variants(template, situation):
            assert len(reply) < 130
            assert "?" not in reply
            assert "$" not in reply


def test_leaving_is_confirmed_with_the_way_back() -> None:
    for reply in variants("opt_out", a_situation(courses=(MARKETING,))):
        assert re.search("no te escribiremos más|tu baja", reply)
        assert "escribe ALTA" in reply


def test_a_privacy_request_lists_what_is_stored_and_how_to_erase_it() -> None:
    facts = (("Nombre", "Tomás"), ("Correo", "tomas_r@example.com"))
    for reply in variants("privacy_request", a_situation(name="Tomás", known_facts=facts)):
        assert "• Nombre: Tomás\n• Correo: tomas_r@example.com" in reply
        assert "BORRAR MIS DATOS" in reply


def test_a_privacy_request_sells_nothing_and_points_to_the_notice() -> None:
    for situation in GRID:
        for reply in variants("privacy_request", situation):
            assert {"datos", "nombre"} <= set(re.findall(r"\w+", reply.lower()))
            assert not re.search("curso|inscr|precio", reply.lower())
            assert (situation.privacy_url or "") in reply


def test_a_name_that_greets_is_not_denied_in_the_same_reply() -> None:
    for reply in variants("privacy_request", a_situation(name="Tomás")):
        assert "• Nombre: Tomás" in reply


def test_list_items_are_joined_as_spanish_does() -> None:
    for reply in variants("general_question", a_situation(courses=(MARKETING, CONTENT))):
        assert f"*{MARKETING.name}* e *{CONTENT.name}*" in reply
    for reply in variants("general_question", a_situation(courses=(MARKETING, CONTENT, BARE))):
        assert f"*{MARKETING.name}*, *{CONTENT.name}* y *{BARE.name}*" in reply


HOSTILE_VALUES = [
    "*María* _la_ ~mejor~ ```del``` mundo",
    "María\n\n*Curso gratis*\n💰 Precio: $1",
    "{{ school }}{% for x in range(9) %}x{% endfor %}",
    "{{ ''.__class__.__mro__ }}",
    "¿Quién? ¿Yo? ¡Sí!",
    "\u202eaíraM\x00\ud800",
    "x" * 5000,
    "hola " * 500,
    "***",
    "   ",
]


@pytest.mark.parametrize("value", HOSTILE_VALUES)
@pytest.mark.parametrize("template", INTENTS)
def test_a_persons_words_cannot_shape_the_reply(template: str, value: str) -> None:
    plain = a_situation(courses=(MARKETING, CONTENT), name="María", topic="a", pain="a", role="a")
    hostile = replace(plain, name=value, topic=value, pain=value, role=value)
    for seed in seeds_of(template):
        expected, reply = render(template, plain, seed), render(template, hostile, seed)
        assert reply.count("\n") <= expected.count("\n")
        assert reply.count("*") == expected.count("*")
        assert reply.count("?") == expected.count("?")
        assert not re.search(r"[_~`{}\x00\u202e\ud800]", reply)
        assert len(reply) < len(expected) + 5 * 62


@pytest.mark.parametrize("value", ["***", " ", "", "\n", "¿?", "_"])
def test_a_value_of_marks_alone_counts_as_unknown(value: str) -> None:
    situation = a_situation(name=value, topic=value, pain=value, role=value)
    for template in INTENTS:
        assert variants(template, situation) == variants(template, a_situation())


def test_long_words_of_a_person_are_shortened_at_a_word_end() -> None:
    for reply in variants("automation_need", a_situation(pain="pasar los pedidos a mano " * 9)):
        assert "“pasar los pedidos a mano pasar los pedidos a mano pasar los…”" in reply


def test_catalogue_marks_do_not_break_the_course_list() -> None:
    starred = CourseCard("Curso *nuevo*\nde IA", description="_Todo_ sobre IA", price="*$5*")
    for reply in variants("exploration", a_situation(courses=(starred,))):
        assert "*1. 📚 Curso nuevo de IA*\n📝 Todo sobre IA\n💰 Precio: $5\n" in reply


def test_links_are_left_as_they_are() -> None:
    link = "https://example.com/a_b/c~d?x=1"
    situation = a_situation(courses=(replace(MARKETING, purchase_url=link),))
    for reply in variants("buying_signals", situation):
        assert link in reply
