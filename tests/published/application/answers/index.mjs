// Answers every message of a WebSocket's client.
export const handler = async (event) => ({ statusCode: 200, body: `heard ${event.body ?? ""}` });
