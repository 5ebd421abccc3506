/**
 * The worker: takes jobs from its Unix socket, a line each, writes every result to the database, and answers with a
 * line each. The one kind of job is `primes N`: how many primes there are up to N.
 */
import { createServer } from "node:net";
import { createInterface } from "node:readline";
import { listen } from "./listen.js";
import { query } from "./postgres.js";

const MOST = 50_000_000;

/** @param {number} limit */
function countPrimes(limit) {
  const composite = new Uint8Array(limit + 1);
  let count = 0;
  for (let number = 2; number <= limit; number++) {
    if (composite[number] === 1) continue;
    count++;
    for (let multiple = number * number; multiple <= limit; multiple += number) composite[multiple] = 1;
  }
  return count;
}

/** @param {string} task */
async function work(task) {
  const limit = Number(/^primes (\d+)$/.exec(task)?.[1] ?? Number.NaN);
  if (!(limit <= MOST)) return `what is "${task}"? Try: primes 1000000`;
  const answer = countPrimes(limit);
  const [job] = await query("INSERT INTO job (task, answer) VALUES ($1, $2) RETURNING id", [task, answer]);
  return `job ${job?.["id"]}: ${task} = ${answer}`;
}

const server = createServer({ allowHalfOpen: true }, async (connection) => {
  connection.on("error", () => connection.destroy());
  for await (const task of createInterface({ input: connection })) {
    const line = await work(task).catch((error) => `failed: ${error.message}`);
    connection.write(`${line}\n`);
  }
  connection.end();
});

listen(server);
