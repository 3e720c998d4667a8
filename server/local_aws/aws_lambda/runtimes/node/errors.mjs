// Errors as the Runtime API takes them, and the runtime's own error types.
// Shape and names as the published client aws-lambda-ric 4.0.2 sends them (checked 2026-11).

export class RuntimeError extends Error {
  constructor(type, message, options) {
    super(message, options);
    this.name = `Runtime.${type}`;
  }
}

/** What nodejs22.x and earlier make of a rejection that nobody handles (aws-lambda-ric 3.3.0). */
export class UnhandledPromiseRejection extends RuntimeError {
  constructor(reason, promise) {
    super("UnhandledPromiseRejection", reason);
    Object.assign(this, { reason, promise });
  }
}

/** The error document: `{errorType, errorMessage, trace}`, for anything that can be thrown. */
export function describe(thrown) {
  if (!(thrown instanceof Error)) {
    return { errorType: typeof thrown, errorMessage: String(thrown), trace: [] };
  }
  return {
    errorType: withoutDelete(thrown.name),
    errorMessage: withoutDelete(thrown.message),
    trace: thrown.stack ? withoutDelete(thrown.stack).split("\n") : [],
  };
}

function withoutDelete(text) {
  return String(text).replaceAll("\x7f", "%7F");
}

/** `text` as the value of a header or trailer field (RFC 9110 section 5.5): anything else would not be sent. */
export function fieldValue(text) {
  return text.toWellFormed().replace(/[^\t\x20-\x7e]/gu, encodeURIComponent);
}
