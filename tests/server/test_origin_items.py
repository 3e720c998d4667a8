"""Units: the producer."""

import asyncio
import json
import time

import pytest

from server.items import RANGES, BadParameter, Items, whole_number

EDGES = [("count", 1), ("count", 100_000), ("interval_ms", 0), ("interval_ms", 60_000)]
EDGES += [("pad", 0), ("pad", 1_048_576)]


def produced(items: Items, first: int = 0) -> list[tuple[int, str]]:
    async def collect() -> list[tuple[int, str]]:
        return [item async for item in items.produce(first)]

    return asyncio.run(collect())


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What the producer asks `asyncio.sleep` for, in seconds; nothing really sleeps."""
    asked: list[float] = []

    async def sleep(seconds: float) -> None:
        asked.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    return asked


def test_without_parameters_the_items_are_the_articles(pauses: list[float]) -> None:
    assert produced(Items.from_query({})) == [(0, "foo"), (1, "bar"), (2, "baz")]
    assert pauses == [0.2, 0.2]


def test_other_parameters_do_not_stamp() -> None:
    assert Items.from_query({"n": "5", "COUNT": "5"}) == Items.from_query({})


@pytest.mark.parametrize(
    "query, count, interval_ms, pad",
    [
        ({"count": "7"}, 7, 200, 0),
        ({"interval_ms": "5"}, 3, 5, 0),
        ({"pad": "9"}, 3, 200, 9),
        ({"count": "7", "interval_ms": "5", "pad": "9"}, 7, 5, 9),
    ],
)
def test_any_parameter_stamps(query: dict[str, str], count: int, interval_ms: int, pad: int) -> None:
    assert Items.from_query(query) == Items(count, interval_ms, pad, stamped=True)


def test_a_stamped_item_is_one_json_line(pauses: list[float]) -> None:
    before = time.time()
    lines = [text for _, text in produced(Items(count=5, interval_ms=50, pad=4, stamped=True))]
    after = time.time()
    items = [json.loads(line) for line in lines]
    assert all("\n" not in line for line in lines)
    assert all(list(item) == ["seq", "sent", "text"] for item in items)
    assert [item["seq"] for item in items] == [0, 1, 2, 3, 4]
    assert [item["text"] for item in items] == ["foo....", "bar....", "baz....", "foo....", "bar...."]
    stamps = [item["sent"] for item in items]
    assert stamps == sorted(stamps) and before <= stamps[0] and stamps[-1] <= after
    assert pauses == [0.05] * 4


def test_production_can_begin_in_the_middle_and_begins_at_once(pauses: list[float]) -> None:
    items = Items(count=5, interval_ms=50, stamped=True)
    assert [seq for seq, _ in produced(items, first=3)] == [3, 4]
    assert pauses == [0.05]
    assert produced(items, first=5) == []


@pytest.mark.parametrize("name, value", EDGES)
def test_the_edges_of_each_range_are_allowed(name: str, value: int) -> None:
    assert getattr(Items.from_query({name: str(value)}), name) == value


@pytest.mark.parametrize(
    "name, value",
    [(name, value + (1 if value else -1)) for name, value in EDGES if value != 1] + [("count", 0)],
)
def test_one_beyond_each_edge_is_refused(name: str, value: int) -> None:
    with pytest.raises(BadParameter) as refusal:
        Items.from_query({name: str(value)})
    minimum, maximum = RANGES[name]
    details = refusal.value.details()
    assert (details["parameter"], details["minimum"], details["maximum"]) == (name, minimum, maximum)
    for told in (name, minimum, maximum, value):
        assert str(told) in str(details["error"])


@pytest.mark.parametrize(
    "value", ["1_000", "٣", "\uff15", "²", " 5", "5 ", "5\n", "+5", "5.0", "1e3", "0x5", "", "-", "NaN"]
)
def test_only_ascii_decimal_digits_make_a_whole_number(value: str) -> None:
    with pytest.raises(BadParameter):
        whole_number("count", value, 0, 10_000)


def test_a_huge_number_is_refused_without_being_read() -> None:
    """Beyond 4300 digits `int` itself raises (and before that it is slow)."""
    with pytest.raises(BadParameter):
        whole_number("count", "9" * 100_000, 0, 10)
