// A function that brings no SDK along, and asks Lambda about itself by the one that its runtime has.
import { createRequire } from "node:module";

import { GetFunctionConfigurationCommand, LambdaClient } from "@aws-sdk/client-lambda";

const required = createRequire(import.meta.url)("@aws-sdk/client-lambda");

export const handler = async (event, { functionName: FunctionName }) => {
  const found = await new LambdaClient({}).send(new GetFunctionConfigurationCommand({ FunctionName }));
  return [found.FunctionName, typeof required.LambdaClient];
};
