// Status, headers and cookies of a streamed response: they go ahead of the body as JSON and eight NULs.

import { once } from "node:events";

import { itemsOf, produce, refuse } from "./items.mjs";

export const handler = awslambda.streamifyResponse(async (event, responseStream) => {
  let items;
  try {
    items = itemsOf(event);
  } catch (error) {
    return refuse(responseStream, error);
  }
  const stream = awslambda.HttpResponseStream.from(responseStream, {
    statusCode: 201,
    headers: { "content-type": "text/plain; charset=utf-8", "x-items": String(items.count) },
    cookies: ["first=1; Path=/", "second=2; Path=/; HttpOnly"],
  });
  for await (const [, text] of produce(items)) {
    const room = stream.write(`${text}\n`);
    if (!room) await once(stream, "drain");
  }
  stream.end();
});
