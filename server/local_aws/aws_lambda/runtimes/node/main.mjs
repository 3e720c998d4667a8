// The managed Node runtime: loads the handler, then takes one invocation after the other.

import { makeContext } from "./context.mjs";
import { RuntimeError, UnhandledPromiseRejection } from "./errors.mjs";
import { loadHandler } from "./handler.mjs";
import { logFailure, logsBelongTo, patchConsole } from "./log.mjs";
import { searchNodePath } from "./node_path.mjs";
import { ResponseStream, awslambda } from "./response_stream.mjs";
import { RuntimeApi } from "./runtime_api.mjs";
import { defaultEndpoint } from "./sdk_v2.mjs";
import { IS_OLD } from "./version.mjs";

const { AWS_LAMBDA_RUNTIME_API, LAMBDA_TASK_ROOT, _HANDLER, AWS_LAMBDA_NODEJS_NO_GLOBAL_AWSLAMBDA } = process.env;
const { AWS_ENDPOINT_URL } = process.env;

const api = new RuntimeApi(AWS_LAMBDA_RUNTIME_API);
const nowhere = async () => {};
let report = (thrown) => api.failInit(thrown); // takes the errors that no promise of the handler carries

patchConsole();
if (IS_OLD) reportWhatNobodyHandles(); // later ones leave it to Node, which ends with the status 1
if (!["1", "true"].includes(AWS_LAMBDA_NODEJS_NO_GLOBAL_AWSLAMBDA)) globalThis.awslambda = awslambda;

if (AWS_ENDPOINT_URL) defaultEndpoint(AWS_ENDPOINT_URL);

searchNodePath();

run(); // not awaited: when the event loop has nothing left to do, the process ends as on AWS

function reportWhatNobodyHandles() {
  process.on("uncaughtException", (error) => exit(129, "Uncaught Exception", error));
  process.on("unhandledRejection", (reason, promise) => {
    exit(128, "Unhandled Promise Rejection", new UnhandledPromiseRejection(reason, promise));
  });
}

async function run() {
  const loaded = await load();
  const respond = loaded.streaming ? respondStreaming : respondBuffered;
  while (true) {
    report = nowhere;
    const { event, headers } = await nextInvocation();
    const context = makeContext(headers);
    logsBelongTo(context.awsRequestId);
    setTraceId(headers["lambda-runtime-trace-id"]);
    await respond(loaded, JSON.parse(event), context);
  }
}

async function load() {
  try {
    return await loadHandler(LAMBDA_TASK_ROOT, _HANDLER);
  } catch (error) {
    return exit(1, "Init Error", error);
  }
}

async function nextInvocation() {
  try {
    return await api.next();
  } catch (error) {
    return exit(1, "Runtime API", error);
  }
}

async function respondBuffered({ handler }, event, context) {
  const { awsRequestId } = context;
  report = (thrown) => api.fail(awsRequestId, thrown);
  let json;
  try {
    const answer = handler.length < 3 ? handler(event, context) : callBack(handler, event, context);
    json = serialized(await answer);
  } catch (error) {
    logFailure("Invoke Error", error);
    return api.fail(awsRequestId, error);
  }
  return api.respond(awsRequestId, json);
}

/** Calls a handler that answers through its third parameter. The answer waits for the event loop to be empty,
 *  unless the context says otherwise; an event loop that is empty without an answer stands for null. */
async function callBack(handler, event, context) {
  let result = null;
  let emptied;
  try {
    return await new Promise((resolve, reject) => {
      emptied = () => resolve(result);
      process.on("beforeExit", emptied);
      const returned = handler(event, context, (error, value) => {
        result = value;
        if (error) reject(error);
        else if (!context.callbackWaitsForEmptyEventLoop) resolve(value);
      });
      if (typeof returned?.then === "function") returned.then(resolve, reject);
    });
  } finally {
    process.off("beforeExit", emptied);
  }
}

function serialized(result) {
  try {
    return JSON.stringify(result ?? null).toString();
  } catch {
    throw new RuntimeError("JSONStringifyError", "Unable to stringify response body");
  }
}

/** A failure is told in the trailers, whether or not anything was written before it; never by /error. When the
 *  response's connection breaks (a failing pipeline() cuts it), nothing can be told and the process ends. */
async function respondStreaming({ handler, highWaterMark }, event, context) {
  const { stream, done } = api.respondStreaming(context.awsRequestId, highWaterMark);
  try {
    await finished(handler(event, stream, context));
    await done;
    if (!stream.writableFinished) throw new Error("Response stream is not finished.");
  } catch (error) {
    logFailure("Invoke Error", error);
    ResponseStream.fail(stream, error);
    await done;
  }
}

async function finished(returned) {
  if (typeof returned?.then !== "function") {
    throw new Error("Streaming does not support non-async handlers.");
  }
  if ((await returned) !== undefined) console.warn("Streaming handlers ignore return values.");
}

function setTraceId(id) {
  if (id) process.env._X_AMZN_TRACE_ID = id;
  else delete process.env._X_AMZN_TRACE_ID;
}

async function exit(code, title, error) {
  logFailure(title, error);
  await report(error).catch(nowhere);
  process.exit(code);
}
