"""Fetches what leads attach, from Twilio and from nowhere else.

The webhook names the address (``MediaUrl0``), and whoever can forge a webhook could name any: so
it has to be that of a message of our own account, and where Twilio sends on to has to be one of
the stores that it keeps media in. Credentials go to Twilio's API only.
https://www.twilio.com/docs/messaging/api/media-resource
"""

import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, urljoin, urlsplit

from flask import Flask, current_app

from bot.clients.timed_calls import TimedCalls, TooManyCalls, result_of
from bot.errors import BotError
from config import Config

if TYPE_CHECKING:
    from requests import Response, Session

_PATH = re.compile(
    r"/2010-04-01/Accounts/(?P<account>AC[0-9a-f]{32})/Messages/[MS]M[0-9a-f]{32}"
    r"/Media/ME[0-9a-f]{32}",
    re.ASCII,
)
_STORES = (".twiliocdn.com", "s3-external-1.amazonaws.com")
_MOST_REDIRECTS = 3
_CONNECT_S, _READ_S = 3.0, 5.0
_PIECE = 64 * 1024
_GONE = 404


class MediaUnavailable(BotError):
    """The attachment could not be fetched."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """An attachment: its bytes, and the type that the server said they are of."""

    content: bytes
    content_type: str


class TwilioMedia:
    """Reads attachments of one account's messages."""

    def __init__(self, config: Config, calls: TimedCalls) -> None:
        self._account = config.twilio_account_sid
        self._token = config.twilio_auth_token
        self._api = urlsplit(config.twilio_api_base_url)
        self._calls = calls

    @property
    def is_configured(self) -> bool:
        """Whether there are credentials to ask Twilio with."""
        return bool(self._account and self._token)

    def fetch(self, url: str, most_bytes: int, deadline: float) -> Fetched:
        """The attachment at ``url``, of at most ``most_bytes``.

        Raises:
            MediaUnavailable: when the address is not one of ours, when it is larger, or when it
                is not here by ``deadline``, a moment of :func:`time.monotonic`.
        """
        if not self._is_ours(url):
            raise MediaUnavailable("The address is not that of a message of this account.")
        try:
            download = self._calls.start(lambda: self._download(url, most_bytes, deadline))
            return result_of(download, deadline)
        except (TimeoutError, TooManyCalls) as error:
            raise MediaUnavailable("Twilio did not send the attachment in time.") from error

    def delete(self, message_sid: str) -> None:
        """Delete all that a message had attached; what is gone already is well.

        https://www.twilio.com/docs/messaging/api/media-resource#delete-a-media-resource

        Raises:
            MediaUnavailable: when Twilio cannot be reached, or did not do it.
        """
        from requests import RequestException, Session

        messages = f"{self._api.geturl()}/2010-04-01/Accounts/{self._account}/Messages"
        try:
            with Session() as session:
                session.auth = (self._account, self._token)
                address = f"{messages}/{quote(message_sid, safe='')}/Media"
                listed = session.get(f"{address}.json", timeout=(_CONNECT_S, _READ_S))
                if listed.status_code == _GONE:
                    return
                listed.raise_for_status()
                for media in listed.json()["media_list"]:
                    where = f"{address}/{quote(media['sid'], safe='')}.json"
                    deleted = session.delete(where, timeout=(_CONNECT_S, _READ_S))
                    if deleted.status_code != _GONE:
                        deleted.raise_for_status()
        except (RequestException, ValueError, KeyError, TypeError) as error:
            raise MediaUnavailable(f"Twilio answered with {type(error).__name__}.") from error

    def _is_ours(self, url: str) -> bool:
        address, path = urlsplit(url), _PATH.fullmatch(urlsplit(url).path)
        is_api = (address.scheme, address.netloc) == (self._api.scheme, self._api.netloc)
        is_bare = not address.query and not address.fragment
        return bool(is_api and is_bare and path and path["account"] == self._account)

    def _download(self, url: str, most_bytes: int, deadline: float) -> Fetched:
        from requests import RequestException, Session

        try:
            with Session() as session, self._followed(session, url) as response:
                response.raise_for_status()
                content_type = response.headers.get("Content-Type", "").split(";")[0].strip()
                content = _body(response, most_bytes, deadline)
        except (RequestException, ValueError) as error:
            raise MediaUnavailable(f"Twilio answered with {type(error).__name__}.") from error
        return Fetched(content, content_type.lower())

    def _followed(self, session: "Session", url: str) -> "Response":
        """The last answer of a chain of redirects, each of them looked at before it is followed."""
        credentials: tuple[str, str] | None = (self._account, self._token)
        for _ in range(_MOST_REDIRECTS + 1):
            response = session.get(
                url,
                auth=credentials,
                allow_redirects=False,
                stream=True,
                timeout=(_CONNECT_S, _READ_S),
            )
            if not response.is_redirect:
                return response
            response.close()
            url = urljoin(url, response.headers["Location"])
            if not self._is_a_store(url):
                raise MediaUnavailable("Twilio sent on to an address that is not one of its own.")
            credentials = None
        raise MediaUnavailable("Twilio sent on too many times.")

    def _is_a_store(self, url: str) -> bool:
        address = urlsplit(url)
        if (address.scheme, address.netloc) == (self._api.scheme, self._api.netloc):
            return True
        host = (address.hostname or "").lower()
        return address.scheme == "https" and f".{host}".endswith(_STORES)


def _body(response: "Response", most_bytes: int, deadline: float) -> bytes:
    """The whole body; its length may be wrong, or not be said."""
    if int(response.headers.get("Content-Length") or 0) > most_bytes:
        raise MediaUnavailable("The attachment is too large.")
    body = bytearray()
    for piece in response.iter_content(_PIECE):
        body += piece
        if len(body) > most_bytes:
            raise MediaUnavailable("The attachment is too large.")
        if time.monotonic() > deadline:
            raise MediaUnavailable("Twilio did not send the attachment in time.")
    return bytes(body)


def init_app(app: Flask, config: Config) -> None:
    """Give ``app`` access to its account's media."""
    app.extensions["twilio_media"] = TwilioMedia(config, TimedCalls(config.web_threads, "media"))


def current_media() -> TwilioMedia:
    """The media of the running app's account."""
    return current_app.extensions["twilio_media"]
