"""Function URLs: front door, CORS, authorization, events and responses."""
