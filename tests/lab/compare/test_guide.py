"""The recommendations follow from the measured table and the limits; the tables say so in words."""

from dataclasses import replace

from lab.compare import tables
from lab.compare.facts import Facts, read_facts
from lab.compare.guide import NEEDS, Need, advise, seconds_for
from lab.compare.measuring import Measured, Table

FACTS = read_facts()


def as_documented(facts: Facts) -> Table:
    """The table that a measurement should give."""
    return {
        key: {kind: Measured(cell.measures, "variant", "evidence") for kind, cell in service.cells.items()}
        for key, service in facts.services.items()
        if service.measured
    }


TABLE = as_documented(FACTS)


def without(service: str, kind) -> Table:
    return {**TABLE, service: {**TABLE[service], kind: Measured("no", "variant", "evidence")}}


def test_each_need_is_met_by_something_that_was_measured() -> None:
    names = {service.name: key for key, service in FACTS.services.items()}
    for need in NEEDS:
        advice = advise(need, TABLE, FACTS)
        against = [name for each in advice.against.values() for name in each]
        assert sorted([*advice.good, *against]) == sorted(FACTS.services[key].name for key in TABLE)
        for name in advice.good:
            assert any(TABLE[names[name]][kind].value == "yes" for kind in need.kinds)


def test_what_is_no_longer_measured_is_no_longer_recommended() -> None:
    tokens = NEEDS[0]
    pick = advise(tokens, TABLE, FACTS).pick
    assert pick == "Lambda Function URL (Node.js)"
    assert advise(tokens, without("url-node", "sse"), FACTS).pick == "Lambda Function URL (custom runtime)"


def test_a_limit_of_2023_would_rule_out_what_passes_today() -> None:
    need = Need("150 MB", ("chunked",), seconds=60, size=150_000_000)
    assert "Lambda Function URL (Node.js)" in advise(need, TABLE, FACTS).good
    service = FACTS.services["url-node"]
    small = replace(service.limits["most_bytes"], value=20_000_000)
    limits = {**service.limits, "most_bytes": small}
    then = replace(FACTS, services={**FACTS.services, "url-node": replace(service, limits=limits)})
    (reason,) = (each for each, names in advise(need, TABLE, then).against.items() if service.name in names)
    assert reason.startswith("20 MB at most ([")


def test_the_rate_counts_after_what_is_free() -> None:
    limits = FACTS.services["url-node"].limits
    assert seconds_for(6_000_000, limits) == 0
    assert seconds_for(150_000_000, limits) == 72
    assert seconds_for(500_000_000, FACTS.services["express"].limits) == 0, "no rate is documented"


def test_a_catch_comes_after_what_has_none() -> None:
    good = advise(NEEDS[0], TABLE, FACTS).good
    assert list(good.values()) == sorted(good.values(), key=bool)
    assert good["App Runner"] == "existing customers only"


def test_nothing_that_was_not_measured_is_recommended() -> None:
    unmeasured = {service.name for service in FACTS.services.values() if not service.measured}
    for need in NEEDS:
        assert not unmeasured & set(advise(need, TABLE, FACTS).good)


def test_tables_are_whole_and_say_changes_in_words() -> None:
    advice = [advise(need, TABLE, FACTS) for need in NEEDS]
    for table, rows in (
        (tables.measured(TABLE, FACTS, "LOCAL"), len(TABLE)),
        (tables.then_and_now(FACTS), len(FACTS.services)),
        (tables.guide(advice), len(NEEDS)),
    ):
        lines = table.data.splitlines()
        assert len(lines) == rows + 2
        assert len({line.count(" | ") for line in lines}) == 1
    then = tables.then_and_now(FACTS).data
    rest = next(line for line in then.splitlines() if "REST API" in line)
    assert rest.count("▲ no → **yes**") == 2 and "since 2025-11-19" in rest and "checked 2026-11" in rest
    assert "Lambda MicroVMs (not in the article), *not measured here*" in then
    assert "measured, LOCAL" in tables.measured(TABLE, FACTS, "LOCAL").data
