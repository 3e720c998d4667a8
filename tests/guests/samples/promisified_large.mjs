import util from "util";
import stream from "stream";
const pipeline = util.promisify(stream.pipeline);

export const handler = awslambda.streamifyResponse(async (event, responseStream, _context) => {
  const requestStream = stream.Readable.from(Buffer.from("\u{1F40C}".repeat(1024 * 1024)));
  await pipeline(requestStream, responseStream);
});
