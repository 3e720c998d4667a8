// Finds the function that `_HANDLER` names: "dir/file.name", in an ES module or a CommonJS one.
// https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html (checked 2026-11).

import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";

import { RuntimeError } from "./errors.mjs";
import { streamingOptions } from "./response_stream.mjs";
import { IS_OLD } from "./version.mjs";

const EXTENSIONS = [".js", ".mjs", ".cjs"];

/** Resolves to `{handler, streaming, highWaterMark}`; rejects with an error named `Runtime.…`, or with what the
 *  module threw. */
export async function loadHandler(taskRoot, name) {
  if (name.includes("..")) {
    const hint = "Use absolute paths when specifying root directories in handler names.";
    throw new RuntimeError("MalformedHandlerName", `'${name}' is not a valid handler name. ${hint}`);
  }
  const [, file, exported] = path.basename(name).match(/^([^.]*)\.(.*)$/) ?? [];
  if (!file) throw new RuntimeError("MalformedHandlerName", "Bad handler");
  const module = await importModule(path.resolve(taskRoot, path.dirname(name)), taskRoot, file);
  const handler = pick(module, exported) ?? pick(module.default, exported);
  if (!handler) throw new RuntimeError("HandlerNotFound", `${name} is undefined or not exported`);
  if (typeof handler !== "function") throw new RuntimeError("HandlerNotFound", `${name} is not a function`);
  const options = streamingOptions(handler);
  if (handler.length >= 3 && !options.streaming) refuseCallbacks();
  return { handler, ...options };
}

async function importModule(folder, taskRoot, file) {
  const candidates = EXTENSIONS.map((extension) => path.join(folder, file + extension));
  const found = candidates.find((candidate) => existsSync(candidate));
  try {
    if (found) return await import(pathToFileURL(found));
    const require = createRequire(import.meta.url);
    return require(require.resolve(file, { paths: [taskRoot, folder] }));
  } catch (error) {
    if (error instanceof SyntaxError) throw renamed("UserCodeSyntaxError", error);
    if (error?.code === "MODULE_NOT_FOUND") throw renamed("ImportModuleError", error);
    throw error;
  }
}

function renamed(type, error) {
  return Object.assign(new RuntimeError(type, String(error)), { stack: error.stack });
}

function pick(module, dottedName) {
  return dottedName.split(".").reduce((value, key) => value?.[key], module);
}

function refuseCallbacks() {
  if (IS_OLD) return;
  throw new RuntimeError(
    "CallbackHandlerDeprecated",
    "ERROR: AWS Lambda has removed support for callback-based function handlers starting with Node.js 24. " +
      "You need to modify this function to use a supported handler signature to use Node.js 24 or later. " +
      "For more information see https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html.",
  );
}
