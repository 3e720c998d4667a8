"""A handler of the managed runtime whose module prints and imports what is not there."""

print("while it starts")
import no_such_module  # type: ignore[import-not-found]  # noqa: E402, F401
