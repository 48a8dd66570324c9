/** A real parleyd on loopback with its own data, that can be killed and started again. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

const source = resolve(import.meta.dirname, "../../..");
export const buildFolder = process.env.TEST_BUILD ?? join(source, "build/dev");
export const modulePath = process.env.TEST_MODULE ?? join(source, "build/wasm/bindings/parley.wasm");

function freePort() {
  return new Promise((done) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });
}

export class Server {
  #process = null;

  static async create() {
    const server = new Server();
    server.folder = mkdtempSync(join(tmpdir(), "parley-node-"));
    server.port = await freePort();
    server.config = join(server.folder, "parleyd.toml");
    const settings = [
      `data = "${join(server.folder, "data")}"`,
      'registration = "open"',
      `[listen]\naddress = "127.0.0.1"\nport = ${server.port}`,
      "[accounts]\nnew_max = 1000000",
      "[calls]\nper_second = 1000000\nburst = 1000000",
      "[passwords]\nmemory_kib = 8\npasses = 1",
      "[messages]\nper_second = 1000000\nburst = 1000000",
    ];
    writeFileSync(server.config, settings.join("\n"));
    return server;
  }

  async start() {
    const program = join(buildFolder, "server/parleyd");
    this.#process = spawn(program, ["--config", this.config], { stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream.on("data", (data) => {
        output += data;
      });
    }
    for (let tries = 0; tries < 1500; ++tries) {
      if (this.#process.exitCode !== null) throw new Error(`parleyd ended: ${output}`);
      try {
        if ((await fetch(`http://127.0.0.1:${this.port}/readyz`)).ok) return;
      } catch {
        // Not listening yet.
      }
      await pause(20);
    }
    throw new Error("parleyd is not ready after 30 s");
  }

  async kill() {
    const ended = new Promise((done) => this.#process.once("exit", done));
    this.#process.kill("SIGKILL");
    await ended;
  }

  async remove() {
    if (this.#process?.exitCode === null && this.#process.signalCode === null) await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
