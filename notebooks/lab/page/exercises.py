"""Says whether an answer is right without giving it away in the cell that asks."""

from hashlib import sha256


def verdict(answer: object, digest: str) -> str:
    """ "right" or "not yet"; `digest` is the beginning of the SHA-256 of the right answer's `repr`."""
    return "right" if sha256(repr(answer).encode()).hexdigest().startswith(digest) else "not yet"
