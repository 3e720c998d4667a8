"""A handler of the managed runtime that returns its event."""


def handler(event: object, context: object) -> object:
    return event
