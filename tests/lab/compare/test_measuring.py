"""The verdict: two witnesses, and the best of a service's variants."""

from dataclasses import replace

import pytest

from lab import Arrivals, small_multiples
from lab.compare.facts import read_facts
from lab.compare.measuring import classify, disagreements, measured_table
from lab.compare.variants import PROBES, VARIANTS, Variant, chunks, sse, websocket
from tests.support.streams_by_hand import CHUNKED, EVENTS, SWITCHED, arrivals, buffered, refused, streamed

FACTS = read_facts()
STREAMED = {"chunked": streamed(CHUNKED), "sse": streamed(EVENTS), "websocket": streamed(SWITCHED)}


@pytest.mark.parametrize("kind", STREAMED)
def test_yes_takes_separate_items_and_the_head(kind) -> None:
    assert classify(kind, STREAMED[kind]).value == "yes"
    assert classify(kind, buffered(STREAMED[kind].parts[0][1])).value == "no"


@pytest.mark.parametrize(
    ("kind", "other"), [("sse", "chunked"), ("websocket", "sse"), ("chunked", "websocket")]
)
def test_separate_items_alone_are_not_enough(kind, other) -> None:
    found = classify(kind, STREAMED[other])
    assert found.value == "no" and found.why.startswith("no ")


def test_events_are_chunked_as_well() -> None:
    assert classify("chunked", STREAMED["sse"]).value == "yes"


def test_items_in_pairs_do_not_count_as_separate() -> None:
    pairs = arrivals(CHUNKED, {seq: (seq // 2) * 0.2 + 0.15 for seq in range(8)})
    assert len(pairs.bursts) == 4
    assert classify("chunked", pairs).value == "no"


def test_one_late_pair_on_a_busy_machine_does() -> None:
    late = {seq: seq / 10 + 0.001 for seq in range(6)} | {2: 0.3}
    assert classify("chunked", arrivals(CHUNKED, late)).value == "yes"


def test_items_out_of_order_are_no_stream() -> None:
    swapped = arrivals(CHUNKED, {0: 0.01, 2: 0.21, 1: 0.31, 3: 0.41})
    assert classify("chunked", swapped).why == "the items came out of order"


def test_a_refusal_and_an_empty_body_say_what_they_are() -> None:
    assert classify("chunked", refused(426)).why == "refused: HTTP 426"
    assert classify("websocket", refused(200)).why == "HTTP 200 instead of 101"
    assert classify("chunked", arrivals(CHUNKED, {})).why == "no items"


def test_a_service_streams_if_one_of_its_settings_does() -> None:
    streams = {
        Variant("buffered", "url-node", "chunked", "a", chunks): buffered(label="buffered"),
        Variant("streamed", "url-node", "chunked", "b", chunks): streamed(label="streamed"),
        Variant("events", "url-node", "sse", "b", sse): buffered(EVENTS, label="events"),
        Variant("upgrade", "url-node", "websocket", "b", websocket): refused(200),
        Variant("server", "", "chunked", "c", chunks): streamed(),
    }
    table = measured_table(streams)
    assert list(table) == ["url-node"], "the server itself is no service"
    assert [found.value for found in table["url-node"].values()] == ["yes", "no", "no"]
    assert table["url-node"]["chunked"].label == "streamed"
    (line,) = disagreements(table, FACTS)
    assert line.startswith("Lambda Function URL (Node.js), sse: measured no (events: 6 items in 1 burst)")


def test_variants_and_probes_ask_every_measured_service_for_every_kind() -> None:
    asked = {(variant.service, variant.kind) for variant in (*VARIANTS, *PROBES) if variant.service}
    wanted = {(key, kind) for key, each in FACTS.services.items() if each.measured for kind in each.cells}
    assert asked == wanted
    labels = [variant.label for variant in (*VARIANTS, *PROBES)]
    assert len(set(labels)) == len(labels)


def test_the_atlas_labels_what_was_held_and_what_was_refused(capsys) -> None:
    drawing = small_multiples(streamed(), buffered(), refused(403))
    words = [[text.get_text() for text in axis.texts] for axis in drawing.axes]
    assert words[:3] == [[], ["BUFFERED"], ["nothing arrived"]]
    titles = [axis.get_title() for axis in drawing.axes[:3]]
    assert titles[1].endswith("6 items in 1 burst, longest hold 600 ms")
    assert titles[2].endswith("refused: HTTP 403")
    assert "refused · LOCAL · refused: HTTP 403" in capsys.readouterr().out


def test_a_refusal_is_no_cut() -> None:
    cut = replace(streamed(), error=ConnectionError("reset"))
    assert cut.refusal == "" and cut.finding().endswith("then cut")
    assert "CUT" not in refused(403).summary()
    assert isinstance(refused(403), Arrivals)
