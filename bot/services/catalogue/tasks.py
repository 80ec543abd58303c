"""What courses help with a task, by ``bot/data/search/tasks.txt``."""

from functools import cache

from bot.services.catalogue.words import Phrase, data_file, lexeme, tokens


def subjects_for(task: str) -> list[str]:
    """The subjects of courses that help with what ``task`` tells of, those named first first."""
    said = tuple(lexeme(word) for word in tokens(task))
    found = [
        (place, subjects) for phrase, subjects in _tasks() if (place := _at(phrase, said)) >= 0
    ]
    in_order = sorted(found, key=lambda pair: pair[0])
    return list(dict.fromkeys(subject for _, subjects in in_order for subject in subjects))


def _at(phrase: Phrase, said: Phrase) -> int:
    """Where ``said`` has the words of ``phrase`` side by side; -1 when nowhere."""
    places = range(len(said) - len(phrase) + 1)
    return next((each for each in places if said[each : each + len(phrase)] == phrase), -1)


@cache
def _tasks() -> tuple[tuple[Phrase, tuple[str, ...]], ...]:
    rows = (line.split(">") for line in data_file("tasks.txt"))
    return tuple(
        (tuple(lexeme(word) for word in tokens(task)), tuple(map(str.strip, subjects.split(","))))
        for tasks, subjects in rows
        for task in tasks.split(",")
    )
