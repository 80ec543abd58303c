"""Many leads at once: read under locks, written with a statement a batch. The caller commits."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, text

from bot.extensions import db
from bot.models.leads import EXTERNAL_ID, LeadMemory, canonical_id, number_variants
from bot.stores.lead_rows import COLUMNS, LeadRows

_LOCK = text(f"""
    SELECT {COLUMNS}, created_at, updated_at FROM user_memory
    WHERE user_id = ANY(:ids) ORDER BY user_id FOR UPDATE
""")  # noqa: S608 - no value is spliced in
_KNOWN_AS = text("SELECT alias, user_id FROM person_aliases WHERE alias = ANY(:ids)")
_PAGE = text(f"""
    SELECT {COLUMNS}, created_at, updated_at FROM user_memory
    WHERE user_id > :after ORDER BY user_id LIMIT :limit
""")  # noqa: S608 - no value is spliced in
_OF_IDS = text(f"SELECT {COLUMNS} FROM user_memory WHERE user_id = ANY(:ids)")  # noqa: S608
_COUNT = text("SELECT count(*) FROM user_memory")
_ALIASES_OF = text("SELECT user_id, alias FROM person_aliases WHERE user_id = ANY(:ids)")
_WITHOUT_MEMORY = text("""
    SELECT DISTINCT said.user_id FROM messages AS said
    WHERE said.user_id > :after AND said.user_id <> :erased
      AND NOT EXISTS (SELECT FROM user_memory AS lead WHERE lead.user_id = said.user_id)
      AND NOT EXISTS (SELECT FROM person_aliases AS known WHERE known.alias = said.user_id)
    ORDER BY said.user_id LIMIT :limit
""")

_NEW = """
    unnest(
        CAST(:user_id AS text[]), CAST(:name AS text[]), CAST(:role AS text[]),
        CAST(:interests AS text[]), CAST(:pain_points AS text[]), CAST(:lead_score AS int[]),
        CAST(:interaction_count AS int[]), CAST(:first_interaction_at AS timestamptz[]),
        CAST(:last_interaction_at AS timestamptz[]), CAST(:message_history AS text[]),
        CAST(:additional_data AS text[]), CAST(:created_at AS timestamptz[]),
        CAST(:updated_at AS timestamptz[])
    ) AS new (
        user_id, name, role, interests, pain_points, lead_score, interaction_count,
        first_interaction_at, last_interaction_at, message_history, additional_data, created_at,
        updated_at
    )
"""
_LISTED = "ARRAY(SELECT jsonb_array_elements_text(CAST(new.{} AS jsonb)))"
_CLAIM = text("""
    INSERT INTO person_aliases (alias, user_id)
    SELECT alias, user_id FROM unnest(
        CAST(:aliases AS varchar[]), CAST(:ids AS varchar[])
    ) AS new (alias, user_id)
    ORDER BY alias
    ON CONFLICT (alias) DO NOTHING
    RETURNING user_id
""")
_INSERT = text(f"""
    INSERT INTO user_memory
        (user_id, name, role, interests, pain_points, lead_score, interaction_count,
         first_interaction_at, last_interaction_at, message_history, additional_data, created_at,
         updated_at)
    SELECT user_id, name, role, {_LISTED.format("interests")}, {_LISTED.format("pain_points")},
           lead_score, interaction_count, first_interaction_at, last_interaction_at,
           CAST(message_history AS jsonb), CAST(additional_data AS jsonb),
           coalesce(created_at, now()), coalesce(updated_at, now())
    FROM {_NEW}
    ORDER BY user_id
    ON CONFLICT (user_id) DO NOTHING
    RETURNING user_id
""")  # noqa: S608 - no value is spliced in
_UPDATE = text(f"""
    UPDATE user_memory AS lead SET
        name = new.name, role = new.role, interests = {_LISTED.format("interests")},
        pain_points = {_LISTED.format("pain_points")}, lead_score = new.lead_score,
        interaction_count = new.interaction_count,
        first_interaction_at = new.first_interaction_at,
        last_interaction_at = new.last_interaction_at,
        message_history = CAST(new.message_history AS jsonb),
        additional_data = CAST(new.additional_data AS jsonb),
        created_at = least(lead.created_at, new.created_at),
        updated_at = greatest(lead.updated_at, new.updated_at)
    FROM {_NEW}
    WHERE lead.user_id = new.user_id
""")  # noqa: S608 - no value is spliced in


@dataclass(frozen=True, slots=True)
class StoredLead:
    """A lead with when its row was made and changed last."""

    memory: LeadMemory
    created_at: datetime | None = None
    updated_at: datetime | None = None


class LeadBatches:
    """Reads and writes the rows of many leads through ``rows``."""

    def __init__(self, rows: LeadRows) -> None:
        self._rows = rows

    def lock(self, user_ids: Sequence[str]) -> Mapping[str, list[LeadMemory]]:
        """The leads who are known under any of these ids, by the canonical one of them.

        Nobody else changes them until the transaction ends.
        """
        names = {canonical_id(each): canonical_id(each) for each in user_ids}
        rows = db.session.execute(_KNOWN_AS, {"ids": list(names)})
        owners = {row.user_id: names[row.alias] for row in rows}
        ids = [variant for each in (*names, *owners) for variant in number_variants(each)]
        found: dict[str, list[LeadMemory]] = {}
        for row in db.session.execute(_LOCK, {"ids": ids}).mappings():
            whose = owners.get(row["user_id"]) or canonical_id(row["user_id"])
            found.setdefault(whose, []).append(self._rows.memory(row))
        return found

    def insert(self, leads: Sequence[StoredLead]) -> set[str]:
        """Add leads; those whom somebody else made known meanwhile are left out.

        Returns:
            The ids of those who were added.
        """
        if not leads:
            return set()
        ids = [lead.memory.user_id for lead in leads]
        claims = {"aliases": [canonical_id(each) for each in ids], "ids": ids}
        claimed = set(db.session.execute(_CLAIM, claims).scalars())
        ours = [lead for lead in leads if lead.memory.user_id in claimed]
        if not ours:
            return set()
        return set(db.session.execute(_INSERT, self._columns(ours)).scalars())

    def update(self, leads: Sequence[StoredLead]) -> None:
        """Write leads whose rows this transaction has locked."""
        if leads:
            db.session.execute(_UPDATE, self._columns(leads))

    def reseal(self, ids: Sequence[str]) -> None:
        """Write rows again as they are, sealed with the newest key."""
        rows = db.session.execute(_LOCK, {"ids": list(ids)}).mappings().all()
        self.update([self._stored(row) for row in rows])

    def know_as(self, leads: Sequence[LeadMemory]) -> None:
        """Let people be found under the ids that they had without a number, as one lead."""
        externals = {each.user_id: each.additional_data.get(EXTERNAL_ID) for each in leads}
        named = {user_id: other for user_id, other in externals.items() if isinstance(other, str)}
        with_rows = (
            {each.user_id for each in self.of(list(named.values()))} if named else set[str]()
        )
        for user_id, external in named.items():
            if external in with_rows and external != user_id:
                self._rows.join([user_id, external], user_id)
            else:
                self._rows.point([external], user_id)

    def page(self, after: str, limit: int) -> list[StoredLead]:
        """Leads in the order of their ids, those after ``after``."""
        rows = db.session.execute(_PAGE, {"after": after, "limit": limit}).mappings()
        return [self._stored(row) for row in rows]

    def of(self, ids: Sequence[str]) -> list[LeadMemory]:
        """The leads with these very ids."""
        rows = db.session.execute(_OF_IDS, {"ids": list(ids)}).mappings()
        return [self._rows.memory(row) for row in rows]

    def aliases_of(self, ids: Sequence[str]) -> Mapping[str, list[str]]:
        """Under which other ids these leads are known."""
        found: dict[str, list[str]] = {}
        for row in db.session.execute(_ALIASES_OF, {"ids": list(ids)}):
            found.setdefault(row.user_id, []).append(row.alias)
        return found

    def without_memory(self, after: str, limit: int, erased: str) -> Sequence[str]:
        """Ids of whom there are messages and no memory, in order, those after ``after``."""
        values = {"after": after, "limit": limit, "erased": erased}
        return db.session.execute(_WITHOUT_MEMORY, values).scalars().all()

    def count(self) -> int:
        """How many leads there are."""
        return db.session.execute(_COUNT).scalar_one()

    def _stored(self, row: RowMapping) -> StoredLead:
        return StoredLead(self._rows.memory(row), row["created_at"], row["updated_at"])

    def _columns(self, leads: Sequence[StoredLead]) -> dict[str, list[Any]]:
        rows = [self._rows.values(lead.memory) for lead in leads]
        columns = {name: [row[name] for row in rows] for name in rows[0]}
        for name in ("interests", "pain_points"):
            columns[name] = [json.dumps(value, ensure_ascii=False) for value in columns[name]]
        columns["created_at"] = [lead.created_at for lead in leads]
        columns["updated_at"] = [lead.updated_at for lead in leads]
        return columns
