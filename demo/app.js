/**
 * The HTTP service. It knows three sockets, the database's, Redis' and the worker's, and connects to them when it has
 * something to ask; none of them needs to run for that.
 *
 *     GET /        counts a visit
 *     POST /jobs   gives the body to the worker, answers with its result and remembers that in Redis
 *     GET /jobs    the results so far
 */
import { createServer } from "node:http";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { listen } from "./listen.js";
import { query } from "./postgres.js";
import { redis } from "./redis.js";

const WORKER = "/run/worker.sock";

/** @typedef {import("node:http").IncomingMessage} Request */

/** @type {Record<string, (request: Request) => Promise<string>>} */
const routes = {
  "GET /": async () => {
    const [visit] = await query("INSERT INTO visit DEFAULT VALUES RETURNING id");
    return `visit ${visit?.["id"]}`;
  },
  "POST /jobs": async (request) => {
    const task = (await text(request)).trim();
    const known = await redis("GET", task);
    if (known !== null) return `${known} (remembered)`;
    const answer = (await askWorker(task)).trim();
    if (answer.startsWith("job ")) await redis("SET", task, answer);
    return answer;
  },
  "GET /jobs": async () => {
    const jobs = await query("SELECT id, task, answer FROM job ORDER BY id");
    return jobs.map(({ id, task, answer }) => `job ${id}: ${task} = ${answer}`).join("\n");
  },
};

/**
 * One line there, one line back.
 *
 * @param {string} task
 */
async function askWorker(task) {
  const socket = connect(WORKER);
  socket.end(`${task}\n`);
  return text(socket);
}

const server = createServer(async (request, response) => {
  const route = routes[`${request.method} ${request.url}`];
  try {
    if (route === undefined) response.writeHead(404).end("not found\n");
    else response.end(`${await route(request)}\n`);
  } catch (error) {
    console.error(`${request.method} ${request.url}:`, error);
    response.writeHead(500).end("internal error\n");
  }
});

listen(server);
