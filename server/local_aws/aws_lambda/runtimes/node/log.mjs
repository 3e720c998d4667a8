// console.* as Lambda's text format writes it: time, request id, level and message between tabs, line breaks
// as carriage returns so that one call is one log event.

import { format } from "node:util";

const LEVELS = {
  trace: "TRACE", debug: "DEBUG", log: "INFO", info: "INFO", warn: "WARN", error: "ERROR", fatal: "FATAL",
};

let requestId = "-";

export function logsBelongTo(id) {
  requestId = id;
}

export function patchConsole() {
  for (const [method, level] of Object.entries(LEVELS)) {
    console[method] = (...args) => {
      const line = [new Date().toISOString(), requestId, level, format(...args)].join("\t");
      process.stdout.write(`${line.replaceAll("\n", "\r")}\n`);
    };
  }
}

/** Logs what ended an invocation or the initialisation, as one JSON object after the title. */
export function logFailure(title, thrown) {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const { name: errorType, message: errorMessage, code, stack } = error;
  const fields = { errorType, errorMessage, code, ...error, stack: stack?.split("\n") };
  console.error(`${title}\t${inJson(fields)}`);
}

function inJson(fields) {
  try {
    return JSON.stringify(fields);
  } catch {
    return JSON.stringify({ errorType: fields.errorType, errorMessage: fields.errorMessage });
  }
}
