"""A handler of the managed runtime whose module prints and exits while it starts."""

print("while it starts", flush=True)
raise SystemExit(3)
