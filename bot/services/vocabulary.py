"""The spellings of level and modality that schools use, and the word a lead reads.

Spellings are plain: lower case, no accents.
"""

from collections.abc import Sequence

from bot.services.spanish import plain

LEVELS: dict[str, Sequence[str]] = {
    "principiante": ("principiante", "beginner", "basico", "basic", "inicial"),
    "intermedio": ("intermedio", "intermediate", "medio"),
    "avanzado": ("avanzado", "advanced", "experto", "expert"),
}
MODALITIES: dict[str, Sequence[str]] = {
    "online": ("online", "on-line", "en linea", "virtual", "remoto", "remote"),
    "presencial": ("presencial", "in-person", "in person", "onsite", "en persona"),
    "híbrido": ("hibrido", "hybrid", "mixto", "semipresencial"),
}
LANGUAGES: dict[str, Sequence[str]] = {
    "espanol": ("espanol", "castellano", "spanish", "es", "es-mx"),
    "ingles": ("ingles", "english", "en"),
    "portugues": ("portugues", "portuguese", "pt", "pt-br"),
}


def level(text: str | None) -> str | None:
    """``Intermediate`` → ``intermedio``; what has no known spelling stays as it is."""
    return _word(LEVELS, text)


def modality(text: str | None) -> str | None:
    """``In-person`` → ``presencial``; what has no known spelling stays as it is."""
    return _word(MODALITIES, text)


def spellings(table: dict[str, Sequence[str]], text: str | None) -> Sequence[str]:
    """Every plain spelling of the same thing as ``text``; none without a text."""
    if not text:
        return ()
    return table.get(_word(table, text) or "", (plain(text),))


def _word(table: dict[str, Sequence[str]], text: str | None) -> str | None:
    spelling = plain(text or "")
    found = (word for word, known in table.items() if spelling in known)
    return next(found, (text or "").strip() or None)
