// The client of the Runtime API (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html, 2018-06-01).

import { Agent, request } from "node:http";
import { text } from "node:stream/consumers";

import { describe, fieldValue } from "./errors.mjs";
import { HEADERS, ResponseStream } from "./response_stream.mjs";

const ROOT = "/2018-06-01/runtime";

export class RuntimeApi {
  #agent = new Agent({ keepAlive: true, maxSockets: 1 });

  constructor(address) {
    const { hostname, port } = new URL(`http://${address}`);
    this.hostname = hostname;
    this.port = port;
  }

  /** Waits for the next invocation; resolves to `{event: JSON text, headers: lower-case names}`. */
  async next() {
    const { status, headers, body } = await this.#send("GET", "/invocation/next").answer;
    if (status !== 200) throw new Error(`The Runtime API answered ${status} to /next: ${body}`);
    return { event: body, headers };
  }

  async respond(requestId, json) {
    await this.#post(`/invocation/${encodeURIComponent(requestId)}/response`, json);
  }

  async fail(requestId, thrown) {
    await this.#postError(`/invocation/${encodeURIComponent(requestId)}/error`, thrown);
  }

  async failInit(thrown) {
    await this.#postError("/init/error", thrown);
  }

  /** A streamed response: `{stream, done}`. Nothing is sent before the first write() or end(); `done`
   *  resolves when the Runtime API has answered and rejects when its connection breaks. */
  respondStreaming(requestId, highWaterMark) {
    const path = `/invocation/${encodeURIComponent(requestId)}/response`;
    const { outgoing, answer } = this.#send("POST", path, HEADERS, highWaterMark);
    return { stream: new ResponseStream(outgoing), done: answer.then(warnUnlessAccepted) };
  }

  async #post(path, json, headers = {}) {
    const length = Buffer.byteLength(json);
    const all = { "Content-Type": "application/json", "Content-Length": length, ...headers };
    const { outgoing, answer } = this.#send("POST", path, all);
    outgoing.end(json);
    warnUnlessAccepted(await answer);
  }

  async #postError(path, thrown) {
    const error = describe(thrown);
    const type = { "Lambda-Runtime-Function-Error-Type": fieldValue(error.errorType) };
    await this.#post(path, JSON.stringify(error), type);
  }

  #send(method, path, headers, highWaterMark) {
    const { hostname, port } = this;
    const agent = this.#agent;
    const outgoing = request({ method, hostname, port, path: ROOT + path, headers, agent, highWaterMark });
    const answer = new Promise((resolve, reject) => {
      outgoing.on("error", reject);
      outgoing.on("response", async (response) => {
        try {
          resolve({ status: response.statusCode, headers: response.headers, body: await text(response) });
        } catch (error) {
          reject(error);
        }
      });
    });
    if (method === "GET") outgoing.end();
    return { outgoing, answer };
  }
}

function warnUnlessAccepted({ status, body }) {
  if (status >= 300) console.error(`The Runtime API answered ${status}: ${body}`);
}
