// Runs named checks one after the other and tells of each, as lines that its caller reads.
import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";

const LIMIT = 120_000;
let passed = 0;
let failed = 0;

/** Runs one check; a fault is told and the next one runs. */
export async function check(name, run) {
  try {
    await within(run(), name);
    passed++;
    console.log(`ok - ${name}`);
  } catch (fault) {
    failed++;
    console.log(`not ok - ${name}: ${String(fault?.stack ?? fault).replaceAll("\n", " | ")}`);
  }
}

/** Asks again and again until the answer is truthy, and returns it. */
export async function eventually(ask, what) {
  for (const end = Date.now() + LIMIT / 2; Date.now() < end; await pause(20)) {
    const answer = await ask();
    if (answer) return answer;
  }
  assert.fail(`waited in vain: ${what}`);
}

/** Whether a call was refused: the SDK throws or answers with an error, as protocol and block have it. */
export async function isRefused(call) {
  try {
    return Boolean((await call())?.error);
  } catch {
    return true;
  }
}

/** Tells the numbers; returns the process's exit code. */
export function summary() {
  console.log(`javascript: ${passed} passed, ${failed} failed`);
  return failed === 0 && passed > 0 ? 0 : 1;
}

function within(work, name) {
  let timer;
  const late = new Promise((_, reject) => (timer = setTimeout(() => reject(new Error(`${name} took more than ${LIMIT} ms`)), LIMIT)));
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
