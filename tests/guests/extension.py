"""An external extension: says in the function's log what it is told, and does what `EXTENSION` names."""

import http.client
import json
import os
import sys
import time

API = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
DOES = os.environ.get("EXTENSION", "watches")


def call(method: str, path: str, body: str = "", **headers: str) -> tuple[http.client.HTTPResponse, bytes]:
    """Call the Extensions API."""
    named = {f"Lambda-Extension-{name.replace('_', '-')}": value for name, value in headers.items()}
    API.request(method, f"/2020-01-01/extension/{path}", body, named)
    response = API.getresponse()
    return response, response.read()


def say(what: str, told: object) -> None:
    print(f"extension {what} {json.dumps(told)}", flush=True)


if DOES == "crashes":
    sys.exit(3)
say("variables", sorted({"_HANDLER", "AWS_REGION", "LAMBDA_TASK_ROOT"} & set(os.environ)))
events = '{"events": ["INVOKE", "SHUTDOWN"]}'
answered, about = call("POST", "register", events, Name="watcher", Accept_Feature="accountId")
say("registered", json.loads(about))
me = answered.headers["Lambda-Extension-Identifier"]
if DOES == "reports":
    call("POST", "init/error", "{}", Identifier=me, Function_Error_Type="Extension.NoConfiguration")
    sys.exit(0)
while True:
    _, body = call("GET", "event/next", Identifier=me)
    event = json.loads(body)
    say("told", event)
    if event["eventType"] == "SHUTDOWN":
        say("has", event["deadlineMs"] / 1000 > time.time())
        break
    if DOES == "lingers":
        time.sleep(0.5)
        say("lingered", True)
