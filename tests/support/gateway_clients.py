"""Clients that this project did not write: curl and aiohttp."""

import json
import subprocess
import time
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from tests.support.shapes import at_once, one_by_one


@dataclass
class Reading:
    """A response as aiohttp read it: each item with the time at which it came."""

    status: int
    headers: Any
    items: list[tuple[float, dict[str, Any]]] = field(default_factory=list)
    error: Exception | None = None

    @property
    def sent(self) -> list[float]:
        return [item["sent"] for _, item in self.items]

    @property
    def arrived(self) -> list[float]:
        return [at for at, _ in self.items]

    @property
    def one_by_one(self) -> bool:
        return one_by_one(self.sent, self.arrived)

    @property
    def at_once(self) -> bool:
        return at_once(self.sent, self.arrived)


def event_of(url: str, *arguments: str) -> dict[str, Any]:
    """The event that the function behind `url` returns to curl."""
    event: dict[str, Any] = json.loads(curl(*arguments, url)[1])
    return event


async def read_items(url: str) -> Reading:
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        reading = Reading(response.status, response.headers)
        try:
            async for line in response.content:
                reading.items.append((time.time(), json.loads(line)))
        except aiohttp.ClientPayloadError as error:
            reading.error = error
        return reading


def curl(*arguments: str) -> tuple[int, str]:
    """curl's exit code, and what it printed: with `-i` the head first."""
    done = subprocess.run(
        ["curl", "-sSN", "--max-time", "60", *arguments], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout


def curl_head(*arguments: str) -> tuple[int, dict[str, str], str]:
    """Status, headers (lower-case names) and body."""
    _, text = curl("-i", *arguments)
    head, _, body = text.replace("\r\n", "\n").partition("\n\n")
    lines = head.splitlines()
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
    return int(lines[0].split()[1]), headers, body
