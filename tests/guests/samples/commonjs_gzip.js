const pipeline = require("util").promisify(require("stream").pipeline);
const zlib = require("zlib");
const { Readable } = require("stream");

exports.handler = awslambda.streamifyResponse(async (event, responseStream, _context) => {
  const metadata = { statusCode: 200, headers: { "content-type": "text/plain", "content-encoding": "gzip" } };
  responseStream = awslambda.HttpResponseStream.from(responseStream, metadata);
  await pipeline(Readable.from(["squeezed ".repeat(1000), "twice"]), zlib.createGzip(), responseStream);
});
