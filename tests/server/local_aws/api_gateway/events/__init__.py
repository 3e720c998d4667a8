"""What AWS makes of requests, results and messages: tables, each row with its source. `test_events.py` drives
them against the stand-in, over sockets."""
