"""A handler of the managed runtime whose module prints while it starts."""

print("while it starts")


def handle(event: object, context: object) -> None:
    print("at work")
