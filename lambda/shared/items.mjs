// The producer: the same items as everywhere in this series, for the same three parameters.

import { setTimeout as sleep } from "node:timers/promises";

const WORDS = ["foo", "bar", "baz"];
const RANGES = { count: [1, 100_000], interval_ms: [0, 60_000], pad: [0, 1_048_576] };

export class BadParameter extends Error {
  constructor(parameter, value, minimum, maximum) {
    super(`${parameter} must be a whole number from ${minimum} to ${maximum}, not '${value}'`);
    this.name = "BadParameter";
    this.details = { error: this.message, parameter, minimum, maximum };
  }
}

export function wholeNumber(parameter, value, minimum, maximum) {
  const text = String(value);
  if (!/^-?[0-9]{1,9}$/.test(text) || Number(text) < minimum || Number(text) > maximum) {
    throw new BadParameter(parameter, text, minimum, maximum);
  }
  return Number(text);
}

/** The parameters of a Function URL or REST API event, or those of a bare event: {"count": 20}. */
export function parametersOf(event) {
  return event?.queryStringParameters ?? event ?? {};
}

/** Without parameters, the article's function: "test" three times, a second apart. With any of them, stamped
 *  items. Throws BadParameter. */
export function itemsOf(event) {
  const parameters = parametersOf(event);
  const given = {};
  for (const [name, [minimum, maximum]] of Object.entries(RANGES)) {
    if (parameters[name] != null) given[name] = wholeNumber(name, parameters[name], minimum, maximum);
  }
  const stamped = Object.keys(given).length > 0;
  return { count: 3, interval_ms: stamped ? 200 : 1000, pad: 0, ...given, stamped };
}

/** Yields [seq, text] from item number `first` to the last, interval_ms apart, starting at once. */
export async function* produce(items, first = 0) {
  for (let seq = first; seq < items.count; seq++) {
    if (seq > first) await sleep(items.interval_ms);
    yield [seq, items.stamped ? stampedText(seq, items.pad) : "test"];
  }
}

function stampedText(seq, pad) {
  return `{"seq": ${seq}, "sent": ${now()}, "text": "${WORDS[seq % WORDS.length]}${".".repeat(pad)}"}`;
}

/** Epoch seconds. Date counts whole milliseconds; the finer clock may stand still while Lambda freezes the
 *  execution environment, and counts only while the two agree. */
function now() {
  const precise = performance.timeOrigin + performance.now();
  return (Math.abs(precise - Date.now()) < 2 ? precise : Date.now()) / 1000;
}

/** Answers 400 and says what would be right, where the front door lets a function choose its status. */
export function refuse(responseStream, error) {
  if (!(error instanceof BadParameter)) throw error;
  const headers = { "content-type": "application/json; charset=utf-8" };
  awslambda.HttpResponseStream.from(responseStream, { statusCode: 400, headers });
  responseStream.write(JSON.stringify(error.details));
  responseStream.end();
}
