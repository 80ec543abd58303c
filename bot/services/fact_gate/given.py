"""The facts that a reply may tell: those of the courses found, of the school, of the person."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from uuid import UUID

Fact = str | tuple[str, ...]
Facts = Mapping[str, Fact]

PRICE = "precio"
PRICES = (PRICE, "precio_grupo")
STARTS, ENDS, SESSION_LENGTH, DURATION = (
    "inicio",
    "fin",
    "duracion_de_cada_sesion",
    "duracion_total",
)
BONUSES = "bonos"
LEVEL, MODALITY, LANGUAGE = "nivel", "modalidad", "idioma"


@dataclass(frozen=True, slots=True)
class GivenSession:
    """A session of a course; ``day`` reads like ``12 de enero de 2027``."""

    number: int
    title: str
    day: str | None


@dataclass(frozen=True, slots=True)
class GivenCourse:
    """A course under the short ``id`` that the model is given; facts by their Spanish label."""

    id: str
    id_course: UUID
    name: str
    facts: Facts
    sessions: tuple[GivenSession, ...] = ()


@dataclass(frozen=True, slots=True)
class Given:
    """Everything that one reply may speak of.

    ``person`` is what is known of the lead, ``message`` what they wrote now: words of both may be
    repeated to them, but prove nothing about a course. ``definition`` explains a term that was
    asked for.
    """

    school: Facts
    courses: tuple[GivenCourse, ...] = ()
    person: Facts = field(default_factory=dict[str, Fact])
    message: str = ""
    definition: str | None = None


def texts(facts: Facts) -> Iterator[str]:
    """Every text among ``facts``."""
    for value in facts.values():
        yield from (value,) if isinstance(value, str) else value
