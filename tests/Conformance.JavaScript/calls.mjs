// Invocation, bindings, secrets, metadata and health.
import assert from "node:assert/strict";
import dapr from "@dapr/dapr";
import { check, eventually } from "./checks.mjs";

const { HttpMethod } = dapr;
let ticks = 0;

export async function listen(server) {
  await server.invoker.listen("echo", async ({ body }) => ({ echoed: JSON.parse(body) }), { method: HttpMethod.POST });
  await server.invoker.listen("greet", async ({ query }) => ({ greeted: query }), { method: HttpMethod.GET });
  await server.binding.receive("clock", async () => void ticks++);
}

export async function checkInputBinding() {
  await check("bindings: the input binding reaches the app", () => eventually(() => ticks > 0, "a tick"));
}

export async function checkCalls(client, how, appId) {
  await check(`invocation ${how}: a body goes there and back`, async () => {
    assert.deepEqual(await client.invoker.invoke(appId, "echo", HttpMethod.POST, { hello: "world" }), { echoed: { hello: "world" } });
  });

  await check(`invocation ${how}: GET reaches the app`, async () => assert.ok((await client.invoker.invoke(appId, "greet", HttpMethod.GET)).greeted !== null));

  await check(`invocation ${how}: an unknown app is an error`, () => assert.rejects(() => client.invoker.invoke("no-such-app", "echo", HttpMethod.POST, {})));

  await check(`bindings ${how}: a file is written and read`, async () => {
    await client.binding.send("files", "create", { how }, { fileName: `${how}.json` });
    const read = await client.binding.send("files", "get", undefined, { fileName: `${how}.json` });
    // The SDK hands on the bytes over gRPC and what they say over HTTP.
    assert.deepEqual(read.data ? JSON.parse(Buffer.from(read.data)) : read, { how });
  });

  await check(`bindings ${how}: an unknown binding is an error`, () => assert.rejects(() => client.binding.send("no-such-binding", "create", {})));

  await check(`secrets ${how}: one secret, and all of a store`, async () => {
    assert.deepEqual(await client.secret.get("secrets", "WORD"), { WORD: "xyzzy" });
    assert.ok(JSON.stringify(await client.secret.getBulk("secrets")).includes("xyzzy"));
  });

  await check(`health ${how}: the sidecar is healthy`, async () => assert.equal(await client.health.isHealthy(), true));

  await check(`metadata ${how}: id and components are told, and attributes kept`, async () => {
    assert.equal(await client.metadata.set("colour", how), true);
    const metadata = await client.metadata.get();
    assert.equal(metadata.id, appId);
    assert.ok(JSON.stringify(metadata).includes("state.in-memory"));
  });
}
