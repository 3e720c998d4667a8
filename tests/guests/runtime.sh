#!/bin/sh
api=http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime
while true; do
  head=$(mktemp)
  event=$(curl -sS -D "$head" "$api/invocation/next")
  id=$(sed -n 's/^lambda-runtime-aws-request-id: *//Ip' "$head" | tr -d '\r')
  { echo one; sleep 0.2; echo two; } | curl -sS -X POST -H 'Transfer-Encoding: chunked' \
    -H 'Content-Type: text/plain' \
    -H 'Lambda-Runtime-Function-Response-Mode: streaming' \
    -T - "$api/invocation/$id/response" >/dev/null
done
