import assert from "node:assert/strict";
import dapr from "@dapr/dapr";
import { check } from "./checks.mjs";

const { WorkflowRuntimeStatus } = dapr;
const LIMIT = 90; // seconds; only a fault waits for all of it, but a busy machine may be slow

const double = async (_, n) => 2 * n;
const broken = async () => {
  throw new Error("as it was told");
};

async function* chain(context, n) {
  let sum = 0;
  for (let i = 1; i <= n; i++) sum += yield context.callActivity(double, i);
  return sum;
}

async function* fan(context, n) {
  const results = yield context.whenAll(Array.from({ length: n }, (_, i) => context.callActivity(double, i)));
  return results.reduce((a, b) => a + b, 0);
}

async function* listener(context) {
  context.setCustomStatus("listening");
  return yield context.waitForExternalEvent("go");
}

async function* race(context) {
  const timer = context.createTimer(0.1);
  const winner = yield context.whenAny([context.waitForExternalEvent("never"), timer]);
  return winner === timer ? "timer" : "event";
}

async function* parent(context, n) {
  return `child said ${yield context.callChildWorkflow(chain, n)}`;
}

async function* failing(context) {
  return yield context.callActivity(broken);
}

async function* lives(context, n) {
  // Not down to 0, which this SDK does not hand on to the next life.
  if (n === 1) return "no lives left";
  yield context.callActivity(double, n);
  context.continueAsNew(n - 1, true);
}

export function register(runtime) {
  for (const workflow of [chain, fan, listener, race, parent, failing, lives]) runtime.registerWorkflow(workflow);
  for (const activity of [double, broken]) runtime.registerActivity(activity);
}

export async function checkWorkflows(client) {
  const endOf = async (workflow, input) => client.waitForWorkflowCompletion(await client.scheduleNewWorkflow(workflow, input), true, LIMIT);

  const outcomes = [
    ["activities one after the other", chain, 5, 30],
    ["activities at once", fan, 10, 90],
    ["a timer beats an event that does not come", race, undefined, "timer"],
    ["a child gives its result", parent, 3, "child said 12"],
    ["many lives under one id", lives, 5, "no lives left"],
  ];
  for (const [name, workflow, input, expected] of outcomes) {
    await check(`workflows: ${name}`, async () => {
      const end = await endOf(workflow, input);
      assert.equal(end.runtimeStatus, WorkflowRuntimeStatus.COMPLETED);
      assert.equal(JSON.parse(end.serializedOutput), expected);
    });
  }

  await check("workflows: an activity that fails, fails the workflow", async () => {
    const end = await endOf(failing);
    assert.equal(end.runtimeStatus, WorkflowRuntimeStatus.FAILED);
    assert.ok(end.workflowFailureDetails);
  });

  await check("workflows: an event reaches the one that waits, whose custom status can be read", async () => {
    const id = await client.scheduleNewWorkflow(listener);
    await client.waitForWorkflowStart(id, true, LIMIT);
    assert.ok((await client.getWorkflowState(id, true)).customStatus?.includes("listening"));
    await client.raiseEvent(id, "go", { now: true });
    assert.deepEqual(JSON.parse((await client.waitForWorkflowCompletion(id, true, LIMIT)).serializedOutput), { now: true });
  });

  await check("workflows: suspended, resumed, terminated and purged", async () => {
    const id = await client.scheduleNewWorkflow(listener);
    await client.waitForWorkflowStart(id, false, LIMIT);
    await client.suspendWorkflow(id);
    assert.equal((await client.getWorkflowState(id, false)).runtimeStatus, WorkflowRuntimeStatus.SUSPENDED);
    await client.resumeWorkflow(id);
    await client.terminateWorkflow(id, "enough");
    assert.equal((await client.waitForWorkflowCompletion(id, true, LIMIT)).runtimeStatus, WorkflowRuntimeStatus.TERMINATED);
    assert.equal(await client.purgeWorkflow(id), true);
    assert.equal(await client.getWorkflowState(id, false), undefined);
  });

  await check("workflows: an id that is known is found, one that is not is not", async () => {
    assert.equal(await client.getWorkflowState("no-such-instance", false), undefined);
  });
}
