/**
 * The demo, as compose.yaml defines it: by Compose where it is installed, else the same container by Testcontainers
 * alone; the titles say which. The tests go through one container's life, each from where the last one ended.
 */

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { DockerComposeEnvironment, Wait } from "testcontainers";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { readCompose } from "../../tools/compose.ts";
import { ensureImage, imageTag } from "../../tools/images.ts";
import { startContainer, type UsherContainer, watchContainer } from "./harness/container.ts";
import type { LogRecord } from "./harness/log.ts";
import { startUsher } from "./harness/usher.ts";

const root = join(import.meta.dirname, "../..");
const hasCompose = spawnSync("docker", ["compose", "version"], { stdio: "ignore" }).status === 0;
const how = hasCompose ? "docker compose" : "Testcontainers, for want of Compose";

/** compose.yaml's own variables: a free port, and a log that can be read by a test. */
const variables = { DEMO_PORT: "0", DEMO_LOG_FORMAT: "json" };
const [service] = readCompose(join(root, "compose.yaml"), variables);

const services = ["app", "worker", "redis", "database", "postgresql"] as const;
type Name = (typeof services)[number];

/** One request on a connection of its own; the body of the answer. */
async function request(box: UsherContainer, method: string, path: string, body = ""): Promise<string> {
  const socket = await box.connect(8080);
  // Not ended: Node's HTTP server takes a half-close for a client that has gone.
  socket.write(`${method} ${path} HTTP/1.0\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  const answer = await text(socket);
  return answer.slice(answer.indexOf("\r\n\r\n") + 4);
}

const isAbout = (name: Name, word: "Started" | "Stopped") => (record: LogRecord) =>
  record.pid === undefined && record.unit === `${name}.service` && record.msg?.startsWith(word) === true;

async function startByCompose(): Promise<{ box: UsherContainer; remove: () => Promise<unknown> }> {
  const environment = await new DockerComposeEnvironment(root, "compose.yaml")
    .withProjectName(`usher-test-${process.pid}`)
    .withEnvironment({ ...variables, DEMO_IMAGE: imageTag("usher-demo:dev") })
    // A wait for the port would be the first connection.
    .withDefaultWaitStrategy(Wait.forAll([]))
    .up();
  const container = environment.getContainer("demo-1");
  const box = await watchContainer(container.getId(), container.getName(), false);
  return { box, remove: () => environment.down() };
}

async function startAlone(): Promise<{ box: UsherContainer; remove: () => Promise<unknown> }> {
  const box = await startContainer({
    image: service!.image,
    env: service!.environment,
    ports: service!.ports.map((port) => port.containerPort),
  });
  return { box, remove: () => box.remove() };
}

describe(`compose.yaml, run by ${how}`, () => {
  let box: UsherContainer;
  let remove = async (): Promise<unknown> => undefined;

  beforeAll(async () => {
    await ensureImage(service!.image);
    ({ box, remove } = hasCompose ? await startByCompose() : await startAlone());
    await box.booted();
  }, 600_000);
  afterEach(({ task }) => {
    if (task.result?.state === "fail") console.error(`--- log\n${box.log.text()}\n---`);
  });
  afterAll(() => remove());

  const awake = async (): Promise<Name[]> => {
    const states = (await box.exec(["usherctl", "is-active", ...services.map((name) => `${name}.service`)]))
      .stdout;
    return services.filter((_, index) => states.split("\n")[index] === "active");
  };
  test("everything listens and nothing runs", async () => {
    const sockets = await box.run("usherctl list-sockets");
    for (const address of [":8080", "127.0.0.1:6379", "/run/postgresql/.s.PGSQL.5432", "/run/worker.sock"]) {
      expect(sockets).toContain(address);
    }
    expect(await awake()).toEqual([]);
    expect(await box.processes()).toHaveLength(1);
  });

  test("the first request wakes the app, then PostgreSQL, then the proxy before it", async () => {
    expect(await request(box, "GET", "/")).toBe("visit 1\n");
    expect(await awake()).toEqual(["app", "database", "postgresql"]);
    const started = box.log
      .records()
      .filter(({ msg, pid }) => pid === undefined && msg?.startsWith("Started "));
    expect(started.map(({ unit }) => unit)).toEqual([
      "app.service",
      "postgresql.service",
      "database.service",
    ]);
  });

  test("a job wakes Redis, which adopts its socket, and the worker, which writes to the database", async () => {
    expect(await request(box, "POST", "/jobs", "primes 1000")).toBe("job 1: primes 1000 = 168\n");
    expect(await awake()).toEqual(expect.arrayContaining(["worker", "redis"]));
    expect(await request(box, "GET", "/jobs")).toBe("job 1: primes 1000 = 168\n");
    expect(await request(box, "POST", "/jobs", "nonsense")).toContain('what is "nonsense"?');
  });

  test("other users may not connect to the database", async () => {
    const { exitCode, stderr } = await box.exec("psql --username=demo", { user: "nobody" });
    expect(exitCode).not.toBe(0);
    expect(stderr).toContain("Permission denied");
  });

  test("a job that Redis knows is not done again", async () => {
    expect(await request(box, "POST", "/jobs", "primes 1000")).toBe(
      "job 1: primes 1000 = 168 (remembered)\n",
    );
    expect(await request(box, "GET", "/jobs")).toBe("job 1: primes 1000 = 168\n");
  });

  test("Redis and the database stop when nobody is connected, and everything else stays", async () => {
    const from = box.log.position();
    await box.event(isAbout("redis", "Stopped"), { from });
    await box.event(isAbout("postgresql", "Stopped"), { from });
    expect(await awake()).toEqual(["app", "worker"]);
  });

  test("the next command wakes Redis alone, and it has kept its data", async () => {
    expect(await request(box, "POST", "/jobs", "primes 1000")).toBe(
      "job 1: primes 1000 = 168 (remembered)\n",
    );
    expect(await awake()).toEqual(["app", "worker", "redis"]);
  });

  test("any PostgreSQL client wakes it, and finds its data", async () => {
    const psql = "psql --tuples-only --no-align --command='SELECT count(*) FROM job'";
    expect(await box.run(psql, { user: "demo" })).toBe("1\n");
    expect(await awake()).toEqual(expect.arrayContaining(["app", "worker", "database", "postgresql"]));
  });

  test("50 requests at once find a database that must be started first", async () => {
    const from = box.log.position();
    await box.run("usherctl stop database.service");
    await box.event(isAbout("postgresql", "Stopped"), { from });
    const answers = await Promise.all(Array.from({ length: 50 }, () => request(box, "GET", "/")));
    expect(new Set(answers).size).toBe(50);
  });

  test("the stop goes in order: what uses first, what is used last, sockets at the end", async () => {
    const from = box.log.position();
    expect((await box.stop(20)).exitCode).toBe(0);
    const ended = box.log.lines
      .slice(from)
      .flatMap(({ record }) => (/^(Stopped|Closed) /.test(record?.msg ?? "") ? [record?.unit] : []));
    // Redis, which nobody asks for its idle time now, may have stopped before.
    const services = ended.filter((unit) => unit?.endsWith(".service") === true && unit !== "redis.service");
    expect(services).toEqual(["app.service", "worker.service", "database.service", "postgresql.service"]);
    expect(ended.slice(-4).sort()).toEqual([
      "app.socket",
      "database.socket",
      "redis.socket",
      "worker.socket",
    ]);
  });

  test("nothing went wrong on the way", () => {
    const bad = box.log.records().filter(({ level = 0 }) => level >= 40);
    expect(bad).toEqual([]);
  });
});

test("a stop while a request waits for the database that is being started", async () => {
  await ensureImage(service!.image);
  const box = await startUsher({ image: service!.image, env: service!.environment });
  await box.booted();
  const answer = request(box, "GET", "/").catch(() => "");
  await box.event(({ unit, msg }) => unit === "postgresql.service" && msg?.startsWith("Starting") === true);
  const { exitCode, sinceKillMs } = await box.stop(20);
  expect(exitCode).toBe(0);
  expect(sinceKillMs).toBeLessThan(5000);
  expect(box.log.records().filter(({ msg }) => msg?.includes("timed out") === true)).toEqual([]);
  await answer;
});

test("npm run demo tells all of it in 80 columns, without colours where nobody sees them", () => {
  const { status, stdout, stderr } = spawnSync("node", ["tools/demo.ts"], { cwd: root, encoding: "utf8" });
  expect(stderr).toBe("");
  expect(status).toBe(0);
  for (const line of stdout.split("\n")) {
    expect(line.length).toBeLessThanOrEqual(80);
    expect(line).not.toContain("\x1b");
  }
  for (const text of [
    "4 sockets listening",
    "200 visit 1",
    "200 job 1: primes 1000000 = 78498",
    "Stopped redis.service",
    "200 job 1: primes 1000000 = 78498 (remembered)",
    "200 visit 3",
    "exit status 0",
  ]) {
    expect(stdout).toContain(text);
  }
});
