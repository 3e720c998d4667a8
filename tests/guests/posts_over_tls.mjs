// Posts to the connection that asks, and to one that is gone; the error goes to the first.
import { ApiGatewayManagementApiClient, PostToConnectionCommand } from "@aws-sdk/client-apigatewaymanagementapi";

export const handler = async (event) => {
  const { domainName, stage, connectionId } = event.requestContext;
  const client = new ApiGatewayManagementApiClient({ endpoint: `https://${domainName}/${stage}` });
  const post = (ConnectionId, Data) => client.send(new PostToConnectionCommand({ ConnectionId, Data }));
  await post(connectionId, JSON.parse(event.body).data);
  try {
    await post("L0SM9cOFvHcCIhw=", "nobody");
  } catch (error) {
    await post(connectionId, `${error.name} ${error.$metadata.httpStatusCode}`);
  }
  return { statusCode: 200, body: "Data sent." };
};
