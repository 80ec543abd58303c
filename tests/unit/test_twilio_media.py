"""Attachments are fetched from Twilio's own addresses, bounded in size and time."""

import time
from collections.abc import Iterator

import pytest

from bot.clients.timed_calls import TimedCalls
from bot.clients.twilio_media import MediaUnavailable, TwilioMedia
from config import Config
from tests.support.twilio_server import ACCOUNT, MEDIA, MESSAGE, PATH, TwilioServer

MOST_BYTES = 4096
ELSEWHERE = [
    "http://127.0.0.1:1/2010-04-01/Accounts/{a}/Messages/{m}/Media/{e}",
    "{api}/2010-04-01/Accounts/AC00000000000000000000000000000000/Messages/{m}/Media/{e}",
    "{api}/2010-04-01/Accounts/{a}/Messages/{m}",
    "{api}/2010-04-01/Accounts/{a}/Messages/{m}/Media/{e}/../../../../admin",
    "{api}/2010-04-01/Accounts/{a}/Messages/{m}/Media/{e}?x=http://169.254.169.254",
    "{api}/2010-04-01/Accounts/{a}/Messages/{m}/Media/{e}#x",
    "{api}@evil.example/2010-04-01/Accounts/{a}/Messages/{m}/Media/{e}",
    "https://api.twilio.com.evil.example/2010-04-01/Accounts/{a}/Messages/{m}/Media/{e}",
    "http://169.254.169.254/latest/meta-data/",
    "file:///etc/passwd",
    "",
    "no address at all",
]


@pytest.fixture
def server() -> Iterator[TwilioServer]:
    with TwilioServer() as server:
        yield server


@pytest.fixture
def media(server: TwilioServer) -> TwilioMedia:
    return media_of(server)


def media_of(server: TwilioServer, token: str = "test-token") -> TwilioMedia:
    config = Config.from_environment(
        {
            "TWILIO_ACCOUNT_SID": ACCOUNT,
            "TWILIO_AUTH_TOKEN": token,
            "TWILIO_API_BASE_URL": server.url,
        }
    )
    return TwilioMedia(config, TimedCalls(4, "test"))


def soon(seconds: float = 20) -> float:
    return time.monotonic() + seconds


def test_an_attachment_of_the_account_is_fetched_with_its_credentials(
    media: TwilioMedia, server: TwilioServer
) -> None:
    fetched = media.fetch(server.media_url, MOST_BYTES, soon())
    assert (fetched.content, fetched.content_type) == (server.kept.content, "audio/ogg")
    assert server.asked == [(PATH, server.credentials)]


def test_a_type_with_parameters_is_read_without_them(
    media: TwilioMedia, server: TwilioServer
) -> None:
    server.kept.content_type = "Audio/OGG; codecs=opus"
    assert media.fetch(server.media_url, MOST_BYTES, soon()).content_type == "audio/ogg"


@pytest.mark.parametrize("address", ELSEWHERE)
def test_nothing_else_is_ever_fetched(
    media: TwilioMedia, server: TwilioServer, address: str
) -> None:
    url = address.format(api=server.url, a=ACCOUNT, m=MESSAGE, e=MEDIA)
    with pytest.raises(MediaUnavailable):
        media.fetch(url, MOST_BYTES, soon())
    assert server.asked == []


def test_a_redirect_to_a_store_is_followed_without_credentials(
    media: TwilioMedia, server: TwilioServer
) -> None:
    server.kept.redirects = [f"{server.url}/store/1"]
    assert media.fetch(server.media_url, MOST_BYTES, soon()).content == server.kept.content
    assert server.asked == [(PATH, server.credentials), ("/store/1", None)]


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.1:1/",
        "http://media.twiliocdn.com/x",
        "https://twiliocdn.com.evil.example/x",
        "https://eviltwiliocdn.com/x",
        "https://169.254.169.254/latest",
        "file:///etc/passwd",
    ],
)
def test_a_redirect_to_anywhere_else_is_not(
    media: TwilioMedia, server: TwilioServer, location: str
) -> None:
    server.kept.redirects = [location]
    with pytest.raises(MediaUnavailable, match="its own"):
        media.fetch(server.media_url, MOST_BYTES, soon())


def test_redirects_without_end_are_left(media: TwilioMedia, server: TwilioServer) -> None:
    server.kept.redirects = [f"{server.url}/store/{number}" for number in range(9)]
    with pytest.raises(MediaUnavailable, match="too many"):
        media.fetch(server.media_url, MOST_BYTES, soon())
    assert len(server.asked) == 4


@pytest.mark.parametrize("says_length", [True, False])
def test_what_is_too_large_is_left(
    media: TwilioMedia, server: TwilioServer, says_length: bool
) -> None:
    server.kept.content, server.kept.says_length = b"0" * (MOST_BYTES + 1), says_length
    with pytest.raises(MediaUnavailable, match="too large"):
        media.fetch(server.media_url, MOST_BYTES, soon())


@pytest.mark.parametrize("status", [401, 403, 404, 410, 500])
def test_an_error_is_an_error(media: TwilioMedia, server: TwilioServer, status: int) -> None:
    server.kept.status = status
    with pytest.raises(MediaUnavailable):
        media.fetch(server.media_url, MOST_BYTES, soon())


def test_wrong_credentials_are_refused(server: TwilioServer) -> None:
    with pytest.raises(MediaUnavailable):
        media_of(server, token="wrong").fetch(server.media_url, MOST_BYTES, soon())


def test_a_server_that_drips_is_left_at_the_deadline(
    media: TwilioMedia, server: TwilioServer
) -> None:
    server.kept.drips = True
    with pytest.raises(MediaUnavailable, match="in time"):
        media.fetch(server.media_url, MOST_BYTES, soon(0.3))
    assert not server.over.is_set()


def test_nobody_listening_is_an_error(media: TwilioMedia, server: TwilioServer) -> None:
    server.shutdown()
    server.server_close()
    with pytest.raises(MediaUnavailable):
        media.fetch(server.media_url, MOST_BYTES, soon())


def test_without_an_account_there_is_nothing_to_ask_with() -> None:
    assert not TwilioMedia(Config.from_environment({}), TimedCalls(1, "test")).is_configured
