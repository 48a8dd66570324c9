/**
 * The browser's core, driven through its C door against a real server: sign in, send, receive, reconnect,
 * start again from the database.
 *
 *     tools/node --test tests/node/door/door.test.mjs
 *
 * TEST_BUILD names the folder with server/parleyd, TEST_MODULE the module, where not the usual ones.
 */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { compiled } from "./core.mjs";
import { Device } from "./device.mjs";
import { modulePath, Server } from "./server.mjs";

let server;
let module;
let names = 0;
const devices = new Set();

before(async () => {
  module = compiled(modulePath);
  server = await Server.create();
  await server.start();
});

after(async () => {
  for (const device of devices) device.close();
  await server.remove();
});

async function open(path, jsonFrames) {
  const device = await Device.open({ module, path, server, jsonFrames });
  device.path = path;
  devices.add(device);
  return device;
}

function close(device) {
  devices.delete(device);
  return device.close();
}

const newPath = () => join(server.folder, `device-${++names}.db`);

/** A person who has just registered. */
async function person(jsonFrames = false) {
  const handle = `p${++names}`;
  const device = await open(newPath(), jsonFrames);
  await device.register(handle);
  device.handle = handle;
  device.account = (await device.ask({ act: "status" })).status.account;
  return device;
}

const heard = (device, stream, texts) =>
  device.until(
    async () => JSON.stringify(await device.texts(stream)) === JSON.stringify(texts),
    `${device.handle} holds ${JSON.stringify(texts)}`,
  );

for (const jsonFrames of [false, true]) {
  const encoding = jsonFrames ? "JSON" : "CBOR";

  test(`two people talk, in ${encoding}`, async () => {
    const ada = await person(jsonFrames);
    const bob = await person(jsonFrames);
    const stream = await ada.send({ direct: bob.account }, "hello");
    await heard(bob, stream, ["hello"]);
    await bob.send({ stream }, "grüß dich 👋\n\u0007");
    await heard(ada, stream, ["hello", "grüß dich 👋\n\u0007"]);

    const [list] = await bob.conversations();
    assert.equal(list.stream, stream);
    assert.equal(list.summary.peer.handle, ada.handle);
    assert.equal(list.unread, 1);
  });
}

test("a second device of the same person holds the same", async () => {
  const ada = await person();
  const bob = await person();
  const stream = await ada.send({ direct: bob.account }, "one");
  await ada.send({ stream }, "two");
  const second = await open(newPath());
  second.handle = ada.handle;
  await second.signIn(ada.handle);
  await heard(second, stream, ["one", "two"]);
  await bob.send({ stream }, "three");
  await heard(second, stream, ["one", "two", "three"]);
  await heard(ada, stream, ["one", "two", "three"]);
});

test("comes back by itself after the connection was cut, with all that was missed", async () => {
  const ada = await person();
  const bob = await person();
  const stream = await ada.send({ direct: bob.account }, "before");
  await heard(bob, stream, ["before"]);
  bob.cut();
  assert.equal(bob.connection, "offline");
  await ada.send({ stream }, "while away");
  await bob.until(() => bob.connection === "online", "bob is back");
  await heard(bob, stream, ["before", "while away"]);
});

test("what is queued while the server is dead goes out once when it lives again", async () => {
  const ada = await person();
  const bob = await person();
  const stream = await ada.send({ direct: bob.account }, "before");
  await server.kill();
  await ada.until(() => ada.connection !== "online", "ada sees it");
  const { id, reply } = await ada.command("message.send", { target: { stream }, text: "queued" });
  assert.deepEqual(reply.accepted, [id]);
  const { window } = await ada.ask({ window: { stream, limit: 10 } });
  assert.equal(window.messages.at(-1).text, "queued");
  assert.equal(window.messages.at(-1).state, "sending");
  await server.start();
  await ada.until(() => ada.settled.has(id), "the queued one is accepted", 60);
  await bob.until(() => bob.connection === "online", "bob is back", 60);
  await heard(bob, stream, ["before", "queued"]);
  await heard(ada, stream, ["before", "queued"]);
});

test("starts again from its database, and sends what it had queued", async () => {
  const ada = await person();
  const bob = await person();
  const stream = await ada.send({ direct: bob.account }, "before");
  ada.cut();
  const { id } = await ada.command("message.send", { target: { stream }, text: "queued" });
  assert.equal(close(ada), 0, "every statement was given back");
  assert.ok(existsSync(ada.path));

  const again = await open(ada.path);
  again.handle = ada.handle;
  assert.equal(again.connection, "offline");
  assert.deepEqual(await again.texts(stream), ["before", "queued"], "it shows what it holds");
  await again.connect();
  await again.until(() => again.settled.has(id), "the queued one is accepted");
  await heard(bob, stream, ["before", "queued"]);
});

test("a thousand messages arrive in order, and the memory stays small", async () => {
  const ada = await person();
  const bob = await person();
  const stream = await ada.send({ direct: bob.account }, "message 0");
  const texts = ["message 0"];
  let last;
  for (let i = 1; i < 1000; ++i) {
    texts.push(`message ${i}`);
    last = (await ada.command("message.send", { target: { stream }, text: `message ${i}` })).id;
  }
  await ada.until(() => ada.settled.has(last), "the last one is accepted", 60);
  await heard(bob, stream, texts);
  assert.ok(ada.memoryBytes < 32 << 20, `${ada.memoryBytes} bytes`);
});

test("a group is made, renamed, joined and left", async () => {
  const ada = await person();
  const bob = await person();
  const { id } = await ada.command("conversation.create", { title: "Team", members: [bob.account] });
  const { stream } = await ada.until(() => ada.settled.get(id), "the group is there");
  await ada.command("conversation.rename", { target: { stream }, title: "Crew" });
  await bob.until(async () => (await bob.conversations())[0]?.summary.title === "Crew", "bob sees the title");
  await bob.command("conversation.leave", { target: { stream } });
  await bob.until(async () => (await bob.conversations())[0]?.present === false, "bob is out");
});

test("a wrong password is refused and leaves the device signed out", async () => {
  const ada = await person();
  const other = await open(newPath());
  await other.ask({ sign_in: { handle: ada.handle, password: "wrong wrong", device_name: "x" } });
  const end = await other.until(() => other.signIns.shift(), "an end");
  assert.equal(end.failure.code, "credentials");
  assert.equal(other.connection, "signed_out");
});

test("signing out erases what the device held", async () => {
  const ada = await person();
  const bob = await person();
  await ada.send({ direct: bob.account }, "secret");
  await ada.ask({ act: "sign_out" });
  await ada.until(() => ada.connection === "signed_out", "signed out");
  assert.deepEqual(await ada.conversations(), []);
  close(ada);
  const again = await open(ada.path);
  assert.equal(again.connection, "signed_out");
  assert.deepEqual(await again.conversations(), []);
});
