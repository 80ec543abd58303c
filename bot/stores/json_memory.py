"""Memory in JSON files: one a lead, in the older bot's format, and one a turn.

``turns/<lead>/<MessageSid>.json`` is the log of one inbound message, its reply and what it changed;
its existence makes the message unique. ``turns/aliases`` tells whose other ids are whose.
"""

import contextlib
import json
import re
import shutil
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import unquote

from bot.models.leads import EXTERNAL_ID, LeadChange, LeadMemory, canonical_id, number_variants
from bot.models.merging import merged
from bot.models.message_log import LoggedMessage, MessagePage, page_key, page_position
from bot.models.messages import WITH_MEDIA, InboundMessage, Reply, Turn, TurnState
from bot.stores.erasures import FileErasures
from bot.stores.files import (
    delete_with_leftovers,
    file_key,
    locked,
    read_json,
    write_atomically,
    write_text_atomically,
)
from bot.stores.lead_files import LeadFiles
from bot.stores.turn_records import TurnRecord, message_document, message_of
from bot.stores.vault import Vault

_LAST_SIDS = "last_message_sids"
_SIDS_KEPT = 20
_OF_A_LEAD = re.compile(r"\.?(?:memory_|history_)?(.+?)\.jsonl?(?:\.|$)")
"""The id in the name of a lead's file, also of one that was set aside or is half written."""

_NOBODY = "(erased)"


class JsonMemoryStore:
    """Leads in ``memory_dir``, turns in ``turns_dir``; ``older_dirs`` are only read from.

    What is not ``durable`` may be lost in a power cut, and costs no waiting for the disk. A folder
    that is not ours is not ``tidied``: damaged turns stay where they are.
    """

    def __init__(
        self,
        memory_dir: Path,
        turns_dir: Path,
        older_dirs: Iterable[Path] = (),
        *,
        durable: bool = True,
        vault: Vault | None = None,
        erasures: FileErasures | None = None,
        tidies: bool = True,
    ) -> None:
        self.memory_dir = memory_dir
        self.turns_dir = turns_dir
        self.durable = durable
        self.tidies = tidies
        self.vault = vault or Vault()
        self.leads = LeadFiles(memory_dir, self.vault, durable)
        self.older = [LeadFiles(folder, self.vault) for folder in older_dirs]
        self.erasures = erasures or FileErasures(turns_dir.parent / "erased")

    def open_turn(self, inbound: InboundMessage, lease_s: float) -> Turn:
        """See :class:`bot.stores.memory.MemoryStore`."""
        with self._locked_whoever(inbound.user_id):
            memory = self.load(inbound.user_id) or self._stranger(inbound.user_id)
            record = self.record_of(inbound)
            if record and record.reply:
                return Turn(inbound, memory, TurnState.ANSWERED, record.reply)
            now = datetime.now(UTC)
            if record and record.claimed_at > now - timedelta(seconds=lease_s):
                return Turn(inbound, memory, TurnState.ELSEWHERE)
            kept = TurnRecord(_kept(inbound, memory), claimed_at=now)
            kept.write(self.turn_file(inbound), self.vault)
            return Turn(inbound, memory, TurnState.OURS)

    def link(self, turn: Turn) -> Turn:
        """See :class:`bot.stores.memory.MemoryStore`."""
        external = turn.inbound.external_user_id
        if external is None:
            return turn
        with self.locked(turn.inbound.user_id, external):
            ours, theirs = self.load(turn.inbound.user_id), self.leads.find(external)
            memory = ours or turn.memory
            if theirs and theirs.user_id != memory.user_id:
                memory = merged(memory, theirs)
            memory = replace(
                memory, additional_data={**memory.additional_data, EXTERNAL_ID: external}
            )
            if ours or theirs:
                self.leads.save(memory)
            write_atomically(self._alias_file(external), {"user_id": memory.user_id})
            self.leads.delete(set(number_variants(external)) - {memory.user_id})
            return replace(turn, memory=memory)

    def close_turn(self, turn: Turn, change: LeadChange, reply: Reply) -> Turn:
        """See :class:`bot.stores.memory.MemoryStore`."""
        inbound = turn.inbound
        with self._locked_whoever(inbound.user_id):
            memory = self.load(inbound.user_id) or self._renamed(turn.memory)
            record = self.record_of(inbound)
            if record and record.reply:
                return replace(turn, memory=memory, state=TurnState.ANSWERED, reply=record.reply)
            closed = replace(turn, state=TurnState.ANSWERED, reply=reply)
            if change.forgets:
                return replace(closed, memory=self._forget(inbound, memory, change, reply))
            kept = _kept(inbound, memory)
            memory = self._apply_once(memory, change, inbound.message_sid)
            record = TurnRecord(kept, datetime.now(UTC), reply, change)
            record.write(self.turn_file(inbound), self.vault)
            return replace(closed, memory=memory)

    def load(self, user_id: str) -> LeadMemory | None:
        """See :class:`bot.stores.memory.MemoryStore`."""
        known_as = self._known_as(user_id)
        if known_as:
            return self.load(known_as)
        found = (leads.find(user_id) for leads in (self.leads, *self.older))
        memory = next((each for each in found if each), None)
        stone = memory and self.erasures.of([user_id]).get(user_id)
        return None if memory and stone and stone.covers(memory) else memory

    def update(
        self, user_id: str, edit: Callable[[LeadMemory | None], LeadMemory | None]
    ) -> LeadMemory | None:
        """See :class:`bot.stores.memory.MemoryStore`."""
        with self._locked_whoever(user_id):
            known = self.load(user_id)
            changed = edit(known)
            if changed is None or changed == known:
                return changed
            changed = changed if known else self._renamed(changed)
            self.leads.save(changed)
            return changed

    def erase(
        self, user_id: str, opted_out: bool, at: datetime, kept_sid: str | None = None
    ) -> Sequence[str]:
        """See :class:`bot.stores.memory.MemoryStore`; ``kept_sid`` is of no use here."""
        del kept_sid
        ids = self.ids_of(user_id)
        with self.locked(*ids):
            self.erase_files(ids)
            self.erasures.note(ids, opted_out, at)
        return ids

    def erase_files(self, ids: Iterable[str]) -> None:
        """Delete all files of a person; the caller holds the locks."""
        listed = list(ids)
        self.leads.delete(listed)
        for each in listed:
            shutil.rmtree(self.turn_folder(each), ignore_errors=True)
            delete_with_leftovers(self._alias_file(each))
            delete_with_leftovers(self.history_file(each))

    def ids_of(self, user_id: str) -> list[str]:
        """Every id that the person is, or was, known under."""
        known_as = self._known_as(user_id)
        memory = self.leads.find(known_as or user_id)
        external = memory and memory.additional_data.get(EXTERNAL_ID)
        ids = [user_id, known_as or user_id, external if isinstance(external, str) else user_id]
        return list(dict.fromkeys(each for one in ids for each in number_variants(one)))

    def people(self) -> set[str]:
        """The ids of all of whom something is here; one of the variants of each number."""
        folders = [folder.name.removeprefix("lead_") for folder in self.turns_dir.glob("lead_*")]
        names = [path.name for path in self.memory_dir.glob("*") if path.is_file()]
        names += [path.name for path in (self.turns_dir / "aliases").glob("*")]
        keys = [found[1] for name in names if (found := _OF_A_LEAD.match(name))]
        return {unquote(key) for key in (*folders, *keys)}

    def page(self, user_id: str, before: str | None, limit: int) -> MessagePage:
        """The newest messages of a person; of those before a key, if given.

        Raises:
            Unusable: when ``before`` is no key of a page.
        """
        end = page_position(before) if before else None
        found = [each for each in self.history(user_id) if end is None or _position(each) < end]
        page = found[: -limit - 1 : -1]
        return MessagePage(page, page[-1].key if len(found) > limit else None)

    def history(self, user_id: str) -> list[LoggedMessage]:
        """All messages of a person and the replies to them, oldest first."""
        return self.logged(self.ids_of(user_id))

    def logged(self, ids: Iterable[str]) -> list[LoggedMessage]:
        """All messages under these ids and the replies to them, oldest first."""
        owners = dict.fromkeys(canonical_id(each) for each in ids)
        found = [each for owner in owners for each in self._archived(owner)]
        records = (each for owner in owners for each in self.records_in(self.turn_folder(owner)))
        found += [each for _, record in records for each in record.messages()]
        found.sort(key=lambda message: message.at)
        return [replace(each, key=page_key(each.at, place)) for place, each in _places(found)]

    def with_media(self, user_id: str) -> list[str]:
        """The SIDs of a person's messages that had something attached."""
        said = (record.inbound for record in self.turns(user_id))
        return [each.message_sid for each in said if each.kind in WITH_MEDIA]

    def spending(self, day: str) -> float:
        """What the language model cost on ``day``, an ISO date, in USD."""
        try:
            kept = read_json(self._spending_file)
            return float(kept["usd"]) if kept["day"] == day else 0.0
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return 0.0

    def add_spending(self, day: str, usd: float) -> None:
        """Add to what it cost on ``day``; the days before are forgotten."""
        with locked(self.turns_dir, self._spending_file.stem):
            spent = round(self.spending(day) + usd, 8)
            write_atomically(self._spending_file, {"day": day, "usd": spent}, durable=False)

    @property
    def _spending_file(self) -> Path:
        return self.turns_dir / "spending.json"

    def turns(self, user_id: str) -> Iterator[TurnRecord]:
        """Every logged turn of a person, oldest first."""
        folders = dict.fromkeys(self.turn_folder(each) for each in self.ids_of(user_id))
        found = [record for folder in folders for _, record in self.records_in(folder)]
        return iter(sorted(found, key=lambda record: record.inbound.received_at))

    def turns_since(self, moment: float) -> Iterator[TurnRecord]:
        """All leads' turns that were written after a moment, as ``time.time`` counts."""
        for file in self.turns_dir.glob("lead_*/*.json"):
            with contextlib.suppress(FileNotFoundError):
                record = (
                    TurnRecord.read(file, self.vault) if file.stat().st_mtime > moment else None
                )
                if record:
                    yield record

    def turn_folder(self, user_id: str) -> Path:
        """Where a lead's turns are, whichever variant of the number wrote."""
        return self.turns_dir / f"lead_{file_key(canonical_id(user_id))}"

    def turn_file(self, inbound: InboundMessage) -> Path:
        """Where one turn is."""
        return self.turn_folder(inbound.user_id) / f"{file_key(inbound.message_sid)}.json"

    def history_file(self, user_id: str) -> Path:
        """Where messages are that were logged elsewhere, one a line."""
        return self.memory_dir / f"history_{file_key(canonical_id(user_id))}.jsonl"

    def turn_of(self, user_id: str, message_sid: str) -> TurnRecord | None:
        """One turn of a lead, while it is on disk."""
        file = self.turn_folder(user_id) / f"{file_key(message_sid)}.json"
        return TurnRecord.read(file, self.vault)

    def archive(self, user_id: str, messages: Iterable[LoggedMessage]) -> None:
        """Keep messages of a lead that were logged elsewhere, in place of those kept before."""
        lines = (json.dumps(message_document(each, self.vault)) for each in messages)
        write_text_atomically(self.history_file(user_id), "".join(f"{line}\n" for line in lines))

    def record_of(self, inbound: InboundMessage) -> TurnRecord | None:
        """What is on disk of this message, when it came before."""
        known = TurnRecord.read(self.turn_file(inbound), self.vault)
        return known or TurnRecord.read(self._nobodys_file(inbound), self.vault)

    def records_in(self, folder: Path) -> list[tuple[Path, TurnRecord]]:
        """The turns that can be read, oldest first, each with its file."""
        files = record_files(folder)
        read = ((file, TurnRecord.read(file, self.vault, self.tidies)) for file in files)
        found = [(file, record) for file, record in read if record]
        return sorted(found, key=lambda pair: pair[1].inbound.received_at)

    def locked(self, *user_ids: str) -> AbstractContextManager[None]:
        """Hold the locks of these leads, whichever variant of a number wrote."""
        return locked(self.turns_dir, *(self.turn_folder(user_id).name for user_id in user_ids))

    @contextmanager
    def _locked_whoever(self, user_id: str) -> Generator[None]:
        """Hold the lead's lock, also when the person is known under another id, or becomes so."""
        while True:
            known_as = self._known_as(user_id) or user_id
            with self.locked(user_id, known_as):
                if (self._known_as(user_id) or user_id) == known_as:
                    yield
                    return

    def _stranger(self, user_id: str) -> LeadMemory:
        stone = self.erasures.of([user_id]).get(user_id)
        return stone.memory(user_id) if stone else LeadMemory(user_id)

    def _renamed(self, memory: LeadMemory) -> LeadMemory:
        """A new lead under the number, if it turned out meanwhile that the person has one."""
        return replace(memory, user_id=self._known_as(memory.user_id) or memory.user_id)

    def _known_as(self, user_id: str) -> str | None:
        """Under which number a person is known who wrote without one."""
        if user_id.isdigit():
            return None
        with contextlib.suppress(FileNotFoundError, ValueError, KeyError, TypeError):
            known_as = str(read_json(self._alias_file(user_id))["user_id"])
            return known_as if known_as != user_id else None
        return None

    def _alias_file(self, user_id: str) -> Path:
        return self.turns_dir / "aliases" / f"{file_key(canonical_id(user_id))}.json"

    def _nobodys_file(self, inbound: InboundMessage) -> Path:
        """Where the turn is kept that erased its writer: it tells nobody's number."""
        return self.turns_dir / "erasing" / f"{file_key(inbound.message_sid)}.json"

    def _archived(self, user_id: str) -> Iterator[LoggedMessage]:
        with contextlib.suppress(FileNotFoundError):
            for line in self.history_file(user_id).read_text("utf-8").splitlines():
                yield message_of(json.loads(line), self.vault)

    def _forget(
        self, inbound: InboundMessage, memory: LeadMemory, change: LeadChange, reply: Reply
    ) -> LeadMemory:
        """Erase the writer; the turn is still known, for when it is delivered again."""
        after = change.apply_to(memory)
        ids = self.ids_of(inbound.user_id)
        self.erase_files(ids)
        self.erasures.note(ids, after.opted_out, change.at)
        nobody = replace(wordless(inbound), user_id=_NOBODY, address="")
        answer = replace(reply, calls=())
        TurnRecord(nobody, datetime.now(UTC), answer).write(self._nobodys_file(inbound), self.vault)
        return after

    def _apply_once(self, memory: LeadMemory, change: LeadChange, sid: str) -> LeadMemory:
        """A crash between two files must not count a message twice: the memory keeps its SID.

        Other messages may come before the one that crashed is repeated, so it keeps several.
        """
        applied: list[str] = memory.additional_data.get(_LAST_SIDS) or []
        if sid in applied:
            return memory
        marked = replace(change, facts={**change.facts, _LAST_SIDS: [*applied, sid][-_SIDS_KEPT:]})
        memory = marked.apply_to(memory)
        self.leads.save(memory)
        return memory


def record_files(folder: Path) -> list[Path]:
    """The files of a lead's turns; none when the folder is gone, or goes at this moment."""
    try:
        return list(folder.glob("*.json"))
    except FileNotFoundError:
        return []


def wordless(inbound: InboundMessage) -> InboundMessage:
    """That a message came, without anything that its writer said or showed."""
    return replace(
        inbound,
        body="",
        profile_name=None,
        payload=None,
        media=(),
        location=None,
        referral=None,
        external_user_id=None,
    )


def _kept(inbound: InboundMessage, memory: LeadMemory) -> InboundMessage:
    """What is logged of a message: without its words, if its writer refused that they be kept."""
    return wordless(inbound) if memory.refused_consent else inbound


def _places(messages: Sequence[LoggedMessage]) -> Iterator[tuple[int, LoggedMessage]]:
    """Each message with its place among those of one moment."""
    place = 0
    for number, message in enumerate(messages):
        place = place + 1 if number and messages[number - 1].at == message.at else 0
        yield place, message


def _position(message: LoggedMessage) -> tuple[datetime, int]:
    return page_position(message.key)
