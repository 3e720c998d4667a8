// The stream that a streaming handler writes to, and the two functions AWS injects as `awslambda`.
// On the wire it does what aws-lambda-ric 4.0.2 does, its traps included (checked 2026-11).

import { RuntimeError, describe, fieldValue } from "./errors.mjs";

const STREAMING = Symbol.for("aws.lambda.runtime.handler.streaming");
const HIGH_WATER_MARK = Symbol.for("aws.lambda.runtime.handler.streaming.highWaterMark");
const ERROR_TYPE = "Lambda-Runtime-Function-Error-Type";
const ERROR_BODY = "Lambda-Runtime-Function-Error-Body";
const PRELUDE_TYPE = "application/vnd.awslambda.http-integration-response";
const NULS = 8;

export const HEADERS = {
  "Lambda-Runtime-Function-Response-Mode": "streaming",
  Trailer: [ERROR_TYPE, ERROR_BODY],
  "Content-Type": "application/octet-stream",
  "Transfer-Encoding": "chunked",
};

export const awslambda = {
  streamifyResponse(handler, options) {
    handler[STREAMING] = "response";
    if (typeof options?.highWaterMark === "number") {
      handler[HIGH_WATER_MARK] = Math.trunc(options.highWaterMark);
    }
    return handler;
  },

  HttpResponseStream: class HttpResponseStream {
    /** Gives `stream` a status, headers and cookies. They are sent with the first write(), not before: a
     *  stream that is only ended has none. */
    static from(stream, prelude) {
      stream.setContentType(PRELUDE_TYPE);
      const json = JSON.stringify(prelude);
      stream._onBeforeFirstWrite = (write) => {
        write(json);
        write(new Uint8Array(NULS));
      };
      return stream;
    }
  },
};

/** What `handler` asks for: `{streaming: boolean, highWaterMark: bytes or undefined}`. */
export function streamingOptions(handler) {
  const mode = handler[STREAMING];
  if (mode && mode !== "response") {
    throw new RuntimeError("MalformedStreamingHandler", "Only response streaming is supported.");
  }
  return { streaming: Boolean(mode), highWaterMark: handler[HIGH_WATER_MARK] || undefined };
}

const METHODS = [
  "end", "destroy", "cork", "uncork", "emit", "eventNames",
  "on", "addListener", "prependListener", "once", "prependOnceListener", "off", "removeListener",
  "removeAllListeners", "setMaxListeners", "getMaxListeners", "listeners", "rawListeners", "listenerCount",
];
const PROPERTIES = [
  "destroyed", "writable", "writableEnded", "writableFinished", "writableNeedDrain", "writableLength",
  "writableHighWaterMark", "writableCorked", "writableObjectMode",
];

/** A handler's view of the request that carries its response: a writable stream, and nothing of a request
 *  (stream.pipeline() treats what looks like a request differently). */
export class ResponseStream {
  #request;
  #written = false;

  constructor(request) {
    this.#request = request;
  }

  static {
    for (const name of METHODS) {
      this.prototype[name] = function (...args) {
        return this.#request[name](...args);
      };
    }
    for (const name of PROPERTIES) {
      Object.defineProperty(this.prototype, name, { get() { return this.#request[name]; } });
    }
  }

  setContentType(type) {
    if (this.#written) {
      throw new RuntimeError("InvalidStreamingOperation", "Cannot set content-type, too late.");
    }
    this.#request.setHeader("Content-Type", type);
  }

  /** Sends one chunk; returns false when the Runtime API's socket is full, until "drain". */
  write(chunk, encoding, callback) {
    if (!this.#written) this._onBeforeFirstWrite?.((data) => this.#request.write(data));
    const isBytes = typeof chunk === "string" || chunk instanceof Uint8Array;
    const accepted = this.#request.write(isBytes ? chunk : JSON.stringify(chunk), encoding, callback);
    this.#written = true;
    return accepted;
  }

  /** Ends the response with the error in its trailers; nothing happens if it has ended already. */
  static fail(stream, thrown) {
    const error = describe(thrown);
    stream.#request.addTrailers({
      [ERROR_TYPE]: fieldValue(error.errorType),
      [ERROR_BODY]: Buffer.from(JSON.stringify(error)).toString("base64"),
    });
    stream.#request.end();
  }
}
