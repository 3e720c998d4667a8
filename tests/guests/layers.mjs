// A function that imports, and requires, what its layers bring along.
import { createRequire } from "node:module";

import { name } from "of-a-layer";

const require = createRequire(import.meta.url);

export const handler = async () => [name, require("of-a-layer-in-commonjs").name];
