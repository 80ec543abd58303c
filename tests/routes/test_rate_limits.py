"""How many calls of the API each caller may make, counted here or in a Redis."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Event, Thread

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from bot.extensions import db
from bot.models.access import Scope
from bot.services import access
from tests.support.apps import AUTH_TOKEN, AppMaker
from tests.support.webhook import Webhook

OPTIONS = "/api/v1/courses/options"
USER = "/api/v1/users/5215500000000"

Call = Callable[..., TestResponse]


@pytest.fixture
def limited(make_app: AppMaker, demo_url: str) -> Callable[..., Flask]:
    """Brenda with limits on."""

    def limited(limit: str = "3 per minute", **environment: str) -> Flask:
        switches = {"RATELIMIT_ENABLED": "true", "API_RATE_LIMIT": limit, "SIMULATOR": "true"}
        return make_app(DATABASE_URL=demo_url, **switches, **environment)

    return limited


def make_key(app: Flask, *scopes: Scope) -> str:
    with app.app_context():
        return access.create_key("test", scopes or [Scope.ADMIN])


def get(app: Flask, token: str = "", path: str = OPTIONS, address: str = "10.0.0.1"):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return app.test_client().get(path, headers=headers, environ_base={"REMOTE_ADDR": address})


def statuses(app: Flask, times: int, *arguments: str) -> list[int]:
    return [get(app, *arguments).status_code for _ in range(times)]


# Who is counted


def test_a_key_that_used_up_its_calls_is_told_when_to_come_back(limited) -> None:
    app = limited()
    key = make_key(app)
    assert statuses(app, 3, key) == [200, 200, 200]
    refused = get(app, key)
    assert refused.status_code == 429
    assert (refused.json["code"], refused.json["status"]) == (429, "Too Many Requests")
    assert "3 per minute" in refused.json["message"]
    assert 0 <= int(refused.headers["Retry-After"]) <= 61
    assert refused.headers["X-RateLimit-Remaining"] == "0"


def test_every_answer_tells_how_many_calls_are_left(limited) -> None:
    app = limited()
    key = make_key(app)
    for left in (2, 1, 0):
        answer = get(app, key)
        assert answer.headers["X-RateLimit-Limit"] == "3"
        assert answer.headers["X-RateLimit-Remaining"] == str(left)
        assert 0 <= int(answer.headers["X-RateLimit-Reset"]) - time.time() <= 61
        assert "Retry-After" not in answer.headers


def test_a_period_later_the_calls_are_back(limited) -> None:
    app = limited("1 per second")
    key = make_key(app)
    assert 429 in statuses(app, 3, key)
    time.sleep(1.1)
    assert get(app, key).status_code == 200


def test_several_limits_hold_together(limited) -> None:
    app = limited("2 per hour; 100 per day")
    assert statuses(app, 3, make_key(app)) == [200, 200, 429]


def test_one_limit_holds_for_the_whole_api(limited) -> None:
    app = limited("2 per minute")
    key = make_key(app)
    assert get(app, key).status_code == 200
    assert get(app, key, USER).status_code == 404
    assert get(app, key, "/api/v1/courses").status_code == 429


def test_nobody_uses_up_the_calls_of_another_key(limited) -> None:
    app = limited()
    mine, theirs = make_key(app), make_key(app)
    assert statuses(app, 4, theirs)[-1] == 429
    assert get(app, mine).status_code == 200


def test_a_wrong_key_counts_for_the_address_and_not_for_the_key_it_names(limited) -> None:
    app = limited()
    key = make_key(app)
    guess = key[:-43] + "x" * 43
    assert statuses(app, 4, guess) == [401, 401, 401, 429]
    assert statuses(app, 1) == [429]
    assert get(app, key).status_code == 200
    assert get(app, guess, address="10.0.0.2").status_code == 401


def test_a_key_without_the_scope_is_counted_too(limited) -> None:
    app = limited()
    assert statuses(app, 4, make_key(app, Scope.LEADS_READ)) == [403, 403, 403, 429]


def test_head_and_writes_count_like_reads(limited) -> None:
    app = limited()
    client, headers = app.test_client(), {"Authorization": f"Bearer {make_key(app)}"}
    assert client.head(OPTIONS, headers=headers).status_code == 200
    assert client.post("/api/v1/courses", headers=headers).status_code == 415
    assert client.delete(f"/api/v1/courses/{'0' * 8}-{'0000-' * 3}{'0' * 12}", headers=headers)
    assert client.head(OPTIONS, headers=headers).status_code == 429


# Who is not


def test_only_the_api_is_limited(limited) -> None:
    app = limited("1 per hour")
    webhook, client = Webhook(app.test_client(), AUTH_TOKEN), app.test_client()
    for _ in range(3):
        assert webhook.say("hola")
        message = {"user_id": "5215512345678", "body": "hola"}
        assert client.post("/simulator/messages", json=message).status_code == 200
        for path in ("/healthz", "/readyz", "/metrics", "/api/openapi.json", "/api/docs"):
            answer = client.get(path)
            assert answer.status_code == 200
            assert "X-RateLimit-Limit" not in answer.headers


def test_without_limits_nothing_is_counted(make_app: AppMaker, demo_url: str) -> None:
    app = make_app(DATABASE_URL=demo_url, API_RATE_LIMIT="1 per hour", RATELIMIT_ENABLED="false")
    key = make_key(app)
    assert statuses(app, 3, key) == [200, 200, 200]
    assert "X-RateLimit-Limit" not in get(app, key).headers


def test_each_app_counts_for_itself(limited) -> None:
    one, other = limited(), limited()
    key = make_key(one)
    assert statuses(one, 4, key)[-1] == 429
    assert get(other, key).status_code == 200


# A Redis, well or away


class Redis(ThreadingTCPServer):
    """As much of a Redis as a fixed window needs; silent when told to be."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), RedisConversation)
        self.counts: Counter[bytes] = Counter()
        self.is_silent = Event()
        self.url = f"redis://127.0.0.1:{self.server_address[1]}/0"
        self.when_asked: Callable[[bytes], object] = lambda command: None


class RedisConversation(StreamRequestHandler):
    server: Redis

    def handle(self) -> None:
        while line := self.rfile.readline():
            words = [self._word() for _ in range(int(line[1:]))]
            if self.server.is_silent.is_set():
                continue
            self.wfile.write(self._answer(*words))

    def _word(self) -> bytes:
        length = int(self.rfile.readline()[1:])
        return self.rfile.read(length + 2)[:-2]

    def _answer(self, command: bytes, *arguments: bytes) -> bytes:
        counts = self.server.counts
        self.server.when_asked(command)
        if command == b"HELLO":
            return b"%1\r\n+proto\r\n:3\r\n"
        if command == b"EVALSHA":
            counts[arguments[2]] += 1
            return b":%d\r\n" % counts[arguments[2]]
        if command == b"GET":
            return b"$%d\r\n%d\r\n" % (len(str(counts[arguments[0]])), counts[arguments[0]])
        return b":60\r\n" if command == b"TTL" else b"+OK\r\n"


@pytest.fixture
def redis() -> Iterator[Redis]:
    with Redis() as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield server
        server.shutdown()


def test_processes_that_share_a_redis_count_together(limited, redis: Redis) -> None:
    one, other = (limited(RATELIMIT_STORAGE_URI=redis.url) for _ in range(2))
    key = make_key(one)
    assert statuses(one, 2, key) == [200, 200]
    assert statuses(other, 2, key) == [200, 429]
    assert get(other, key).headers["X-RateLimit-Limit"] == "3"
    assert len(redis.counts) == 1


def test_no_connection_to_the_database_is_held_while_redis_is_asked(limited, redis: Redis) -> None:
    app = limited(RATELIMIT_STORAGE_URI=redis.url)
    key = make_key(app)
    with app.app_context():
        pool = db.engine.pool
    held: dict[bytes, int] = {}
    redis.when_asked = lambda command: held.setdefault(command, pool.checkedout())
    assert statuses(app, 2, key) == [200, 200]
    assert held.keys() >= {b"EVALSHA", b"GET", b"TTL"}
    assert set(held.values()) == {0}


def test_while_redis_is_away_each_process_counts_alone(limited) -> None:
    app = limited(RATELIMIT_STORAGE_URI="redis://127.0.0.1:1/0")
    assert statuses(app, 4, make_key(app)) == [200, 200, 200, 429]


def test_a_redis_that_does_not_answer_is_waited_for_once(limited, redis: Redis) -> None:
    redis.is_silent.set()
    app = limited(RATELIMIT_STORAGE_URI=redis.url)
    key = make_key(app)
    began = time.monotonic()
    assert statuses(app, 4, key) == [200, 200, 200, 429]
    assert time.monotonic() - began < 5


def test_a_message_never_waits_for_a_redis_that_does_not_answer(limited, redis: Redis) -> None:
    redis.is_silent.set()
    app = limited(RATELIMIT_STORAGE_URI=redis.url)
    assert get(app, make_key(app)).status_code == 200
    # After a second the Redis would be tried again.
    time.sleep(1.1)
    began = time.monotonic()
    assert Webhook(app.test_client(), AUTH_TOKEN).say("hola")
    assert app.test_client().get("/healthz").status_code == 200
    assert time.monotonic() - began < 0.9
