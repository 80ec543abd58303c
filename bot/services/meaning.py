"""What a message means in its conversation: "sí", "2" and "¿y en línea?" mean what came before."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from bot.models.context import Context, Question
from bot.models.understanding import Aspect, Facts, Intent, Reading
from bot.services import catalogue
from bot.services.references import Reference, bare_number, read_reference, session_number
from bot.services.short_answers import yes_or_no

UNSURE = 0.4
"""Below so much confidence the bot asks what was meant."""

_CLEAR = 0.75
_CERTAIN = 0.9
_BARE, _FEW_WORDS, _SOME_WORDS = 4, 8, 16
_OFFERED = 2
_WORDS = re.compile(r"\w")
_ABOUT_A_COURSE = (Intent.BUYING_SIGNALS, Intent.PRICE_INQUIRY, Intent.COURSE_DETAILS)
_SAY_NOTHING_OF_A_COURSE = frozenset(
    {Intent.EXPLORATION, Intent.COURTESY, Intent.GENERAL_QUESTION, Intent.OFF_TOPIC}
)
_NO_SUBJECT = frozenset({Intent.OFF_TOPIC, Intent.GENERAL_QUESTION, Intent.GREETING})
"""What a bare "excel" is taken for when nobody asked for a subject."""

_NEVER_DETAILS = frozenset(
    {
        Intent.OPT_OUT,
        Intent.PRIVACY_REQUEST,
        Intent.CONTACT_REQUEST,
        Intent.BUYING_SIGNALS,
        Intent.PRICE_INQUIRY,
        Intent.OBJECTION_TIME,
    }
)
_MAY_BE_A_TROUBLE = frozenset(
    {
        Intent.OBJECTION_TRUST,
        Intent.OBJECTION_VALUE,
        Intent.OBJECTION_PRICE,
        Intent.GENERAL_QUESTION,
        Intent.OFF_TOPIC,
        Intent.GREETING,
        Intent.COURTESY,
    }
)
_NOT_OFFERED = frozenset({Intent.GREETING, Intent.COURTESY, Intent.OFF_TOPIC, Intent.OPT_OUT})


@dataclass(frozen=True, slots=True)
class Meaning:
    """What one message asks for, where it points, and the template that answers it.

    ``aspects`` are the single things that it wants to know, ``options`` what it may have meant.
    ``forgets`` says that the person confirmed the erasure of their data, ``declines`` that they
    turned down what the bot offered. With ``noted_as`` the reply is logged under that intent: a
    thumb is answered as the "sí" that it is, and is still no request in words.
    """

    intent: Intent
    confidence: float
    template: str
    reference: Reference = field(default_factory=Reference)
    aspects: tuple[Aspect, ...] = ()
    options: tuple[Intent, ...] = ()
    forgets: bool = False
    declines: bool = False
    noted_as: Intent | None = None

    def asks(self, intent: Intent) -> tuple[str, ...]:
        """The aspects of ``intent`` that the message names."""
        return tuple(aspect.name for aspect in self.aspects if aspect.intent is intent)


@dataclass(frozen=True, slots=True)
class _Message:
    """A message with what was read in it, and where the conversation stands."""

    text: str
    reading: Reading
    facts: Facts
    context: Context
    reference: Reference

    @property
    def words(self) -> int:
        return len(self.text.split())


def meaning_of(text: str, reading: Reading, facts: Facts, context: Context) -> Meaning:
    """What ``text`` means where the conversation stands."""
    found = _to_a_number(text, context) or _to_a_question(text, reading, context)
    return found or _in_words(_Message(text, reading, facts, context, read_reference(text)))


def _plain(intent: Intent, confidence: float, reading: Reading | None = None) -> Meaning:
    return Meaning(intent, confidence, intent.lower(), aspects=reading.aspects if reading else ())


def _to_a_number(text: str, context: Context) -> Meaning | None:
    """The second of what was offered, or of the courses shown, for "2"."""
    number = bare_number(text)
    if number is None:
        return None
    if context.asked is Question.CLARIFY:
        offered = context.options[number - 1 : number]
        return _plain(Intent(offered[0]), 1.0) if offered else None
    if number > len(context.shown):
        return None
    return replace(_plain(_asked_of_a_course(context), 1.0), reference=Reference(place=number))


def _asked_of_a_course(context: Context) -> Intent:
    """What was being talked about before a course was chosen; else its details."""
    asked = (intent for intent in _ABOUT_A_COURSE if intent == context.intent)
    return next(asked, Intent.COURSE_DETAILS)


def _to_a_question(text: str, reading: Reading, context: Context) -> Meaning | None:
    """A bare yes or no to what the bot asked last."""
    answer = yes_or_no(text)
    if answer is None or context.asked is None:
        return None
    if context.asked is Question.ERASE:
        return _to_the_erasure(answer)
    if not answer:
        return Meaning(Intent.COURTESY, 1.0, "declined", declines=True)
    meant = _AGREED.get(context.asked) or _chosen(context)
    if context.asked is Question.CLARIFY and context.options:
        meant = _plain(Intent(context.options[0]), 1.0)
    # A thumb is answered as a yes, and noted as what it is.
    return meant if _WORDS.search(text) else replace(meant, noted_as=reading.intent)


def _to_the_erasure(agrees: bool) -> Meaning:
    template = "erased" if agrees else "erase_kept"
    return Meaning(Intent.PRIVACY_REQUEST, 1.0, template, forgets=agrees)


def _chosen(context: Context) -> Meaning:
    """A yes to a list: the one course on it, or the question which."""
    if len(context.shown) > 1:
        return Meaning(_asked_of_a_course(context), 1.0, "which")
    first = Reference(place=1) if context.shown else Reference(is_same=True)
    return replace(_plain(_asked_of_a_course(context), 1.0), reference=first)


_THIS_ONE = Reference(is_same=True)
_SYLLABUS = (Aspect(Intent.COURSE_DETAILS, "syllabus"),)
_TELL_ME = Meaning(Intent.COURTESY, 1.0, "tell_me")
_AGREED: dict[Question, Meaning] = {
    Question.DETAILS: replace(_plain(Intent.COURSE_DETAILS, 1.0), reference=_THIS_ONE),
    Question.SYLLABUS: replace(
        _plain(Intent.COURSE_DETAILS, 1.0), reference=_THIS_ONE, aspects=_SYLLABUS
    ),
    Question.ENROL: replace(_plain(Intent.BUYING_SIGNALS, 1.0), reference=_THIS_ONE),
    Question.OPTIONS: _plain(Intent.EXPLORATION, 1.0),
    Question.CHEAPER: replace(
        _plain(Intent.EXPLORATION, 1.0), reference=Reference(most="cheapest", is_relative=True)
    ),
    Question.SHORTER: replace(
        _plain(Intent.EXPLORATION, 1.0), reference=Reference(most="shortest", is_relative=True)
    ),
    Question.ADVISER: _plain(Intent.CONTACT_REQUEST, 1.0),
    Question.NEED: _TELL_ME,
    Question.FACT: _TELL_ME,
}


def _in_words(message: _Message) -> Meaning:
    """What the message says by itself, corrected by what it goes on about."""
    reading = message.reading
    corrected = (correct(message) for correct in _CORRECTIONS)
    intent = next((each for each in corrected if each), reading.intent)
    meaning = replace(_plain(intent, reading.confidence, reading), reference=message.reference)
    meaning = replace(meaning, aspects=reading.aspects or _aspects_before(message))
    if intent is Intent.PRIVACY_REQUEST and "erase" in meaning.asks(intent):
        return replace(meaning, template="erase_confirm")
    return _unsure(meaning, message) if intent is reading.intent else meaning


def _about_my_data(message: _Message) -> Intent | None:
    """Reads "¿y con quién los comparten?" as still about the person's data."""
    goes_on = message.context.intent == Intent.PRIVACY_REQUEST and message.words <= _FEW_WORDS
    asks = message.reading.asks(Intent.PRIVACY_REQUEST)
    return Intent.PRIVACY_REQUEST if goes_on and asks else None


def _another_session(message: _Message) -> Intent | None:
    """Reads "¿y en la 7?" after a session was told."""
    asked_before = "session" in message.context.details and message.words <= _FEW_WORDS
    is_number = asked_before and session_number(message.text, is_sure=True)
    return Intent.COURSE_DETAILS if is_number else None


def _the_chosen_one(message: _Message) -> Intent | None:
    """Reads "el de ventas" or "el segundo" and nothing else, after a list or a course."""
    reference, context, reading = message.reference, message.context, message.reading
    names_one = any(map(catalogue.is_course_name, reference.names))
    picks = (reference.place and context.shown) or names_one or reference.is_other
    if not picks or reading.aspects or message.words > _FEW_WORDS:
        return None
    says_nothing = reading.intent in _SAY_NOTHING_OF_A_COURSE or reading.confidence < _CLEAR
    if (
        not says_nothing
        or reference.compares
        or reference.most
        or message.reference.asks_whether_it_suits
    ):
        return None
    return _asked_of_a_course(context)


def _details_of_the_course(message: _Message) -> Intent | None:
    """Reads "¿tiene algo en persona?" as said of the course at hand."""
    reading, reference = message.reading, message.reference
    elsewhere = reference.names or reference.wants_others or reference.compares
    asks = reading.asks(Intent.COURSE_DETAILS)
    if not (message.context.course and asks) or elsewhere or message.words > _SOME_WORDS:
        return None
    if reading.intent is Intent.EXPLORATION and not reference.most:
        return Intent.COURSE_DETAILS
    is_open = reading.confidence < _CLEAR and reading.intent not in _NEVER_DETAILS
    return Intent.COURSE_DETAILS if is_open else None


def _details_of_a_named_course(message: _Message) -> Intent | None:
    """Reads "cuéntame del de liderazgo" as asking for one course, if it is there."""
    reading, names = message.reading, message.reference.names
    is_short = message.words <= _SOME_WORDS
    if reading.intent is not Intent.EXPLORATION or len(names) != 1 or not is_short:
        return None
    reference = message.reference
    if reference.most or reference.compares or reference.wants_others:
        return None
    suits = message.reference.asks_whether_it_suits
    return Intent.COURSE_DETAILS if catalogue.is_course_name(names[0]) and not suits else None


def _price_with_the_rest(message: _Message) -> Intent | None:
    """Price beats details."""
    asks_price = "price" in message.reading.asks(Intent.PRICE_INQUIRY)
    is_details = message.reading.intent is Intent.COURSE_DETAILS
    return Intent.PRICE_INQUIRY if is_details and asks_price else None


def _what_troubles(message: _Message) -> Intent | None:
    """A trouble that is told, where nothing else is sure."""
    reading = message.reading
    told = message.facts.pain_points and reading.confidence < _CLEAR
    return Intent.AUTOMATION_NEED if told and reading.intent in _MAY_BE_A_TROUBLE else None


def _more_than_a_hello(message: _Message) -> Intent | None:
    """Any request in the same message beats the greeting and the thanks."""
    guesses = message.reading.ranked
    is_polite = guesses[0].intent in {Intent.GREETING, Intent.COURTESY}
    if not is_polite or guesses[0].confidence >= _CERTAIN:
        return None
    if "?" not in message.text and not catalogue.is_taught(message.text):
        return None
    others = (each.intent for each in guesses[1:] if each.intent not in _NOT_OFFERED)
    return next(others, Intent.EXPLORATION)


def _bare_subject(message: _Message) -> Intent | None:
    """Reads a bare "excel", after the bot asked what is looked for."""
    reading = message.reading
    asked = message.context.asked is not None and message.words <= _BARE
    is_open = reading.intent in _NO_SUBJECT and reading.confidence < _CLEAR
    if not asked or not is_open or reading.aspects:
        return None
    return Intent.EXPLORATION if catalogue.is_taught(message.text) else None


_CORRECTIONS: tuple[Callable[[_Message], Intent | None], ...] = (
    _about_my_data,
    _another_session,
    _the_chosen_one,
    _details_of_the_course,
    _details_of_a_named_course,
    _price_with_the_rest,
    _what_troubles,
    _more_than_a_hello,
    _bare_subject,
)


def _aspects_before(message: _Message) -> tuple[Aspect, ...]:
    """What "¿y el de excel?" wants to know: the same as was asked of the course before."""
    if message.words > _FEW_WORDS or not message.context.details:
        return ()
    points = message.reference.names or message.reference.place or message.reference.is_other
    if not points and not session_number(message.text, is_sure=True):
        return ()
    return tuple(Aspect(Intent.COURSE_DETAILS, name) for name in message.context.details)


def _unsure(meaning: Meaning, message: _Message) -> Meaning:
    """Offers what the message may have meant, if there are two such things."""
    reading = message.reading
    if reading.confidence >= UNSURE or reading.aspects or message.reference.points_back:
        return meaning
    likely = [guess.intent for guess in reading.ranked if guess.intent not in _NOT_OFFERED]
    if len(likely) < _OFFERED or catalogue.is_taught(message.text):
        return meaning
    return replace(meaning, template="clarify", options=tuple(likely[:_OFFERED]))
