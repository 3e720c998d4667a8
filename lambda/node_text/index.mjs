// The article's function: text/plain, one write an item, and no say in the status or the other headers.

import { once } from "node:events";

import { itemsOf, produce, refuse } from "./items.mjs";

export const handler = awslambda.streamifyResponse(async (event, responseStream) => {
  let items;
  try {
    items = itemsOf(event);
  } catch (error) {
    return refuse(responseStream, error);
  }
  responseStream.setContentType("text/plain");
  for await (const [, text] of produce(items)) {
    const room = responseStream.write(`${text}\n`);
    if (!room) await once(responseStream, "drain");
  }
  responseStream.end();
});
