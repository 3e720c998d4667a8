"""Server-Sent Events as text: the encoder of `text/event-stream`.

Source: HTML standard, section 9.2.5 and 9.2.6 (https://html.spec.whatwg.org/multipage/server-sent-events.html).
"""


def encode_event(
    data: str, *, event: str | None = None, id: str | None = None, retry_ms: int | None = None
) -> bytes:
    """One event, ended by its blank line. Each line of `data` becomes a `data:` field of its own.

    Raises `ValueError` if `event` or `id` holds a line break (it would start a new field) or `id` a NUL
    (the standard makes clients ignore such an id).
    """
    fields = []
    for name, value in (("event", event), ("id", id)):
        if value is not None:
            if any(c in value for c in "\r\n") or (name == "id" and "\0" in value):
                raise ValueError(f"an event's {name} cannot hold a line break or NUL: {value!r}")
            fields.append(f"{name}: {value}")
    if retry_ms is not None:
        fields.append(f"retry: {retry_ms}")
    lines = data.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    fields += [f"data: {line}" for line in lines]
    return ("\n".join(fields) + "\n\n").encode()


def encode_comment(text: str) -> bytes:
    """Return a comment, which clients ignore: it keeps an idle connection in use (a heartbeat)."""
    return "".join(f": {line}\n" for line in text.splitlines()).encode() + b"\n"
