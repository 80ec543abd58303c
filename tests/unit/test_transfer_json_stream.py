"""Long JSON lists are read item by item, and where one breaks is told by its line."""

import io
import json
import tracemalloc
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.services.transfer import json_stream
from bot.services.transfer.json_stream import BrokenJson, items

VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=20)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)


def read(content: str) -> list[Any]:
    return list(items(io.StringIO(content), "courses"))


@pytest.fixture(params=[1, 2, 3, 7, 1 << 18])
def chunk(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(json_stream, "_CHUNK", request.param)
    return request.param


@settings(max_examples=150, deadline=None)
@given(
    listed=st.lists(VALUES, max_size=6),
    beside=VALUES,
    indent=st.sampled_from([None, 0, 2]),
    is_ascii=st.booleans(),
    size=st.integers(1, 40),
)
def test_items_are_what_json_reads(listed, beside, indent, is_ascii: bool, size: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_stream, "_CHUNK", size)
        for document in (listed, {"a": beside, "courses": listed, "z": beside}):
            assert read(json.dumps(document, indent=indent, ensure_ascii=is_ascii)) == listed


def test_fractions_stay_as_they_are_written(chunk: int) -> None:
    assert read("[299.00, -1.5e3, 12, 1e99999999999]") == ["299.00", "-1.5e3", 12, "1e99999999999"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "line 1 must hold a list"),
        ('"x"', "line 1 must hold a list"),
        ("{}", "no list under 'courses'"),
        ('{"courses": {}}', "no list under 'courses'"),
        ("[1,\n2", "line 2 has no ',' or ']'"),
        ("[1,\n\n]", "line 3 is broken"),
        ("[1]\n\nx", "line 3 goes on after its end"),
        ('[{"a": 1}]\n[{"a": 2}]', "line 2 goes on after its end"),
        ('[\n{"a": "x\ny"}]', "line 2 is broken: Invalid control character"),
        ('[\n{"a": "x}]', "line 2 is broken: Unterminated string"),
        ('[\n{"a": 1,}]', "line 2 is broken"),
        ("[\ntru]", "line 2 is broken"),
        ("[NaN]", "line 1 holds NaN"),
        ("{a: 1}", 'line 1 has no "name":'),
        ('{"a" 1}', 'line 1 has no "name":'),
        ('{"a": 1\n"b": 2}', "line 2 has no ',' or '}'"),
    ],
)
def test_what_is_broken_is_told_with_its_line(chunk: int, content: str, told: str) -> None:
    with pytest.raises(BrokenJson) as error:
        read(content)
    assert told in str(error.value)


@pytest.mark.parametrize(
    ("content", "told"),
    [("[" + "9" * 5000 + "]", "line 1 Exceeds the limit"), ("[" * 50_000, "line 1 nests too deep")],
)
def test_what_python_does_not_read_is_told_too(content: str, told: str) -> None:
    with pytest.raises(BrokenJson) as error:
        read(content)
    assert told in str(error.value)


def test_memory_does_not_grow_with_the_list() -> None:
    class Endless(io.TextIOBase):
        """A list of 100 MB."""

        left = 100

        def read(self, _size: int | None = -1) -> str:
            self.left -= 1
            if self.left < 0:
                return ""
            opening = "[" if self.left == 99 else ","
            listed = ",".join(['{"name": "' + "x" * 990 + '"}'] * 1000)
            return opening + listed + ("" if self.left else "]")

    tracemalloc.start()
    assert sum(1 for _ in items(Endless(), "courses")) == 100_000
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10_000_000
