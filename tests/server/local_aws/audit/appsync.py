"""AppSync: events of direct Lambda resolvers, what mutations send to subscribers, messages, HTTP answers."""

import json
from typing import Any

from tests.server.local_aws.audit import (
    ABSENT,
    ALIASES,
    CONTEXT_DOC,
    EVENTS_DOC,
    NO_PROTOCOL,
    NULLS,
    OTHER_PROTOCOL,
    OTHER_PROTOCOL_OF_EVENTS,
    PUBLISH_DOC,
    REALTIME_DOC,
    SUBSCRIBE_DOC,
    UNCONFIRMED,
    Row,
)

LONG = "x" * 20_000
SCHEMA = """
interface Node { id: ID }
enum Kind { SMALL LARGE }
input Filter { kind: Kind = SMALL tags: [String] }
type Author { name: String articles: [Article] }
type Article implements Node { id: ID title: String author: Author kind: Kind event: String }
type Note implements Node { id: ID text: String event: String }
union Any = Article | Note
type Item { id: ID name: String text: String! tags: [String!] author: Author }
type Query {
  article(id: ID, filter: Filter, tags: [String], number: Float): Article
  node: Node
  any: Any
}
type Mutation { put(id: ID, name: String, text: String, tags: [String], author: AWSJSON): Item }
type Subscription { onPut(name: String, text: String): Item @aws_subscribe(mutations: ["put"]) }
"""


def ask(
    selection: str, arguments: str = "", field: str = "article", rest: str = ""
) -> tuple[str, dict[str, Any]]:
    event = "event" if field == "article" else "... on Article { event }"
    return f"query {{ {field}{arguments} {{ {selection} __typename {event} }} }} {rest}", {}


def variables(definition: str, arguments: str, **values: Any) -> tuple[str, dict[str, Any]]:
    return f"query({definition}) {{ article({arguments}) {{ event }} }}", values


def selected(*paths: str) -> dict[str, Any]:
    return {"info.selectionSetList": [*paths, "__typename", "event"]}


RESOLVER = [
    Row("selection", "absent", ask(""), selected(), CONTEXT_DOC),
    Row("selection", "repeated", ask("id id title"), selected("id", "title"), UNCONFIRMED),
    Row(
        "selection",
        "repeated, nested",
        ask("id author { name }"),
        selected("id", "author", "author/name"),
        CONTEXT_DOC,
    ),
    Row(
        "selection",
        "encoded, alias",
        ask("title secondTitle: title"),
        selected("title", "secondTitle"),
        CONTEXT_DOC,
    ),
    Row(
        "selection",
        "encoded, alias, nested",
        ask("who: author { called: name }"),
        selected("who", "who/called"),
        CONTEXT_DOC,
    ),
    Row(
        "selection",
        "encoded, inline fragment",
        ask("... on Article { title }"),
        selected("title"),
        CONTEXT_DOC,
    ),
    Row("selection", "encoded, interface's fragment", ask("... on Node { id }"), selected("id"), UNCONFIRMED),
    Row(
        "selection",
        "encoded, fragment",
        ask("...f", rest="fragment f on Article { author { name } }"),
        selected("author", "author/name"),
        CONTEXT_DOC,
    ),
    Row(
        "selection",
        "encoded, interface",
        ask("id ... on Note { text }", field="node"),
        {"info.selectionSetList": ["id", "__typename"]},
        CONTEXT_DOC,
    ),
    Row(
        "selection",
        "encoded, union",
        ask("... on Note { text }", field="any"),
        {"info.selectionSetList": ["__typename"]},
        CONTEXT_DOC,
    ),
    Row(
        "selection",
        "very long",
        ask(" ".join(f"a{n}: id" for n in range(500))),
        selected(*(f"a{n}" for n in range(500))),
        UNCONFIRMED,
    ),
    Row("arguments", "absent", ask("id"), {"arguments": {}}, CONTEXT_DOC),
    Row(
        "arguments",
        "empty",
        ask("id", '(id: "", tags: [])'),
        {"arguments": {"id": "", "tags": []}},
        CONTEXT_DOC,
    ),
    Row("arguments", "empty, null", ask("id", "(id: null)"), {"arguments": {"id": None}}, UNCONFIRMED),
    Row(
        "arguments",
        "repeated",
        ask("id", '(tags: ["a", "a"])'),
        {"arguments": {"tags": ["a", "a"]}},
        CONTEXT_DOC,
    ),
    Row(
        "arguments",
        "repeated, one for a list",
        ask("id", '(tags: "a")'),
        {"arguments": {"tags": ["a"]}},
        UNCONFIRMED,
    ),
    Row(
        "arguments",
        "encoded",
        ask("id", "(filter: {kind: LARGE})"),
        {"arguments": {"filter": {"kind": "LARGE"}}},
        CONTEXT_DOC,
    ),
    Row(
        "arguments",
        "encoded, default",
        ask("id", "(filter: {})"),
        {"arguments": {"filter": {"kind": "SMALL"}}},
        UNCONFIRMED,
    ),
    Row(
        "arguments",
        "encoded, escapes",
        ask("id", '(id: "a\\"\\u00e9\\n")'),
        {"arguments": {"id": 'a"é\n'}},
        CONTEXT_DOC,
    ),
    Row("arguments", "encoded, number for ID", ask("id", "(id: 1)"), {"arguments": {"id": "1"}}, UNCONFIRMED),
    Row("arguments", "non-ASCII", ask("id", '(id: "日")'), {"arguments": {"id": "日"}}, CONTEXT_DOC),
    Row("arguments", "very long", ask("id", f'(id: "{LONG}")'), {"arguments": {"id": LONG}}, CONTEXT_DOC),
    Row("variables", "absent", ask("id"), {"info.variables": {}}, CONTEXT_DOC),
    Row(
        "variables",
        "empty",
        variables("$i: ID", "id: $i"),
        {"info.variables": {}, "arguments": {}},
        UNCONFIRMED,
    ),
    Row(
        "variables",
        "empty, null",
        variables("$i: ID", "id: $i", i=None),
        {"info.variables": {"i": None}, "arguments": {"id": None}},
        UNCONFIRMED,
    ),
    Row(
        "variables",
        "repeated",
        variables("$t: [String]", "tags: $t", t=["a", "b"]),
        {"info.variables": {"t": ["a", "b"]}},
        CONTEXT_DOC,
    ),
    Row(
        "variables",
        "encoded, default",
        variables('$i: ID = "d"', "id: $i"),
        {"info.variables": {"i": "d"}},
        UNCONFIRMED,
    ),
    Row(
        "variables",
        "non-ASCII",
        variables("$i: ID", "id: $i", i="日"),
        {"info.variables": {"i": "日"}, "arguments": {"id": "日"}},
        CONTEXT_DOC,
    ),
    Row(
        "variables",
        "very long",
        variables("$i: ID", "id: $i", i=LONG),
        {"info.variables": {"i": LONG}},
        CONTEXT_DOC,
    ),
    Row(
        "constants",
        "absent",
        ask("id"),
        {
            "identity": None,
            "source": None,
            "prev": None,
            "stash": {},
            "request.domainName": None,
            "info.parentTypeName": "Query",
            "info.fieldName": "article",
            "request.headers.x-empty": "",
            "request.headers.x-absent": ABSENT,
        },
        CONTEXT_DOC,
    ),
]
SUBPROTOCOLS = {
    "graphql-ws": [
        Row("subprotocol", "absent", [], "NoProtocolError", NO_PROTOCOL),
        Row(
            "subprotocol", "encoded", ["graphql-transport-ws"], "SubProtocolNotSupportedError", OTHER_PROTOCOL
        ),
        Row("subprotocol", "encoded, case", ["GraphQL-WS"], "SubProtocolNotSupportedError", UNCONFIRMED),
        Row(
            "subprotocol", "encoded, credentials", ["header-e30"], "SubProtocolNotSupportedError", UNCONFIRMED
        ),
        Row("subprotocol", "repeated", ["other", "graphql-ws"], None, UNCONFIRMED),
    ],
    "aws-appsync-event-ws": [
        Row("subprotocol", "absent", [], "NoProtocolError", UNCONFIRMED),
        Row(
            "subprotocol", "encoded", ["graphql-ws"], "SubProtocolNotSupportedError", OTHER_PROTOCOL_OF_EVENTS
        ),
        Row("subprotocol", "repeated", ["other", "aws-appsync-event-ws"], None, UNCONFIRMED),
    ],
}
"""What is offered in a handshake, and the error on the connection (None: it is accepted)."""

RESOLVER_NOT_APPLICABLE = {
    "selection": {
        "empty": "GraphQL has no empty selection",
        "non-ASCII": "names are ASCII",
        "binary": "names are ASCII",
    },
    "arguments": {"binary": "GraphQL is text"},
    "variables": {"binary": "GraphQL is text"},
    "constants": dict.fromkeys(
        ("empty", "repeated", "encoded", "non-ASCII", "binary", "very long"), "constant"
    ),
}


def sent(**fields: Any) -> dict[str, Any]:
    return {"data": {"onPut": {"id": None, "name": None, "tags": None, **fields}}}


def null_text(alias: str = "text") -> dict[str, Any]:
    message = f"Cannot return null for non-nullable type: 'String' within parent 'Item' (/onPut/{alias})"
    return {
        "data": {"onPut": None},
        "errors": [{"path": ["onPut", alias], "locations": None, "message": message}],
    }


PLAIN = "subscription { onPut { id name tags } }"
SUBSCRIBERS = [
    Row("field", "absent", (PLAIN, 'put(id: 1, name: "x") { id }'), sent(id="1"), SUBSCRIBE_DOC),
    Row(
        "field",
        "absent, not nullable",
        ("subscription { onPut { text } }", 'put(text: "t") { id }'),
        null_text(),
        NULLS,
    ),
    Row(
        "field",
        "empty",
        (PLAIN, 'put(name: "", tags: []) { name tags }'),
        sent(name="", tags=[]),
        SUBSCRIBE_DOC,
    ),
    Row("field", "empty, null", (PLAIN, "put(name: null) { name }"), sent(), SUBSCRIBE_DOC),
    Row("field", "repeated", (PLAIN, 'put(name: "x") { name name }'), sent(name="x"), UNCONFIRMED),
    Row(
        "field",
        "repeated, in fragments",
        (PLAIN, 'put(id: 1, name: "x") { id ... { name } ... on Item { tags } }'),
        sent(id="1", name="x"),
        SUBSCRIBE_DOC,
    ),
    Row(
        "field",
        "encoded, alias of the mutation",
        (PLAIN, 'a: put(id: 1, name: "x") { id name }'),
        sent(id="1", name="x"),
        ALIASES,
    ),
    Row(
        "field",
        "encoded, alias of a field",
        (PLAIN, 'put(id: 1, name: "x") { id other: name }'),
        sent(id="1"),
        ALIASES,
    ),
    Row(
        "field",
        "encoded, alias and name",
        (PLAIN, 'put(name: "x") { name other: name }'),
        sent(name="x"),
        ALIASES,
    ),
    Row(
        "field",
        "encoded, alias is another's name",
        (PLAIN, 'put(id: 1, name: "x") { name: id }'),
        sent(name="1"),
        UNCONFIRMED,
    ),
    Row(
        "field",
        "encoded, alias, not nullable",
        ("subscription { onPut { t: text } }", 'put(text: "t") { other: text }'),
        null_text("t"),
        ALIASES,
    ),
    Row(
        "field",
        "encoded, subscriber's alias",
        ("subscription { onPut { called: name } }", 'put(name: "x") { name }'),
        {"data": {"onPut": {"called": "x"}}},
        UNCONFIRMED,
    ),
    Row(
        "field",
        "encoded, subscriber's root alias",
        ("subscription { first: onPut { name } }", 'put(name: "x") { name }'),
        {"data": {"first": {"name": "x"}}},
        UNCONFIRMED,
    ),
    Row("field", "non-ASCII", (PLAIN, 'put(name: "日") { name }'), sent(name="日"), SUBSCRIBE_DOC),
    Row("field", "very long", (PLAIN, f'put(name: "{LONG}") {{ name }}'), sent(name=LONG), SUBSCRIBE_DOC),
    Row(
        "filter",
        "absent",
        ("subscription { onPut { name } }", 'put(name: "x") { name }'),
        {"data": {"onPut": {"name": "x"}}},
        SUBSCRIBE_DOC,
    ),
    Row(
        "filter",
        "empty",
        ('subscription { onPut(name: "") { name } }', 'put(name: "x") { name }'),
        None,
        SUBSCRIBE_DOC,
    ),
    Row(
        "filter",
        "empty, null",
        ("subscription { onPut(name: null) { id } }", "put(id: 1) { id name }"),
        {"data": {"onPut": {"id": "1"}}},
        SUBSCRIBE_DOC,
    ),
    Row(
        "filter",
        "repeated",
        ('subscription { onPut(name: "x", text: "t") { name } }', 'put(name: "x", text: "u") { name text }'),
        None,
        SUBSCRIBE_DOC,
    ),
    Row(
        "filter",
        "encoded, alias",
        ('subscription { onPut(name: "x") { id } }', 'put(id: 1, name: "x") { id other: name }'),
        None,
        ALIASES,
    ),
    Row(
        "filter",
        "non-ASCII",
        ('subscription { onPut(name: "日") { name } }', 'put(name: "日") { name }'),
        {"data": {"onPut": {"name": "日"}}},
        SUBSCRIBE_DOC,
    ),
    Row(
        "filter",
        "very long",
        (f'subscription {{ onPut(name: "{LONG}") {{ id }} }}', f'put(id: 1, name: "{LONG}") {{ id name }}'),
        {"data": {"onPut": {"id": "1"}}},
        SUBSCRIBE_DOC,
    ),
    Row("mutation", "absent", (PLAIN, "__typename"), None, SUBSCRIBE_DOC),
    Row(
        "mutation",
        "repeated, merged",
        (PLAIN, 'put(id: 1, name: "x") { id } put(id: 1, name: "x") { name }'),
        sent(id="1", name="x"),
        UNCONFIRMED,
    ),
    Row(
        "mutation",
        "encoded, skipped",
        (PLAIN, 'put(name: "x") @skip(if: true) { name } __typename'),
        None,
        UNCONFIRMED,
    ),
]
"""What a subscriber asks for, and a mutation of `put`; `expected` is the payload of the message, or None."""
TEXT = {"binary": "GraphQL is text"}
SUBSCRIBERS_NOT_APPLICABLE = {
    "field": TEXT,
    "filter": TEXT,
    "mutation": {**TEXT, **dict.fromkeys(("empty", "non-ASCII", "very long"), "as `field`")},
}


def error(kind: str, error_type: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, "error": error_type, **more}


def subscribe(**message: Any) -> dict[str, Any]:
    return {"type": "subscribe", "id": "s", "channel": "/news/a", "authorization": "CREDENTIALS", **message}


def publish(*events: Any, **message: Any) -> dict[str, Any]:
    return {
        "type": "publish",
        "id": "p",
        "channel": "/news/quiet",
        "events": list(events),
        "authorization": "CREDENTIALS",
        **message,
    }


def leave_out(message: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in message.items() if key != name}


def ok(kind: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, **more}


BAD, UNKNOWN = "BadRequestException", "UnsupportedOperation"
EVENT_MESSAGES = [
    Row("type", "absent", {"id": "1"}, error("error", UNKNOWN), UNCONFIRMED),
    Row("type", "empty", {"type": "", "id": "1"}, error("error", UNKNOWN), UNCONFIRMED),
    Row("type", "encoded", {"type": "Subscribe", "id": "1"}, error("error", UNKNOWN), UNCONFIRMED),
    Row("type", "repeated", {"type": ["subscribe"]}, error("error", UNKNOWN), UNCONFIRMED),
    Row("id", "absent", leave_out(subscribe(), "id"), error("subscribe_error", BAD), UNCONFIRMED),
    Row("id", "empty", subscribe(id=""), error("subscribe_error", BAD), EVENTS_DOC),
    Row("id", "encoded", subscribe(id="a-Z_9+"), ok("subscribe_success", id="a-Z_9+"), EVENTS_DOC),
    Row("id", "encoded, number", subscribe(id=1), error("subscribe_error", BAD), UNCONFIRMED),
    Row("id", "non-ASCII", subscribe(id="é"), error("subscribe_error", BAD), EVENTS_DOC),
    Row("id", "binary", subscribe(id="a\0"), error("subscribe_error", BAD), EVENTS_DOC),
    Row("id", "very long", subscribe(id="x" * 129), error("subscribe_error", BAD), EVENTS_DOC),
    Row("channel", "absent", leave_out(subscribe(), "channel"), error("subscribe_error", BAD), UNCONFIRMED),
    Row("channel", "empty", subscribe(channel=""), error("subscribe_error", BAD), EVENTS_DOC),
    Row("channel", "empty, namespace only", subscribe(channel="news"), ok("subscribe_success"), EVENTS_DOC),
    Row(
        "channel",
        "repeated, slashes",
        subscribe(channel="//news//a"),
        error("subscribe_error", BAD),
        EVENTS_DOC,
    ),
    Row(
        "channel",
        "repeated, six segments",
        subscribe(channel="/news/a/b/c/d/e"),
        error("subscribe_error", BAD),
        EVENTS_DOC,
    ),
    Row("channel", "encoded, wildcard", subscribe(channel="/news/*"), ok("subscribe_success"), EVENTS_DOC),
    Row(
        "channel",
        "encoded, wildcard within",
        subscribe(channel="/news/*/a"),
        error("subscribe_error", BAD),
        EVENTS_DOC,
    ),
    Row(
        "channel",
        "encoded, escape",
        subscribe(channel="/news/a%20b"),
        error("subscribe_error", BAD),
        EVENTS_DOC,
    ),
    Row(
        "channel",
        "encoded, wildcard to publish",
        publish("1", channel="/news/*"),
        error("publish_error", BAD),
        EVENTS_DOC,
    ),
    Row(
        "channel",
        "encoded, other namespace",
        subscribe(channel="/nope/a"),
        error("subscribe_error", "ResourceNotFound"),
        UNCONFIRMED,
    ),
    Row("channel", "non-ASCII", subscribe(channel="/news/é"), error("subscribe_error", BAD), EVENTS_DOC),
    Row("channel", "binary", subscribe(channel="/news/a\0"), error("subscribe_error", BAD), EVENTS_DOC),
    Row(
        "channel",
        "very long",
        subscribe(channel="/news/" + "a" * 51),
        error("subscribe_error", BAD),
        EVENTS_DOC,
    ),
    Row("events", "absent", leave_out(publish(), "events"), error("publish_error", BAD), UNCONFIRMED),
    Row("events", "empty", publish(), error("publish_error", BAD), UNCONFIRMED),
    Row("events", "empty, text", publish(""), error("publish_error", BAD), EVENTS_DOC),
    Row("events", "repeated", publish("1", "2", "3", "4", "5"), ok("publish_success"), EVENTS_DOC),
    Row(
        "events",
        "repeated, six",
        publish("1", "2", "3", "4", "5", "6"),
        error("publish_error", BAD),
        EVENTS_DOC,
    ),
    Row("events", "encoded, not a text", publish({"a": 1}), error("publish_error", BAD), EVENTS_DOC),
    Row("events", "encoded, not JSON", publish("{a: 1}"), error("publish_error", BAD), EVENTS_DOC),
    Row("events", "non-ASCII", publish('"日"'), ok("publish_success"), EVENTS_DOC),
    Row("events", "binary", publish('"\\ud800"'), ok("publish_success"), UNCONFIRMED),
    Row("events", "very long", publish(json.dumps("x" * 240 * 1024)), ok("publish_success"), UNCONFIRMED),
    Row(
        "authorization",
        "absent",
        leave_out(subscribe(), "authorization"),
        error("subscribe_error", "UnauthorizedException"),
        EVENTS_DOC,
    ),
    Row(
        "authorization",
        "empty",
        subscribe(authorization={}),
        error("subscribe_error", "UnauthorizedException"),
        EVENTS_DOC,
    ),
    Row("authorization", "encoded", subscribe(authorization="x"), error("subscribe_error", BAD), UNCONFIRMED),
    Row(
        "unsubscribe",
        "encoded, unknown",
        {"type": "unsubscribe", "id": "x"},
        error("unsubscribe_error", "UnknownOperationError", id="x"),
        EVENTS_DOC,
    ),
]
"""What a client of an Event API says, each on a connection of its own;
the answer's type, id and first error."""
ONE = {"repeated": "one value"}
EVENT_MESSAGES_NOT_APPLICABLE = {
    "type": dict.fromkeys(("non-ASCII", "binary", "very long"), "one of a list"),
    "id": ONE,
    "authorization": {**ONE, **dict.fromkeys(("non-ASCII", "binary", "very long"), "as a header")},
    "unsubscribe": dict.fromkeys(
        ("absent", "empty", "repeated", "non-ASCII", "binary", "very long"), "as `id`"
    ),
}


def start(
    query: str | None = "subscription { onPut { id } }", operation_id: Any = "1", **data: Any
) -> dict[str, Any]:
    request = {"query": query, "variables": {}, **data}
    payload = {"data": json.dumps(request), "extensions": {"authorization": "CREDENTIALS"}}
    return {"id": operation_id, "type": "start", "payload": payload}


GRAPHQL_MESSAGES = [
    Row("type", "absent", {"id": "1"}, error("error", UNKNOWN), UNCONFIRMED),
    Row("type", "empty", {"id": "1", "type": ""}, error("error", UNKNOWN), UNCONFIRMED),
    Row("type", "encoded", {"id": "1", "type": "subscribe"}, error("error", UNKNOWN), UNCONFIRMED),
    Row("type", "encoded, twice hello", {"type": "connection_init"}, ok("connection_ack"), UNCONFIRMED),
    Row("id", "absent", leave_out(start(), "id"), error("error", BAD, id=ABSENT), UNCONFIRMED),
    Row("id", "empty", start(operation_id=""), error("error", BAD), UNCONFIRMED),
    Row("id", "encoded", start(operation_id=1), error("error", BAD, id=ABSENT), UNCONFIRMED),
    Row("id", "non-ASCII", start(operation_id="日"), ok("start_ack", id="日"), UNCONFIRMED),
    Row("id", "very long", start(operation_id=LONG), ok("start_ack", id=LONG), UNCONFIRMED),
    Row("payload", "absent", leave_out(start(), "payload"), error("error", UNKNOWN), UNCONFIRMED),
    Row("payload", "empty", {**start(), "payload": {}}, error("error", UNKNOWN), UNCONFIRMED),
    Row(
        "payload",
        "encoded, not a text",
        {**start(), "payload": {"data": {}}},
        error("error", UNKNOWN),
        REALTIME_DOC,
    ),
    Row(
        "payload",
        "encoded, not JSON",
        {**start(), "payload": {"data": "{"}},
        error("error", UNKNOWN),
        UNCONFIRMED,
    ),
    Row("query", "absent", start(None), error("error", "MalformedHttpRequestException"), UNCONFIRMED),
    Row("query", "empty", start(""), error("error", "MalformedHttpRequestException"), UNCONFIRMED),
    Row(
        "query",
        "encoded, a mutation",
        start("mutation { put { id } }"),
        error("error", "UnsupportedOperation"),
        UNCONFIRMED,
    ),
    Row(
        "query",
        "encoded, two operations",
        start("subscription A { onPut { id } } subscription B { onPut { id } }", operationName="B"),
        ok("start_ack"),
        UNCONFIRMED,
    ),
    Row(
        "query",
        "non-ASCII",
        start('subscription { onPut(name: "日") { id } }'),
        ok("start_ack"),
        REALTIME_DOC,
    ),
    Row(
        "query",
        "very long",
        start(f'subscription {{ onPut(name: "{LONG}") {{ id }} }}'),
        ok("start_ack"),
        UNCONFIRMED,
    ),
    Row(
        "authorization",
        "absent",
        {**start(), "payload": {"data": start()["payload"]["data"]}},
        error("error", "UnauthorizedException"),
        REALTIME_DOC,
    ),
    Row(
        "stop",
        "encoded, unknown",
        {"id": "x", "type": "stop"},
        error("error", "UnknownOperationError", id="x"),
        UNCONFIRMED,
    ),
]
"""What a client of a GraphQL API says; the answer's type, id and the type of its first error."""
NO_MORE = ("repeated", "non-ASCII", "binary", "very long")
GRAPHQL_MESSAGES_NOT_APPLICABLE = {
    "type": dict.fromkeys(NO_MORE, "one of a list"),
    "id": {"repeated": "one value", "binary": "JSON is text"},
    "payload": dict.fromkeys(NO_MORE, "as `query`"),
    "query": {"repeated": "one value", "binary": "JSON is text"},
    "authorization": dict.fromkeys((*NO_MORE, "empty", "encoded"), "as a header"),
    "stop": dict.fromkeys((*NO_MORE, "absent", "empty"), "as `id`"),
}


def body(document: Any) -> str:
    return document if isinstance(document, str) else json.dumps(document)


MALFORMED = (400, "MalformedHttpRequestException")
GRAPHQL_HTTP = [
    Row("body", "absent", "", MALFORMED, UNCONFIRMED),
    Row("body", "empty", "{}", MALFORMED, UNCONFIRMED),
    Row("body", "repeated", "[]", MALFORMED, UNCONFIRMED),
    Row("body", "encoded", "query=x", MALFORMED, UNCONFIRMED),
    Row("body", "binary", "\x00", MALFORMED, UNCONFIRMED),
    Row("query", "absent", body({"variables": {}}), MALFORMED, UNCONFIRMED),
    Row("query", "empty", body({"query": ""}), MALFORMED, UNCONFIRMED),
    Row(
        "query",
        "repeated",
        body({"query": "query A { node { id } } query B { any { __typename } }"}),
        (400, "BadRequestException"),
        UNCONFIRMED,
    ),
    Row("query", "encoded, alias", body({"query": "{ a: __typename }"}), (200, None), REALTIME_DOC),
    Row(
        "query",
        "encoded, subscription",
        body({"query": "subscription { onPut { id } }"}),
        (400, "UnsupportedOperation"),
        UNCONFIRMED,
    ),
    Row("query", "non-ASCII", body({"query": "{ __typename # 日"}), MALFORMED, UNCONFIRMED),
    Row("query", "very long", body({"query": "{ " + "__typename " * 16_000 + "}"}), MALFORMED, UNCONFIRMED),
    Row("variables", "absent", body({"query": "{ __typename }"}), (200, None), REALTIME_DOC),
    Row("variables", "empty", body({"query": "{ __typename }", "variables": None}), (200, None), UNCONFIRMED),
    Row("variables", "encoded", body({"query": "{ __typename }", "variables": "{}"}), MALFORMED, UNCONFIRMED),
]
"""Bodies that are posted to a GraphQL API; the status, and the type of the first error (None: no error)."""
GRAPHQL_HTTP_NOT_APPLICABLE = {
    "body": {"non-ASCII": "as `query`", "very long": "as `query`"},
    "query": {"binary": "JSON is text"},
    "variables": dict.fromkeys(("repeated", "non-ASCII", "binary", "very long"), "as the resolver's"),
}


def event(*events: Any, channel: Any = "news/a") -> str:
    return json.dumps({"channel": channel, "events": list(events)})


REFUSED = (400, BAD)
EVENT_HTTP = [
    Row("body", "absent", "", REFUSED, UNCONFIRMED),
    Row("body", "empty", "{}", REFUSED, UNCONFIRMED),
    Row("body", "encoded", "channel=news", REFUSED, UNCONFIRMED),
    Row("channel", "absent", body({"events": ["1"]}), REFUSED, UNCONFIRMED),
    Row("channel", "empty", event("1", channel=""), REFUSED, UNCONFIRMED),
    Row("channel", "encoded", event("1", channel="/news/a/"), (200, None), PUBLISH_DOC),
    Row(
        "channel", "encoded, namespace", event("1", channel="nope/a"), (404, "ResourceNotFound"), UNCONFIRMED
    ),
    Row("channel", "non-ASCII", event("1", channel="news/é"), REFUSED, EVENTS_DOC),
    Row("channel", "very long", event("1", channel="news/" + "a" * 51), REFUSED, EVENTS_DOC),
    Row("events", "absent", body({"channel": "news/a"}), REFUSED, UNCONFIRMED),
    Row("events", "empty", event(), REFUSED, UNCONFIRMED),
    Row("events", "repeated", event("1", "2", "3", "4", "5"), (200, None), PUBLISH_DOC),
    Row("events", "repeated, six", event(*"123456"), REFUSED, PUBLISH_DOC),
    Row("events", "encoded", event('{"a": 1}'), (200, None), PUBLISH_DOC),
    Row("events", "encoded, not a text", event({"a": 1}), REFUSED, PUBLISH_DOC),
    Row("events", "non-ASCII", event('"日"'), (200, None), PUBLISH_DOC),
    Row("events", "very long", event(json.dumps("x" * 240 * 1024)), (200, None), UNCONFIRMED),
]
"""Bodies that are posted to an Event API, as above."""
EVENT_HTTP_NOT_APPLICABLE = {
    "body": dict.fromkeys(("repeated", "non-ASCII", "binary", "very long"), "as its members"),
    "channel": {"repeated": "one value", "binary": "JSON is text"},
    "events": {"binary": "JSON is text"},
}
