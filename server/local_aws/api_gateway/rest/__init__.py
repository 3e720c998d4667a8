"""API Gateway REST APIs, buffered and streaming."""
