"""Personal fields encrypted at rest: AES-256-GCM, bound to the person and to the column.

A sealed text is ``~v1~`` and, in base64url, the key's id (4 bytes), the nonce (12), the ciphertext
and its tag (16). Whoever moves it to another person or column, or changes a bit of it, gets an
error and no text. Without keys everything stays as it is; what was written before there were keys
can still be read, and what is sealed never passes for plain.
NIST SP 800-38D, section 8.2.2: random nonces serve 2^32 texts a key, and keys can be rotated.
"""

import base64
import binascii
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any, cast

from bot.errors import Undecipherable
from bot.models.leads import canonical_id

MARK = "~v1~"
_AS_WRITTEN = MARK + "="
"""Before a text that itself begins with the mark, and is no sealed one."""

_SEALED, _WHOLE = "sealed", "~whole~"
_UTF8 = ("utf-8", "surrogatepass")
_ID_BYTES, _NONCE_BYTES = 4, 12
_SHORT_COLUMNS = ("name", "role")
_LONGEST_SHORT = 150
"""Bytes that fit into 255 characters when they are sealed."""

_LONGEST_COLUMN = 255
_LISTS = ("interests", "pain_points")
_PLAIN_FACTS = ("stage", "opted_out")


def key_id(key: bytes) -> str:
    """What a key is called in what it sealed, and wherever keys are spoken of: 8 hex digits."""
    return sha256(b"brenda key id" + key).hexdigest()[: 2 * _ID_BYTES]


class Vault:
    """Seals with the first of ``keys`` and opens with any; with none it changes nothing."""

    def __init__(self, keys: Sequence[bytes] = ()) -> None:
        self._keys = {key_id(key): key for key in keys}
        self._ciphers = _ciphers(self._keys)
        self.newest = next(iter(self._keys), None)

    @property
    def key_ids(self) -> frozenset[str]:
        """The ids of the keys at hand."""
        return frozenset(self._keys)

    def seal(self, text: str, user_id: str, column: str) -> str:
        """``text`` as it is stored; an empty one stays empty."""
        if self.newest is None or not text:
            return _AS_WRITTEN + text if text.startswith(MARK) else text
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._ciphers[self.newest].encrypt(
            nonce, text.encode(*_UTF8), _bound(user_id, column)
        )
        raw = bytes.fromhex(self.newest) + nonce + sealed
        return MARK + _as_text(raw)

    def open(self, kept: str, user_id: str, column: str) -> str:
        """The text that was sealed.

        Raises:
            Undecipherable: when its key is not at hand, or it is not what was sealed here.
        """
        if not kept.startswith(MARK):
            return kept
        if kept.startswith(_AS_WRITTEN):
            return kept.removeprefix(_AS_WRITTEN)
        name, nonce, sealed = _parts(kept)
        if name not in self._ciphers:
            raise Undecipherable(
                f"MEMORY_ENCRYPTION_KEYS lacks the key {name}, which {column} is encrypted with."
            )
        return _decrypted(self._ciphers[name], nonce, sealed, _bound(user_id, column))

    def is_current(self, kept: str) -> bool:
        """Whether a stored text is as :meth:`seal` would store it today, but for the nonce."""
        if self.newest is None or not kept:
            return not is_sealed(kept)
        return is_sealed(kept) and _parts(kept)[0] == self.newest

    def seal_lead(self, columns: Mapping[str, Any], user_id: str) -> dict[str, Any]:
        """The columns of ``user_memory`` as they are stored.

        Stage, opt-out and the state of the consent stay readable in ``additional_data``: figures
        are made of them, and a refusal is respected also where no key is at hand.
        """
        if self.newest is None:
            return self._escaped(columns)
        extra = dict(columns["additional_data"])
        clear = {name: extra[name] for name in _PLAIN_FACTS if extra.get(name)}
        consent = extra.get("consent")
        if isinstance(consent, dict) and "state" in consent:
            clear["consent"] = {"state": cast(Any, consent)["state"]}
        sealed = dict(columns)
        for name in _SHORT_COLUMNS:
            sealed[name] = self._seal_short(columns[name], user_id, name, extra)
        for name in _LISTS:
            values = list(columns[name])
            sealed[name] = [self._seal_json(values, user_id, name)] if values else []
        history = list(columns["message_history"])
        sealed["message_history"] = (
            [{_SEALED: self._seal_json(history, user_id, "message_history")}] if history else []
        )
        if extra:
            clear[_SEALED] = self._seal_json(extra, user_id, "additional_data")
        sealed["additional_data"] = clear
        return sealed

    def open_lead(self, found: Mapping[str, Any], user_id: str) -> dict[str, Any]:
        """What :meth:`seal_lead` was given; what is not sealed is as it was found.

        Raises:
            Undecipherable: see :meth:`open`.
        """
        opened = dict(found)
        extra, whole = self._open_extra(found.get("additional_data"), user_id)
        for name in _SHORT_COLUMNS:
            if isinstance(found.get(name), str):
                short = self.open(found[name], user_id, name)
                is_cut = whole.get(name, "").startswith(short) and is_sealed(found[name])
                opened[name] = whole[name] if is_cut else short
        for name in _LISTS:
            opened[name] = self._open_list(found.get(name), user_id, name)
        opened["message_history"] = self._open_history(found.get("message_history"), user_id)
        opened["additional_data"] = extra
        return opened

    def is_lead_current(self, found: Mapping[str, Any]) -> bool:
        """Whether everything stored of a lead is as it would be stored today."""
        return all(map(self.is_current, _texts_of(found)))

    def seal_document(self, document: Any, user_id: str, kind: str) -> Any:
        """A JSON document of one person as it is stored; ``kind`` is what it is bound to."""
        if self.newest is None:
            return document
        return {"user_id": user_id, _SEALED: self._seal_json(document, user_id, kind)}

    def open_document(self, kept: Any, kind: str) -> Any:
        """What :meth:`seal_document` was given; what is not sealed is returned as it is."""
        if not isinstance(kept, dict) or set(cast(Any, kept)) != {"user_id", _SEALED}:
            return cast(Any, kept)
        sealed = cast(dict[str, str], kept)
        return json.loads(self.open(sealed[_SEALED], sealed["user_id"], kind))

    def is_document_current(self, kept: Any) -> bool:
        """Whether a stored document is as it would be stored today."""
        if self.newest is None:
            return True
        document = cast(dict[str, Any], kept) if isinstance(kept, dict) else {}
        return self.is_current(document.get(_SEALED) or "plain")

    def _seal_json(self, value: Any, user_id: str, column: str) -> str:
        return self.seal(json.dumps(value, ensure_ascii=False), user_id, column)

    def _seal_short(
        self, text: str | None, user_id: str, column: str, extra: dict[str, Any]
    ) -> str | None:
        """Sealed within 255 characters; the whole of a longer text goes to ``extra``."""
        if not text:
            return text
        short = text.encode(*_UTF8)[:_LONGEST_SHORT].decode(errors="ignore")
        if short != text:
            extra[_WHOLE] = {**extra.get(_WHOLE, {}), column: text}
        return self.seal(short, user_id, column)

    def _open_extra(self, found: Any, user_id: str) -> tuple[Any, dict[str, str]]:
        """The facts without a column, and the whole of texts that were cut to fit theirs."""
        if not isinstance(found, dict):
            return found, {}
        extra = dict(cast(dict[str, Any], found))
        kept = extra.get(_SEALED)
        if not isinstance(kept, str) or not is_sealed(kept):
            return extra, {}
        del extra[_SEALED]
        facts: dict[str, Any] = json.loads(self.open(kept, user_id, "additional_data"))
        whole = facts.pop(_WHOLE, {})
        # What stands beside it is there for those who have no key; it may be older.
        return {**extra, **facts}, whole

    def _open_list(self, found: Any, user_id: str, column: str) -> Any:
        """An array column; some tools leave a text or a JSON text in it, which is read later."""
        if not isinstance(found, list | tuple):
            return found
        values = cast(Sequence[Any], found)
        if len(values) == 1 and isinstance(values[0], str) and is_sealed(values[0]):
            return json.loads(self.open(values[0], user_id, column))
        return [
            self.open(each, user_id, column) if isinstance(each, str) else each for each in values
        ]

    def _open_history(self, found: Any, user_id: str) -> Any:
        turns = cast(list[Any], found) if isinstance(found, list) else []
        only = (
            cast(dict[str, Any], turns[0]) if len(turns) == 1 and isinstance(turns[0], dict) else {}
        )
        if [*only] != [_SEALED]:
            return cast(Any, found)
        return json.loads(self.open(only[_SEALED], user_id, "message_history"))

    def _escaped(self, columns: Mapping[str, Any]) -> dict[str, Any]:
        """Nobody may pass off as sealed what they wrote; only texts that begin so are touched."""
        escaped = dict(columns)
        for name in _SHORT_COLUMNS:
            if (columns[name] or "").startswith(MARK):
                escaped[name] = self.seal(columns[name], "", name)[:_LONGEST_COLUMN]
        for name in _LISTS:
            escaped[name] = [self.seal(each, "", name) for each in columns[name]]
        return escaped


def is_sealed(kept: str) -> bool:
    """Whether a stored text is sealed."""
    return kept.startswith(MARK) and not kept.startswith(_AS_WRITTEN)


def _ciphers(keys: Mapping[str, bytes]) -> Mapping[str, Any]:
    if not keys:
        return {}
    # Imported with a key only: it takes 30 ms that most commands need not wait for.
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return {name: AESGCM(key) for name, key in keys.items()}


def _bound(user_id: str, column: str) -> bytes:
    """What a text is bound to; the variants of a number are one person."""
    return f"{canonical_id(user_id)}\0{column}".encode()


def _as_text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _parts(kept: str) -> tuple[str, bytes, bytes]:
    text = kept.removeprefix(MARK)
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise Undecipherable("An encrypted text was cut or changed.") from error
    if len(raw) <= _ID_BYTES + _NONCE_BYTES or _as_text(raw) != text:
        raise Undecipherable("An encrypted text was cut or changed.")
    nonce_ends = _ID_BYTES + _NONCE_BYTES
    return raw[:_ID_BYTES].hex(), raw[_ID_BYTES:nonce_ends], raw[nonce_ends:]


def _decrypted(cipher: Any, nonce: bytes, sealed: bytes, bound: bytes) -> str:
    from cryptography.exceptions import InvalidTag

    try:
        return cipher.decrypt(nonce, sealed, bound).decode(*_UTF8)
    except (InvalidTag, ValueError) as error:
        raise Undecipherable(
            "An encrypted text was changed, or is not this person's: it cannot be read."
        ) from error


def _texts_of(found: Mapping[str, Any]) -> Iterable[str]:
    """The texts of a lead that are sealed where there are keys; "plain" for what is none."""
    kept = [found[name] for name in _SHORT_COLUMNS if found.get(name)]
    kept += [each for name in _LISTS for each in found.get(name) or () if each]
    documents: list[Any] = list(found.get("message_history") or ())
    if not _is_readable_anyway(found.get("additional_data") or {}):
        documents.append(found["additional_data"])
    for document in documents:
        is_one = isinstance(document, dict)
        kept.append(cast(Any, document).get(_SEALED) if is_one else document)
    return [each if isinstance(each, str) else "plain" for each in kept]


def _is_readable_anyway(extra: Any) -> bool:
    """Whether facts are just those that stay readable."""
    if not isinstance(extra, dict):
        return False
    facts = cast(dict[str, Any], extra)
    consent = facts.get("consent")
    is_bare = isinstance(consent, dict) and [*cast(dict[str, Any], consent)] == ["state"]
    return set(facts) <= {*_PLAIN_FACTS, "consent"} and ("consent" not in facts or is_bare)
