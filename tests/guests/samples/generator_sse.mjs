import { pipeline } from "node:stream/promises";

async function* tokens(count) {
  for (let id = 0; id < count; id++) {
    yield `id: ${id}\ndata: ${JSON.stringify({ token: "t" + id })}\n\n`;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function main({ queryStringParameters }, responseStream) {
  responseStream.setContentType("text/event-stream");
  await pipeline(tokens(Number(queryStringParameters.count)), responseStream);
}

export const handler = awslambda.streamifyResponse(main);
