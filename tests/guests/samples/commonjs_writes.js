exports.handler = awslambda.streamifyResponse(
  async (event, responseStream, context) => {
    responseStream = awslambda.HttpResponseStream.from(responseStream, {
      statusCode: 200,
      headers: { "Content-Type": "text/html", "X-Custom-Header": "custom" },
    });
    responseStream.write("<html>");
    for (let n = 1; n <= 3; n++) {
      await new Promise((r) => setTimeout(r, 100));
      responseStream.write(`<h${n}>`);
    }
    responseStream.end();
  }
);
