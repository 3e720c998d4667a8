"""What the APIs of API Gateway have in common: paths, events, integrations, stages."""
