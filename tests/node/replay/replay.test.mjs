/**
 * One in a hundred of the seeds that `make test` runs, and as it runs them: what the core of one device,
 * which the seed chooses, was given there is played on the WASM module, and what comes out of it is the same
 * as what comes out of the native core, byte for byte. That in turn is what was recorded.
 *
 *     tools/node --test tests/node/replay/replay.test.mjs
 *
 * TEST_BUILD names the folder with sim/sim and client/replay, TEST_MODULE the module, where not the usual
 * ones.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { compiled } from "../door/core.mjs";
import { buildFolder, modulePath } from "../door/server.mjs";
import { outputsOf } from "./player.mjs";
import { livesIn } from "./recording.mjs";

/** Of the 1,000 seeds that `make test` runs those that run twice, and how many turns each has. */
const SEEDS = Array.from({ length: 10 }, (_, i) => 100 * (i + 1));
const STEPS = 525;

let folder;
let module;
let stepsPlayed = 0;
let outputsPlayed = 0;

before(() => {
  folder = mkdtempSync(join(tmpdir(), "parley-replay-"));
  module = compiled(modulePath);
});

after(() => rmSync(folder, { recursive: true }));

/** The recording of one device in a seed, and what the native core says to it. */
function recorded(seed, ...options) {
  const file = join(folder, `seed-${seed}`);
  const outputs = `${file}.outputs`;
  run("sim/sim", ["--seed", seed, "--record", file, ...options]);
  run("client/replay", [file, "--quiet", "--outputs", outputs]);
  const native = readFileSync(outputs, "utf8").trim().split("\n").map(JSON.parse);
  return { lives: livesIn(readFileSync(file, "utf8")), native };
}

function run(program, words) {
  try {
    execFileSync(join(buildFolder, program), words.map(String), { stdio: "pipe" });
  } catch (error) {
    throw new Error(`${program} ended with ${error.status}: ${error.stdout}${error.stderr}`);
  }
}

async function playAll(lives) {
  const all = [];
  for (const life of lives) all.push(...(await outputsOf(life, module)));
  return all;
}

for (const seed of SEEDS) {
  test(`seed ${seed}: the module says what the native core says`, async (context) => {
    const { lives, native } = recorded(seed, "--steps", STEPS, "--device", "any");
    const played = await playAll(lives);
    assert.equal(played.length, native.length);
    for (const [step, outputs] of played.entries()) assert.deepEqual(outputs, native[step], `step ${step}`);
    const outputs = played.flat().length;
    // A device may be away for most of a seed: how much is played is asked of all seeds together.
    assert.ok(played.length > 0 && outputs > 0, `${played.length} steps and ${outputs} outputs`);
    stepsPlayed += played.length;
    outputsPlayed += outputs;
    context.diagnostic(`${lives.length} lives, ${played.length} steps, ${outputs} outputs`);
  });
}

test("what was played is not little", () => {
  assert.ok(stepsPlayed >= 200 * SEEDS.length, `only ${stepsPlayed} steps`);
  assert.ok(outputsPlayed >= 400 * SEEDS.length, `only ${outputsPlayed} outputs`);
});

test("a core that is given something else says something else", async () => {
  const { lives, native } = recorded(1, "--steps", 50);
  const [first] = lives.filter(({ steps }) => steps.some(({ input }) => input?.frame));
  const position = lives.indexOf(first);
  const before = lives.slice(0, position).flatMap(({ steps }) => steps).length;
  const step = first.steps.findIndex(({ input }) => input?.frame);
  first.steps[step].input.frame = "/w==";
  // From there on it asks what was not recorded.
  first.steps.length = step + 1;
  const played = await outputsOf(first, module);
  assert.notDeepEqual(played[step], native[before + step]);
});
