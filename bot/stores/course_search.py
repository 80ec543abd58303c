"""Ranked search over the typed course index, in one statement, and what that index holds.

Ranking reads a bounded number of candidates, however many courses match: those whose name has
every subject come first, then those that have every subject anywhere, then those that have any.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    Boolean,
    ColumnClause,
    Float,
    Integer,
    TextualSelect,
    column,
    delete,
    func,
    select,
    text,
)

from bot.extensions import db
from bot.models.catalogue import CatalogueChange, Course, CourseSearch
from bot.stores.courses import NOT_OFFERED, CourseFilter

LABEL_WEIGHTS = [0.2, 0.4, 0.55, 1.0]
"""Of session and activity titles, audience, descriptions, name."""

NAME_BONUS = 0.15
LEAST_SCORE = 0.03
LEVEL_BONUS = 1.5

KEPT_CHANGES = 1000
"""How many entries of the journal of changes are enough."""

_MOST_CANDIDATES = 80
_OFFERED = """
    coalesce(status, '') <> ALL (:not_offered) AND (ends IS NULL OR ends >= localtimestamp)
"""
_FITS = """
    (:modalities IS NULL OR modality = ANY (:modalities))
    AND (:languages IS NULL OR language = ANY (:languages))
    AND (:least IS NULL OR amount >= :least) AND (:most IS NULL OR amount <= :most)
    AND (:currencies IS NULL OR currency = ANY (:currencies) OR amount = 0 AND currency IS NULL)
"""
_LEVEL_FITS = "(:levels IS NULL OR level = ANY (:levels))"


_STAGES = (
    ("title", "every"),
    ("document", "every"),
    ("title", "some"),
    ("document", "rarest"),
    ("title", "loose"),
)
"""Where candidates come from, the likeliest first."""

_COURSE_COLUMNS = ", ".join(f"ai_courses.{column.name}" for column in Course.__table__.c)
_MATCH: tuple[ColumnClause[Any], ...] = (
    column("score", Float()),
    column("matched", ARRAY(Integer)),
    column("fits", Boolean()),
    column("level_fits", Boolean()),
)


def _stage(column: str, query: str, condition: str) -> str:
    """Some candidates; the stages after the one that fills the list are never run.

    A document is copied here once, instead of being unpacked for each term of the query.
    """
    return f"""
        (SELECT id_course, title, document || '' AS document, starts,
                coalesce({_FITS}, false) AS fits, coalesce({_LEVEL_FITS}, false) AS level_fits
         FROM course_search
         WHERE {column} @@ CAST(:{query} AS tsquery) AND {_OFFERED} AND {condition}
         LIMIT {_MOST_CANDIDATES})
    """  # noqa: S608 - no value is spliced in


@cache
def _statement(
    stages: tuple[tuple[str, str], ...], has_filter: bool, has_level: bool
) -> TextualSelect:
    """The search, with its stages: pairs of a column and the name of a query.

    Each stage is bounded; with a LIMIT the planner hopes to meet enough matches early and reads
    the whole table where it does not, so that is forbidden. ts_rank divides by pi²/6 where it
    adds up occurrences and not where it measures a phrase.
    """
    fits = _FITS if has_filter else "true"
    parts = [_stage(*stage, fits) for stage in stages]
    if has_level:
        parts.insert(0, _stage(*stages[0], f"{fits} AND {_LEVEL_FITS}"))
    if has_filter:
        parts.append(_stage("document", "rarest", "true"))
    return _as_rows(f"""
    SET LOCAL enable_seqscan = off;
    WITH candidates AS MATERIALIZED (
        SELECT DISTINCT ON (id_course) * FROM (
            {" UNION ALL ".join(parts)} LIMIT {_MOST_CANDIDATES}
        ) AS stages
    ),
    scored AS (
        SELECT id_course, fits, level_fits, starts, array_agg(number) AS matched,
            (sum(rank * value) / :asked) * least(1, sum(value) / :asked)
                + :name_bonus * count(*) FILTER (WHERE named) / greatest(length(title), 1)
                AS score
        FROM candidates CROSS JOIN LATERAL (
            SELECT number, value, bool_or(title @@ query) AS named,
                max(weight * ts_rank(:label_weights, document, query)
                    * CASE WHEN numnode(query) = 1 THEN 1.645 ELSE 1 END) AS rank
            FROM unnest(
                CAST(:numbers AS int[]), CAST(:queries AS tsquery[]), CAST(:weights AS real[]),
                CAST(:values AS real[])
            ) AS term (number, query, weight, value)
            WHERE document @@ query
            GROUP BY number, value
        ) AS matches
        GROUP BY id_course, fits, level_fits, starts, title
    )
    SELECT {_COURSE_COLUMNS}, score * CASE WHEN level_fits THEN :level_bonus ELSE 1 END AS score,
        matched, fits, level_fits
    FROM scored JOIN ai_courses USING (id_course)
    WHERE score >= :least_score
        AND (fits OR :keeps_what_does_not_fit OR NOT (SELECT bool_or(fits) FROM scored))
    ORDER BY round((scored.score * CASE WHEN level_fits THEN {LEVEL_BONUS} ELSE 1 END
        * CASE WHEN fits THEN {LEVEL_BONUS} ELSE 1 END)::numeric, 4) DESC, starts, id_course
    LIMIT :limit
    """)  # noqa: S608 - no value is spliced in


def _as_rows(statement: str) -> TextualSelect:
    return text(statement).columns(*Course.__table__.c, *_MATCH)


@dataclass(frozen=True, slots=True)
class Term:
    """A tsquery of one lexeme or phrase. Terms with one ``number`` are ways to say one thing.

    ``weight`` (0 to 1) tells how well this way says it, ``value`` how much the thing matters.
    """

    number: int
    query: str
    weight: float
    value: float


@dataclass(frozen=True, slots=True)
class Probe:
    """What to search for.

    Candidates meet the tsquery ``every``, or ``some`` in their names, or ``rarest`` anywhere, which
    few courses have, or ``loose``, which is also what is only near, in their names. ``asked`` is
    the value of all that was asked for, also of what no course has. Where something fits
    ``wanted``, what does not is left out, unless that ``is_preference``.
    """

    terms: Sequence[Term]
    every: str
    some: str
    loose: str
    rarest: str
    asked: float
    wanted: CourseFilter = field(default_factory=CourseFilter)
    is_preference: bool = False


@dataclass(frozen=True, slots=True)
class Match:
    """A course on offer with its score, and the numbers of the terms that it has.

    ``fits`` tells whether it meets what is wanted apart from the level.
    """

    course: Course
    score: float
    matched: frozenset[int]
    fits: bool = True
    level_fits: bool = True


def search(probe: Probe, limit: int) -> list[Match]:
    """Courses on offer, best first. Those that do not fit come only where none fits."""
    query = select(Course, *_MATCH).from_statement(_statement_for(probe))
    rows = db.session.execute(query, _values(probe) | {"limit": limit})
    return [
        Match(row[0], row.score, frozenset(row.matched), row.fits, row.level_fits) for row in rows
    ]


def explain(probe: Probe, limit: int) -> str:
    """PostgreSQL's plan for :func:`search`."""
    explained = text(str(_statement_for(probe).element).replace("WITH", "EXPLAIN WITH", 1))
    rows = db.session.execute(explained, _values(probe) | {"limit": limit})
    return "\n".join(row[0] for row in rows)


def lexeme_counts() -> dict[str, int]:
    """How many courses have each lexeme."""
    return _statistics("document")


def name_lexemes() -> list[str]:
    """The lexemes that names of courses have."""
    return list(_statistics("title"))


def word_counts() -> dict[str, int]:
    """How many courses have each word, as it is written, in name, audience or titles."""
    return _statistics("words")


def count() -> int:
    """How many courses are indexed."""
    return db.session.scalar(select(func.count()).select_from(CourseSearch)) or 0


def change_mark() -> tuple[int, int]:
    """Something that differs once a change of the catalogue is committed."""
    query = select(func.count(), func.coalesce(func.max(CatalogueChange.id), 0))
    number, last = db.session.execute(query).one()
    return number, last


def forget_old_changes() -> None:
    """Keep the journal of changes short; only its end is ever compared."""
    newest = select(func.max(CatalogueChange.id)).scalar_subquery()
    old = (
        select(CatalogueChange.id)
        .where(CatalogueChange.id <= newest - KEPT_CHANGES)
        .with_for_update(skip_locked=True)
    )
    db.session.execute(delete(CatalogueChange).where(CatalogueChange.id.in_(old)))


def _statement_for(probe: Probe) -> TextualSelect:
    """The statement without the stages that would look for the same again."""
    looked_for: dict[tuple[str, str], tuple[str, str]] = {}
    for column_name, query in _STAGES:
        looked_for.setdefault((column_name, getattr(probe, query)), (column_name, query))
    wanted = probe.wanted
    has_filter = wanted != replace(CourseFilter(), levels=wanted.levels)
    return _statement(tuple(looked_for.values()), has_filter, bool(wanted.levels))


def _values(probe: Probe) -> dict[str, Any]:
    wanted = probe.wanted
    return {
        "every": probe.every,
        "some": probe.some,
        "rarest": probe.rarest,
        "loose": probe.loose,
        "numbers": [term.number for term in probe.terms],
        "queries": [term.query for term in probe.terms],
        "weights": [term.weight for term in probe.terms],
        "values": [term.value for term in probe.terms],
        "asked": probe.asked,
        "least_score": LEAST_SCORE,
        "levels": list(wanted.levels) or None,
        "modalities": list(wanted.modalities) or None,
        "languages": list(wanted.languages) or None,
        "currencies": list(wanted.currencies) or None,
        "least": wanted.min_price,
        "most": wanted.max_price,
        "not_offered": list(NOT_OFFERED),
        "label_weights": LABEL_WEIGHTS,
        "name_bonus": NAME_BONUS,
        "level_bonus": 1 if probe.is_preference else LEVEL_BONUS,
        "keeps_what_does_not_fit": probe.is_preference,
    }


def _statistics(column_name: str) -> dict[str, int]:
    statement = text("SELECT word, ndoc FROM ts_stat(:query)")
    query = f"SELECT {column_name} FROM course_search"  # noqa: S608 - a name of this module's own
    return {row.word: row.ndoc for row in db.session.execute(statement, {"query": query})}
