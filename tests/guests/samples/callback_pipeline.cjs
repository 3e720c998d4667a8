const { pipeline, Readable, Transform } = require("stream");

module.exports.handler = awslambda.streamifyResponse(async (event, responseStream) => {
  responseStream.setContentType("text/plain");
  const upper = new Transform({
    transform: (chunk, _encoding, callback) => callback(null, String(chunk).toUpperCase()),
  });
  await new Promise((resolve, reject) => {
    const done = (error) => error ? reject(error) : resolve();
    pipeline(Readable.from(["one ", "two"]), upper, responseStream, done);
  });
});
