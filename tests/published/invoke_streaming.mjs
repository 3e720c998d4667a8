// Invokes a function by the JavaScript SDK; a JSON line to stdout for each event, when it arrives.
// argv: endpoint, function name, payload.

import { InvokeWithResponseStreamCommand, LambdaClient } from "@aws-sdk/client-lambda";

const [endpoint, FunctionName, Payload] = process.argv.slice(2);
const credentials = { accessKeyId: "test", secretAccessKey: "test" };
const client = new LambdaClient({ endpoint, region: "ap-northeast-1", credentials, maxAttempts: 1 });

const answer = await client.send(new InvokeWithResponseStreamCommand({ FunctionName, Payload }));
for await (const { PayloadChunk, InvokeComplete } of answer.EventStream) {
  const chunk = PayloadChunk && Buffer.from(PayloadChunk.Payload).toString();
  console.log(JSON.stringify({ at: Date.now() / 1000, chunk, complete: InvokeComplete }));
}
