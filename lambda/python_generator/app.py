"""A generator as a handler: the prelude, then one line an item, or one event with `format=sse`; `fail_after`
makes it raise on its way."""

import json

from items import BadParameter, items_of, parameters_of, whole_number


def handler(event, context):
    try:
        items = items_of(event)
        fail_after = None
        if parameters_of(event).get("fail_after") is not None:
            fail_after = whole_number(parameters_of(event), "fail_after", 0, 100_000)
    except BadParameter as error:
        yield {"statusCode": 400, "headers": {"content-type": "application/json; charset=utf-8"}}
        yield json.dumps(error.details)
        return
    sse = parameters_of(event).get("format") == "sse"
    content_type = "text/event-stream" if sse else "text/plain; charset=utf-8"
    yield {"statusCode": 200, "headers": {"content-type": content_type}}
    for seq, text in enumerate(items):
        if seq == fail_after:
            raise RuntimeError(f"failed after {fail_after} items")
        yield f"event: test\nid: {seq}\ndata: {text}\n\n" if sse else f"{text}\n"
