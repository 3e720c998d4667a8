"""GraphQL APIs: queries and mutations over HTTP, subscriptions over WebSocket. graphql-core does the
GraphQL."""
