"""Which course a sentence speaks of, and names that stand nowhere in the facts."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from bot.services.catalogue.words import lexeme, stop_words
from bot.services.fact_gate.given import Given, GivenCourse, texts
from bot.services.fact_gate.reading import Text, words
from bot.services.fact_gate.rules import rules
from bot.services.spanish import mirror, number_words

_CAPITALISED = re.compile(r"(?<!\w)[^\W\d_](?:[\w+#-]|\.(?=\w))*")
_BEGINS_SENTENCE = re.compile(r"(?:^|[.!?…\n;¿¡(«\"“]|[^\w\s,:&/'’%$)*_-])[\s*_¿¡«\"“•▪·>-]*$")
_KINDS_OF_COURSE = (
    r"cursos?|talleres|taller|diplomados?|programas?|bootcamps?|especializacion(?:es)?"
    r"|masterclass(?:es)?|webinars?|maestrias?|certificacion(?:es)?"
)
_SUBJECT = r"([^.,;:!?()\n]{2,60})"
_ABOUT = re.compile(
    rf"\b(?:{_KINDS_OF_COURSE})\b(?:\s(?!(?:de|del|sobre|para|en|es|esta|son|sirve)\b)\w+)?\s"
    rf"(?:de|del|sobre|para|en|llamado|que se llama)\s(?!(?:tus?|ti|mis?|ustedes)\b){_SUBJECT}"
    r"|\b(?:el|los|uno|otro) (?:de|del|para|sobre)\s"
    rf"(?!(?:l[oa]s|ellos|estos|ti|sus?|tus?|mis?|nuestr[oa]s)\b){_SUBJECT}"
)
_PLACES = {"prim": 0, "segu": 1, "terc": 2, "1": 0, "2": 1, "3": 2}
_PLACE = re.compile(
    r"\b(?:el|la|del|al) (primer[oa]?|segund[oa]|tercer[oa]?|otr[oa])\b"
    r"(?! (?:sesion|clase|dia|mes))"
    r"|\b(?:la )?opcion (1|2|3)\b"
)
_KIND_BEFORE = re.compile(
    rf"(?:\b(?:{_KINDS_OF_COURSE})\b(?: (?:de|del|en|para|sobre))?|[*\"«“]) ?$"
)
_POINTED_AT = re.compile(
    r"(?:\b(?:el|los|un|uno|curso|taller|cursos) (?:de |del |para |en |sobre )?|[*\"«“])$"
)
_OF_WHAT_FOLLOWS = re.compile(r"(?: (?:de|del|para|por|en|el|la|curso|taller)\b)+ ?[*_«\"]*")
_EMPHASISED = re.compile(r"(?<!\w)[*\"«“](?=\S)([^*\"»”\n]{4,80})(?<=\S)[*\"»”](?!\w)")
_LEAST_LETTERS, _NEAR, _TWO = 3, 4, 2
_LEAST_LETTERS_IN_SHORT = 4


@dataclass(frozen=True, slots=True)
class Mention:
    """A course is named here; ``place`` is its index among the given ones."""

    start: int
    place: int


def mentions(text: Text, courses: Sequence[GivenCourse]) -> list[Mention]:
    """Where which course is named: by its name, a telling word of it, or its place in a list."""
    found = [
        Mention(start, place)
        for place, pattern in enumerate(_patterns(courses))
        for start in _named(text, pattern)
    ]
    found.sort(key=lambda mention: mention.start)
    return sorted([*found, *_by_place(text, found)], key=lambda mention: mention.start)


def _patterns(courses: Sequence[GivenCourse]) -> Iterator[re.Pattern[str]]:
    """What tells each course from the others: its words that no other has."""
    names = [_content(mirror(course.name)) for course in courses]
    count = Counter(word for name in names for word in set(name))
    for course, name in zip(courses, names, strict=True):
        own = sorted({word for word in name if count[word] == 1}, key=len, reverse=True)
        # Long words also by their beginning: "abogados" as "abogado".
        stems = [re.escape(word[: max(5, len(word) - 2)]) + r"\w{0,3}" for word in own]
        full = re.escape(mirror(course.name))
        yield re.compile(rf"(?P<full>{full})|\b(?:{'|'.join(stems) or '(?!)'})\b")


def _named(text: Text, pattern: re.Pattern[str]) -> Iterator[int]:
    for match in pattern.finditer(text.plain):
        start = match.start()
        is_capital = text.shown[start].isupper() and not _begins_sentence(text, start)
        if (
            match["full"]
            or is_capital
            or _POINTED_AT.search(text.plain[max(0, start - 16) : start])
        ):
            yield start


def _by_place(text: Text, found: Sequence[Mention]) -> Iterator[Mention]:
    order = list(dict.fromkeys(mention.place for mention in found))
    for match in _PLACE.finditer(text.plain):
        before = [mention for mention in found if mention.start < match.start()]
        if len(order) < _TWO or not before:
            continue
        word = match[1] or match[2]
        if word.startswith("otr"):
            others = [place for place in order if place != before[-1].place]
            yield Mention(match.start(), others[0])
        elif (place := _PLACES[word[:4]]) < len(order):
            yield Mention(match.start(), order[place])


def spoken_of(position: int, end: int, text: Text, found: Sequence[Mention]) -> int | None:
    """The course that what is said at ``position`` is about; None if that is not clear.

    Within a sentence a claim belongs to the course named before it, or, where the sentence
    begins with a claim ("por $299 tienes el de ventas"), to the one named after it; always to
    the latter in "$149 USD de *Ventas con IA*". Else the course that was named last counts.
    """
    after = _OF_WHAT_FOLLOWS.match(text.plain, end)
    if after:
        follows = [
            each
            for each in found
            if 0 <= each.start - after.end() < _NEAR or end < each.start < after.end()
        ]
        if follows:
            return follows[0].place
    start, stop = text.sentence_at(position)
    here = [mention for mention in found if start <= mention.start < stop]
    before = [mention for mention in here if mention.start <= position]
    if before:
        return before[-1].place
    if here:
        return here[0].place
    earlier = [mention for mention in found if mention.start < position]
    return earlier[-1].place if earlier else None


def unknown_names(
    text: Text, given: Given, known: set[str], masked: Sequence[tuple[int, int]]
) -> Iterator[str]:
    """Names, of courses, people, schools or tools, that the facts do not have.

    ``known`` are the lexemes of the facts, ``masked`` spans that were looked at as claims of
    another kind.
    """
    of_courses = known - (_lexemes(texts(given.school)) - _lexemes(_course_texts(given)))
    said = {lexeme(word) for word in words(mirror(given.message))}
    for match in _CAPITALISED.finditer(text.shown):
        word, start = match[0], match.start()
        if not word[0].isupper() or len(word) == 1 or any(a <= start < b for a, b in masked):
            continue
        if _begins_sentence(text, start) and not word[1:2].isupper():
            continue
        if text.is_asked(start) and not _KIND_BEFORE.search(text.plain[:start]):
            continue
        if _is_known(word, of_courses if _is_of_a_course(text, start) else known):
            continue
        if (_was_said(word, said) and _is_theirs(text, start)) or _is_short_for(word, given):
            continue
        yield word
    yield from _unknown_subjects(text, known, said)
    yield from _unknown_titles(text, given)


def _unknown_titles(text: Text, given: Given) -> Iterator[str]:
    """Titles whose words are all known, but stand together nowhere: a course that is made up."""
    facts = [*texts(given.school), *texts(given.person), *_course_texts(given)]
    for match in _EMPHASISED.finditer(text.shown):
        capitals = [word for word in _CAPITALISED.findall(match[1]) if word[0].isupper()]
        title = {lexeme(word) for word in _content(mirror(match[1])) if not word.isdigit()}
        if len(capitals) >= _TWO and not any(title <= _kept_lexemes(fact) for fact in facts):
            yield match[1]


def _is_known(word: str, known: set[str]) -> bool:
    return all(lexeme(part) in known for part in words(mirror(word)) if not part.isdigit())


def _was_said(word: str, said: set[str]) -> bool:
    """Whether the person named it, perhaps in short: "insta" for Instagram."""
    plain = mirror(word)
    return _is_known(word, said) or any(
        plain.startswith(each) or each.startswith(plain[:_LEAST_LETTERS_IN_SHORT])
        for each in said
        if len(each) >= _LEAST_LETTERS_IN_SHORT
    )


def _is_short_for(word: str, given: Given) -> bool:
    """Whether it is how people call somebody of the person's name: Cata for Catalina."""
    name = mirror(str(given.person.get("nombre", "")))
    return len(word) >= _LEAST_LETTERS and name.startswith(mirror(word))


def _is_of_a_course(text: Text, position: int) -> bool:
    """Whether a place that is named is where a course is taught, not where the school is."""
    sentence, cues = text.sentence_text(position), rules().cues
    return bool(cues["of_a_course"].search(sentence) and not cues["of_the_team"].search(sentence))


def _unknown_subjects(text: Text, known: set[str], said: set[str]) -> Iterator[str]:
    """What "un curso de …" is said to be of."""
    for match in _ABOUT.finditer(text.plain):
        start = match.start(1) if match[1] else match.start(2)
        subject = rules().cues["ends_subject"].split(match[1] or match[2])[0]
        content = [word for word in _content(subject) if lexeme(word) not in known]
        is_said = {lexeme(each) for each in content} <= said
        if content and not (is_said and _echoes(text, match.start())) and not text.is_denied(start):
            yield content[0]


def _is_theirs(text: Text, position: int) -> bool:
    """Whether a name that the person used is given back, and not told of a course."""
    sentence, cues = text.sentence_text(position), rules().cues
    tells_of_a_course = cues["tells_of_a_course"].search(sentence)
    return (
        not tells_of_a_course
        or bool(cues["given_back"].search(sentence))
        or text.is_denied(position)
    )


def _echoes(text: Text, position: int) -> bool:
    """Whether the sentence gives the person's own words back, denies, or leaves open."""
    return bool(rules().echoing.search(text.sentence_text(position))) or text.is_denied(position)


def known_words(given: Given) -> set[str]:
    """The lexemes of every word in the facts, and of those that need none."""
    personal = {lexeme(word) for text in texts(given.person) for word in words(mirror(text))}
    lasting = [*texts(given.school), given.definition or "", *_course_texts(given)]
    return _lexemes(lasting) | personal | _general_words()


@cache
def _general_words() -> frozenset[str]:
    general = rules().words["names"] | rules().words["of_any_course"]
    return frozenset(lexeme(word) for word in general)


def _course_texts(given: Given) -> Iterator[str]:
    for course in given.courses:
        yield course.name
        yield from texts(course.facts)


def _lexemes(told: Iterable[str]) -> set[str]:
    return set[str]().union(*map(_kept_lexemes, told))


@lru_cache(maxsize=4096)
def _kept_lexemes(text: str) -> frozenset[str]:
    return frozenset(lexeme(word) for word in words(mirror(text)))


def _content(plain: str) -> list[str]:
    """The words that tell something, without those that any course's name may have."""
    dull = stop_words() | rules().words["of_any_course"] | number_words()
    return [word for word in words(plain) if len(word) >= _LEAST_LETTERS and word not in dull]


def _begins_sentence(text: Text, start: int) -> bool:
    return bool(_BEGINS_SENTENCE.search(text.shown[max(0, start - 12) : start]))
