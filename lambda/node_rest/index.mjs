// A streamed response behind a REST API with responseTransferMode STREAM: the gateway wants metadata and eight
// NULs ahead of every body. `format=sse` sends the items as events, `format=plain` sends no metadata at all.

import { once } from "node:events";

import { itemsOf, parametersOf, produce, refuse } from "./items.mjs";

const TYPES = { lines: "text/plain; charset=utf-8", sse: "text/event-stream", plain: "text/plain" };

export const handler = awslambda.streamifyResponse(async (event, responseStream) => {
  const format = parametersOf(event).format ?? "lines";
  let items;
  try {
    items = itemsOf(event);
  } catch (error) {
    return refuse(responseStream, error);
  }
  const stream = opened(responseStream, format);
  for await (const [seq, text] of produce(items)) {
    const room = stream.write(format === "sse" ? asEvent(seq, text) : `${text}\n`);
    if (!room) await once(stream, "drain");
  }
  if (format === "sse") stream.write(`event: end\ndata: {"count": ${items.count}}\n\n`);
  stream.end();
});

/** The gateway adds no CORS headers of its own: pages of other origins need the function's. */
function opened(responseStream, format) {
  const contentType = TYPES[format] ?? TYPES.lines;
  if (format === "plain") {
    responseStream.setContentType(contentType);
    return responseStream;
  }
  return awslambda.HttpResponseStream.from(responseStream, {
    statusCode: 200,
    headers: { "content-type": contentType, "access-control-allow-origin": "*" },
  });
}

function asEvent(seq, text) {
  return `event: test\nid: ${seq}\ndata: ${text}\n\n`;
}
