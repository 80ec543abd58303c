"""The spellings of level and modality that schools use, and the word a lead reads."""

from collections.abc import Sequence

LEVELS: dict[str, Sequence[str]] = {
    "principiante": ("principiante", "beginner", "básico", "basico", "basic", "inicial"),
    "intermedio": ("intermedio", "intermediate", "medio"),
    "avanzado": ("avanzado", "advanced", "experto", "expert"),
}
MODALITIES: dict[str, Sequence[str]] = {
    "online": ("online", "on-line", "en línea", "en linea", "virtual", "remoto", "remote"),
    "presencial": ("presencial", "in-person", "in person", "onsite", "en persona"),
    "híbrido": ("híbrido", "hibrido", "hybrid", "mixto", "semipresencial"),
}


def level(text: str | None) -> str | None:
    """``Intermediate`` → ``intermedio``; what has no known spelling stays as it is."""
    return _word(LEVELS, text)


def modality(text: str | None) -> str | None:
    """``In-person`` → ``presencial``; what has no known spelling stays as it is."""
    return _word(MODALITIES, text)


def spellings(table: dict[str, Sequence[str]], text: str | None) -> Sequence[str]:
    """Every spelling of the same thing as ``text``, in lower case; none without a text."""
    if not text:
        return ()
    return table.get(_word(table, text) or "", (text.strip().lower(),))


def _word(table: dict[str, Sequence[str]], text: str | None) -> str | None:
    plain = (text or "").strip().lower()
    found = (word for word, known in table.items() if plain in known)
    return next(found, (text or "").strip() or None)
