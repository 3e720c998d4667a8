"""Programs that tests deploy: `aws.deploy("basic.echo")` is the function `echo` in `basic.py`.

A program of the smallest runtime is zipped beside `guest.py` and what the test gives it; a handler of a
managed runtime is zipped alone.
"""
