// What `cdk deploy` deploys: a URL, a REST API and a WebSocket API.
import { fileURLToPath } from "node:url";
import { App, CfnOutput, Duration, Stack, aws_apigateway as rest, aws_apigatewayv2 as v2, aws_lambda as lambda } from "aws-cdk-lib";
import { WebSocketLambdaIntegration } from "aws-cdk-lib/aws-apigatewayv2-integrations";

const app = new App();
const stack = new Stack(app, process.env.STACK, { env: { account: "123456789012", region: "ap-northeast-1" } });

const functionOf = (name) =>
  new lambda.Function(stack, name, {
    code: lambda.Code.fromAsset(fileURLToPath(new URL(name.toLowerCase(), import.meta.url))),
    handler: "index.handler",
    runtime: new lambda.Runtime("nodejs24.x", lambda.RuntimeFamily.NODEJS),
    timeout: Duration.seconds(30),
  });
const streams = functionOf("Streams");
const url = streams.addFunctionUrl({
  authType: lambda.FunctionUrlAuthType.NONE,
  invokeMode: lambda.InvokeMode.RESPONSE_STREAM,
});

const api = new rest.RestApi(stack, "Rest", { cloudWatchRole: false, endpointTypes: [rest.EndpointType.REGIONAL] });
const integration = new rest.LambdaIntegration(streams, { responseTransferMode: rest.ResponseTransferMode.STREAM });
api.root.addResource("chat").addMethod("GET", integration);

const answers = new WebSocketLambdaIntegration("Integration", functionOf("Answers"));
const webSocket = new v2.WebSocketApi(stack, "WebSocket", {
  defaultRouteOptions: { integration: answers, returnResponse: true },
});
const stage = new v2.WebSocketStage(stack, "Stage", { webSocketApi: webSocket, stageName: "prod", autoDeploy: true });

new CfnOutput(stack, "Url", { value: url.url });
new CfnOutput(stack, "RestUrl", { value: api.urlForPath("/chat") });
new CfnOutput(stack, "WebSocketUrl", { value: stage.url });
