"""Gunicorn's settings. The app is loaded once and forked: workers share its memory."""

import os
import shutil

from config import Config

_config = Config.from_environment()

bind = f"127.0.0.1:{_config.port}"
worker_class = "gthread"
workers = _config.web_concurrency
threads = _config.web_threads
preload_app = True
timeout = 30
graceful_timeout = 20
control_socket_disable = True
# The app itself decides which proxies may set X-Forwarded-* (TRUSTED_PROXIES).
forwarded_allow_ips = ""

# The workers add their figures up in this folder; those of an earlier start do not count.
_metrics_folder = _config.instance_dir / "metrics"
shutil.rmtree(_metrics_folder, ignore_errors=True)
_metrics_folder.mkdir(parents=True)
os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(_metrics_folder)


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
