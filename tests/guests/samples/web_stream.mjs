import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

export const handler = awslambda.streamifyResponse(async (event, responseStream) => {
  const body = new Response(new Blob(["from ", "fetch"])).body;
  const stream = awslambda.HttpResponseStream.from(responseStream, { statusCode: 202 });
  await pipeline(Readable.fromWeb(body), stream);
});
