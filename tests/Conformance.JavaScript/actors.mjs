import assert from "node:assert/strict";
import dapr from "@dapr/dapr";
import { check, eventually } from "./checks.mjs";

const { AbstractActor, ActorId, ActorProxyBuilder, Temporal } = dapr;

/** Counts, durably; a reminder adds 100 and a timer 1000. */
class CounterActor extends AbstractActor {
  async add(n) {
    const [known, before] = await this.getStateManager().tryGetState("n");
    const sum = (known ? before : 0) + n;
    await this.getStateManager().setState("n", sum);
    await this.getStateManager().saveState();
    return sum;
  }

  async fail() {
    throw new Error("as it was told");
  }

  async remind() {
    await this.registerActorReminder("wake", Temporal.Duration.from({ milliseconds: 20 }), undefined, undefined, 100);
  }

  async remindOften() {
    await this.registerActorReminder("often", Temporal.Duration.from({ milliseconds: 20 }), Temporal.Duration.from({ milliseconds: 50 }), undefined, 1);
  }

  async forget() {
    await this.unregisterActorReminder("often");
  }

  async receiveReminder(data) {
    await this.add(Number(data));
  }

  async startTimer() {
    await this.registerActorTimer("tick", "onTick", Temporal.Duration.from({ milliseconds: 20 }), Temporal.Duration.from({ hours: 1 }), undefined, 1000);
  }

  async onTick(data) {
    await this.add(Number(data));
  }
}

export async function registerActors(server) {
  await server.actor.registerActor(CounterActor);
  await server.actor.init();
}

export async function checkActors(client) {
  const builder = new ActorProxyBuilder(CounterActor, client);
  const actor = (name) => builder.build(new ActorId(name));

  await check("actors: calls change the state of their own actor", async () => {
    assert.equal(await actor("one").add(2), 2);
    assert.equal(await actor("one").add(3), 5);
    assert.equal(await actor("two").add(1), 1);
  });

  await check("actors: calls at once are one after the other", async () => {
    const sums = await Promise.all(Array.from({ length: 20 }, () => actor("busy").add(1)));
    assert.deepEqual(sums.sort((a, b) => a - b), Array.from({ length: 20 }, (_, i) => i + 1));
  });

  await check("actors: a call that fails is an error", () => assert.rejects(() => actor("one").fail()));

  await check("actors: a reminder reaches the actor with its data", async () => {
    await actor("reminded").remind();
    await eventually(async () => (await actor("reminded").add(0)) === 100, "the reminder");
  });

  await check("actors: a repeating reminder ends when it is taken back", async () => {
    await actor("often").remindOften();
    await eventually(async () => (await actor("often").add(0)) >= 3, "three reminders");
    await actor("often").forget();
  });

  await check("actors: a timer calls its method", async () => {
    await actor("timed").startTimer();
    await eventually(async () => (await actor("timed").add(0)) === 1000, "the timer");
  });
}
