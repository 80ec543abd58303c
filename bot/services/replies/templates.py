"""The reply templates: loaded and compiled once, then filled with safe values."""

import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import StrictUndefined, Template
from jinja2.runtime import Macro
from jinja2.sandbox import SandboxedEnvironment

from bot.errors import BotError
from bot.models.context import Question
from bot.services.replies.situations import CourseCard, Situation
from bot.services.replies.values import safe, safe_card

_FOLDER = Path(__file__).parents[2] / "data" / "replies"
_SHARED = "_*.txt"
_BETWEEN_VARIANTS = re.compile(r"^---[ \t]*$\n?", re.MULTILINE)
_COMMENTS_AT_THE_TOP = re.compile(r"\A(?:[ \t]*(?:#[^\n]*)?\n)*")
_SPACE_AT_LINE_ENDS = re.compile(r"^[ \t]+|[ \t]+$", re.MULTILINE)
_EMPTY_LINES = re.compile(r"\n{3,}")
# "y" becomes "e" before the sound of "i", as in "Excel e IA", but not in "y hierro".
_SOUNDS_LIKE_I = re.compile(r"\W*h?[ií](?!e)", re.IGNORECASE)


class UnknownTemplateError(BotError, KeyError):
    """There is no reply template of that name."""

    # KeyError would show the message in quotation marks.
    __str__ = BotError.__str__


@dataclass(frozen=True, slots=True)
class Rendered:
    """A reply in its parts: what is said, and the question at its end, with what it asks."""

    body: str
    ending: str = ""
    question: Question | None = None

    @property
    def text(self) -> str:
        """Both, as they are sent."""
        return _tidy(f"{self.body}\n\n{self.ending}")


@dataclass(slots=True)
class _Ending:
    """The question that a template asks while it is rendered; the last one counts."""

    question: Question | None = None
    words: list[str] = field(default_factory=list[str])

    def ask(self, kind: str, words: str) -> str:
        """Put ``words`` at the end of the reply; ``kind`` is what a "sí" to it means."""
        self.question, self.words = Question(kind), [words]
        return ""


def render(template: str, situation: Situation, seed: str, avoid: str | None = None) -> Rendered:
    """Write the reply that ``template`` holds for this situation.

    ``template`` is the name of a file of ``bot/data/replies`` without its extension: an intent
    in lower case ("exploration") or a situation ("voice"). ``seed`` chooses among the file's
    variants, always the same one; a variant that reads like ``avoid`` gives way to the next.
    UnknownTemplateError is raised when there is no such file.
    """
    variants = _library().get(template)
    if variants is None:
        raise UnknownTemplateError(f"There is no reply template named {template!r}.")
    chosen = zlib.crc32(f"{template}/{seed}".encode(errors="replace")) % len(variants)
    context = _context(safe(situation))
    in_turn = (_fill(each, context) for each in _from(variants, chosen))
    first = next(in_turn)
    if first.text != avoid:
        return first
    return next((each for each in in_turn if each.text != avoid), first)


def _from(variants: Sequence[Template], chosen: int) -> Iterator[Template]:
    yield from variants[chosen:]
    yield from variants[:chosen]


def _fill(variant: Template, context: dict[str, Any]) -> Rendered:
    ending = _Ending()
    body = _tidy(variant.render(context, ask=ending.ask))
    return Rendered(body, _tidy(" ".join(ending.words)), ending.question)


@cache
def version(template: str) -> str:
    """The template's name with a mark of its text: what somebody was shown can be told later."""
    text = _body(_FOLDER / f"{template}.txt")
    return f"{template}@{zlib.crc32(text.encode()):08x}"


def write_courses(block: str, courses: Sequence[CourseCard]) -> str:
    """Write ``courses`` by one of the shared blocks of ``_courses.txt`` ("course_list")."""
    return _tidy(str(_macros(_environment())[block]([safe_card(course) for course in courses])))


def _tidy(text: str) -> str:
    return _EMPTY_LINES.sub("\n\n", _SPACE_AT_LINE_ENDS.sub("", text)).strip()


def _context(situation: Situation) -> dict[str, Any]:
    """Give templates the situation's fields, and short names for what most of them ask."""
    name = situation.name
    stated = {field.name: getattr(situation, field.name) for field in fields(situation)}
    return stated | {
        "comma_name": f", {name}" if name else "",
        "single": len(situation.courses) == 1,
        "focus": _focus(situation),
        # A reply that greets by name must not say in its next line that no name is stored.
        "known_facts": situation.known_facts or ((("Nombre", name),) if name else ()),
    }


def _focus(situation: Situation) -> CourseCard | None:
    """Return the one course a reply is about, if it is about one."""
    if not (situation.catalogue_known and situation.matched and situation.courses):
        return None
    if situation.about_one or len(situation.courses) == 1:
        return situation.courses[0]
    return None


@cache
def _library() -> dict[str, list[Template]]:
    environment, macros = _environment(), _macros(_environment())
    shared = set(_FOLDER.glob(_SHARED))
    return {
        path.stem: [environment.from_string(text, globals=macros) for text in _variants(path)]
        for path in sorted(_FOLDER.glob("*.txt"))
        if path not in shared
    }


@cache
def _environment() -> SandboxedEnvironment:
    return SandboxedEnvironment(
        undefined=StrictUndefined, autoescape=False, trim_blocks=True, lstrip_blocks=True
    )


@cache
def _macros(environment: SandboxedEnvironment) -> dict[str, Any]:
    """What every template may use; of the shared files, each may use those before it."""
    known: dict[str, Any] = {"listed": _listed}
    for path in sorted(_FOLDER.glob(_SHARED)):
        module = environment.from_string(_body(path), globals=dict(known)).module
        known |= {name: value for name, value in vars(module).items() if isinstance(value, Macro)}
    return known


def _variants(path: Path) -> list[str]:
    return [variant for variant in _BETWEEN_VARIANTS.split(_body(path)) if variant.strip()]


def _body(path: Path) -> str:
    return _COMMENTS_AT_THE_TOP.sub("", path.read_text(encoding="utf-8"))


def _listed(items: Iterable[str], mark: str = "") -> str:
    """Join as Spanish does, ``A, B y C``, each item between two ``mark`` if one is given."""
    *others, last = items
    marked_last = f"{mark}{last}{mark}"
    if not others:
        return marked_last
    conjunction = "e" if _SOUNDS_LIKE_I.match(last) else "y"
    return f"{', '.join(f'{mark}{item}{mark}' for item in others)} {conjunction} {marked_last}"
