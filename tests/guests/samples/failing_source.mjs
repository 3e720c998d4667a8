import { pipeline } from "node:stream/promises";

export const handler = awslambda.streamifyResponse(async (event, responseStream) => {
  await pipeline(async function* () {
    yield "one";
    await new Promise((resolve) => setTimeout(resolve, 200));
    throw new Error("source");
  }, responseStream);
});
