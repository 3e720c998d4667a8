"""CORS of Function URLs.

`given`: the configuration, the method (PREFLIGHT is OPTIONS as browsers send it) and the request's Origin
(None: no such header); `expected`: headers by name without `access-control-`.
"""

from typing import Any

from tests.server.local_aws.audit import ABSENT, CORS_DOC, MODEL, REFLECTED, UNCONFIRMED, Row

PAGE = "https://page.example"
LONG = "https://" + "a" * 240
ALLOWED, CREDENTIALS = "allow-origin", "allow-credentials"


def ask(
    origin: str | None = PAGE, method: str = "GET", **cors: Any
) -> tuple[dict[str, Any], str, str | None]:
    return {"AllowOrigins": [PAGE], **cors}, method, origin


def preflight(origin: str | None = PAGE, **cors: Any) -> tuple[dict[str, Any], str, str | None]:
    return ask(origin, "PREFLIGHT", **cors)


ROWS = [
    Row("AllowOrigins", "absent", ask(AllowOrigins=[]), {ALLOWED: ABSENT}, UNCONFIRMED),
    Row("AllowOrigins", "empty, no Origin", ask(None, AllowOrigins=["*"]), {ALLOWED: ABSENT}, REFLECTED),
    Row("AllowOrigins", "empty, null", ask("null", AllowOrigins=["*"]), {ALLOWED: "null"}, UNCONFIRMED),
    Row("AllowOrigins", "repeated", ask(AllowOrigins=["https://a.example", PAGE]), {ALLOWED: PAGE}, CORS_DOC),
    Row("AllowOrigins", "repeated, other", ask("https://other.example"), {ALLOWED: ABSENT}, CORS_DOC),
    Row(
        "AllowOrigins",
        "encoded, any",
        ask(AllowOrigins=["*"]),
        {ALLOWED: PAGE, CREDENTIALS: ABSENT},
        REFLECTED,
    ),
    Row("AllowOrigins", "encoded, any, preflight", preflight(AllowOrigins=["*"]), {ALLOWED: PAGE}, REFLECTED),
    Row(
        "AllowOrigins",
        "encoded, any with credentials",
        ask("https://attacker.io", AllowOrigins=["*"], AllowCredentials=True),
        {ALLOWED: "https://attacker.io", CREDENTIALS: "true"},
        REFLECTED,
    ),
    Row(
        "AllowOrigins",
        "encoded, wildcard",
        ask(AllowOrigins=["https://*.example"]),
        {ALLOWED: PAGE},
        UNCONFIRMED,
    ),
    Row(
        "AllowOrigins",
        "encoded, other end",
        ask(PAGE + ".evil", AllowOrigins=["https://*.example"]),
        {ALLOWED: ABSENT},
        UNCONFIRMED,
    ),
    Row(
        "AllowOrigins",
        "encoded, IPv6",
        ask("http://[::1]:3000", AllowOrigins=["http://[::1]:3000"]),
        {ALLOWED: "http://[::1]:3000"},
        CORS_DOC,
    ),
    Row(
        "AllowOrigins",
        "encoded, no pattern",
        ask("http://a:3", AllowOrigins=["http://[ab]:3"]),
        {ALLOWED: ABSENT},
        CORS_DOC,
    ),
    Row("AllowOrigins", "encoded, other port", ask(PAGE + ":8443"), {ALLOWED: ABSENT}, CORS_DOC),
    Row("AllowOrigins", "very long", ask(LONG, AllowOrigins=[LONG]), {ALLOWED: LONG}, CORS_DOC),
    Row("AllowMethods", "absent", preflight(), {"allow-methods": ABSENT}, UNCONFIRMED),
    Row("AllowMethods", "empty", preflight(AllowMethods=[]), {"allow-methods": ABSENT}, UNCONFIRMED),
    Row(
        "AllowMethods",
        "repeated",
        preflight(AllowMethods=["GET", "PUT"]),
        {"allow-methods": "GET,PUT"},
        CORS_DOC,
    ),
    Row(
        "AllowMethods",
        "repeated, not in a request",
        ask(AllowMethods=["GET"]),
        {"allow-methods": ABSENT},
        UNCONFIRMED,
    ),
    Row("AllowMethods", "encoded", preflight(AllowMethods=["*"]), {"allow-methods": "*"}, UNCONFIRMED),
    Row("AllowHeaders", "absent", preflight(), {"allow-headers": ABSENT}, UNCONFIRMED),
    Row("AllowHeaders", "empty", preflight(AllowHeaders=[]), {"allow-headers": ABSENT}, UNCONFIRMED),
    Row(
        "AllowHeaders",
        "repeated",
        preflight(AllowHeaders=["x-a", "date"]),
        {"allow-headers": "x-a,date"},
        CORS_DOC,
    ),
    Row("AllowHeaders", "encoded", preflight(AllowHeaders=["*"]), {"allow-headers": "*"}, UNCONFIRMED),
    Row(
        "AllowHeaders",
        "very long",
        preflight(AllowHeaders=["x" * 1024]),
        {"allow-headers": "x" * 1024},
        CORS_DOC,
    ),
    Row("ExposeHeaders", "absent", ask(), {"expose-headers": ABSENT}, CORS_DOC),
    Row("ExposeHeaders", "empty", ask(ExposeHeaders=[]), {"expose-headers": ABSENT}, UNCONFIRMED),
    Row(
        "ExposeHeaders",
        "repeated",
        ask(ExposeHeaders=["x-a", "date"]),
        {"expose-headers": "x-a,date"},
        CORS_DOC,
    ),
    Row("ExposeHeaders", "encoded", ask(ExposeHeaders=["*"]), {"expose-headers": "*"}, UNCONFIRMED),
    Row(
        "ExposeHeaders",
        "very long",
        ask(ExposeHeaders=["x" * 1024]),
        {"expose-headers": "x" * 1024},
        CORS_DOC,
    ),
    Row("AllowCredentials", "absent", ask(), {CREDENTIALS: ABSENT}, CORS_DOC),
    Row("AllowCredentials", "empty", ask(AllowCredentials=False), {CREDENTIALS: ABSENT}, CORS_DOC),
    Row("AllowCredentials", "encoded", ask(AllowCredentials=True), {CREDENTIALS: "true"}, CORS_DOC),
    Row("MaxAge", "absent", preflight(), {"max-age": ABSENT}, UNCONFIRMED),
    Row("MaxAge", "empty", preflight(MaxAge=0), {"max-age": "0"}, UNCONFIRMED),
    Row("MaxAge", "encoded", preflight(MaxAge=60), {"max-age": "60"}, CORS_DOC),
    Row("MaxAge", "very long", preflight(MaxAge=86_400), {"max-age": "86400"}, CORS_DOC),
    Row(
        "function's headers",
        "repeated",
        ask("https://a.example", AllowOrigins=["*"]),
        {ALLOWED: ["*", "https://a.example"]},
        REFLECTED,
    ),
]

TEXT = dict.fromkeys(("non-ASCII", "binary"), "header names, methods and origins are ASCII")
FLAG = {**TEXT, "repeated": "one value", "very long": "true or false"}
NOT_APPLICABLE = {
    "AllowOrigins": TEXT,
    "AllowMethods": {**TEXT, "very long": "six characters at most"},
    "AllowHeaders": TEXT,
    "ExposeHeaders": TEXT,
    "AllowCredentials": FLAG,
    "MaxAge": {**TEXT, "repeated": "one value"},
    "function's headers": {
        **TEXT,
        "absent": "every other row",
        "empty": "as any header",
        "encoded": "as any header",
        "very long": "as any header",
    },
}

REFUSED = [
    Row("AllowOrigins", "empty", [""], "length greater than or equal to 1", MODEL),
    Row("AllowOrigins", "very long", ["x" * 254], "length less than or equal to 253", MODEL),
    Row("AllowOrigins", "repeated", ["x"] * 101, "length less than or equal to 100", MODEL),
    Row("AllowHeaders", "binary", ["a\r\nb: c"], "regular expression pattern: .*", MODEL),
    Row("ExposeHeaders", "binary", ["a\n"], "regular expression pattern: .*", MODEL),
    Row("AllowMethods", "very long", ["OPTIONS"], "length less than or equal to 6", MODEL),
]
"""Configurations that AWS refuses: the member, its value, and what the refusal says."""
