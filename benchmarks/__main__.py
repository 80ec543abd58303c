"""Runs the benchmarks: ``make bench``, or ``python -m benchmarks webhook memory catalogue``.

``python -m benchmarks people`` prints how well people are understood; so does ``make quality``.
"""

import sys
import tempfile
from pathlib import Path

from benchmarks import catalogue, memory, model, search_quality, understanding, webhook

BENCHMARKS = {
    "webhook": webhook.run,
    "quality": search_quality.run,
    "understanding": understanding.run,
    "memory": memory.run,
    "model": model.run,
    "catalogue": catalogue.run,
}
REPORTS = {"people": understanding.report}

for name in sys.argv[1:] or BENCHMARKS:
    with tempfile.TemporaryDirectory(prefix="brenda-bench-") as folder:
        (BENCHMARKS | REPORTS)[name](Path(folder))
