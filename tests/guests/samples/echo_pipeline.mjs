import { pipeline } from "node:stream/promises";
import { Readable } from "node:stream";

export const echo = awslambda.streamifyResponse(async (event, responseStream, _context) => {
  await pipeline(Readable.from(Buffer.from(JSON.stringify(event))), responseStream);
});
