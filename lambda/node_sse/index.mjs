// The article's SSE function, with the content type it meant to set: EventSource reads nothing else. With
// `fail_after` it throws before item number `fail_after`, and so never says `event: end`.

import { once } from "node:events";

import { itemsOf, parametersOf, produce, refuse, wholeNumber } from "./items.mjs";

const RETRY_MS = 1000;

export const handler = awslambda.streamifyResponse(async (event, responseStream) => {
  let items, first, failAfter;
  try {
    items = itemsOf(event);
    first = firstItem(items, event.headers ?? {});
    failAfter = wholeNumber("fail_after", parametersOf(event).fail_after ?? items.count, 0, 100_000);
  } catch (error) {
    return refuse(responseStream, error);
  }
  if (first === items.count) return sayStop(responseStream);
  responseStream.setContentType("text/event-stream");
  for await (const text of events(items, first, failAfter)) {
    const room = responseStream.write(text);
    if (!room) await once(responseStream, "drain");
  }
  responseStream.end();
});

/** Items as events. Stamped ones carry an id to resume from, and end with an event that says so: EventSource
 *  has none of its own and would reconnect for ever. */
async function* events(items, first, failAfter) {
  for await (const [seq, text] of produce(items, first)) {
    if (seq === failAfter) throw new Error(`failed after ${failAfter} items`);
    const id = items.stamped ? `id: ${seq}\n` : "";
    const retry = items.stamped && seq === first ? `retry: ${RETRY_MS}\n` : "";
    yield `event: test\n${id}${retry}data: ${text}\n\n`;
  }
  if (items.stamped) yield `event: end\ndata: {"count": ${items.count}}\n\n`;
}

/** The number of the first item to send: EventSource says in Last-Event-ID which one it has. */
function firstItem(items, headers) {
  const name = Object.keys(headers).find((key) => key.toLowerCase() === "last-event-id");
  if (!name || !items.stamped) return 0;
  return wholeNumber("Last-Event-ID", headers[name], 0, items.count - 1) + 1;
}

/** 204 tells an EventSource not to come back (HTML standard, section 9.2.3). */
function sayStop(responseStream) {
  awslambda.HttpResponseStream.from(responseStream, { statusCode: 204 });
  responseStream.write("");
  responseStream.end();
}
