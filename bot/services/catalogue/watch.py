"""What this process knows of the catalogue, kept up with its changes.

Nobody who is being answered waits for that: what is known is used, and a thread looks whether it is
still true.
"""

import contextlib
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from uuid import UUID

import structlog
from flask import Flask, current_app

from bot.errors import StoreUnavailable
from bot.services import database
from bot.services.catalogue.dictionary import spanish
from bot.services.catalogue.lexicon import Lexicon
from bot.services.catalogue.queries import Concept, aids
from bot.services.catalogue.snapshots import keep_snapshot, snapshot
from bot.stores import course_search as store
from bot.stores.popularity import leads_by_course

log = structlog.get_logger(__name__)

_LOOK_AGAIN_AFTER_S = 1.0
_LOOK_EVERY_S = 5.0
_LEAST_REST = 20
"""Loading takes at most 1 part in so many of a connection's time, whatever the catalogue's size."""

_POPULARITY_EVERY_S = 300.0
_POPULARITY_DAYS = 90
_MOST_POPULAR = 1000


@dataclass(frozen=True, slots=True)
class Knowledge:
    """``popularity`` is how many leads each course was discussed with of late.

    ``mark`` is that of the catalogue when the words were counted; None when a snapshot gave them.
    """

    lexicon: Lexicon
    popularity: Mapping[UUID, int] = field(default_factory=dict[UUID, int])
    mark: tuple[int, int] | None = None

    def is_everywhere(self, concept: Concept) -> bool:
        """Whether nearly every course has it, so that it tells none from another."""
        return bool(concept.ways) and self.lexicon.is_everywhere(concept.courses)


class CatalogueWatch:
    """The knowledge of one app in one process."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._knowledge: Knowledge | None = None
        self._loading = threading.Lock()
        self._looking = threading.Lock()
        self._looked_at = self._loaded_at = self._counted_at = float("-inf")
        self._load_s = 0.0

    def current(self) -> Knowledge:
        """What is known; looked for when nothing is, and looked after when that was long ago.

        Raises:
            StoreUnavailable: when the database is away and there is no snapshot either.
        """
        known = self._knowledge or self._load_first()
        if time.monotonic() - self._looked_at > _LOOK_AGAIN_AFTER_S:
            self._looked_at = time.monotonic()
            threading.Thread(target=self.look_again, daemon=True).start()
        return known

    def look_again(self) -> None:
        """Take in what changed, and keep the snapshot; one thread at a time, others leave."""
        if not self._looking.acquire(blocking=False):
            return
        try:
            with self._app.app_context():
                self._take_in_changes()
        except StoreUnavailable as error:
            log.info("catalogue_not_looked_at", cause=type(error.__cause__ or error).__name__)
        finally:
            self._looking.release()

    def watch(self) -> None:
        """Look again and again, for ever; the work of a thread."""
        while True:
            self.look_again()
            time.sleep(_LOOK_EVERY_S)

    def _load_first(self) -> Knowledge:
        with self._loading:
            if self._knowledge:
                return self._knowledge
            self._looked_at = time.monotonic()
            try:
                return self._load(database.read(store.change_mark))
            except StoreUnavailable:
                self._knowledge = Knowledge(_lexicon_of_snapshot())
                return self._knowledge

    def _take_in_changes(self) -> None:
        self._looked_at = now = time.monotonic()
        mark = database.write(store.change_mark)
        known = self._knowledge
        rested = now - self._loaded_at > self._load_s * _LEAST_REST
        if known is None or (mark != known.mark and rested):
            self._load(mark)
        elif now - self._counted_at > _POPULARITY_EVERY_S:
            self._knowledge = replace(known, popularity=self._count_popularity())
        if mark[0] > 1.2 * store.KEPT_CHANGES:
            database.write(store.forget_old_changes)
        keep_snapshot(mark)

    def _load(self, mark: tuple[int, int]) -> Knowledge:
        started = time.monotonic()
        lexicon = database.read(_count_words)
        self._knowledge = Knowledge(lexicon, self._count_popularity(), mark)
        self._loaded_at = time.monotonic()
        self._load_s = self._loaded_at - started
        return self._knowledge

    def _count_popularity(self) -> Mapping[UUID, int]:
        self._counted_at = time.monotonic()
        return database.read(lambda: leads_by_course(_POPULARITY_DAYS, _MOST_POPULAR))


def init_app(app: Flask) -> None:
    """Give ``app`` a watch of its own."""
    app.extensions["catalogue_watch"] = CatalogueWatch(app)


def knowledge() -> Knowledge:
    """What this process knows of the catalogue.

    Raises:
        StoreUnavailable: when the database is away and there is no snapshot either.
    """
    watch: CatalogueWatch = current_app.extensions["catalogue_watch"]
    return watch.current()


def start_watching(app: Flask) -> None:
    """Look after the catalogue in a thread of this process; without a database there is none."""
    if "sqlalchemy" not in app.extensions:
        return
    watch: CatalogueWatch = app.extensions["catalogue_watch"]
    threading.Thread(target=watch.watch, daemon=True).start()


def warm_up() -> None:
    """Read at start what all workers share: the dictionary and, if it is there, the catalogue."""
    spanish()
    aids()
    with contextlib.suppress(StoreUnavailable):
        knowledge()


def _count_words() -> Lexicon:
    words = {word: number for word, number in store.word_counts().items() if word.isalnum()}
    return Lexicon(store.count(), store.lexeme_counts(), words, store.name_lexemes(), aids())


def _lexicon_of_snapshot() -> Lexicon:
    kept = snapshot()
    if not kept.exists():
        raise StoreUnavailable
    counts = kept.lexicon_counts()
    return Lexicon(counts.courses, counts.lexemes, counts.words, counts.names, aids())
