"""The exam: what is drawn, what the checker says, and that each cause can be told from measurements alone."""

import asyncio
import gc
import socket
from collections.abc import Iterator
from contextlib import closing
from urllib.parse import urlsplit

import pytest

from lab.cloud.start import TARGET_VARIABLE
from lab.exam import EXPERIMENTS, Exam, diagnose, examine
from lab.exam.causes import BYSTANDERS, CAUSES, Hint
from lab.exam.draw import LETTERS, Plan, draw, pairs
from lab.exam.exam import SEED
from lab.exam.site import AS_ON_AWS, Site
from lab.exam.transforms import timer
from lab.streams.readers import read_chunks
from lab.streams.recording import record
from lab.streams.relay import relay
from server.embedded import EmbeddedServer

pytestmark = pytest.mark.stand_in

SEEDS = (SEED, 3, 6)
"""Together they draw every cause, where there is Envoy."""


def drawn(plans: list[Plan]) -> set[str]:
    return {name for plan in plans for name in plan.causes}


def listens(url: str) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", urlsplit(url).port or 0)) == 0


@pytest.mark.parametrize("seed", SEEDS)
async def test_every_cause_is_told_from_measurements(seed: int, capfd: pytest.CaptureFixture[str]) -> None:
    with Exam(seed) as exam:
        urls = [exam.url(letter) for letter in exam.letters]
        evidence = await asyncio.gather(*(examine(exam, letter) for letter in exam.letters))
        found = {
            letter: exam.answer(letter, diagnose(pictures))
            for letter, pictures in zip(exam.letters, evidence, strict=True)
        }
    assert all(": right" in verdict for verdict in found.values()), found
    assert {(urlsplit(url).hostname, urlsplit(url).path) for url in urls} == {
        ("127.0.0.1", "/transfer-encoding")
    }, "an address tells nothing"
    assert not any(listens(url) for url in urls)
    gc.collect()
    assert capfd.readouterr() == ("", ""), "nothing on the way gave it away, or complained"


def test_these_seeds_draw_every_cause() -> None:
    assert set().union(*(drawn(draw(seed, True)) for seed in SEEDS)) == set(CAUSES)


def test_what_stands_before_a_door_of_aws_does_not_hide_its_signature() -> None:
    doors = {Hint.DOOR, Hint.WHOLE, Hint.LIMIT}
    plans = [plan for seed in range(100) for plan in draw(seed, True)]
    signed = [plan for plan in plans if any(CAUSES[name].hint in doors for name in plan.causes)]
    assert any("coalescing URL" in plan.causes for plan in signed)
    assert {plan.bystander for plan in signed} == {None}


def test_every_cause_pair_and_bystander_is_drawn_sooner_or_later() -> None:
    plans = [plan for seed in range(200) for plan in draw(seed, True)]
    assert drawn(plans) == set(CAUSES)
    assert {plan.causes for plan in plans if len(plan.causes) == 2} == set(pairs())
    assert {plan.bystander for plan in plans} == {None, *(each.name for each in BYSTANDERS)}


@pytest.mark.parametrize("seed", range(20))
def test_a_seed_draws_the_same_set(seed: int) -> None:
    plans = draw(seed, True)
    assert plans == draw(seed, True)
    assert [plan.letter for plan in plans] == list(LETTERS)
    assert sorted(len(plan.causes) for plan in plans) == [0, 1, 1, 1, 2, 2]
    assert len(drawn(plans)) == 7, "no cause twice"


def test_without_envoy_its_causes_are_not_drawn() -> None:
    plans = [plan for seed in range(100) for plan in draw(seed, False)]
    assert drawn(plans) == {name for name, cause in CAUSES.items() if not cause.needs_envoy}
    assert "Envoy" not in {plan.bystander for plan in plans}


@pytest.fixture
def unbuilt(monkeypatch: pytest.MonkeyPatch) -> Iterator[Exam]:
    """The exam of the default seed, drawn as where there is Envoy; its endpoints are not built."""
    monkeypatch.setattr("lab.exam.exam.has_envoy", lambda: True)
    monkeypatch.setattr("lab.exam.exam.build", lambda site, seed, plan: site.origin)
    with Exam() as exam:
        yield exam


def innocent_and_guilty() -> tuple[str, Plan]:
    plans = draw(SEED, True)
    innocent = next(plan.letter for plan in plans if not plan.causes)
    return innocent, next(plan for plan in plans if len(plan.causes) == 2)


def test_right_answers(unbuilt: Exam) -> None:
    innocent, guilty = innocent_and_guilty()
    assert unbuilt.answer(innocent, set()) == f"{innocent}: right.\nNo experiment shows anything."
    verdict = unbuilt.answer(guilty.letter, guilty.causes)
    assert verdict.startswith(f"{guilty.letter}: right.")
    assert all(CAUSES[name].shows in verdict for name in guilty.causes)
    single = next(plan for plan in draw(SEED, True) if len(plan.causes) == 1)
    assert ": right" in unbuilt.answer(single.letter, *single.causes), "one name needs no set"


def test_a_starter_is_not_yet_answered(unbuilt: Exam) -> None:
    assert unbuilt.answer("A", None) == "A: not yet answered"


@pytest.mark.parametrize("name", CAUSES)
def test_a_wrong_name_is_told_the_experiment_that_speaks_against_it(unbuilt: Exam, name: str) -> None:
    innocent, _ = innocent_and_guilty()
    verdict = unbuilt.answer(innocent, {name})
    assert "not yet" in verdict and str(CAUSES[name].experiment) in verdict and CAUSES[name].shows in verdict


def test_a_missing_name_is_told_the_experiment_but_not_the_name(unbuilt: Exam) -> None:
    _, guilty = innocent_and_guilty()
    for named in guilty.causes:
        (missing,) = guilty.causes - {named}
        verdict = unbuilt.answer(guilty.letter, {named})
        assert "not yet" in verdict and str(CAUSES[missing].experiment) in verdict
        assert missing not in verdict


def test_an_unknown_cause_or_endpoint_is_told_the_allowed_ones(unbuilt: Exam) -> None:
    with pytest.raises(ValueError, match="no such cause: a gremlin") as unknown_cause:
        unbuilt.answer("A", {"a gremlin"})
    assert all(name in str(unknown_cause.value) for name in CAUSES)
    for ask in (unbuilt.url, unbuilt.hint, lambda letter: unbuilt.answer(letter, None)):
        with pytest.raises(ValueError, match=r"no such endpoint: 'G'\. There are: A, B, C, D, E, F"):
            ask("G")


@pytest.mark.parametrize("letter", LETTERS)
def test_hints_say_more_each_time(unbuilt: Exam, letter: str) -> None:
    first, second, third, again = (unbuilt.hint(letter) for _ in range(4))
    assert "hint 1 of 3" in first and "hint 2 of 3" in second and "hint 3 of 3" in third
    assert again == third
    assert any(str(experiment) in second for experiment in EXPERIMENTS)


def test_suspects_are_listed_with_what_they_mean(unbuilt: Exam) -> None:
    assert all(
        name in unbuilt.suspects() and cause.what in unbuilt.suspects() for name, cause in CAUSES.items()
    )


def test_an_exam_that_nobody_refers_to_closes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lab.exam.exam.build", lambda site, seed, plan: site.origin)
    exam = Exam()
    url = exam.url("A")
    assert listens(url)
    del exam
    gc.collect()
    assert not listens(url)


def test_an_exam_that_cannot_be_built_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    origins = []

    def fail(site: Site, *_: object) -> str:
        origins.append(site.origin)
        raise RuntimeError("no more ports")

    monkeypatch.setattr("lab.exam.exam.build", fail)
    with pytest.raises(RuntimeError, match="no more ports"):
        Exam()
    assert not listens(origins[0])


def test_it_runs_here_whatever_the_target(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TARGET_VARIABLE, "aws")
    with closing(Site()) as site:
        assert site.cloud(AS_ON_AWS).process is not None


async def test_a_client_that_leaves_a_timer_leaves_no_complaint(capfd: pytest.CaptureFixture[str]) -> None:
    with EmbeddedServer() as server, relay(server.url(""), timer(0.3)) as through:
        reader = read_chunks(through.url("/transfer-encoding?count=50&interval_ms=100"))
        await anext(reader)
        await anext(reader)
        await reader.aclose()
        await asyncio.sleep(0.5)
    gc.collect()
    assert capfd.readouterr().err == ""


async def test_a_timer_passes_a_cut_on() -> None:
    with EmbeddedServer() as server, relay(server.url(""), timer(0.2)) as through:
        reading = asyncio.create_task(
            record(read_chunks(through.url("/transfer-encoding?count=50&interval_ms=100")))
        )
        await asyncio.sleep(0.7)
        await asyncio.to_thread(server.stop)
        arrivals = await reading
    assert arrivals.error is not None and 0 < len(arrivals.items) < 50
