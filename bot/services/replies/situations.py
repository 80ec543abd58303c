"""What a reply template may speak of, and nothing else."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CourseCard:
    """A course as a reply shows it; every value is already formatted in Spanish.

    ``price`` reads like ``$299 USD``, ``starts`` like ``12 de enero de 2027`` and
    ``duration`` like ``16 horas``. What the catalogue does not say is None or empty, and the
    templates say so instead of guessing. ``outline`` names its sessions in order.
    """

    name: str
    description: str | None = None
    level: str | None = None
    modality: str | None = None
    sessions: str | None = None
    price: str | None = None
    starts: str | None = None
    duration: str | None = None
    purchase_url: str | None = None
    course_url: str | None = None
    reasons: tuple[str, ...] = ()
    bonuses: tuple[str, ...] = ()
    outline: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """Who is being answered and with which facts.

    ``name`` is a first name. ``matched`` is False when nothing in the catalogue is what was
    asked for: ``courses`` then are alternatives. ``topic`` and ``pain`` are the person's own
    words. ``about_one`` says that the conversation is about ``courses[0]`` alone.
    ``catalogue_known`` is False while no course data can be read. ``known_facts`` are
    (label, value) pairs of what is stored on the person.
    """

    school: str
    name: str | None = None
    returning: bool = False
    courses: tuple[CourseCard, ...] = ()
    matched: bool = True
    topic: str | None = None
    about_one: bool = False
    catalogue_known: bool = True
    pain: str | None = None
    role: str | None = None
    adviser_contact: str | None = None
    privacy_url: str | None = None
    known_facts: tuple[tuple[str, str], ...] = ()
