/**
 * What a flight recorder wrote (docs/recording.md), as lives of steps, and the ports that answer what they
 * answered when it was recorded.
 */

/** Lives in order: `{life, steps}`, where the first step is the opening and has no input. */
export function livesIn(text) {
  const lives = [];
  // A last line without an end is what a dying process left.
  for (const line of text.split("\n").slice(0, -1)) {
    const { report, life, input, answer, failure, random, done, lost } = JSON.parse(line);
    if (report || lost) continue;
    if (life) lives.push({ life, steps: [] });
    const { steps } = lives.at(-1);
    if (life || input) steps.push({ input, answers: new Map(), failures: new Map(), random: [] });
    const step = steps.at(-1);
    if (answer) step.answers.set(answer.number, answer.rows ?? []);
    if (failure) step.failures.set(failure.operation, failure.code);
    if (random) step.random.push(...Buffer.from(random, "base64"));
    if (done) step.done = done;
  }
  return lives;
}

const FAILED = -1;
const FULL = -2;

const encoder = new TextEncoder();

function columnOf({ integer, below_zero: belowZero, text, bytes }) {
  if (integer !== undefined) return BigInt(integer);
  if (belowZero !== undefined) return -BigInt(belowZero);
  if (text !== undefined) return encoder.encode(text);
  return bytes === undefined ? null : new Uint8Array(Buffer.from(bytes, "base64"));
}

/** The core's database (as ../door/database.mjs) and chance, of the step that is being played. */
export class RecordedPorts {
  #statements = new Map();
  #last = 0;
  #step;
  #questions;
  #operations;
  #chance;

  answerAs(step) {
    this.#step = step;
    this.#questions = 0;
    this.#operations = 0;
    this.#chance = 0;
  }

  get openStatements() {
    return this.#statements.size;
  }

  close() {}

  execute() {
    return this.#operation();
  }

  prepare(sql) {
    const failed = this.#operation();
    if (failed < 0) return failed;
    this.#statements.set(++this.#last, { question: /^(SELECT|PRAGMA) /.test(sql), running: false, row: 0 });
    return this.#last;
  }

  finalize(number) {
    this.#statements.delete(number);
  }

  bind() {}

  step(number) {
    const statement = this.#statements.get(number);
    if (statement.running) {
      statement.row += 1;
    } else {
      statement.rows = statement.question ? (this.#step.answers.get(this.#questions++) ?? []) : [];
      statement.row = 0;
    }
    const failed = this.#operation();
    statement.running = failed === 0 && statement.row < statement.rows.length;
    return failed < 0 ? failed : Number(statement.running);
  }

  reset(number) {
    this.#statements.get(number).running = false;
  }

  column(number, column) {
    const { rows, row } = this.#statements.get(number);
    return columnOf(rows[row]?.values?.[column] ?? {});
  }

  random(bytes) {
    for (let i = 0; i < bytes.length; ++i) bytes[i] = this.#step.random[this.#chance++] ?? 0;
  }

  #operation() {
    const code = this.#step.failures.get(this.#operations++);
    if (code === undefined) return 0;
    return code === "disk_full" ? FULL : FAILED;
  }
}
