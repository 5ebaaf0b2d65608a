import assert from "node:assert/strict";
import dapr from "@dapr/dapr";
import { check, eventually, isRefused } from "./checks.mjs";

const { DaprPubSubStatusEnum } = dapr;
const pubsub = "pubsub";
const received = { plain: [], flaky: [], deadly: [], dead: [], red: [], other: [], bulk: [] };

/** Subscribes before the server starts, as the sidecar asks once. */
export async function subscribe(server) {
  await server.pubsub.subscribe(pubsub, "plain", async (data) => void received.plain.push(data));
  await server.pubsub.subscribe(pubsub, "flaky", async (data) => {
    received.flaky.push(data);
    return received.flaky.length < 3 ? DaprPubSubStatusEnum.RETRY : DaprPubSubStatusEnum.SUCCESS;
  });
  await server.pubsub.subscribeWithOptions(pubsub, "deadly", {
    callback: async (data) => {
      received.deadly.push(data);
      return data.fate;
    },
    deadLetterTopic: "dead",
  });
  await server.pubsub.subscribe(pubsub, "dead", async (data) => void received.dead.push(data));
  await server.pubsub.subscribeWithOptions(pubsub, "routed", {
    route: { default: "/other", rules: [{ match: `event.type == "red"`, path: "/red" }] },
  });
  server.pubsub.subscribeToRoute(pubsub, "routed", "red", async (data) => void received.red.push(data));
  server.pubsub.subscribeToRoute(pubsub, "routed", "other", async (data) => void received.other.push(data));
  await server.pubsub.subscribeBulk(pubsub, "bulk", async (data) => void received.bulk.push(data), { maxMessagesCount: 10, maxAwaitDurationMs: 50 });
}

export async function checkPubSub(client, how) {
  await check(`pubsub ${how}: what is published arrives`, async () => {
    await client.pubsub.publish(pubsub, "plain", { how, n: 1 });
    await eventually(() => received.plain.some((d) => d.how === how && d.n === 1), "the event");
  });

  await check(`pubsub ${how}: text arrives as text`, async () => {
    await client.pubsub.publish(pubsub, "plain", `text ${how}`, { contentType: "text/plain" });
    await eventually(() => received.plain.includes(`text ${how}`), "the text");
  });

  await check(`pubsub ${how}: RETRY brings the event again`, async () => {
    received.flaky.length = 0;
    await client.pubsub.publish(pubsub, "flaky", { how });
    await eventually(() => received.flaky.length === 3, "the third delivery");
  });

  for (const fate of [DaprPubSubStatusEnum.DROP, DaprPubSubStatusEnum.RETRY]) {
    await check(`pubsub ${how}: ${fate} with a dead-letter topic buries the event`, async () => {
      await client.pubsub.publish(pubsub, "deadly", { how, fate });
      await eventually(() => received.dead.some((d) => d.how === how && d.fate === fate), "the dead letter");
      assert.equal(received.deadly.filter((d) => d.how === how && d.fate === fate).length, 1);
    });
  }

  await check(`pubsub ${how}: rules choose the route`, async () => {
    await client.pubsub.publish(pubsub, "routed", { how, n: 1 }, { metadata: { "cloudevent.type": "red" } });
    await client.pubsub.publish(pubsub, "routed", { how, n: 2 });
    await eventually(() => received.red.some((d) => d.how === how && d.n === 1) && received.other.some((d) => d.how === how && d.n === 2), "both routes");
  });

  await check(`pubsub ${how}: a bulk of events arrives in bulks`, async () => {
    const result = await client.pubsub.publishBulk(pubsub, "bulk", [1, 2, 3].map((n) => ({ event: { how, n }, contentType: "application/json" })));
    assert.deepEqual(result.failedMessages, []);
    await eventually(() => received.bulk.filter((d) => d.how === how).length === 3, "all three");
  });

  await check(`pubsub ${how}: an unknown broker is an error`, async () => {
    assert.ok(await isRefused(() => client.pubsub.publish("no-such-pubsub", "plain", {})));
  });
}
