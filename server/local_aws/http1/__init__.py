"""HTTP/1.1 (RFC 9112) for the data planes: h11 for the protocol, asyncio for the sockets.

h11 rather than a web framework, because a Lambda runtime reports an error in mid-stream by request trailers,
and because a chunk must be readable, and writable, the moment it exists.
"""
