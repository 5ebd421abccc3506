/**
 * Measures Redis and nginx by themselves, adopted and behind proxies, in the container where all of them run.
 *
 *     node measure.js ROUNDS REQUESTS
 *
 * A round is short, and has "direct" and "adopted" right after one another, first the one and then the other; so what
 * changes on the machine meets both, and each round gives one ratio. Both servers are started anew every few rounds,
 * since two processes of one program differ by a percent or two in where their memory happens to lie; the proxies, which
 * need no such care, take part then. Servers run on one processor and clients on another, where there are two.
 *
 * Prints "ROUND SUBJECT METRIC VALUE" a line: rates a second, times in ns.
 */
const { execFileSync } = require("node:child_process");
const { readdirSync, readFileSync, rmSync } = require("node:fs");
const { cpus } = require("node:os");

const [rounds = 0, requests = 0] = process.argv.slice(2).map(Number);
const CLIENTS = 50;
/** Rounds in one life of the servers. */
const LIFE = 5;
const client = cpus().length > 1 ? ["taskset", "-c", "1"] : [];

/** Who is measured: the digit that its ports end in, and the services that work for it. */
const subjects = {
  direct: { port: 0, services: ["direct"] },
  adopted: { port: 1, services: ["adopted"] },
  "systemd-socket-proxyd": { port: 2, services: ["direct", "proxyd"] },
  haproxy: { port: 3, services: ["direct", "haproxy"] },
};

const run = (...words) => execFileSync(words[0], words.slice(1), { encoding: "utf8" });
const say = (round, subject, metric, value) => console.log(`${round} ${subject} ${metric} ${value}`);

/** Nanoseconds that all threads of all processes of these units have run. */
function cpuTime(units) {
  const pids = units.flatMap((unit) => {
    const main = run("usherctl", "show", "-P", "MainPID", unit).trim();
    return [main, ...run("sh", "-c", `pgrep -P ${main} || true`).split("\n").filter(Boolean)];
  });
  const threads = pids.flatMap((pid) =>
    readdirSync(`/proc/${pid}/task`).map((id) => `/proc/${pid}/task/${id}`),
  );
  return threads.reduce(
    (sum, path) => sum + Number(readFileSync(`${path}/schedstat`, "utf8").split(" ")[0]),
    0,
  );
}

const loads = {
  redis: (port, count) => {
    const options = ["-h", "127.0.0.1", "-p", port, "-t", "get", "-n", count, "-c", CLIENTS, "--csv"].map(
      String,
    );
    const fields = run(...client, "redis-benchmark", ...options)
      .trim()
      .split("\n")
      .at(-1)
      .replaceAll('"', "");
    const [, rate, , , , , p99] = fields.split(",");
    return { rate: Number(rate), p99: Number(p99) * 1e6 };
  },
  nginx: (port, count) => {
    const url = `http://127.0.0.1:${port}/`;
    const file = "/tmp/percentiles";
    const text = run(...client, "ab", "-q", "-k", "-n", `${count}`, "-c", `${CLIENTS}`, "-e", file, url);
    const [, p99] = /^99,(\S+)$/m.exec(readFileSync(file, "utf8"));
    rmSync(file);
    return { rate: Number(/^Requests per second:\s+(\S+)/m.exec(text)[1]), p99: Number(p99) * 1e6 };
  },
};

function measure(round, server, name) {
  const { port, services } = subjects[name];
  const units = services.map((service) => (service === "haproxy" ? "haproxy-bench" : `${server}-${service}`));
  const address = { redis: 6400, nginx: 8400 }[server] + port;
  // Wakes what sleeps, and warms it.
  loads[server](address, Math.ceil(requests / 10));
  const before = cpuTime(units);
  const { rate, p99 } = loads[server](address, requests);
  say(round, name, `${server}-rate`, rate);
  say(round, name, `${server}-p99`, p99);
  say(round, name, `${server}-cpu`, (cpuTime(units) - before) / requests);
}

function restart(server) {
  run("usherctl", "restart", `${server}-direct.service`, `${server}-adopted.service`);
}

/** What calls.py has written down. */
function measureCalls(round, name) {
  run("usherctl", "start", `calls-${name}.service`);
  say(round, name, "call", Number(readFileSync(`/tmp/calls-${name}`, "utf8")));
}

for (let round = 0; round < rounds; round++) {
  const pair = round % 2 === 0 ? ["direct", "adopted"] : ["adopted", "direct"];
  for (const server of ["redis", "nginx"]) {
    const fresh = round % LIFE === 0;
    if (fresh) restart(server);
    for (const name of pair) measure(round, server, name);
    if (!fresh) continue;
    for (const name of ["systemd-socket-proxyd", "haproxy"]) measure(round, server, name);
  }
  for (const name of pair) measureCalls(round, name);
}
