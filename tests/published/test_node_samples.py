"""Handlers in the shapes of AWS's documentation and public samples of response streaming, through a URL.

Shapes seen 2026-11 in docs.aws.amazon.com/lambda/latest/dg/config-rs-write-functions.html and in the
repositories aws-samples/serverless-patterns and aws/aws-sam-cli-app-templates.
"""

import json

import pytest

from tests.support.account import Account, zipped
from tests.support.http_client import Received, request

ECHO_PIPELINE = """
import { pipeline } from "node:stream/promises";
import { Readable } from "node:stream";

export const echo = awslambda.streamifyResponse(async (event, responseStream, _context) => {
  await pipeline(Readable.from(Buffer.from(JSON.stringify(event))), responseStream);
});
"""
PROMISIFIED_LARGE = """
import util from "util";
import stream from "stream";
const pipeline = util.promisify(stream.pipeline);

export const handler = awslambda.streamifyResponse(async (event, responseStream, _context) => {
  const requestStream = stream.Readable.from(Buffer.from("\\u{1F40C}".repeat(1024 * 1024)));
  await pipeline(requestStream, responseStream);
});
"""
COMMONJS_GZIP = """
const pipeline = require("util").promisify(require("stream").pipeline);
const zlib = require("zlib");
const { Readable } = require("stream");

exports.handler = awslambda.streamifyResponse(async (event, responseStream, _context) => {
  const metadata = { statusCode: 200, headers: { "content-type": "text/plain", "content-encoding": "gzip" } };
  responseStream = awslambda.HttpResponseStream.from(responseStream, metadata);
  await pipeline(Readable.from(["squeezed ".repeat(1000), "twice"]), zlib.createGzip(), responseStream);
});
"""
COMMONJS_WRITES = """
exports.handler = awslambda.streamifyResponse(
  async (event, responseStream, context) => {
    responseStream = awslambda.HttpResponseStream.from(responseStream, {
      statusCode: 200,
      headers: { "Content-Type": "text/html", "X-Custom-Header": "custom" },
    });
    responseStream.write("<html>");
    for (let n = 1; n <= 3; n++) {
      await new Promise((r) => setTimeout(r, 100));
      responseStream.write(`<h${n}>`);
    }
    responseStream.end();
  }
);
"""
CALLBACK_PIPELINE = """
const { pipeline, Readable, Transform } = require("stream");

module.exports.handler = awslambda.streamifyResponse(async (event, responseStream) => {
  responseStream.setContentType("text/plain");
  const upper = new Transform({
    transform: (chunk, _encoding, callback) => callback(null, String(chunk).toUpperCase()),
  });
  await new Promise((resolve, reject) => {
    const done = (error) => error ? reject(error) : resolve();
    pipeline(Readable.from(["one ", "two"]), upper, responseStream, done);
  });
});
"""
WEB_STREAM = """
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

export const handler = awslambda.streamifyResponse(async (event, responseStream) => {
  const body = new Response(new Blob(["from ", "fetch"])).body;
  const stream = awslambda.HttpResponseStream.from(responseStream, { statusCode: 202 });
  await pipeline(Readable.fromWeb(body), stream);
});
"""
GENERATOR_SSE = """
import { pipeline } from "node:stream/promises";

async function* tokens(count) {
  for (let id = 0; id < count; id++) {
    yield `id: ${id}\\ndata: ${JSON.stringify({ token: "t" + id })}\\n\\n`;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function main({ queryStringParameters }, responseStream) {
  responseStream.setContentType("text/event-stream");
  await pipeline(tokens(Number(queryStringParameters.count)), responseStream);
}

export const handler = awslambda.streamifyResponse(main);
"""
FAILING_SOURCE = """
import { pipeline } from "node:stream/promises";

export const handler = awslambda.streamifyResponse(async (event, responseStream) => {
  await pipeline(async function* () {
    yield "one";
    await new Promise((resolve) => setTimeout(resolve, 200));
    throw new Error("source");
  }, responseStream);
});
"""


def answer(aws: Account, file: str, source: str, path: str = "", handler: str = "handler") -> Received:
    name = aws.deploy(
        "",
        Runtime="nodejs24.x",
        Handler=f"index.{handler}",
        MemorySize=512,
        Code={"ZipFile": zipped({file: source})},
    )
    return request(aws.url(name) + path)


def test_a_pipeline_echoes_the_event(aws: Account) -> None:
    echoed = answer(aws, "index.mjs", ECHO_PIPELINE, "some/path?x=1", handler="echo")
    assert (echoed.status, echoed.complete) == (200, True)
    assert echoed.header("content-type") == "application/octet-stream"
    event = json.loads(echoed.body)
    assert (event["rawPath"], event["queryStringParameters"]) == ("/some/path", {"x": "1"})


def test_a_promisified_pipeline_of_four_megabytes(aws: Account) -> None:
    large = answer(aws, "index.mjs", PROMISIFIED_LARGE)
    assert large.complete
    assert large.body.decode() == "\U0001f40c" * 1024 * 1024


def test_a_pipeline_through_gzip(aws: Account) -> None:
    squeezed = answer(aws, "index.js", COMMONJS_GZIP)
    assert (squeezed.status, squeezed.complete) == (200, True)
    assert squeezed.header("content-encoding") is None  # a Function URL inflates
    assert squeezed.body == b"squeezed " * 1000 + b"twice"


def test_writes_with_pauses_are_chunks_of_their_own(aws: Account) -> None:
    page = answer(aws, "index.js", COMMONJS_WRITES)
    assert (page.header("content-type"), page.header("x-custom-header")) == ("text/html", "custom")
    assert page.chunks == [b"<html>", b"<h1>", b"<h2>", b"<h3>"]
    assert page.complete


def test_a_generator_is_an_event_stream(aws: Account) -> None:
    events = answer(aws, "index.mjs", GENERATOR_SSE, "?count=3")
    assert events.header("content-type") == "text/event-stream"
    assert events.chunks == [b'id: %d\ndata: {"token":"t%d"}\n\n' % (n, n) for n in range(3)]


@pytest.mark.parametrize(
    ("file", "source", "status", "body"),
    [("index.cjs", CALLBACK_PIPELINE, 200, b"ONE TWO"), ("index.mjs", WEB_STREAM, 202, b"from fetch")],
)
def test_other_kinds_of_pipeline(aws: Account, file: str, source: str, status: int, body: bytes) -> None:
    piped = answer(aws, file, source)
    assert (piped.status, piped.body, piped.complete) == (status, body, True)


def test_a_pipeline_whose_source_fails_is_not_complete(aws: Account) -> None:
    failed = answer(aws, "index.mjs", FAILING_SOURCE)
    assert (failed.status, failed.body, failed.complete) == (200, b"one", False)
