// console.* as Lambda writes it. Text: time, request id, level and message between tabs. JSON: one object, with the
// members of an error. Line breaks become carriage returns, so that one call is one log event.
// As the published client aws-lambda-ric 4.0.2 does it (checked 2026-11).

import { format } from "node:util";

const { AWS_LAMBDA_LOG_FORMAT, AWS_LAMBDA_LOG_LEVEL } = process.env;
const IN_JSON = AWS_LAMBDA_LOG_FORMAT?.toUpperCase() === "JSON";
const LEVELS = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];
const THRESHOLD = LEVELS.indexOf(AWS_LAMBDA_LOG_LEVEL?.toUpperCase()); // -1: everything

let requestId = "-";

export function logsBelongTo(id) {
  requestId = id;
}

export function patchConsole() {
  for (const [priority, level] of LEVELS.entries()) {
    console[level.toLowerCase()] = priority < THRESHOLD ? () => {} : (...args) => write(level, args);
  }
  console.log = console.info;
}

function write(level, args) {
  const timestamp = new Date().toISOString();
  const line = IN_JSON ? asJson(timestamp, level, args) : [timestamp, requestId, level, format(...args)].join("\t");
  process.stdout.write(`${line.replaceAll("\n", "\r")}\n`);
}

function asJson(timestamp, level, [message, ...more]) {
  const fields = { timestamp, level, requestId };
  if (!more.length) return withMessage(fields, message);
  const error = more.find((value) => value instanceof Error);
  return JSON.stringify({ ...fields, message: format(message, ...more), ...(error && membersOf(error)) });
}

function withMessage(fields, message) {
  try {
    const replacer = (_, value) => (value instanceof Error ? { ...membersOf(value), ...value } : value);
    return JSON.stringify({ ...fields, message }, replacer);
  } catch {
    return JSON.stringify({ ...fields, message: format(message) });
  }
}

function membersOf(error) {
  const { message: errorMessage, stack } = error;
  const stackTrace = typeof stack === "string" ? stack.split("\n") : [];
  return { errorType: error.constructor?.name ?? "UnknownError", errorMessage, stackTrace };
}

/** Logs what ended an invocation or the initialisation, as one JSON object after the title. */
export function logFailure(title, thrown) {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  if (IN_JSON) return console.error(error);
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
