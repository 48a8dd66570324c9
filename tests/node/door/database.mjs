/**
 * The core's Database over node:sqlite. A statement there takes all parameters at once and gives an iterator
 * of rows; the door binds one by one and steps.
 */
import { DatabaseSync } from "node:sqlite";

const FAILED = -1;
const FULL = -2;
const SQLITE_FULL = 13;

const resultOf = (error) => (error?.errcode === SQLITE_FULL ? FULL : FAILED);

export class Database {
  #sqlite;
  #statements = new Map();
  #last = 0;

  constructor(path) {
    this.#sqlite = new DatabaseSync(path);
    this.#sqlite.exec("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON");
  }

  get openStatements() {
    return this.#statements.size;
  }

  close() {
    this.#sqlite.close();
  }

  execute(sql) {
    try {
      this.#sqlite.exec(sql);
      return 0;
    } catch (error) {
      return resultOf(error);
    }
  }

  prepare(sql) {
    try {
      const prepared = this.#sqlite.prepare(sql);
      prepared.setReadBigInts(true);
      prepared.setReturnArrays(true);
      this.#statements.set(++this.#last, { prepared, parameters: [], rows: null, row: null });
      return this.#last;
    } catch (error) {
      return resultOf(error);
    }
  }

  finalize(number) {
    this.reset(number);
    this.#statements.delete(number);
  }

  bind(number, parameter, value) {
    const { parameters } = this.#statements.get(number);
    while (parameters.length < parameter) parameters.push(null);
    parameters[parameter] = value;
  }

  step(number) {
    const statement = this.#statements.get(number);
    try {
      statement.rows ??= statement.prepared.iterate(...statement.parameters);
      const { done, value } = statement.rows.next();
      statement.row = done ? null : value.map(asStored);
      return done ? 0 : 1;
    } catch (error) {
      this.reset(number);
      return resultOf(error);
    }
  }

  reset(number) {
    const statement = this.#statements.get(number);
    // One that is left in the middle would keep its transaction open.
    statement.rows?.return?.();
    Object.assign(statement, { parameters: [], rows: null, row: null });
  }

  column(number, column) {
    return this.#statements.get(number).row[column];
  }
}

const encoder = new TextEncoder();

/** Texts as the bytes that they are in the database; integers and null as they come. */
function asStored(value) {
  return typeof value === "string" ? encoder.encode(value) : value;
}
