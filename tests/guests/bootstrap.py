"""Serves the function that the handler names ("basic.echo") in the folder `guests` beside it."""

import os
from importlib import import_module

module, _, function = os.environ["_HANDLER"].rpartition(".")
serve = import_module("guests.guest").serve
serve(getattr(import_module(f"guests.{module}"), function))
