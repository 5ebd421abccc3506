/**
 * `npm run demo`: shows socket activation with a real app, a real database, an unmodified Redis and a worker in one
 * container, step by step and with times. `npm run demo -- up` only runs it, to be played with. Every wait here is for a record of
 * usher's log or for an answer; nothing sleeps.
 */

import { spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import { type ComposeService, readCompose } from "./compose.ts";
import { type Answer, DemoContainer, type LogRecord, request, runArguments } from "./demo/container.ts";
import { bold, dim, duration, green, heading, say, yellow } from "./demo/paper.ts";
import { ensureImage } from "./images.ts";

const root = join(import.meta.dirname, "..");
const services = [
  "app.service",
  "worker.service",
  "redis.service",
  "database.service",
  "postgresql.service",
] as const;

/** The one service of compose.yaml. `variables` as there. */
function demoService(variables: Record<string, string>): ComposeService {
  const [service] = readCompose(join(root, "compose.yaml"), { ...process.env, ...variables });
  if (service === undefined) throw new Error("compose.yaml has no service");
  return service;
}

async function makeImages(service: ComposeService): Promise<void> {
  const build = spawnSync("node", ["tools/build.ts"], { cwd: root, stdio: "inherit" });
  if (build.status !== 0) throw new Error("the build failed");
  await ensureImage(service.image);
}

/** usher's own records about services since position `from`, with their time after `since`. */
function sayEvents(box: DemoContainer, from: number, since: number): void {
  const events = box.records.slice(from).filter(isEvent);
  const stopped = new Set(events.filter(({ msg }) => msg.startsWith("Stopped")).map(({ unit }) => unit));
  for (const { time, unit = "", msg } of events) {
    // A stop that was asked for is told twice.
    if (msg.startsWith("Deactivated") && stopped.has(unit)) continue;
    const text = msg.includes(unit) ? msg : `${unit}: ${msg}`;
    say(`${dim(`+${Math.max(0, time - since)} ms`.padStart(10))}  ${text}`);
  }
}

function isEvent({ unit = "", pid, msg }: LogRecord): boolean {
  return (
    pid === undefined &&
    /\.(service|socket)$/.test(unit) &&
    /^(Started|Stopped|Closed|Failed|Deactivated)/.test(msg)
  );
}

/** As `usherctl is-active` tells them. */
async function sayStates(box: DemoContainer): Promise<void> {
  const states = (await box.exec("usherctl", "is-active", ...services)).split("\n");
  const words = [...new Set(states)].sort().map((state) => {
    const names = services.filter((_, index) => states[index] === state);
    const list = names.map((name) => name.replace(".service", "")).join(", ");
    return `${state === "active" ? green(state) : dim(state)}: ${list}`;
  });
  say(`            ${words.join("; ")}`);
}

/** When a request was answered: as a time, and as a position in the log. */
type Answered = { readonly at: number; readonly position: number };

/** Prints a request, the events that it led to, and the states after it. */
async function show(box: DemoContainer, title: string, ask: () => Promise<Answer>): Promise<Answered> {
  heading(title);
  const from = box.records.length;
  const answer = await ask();
  const position = box.records.length;
  sayEvents(box, from, answer.sentAt);
  say(`${bold(`+${duration(answer.ms)}`.padStart(10))}  ${green(answer.status)} ${answer.body}`);
  await sayStates(box);
  return { at: answer.sentAt + answer.ms, position };
}

async function sayStart(box: DemoContainer): Promise<void> {
  const finished = await box.until("the boot", ({ msg }) => msg.startsWith("Startup finished"));
  const startedAt = await box.startedAt();
  heading("The container has started; everything listens, nothing runs");
  const [summary = "", sockets = ""] = finished.msg.split(": ");
  say(`${dim(`+${Math.max(0, finished.time - startedAt).toFixed(0)} ms`.padStart(10))}  ${summary}`);
  say(`            ${sockets}`);
  say();
  for (const line of (await box.exec("usherctl", "list-sockets", "--no-pager")).split("\n").slice(0, 5)) {
    say(`            ${line}`);
  }
  say();
  await sayStates(box);
  const status = await box.exec("cat", "/proc/1/status");
  const [, resident = "?"] = /^VmRSS:\s+(\d+) kB$/m.exec(status) ?? [];
  say(dim(`            (PID 1, holding all that: ${(Number(resident) / 1024).toFixed(1)} MiB resident)`));
}

/** Waits until nobody was connected to Redis and to the database's proxy for their idle times, and both have stopped. */
async function sayIdle(box: DemoContainer, { at, position }: Answered): Promise<void> {
  heading("Nobody asks Redis or the database anything");
  const isStopOf =
    (name: string) =>
    ({ unit, msg }: LogRecord): boolean =>
      unit === name && msg.startsWith("Stopped");
  await box.until("the stop of Redis", isStopOf("redis.service"));
  await box.until("the database's stop", isStopOf("postgresql.service"), position);
  sayEvents(box, position, Math.round(at));
  await sayStates(box);
}

async function sayStop(box: DemoContainer): Promise<void> {
  heading("docker stop");
  const from = box.records.length;
  const since = Date.now();
  const { exitCode, finishedAt } = await box.stop();
  sayEvents(box, from, since);
  const time = `+${duration(finishedAt - since)}`.padStart(10);
  say(`${bold(time)}  the container has ended with exit status ${green(String(exitCode))}`);
}

async function perform(box: DemoContainer): Promise<void> {
  await sayStart(box);
  const address = await box.publishedPort(8080);
  await show(box, "First request: GET /  wakes the app, which wakes the database", () =>
    request(address, "GET", "/"),
  );
  const job = (): Promise<Answer> => request(address, "POST", "/jobs", "primes 1000000");
  await show(box, "A job: POST /jobs  wakes Redis, which doesn't know it, and the worker", job);
  const last = await show(box, "Another request: GET /  everybody is awake", () =>
    request(address, "GET", "/"),
  );
  await sayIdle(box, last);
  await show(box, "The same job: POST /jobs  wakes Redis alone, which has kept it", job);
  await show(box, "And again: GET /  wakes the database", () => request(address, "GET", "/"));
  await sayStop(box);
}

async function demo(): Promise<void> {
  const service = demoService({ DEMO_PORT: "0", DEMO_LOG_FORMAT: "json" });
  await makeImages(service);
  const box = await DemoContainer.start(service);
  const end = (): void => {
    void box.remove().then(() => process.exit(130));
  };
  process.once("SIGINT", end);
  try {
    await perform(box);
  } finally {
    await box.remove();
  }
  heading("Your turn");
  say("  npm run demo -- up                  keeps it running (Ctrl-C stops it), or");
  say("  docker compose up                   the same, where Compose is installed");
  say();
  say("  curl http://127.0.0.1:8080/         a visit");
  say("  curl -d 'primes 5000000' http://127.0.0.1:8080/jobs");
  say("  docker exec usher-demo usherctl status");
  say("  docker exec -u demo usher-demo psql -c 'TABLE job'");
  say("  docker exec usher-demo redis-cli KEYS '*'   wakes it, if nobody else has");
  say();
  say(`  The units are in ${yellow("units/")}, the programs in ${yellow("demo/")}.`);
}

/** In the foreground: Ctrl-C is SIGTERM's twin for the container, which then stops in order. */
async function up(): Promise<void> {
  const service = demoService({});
  await makeImages(service);
  // What an earlier run may have left behind.
  spawnSync("docker", ["rm", "--force", "usher-demo"], { stdio: "ignore" });
  const terminal = process.stdin.isTTY && process.stdout.isTTY ? ["--tty", "--interactive"] : [];
  const args = ["run", "--rm", "--name", "usher-demo", ...terminal, ...runArguments(service)];
  const [port] = service.ports;
  say(`${bold("curl")} http://127.0.0.1:${port?.hostPort}/   Ctrl-C stops it`);
  const child = spawn("docker", args, { stdio: "inherit" });
  // A terminal's Ctrl-C reaches docker as well, which passes it on.
  process.on("SIGINT", () => {});
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  process.exitCode = await new Promise<number>((resolve) => child.on("close", (code) => resolve(code ?? 1)));
}

const [word = "", ...rest] = process.argv.slice(2);
if (rest.length > 0 || !["", "up"].includes(word)) {
  process.stderr.write("usage: npm run demo [-- up]\n");
  process.exitCode = 2;
} else {
  await (word === "up" ? up() : demo());
}
