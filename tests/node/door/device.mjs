/** A device: the core with a real socket, real calls and one timer. */
import { performance } from "node:perf_hooks";
import { v7 } from "./ids.mjs";
import { Core } from "./core.mjs";
import { Database } from "./database.mjs";

const now = () => ({ instant: BigInt(Math.floor(performance.now())), wall: BigInt(Date.now()) });

export class Device {
  #core;
  #server;
  #socket = null;
  #timer = null;
  #replies = [];
  #waiters = new Set();
  connection = "signed_out";
  settled = new Map();
  signIns = [];
  /** Frames that went out and came in, for looking at. */
  frames = { sent: 0, received: 0 };

  static async open({ module, path, server, jsonFrames = false }) {
    const device = new Device();
    device.#server = server;
    device.jsonFrames = jsonFrames;
    device.#core = await Core.create({
      module,
      database: new Database(path),
      options: { client_name: "node test", json_frames: jsonFrames },
      now,
    });
    device.#drive();
    device.connection = (await device.ask({ act: "status" })).status.connection;
    return device;
  }

  /** Carries out a request and returns its reply; a failure is thrown. */
  async ask(request) {
    this.#core.tell({ request });
    this.#drive();
    return this.#takeReply();
  }

  async command(type, payload, id = v7()) {
    this.#core.command({ type, id, payload });
    this.#drive();
    return { id, reply: this.#takeReply() };
  }

  /** Sends a text and waits until the server has it; returns the conversation's id. */
  async send(target, text) {
    const { id } = await this.command("message.send", { target, text });
    const settled = await this.until(() => this.settled.get(id), `"${text}" is answered`);
    if (settled.failure) throw new Error(`${settled.failure.code}: ${settled.failure.message}`);
    return settled.stream;
  }

  async conversations() {
    return (await this.ask({ conversations: { limit: 100 } })).conversations ?? [];
  }

  async texts(stream, limit = 1000) {
    const { window } = await this.ask({ window: { stream, limit } });
    return (window.messages ?? []).map((message) => message.text);
  }

  async register(handle) {
    const registration = { handle, password: "correct horse battery", device_name: "node" };
    await this.ask({ registration });
    await this.#signedIn();
  }

  async signIn(handle) {
    await this.ask({ sign_in: { handle, password: "correct horse battery", device_name: "node" } });
    await this.#signedIn();
  }

  async connect() {
    await this.ask({ act: "connect" });
    await this.until(() => this.connection === "online", "online");
  }

  async #signedIn() {
    const end = await this.until(() => this.signIns.shift(), "the sign-in ends");
    if (end.failure) throw new Error(`${end.failure.code}: ${end.failure.message}`);
    await this.connect();
  }

  /** Waits for `condition` to give something true, looking again whenever the core has spoken. */
  async until(condition, what, seconds = 20) {
    const deadline = performance.now() + seconds * 1000;
    while (true) {
      const value = await condition();
      if (value) return value;
      const left = deadline - performance.now();
      if (left <= 0) throw new Error(`waited ${seconds} s in vain until ${what}; ${this.connection}`);
      await new Promise((resolve) => {
        const timer = setTimeout(done, Math.min(left, 250));
        const waiters = this.#waiters;
        function done() {
          clearTimeout(timer);
          waiters.delete(done);
          resolve();
        }
        waiters.add(done);
      });
    }
  }

  get memoryBytes() {
    return this.#core.memoryBytes;
  }

  /** Cuts the connection as a dead network would, without a goodbye. */
  cut() {
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
    this.#core.tell({ disconnected: {} });
    this.#drive();
  }

  /** Ends without a goodbye, as a page that is closed; returns the number of statements left open. */
  close() {
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
    clearTimeout(this.#timer);
    const core = this.#core;
    this.#core = null;
    return core.destroy();
  }

  #takeReply() {
    const reply = this.#replies.shift();
    if (reply.failure) throw new Error(`${reply.failure.code}: ${reply.failure.message}`);
    return reply;
  }

  #drive() {
    for (let output = this.#core.poll(); output !== null; output = this.#core.poll()) {
      if (output.frame) {
        this.#sendFrame(output.frame);
      } else {
        this.#carryOut(output.message);
      }
    }
    for (const waiter of [...this.#waiters]) waiter();
  }

  #sendFrame(frame) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return;
    this.frames.sent += 1;
    this.#socket.send(this.jsonFrames ? new TextDecoder().decode(frame) : frame);
  }

  #carryOut({ open, close, call, arm, notice, reply }) {
    if (open) this.#open();
    if (close !== undefined) {
      const socket = this.#socket;
      this.#socket = null;
      socket?.close();
    }
    if (call) this.#call(call);
    if (arm) this.#arm(arm.at);
    if (reply) this.#replies.push(reply);
    if (notice?.connection) this.connection = notice.connection;
    if (notice?.settled) this.settled.set(notice.settled.command, notice.settled);
    if (notice?.signed_in) this.signIns.push(notice.signed_in);
  }

  #open() {
    this.#socket?.close();
    const protocol = this.jsonFrames ? "parley.v1.json" : "parley.v1.cbor";
    const socket = new WebSocket(`ws://127.0.0.1:${this.#server.port}/v1/socket`, protocol);
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    const tell = (what) => {
      if (this.#socket !== socket) return;
      what();
      this.#drive();
    };
    socket.onopen = () => tell(() => this.#core.tell({ connected: true }));
    socket.onmessage = ({ data }) =>
      tell(() => {
        this.frames.received += 1;
        this.#core.receive(typeof data === "string" ? new TextEncoder().encode(data) : new Uint8Array(data));
      });
    socket.onclose = ({ code }) =>
      tell(() => {
        this.#socket = null;
        this.#core.tell({ disconnected: code === 1006 ? {} : { code } });
      });
  }

  async #call({ call, method, path, body, bearer }) {
    const headers = {};
    if (body) headers["Content-Type"] = "application/json";
    if (bearer) headers.Authorization = `Bearer ${bearer}`;
    let answer = { call, status: 0, body: "" };
    try {
      const url = `http://127.0.0.1:${this.#server.port}${path}`;
      const response = await fetch(url, { method, headers, body: body || undefined });
      answer = { call, status: response.status, body: await response.text() };
    } catch {
      // No answer came: that is what status 0 says.
    }
    if (this.#core === null) return;
    this.#core.tell({ answer });
    this.#drive();
  }

  #arm(at) {
    clearTimeout(this.#timer);
    if (at === undefined) return;
    const wait = Math.max(0, at - performance.now() + 1);
    this.#timer = setTimeout(() => {
      this.#core.tell({ timer: true });
      this.#drive();
    }, wait);
  }
}
