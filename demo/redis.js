/**
 * A Redis client for one command at a time (Redis' manual, "Redis serialization protocol"): connects, asks, closes, so
 * that nobody is connected while nobody asks. As with the database, it doesn't look whether Redis runs.
 */
import { connect } from "node:net";

const ADDRESS = { host: "127.0.0.1", port: 6379 };

/**
 * Runs one command.
 *
 * @param {...string} words
 * @returns {Promise<string | null>} a simple, bulk or number reply; null where there is no value
 */
export function redis(...words) {
  return new Promise((resolve, reject) => {
    const socket = connect(ADDRESS);
    let received = Buffer.alloc(0);
    socket.on("connect", () => socket.write(encode(words)));
    socket.on("data", (chunk) => {
      received = Buffer.concat([received, chunk]);
      const reply = decode(received);
      if (reply === undefined) return;
      socket.end();
      if (reply instanceof Error) reject(reply);
      else resolve(reply);
    });
    socket.on("error", reject);
    // After an answer this says nothing any more.
    socket.on("close", () => reject(new Error("Redis closed the connection")));
  });
}

/**
 * An array of bulk strings.
 *
 * @param {readonly string[]} words
 */
function encode(words) {
  return `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join("")}`;
}

/**
 * @param {Buffer} received
 * @returns {string | null | Error | undefined} undefined: it is not complete
 */
function decode(received) {
  const end = received.indexOf("\r\n");
  if (end < 0) return undefined;
  const [type, line] = [received.toString("latin1", 0, 1), received.toString("utf8", 1, end)];
  if (type === "-") return new Error(line);
  if (type !== "$") return line;
  if (line === "-1") return null;
  const last = end + 2 + Number(line);
  return received.length < last + 2 ? undefined : received.toString("utf8", end + 2, last);
}
