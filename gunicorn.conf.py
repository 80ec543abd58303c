"""Gunicorn's settings. The app is loaded once and forked: workers share its memory."""

import ctypes
import gc
import os
import signal

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

# The workers add their figures up in this folder, each in files with its process id.
_metrics_folder = _config.instance_dir / "metrics"
_metrics_folder.mkdir(parents=True, exist_ok=True)
os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(_metrics_folder)


def _is_alive(process):
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


for _file in _metrics_folder.glob("*_[0-9]*.db"):
    # Figures of an earlier start do not count; another server may be using the same folder.
    if not _is_alive(int(_file.stem.rsplit("_", 1)[1])):
        _file.unlink()


def when_ready(server):
    """Share what is loaded; let Ctrl-C stop gracefully, as SIGTERM does.

    Gunicorn's quick stop shuts a worker's thread pool down inside a signal handler. A signal that
    comes while that pool's lock is held waits for itself, and the worker for its end by SIGKILL.
    """
    # A collection marks every object that it looks at, and so un-shares it between the workers.
    gc.collect()
    gc.freeze()
    # Reading the dictionary left a lot of memory free, which glibc keeps unless it is told not to.
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim:
        trim(0)
    signal.signal(signal.SIGINT, lambda _number, frame: server.signal(signal.SIGTERM, frame))


def post_worker_init(worker):
    """Leave Ctrl-C, which a terminal sends to all, to the master; start what runs beside."""
    from bot.services import catalogue, erasing, turns

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # The benchmarks serve a bare app, which has no stores, under these same settings.
    if "storage" in worker.wsgi.extensions:
        turns.resume(worker.wsgi)
        catalogue.start_watching(worker.wsgi)
        erasing.start_sweeping(worker.wsgi)


def child_exit(_server, worker):
    """A dead worker's gauges must not be counted for ever."""
    from prometheus_client import multiprocess

    multiprocess.mark_process_dead(worker.pid)
