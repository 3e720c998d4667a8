// AWS's JavaScript client subscribes and publishes; what it receives goes to stdout, a JSON line each.
// Usage: node amplify_client.mjs MODE GRAPHQL_URL EVENTS_URL GRAPHQL_KEY EVENTS_KEY

import { Amplify } from "aws-amplify";
import { generateClient } from "aws-amplify/api";
import { events } from "aws-amplify/data";
import { Hub } from "aws-amplify/utils";

const [mode, graphql, eventsUrl, graphqlKey, eventsKey] = process.argv.slice(2);
const common = { region: "ap-northeast-1", defaultAuthMode: mode };
Amplify.configure(
  {
    API: {
      GraphQL: { endpoint: graphql, apiKey: graphqlKey, ...common },
      Events: { endpoint: eventsUrl, apiKey: eventsKey, ...common },
    },
  },
  {
    Auth: {
      credentialsProvider: {
        getCredentialsAndIdentityId: async () => ({
          credentials: { accessKeyId: "test", secretAccessKey: "test" },
        }),
        clearCredentialsAndIdentityId: () => {},
      },
    },
  },
);

const say = (document) => console.log(JSON.stringify(document));
const count = 5;

async function throughGraphql() {
  const client = generateClient();
  const received = [];
  let done;
  const complete = new Promise((resolve) => (done = resolve));
  const subscribed = new Promise((resolve) =>
    Hub.listen("api", ({ payload }) => payload.event === "Subscription ack" && resolve()),
  );
  client.graphql({ query: "subscription { onPut { name text seq } }" }).subscribe({
    next: ({ data }) => received.push(data.onPut.seq) === count && done(),
    error: (error) => say({ error: JSON.stringify(error) }),
  });
  const query = `mutation Put($seq: Int) { put(name: "a", text: "<ü>", seq: $seq) { name text seq } }`;
  await subscribed;
  for (let seq = 0; seq < count; seq++) await client.graphql({ query, variables: { seq } });
  await complete;
  say({ graphql: received });
}

async function throughEvents() {
  const channel = await events.connect("/news/*");
  const received = [];
  let done;
  const complete = new Promise((resolve) => (done = resolve));
  const subscription = channel.subscribe({
    next: ({ event }) => received.push(event) === 2 * count && done(),
    error: (error) => say({ error: JSON.stringify(error) }),
  });
  await subscription.ready;
  const publisher = await events.connect("/news/a");
  for (let seq = 0; seq < count; seq++) {
    await events.post("/news/a", { seq, by: "http <ü>" });
    await publisher.publish({ seq, by: "websocket" });
  }
  await complete;
  say({ events: received });
}

await throughGraphql();
await throughEvents();
events.closeAll();
process.exit(0);
