"""Every reply template, in every situation it can meet, keeps the rules of the house."""

import itertools
import random
import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from functools import cache
from pathlib import Path

import pytest

import bot
from bot.models.context import Question
from bot.models.understanding import Intent
from bot.services.replies import (
    CourseCard,
    ElementCard,
    Rendered,
    SessionCard,
    Situation,
    UnknownTemplateError,
    render,
    write_courses,
)

DATA = Path(bot.__file__).parent / "data"
FOLDER = DATA / "replies"
ASPECTS = tomllib.loads((DATA / "intents" / "aspects.toml").read_text("utf-8"))
INTENTS = [intent.value.lower() for intent in Intent]
KINDS_OF_MESSAGE = [
    "voice",
    "image",
    "video",
    "document",
    "location",
    "contact_card",
    "sticker",
    "unsupported",
]
CONSENT = ["consent_ask", "consent_accepted", "consent_refused", "consent_reminder"]
SITUATIONS = [
    *KINDS_OF_MESSAGE,
    *CONSENT,
    "privacy_notice",
    "apology",
    "opt_in",
    "comparison",
    "which",
    "clarify",
    "declined",
    "tell_me",
    "erase_confirm",
    "erased",
    "erase_kept",
    "besides_details",
    "besides_price",
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
ONLY_A_BODY = [
    "besides_details",
    "besides_price",
    "privacy_notice",
    "consent_accepted",
    "consent_refused",
    "consent_reminder",
    "opt_out",
    "courtesy",
    "sticker",
    "declined",
    "erased",
    "erase_kept",
    "apology",
    "privacy_request",
]
"""They ask nothing: another part follows, or the person wants no question."""

SEEDS = [str(number) for number in range(24)]
SCHOOL = "Aprende y Aplica IA"
PRIVACY_URL = "https://example.com/privacidad"
CONTACT = "asesores@example.com"

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

FULL = replace(
    MARKETING,
    ends="2 de marzo de 2027",
    schedule="los martes a las 19:00",
    language="Español",
    audience="equipos de marketing",
    roi="Entre 6 y 10 horas semanales liberadas",
    group_price="$897 USD",
    outline=(
        SessionCard(1, "Mapa de procesos", "Elegir qué automatizar", "12 de enero", ("Procesos",)),
        SessionCard(2, "Prompts para campañas"),
    ),
    elements=(ElementCard("Video de presentación", "https://example.com/video"),),
    solves=(SessionCard(1, "Mapa de procesos"),),
)
SOON = replace(CONTENT, is_upcoming=True, starts="2 de febrero de 2027")
FACTS = (("Nombre", "María"), ("Correo", "maria_r@example.com"))

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


def the_asked(template: str) -> list[tuple[str, ...]]:
    """No aspect, each one alone, and all those of the template's intent."""
    names = tuple(ASPECTS.get(template.upper(), {}))
    return [(), *((name,) for name in names), names]


STATED: dict[str, list[object]] = {
    "name": [None, "María"],
    "greeted_as": [None, "Ana"],
    "returning": [True, False],
    "courses": [(), (FULL,), (BARE,), (SOON,), (CONTENT, FULL), (FULL, CONTENT, BARE)],
    "matched": [True, True, False],
    "about_one": [True, False],
    "catalogue_known": [True, True, True, False],
    "basis": [None, None, "compared", "cheapest", "than_cheapest", "than_shortest"],
    "topic": [None, "IA para pilotos de avión"],
    "pain": [None, "armar los reportes a mano"],
    "role": [None, "contadora"],
    "level": [None, "principiante"],
    "email": [None, "maria_r@example.com"],
    "interests": [(), ("marketing digital", "automatizar reportes")],
    "learnt": [(), (("Nombre", "María"),), FACTS, (("Presupuesto", "90"), ("Nivel", "intermedio"))],
    "known_facts": [(), FACTS],
    "details": [(), ("sessions", "modality"), ("certificate",), ("session",), ("syllabus",)],
    "prices": [(), ("price",), ("discount",), ("instalments", "methods"), ("group",)],
    "session": [None, 2],
    "people": [None, 3],
    "definition": [None, None, "Un prompt es la instrucción que le das a una IA."],
    "options": [(), ("el precio", "el temario", "inscribirte")],
    "adviser_contact": [None, CONTACT],
    "adviser_hours": [None, "de lunes a viernes"],
    "school_address": [None, "Calle Sol, Puebla"],
    "privacy_url": [None, PRIVACY_URL],
}


def the_core() -> Iterator[dict[str, object]]:
    """What decides which part of a template is used, in every combination."""
    deciding = {
        "name": [None, "María"],
        "courses": [(), (FULL,), (BARE,), (SOON,), (FULL, CONTENT, BARE)],
        "matched": [True, False],
        "about_one": [True, False],
        "catalogue_known": [True, False],
    }
    for values in itertools.product(*deciding.values()):
        yield dict(zip(deciding, values, strict=True))


def the_mixture() -> Iterator[dict[str, object]]:
    """Everything that a situation may say, mixed at random but always in the same way."""
    choose = random.Random(2026)
    for _ in range(110):
        known = {name: choose.choice(values) for name, values in STATED.items()}
        if known["basis"]:
            known["current"] = choose.choice([None, CONTENT, FULL])
        yield known


@cache
def grid(template: str) -> list[Situation]:
    asked = the_asked(template)
    turns = itertools.cycle(asked)
    mixed = [a_situation(**known, asked=next(turns)) for known in the_mixture()]
    return [*(a_situation(**known) for known in the_core()), *mixed]


PROBES = [
    a_situation(name="María"),
    a_situation(name="María", courses=(FULL,), details=("start",), prices=("price",)),
    a_situation(courses=(FULL, CONTENT), options=("el precio", "el temario")),
]


@cache
def seeds_of(template: str) -> list[str]:
    """One seed for each variant of a template; some variants differ only here and there."""
    found = {tuple(render(template, each, seed).text for each in PROBES): seed for seed in SEEDS}
    return list(found.values())


@cache
def rendered(template: str, situation: Situation) -> tuple[Rendered, ...]:
    return tuple(render(template, situation, seed) for seed in seeds_of(template))


def variants(template: str, situation: Situation) -> set[str]:
    return {reply.text for reply in rendered(template, situation)}


def everything(template: str) -> Iterator[tuple[Situation, Rendered]]:
    for situation in grid(template):
        for reply in rendered(template, situation):
            yield situation, reply


RULES: dict[str, Callable[[str], object]] = {
    "is empty": lambda reply: not reply,
    "shows None": lambda reply: "None" in reply,
    "shows template marks": re.compile(r"[{}]|\{%|%\}").search,
    "has double spaces": lambda reply: "  " in reply,
    "has space at line ends": re.compile(r"^[ \t]|[ \t]$", re.MULTILINE).search,
    "has double asterisks": lambda reply: "**" in reply,
    "has an unclosed asterisk": lambda reply: any(
        line.count("*") % 2 for line in reply.splitlines()
    ),
    "has more than one question": lambda reply: reply.count("?") > 1,
    "opens a question without closing it": lambda reply: reply.count("?") != reply.count("¿"),
    "opens an exclamation without closing it": lambda reply: reply.count("!") != reply.count("¡"),
    "has more than one empty line": lambda reply: "\n\n\n" in reply,
    "has a Markdown heading or link": re.compile(r"^#|\]\(", re.MULTILINE).search,
    "puts a space before punctuation": re.compile(r" [,.;:!?](\s|$)").search,
    "doubles punctuation": re.compile(r"[.,;:]{2}|[!?][.,;:]").search,
    "begins a line with punctuation or in lower case": re.compile(
        r"^[,.;:)]|^[a-záéíóúñ](?!\S*(?::|@))", re.MULTILINE
    ).search,
    "says what is never said": lambda reply: [
        words for words in NEVER_SAID if words in reply.lower()
    ],
    "does not fit one message": lambda reply: len(reply) > 1500,
}


def broken_rules(reply: str) -> list[str]:
    return [rule for rule, is_broken in RULES.items() if is_broken(reply)]


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_reply_keeps_the_rules_in_every_situation(template: str) -> None:
    for _, reply in everything(template):
        assert not broken_rules(reply.text), f"{broken_rules(reply.text)} in {reply.text!r}"


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_question_is_asked_only_at_the_end_and_says_what_a_yes_means(template: str) -> None:
    for _, reply in everything(template):
        assert not re.search(r"[¿?]", reply.body), reply.body
        assert bool(reply.ending) == (reply.question is not None)
        assert reply.ending.count("?") == (1 if reply.question else 0), reply.ending
        assert reply.text.endswith(reply.ending)


@pytest.mark.parametrize("template", TEMPLATES)
def test_what_a_yes_would_bring_is_there_to_be_brought(template: str) -> None:
    for situation, reply in everything(template):
        known = situation.courses if situation.catalogue_known else ()
        about = known[0] if known and (situation.about_one or len(known) == 1) else None
        about = about or (situation.current if situation.catalogue_known else None)
        if reply.question is Question.CHOICE:
            assert situation.courses, reply.text
        if reply.question in {Question.DETAILS, Question.SYLLABUS, Question.ENROL}:
            assert about, reply.text
            assert reply.question is not Question.SYLLABUS or about.outline, reply.text
        if about and reply.question is Question.ENROL:
            assert about.purchase_url, reply.text
            assert not about.is_upcoming, reply.text


@pytest.mark.parametrize("template", ONLY_A_BODY)
def test_what_needs_no_answer_asks_nothing(template: str) -> None:
    assert not any(reply.question for _, reply in everything(template))


@pytest.mark.parametrize(
    ("template", "kind"),
    [
        ("erase_confirm", Question.ERASE),
        ("consent_ask", Question.CONSENT),
        ("tell_me", Question.NEED),
    ],
)
def test_a_step_asks_for_just_its_answer(template: str, kind: Question) -> None:
    assert {reply.question for _, reply in everything(template)} == {kind}


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_figure_and_link_comes_from_the_facts(template: str) -> None:
    for situation, reply in everything(template):
        allowed = repr(situation) + "".join(str(len(c.outline)) for c in situation.courses)
        text = re.sub(r"^\*?\d\. ", "", reply.text, flags=re.MULTILINE)
        claims = re.findall(r"https?://\S+|\d[\d.,]*\b", text)
        assert all(claim in allowed for claim in claims), (claims, reply.text)


@pytest.mark.parametrize("template", TEMPLATES)
def test_nobody_is_asked_for_what_is_known(template: str) -> None:
    known = a_situation(name="María", email="m@example.com", role="contadora", courses=(FULL,))
    for asked in the_asked(template):
        for reply in rendered(template, replace(known, asked=asked)):
            for asks in ("tu nombre", "te llamas", "tu correo", "te dedicas"):
                assert asks not in reply.ending, reply.text


def test_every_file_belongs_to_an_intent_or_to_a_known_situation() -> None:
    assert sorted(path.stem for path in FOLDER.glob("[!_]*.txt")) == sorted(TEMPLATES)


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_file_has_variants_enough_and_each_is_tested(template: str) -> None:
    written = len(re.findall("(?m)^---$", (FOLDER / f"{template}.txt").read_text("utf-8"))) + 1
    assert written >= (3 if template in INTENTS else 2)
    assert len(seeds_of(template)) == written


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_reply_that_was_just_given_is_not_given_again(template: str) -> None:
    situation = a_situation(name="María", courses=(FULL, CONTENT))
    first = render(template, situation, "1")
    again = render(template, situation, "1", avoid=first.text)
    assert again.text != first.text or len(variants(template, situation)) == 1


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.txt")), ids=lambda path: path.stem)
def test_every_file_says_at_its_top_what_it_is_for(path: Path) -> None:
    top = re.match(r"(?:#.*\n)+", path.read_text("utf-8"))
    assert top
    body = path.read_text("utf-8")[top.end() :]
    if path.name.startswith("_"):
        macros = re.findall(r"macro (\w+)", body)
        assert len(macros) == len(set(macros))
        return
    code = re.sub(r'"[^"]*"|\.\w+', "", " ".join(re.findall(r"(?s)\{[{%].*?[%}]\}", body)))
    variables = {field.name for field in fields(Situation)} | {"comma_name", "focus", "single"}
    used = (variables & set(re.findall(r"\w+", code))) - set(re.findall(r"set (\w+)", code))
    assert used <= set(re.findall(r"\w+", top.group()))


def test_the_course_list_has_the_agreed_format() -> None:
    assert SAMPLE in variants(
        "exploration", a_situation(name="María", courses=(MARKETING, CONTENT))
    )


def test_without_a_name_the_course_list_opens_without_a_comma() -> None:
    replies = variants("exploration", a_situation(courses=(MARKETING, CONTENT)))
    assert SAMPLE.replace(", María", "") in replies


def test_a_missing_field_drops_its_part_and_its_separator() -> None:
    partial = CourseCard("Prompts", level="principiante", sessions="4")
    listed = write_courses("course_list", [partial, BARE])
    assert "*1. 📚 Prompts*\n📊 Nivel: principiante | 🗓️ Sesiones: 4\n\n" in listed
    assert listed.endswith("*2. 📚 Ética y Gobernanza de la IA*")


@pytest.mark.parametrize("block", ["course_card", "course_detail"])
def test_the_terminal_shows_a_course_by_the_same_blocks(block: str) -> None:
    shown = write_courses(block, [FULL])
    assert shown.startswith("*📚 Automatización con IA para Marketing*\n📝 Aprende a automatizar")
    assert ("2. Prompts para campañas" in shown) == (block == "course_detail")


def test_the_same_seed_always_gives_the_same_variant() -> None:
    situation = a_situation(name="María")
    assert [render("greeting", situation, seed) for seed in SEEDS] == [
        render("greeting", situation, seed) for seed in SEEDS
    ]


def test_the_variant_does_not_depend_on_the_process() -> None:
    assert render("declined", a_situation(), "lead-1").text.startswith("Sin problema")


def test_a_seed_may_be_any_text() -> None:
    assert render("courtesy", a_situation(), "\ud83d").text


@pytest.mark.parametrize(
    "template", ["nothing", "_courses", "_points", "../replies/greeting", "GREETING", ""]
)
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


WITHOUT_CATALOGUE = [*SPEAKING_OF_COURSES, "free_resources", "comparison"]


@pytest.mark.parametrize("template", [*WITHOUT_CATALOGUE, "objection_price", "objection_time"])
def test_without_a_catalogue_no_course_is_named(template: str) -> None:
    situation = a_situation(catalogue_known=False, courses=(MARKETING, CONTENT), about_one=True)
    for reply in variants(template, situation):
        assert MARKETING.name not in reply
        assert "$" not in reply


@pytest.mark.parametrize("template", WITHOUT_CATALOGUE)
def test_without_a_catalogue_that_is_said_and_nothing_is_promised(template: str) -> None:
    for reply in variants(template, a_situation(catalogue_known=False)):
        assert re.search(r"no (lo |los |las )?(puedo|tengo)", reply), reply
        assert not re.search(r"(lo|los) (reviso|consulto) y te respondo", reply), reply


@pytest.mark.parametrize("aspect", ASPECTS["COURSE_DETAILS"])
@pytest.mark.parametrize("course", [FULL, BARE, SOON], ids=lambda course: course.name)
def test_each_thing_asked_about_a_course_is_answered(aspect: str, course: CourseCard) -> None:
    situation = a_situation(courses=(course,), about_one=True, details=(aspect,), session=2)
    for template in ("course_details", "besides_details"):
        for reply in rendered(template, situation):
            answers = re.findall(r"^\W*(?=[\U0001F300-\U0001FAFF⏱🗓]).+", reply.body, re.MULTILINE)
            assert answers, reply.text
    if course is BARE:
        for reply in variants("besides_details", situation):
            assert re.search(r"no (lo |la )?(tengo|está)|no aparece|confirm", reply), reply


@pytest.mark.parametrize("aspect", ASPECTS["PRICE_INQUIRY"])
def test_each_question_on_money_gets_the_price_or_an_honest_answer(aspect: str) -> None:
    situation = a_situation(courses=(FULL,), about_one=True, prices=(aspect,), people=3)
    for reply in variants("price_inquiry", situation):
        assert "$299 USD" in reply or "$897 USD" in reply, reply
    for reply in variants("price_inquiry", replace(situation, courses=(BARE,))):
        assert "$" not in reply, reply


def test_a_session_that_is_asked_for_is_told_and_one_too_many_is_not_made_up() -> None:
    asked = a_situation(courses=(FULL,), about_one=True, details=("session",))
    for reply in variants("course_details", replace(asked, session=2)):
        assert "*Sesión 2: Prompts para campañas*" in reply
    for reply in variants("course_details", replace(asked, session=9)):
        assert "sesión 9 no hay" in reply


@pytest.mark.parametrize("template", ["price_inquiry", "course_details"])
def test_the_course_under_discussion_is_told_alone(template: str) -> None:
    for reply in variants(template, a_situation(courses=(MARKETING, CONTENT), about_one=True)):
        assert MARKETING.name in reply
        assert CONTENT.name not in reply
        assert "a la mano" not in reply


@pytest.mark.parametrize("template", ["price_inquiry", "course_details", "buying_signals"])
def test_what_the_catalogue_lacks_is_said_and_a_person_is_offered(template: str) -> None:
    for reply in variants(template, a_situation(courses=(BARE,), about_one=True)):
        assert "No tengo a la mano el precio ni la fecha de inicio" in reply
        assert "escribes *asesor*" in reply


def test_who_wants_to_buy_gets_the_link_of_that_course() -> None:
    for reply in variants(
        "buying_signals", a_situation(courses=(MARKETING, CONTENT), about_one=True)
    ):
        assert f"\n{MARKETING.purchase_url}\n" in reply
        assert MARKETING.name in reply
        assert CONTENT.name not in reply


def test_who_wants_to_buy_a_course_without_a_link_gets_a_person() -> None:
    situation = a_situation(courses=(CONTENT,), adviser_contact=CONTACT)
    for reply in variants("buying_signals", situation):
        assert "http" not in reply
        assert "enlace de inscripción" in reply
        assert CONTACT in reply


def test_a_payment_is_neither_confirmed_nor_denied() -> None:
    for reply in variants("buying_signals", a_situation(courses=(FULL,), asked=("paid",))):
        assert re.search("no (puedo|me es posible|tengo)|equipo", reply)
        assert not re.search("ya (estás|quedaste) inscrit|recibimos tu pago", reply.lower())


def test_the_first_greeting_introduces_brenda_and_her_school() -> None:
    for known in ({}, {"learnt": FACTS, "name": "María"}, {"interests": ("ventas",)}):
        for reply in variants("greeting", a_situation(**known)):
            assert f"Brenda, asistente virtual de {SCHOOL}" in reply
            assert reply.endswith("?")


def test_who_returns_is_greeted_by_name() -> None:
    for reply in variants("greeting", a_situation(name="María", returning=True)):
        assert reply.startswith("¡Hola de nuevo, María!")
        assert "Soy Brenda" not in reply


def test_a_guessed_name_serves_for_the_first_hello_alone() -> None:
    for reply in variants("greeting", a_situation(greeted_as="Ana")):
        assert reply.startswith("¡Hola, Ana!")
    for template in TEMPLATES:
        for situation in (a_situation(), a_situation(returning=True, courses=(MARKETING,))):
            known = variants(template, replace(situation, greeted_as="Anacleta"))
            for reply in known:
                assert "Anacleta" not in reply.replace("¡Hola, Anacleta!", "", 1)
                assert "Anacleta" not in reply or not situation.returning or "consent" in template


def test_what_a_person_tells_is_acknowledged_and_not_met_with_another_hello() -> None:
    told = (("Nombre", "María"), ("Correo", "a@b.example"), ("Ocupación", "contadora"))
    known = a_situation(name="María", role="contadora", learnt=told, returning=True)
    for reply in variants("greeting", known):
        assert "ya anoté tu correo y a qué te dedicas" in reply
        assert "Hola" not in reply
        assert "a@b.example" not in reply


def test_a_greeting_asks_for_the_next_thing_that_is_not_known() -> None:
    def questions(**known: object) -> set[Question | None]:
        return {reply.question for reply in rendered("greeting", a_situation(**known))}

    assert questions() == {Question.NEED}
    assert questions(role="contadora") == {Question.NEED}
    assert questions(role="contadora", interests=("ventas",)) == {Question.OPTIONS}
    assert questions(interests=("ventas",)) == {Question.OPTIONS, Question.FACT}


def test_a_pain_is_acknowledged_in_the_persons_words() -> None:
    for reply in variants("automation_need", a_situation(pain="armar los reportes a mano")):
        assert "“armar los reportes a mano”" in reply


def test_no_job_is_promised() -> None:
    honest = "ningún curso (puede )?promete|no puedo asegurarte|no asegura|no una promesa"
    for _, reply in everything("profession_change"):
        assert re.search(honest, reply.text.lower()), reply.text


def test_only_what_comes_with_a_course_is_offered_as_an_extra() -> None:
    for reply in variants("free_resources", a_situation(courses=(MARKETING, CONTENT))):
        assert "🎁 Paquete de plantillas de flujos" in reply
        assert CONTENT.name not in reply
    for reply in variants("free_resources", a_situation(courses=(CONTENT,))):
        assert re.search("no teng|no encontré", reply.lower())
        assert "🎁" not in reply


def test_a_contact_request_gives_the_contact_if_there_is_one_and_sells_nothing() -> None:
    situation = a_situation(adviser_contact=CONTACT, adviser_hours="de lunes a viernes")
    for reply in variants("contact_request", situation):
        assert CONTACT in reply
        assert "de lunes a viernes" in reply
    for _, reply in everything("contact_request"):
        assert "anotado" in reply.text
        assert re.search("persona|equipo", reply.text)
        assert not re.search(r"curso|inscr|\$|te llamar|ya avis", reply.text.lower())


def test_a_complaint_is_met_with_an_apology_before_anything_else() -> None:
    for reply in variants("contact_request", a_situation(asked=("complaint",))):
        assert re.match("Lamento|Te ofrezco una disculpa|Siento", reply)


def test_an_expensive_course_is_met_with_the_cheapest_one() -> None:
    for reply in variants("objection_price", a_situation(courses=(CONTENT, MARKETING))):
        assert "*IA para Creación de Contenido*" in reply
        assert "$199 USD" in reply
        assert "$299 USD" not in reply


def test_the_course_under_discussion_is_not_called_the_cheapest() -> None:
    for reply in variants("objection_price", a_situation(courses=(MARKETING,), about_one=True)):
        assert "$299" not in reply


def test_mistrust_is_met_with_what_can_be_checked_and_a_person() -> None:
    known = a_situation(
        courses=(MARKETING,),
        about_one=True,
        school_address="Calle Sol, Puebla",
        privacy_url=PRIVACY_URL,
    )
    for reply in variants("objection_trust", known):
        for fact in (MARKETING.course_url, SCHOOL, "Calle Sol, Puebla", PRIVACY_URL):
            assert f"{fact}\n" in reply
        assert "asesor" in reply


@pytest.mark.parametrize("aspect", ASPECTS["OBJECTION_TRUST"])
def test_each_doubt_is_answered_by_name(aspect: str) -> None:
    named = {
        "refund": "*Devoluciones y garantías:* no tengo",
        "references": "*Opiniones de alumnos:* aquí no tengo",
        "registered": "*Registros y avales:* no tengo",
        "payment_safety": "no te pediré los datos de tu tarjeta",
    }
    for reply in variants("objection_trust", a_situation(asked=(aspect,))):
        assert named[aspect] in reply


def test_whoever_asks_learns_that_this_is_an_assistant() -> None:
    for known in ({}, {"asked": ("robot",)}, {"asked": ("robot", "bot_name"), "courses": (FULL,)}):
        for reply in variants("general_question", a_situation(**known)):
            assert "una asistente virtual" in reply.lower()
    for reply in variants("general_question", a_situation(asked=("robot",))):
        assert "respondo en automático, no soy una persona" in reply


def test_the_name_is_told_or_asked_for() -> None:
    for reply in variants("general_question", a_situation(name="Lorena", asked=("my_name",))):
        assert "Tengo anotado tu nombre: Lorena." in reply
    for reply in rendered("general_question", a_situation(asked=("my_name",))):
        assert "Todavía no tengo anotado tu nombre." in reply.text
        assert reply.question is Question.FACT


@pytest.mark.parametrize(
    ("aspect", "known", "fact"),
    [("hours", "adviser_hours", "martes"), ("address", "school_address", "Calle Sol, Puebla")],
)
def test_a_question_on_the_school_gets_the_fact_or_a_person(
    aspect: str, known: str, fact: str
) -> None:
    for reply in variants("general_question", a_situation(asked=(aspect,), **{known: fact})):
        assert fact in reply
        assert "no la tengo" not in reply
    for reply in rendered("general_question", a_situation(asked=(aspect,))):
        assert re.search("no l[ao] tengo registrad", reply.body)
        assert reply.question is Question.ADVISER
    for reply in variants(
        "general_question", a_situation(asked=(aspect,), adviser_contact=CONTACT)
    ):
        assert CONTACT in reply


@pytest.mark.parametrize("aspect", ASPECTS["GENERAL_QUESTION"])
def test_each_question_on_the_school_gets_its_own_answer(aspect: str) -> None:
    plain = variants("general_question", a_situation(name="Lorena"))
    assert not plain & variants("general_question", a_situation(name="Lorena", asked=(aspect,)))


def test_a_term_is_explained_and_what_is_taught_of_it_is_named() -> None:
    meaning = "Un prompt es la instrucción que le das a una IA."
    known = a_situation(definition=meaning, asked=("abilities",), courses=(MARKETING, CONTENT))
    for reply in variants("general_question", known):
        assert reply.index(meaning) < reply.index(MARKETING.name)
        assert "Puedo contarte" not in reply
    for reply in variants("general_question", replace(known, catalogue_known=False)):
        assert meaning in reply
        assert MARKETING.name not in reply


def test_off_topic_messages_are_declined_and_a_person_is_offered() -> None:
    for reply in variants("off_topic", a_situation()):
        assert "no puedo" in reply
        assert "*asesor*" in reply


def test_what_may_have_been_meant_is_offered_by_number() -> None:
    known = a_situation(options=("el precio", "el temario", "inscribirte"))
    for reply in rendered("clarify", known):
        assert "\n\n1. El precio\n2. El temario\n3. Inscribirte\n\n" in reply.text
        assert reply.question is Question.CLARIFY
    for reply in rendered("clarify", a_situation()):
        assert reply.question is Question.NEED


@pytest.mark.parametrize("template", ["courtesy", "opt_out", "sticker", "declined"])
def test_short_replies_are_short_and_sell_nothing(template: str) -> None:
    for _, reply in everything(template):
        assert len(reply.text) < 130
        assert "$" not in reply.text


def test_leaving_is_confirmed_with_the_way_back() -> None:
    for reply in variants("opt_out", a_situation(courses=(MARKETING,))):
        assert re.search("no te escribiremos|tu baja", reply)
        assert "escribe ALTA" in reply


def test_a_privacy_request_lists_what_is_stored_and_how_to_erase_it() -> None:
    facts = (("Nombre", "Tomás"), ("Correo", "tomas_r@example.com"))
    for reply in variants("privacy_request", a_situation(name="Tomás", known_facts=facts)):
        assert "• Nombre: Tomás\n• Correo: tomas_r@example.com" in reply
        assert "escribe *BORRAR MIS DATOS*" in reply


def test_a_correction_shows_in_the_list() -> None:
    known = a_situation(
        known_facts=(("Nombre", "Tomás"), ("Correo", "viejo@example.com")),
        learnt=(("Correo", "nuevo@example.com"), ("Empresa", "Sol")),
        asked=("correct",),
    )
    for reply in variants("privacy_request", known):
        assert "• Nombre: Tomás\n• Correo: nuevo@example.com\n• Empresa: Sol\n" in reply
        assert "viejo" not in reply


def test_a_privacy_request_sells_nothing_and_points_to_the_notice() -> None:
    for situation, reply in everything("privacy_request"):
        assert {"datos", "nombre"} <= set(re.findall(r"\w+", reply.text.lower()))
        assert not re.search("curso|inscr|precio", reply.text.lower())
        assert (situation.privacy_url or "") in reply.text


def test_a_name_that_greets_is_not_denied_in_the_same_reply() -> None:
    for reply in variants("privacy_request", a_situation(name="Tomás")):
        assert "• Nombre: Tomás" in reply


def test_erasing_is_confirmed_first_and_forgets_the_name() -> None:
    for reply in variants("erase_confirm", a_situation(name="Tomás", known_facts=FACTS)):
        assert re.search("no se puede deshacer|Es definitivo", reply)
        assert "mensajes" in reply
        assert re.search("correo", reply.lower())
    for reply in variants("erased", a_situation(name="Tomás")):
        assert re.search("borr|elimin", reply)
        assert "Tomás" not in reply
    for reply in variants("erase_kept", a_situation(name="Tomás")):
        assert re.search("no borré nada|se quedan como están", reply)


def test_consent_is_asked_for_and_a_no_is_respected() -> None:
    for reply in variants("consent_ask", a_situation(privacy_url=PRIVACY_URL)):
        assert reply.endswith("Responde *ACEPTO* o *NO ACEPTO*.")
        assert PRIVACY_URL in reply
    for template in ("consent_refused", "consent_reminder"):
        for situation, reply in everything(template):
            assert "*ACEPTO*" in reply.text
            assert not re.search(r"curso|inscr|\$", reply.text)
            assert (situation.adviser_contact or "") in reply.text


def test_the_notice_is_short_and_says_how_to_stop_and_to_erase() -> None:
    for situation, reply in everything("privacy_notice"):
        assert len(reply.text.splitlines()) == 2
        assert len(reply.text) < 250
        for words in ("*BAJA*", "*BORRAR MIS DATOS*", situation.privacy_url or ""):
            assert words in reply.text


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
    '{{ ask("erase", "¿Borro todo?") }}',
    "¿Quién? ¿Yo? ¡Sí!",
    "\u202eaíraM\x00\ud800",
    "x" * 5000,
    "hola " * 500,
    "***",
    "   ",
]


@pytest.mark.parametrize("value", HOSTILE_VALUES)
@pytest.mark.parametrize("template", TEMPLATES)
def test_a_persons_words_cannot_shape_the_reply(template: str, value: str) -> None:
    words = ("name", "topic", "pain", "role", "level", "greeted_as")
    plain = a_situation(courses=(MARKETING, CONTENT), interests=("a",), **dict.fromkeys(words, "a"))
    hostile = replace(plain, interests=(value,), **dict.fromkeys(words, value))  # type: ignore[arg-type]
    unknown = replace(plain, interests=(), **dict.fromkeys(words))  # type: ignore[arg-type]
    expected = unknown if not value.strip("* ") else plain
    for seed in seeds_of(template):
        usual, reply = render(template, expected, seed), render(template, hostile, seed)
        assert reply.question == usual.question
        assert reply.text.count("\n") <= usual.text.count("\n")
        assert reply.text.count("*") == usual.text.count("*")
        assert reply.text.count("?") == usual.text.count("?")
        assert not re.search(r"[_~`{}\x00\u202e\ud800]", reply.text)
        assert len(reply.text) < len(usual.text) + 5 * 62


@pytest.mark.parametrize("value", ["***", " ", "", "\n", "¿?", "_"])
def test_a_value_of_marks_alone_counts_as_unknown(value: str) -> None:
    situation = a_situation(
        name=value, greeted_as=value, topic=value, pain=value, role=value, interests=(value,)
    )
    for template in TEMPLATES:
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
