import assert from "node:assert/strict";
import dapr from "@dapr/dapr";
import { check, isRefused } from "./checks.mjs";

const { StateConcurrencyEnum } = dapr;
const store = "store";

export async function checkState(client, how) {
  const key = (name) => `${how}-${name}`;

  await check(`state ${how}: a missing key is nothing`, async () => assert.ok(!(await client.state.get(store, key("missing")))));

  await check(`state ${how}: values come back as they were saved`, async () => {
    await client.state.save(store, [{ key: key("a"), value: { x: [1, 2] } }, { key: key("b"), value: "text" }]);
    assert.deepEqual(await client.state.get(store, key("a")), { x: [1, 2] });
    assert.equal(await client.state.get(store, key("b")), "text");
  });

  await check(`state ${how}: many keys are read at once`, async () => {
    const found = await client.state.getBulk(store, [key("a"), key("missing"), key("b")], { parallelism: 2 });
    assert.equal(found.length, 3);
    assert.deepEqual(found.find((f) => f.key === key("a")).data, { x: [1, 2] });
  });

  await check(`state ${how}: an outdated etag is a conflict and changes nothing`, async () => {
    const [{ etag }] = await client.state.getBulk(store, [key("b")]);
    assert.ok(!(await isRefused(() => client.state.save(store, [{ key: key("b"), value: "second", etag }]))));
    const third = { key: key("b"), value: "third", etag, options: { concurrency: StateConcurrencyEnum.CONCURRENCY_FIRST_WRITE } };
    assert.ok(await isRefused(() => client.state.save(store, [third])), "no error for an outdated etag");
    assert.equal(await client.state.get(store, key("b")), "second");
  });

  await check(`state ${how}: a transaction does all of its operations`, async () => {
    await client.state.transaction(store, [
      { operation: "upsert", request: { key: key("c"), value: "new" } },
      { operation: "delete", request: { key: key("a") } },
    ]);
    assert.equal(await client.state.get(store, key("c")), "new");
    assert.ok(!(await client.state.get(store, key("a"))));
  });

  await check(`state ${how}: a deleted key is missing, and may be deleted again`, async () => {
    await client.state.delete(store, key("c"));
    assert.ok(!(await client.state.get(store, key("c"))));
    assert.ok(!(await isRefused(() => client.state.delete(store, key("c")))));
  });
}
