/** Plays recordings on the core's WASM module, through its C door. */
import { Core } from "../door/core.mjs";
import { RecordedPorts } from "./recording.mjs";

const nowOf = ({ instant, wall = 0, before_1970: before = 0 }) => ({
  instant: BigInt(instant),
  wall: before > 0 ? -BigInt(before) : BigInt(wall),
});

function give(core, { message, frame, command }) {
  if (message) core.tell(message);
  if (frame !== undefined) core.receive(new Uint8Array(Buffer.from(frame, "base64")));
  if (command) core.commandLine(command);
}

/** Everything that comes out of the door for each step: a list of {kind, bytes (base64)}. */
export async function outputsOf({ life, steps }, module) {
  const ports = new RecordedPorts();
  let at = nowOf(life.at);
  let core = null;
  const all = [];
  for (const step of steps) {
    ports.answerAs(step);
    if (!step.input) {
      core = await open({ module, life, ports, now: () => at });
    } else if (core) {
      at = nowOf(step.input.at);
      give(core, step.input);
    }
    const outputs = [];
    for (let output = core?.pollBytes(); output; output = core.pollBytes())
      outputs.push({ kind: output.kind, bytes: Buffer.from(output.bytes).toString("base64") });
    all.push(outputs);
  }
  core?.destroy();
  return all;
}

/** Nothing where the core could not be opened, as it could not when this was recorded. */
async function open({ module, life, ports, now }) {
  const { options } = life;
  try {
    const random = (bytes) => ports.random(bytes);
    return await Core.create({ module, database: ports, options, now, random });
  } catch (error) {
    if (/the core was not made/.test(error.message)) return null;
    throw error;
  }
}
