"""Execution environments: the Runtime API, processes, invocations, code and logs."""
