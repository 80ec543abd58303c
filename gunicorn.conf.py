"""Gunicorn's settings. The app is loaded once and forked: workers share its memory."""

import os
import shutil
import tempfile

from config import Config

_config = Config.from_environment()

bind = f"127.0.0.1:{_config.port}"
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = int(os.environ.get("WEB_THREADS", "16"))
preload_app = True
timeout = 30
graceful_timeout = 20
control_socket_disable = True
# The app itself decides which proxies may set X-Forwarded-* (TRUSTED_PROXIES).
forwarded_allow_ips = ""

# The workers add their figures up in this folder, so it is a new one at every start.
_metrics_folder = tempfile.mkdtemp(prefix="brenda-metrics-")
os.environ["PROMETHEUS_MULTIPROC_DIR"] = _metrics_folder


def post_worker_init(worker):
    """What a stopped worker left in the spool flows back without waiting for a message."""
    from bot.services import turns

    # The benchmarks serve a bare app, which has no stores, under these same settings.
    if "storage" in worker.wsgi.extensions:
        turns.resume(worker.wsgi)


def child_exit(_server, worker):
    """A dead worker's gauges must not be counted for ever."""
    from prometheus_client import multiprocess

    multiprocess.mark_process_dead(worker.pid)


def on_exit(_server):
    """Leave nothing behind."""
    shutil.rmtree(_metrics_folder, ignore_errors=True)
