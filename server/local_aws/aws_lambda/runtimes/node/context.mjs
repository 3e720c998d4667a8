// The context object: https://docs.aws.amazon.com/lambda/latest/dg/nodejs-context.html, and the published clients
// aws-lambda-ric 4.0.2 for nodejs24.x and later, 3.3.0 for earlier ones (checked 2026-11).

import { IS_OLD } from "./version.mjs";

export function makeContext(headers) {
  const { env } = process;
  const deadline = Number(headers["lambda-runtime-deadline-ms"]);
  return {
    awsRequestId: headers["lambda-runtime-aws-request-id"],
    invokedFunctionArn: headers["lambda-runtime-invoked-function-arn"],
    tenantId: headers["lambda-runtime-aws-tenant-id"],
    clientContext: parsed(headers["lambda-runtime-client-context"]),
    identity: parsed(headers["lambda-runtime-cognito-identity"]),
    functionName: env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
    ...(IS_OLD ? { callbackWaitsForEmptyEventLoop: true } : { xRayTraceId: headers["lambda-runtime-trace-id"] }),
    getRemainingTimeInMillis: () => deadline - Date.now(),
  };
}

function parsed(json) {
  return json ? JSON.parse(json) : undefined;
}
