/**
 * A PostgreSQL client for one query at a time (PostgreSQL's manual, "Frontend/Backend Protocol"): connects to the
 * Unix socket where every client looks, runs the query, closes. It doesn't ask whether the database is up: whoever
 * holds the socket starts it, and the connection waits in the socket meanwhile.
 */
import { connect } from "node:net";

const SOCKET = "/run/postgresql/.s.PGSQL.5432";
/** User and database have the same name; PostgreSQL knows us by our user id ("peer"). */
const NAME = "demo";
const PROTOCOL_3_0 = 196608;

/**
 * Runs one statement; `$1`, `$2` … in it stand for the values.
 *
 * @param {string} text
 * @param {readonly (string | number)[]} [values]
 * @returns {Promise<Record<string, string | null>[]>} the rows, every column as text
 */
export function query(text, values = []) {
  return new Promise((resolve, reject) => {
    const socket = connect(SOCKET);
    /** @type {string[]} */
    let columns = [];
    /** @type {Record<string, string | null>[]} */
    const rows = [];
    /** @type {Error | undefined} */
    let failure;
    let asked = false;
    /** @type {(type: string, body: Buffer) => void} */
    const onMessage = (type, body) => {
      if (type === "R" && body.readInt32BE(0) !== 0)
        socket.destroy(new Error("PostgreSQL asks for a password"));
      if (type === "T") columns = readColumns(body);
      if (type === "D") rows.push(readRow(columns, body));
      if (type === "E") failure = new Error(readError(body));
      // Ready for the query, then ready again when it is done.
      if (type === "Z" && !asked) socket.write(queryMessages(text, values));
      else if (type === "Z") socket.end(message("X"));
      asked ||= type === "Z";
    };
    socket.on("connect", () => socket.write(startupMessage()));
    socket.on("data", splitMessages(onMessage));
    socket.on("error", reject);
    socket.on("close", () => {
      if (failure === undefined && asked) resolve(rows);
      else reject(failure ?? new Error("PostgreSQL closed the connection"));
    });
  });
}

/** @param {(type: string, body: Buffer) => void} onMessage */
function splitMessages(onMessage) {
  let pending = Buffer.alloc(0);
  return (/** @type {Buffer} */ chunk) => {
    pending = Buffer.concat([pending, chunk]);
    while (pending.length >= 5) {
      const end = 1 + pending.readInt32BE(1);
      if (pending.length < end) return;
      onMessage(pending.toString("latin1", 0, 1), pending.subarray(5, end));
      pending = pending.subarray(end);
    }
  };
}

function startupMessage() {
  const body = Buffer.concat([int32(PROTOCOL_3_0), ...["user", NAME, "database", NAME, ""].map(string)]);
  return Buffer.concat([int32(4 + body.length), body]);
}

/**
 * Parse, Bind, Describe, Execute, Sync: values travel beside the text, so nothing needs quoting.
 *
 * @param {string} text
 * @param {readonly (string | number)[]} values
 */
function queryMessages(text, values) {
  const parameters = values.flatMap((value) => {
    const bytes = Buffer.from(String(value));
    return [int32(bytes.length), bytes];
  });
  return Buffer.concat([
    message("P", string(""), string(text), int16(0)),
    message("B", string(""), string(""), int16(0), int16(values.length), ...parameters, int16(0)),
    message("D", Buffer.from("P"), string("")),
    message("E", string(""), int32(0)),
    message("S"),
  ]);
}

/**
 * @param {string} type
 * @param {...Buffer} parts
 */
function message(type, ...parts) {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from(type), int32(4 + body.length), body]);
}

/** @param {Buffer} body */
function readColumns(body) {
  const names = [];
  let at = 2;
  for (let count = body.readInt16BE(0); count > 0; count--) {
    const end = body.indexOf(0, at);
    names.push(body.toString("utf8", at, end));
    at = end + 19;
  }
  return names;
}

/**
 * @param {readonly string[]} columns
 * @param {Buffer} body
 */
function readRow(columns, body) {
  /** @type {Record<string, string | null>} */
  const row = {};
  let at = 2;
  for (const column of columns) {
    const length = body.readInt32BE(at);
    at += 4;
    row[column] = length < 0 ? null : body.toString("utf8", at, at + length);
    at += Math.max(length, 0);
  }
  return row;
}

/** @param {Buffer} body */
function readError(body) {
  const fields = body.toString("utf8").split("\0");
  return fields.find((field) => field.startsWith("M"))?.slice(1) ?? "PostgreSQL reported an error";
}

/** @param {number} value */
function int16(value) {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

/** @param {number} value */
function int32(value) {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

/** @param {string} value */
function string(value) {
  return Buffer.from(`${value}\0`);
}
