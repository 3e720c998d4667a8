// ES modules are looked for in NODE_PATH, too: AWS's runtimes find layers and the SDK by it since nodejs18.x
// (https://aws.amazon.com/blogs/compute/node-js-18-x-runtime-now-available-in-aws-lambda/, checked 2026-11).
// Node itself does that for require() only.

import Module from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";

const BARE = /^(?![./]|[a-z]+:)/i; // neither a path nor a URL
const OF_SDK = /^(@aws-sdk|@smithy|@aws-crypto)\/[^/]+/; // what AWS's runtimes bring along
const NOT_FOUND = ["ERR_MODULE_NOT_FOUND", "MODULE_NOT_FOUND"];

export function searchNodePath() {
  const folders = process.env.NODE_PATH?.split(path.delimiter).filter(Boolean) ?? [];
  const parents = folders.map((folder) => pathToFileURL(path.join(folder, "..", "any.mjs")).href);
  Module.registerHooks({
    resolve(specifier, context, next) {
      try {
        return next(specifier, context);
      } catch (error) {
        if (!NOT_FOUND.includes(error.code) || !BARE.test(specifier)) throw error;
        return inNodePath(specifier, context, next, parents, error);
      }
    },
  });
}

function inNodePath(specifier, context, next, parents, notFound) {
  for (const parentURL of parents) {
    try {
      return next(specifier, { ...context, parentURL });
    } catch (error) {
      if (!NOT_FOUND.includes(error.code)) throw error;
    }
  }
  const [missing] = specifier.match(OF_SDK) ?? [];
  if (missing) {
    const install = `python -m server.local_aws.install node-sdk ${missing}`;
    notFound.message += `\nAWS's Node runtimes bring it along; the local stand-in after: ${install}`;
  }
  throw notFound;
}
