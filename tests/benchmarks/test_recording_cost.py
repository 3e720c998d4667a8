"""Recording must not hold back what it measures."""

from time import perf_counter

from lab.streams.arrivals import Recording

ITEMS = 10_000


def test_recording_an_item_costs_less_than_5_microseconds(capsys):
    def seconds_per_item():
        recording = Recording()
        started = perf_counter()
        for _ in range(ITEMS):
            recording.add(b"{}\n")
        return (perf_counter() - started) / ITEMS

    best = min(seconds_per_item() for _ in range(20))
    with capsys.disabled():
        print(f"\nrecording: {best * 1e6:.2f} µs an item")
    assert best < 5e-6
    assert capsys.readouterr().out == ""
