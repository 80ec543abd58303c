"""What a reply template may speak of, and nothing else."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SessionCard:
    """One session of a course: its number, title, aim, day in Spanish and what it goes through."""

    number: int
    title: str
    objective: str | None = None
    day: str | None = None
    items: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ElementCard:
    """A video or document of a course, at its address."""

    description: str
    url: str


@dataclass(frozen=True, slots=True)
class CourseCard:
    """A course as a reply shows it; every value is already formatted in Spanish.

    ``price`` reads like ``$299 USD``, ``starts`` like ``12 de enero de 2027``, ``duration`` like
    ``16 horas`` and ``schedule`` like ``los martes a las 19:00``. What the catalogue does not say
    is None or empty, and the templates say so instead of guessing. ``sessions`` is how many there
    are, ``outline`` tells them in order, ``roi`` is the school's own sentence on what the course
    brings. ``session_length`` reads like ``2 horas`` when all sessions last the same. ``solves``
    names sessions that are about the person's trouble, or about what they ask. ``quotes`` are
    (aspect, sentence) pairs from the course's own description; ``said`` speaks of the words of the
    message. ``group_price`` is for all the people who were asked for.
    """

    name: str
    description: str | None = None
    level: str | None = None
    modality: str | None = None
    sessions: str | None = None
    price: str | None = None
    starts: str | None = None
    ends: str | None = None
    duration: str | None = None
    session_length: str | None = None
    schedule: str | None = None
    language: str | None = None
    audience: str | None = None
    roi: str | None = None
    purchase_url: str | None = None
    course_url: str | None = None
    group_price: str | None = None
    is_upcoming: bool = False
    reasons: tuple[str, ...] = ()
    bonuses: tuple[str, ...] = ()
    outline: tuple[SessionCard, ...] = ()
    elements: tuple[ElementCard, ...] = ()
    solves: tuple[SessionCard, ...] = ()
    quotes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """Who is being answered and with which facts.

    ``name`` is a first name; ``greeted_as`` one that is only guessed, for a first hello.
    ``matched`` is False when nothing in the catalogue is what was asked for: ``courses`` then are
    alternatives. ``topic`` and ``pain`` are the person's own words. ``about_one`` says that the
    conversation is about ``courses[0]`` alone. ``basis`` tells how the courses were chosen among
    others: ``compared``, a key of ``[most]`` in references.toml such as ``cheapest``, or the same
    with ``than_`` in front when it is meant against ``current``, the course under discussion, to
    which ``courses`` then are alternatives, perhaps none. ``catalogue_known`` is False while no
    course data can be read.

    ``asked`` are the aspects of the intent that the message names (bot/data/intents/aspects.toml),
    ``details`` and ``prices`` those of COURSE_DETAILS and PRICE_INQUIRY whatever the intent;
    ``session`` is the number of a session that is asked for, ``people`` how many should take part.
    ``known_facts`` are (label, value) pairs of what is stored on the person, ``learnt`` those that
    this message told. ``definition`` explains a term that was asked for. ``options`` are what the
    bot may have been asked for, when it is not sure.
    """

    school: str
    name: str | None = None
    greeted_as: str | None = None
    returning: bool = False
    courses: tuple[CourseCard, ...] = ()
    matched: bool = True
    topic: str | None = None
    about_one: bool = False
    basis: str | None = None
    current: CourseCard | None = None
    catalogue_known: bool = True
    asked: tuple[str, ...] = ()
    details: tuple[str, ...] = ()
    prices: tuple[str, ...] = ()
    session: int | None = None
    people: int | None = None
    pain: str | None = None
    role: str | None = None
    level: str | None = None
    email: str | None = None
    interests: tuple[str, ...] = ()
    learnt: tuple[tuple[str, str], ...] = ()
    known_facts: tuple[tuple[str, str], ...] = ()
    definition: str | None = None
    options: tuple[str, ...] = ()
    adviser_contact: str | None = None
    adviser_hours: str | None = None
    school_address: str | None = None
    privacy_url: str | None = None
    retention_days: int | None = None
