/**
 * The HTTP service. It knows two sockets, the database's and the worker's, and connects to them when it has something
 * to ask; neither needs to run for that.
 *
 *     GET /        counts a visit
 *     POST /jobs   gives the body to the worker and answers with its result
 *     GET /jobs    the results so far
 */
import { createServer } from "node:http";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { listen } from "./listen.js";
import { query } from "./postgres.js";

const WORKER = "/run/worker.sock";

/** @typedef {import("node:http").IncomingMessage} Request */

/** @type {Record<string, (request: Request) => Promise<string>>} */
const routes = {
  "GET /": async () => {
    const [visit] = await query("INSERT INTO visit DEFAULT VALUES RETURNING id");
    return `visit ${visit?.["id"]}`;
  },
  "POST /jobs": async (request) => (await askWorker(await text(request))).trim(),
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
  socket.end(`${task.trim()}\n`);
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
