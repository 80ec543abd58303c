"""What somebody looks for: the subjects, what courses should be besides, and what is unknown."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache

from bot.services.catalogue.filters import (
    filter_at,
    filter_words,
    links_to_a_subject,
    money_words,
    price_limit,
    words_for_a_course,
    words_that_ask,
    words_that_break,
)
from bot.services.catalogue.lexicon import Lexicon
from bot.services.catalogue.synonyms import AKIN, SERVED, synonyms
from bot.services.catalogue.words import (
    Phrase,
    data_file,
    lexeme,
    phrase,
    stop_words,
    tokens,
    tsquery,
)
from bot.stores.courses import CourseFilter

_MOST_CONCEPTS, _MOST_WAYS = 8, 6
_CHAT_IN_A_NAME = 0.05
_BESIDE_THE_SUBJECT, _NAMED_AS_A_FILTER, _PART_OF_A_PHRASE = 0.7, 0.3, 0.25
_ENOUGH, _ENOUGH_WITH_NAMED_HEAD = 0.5, 0.4


@dataclass(frozen=True, slots=True)
class Way:
    """A tsquery for a thing, how many courses it finds at most, and how surely it is meant.

    ``kinship`` is 1 for the thing itself and less for what synonyms lead to.
    """

    query: str
    courses: int
    weight: float
    is_evidence: bool = True
    in_names: bool = False
    kinship: float = 1.0


_NO_WAY = Way("", 0, 0.0)


@dataclass(frozen=True, slots=True)
class Concept:
    """One thing that is spoken of, at its place in the text. Without ways no course has it."""

    said: str
    place: int
    ways: tuple[Way, ...]
    share: float = 1.0
    length: int = 1

    @property
    def courses(self) -> int:
        """At most how many courses have it."""
        return max((way.courses for way in self.ways), default=0)

    @property
    def is_taught(self) -> bool:
        """Whether some course has it, and not only something near it."""
        return any(way.is_evidence for way in self.ways)

    @property
    def is_named(self) -> bool:
        """Whether some course has it in its name."""
        return any(way.is_evidence and way.in_names for way in self.ways)


@dataclass(frozen=True, slots=True)
class Query:
    """A text as the search understands it.

    ``subject`` is what it asks for, ``parts`` are the single words of its phrases, ``beside`` is
    what else it speaks of, ``named`` the words of ``wanted``, which may also stand in a course.
    ``answered`` is False when the catalogue has nothing of the subject.
    """

    subject: tuple[Concept, ...] = ()
    parts: tuple[Concept, ...] = ()
    beside: tuple[Concept, ...] = ()
    named: tuple[Concept, ...] = ()
    wanted: CourseFilter = field(default_factory=CourseFilter)
    answered: bool = True

    @property
    def concepts(self) -> tuple[Concept, ...]:
        """Everything that some course has; terms of the probe are numbered by it."""
        return tuple(each for each in self._all if each.ways)

    @property
    def _all(self) -> tuple[Concept, ...]:
        return (*self.subject, *self.parts, *self.beside, *self.named)


@dataclass(frozen=True, slots=True)
class _Word:
    """A word of the text and what it may stand for; several when it is only a beginning."""

    said: str
    meant: tuple[str, ...]
    certainty: float = 1.0


def understand(text: str, lexicon: Lexicon) -> Query:
    """Read ``text`` with the words of the catalogue."""
    price, rest = price_limit(text)
    words = _mended(tokens(rest), lexicon)
    found = _concepts(words, lexicon)
    start = _subject_start(words, found.concepts)
    subject = tuple(concept for concept in found.concepts if concept.place >= start)
    beside = (concept for concept in found.concepts if concept.place < start and concept.ways)
    query = Query(
        subject[:_MOST_CONCEPTS],
        tuple(part for part in found.parts if part.place >= start)[:_MOST_CONCEPTS],
        tuple(replace(each, share=_BESIDE_THE_SUBJECT) for each in beside)[:_MOST_CONCEPTS],
        tuple(found.named)[:_MOST_CONCEPTS],
        price.add_to(found.wanted),
    )
    return replace(query, answered=_is_answered(query, _phrase_end(words, subject), lexicon))


def read_words(text: str, lexicon: Lexicon) -> Query:
    """Every word of ``text`` that tells something, and the filters; none is beside the subject."""
    found = _concepts(_mended(list(dict.fromkeys(tokens(text))), lexicon), lexicon)
    apart = (replace(each, place=10 * number) for number, each in enumerate(found.concepts))
    return Query(tuple(apart), wanted=found.wanted)


def _mended(said: Sequence[str], lexicon: Lexicon) -> list[_Word]:
    words: list[_Word] = []
    for place, word in enumerate(said):
        before = words[-1].said if words else ""
        if before and _is_unknown(word, lexicon) and before + word in lexicon.words:
            words[-1] = _Word(before + word, (before + word,))
        else:
            words.append(_mended_word(word, place == len(said) - 1, lexicon))
    return words


def _mended_word(word: str, is_last: bool, lexicon: Lexicon) -> _Word:
    """A word, or what it was meant to be; a stem may be a whole word's or only a beginning."""
    both = _both_numbers(word, lexicon)
    if both:
        return _Word(word, both)
    is_whole = word in lexicon.words or word in lexicon.aids or synonyms().of((lexeme(word),))
    mended = None if is_whole else lexicon.mend(word, is_last)
    if mended is None:
        return _Word(word, (word,))
    if _is_unknown(word, lexicon):
        return _Word(word, mended.words, mended.certainty)
    return _Word(word, (word, *mended.words), mended.certainty)


def _both_numbers(word: str, lexicon: Lexicon) -> tuple[str, ...]:
    """Singular and plural, where the stemmer parts them: "examen", "exámenes"."""
    other = word.removesuffix("es") if word.endswith("nes") else f"{word}es"
    if not word.endswith(("n", "nes")) or lexeme(other) == lexeme(word):
        return ()
    return tuple(each for each in (word, other) if lexeme(each) in lexicon.lexemes)


def _is_unknown(word: str, lexicon: Lexicon) -> bool:
    known = lexicon.knows(word) or word in stop_words()
    return not known and not synonyms().of((lexeme(word),))


@dataclass(slots=True)
class _Found:
    """What a text speaks of, while it is read."""

    concepts: list[Concept] = field(default_factory=list[Concept])
    parts: list[Concept] = field(default_factory=list[Concept])
    named: list[Concept] = field(default_factory=list[Concept])
    wanted: CourseFilter = field(default_factory=CourseFilter)


def _concepts(words: list[_Word], lexicon: Lexicon) -> _Found:
    """Read the text from left to right; at each place the longest phrase wins."""
    found = _Found()
    meant = [word.meant[0] for word in words]
    place = 0
    while place < len(words):
        concept, length = _longest_phrase(words, place, lexicon)
        filtered = filter_at(meant, place)
        if filtered and filtered.length >= length:
            found.wanted, length = filtered.add_to(found.wanted), filtered.length
        part = _single_concepts(words[place : place + max(length, 1)], place, lexicon)
        found.named += _chat_in_names(words[place : place + 1], place, lexicon)
        if filtered and filtered.length >= length:
            found.named += [replace(each, share=_NAMED_AS_A_FILTER) for each in part]
        elif concept:
            found.concepts.append(concept)
            found.parts += [replace(each, share=_PART_OF_A_PHRASE) for each in part]
        else:
            found.concepts += part
        place += max(length, 1)
    return found


def _longest_phrase(words: list[_Word], place: int, lexicon: Lexicon) -> tuple[Concept | None, int]:
    """The longest phrase of several words that begins at ``place``, and its length or 0."""
    for length in range(min(synonyms().longest, len(words) - place), 1, -1):
        part = words[place : place + length]
        said = phrase(word.meant[0] for word in part)
        if not synonyms().of(said):
            continue
        ways = _ways([(said, min(word.certainty for word in part))], lexicon)
        if ways:
            said_so = " ".join(word.said for word in part)
            return Concept(said_so, place, ways, length=length), length
    return None, 0


def _single_concepts(part: list[_Word], place: int, lexicon: Lexicon) -> list[Concept]:
    """Each word that tells something; chat words and bare numbers do not."""
    concepts: list[Concept] = []
    for offset, word in enumerate(part):
        meant = [each for each in word.meant if not _is_chat(each)]
        if not meant or word.said.isdigit():
            continue
        ways = _ways([((lexeme(each),), word.certainty) for each in meant], lexicon)
        concepts.append(Concept(word.said, place + offset, ways))
    return concepts


def _chat_in_names(part: list[_Word], place: int, lexicon: Lexicon) -> list[Concept]:
    """A word that is no subject may still tell "Excel intensivo" from "Excel"."""
    return [
        Concept(word.said, place, _ways([((lexeme(word.said),), 1.0)], lexicon), _CHAT_IN_A_NAME)
        for word in part
        if word.said in chat_words()
        and word.said not in stop_words()
        and lexeme(word.said) in lexicon.names
    ]


def _is_chat(word: str) -> bool:
    words_of_no_subject = (stop_words(), chat_words(), money_words())
    return len(word) == 1 or any(word in words for words in words_of_no_subject)


def _ways(said: list[tuple[Phrase, float]], lexicon: Lexicon) -> tuple[Way, ...]:
    """Every way to say one of ``said`` that some course uses, the surest first."""
    found: dict[str, Way] = {}
    for words, certainty in said:
        others = ((other.phrase, other.weight) for other in synonyms().of(words))
        for meant, weight in ((words, 1.0), *others):
            for spelling in _spellings(meant):
                way = _way(spelling, weight * certainty, lexicon, weight)
                if way.courses and way.weight > found.get(way.query, _NO_WAY).weight:
                    found[way.query] = way
    ways = sorted(found.values(), key=lambda way: (-way.weight, -way.courses, way.query))
    return tuple(ways[:_MOST_WAYS])


def _way(words: Phrase, weight: float, lexicon: Lexicon, kinship: float) -> Way:
    """What serves somebody is evidence only where a course is named after it."""
    in_names = lexicon.is_in_names(words)
    is_evidence = kinship > SERVED or (kinship > AKIN and in_names)
    courses = lexicon.number_of(words)
    return Way(tsquery(words), courses, weight, is_evidence, in_names, kinship)


def _spellings(said: Phrase) -> tuple[Phrase, ...]:
    """A borrowed word may stand in a course with or without its -s."""
    if len(said) != 1:
        return (said,)
    without = said[0].removesuffix("s")
    return ((without,), (f"{without}s",))


def _subject_start(words: list[_Word], concepts: list[Concept]) -> int:
    """The place after "curso de" or the like, else after the first word that asks for something.

    It does not count when nothing follows it.
    """
    last = max((concept.place for concept in concepts), default=-1)
    asking = [
        place
        for place, word in enumerate(words[: max(last, 0)])
        if any(lexeme(each) in words_that_ask() for each in word.meant)
    ]
    of_courses = (place for place in asking if _is_course_of(words, place))
    return next(of_courses, next(iter(asking), -1)) + 1


def _is_course_of(words: list[_Word], place: int) -> bool:
    named = any(lexeme(each) in words_for_a_course() for each in words[place].meant)
    return named and words[place + 1].said in links_to_a_subject()


def _is_answered(query: Query, phrase_end: int, lexicon: Lexicon) -> bool:
    """Whether the catalogue has the head of the subject, or enough of the rest.

    What nearly every course has is no evidence beside something that none has.
    """
    telling = [
        concept
        for concept in query.subject
        if not (concept.ways and lexicon.is_everywhere(concept.courses))
    ]
    if not telling:
        return bool(query.subject or query.wanted)
    asked = [concept for concept in telling if concept.place < phrase_end] or telling
    known = sum(1 for concept in asked if concept.is_taught) / len(asked)
    return known >= _ENOUGH_WITH_NAMED_HEAD if asked[0].is_named else known > _ENOUGH


def _phrase_end(words: list[_Word], subject: Sequence[Concept]) -> int:
    """Where the words that name the subject end and the story around it begins."""
    first = subject[0].place if subject else 0
    ends = (
        place for place in range(first + 1, len(words)) if words[place].said in words_that_break()
    )
    return next(ends, len(words))


@cache
def chat_words() -> frozenset[str]:
    """Words that say nothing about the subject of a course."""
    return frozenset(data_file("chat_words.txt"))


def aids() -> frozenset[str]:
    """Every word that is understood though no course may have it."""
    return chat_words() | stop_words() | synonyms().words | filter_words()
