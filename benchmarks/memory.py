"""What it takes to load and save one person, whatever the history, the number of people, the mode.

Histories are measured in turns, one message of each after the other, so that what slows the
machine down slows all of them.
"""

import json
import os
import resource
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from tempfile import gettempdir
from uuid import uuid4
from zoneinfo import ZoneInfo

from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import make_url

from bot import create_app
from bot.clients.embedded_postgres import EmbeddedPostgres
from bot.extensions import db
from bot.models.audit import Access
from bot.models.leads import LeadChange
from bot.models.messages import (
    InboundMessage,
    MessageKind,
    Reply,
    ReplySource,
    ServiceLevel,
)
from bot.models.understanding import Intent
from bot.services import leads, turns
from bot.services.moving.importing import import_folder
from bot.stores.storage import current_storage
from bot.stores.turn_records import TurnRecord
from config import Config

HISTORIES = (0, 50, 5_000)
PEOPLE = (1_000, 1_000_000)
FILES = (1_000, 10_000)
IMPORTED = 100_000
ROUNDS = 300
WARM_UP = 30
KEY = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVowMTIzNDU="

SQL_MODES = {
    "postgres": {"STORAGE_MODE": "postgres"},
    "postgres, encrypted": {"STORAGE_MODE": "postgres", "MEMORY_ENCRYPTION_KEYS": KEY},
    "gradual": {"STORAGE_MODE": "postgres", "MEMORY_MOVE": "gradual"},
    "full, JSON backup": {"STORAGE_MODE": "postgres", "MEMORY_JSON_BACKUP": "true"},
    "dual": {"STORAGE_MODE": "hybrid", "MEMORY_MOVE": "dual"},
}
FILE_MODES = {"hybrid": {"STORAGE_MODE": "hybrid"}, "json": {"STORAGE_MODE": "json"}}

_PEOPLE = """
    ALTER TABLE user_memory DISABLE TRIGGER USER;
    INSERT INTO user_memory (user_id, name, role, interests, pain_points, lead_score,
        interaction_count, first_interaction_at, last_interaction_at, message_history,
        additional_data)
    SELECT '57300' || lpad(n::text, 8, '0'), 'Persona ' || n, 'contadora',
           ARRAY['marketing', 'excel'], ARRAY['reportes manuales'],
           (100 * power(random(), 3))::int, 1 + (20 * random() ^ 2)::int,
           now() - random() * interval '200 days', now() - random() ^ 2 * interval '90 days',
           jsonb_build_array(jsonb_build_object('role', 'user', 'content', repeat('hola ', 40),
                                                'timestamp', now())),
           jsonb_build_object('stage', (ARRAY['new', 'exploring', 'considering', 'buying'])
                                       [1 + (random() * 3)::int], 'level', 'principiante')
    FROM generate_series(1, {count}) AS n;
    INSERT INTO lead_figures
    SELECT user_id, lead_score, interaction_count, last_interaction_at, additional_data ->> 'stage'
    FROM user_memory;
    ALTER TABLE user_memory ENABLE TRIGGER USER;
    INSERT INTO messages (user_id, direction, kind, body, intent, source, level, created_at)
    SELECT user_id, 'outbound', 'text', 'hola',
           (ARRAY['EXPLORATION', 'PRICE_INQUIRY', 'GREETING'])[1 + (random() * 2)::int], 'template',
           'full', last_interaction_at
    FROM user_memory;
    ANALYZE user_memory; ANALYZE lead_figures; ANALYZE messages
"""
_EARLIER = text("""
    INSERT INTO messages (user_id, direction, kind, body, created_at)
    SELECT :user_id, 'inbound', 'text', 'hola, ¿qué cursos tienen?', now() - n * interval '1 hour'
    FROM generate_series(1, :count) AS n
""")


def run(folder: Path) -> None:
    """Print the time of one message's load and save, of figures, and of an import."""
    with ExitStack() as stack:
        server = EmbeddedPostgres(folder / "postgres")
        url = os.environ.get("TEST_DATABASE_URL") or server.join()
        stack.callback(server.leave)
        _print_heading()
        for mode, environment in FILE_MODES.items():
            bases = [_files_app(folder, url, count, environment) for count in FILES]
            _print_mode(mode, dict(zip(FILES, bases, strict=True)))
        databases = {count: _populated(url, count) for count in PEOPLE}
        for mode, environment in SQL_MODES.items():
            apps = {
                count: _app(folder / uuid4().hex, database, environment)
                for count, database in databases.items()
            }
            _print_mode(mode, apps)
        _print_figures(
            _app(folder / "figures", databases[PEOPLE[-1]], SQL_MODES["postgres, encrypted"])
        )
        _print_import(folder, _fresh(url))


def _print_heading() -> None:
    print("\nOne message's load and save (ms); histories and sizes of one line in one run")
    print(
        f"{'mode':<22}{'people':>10}"
        + "".join(f"{f'{count:,} earlier':>18}" for count in HISTORIES)
        + f"{'5,000 to 50':>13}{'to smallest':>13}"
    )
    print(f"{'':<32}" + f"{'p50':>10}{'p95':>8}" * len(HISTORIES))


def _print_mode(mode: str, apps: dict[int, Flask]) -> None:
    smallest = None
    people = {count: _people_with_history(app) for count, app in apps.items()}
    measured = _in_turns(apps, people)
    for count in apps:
        p50s = [statistics.median(measured[count, earlier]) for earlier in HISTORIES]
        p95s = [statistics.quantiles(measured[count, e], n=20)[-1] for e in HISTORIES]
        smallest = smallest or p50s[1]
        cells = "".join(
            f"{1000 * p50:>10.2f}{1000 * p95:>8.2f}" for p50, p95 in zip(p50s, p95s, strict=True)
        )
        ratios = f"{p50s[2] / p50s[1]:>13.2f}{p50s[1] / smallest:>13.2f}"
        print(f"{mode:<22}{count:>10,}{cells}{ratios}")


def _in_turns(
    apps: dict[int, Flask], people: dict[int, dict[int, str]]
) -> dict[tuple[int, int], list[float]]:
    measured: dict[tuple[int, int], list[float]] = {}
    for number in range(WARM_UP + ROUNDS):
        for count, app in apps.items():
            for earlier in HISTORIES:
                spent = _load_and_save(app, people[count][earlier])
                if number >= WARM_UP:
                    measured.setdefault((count, earlier), []).append(spent)
    return measured


def _load_and_save(app: Flask, user_id: str) -> float:
    inbound = InboundMessage(
        message_sid=f"SM{uuid4().hex}",
        user_id=user_id,
        address=f"whatsapp:+{user_id}",
        recipient="",
        kind=MessageKind.TEXT,
        body="¿qué cursos de marketing tienen?",
        received_at=datetime.now(UTC),
    )
    said = {"role": "user", "content": inbound.body, "timestamp": inbound.received_at.isoformat()}
    change = LeadChange(inbound.received_at, interests=("marketing",), said=(said, said))
    reply = Reply(
        "¡Hola! Tenemos tres.", Intent.EXPLORATION, 0.9, ReplySource.TEMPLATE, ServiceLevel.FULL
    )
    with app.app_context():
        started = time.perf_counter()
        turns.close_turn(turns.open_turn(inbound), change, reply)
        return time.perf_counter() - started


def _people_with_history(app: Flask) -> dict[int, str]:
    """One person for each history, known already."""
    people = {earlier: f"5491{uuid4().int % 10**9:09d}" for earlier in HISTORIES}
    for earlier, user_id in people.items():
        _load_and_save(app, user_id)
        with app.app_context():
            storage = current_storage()
            if storage.database:
                db.session.execute(_EARLIER, {"user_id": user_id, "count": earlier})
                db.session.commit()
            if storage.sql is None:
                _write_turns(user_id, earlier)
    return people


def _write_turns(user_id: str, count: int) -> None:
    """Earlier turns in files: copies of the one that is there, under other names."""
    files = current_storage().files
    folder = files.turn_folder(user_id)
    content = next(folder.glob("*.json")).read_bytes()
    for number in range(count):
        (folder / f"SM{number:032x}.json").write_bytes(content)
    assert TurnRecord.read(next(folder.glob("*.json")), files.vault)


def _files_app(folder: Path, url: str, count: int, environment: dict[str, str]) -> Flask:
    home = folder / f"files-{count}-{uuid4().hex}"
    for path, lead in _older_files(home / "memory", count):
        path.write_text(json.dumps(lead), encoding="utf-8")
    database = _fresh(url) if environment["STORAGE_MODE"] != "json" else ""
    return _app(home, database, environment)


def _older_files(folder: Path, count: int) -> Iterator[tuple[Path, dict[str, object]]]:
    folder.mkdir(parents=True)
    turns_said = [
        {"role": role, "content": "hola " * 20, "timestamp": f"2025-03-02T10:0{minute}:00"}
        for minute, role in enumerate(("user", "assistant") * 2)
    ]
    for number in range(count):
        user_id = f"52155{10_000_000 + number}"
        lead = {
            "user_id": user_id,
            "name": f"Persona {number}",
            "role": "contadora",
            "interests": ["marketing"],
            "pain_points": ["reportes manuales"],
            "lead_score": number % 100,
            "interaction_count": 2,
            "message_history": turns_said,
            "stage": "sales_agent",
            "selected_course": None,
            "privacy_accepted": True,
            "last_interaction": "2025-03-02T10:03:00",
            "created_at": "2025-03-01T10:00:00",
            "updated_at": "2025-03-02T10:03:00",
        }
        yield folder / f"memory_{user_id}.json", lead


def _app(home: Path, database: str, environment: dict[str, str]) -> Flask:
    settings = {
        "DATABASE_URL": database,
        "INSTANCE_DIR": str(home),
        "LOG_LEVEL": "ERROR",
        **environment,
    }
    return create_app(Config.from_environment(settings))


def _fresh(url: str) -> str:
    """A migrated database of its own."""
    name = f"brenda_memory_{uuid4().hex[:8]}"
    with _connected(url) as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    made = make_url(url).set(database=name).render_as_string(hide_password=False)
    with _app(Path(gettempdir()) / name, made, {}).app_context():
        upgrade()
    return made


def _populated(url: str, count: int) -> str:
    made = _fresh(url)
    with _connected(made) as connection:
        for statement in _PEOPLE.format(count=count).split(";"):
            connection.execute(text(statement))
        connection.execute(text("VACUUM (ANALYZE) user_memory, lead_figures, messages"))
        connection.execute(text("CHECKPOINT"))
    return made


def _connected(url: str) -> Connection:
    address = url.split("://", 1)[1]
    engine = create_engine(f"postgresql+psycopg2://{address}", isolation_level="AUTOCOMMIT")
    return engine.connect()


def _print_figures(app: Flask) -> None:
    print(f"\nFigures over {PEOPLE[-1]:,} leads (ms)                 p50     p95")
    works: dict[str, Callable[[], object]] = {
        "get_high_score_leads(60)": lambda: leads.get_high_score_leads(60),
        "get_high_score_leads(0)": lambda: leads.get_high_score_leads(0),
        "get_recent_interactions(7)": lambda: leads.get_recent_interactions(7),
        "get_user_statistics()": leads.get_user_statistics,
    }
    with app.app_context():
        for name, work in works.items():
            spent = sorted(_timed(work) for _ in range(20))
            print(f"{name:<50}{1000 * spent[10]:>8.1f}{1000 * spent[18]:>8.1f}")


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    db.session.rollback()
    return time.perf_counter() - started


def _print_import(folder: Path, database: str) -> None:
    source = folder / "import"
    for path, lead in _older_files(source, IMPORTED):
        path.write_text(json.dumps(lead), encoding="utf-8")
    app = _app(folder / "importing", database, {})
    print(f"\nImporting {IMPORTED:,} files of an older bot, four messages each")
    with app.app_context():
        for what in ("new", "again, nothing changed"):
            started = time.perf_counter()
            report = import_folder(source, ZoneInfo("UTC"), Access("benchmark"))
            spent = time.perf_counter() - started
            rate = IMPORTED / spent
            assert report.added + report.unchanged == IMPORTED
            print(f"{what:<30}{rate:>8,.0f} files/s   peak memory {_peak_mib():.0f} MiB")


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
