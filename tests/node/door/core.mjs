/** The WASM core behind its C door (bindings/parley.h), for one database. */
import { webcrypto } from "node:crypto";
import { readFileSync } from "node:fs";

const JSON_ENCODING = 0;
const NOTHING = 0;
const MESSAGE = 1;
const FRAME = 2;
const COMMANDS = 3;
/** What WASI answers for a file descriptor that is not there. */
const WASI_BADF = 8;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

const systemRandom = (bytes) => webcrypto.getRandomValues(bytes);

export class Core {
  #wasm;
  #client = 0;
  #database;
  #random;

  /**
   * Makes a core over a database (database.mjs says what that is); `now()` gives both clocks, `random(bytes)`
   * fills the bytes with chance.
   */
  static async create({ module, database, options, now, random = systemRandom }) {
    const core = new Core();
    core.#database = database;
    core.#random = random;
    core.now = now;
    const { exports } = await WebAssembly.instantiate(module, core.#imports());
    core.#wasm = exports;
    exports._initialize();

    const host = exports.parley_wasm_host(0);
    const bytes = core.#put(encoder.encode(JSON.stringify(options)));
    const out = exports.parley_allocate(4);
    const { instant, wall } = now();
    const failed = exports.parley_create(host, JSON_ENCODING, bytes.at, bytes.size, instant, wall, out);
    core.#client = new DataView(exports.memory.buffer).getUint32(out, true);
    for (const place of [host, bytes.at, out]) exports.parley_free(place);
    if (failed !== 0) throw new Error(`the core was not made: error ${failed}`);
    return core;
  }

  /** Tells the core something (DoorInput). */
  tell(input) {
    this.#push(MESSAGE, encoder.encode(JSON.stringify(input)));
  }

  /** A frame from the server. */
  receive(frame) {
    this.#push(FRAME, frame);
  }

  /** Commands for the outbox, as envelopes. */
  command(...envelopes) {
    this.commandLine(envelopes.map((one) => JSON.stringify(one)).join("\n"));
  }

  /** The same as they are written. */
  commandLine(line) {
    this.#push(COMMANDS, encoder.encode(line));
  }

  /** The next of what the core wants: {message} or {frame}; nothing when all was polled. */
  poll() {
    const output = this.pollBytes();
    if (output === null) return null;
    const { kind, bytes } = output;
    return kind === FRAME ? { frame: bytes } : { message: JSON.parse(decoder.decode(bytes)) };
  }

  /** The same as it comes out of the door: its kind and its bytes. */
  pollBytes() {
    const out = this.#wasm.parley_allocate(8);
    const kind = this.#wasm.parley_poll(this.#client, out);
    const view = new DataView(this.#wasm.memory.buffer);
    const at = view.getUint32(out, true);
    const bytes = this.#memory(at, view.getUint32(out + 4, true)).slice();
    this.#wasm.parley_free(out);
    if (kind === NOTHING) return null;
    this.#wasm.parley_free(at);
    return { kind, bytes };
  }

  /** Drops the core; what it holds stands in the database. Returns how many statements it left open. */
  destroy() {
    this.#wasm.parley_destroy(this.#client);
    const left = this.#database.openStatements;
    this.#database.close();
    return left;
  }

  get memoryBytes() {
    return this.#wasm.memory.buffer.byteLength;
  }

  #push(kind, content) {
    const bytes = this.#put(content);
    const { instant, wall } = this.now();
    const failed = this.#wasm.parley_push(this.#client, kind, bytes.at, bytes.size, instant, wall);
    this.#wasm.parley_free(bytes.at);
    if (failed !== 0) throw new Error(`the core did not understand: error ${failed}`);
  }

  /** Fresh for each use, since memory that grows leaves old views behind. */
  #memory(at, size) {
    return new Uint8Array(this.#wasm.memory.buffer, at, size);
  }

  #text(at, size) {
    return decoder.decode(this.#memory(at, size));
  }

  #put(content) {
    const at = this.#wasm.parley_allocate(content.length);
    this.#memory(at, content.length).set(content);
    return { at, size: content.length };
  }

  #imports() {
    const database = this.#database;
    const size = (value) => (value instanceof Uint8Array ? value.length : 0);
    const parley = {
      execute: (_, sql, length) => database.execute(this.#text(sql, length)),
      prepare: (_, sql, length) => database.prepare(this.#text(sql, length)),
      finalize: (_, statement) => database.finalize(statement),
      bind_integer: (_, statement, parameter, value) => database.bind(statement, parameter, value),
      bind_text: (_, statement, parameter, at, length) =>
        database.bind(statement, parameter, this.#text(at, length)),
      bind_blob: (_, statement, parameter, at, length) =>
        database.bind(statement, parameter, this.#memory(at, length).slice()),
      bind_null: (_, statement, parameter) => database.bind(statement, parameter, null),
      step: (_, statement) => database.step(statement),
      reset: (_, statement) => database.reset(statement),
      column_is_null: (_, statement, column) => (database.column(statement, column) === null ? 1 : 0),
      column_integer: (_, statement, column) => database.column(statement, column) ?? 0n,
      column_size: (_, statement, column) => size(database.column(statement, column)),
      column_copy: (_, statement, column, to) => {
        const value = database.column(statement, column);
        this.#memory(to, value.length).set(value);
      },
      random: (_, to, length) => this.#random(this.#memory(to, length)),
    };
    // The core opens no file; the C library asks all the same when it ends a program.
    const none = () => WASI_BADF;
    return { parley, wasi_snapshot_preview1: { fd_close: none, fd_seek: none, fd_write: none } };
  }
}

export function compiled(path) {
  return new WebAssembly.Module(readFileSync(path));
}
