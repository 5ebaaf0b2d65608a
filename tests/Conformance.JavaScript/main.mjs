// The app "js" of a sidecar that is told by the environment: APP_ID, APP_PORT, DAPR_HTTP_PORT, DAPR_GRPC_PORT.
import dapr from "@dapr/dapr";
import { checkActors, registerActors } from "./actors.mjs";
import { checkCalls, checkInputBinding, listen } from "./calls.mjs";
import { eventually, summary } from "./checks.mjs";
import { checkPubSub, subscribe } from "./pubsub.mjs";
import { checkState } from "./state.mjs";
import { checkWorkflows, register } from "./workflows.mjs";

const { CommunicationProtocolEnum, DaprClient, DaprServer, DaprWorkflowClient, LogLevel, WorkflowRuntime } = dapr;
const { APP_ID: appId, APP_PORT: serverPort, DAPR_HTTP_PORT: httpPort, DAPR_GRPC_PORT: grpcPort } = process.env;
const daprHost = "127.0.0.1";
const logger = { level: LogLevel.Error };
const http = { daprHost, daprPort: httpPort, communicationProtocol: CommunicationProtocolEnum.HTTP, logger };
const grpc = { daprHost, daprPort: grpcPort, communicationProtocol: CommunicationProtocolEnum.GRPC, logger };

const server = new DaprServer({ serverHost: daprHost, serverPort, communicationProtocol: CommunicationProtocolEnum.HTTP, clientOptions: http, logger });
await registerActors(server);
await subscribe(server);
await listen(server);
await server.start();

const runtime = new WorkflowRuntime({ daprHost, daprPort: grpcPort, logger });
register(runtime);
await runtime.start();
await eventually(async () => (await fetch(`http://${daprHost}:${httpPort}/v1.0/healthz`)).status === 204, "the sidecar is ready");

for (const [how, options] of [["over HTTP", http], ["over gRPC", grpc]]) {
  const client = new DaprClient(options);
  await checkState(client, how);
  await checkPubSub(client, how);
  await checkCalls(client, how, appId);
}
await checkInputBinding();
await checkActors(server.client);
await checkWorkflows(new DaprWorkflowClient({ daprHost, daprPort: grpcPort, logger }));
// Sockets of the SDK stay open for a while; what was to be said has been said.
process.exit(summary());
