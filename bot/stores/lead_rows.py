"""Rows of ``user_memory``: found under any id of a person, written from the version that was read.

``version`` is the row version that PostgreSQL keeps (``xmin``): it changes with every writer's
update, also with those of tools that know nothing of this project. The caller commits.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import reduce
from typing import Any

from sqlalchemy import text

from bot.extensions import db
from bot.models.leads import EXTERNAL_ID, LeadMemory, canonical_id, number_variants
from bot.models.merging import merged
from bot.stores.found_memory import lead_memory
from bot.stores.vault import Vault

COLUMNS = (
    "user_id, name, role, interests, pain_points, lead_score, interaction_count, "
    "first_interaction_at, last_interaction_at, message_history, additional_data, "
    "xmin::text AS version"
)
_OF_PERSON = """
    FROM user_memory
    WHERE user_id = ANY(
        CAST(:variants AS varchar[])
        || ARRAY(SELECT known.user_id FROM person_aliases AS known WHERE known.alias = :alias)
    )
    ORDER BY user_id = :user_id DESC
    LIMIT 1
"""
FIND = f"SELECT {COLUMNS}, count(*) OVER () AS rows {_OF_PERSON}"
"""One row of a person, that with just this id if there is one; ``rows`` is how many there are."""

_FIND = text(FIND)
_LOCK = text(f"SELECT {COLUMNS} {_OF_PERSON} FOR UPDATE")
_LOCK_ALL = text(f"""
    SELECT {COLUMNS} FROM user_memory WHERE user_id = ANY(:ids) ORDER BY user_id FOR UPDATE
""")  # noqa: S608 - no value is spliced in

# A new lead claims the canonical id: of two first messages at one instant, under two variants of a
# number, the second waits here and then finds that it is not the first.
_SAVE = text("""
    WITH claimed AS (
        INSERT INTO person_aliases (alias, user_id)
        SELECT :alias, :user_id WHERE CAST(:version AS text) IS NULL
        ON CONFLICT (alias) DO UPDATE SET user_id = excluded.user_id WHERE :by_force
        RETURNING alias
    )
    INSERT INTO user_memory AS known
        (user_id, name, role, interests, pain_points, lead_score, interaction_count,
         first_interaction_at, last_interaction_at, message_history, additional_data)
    SELECT :user_id, :name, :role, CAST(:interests AS text[]), CAST(:pain_points AS text[]),
           :lead_score, :interaction_count, :first_interaction_at, :last_interaction_at,
           CAST(:message_history AS jsonb), CAST(:additional_data AS jsonb)
    WHERE EXISTS (SELECT FROM claimed)
       OR EXISTS (SELECT FROM user_memory WHERE user_id = :user_id)
    ON CONFLICT (user_id) DO UPDATE SET
        name = excluded.name, role = excluded.role, interests = excluded.interests,
        pain_points = excluded.pain_points, lead_score = excluded.lead_score,
        interaction_count = excluded.interaction_count,
        first_interaction_at = excluded.first_interaction_at,
        last_interaction_at = excluded.last_interaction_at,
        message_history = excluded.message_history,
        additional_data = excluded.additional_data, updated_at = now()
    WHERE known.xmin::text = :version
    RETURNING user_id
""")
_VERSION = text("SELECT xmin::text FROM user_memory WHERE user_id = :user_id")
_DELETE = text("DELETE FROM user_memory WHERE user_id = ANY(:ids)")
_KNOWN_AS = text("""
    SELECT alias FROM person_aliases WHERE user_id = ANY(:ids)
    UNION SELECT user_id FROM person_aliases WHERE alias = ANY(:ids)
""")
_OWNER = text("SELECT user_id FROM person_aliases WHERE alias = :alias")
_FORGET_ALIASES = text("""
    DELETE FROM person_aliases WHERE user_id = ANY(:ids) OR alias = ANY(:ids)
""")
_POINT_ALIASES = text("""
    INSERT INTO person_aliases (alias, user_id)
    SELECT alias, :user_id FROM unnest(CAST(:ids AS varchar[])) AS alias
    ON CONFLICT (alias) DO UPDATE SET user_id = excluded.user_id
""")


class LeadRows:
    """The leads of ``user_memory``, sealed and opened by ``vault``."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def find(self, user_id: str) -> LeadMemory | None:
        """The memory of a lead under any of the person's ids; None when unknown."""
        row = db.session.execute(_FIND, keys_of(user_id)).mappings().one_or_none()
        return self.memory(row) if row else None

    def version_of(self, user_id: str) -> str | None:
        """The version of a row as it is now; None when there is none."""
        return db.session.execute(_VERSION, {"user_id": user_id}).scalar()

    def memory(self, row: Mapping[Any, Any]) -> LeadMemory:
        """What a row holds."""
        found = {str(name): value for name, value in row.items()}
        return lead_memory(self._vault.open_lead(found, row["user_id"]), row["user_id"])

    def save(self, memory: LeadMemory, version: str | None, by_force: bool = False) -> bool:
        """Write a row if it still is the version that was read, None for one that was not there.

        ``by_force`` claims the id of a new lead also when somebody else once claimed it, for a
        row that is gone.
        """
        values = self.values(memory) | {
            "alias": canonical_id(memory.user_id),
            "version": version,
            "by_force": by_force,
        }
        return db.session.execute(_SAVE, values).scalar() is not None

    def update(
        self, user_id: str, edit: Callable[[LeadMemory | None], LeadMemory | None]
    ) -> LeadMemory | None:
        """Let ``edit`` make a new memory of the one that is there, and keep it; under a lock.

        ``edit`` may be called again when somebody else made the person known in between; what it
        returns for nobody (None) may stay None, and then nothing is written.
        """
        is_repeated = False
        while True:
            row = db.session.execute(_LOCK, keys_of(user_id)).mappings().one_or_none()
            known = self.memory(row) if row else None
            changed = edit(known)
            if changed is None or changed == known:
                return changed
            # Somebody who claimed the id first has a row by now, or is to have one under the id
            # that the person turned out to be known by; who has none left the claim behind.
            if is_repeated and not row:
                changed = replace(changed, user_id=self._owner_of(changed.user_id))
            if self.save(changed, row["version"] if row else None, is_repeated and not row):
                return changed
            is_repeated = True

    def join(self, user_ids: Sequence[str], target: str) -> LeadMemory:
        """Make one lead of all rows under ``user_ids``, known as ``target`` or a variant of it."""
        ids, variants = _all_variants(user_ids), number_variants(target)
        external = next((each for each in user_ids if each not in variants), None)
        aliases = [canonical_id(target), *([external] if external else [])]
        # First, so that whoever makes one of these rows at this moment is seen, or sees it.
        self.point(aliases, target)
        rows = db.session.execute(_LOCK_ALL, {"ids": ids}).mappings().all()
        ours = sorted(
            (row for row in rows if row["user_id"] in variants),
            key=lambda row: row["user_id"] != target,
        )
        kept, version = (ours[0]["user_id"], ours[0]["version"]) if ours else (target, None)
        others = [row["user_id"] for row in rows if row["user_id"] != kept]
        memory = self._merged(rows, kept)
        if external:
            extra = {**memory.additional_data, EXTERNAL_ID: external}
            memory = replace(memory, additional_data=extra)
        if others:
            db.session.execute(_DELETE, {"ids": others})
        if rows:
            self.save(memory, version, by_force=True)
        if kept != target:
            self.point(aliases, kept)
        return memory

    def point(self, aliases: Sequence[str], user_id: str) -> None:
        """Let a person be known under other ids, too."""
        db.session.execute(_POINT_ALIASES, {"ids": list(aliases), "user_id": user_id})

    def ids_of(self, user_id: str) -> list[str]:
        """Every id that the person is, or was, known under."""
        ids = list(number_variants(user_id))
        while True:
            found = db.session.execute(_KNOWN_AS, {"ids": ids}).scalars()
            more = set(_all_variants(found)) - set(ids)
            if not more:
                return ids
            ids += sorted(more)

    def delete(self, ids: Sequence[str]) -> None:
        """Delete a person's rows, and under which ids they were known."""
        db.session.execute(_DELETE, {"ids": list(ids)})
        db.session.execute(_FORGET_ALIASES, {"ids": list(ids)})

    def _owner_of(self, user_id: str) -> str:
        """The id that an alias points at; the id itself where it points at none, or at itself."""
        owner = db.session.execute(_OWNER, {"alias": canonical_id(user_id)}).scalar()
        return owner if owner and owner not in number_variants(user_id) else user_id

    def _merged(self, rows: Sequence[Mapping[Any, Any]], user_id: str) -> LeadMemory:
        memories = [self.memory(row) for row in rows]
        memories.sort(key=lambda memory: memory.user_id != user_id)
        joined = reduce(merged, memories) if memories else LeadMemory(user_id)
        return replace(joined, user_id=user_id)

    def values(self, memory: LeadMemory) -> dict[str, Any]:
        """The columns of a lead's row, as they are stored."""
        columns = {name: getattr(memory, name) for name in memory.__slots__}
        sealed = self._vault.seal_lead(columns, memory.user_id)
        return sealed | {
            "interests": list(sealed["interests"]),
            "pain_points": list(sealed["pain_points"]),
            "message_history": json.dumps(sealed["message_history"]),
            "additional_data": json.dumps(sealed["additional_data"]),
        }


def keys_of(user_id: str) -> dict[str, Any]:
    """The ids by which a person's row is found."""
    variants = list(number_variants(user_id))
    return {"user_id": user_id, "variants": variants, "alias": canonical_id(user_id)}


def _all_variants(user_ids: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(each for one in user_ids for each in number_variants(one)))
