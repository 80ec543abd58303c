"""How well the gate tells true replies from subtly false ones.

`replies.jsonl` holds replies of four writers (ids a…, b…, c…, d…) who did not know the gate. Those
of the first three, and d001 to d225, were looked at while it was written; d226 to d300 were not.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from bot.services.fact_gate import unfounded
from tests.support.given import School

ROWS = [
    json.loads(line)
    for line in Path(__file__).with_name("replies.jsonl").read_text("utf-8").splitlines()
]
MOST_REFUSED = 0.02
KNOWN_MISSES = {
    "b026": "a topic that the course does not teach",
    "b119": "a course that is over is said to be taken at any time",
    "c107": "a course that is over is said to be open",
    "c186": "which sessions are in person",
    "d159": "the school year that material is for",
}
"""False replies that are let through: what they say is nothing that the gate looks at."""


@pytest.fixture(scope="module")
def problems(school: School) -> dict[str, tuple[str, ...]]:
    return {row["id"]: _problems(row, school) for row in ROWS}


def _problems(row: dict[str, Any], school: School) -> tuple[str, ...]:
    given = school.given(row["courses"], row["message"], row["about_one"], row["person"])
    return unfounded(row["reply"], given)


def test_the_set_is_large_and_half_of_it_is_false() -> None:
    assert len(ROWS) >= 150
    assert 0.4 < sum(row["true"] for row in ROWS) / len(ROWS) < 0.6


def test_no_false_reply_of_the_first_writer_passes_and_hardly_a_true_one_is_refused(
    problems: dict[str, tuple[str, ...]],
) -> None:
    first = [row for row in ROWS if row["id"].startswith("a")]
    passed = [row["reply"] for row in first if not row["true"] and not problems[row["id"]]]
    assert passed == []
    assert _share_refused(first, problems) <= MOST_REFUSED


def test_of_all_writers_only_the_known_false_replies_pass(
    problems: dict[str, tuple[str, ...]],
) -> None:
    passed = {row["id"] for row in ROWS if not row["true"] and not problems[row["id"]]}
    assert passed == set(KNOWN_MISSES)


def test_of_all_writers_hardly_a_true_reply_is_refused(
    problems: dict[str, tuple[str, ...]],
) -> None:
    assert _share_refused(ROWS, problems) <= MOST_REFUSED


def _share_refused(rows: list[dict[str, Any]], problems: dict[str, tuple[str, ...]]) -> float:
    true = [row for row in rows if row["true"]]
    refused = [(row["id"], problems[row["id"]]) for row in true if problems[row["id"]]]
    share = len(refused) / len(true)
    if share > MOST_REFUSED:
        pytest.fail(f"{share:.1%} of the true replies are refused: {refused}")
    return share
