"""API Gateway WebSocket APIs: the gateway holds the connections, functions are invoked for each message.

`WebSocketApis` completes the control plane, `Gateway` serves one API, `Connection` is one client's. Docs:
docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api.html (checked 2026-11).
"""
