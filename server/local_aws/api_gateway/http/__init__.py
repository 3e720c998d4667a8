"""API Gateway HTTP APIs, which buffer always."""
