"""The exam: six unlabelled endpoints, a checker that names the experiment that would have told, and hints."""

import weakref
from collections import Counter
from collections.abc import AsyncGenerator, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from random import Random

from lab.exam.causes import BYSTANDERS, CAUSES
from lab.exam.clients import Client
from lab.exam.draw import LETTERS, Plan, draw
from lab.exam.experiments import EXPERIMENTS, Experiment
from lab.exam.site import PATH, Site
from lab.streams.readers import Head, read_chunks
from server.envoy.process import EnvoyUnavailable, envoy_program

SEED = 12


class Exam:
    """Six endpoints, `A` to `F`, each with two, one or no causes; the same `seed` draws the same ones.

    Everything runs on this machine until `close()`, or until nobody refers to the exam any more.
    """

    def __init__(self, seed: int = SEED) -> None:
        """Draw and build; takes some seconds. Raises what a layer raises that cannot be started."""
        self.seed = seed
        self._plans = {plan.letter: plan for plan in draw(seed, has_envoy())}
        self._hints: Counter[str] = Counter()
        self._site = Site()
        self._ending = weakref.finalize(self, self._site.close)
        try:
            with ThreadPoolExecutor() as pool:
                built = pool.map(partial(build, self._site, seed), self._plans.values())
                self._urls = dict(zip(self._plans, built, strict=True))
        except BaseException:
            self.close()
            raise

    @property
    def letters(self) -> list[str]:
        return list(self._plans)

    def url(self, letter: str) -> str:
        """Return the address of that endpoint; it takes `?count=`, `&interval_ms=` and `&pad=`."""
        self._plan(letter)
        return self._urls[letter] + PATH

    def read(self, letter: str, query: str) -> AsyncGenerator[Head | bytes, None]:
        """A reader, for `record`: the client that this endpoint comes with. `query` begins with `?`."""
        return client_of(self._plan(letter))(self.url(letter) + query)

    def run(self, letter: str, experiment: Experiment) -> AsyncGenerator[Head | bytes, None]:
        """Return a reader, for `record`, of that experiment on that endpoint."""
        client = client_of(self._plan(letter)) if experiment.own else read_chunks
        return client(self.url(letter) + experiment.query)

    def suspects(self) -> str:
        """Return the names that `answer` takes, each with what it means."""
        return "\n".join(f"{name:25} {cause.what}" for name, cause in CAUSES.items())

    def answer(self, letter: str, causes: str | Iterable[str] | None) -> str:
        """ "right", or "not yet" and the experiment that would have told. `causes` are names (an empty set if
        nobody holds anything), None as long as there is no answer. Raises `ValueError` for other names."""
        plan = self._plan(letter)
        if causes is None:
            return f"{letter}: not yet answered"
        named = {causes} if isinstance(causes, str) else set(causes)
        if unknown := named - set(CAUSES):
            raise ValueError(f"no such cause: {', '.join(sorted(unknown))}. There are: {', '.join(CAUSES)}")
        if named == plan.causes:
            return "\n".join([f"{letter}: right.", *reasons(named)])
        return "\n".join([f"{letter}: not yet.", *objections(named - plan.causes), *gaps(plan, named)])

    def hint(self, letter: str) -> str:
        """Return the next hint, of three: where to look, which experiment, what it shows."""
        plan = self._plan(letter)
        level = min(self._hints[letter], 2)
        self._hints[letter] += 1
        return f"{letter}, hint {level + 1} of 3: {hints(plan)[level]}"

    def close(self) -> None:
        """End every endpoint and what is behind it. Does nothing the second time."""
        self._ending()

    def __enter__(self) -> "Exam":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        state = "" if self._ending.alive else ", closed"
        return f"<Exam {self.seed}: {len(self._plans)} endpoints{state}>"

    def _plan(self, letter: str) -> Plan:
        if letter not in self._plans:
            raise ValueError(f"no such endpoint: {letter!r}. There are: {', '.join(LETTERS)}")
        return self._plans[letter]


def has_envoy() -> bool:
    try:
        envoy_program()
    except EnvoyUnavailable:
        return False
    return True


def build(site: Site, seed: int, plan: Plan) -> str:
    """Put the layers of `plan` before one another; return the address of the outermost, without a path."""
    random = Random(f"{seed}{plan.letter}")
    layers = [CAUSES[name] for name in CAUSES if name in plan.causes]
    makers = [cause.make for cause in layers if cause.make is not None]
    bystander = next((each for each in BYSTANDERS if each.name == plan.bystander), None)
    makers += [bystander.make] if bystander else []
    address = site.origin
    for make in makers:
        address = make(site, address, random)
    return address


def client_of(plan: Plan) -> Client:
    own = [client for name in plan.causes if (client := CAUSES[name].client) is not None]
    return own[0] if own else read_chunks


def reasons(rightly: set[str]) -> list[str]:
    """What tells each cause that was named and is there."""
    return [
        f"{CAUSES[name].experiment} shows {name!r}: {CAUSES[name].shows}." for name in sorted(rightly)
    ] or ["No experiment shows anything."]


def objections(wrongly: set[str]) -> list[str]:
    """What speaks against each cause that was named and is not there."""
    return [
        f"With {name!r}, {CAUSES[name].experiment} would show: {CAUSES[name].shows}."
        for name in sorted(wrongly)
    ]


def gaps(plan: Plan, named: set[str]) -> list[str]:
    """Return the experiments that tell what was not named, without its name."""
    missing = [CAUSES[name].experiment for name in sorted(plan.causes - named)]
    return [f"There is more to find: {experiment} tells." for experiment in missing]


def hints(plan: Plan) -> list[str]:
    causes = [CAUSES[name] for name in sorted(plan.causes)]
    if not causes:
        every = ", ".join(str(experiment) for experiment in EXPERIMENTS)
        return [
            "Headers say who carried the stream, not who held it.",
            f"Innocence takes every experiment: {every}.",
            "None of them shows a step, a lean or a cut.",
        ]
    number = f"{len(causes)} cause{'s' if len(causes) > 1 else ''}. "
    return [
        number + " ".join(cause.hint.value for cause in causes),
        "Experiment: " + ", then ".join(str(cause.experiment) for cause in causes) + ".",
        " ".join(f"{cause.experiment} shows: {cause.shows}." for cause in causes),
    ]
