// The AWS SDK for JavaScript v2 (in a function's own zip: managed runtimes ceased to bring it along with nodejs18.x)
// does not know AWS_ENDPOINT_URL, by which later SDKs reach the stand-in. This makes it known to it.

import Module from "node:module";

/** From now on whoever loads `aws-sdk` gets it with `endpoint` as its default; a client that names its own keeps it. */
export function defaultEndpoint(endpoint) {
  const load = Module._load;
  Module._load = function (request, ...rest) {
    const loaded = load.call(this, request, ...rest);
    if (request === "aws-sdk" && !loaded.config.endpoint) loaded.config.update({ endpoint });
    return loaded;
  };
}
