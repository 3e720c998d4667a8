"""AppSync: GraphQL APIs with subscriptions, and Event APIs. moto is the control plane, completed here.

`api.py` answers boto3; `apis.py` gives each API a port; `graphql` and `events` speak to clients; what both
need (authorization, the real-time connection, error bodies) stands beside this file. Limits of one connection
and one event are enforced; the rates of a whole account (connections and events a second) are not.
"""
