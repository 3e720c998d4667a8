"""What REST APIs and HTTP APIs have in common: paths, events, integrations."""
