// Streams ten lines; each says when it was sent.
import { setTimeout as sleep } from "node:timers/promises";

export const handler = awslambda.streamifyResponse(async (event, responseStream) => {
  const stream = awslambda.HttpResponseStream.from(responseStream, { statusCode: 200 });
  for (let seq = 0; seq < 10; seq++) {
    if (seq) await sleep(100);
    stream.write(JSON.stringify({ seq, sent: Date.now() / 1000 }) + "\n");
  }
  stream.end();
});
