"""The twin of node_rest that returns its response: the same items, or events with `format=sse`; but nobody
sees one before the last."""

import json

from items import BadParameter, items_of, parameters_of


def handler(event, context):
    try:
        items = items_of(event)
    except BadParameter as error:
        return answer(400, "application/json; charset=utf-8", json.dumps(error.details))
    if parameters_of(event).get("format") == "sse":
        events = (f"event: test\nid: {seq}\ndata: {text}\n\n" for seq, text in enumerate(items))
        return answer(200, "text/event-stream", "".join(events))
    return answer(200, "text/plain; charset=utf-8", "".join(f"{text}\n" for text in items))


def answer(status, content_type, body):
    headers = {"content-type": content_type, "access-control-allow-origin": "*"}
    return {"statusCode": status, "headers": headers, "body": body}
