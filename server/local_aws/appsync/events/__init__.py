"""Event APIs: publish to channels over HTTP and WebSocket, subscribe over WebSocket."""
