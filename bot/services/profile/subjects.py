"""The subjects the writer wants to learn, has learned, or does not want."""

import re
from collections.abc import Iterator

from bot.services import spanish
from bot.services.profile.cues import pattern
from bot.services.profile.reading import Found, Reading

_JOINT = re.compile(r"\s*,\s*(?:y\s+|e\s+)?(?:tambien\s+)?|\s+(?:y|e|and|ni)\s+(?:tambien\s+)?")
# A comma ends a span, unless what follows goes on with the list.
_SPAN_END = re.compile(r"[.?!;:()\n¿|\"]|\s[-–—]\s|,|$")
_LONGEST_ITEM = 60


def find_interests(reading: Reading, others: tuple[Found, ...], is_card: bool) -> tuple[str, ...]:
    """Return what the writer wants to learn, without the spans of `others`.

    A subject that stands alone between commas counts in a card of the writer.
    """
    found: list[Found] = []
    for key in ("cues", "tasks", "direct"):
        for cue in reading.matches("interests", key):
            if reading.is_earnest(cue):
                found += _items(reading, reading.skip(cue.end(), " :"), key)
    found += _in_front(reading)
    if not found and is_card:
        found += _alone(reading)
    return values(_apart(found, others))


def find_taken(reading: Reading) -> tuple[Found, ...]:
    """Return the courses or subjects the writer has had."""
    return _subjects_after(reading, "taken")


def find_refused(reading: Reading) -> tuple[Found, ...]:
    """Return the subjects the writer does not want."""
    found = list(_subjects_after(reading, "refused"))
    for cue in reading.matches("interests", "refused_after"):
        start = _clause_start(reading, cue.start())
        span = _trimmed(reading, start, cue.start())
        if span and _is_subject(span.value):
            found.append(span)
    return tuple(_apart(found, ()))


def values(found: list[Found]) -> tuple[str, ...]:
    """Return the texts of `found`, each once, in the order they stand in."""
    ordered = sorted(found, key=lambda each: each.start)
    return tuple(dict.fromkeys(each.value for each in ordered))


def _subjects_after(reading: Reading, key: str) -> tuple[Found, ...]:
    found: list[Found] = []
    for cue in reading.matches("interests", key):
        if reading.is_unreal(cue.start(), cue.end()):
            continue
        found += _items(reading, reading.skip(cue.end()), key)
    return tuple(_apart(found, ()))


def _items(reading: Reading, start: int, key: str) -> list[Found]:
    """Return the members of the list that starts at `start`."""
    end = _span_end(reading, start)
    if key == "direct" and not _names_a_subject(reading.plain[start:end]):
        return []
    items: list[Found] = []
    place = start
    for joint in [*_JOINT.finditer(reading.plain, start, end), None]:
        stop = joint.start() if joint else end
        item = _trimmed(reading, place, stop)
        if item and _is_subject(item.value) and (key != "refused" or _is_topic(item.value)):
            items.append(item)
        elif items or joint is None:
            break
        place = joint.end() if joint else end
    return items


def _is_topic(item: str) -> bool:
    return len(item.split()) <= 6


def _span_end(reading: Reading, start: int) -> int:
    """Return where what is named from `start` ends; a comma may be inside a list."""
    end = start
    while mark := _SPAN_END.search(reading.plain, end):
        end = mark.start()
        goes_on = mark.group() == "," and pattern(
            "interests", "goes_on", r",\s*(?:{})(?!\w)"
        ).match(reading.plain, end)
        if not goes_on:
            break
        end = mark.end()
    stop = pattern("interests", "stops", r"(?:^|\s)(?:{})(?!\w)").search(reading.plain, start, end)
    return stop.start() if stop else end


def _trimmed(reading: Reading, start: int, end: int) -> Found | None:
    """Return the item without articles and the like in front, or fillers behind."""
    leading = pattern("interests", "leading", r"[\s¿¡\"'«,]*(?:{})(?=\s)")
    while front := leading.match(reading.plain, start, end):
        start = front.end()
    trailing = pattern("interests", "trailing", r"[\s,]{1,3}(?:{})[\s,.!\"'»]{0,6}$")
    while back := trailing.search(reading.plain, start, end):
        end = back.start()
    value = reading.text[start:end].strip(" ¿¡\"'«»,.*").lower()
    return Found(value, start, end) if value else None


def _names_a_subject(span: str) -> bool:
    opening = " ".join(span.split()[:5])
    return pattern("interests", "subjects").search(opening) is not None


def _is_subject(item: str) -> bool:
    barred = pattern("interests", "never", r"^(?:{})(?![\w-])").search(spanish.strip_accents(item))
    return 1 < len(item) <= _LONGEST_ITEM and not barred and not item.isdigit()


def _clause_start(reading: Reading, end: int) -> int:
    start = reading.sentence_at(end).start
    for joint in pattern("interests", "joints", r"[,:(]|\s(?:{})\s").finditer(
        reading.plain, start, end
    ):
        start = joint.end()
    return start


def _in_front(reading: Reading) -> Iterator[Found]:
    """Yield what stands before its cue: "el diseño me encanta"."""
    for cue in reading.matches("interests", "after"):
        start = _clause_start(reading, cue.start())
        item = _trimmed(reading, start, cue.start())
        if item and _names_a_subject(spanish.mirror(item.value)) and reading.is_earnest(cue):
            yield item


def _alone(reading: Reading) -> Iterator[Found]:
    """Yield a segment that is only a subject, as in a card of the writer: "Eva, chef, SEO"."""
    for sentence in reading.sentences:
        segments = list(reading.segments(sentence))
        if sentence.asks or len(segments) < 3:
            continue
        for start, end in segments[1:]:
            bare = pattern("interests", "subject_alone", r"\s*(?:{})\s*$")
            if bare.match(reading.plain[start:end]):
                yield Found(reading.text[start:end].strip().lower(), start, end)


def _apart(found: list[Found], others: tuple[Found, ...]) -> list[Found]:
    """Drop what overlaps `others` or a longer item."""
    kept: list[Found] = []
    for item in sorted(found, key=lambda each: each.start - each.end):
        if not any(item.start < other.end and other.start < item.end for other in (*kept, *others)):
            kept.append(item)
    return sorted(kept, key=lambda each: each.start)
