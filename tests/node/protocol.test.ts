// The golden examples as TypeScript sees them: the literals of golden.ts, which the compiler holds against
// the types, are the JSON files; and the CBOR files are read by a decoder that is not ours.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

import { decode, encode } from "cborg";

import { golden } from "../../protocol/generated/ts/golden.ts";
import type { ErrorCode, MessageType } from "../../protocol/generated/ts/index.ts";
import { errors, limits, messageTypes } from "../../protocol/generated/ts/index.ts";

const folder = new URL("../../protocol/golden/", import.meta.url);
const names = readdirSync(folder)
  .filter((file) => file.endsWith(".json"))
  .map((file) => file.slice(0, -".json".length));

function bytesOf(name: string): Uint8Array {
  return Buffer.from(readFileSync(new URL(`${name}.cbor`, folder), "utf8").replace(/\s/g, ""), "hex");
}

test("every golden example has its literal", () => {
  assert.deepEqual(names.toSorted(), Object.keys(golden).toSorted());
});

for (const name of names) {
  test(`${name}: the JSON is what the types describe`, () => {
    assert.deepEqual(JSON.parse(readFileSync(new URL(`${name}.json`, folder), "utf8")), golden[name]);
  });

  test(`${name}: the CBOR is well formed and as short as can be`, () => {
    const bytes = bytesOf(name);
    const strictly = { strict: true, useMaps: true, rejectDuplicateMapKeys: true, allowIndefinite: false };
    const value = decode(bytes, strictly);
    assert.ok(value instanceof Map);
    assert.deepEqual(new Uint8Array(encode(value, { mapSorter: () => 0 })), new Uint8Array(bytes));
    if (/^[a-z]/.test(name)) {
      const type = name.replace(/\.full$/, "") as MessageType;
      assert.equal(value.get(0), messageTypes[type].number);
    }
  });
}

test("every command's answer is a message from the server", () => {
  for (const { reply } of Object.values(messageTypes)) {
    if (reply !== null) assert.equal(messageTypes[reply].from, "server");
  }
});

test("every error has the number and the class of the schema", () => {
  const code: ErrorCode = "conversation.not_member";
  assert.deepEqual(errors[code], { number: 32, class: "permanent", http: 404 });
  assert.equal(limits.frame_bytes_max, 65536);
});
