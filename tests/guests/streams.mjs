// Streams a prelude and five numbers; throws before the one that the event names.
import { setTimeout as sleep } from "node:timers/promises";

export const handler = awslambda.streamifyResponse(async (event, responseStream, context) => {
  const query = event.queryStringParameters ?? event;
  const stream = awslambda.HttpResponseStream.from(responseStream, {
    statusCode: 203,
    headers: { "content-type": "text/plain", "x-request": context.awsRequestId },
    cookies: ["a=1", "b=2"],
  });
  for (let seq = 0; seq < 5; seq++) {
    if (seq) await sleep(50);
    if (String(seq) === query.fail) throw new RangeError("as asked");
    stream.write(`${seq}\n`);
  }
  stream.end();
});
