// Fails in mid-stream: throws after `fail_after` items (2 unless it is given), when the status is long gone.

import { once } from "node:events";

import { itemsOf, parametersOf, produce, refuse, wholeNumber } from "./items.mjs";

export const handler = awslambda.streamifyResponse(async (event, responseStream) => {
  let items, failAfter;
  try {
    items = itemsOf(event);
    failAfter = wholeNumber("fail_after", parametersOf(event).fail_after ?? 2, 0, 100_000);
  } catch (error) {
    return refuse(responseStream, error);
  }
  responseStream.setContentType("text/plain");
  for await (const [seq, text] of produce(items)) {
    if (seq === failAfter) throw new Error(`failed after ${failAfter} items`);
    const room = responseStream.write(`${text}\n`);
    if (!room) await once(responseStream, "drain");
  }
  responseStream.end();
});
