"""The facts about AWS: complete, dated, and not a year old."""

from datetime import date
from pathlib import Path

import pytest

from lab.compare.facts import KINDS, PATH, read_facts

FACTS = read_facts()
GOOD = """
sources:
  article: {title: the article, url: https://example.org/article, checked: 2026-11}
services:
  one:
    name: One
    measured: yes
    delivers: response
    chunked: {in_2023: no, today: yes, changed: 2025-11, sources: [article]}
    sse: {in_2023: partly, today: partly, measures: no, note: as it were, sources: [article]}
    websocket: {in_2023: not applicable, today: not applicable, sources: [article]}
    limits:
      whole_seconds: {value: 900, sources: [article]}
"""


@pytest.mark.parametrize("source", FACTS.sources.values(), ids=FACTS.sources)
def test_a_source_was_read_within_the_last_year(source) -> None:
    year, month = map(int, source.checked.split("-"))
    age = (date.today().year - year) * 12 + date.today().month - month
    assert 0 <= age < 12, f"read {source.url} again, correct what rests on it, then change its date"
    assert source.url.startswith("https://") and source.title


def test_no_source_is_listed_in_vain() -> None:
    used = {
        source
        for service in FACTS.services.values()
        for fact in (*service.cells.values(), *service.limits.values())
        for source in fact.sources
    }
    assert not set(FACTS.sources.values()) - used


def test_the_words_of_the_file_stay_words(tmp_path: Path) -> None:
    service = read(tmp_path, GOOD).services["one"]
    assert service.in_article and service.measured
    assert [cell.today for cell in service.cells.values()] == ["yes", "partly", "not applicable"]
    assert [cell.measures for cell in service.cells.values()] == ["yes", "no", "no"]
    assert service.cells["chunked"].changed == "2025-11"
    assert service.limits["whole_seconds"].value == 900


@pytest.mark.parametrize(
    ("good", "bad", "complaint"),
    [
        ("today: yes", "today: perhaps", "one, chunked: 'perhaps' is none of"),
        ("measured: yes", "measured: true", "'true' is none of"),
        ("delivers: response", "delivers: parcels", "'parcels' is none of"),
        ("changed: 2025-11, ", "", "one, chunked: a cell that changed"),
        ("today: yes, changed: 2025-11", "today: no, changed: 2025-11", "a cell that changed, and no other"),
        ("measures: no, ", "", "one, sse: 'partly'"),
        ("measures: no", "measures: partly", "nothing can measure 'partly'"),
        ("note: as it were, sources: [article]", "note: as it were, sources: []", "one, sse: no source"),
        ("note: as it were, sources: [article]", "note: as it were", "one, sse: no source"),
        ("900, sources: [article]", "900, sources: [rumour]", "whole_seconds: no such source: {'rumour'}"),
        ("value: 900", "value: 900, in_2023: 300", "whole_seconds: a limit that changed"),
        ("value: 900", "value: 900, chnaged: 2025", "whole_seconds: no such field: chnaged"),
        ("note: as it were", "notes: as it were", "one, sse: no such field: notes"),
        ("whole_seconds:", "whole_minutes:", "'whole_minutes' is none of"),
    ],
)
def test_an_incomplete_fact_is_refused(tmp_path: Path, good: str, bad: str, complaint: str) -> None:
    assert GOOD.count(good) == 1
    with pytest.raises(ValueError) as refused:
        read(tmp_path, GOOD.replace(good, bad))
    assert complaint in str(refused.value)


def test_every_service_has_every_kind_and_unconfirmed_is_said_in_capitals() -> None:
    for service in FACTS.services.values():
        assert set(service.cells) == set(KINDS)
    assert "unconfirmed" not in PATH.read_text(encoding="utf-8")


def read(folder: Path, text: str):
    path = folder / "facts.yaml"
    path.write_text(text, encoding="utf-8")
    return read_facts(path)
