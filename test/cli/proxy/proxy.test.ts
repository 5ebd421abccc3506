import { describe, expect, it } from "vitest";
import { err, ok } from "../../../src/base/result.ts";
import { USEC_INFINITY } from "../../../src/base/time.ts";
import { type ProxySettings, runProxy } from "../../../src/cli/proxy/proxy.ts";
import { type FakeNetwork, fakeNetwork, LISTENER } from "./fake-network.ts";

const ENOENT = -2;
const EMFILE = 24;
const ECONNREFUSED = -111;
const EHOSTUNREACH = -113;
const SECOND = 1_000_000;
const path = "/run/db/socket";

function start(changes: Partial<ProxySettings> = {}): {
  network: FakeNetwork;
  messages: string[];
  idleAt: () => number | null;
} {
  const network = fakeNetwork();
  const messages: string[] = [];
  let idleAt: number | null = null;
  const settings: ProxySettings = {
    backend: { kind: "unix", path },
    connectionsMax: 256,
    idleUsec: USEC_INFINITY,
    connectUsec: 30 * SECOND,
    ...changes,
  };
  runProxy(network, [LISTENER], settings, {
    onIdle: () => {
      idleAt = network.now();
    },
    report: (message) => void messages.push(message),
    explain: (errno) => `errno ${errno}`,
  });
  return { network, messages, idleAt: () => idleAt };
}

describe("a connection", () => {
  it("is joined to one to the backend", async () => {
    const { network } = start();
    const client = network.arrive();
    await network.run(0);
    expect(network.targets).toEqual([{ kind: "unix", path }]);
    expect(network.spliced.has(client)).toBe(true);
  });

  it("is closed with a message when the backend can't be reached", async () => {
    const { network, messages } = start();
    network.answer = () => EHOSTUNREACH;
    const client = network.arrive();
    await network.run(0);
    expect(network.closed).toEqual([client]);
    expect(messages).toEqual(["Failed to connect to remote host: errno 113"]);
  });

  it("tries every address of a name", async () => {
    const { network } = start({ backend: { kind: "host", host: "db", port: 5432 } });
    network.names["db"] = ok(["192.0.2.1", "2001:db8::1"]);
    network.answer = (target) => (target.kind === "inet" && target.host === "192.0.2.1" ? EHOSTUNREACH : 99);
    const client = network.arrive();
    await network.run(0);
    expect(network.targets).toEqual([
      { kind: "inet", host: "192.0.2.1", port: 5432 },
      { kind: "inet", host: "2001:db8::1", port: 5432 },
    ]);
    expect(network.spliced.get(client)).toBe(99);
  });

  it("is closed when the name does not exist", async () => {
    const { network, messages } = start({ backend: { kind: "host", host: "nowhere", port: 1 } });
    const client = network.arrive();
    await network.run(0);
    expect(network.closed).toEqual([client]);
    expect(messages).toEqual(["Failed to resolve host: Name or service not known"]);
  });

  it("says nothing of a client that reset its connection", async () => {
    const { network, messages } = start();
    const client = network.arrive();
    await network.run(0);
    network.finish(client, 104);
    const other = network.arrive();
    await network.run(0);
    network.finish(other, 5);
    expect(messages).toEqual(["Failed to splice: errno 5"]);
  });
});

describe("a backend that is not there yet", () => {
  it("is connected to as soon as its file is made", async () => {
    const { network } = start();
    network.answer = () => ENOENT;
    const client = network.arrive();
    await network.run(10 * SECOND);
    const tries = network.targets.length;
    network.answer = () => 77;
    network.makePath(path);
    await network.run(0);
    expect(network.targets).toHaveLength(tries + 1);
    expect(network.spliced.get(client)).toBe(77);
    expect([...network.watchedPaths]).toEqual([path]);
    network.finish(client);
    expect([...network.watchedPaths]).toEqual([]);
  });

  it("is tried after 1 ms, then less and less often, until it listens", async () => {
    const { network } = start({ backend: { kind: "host", host: "db", port: 5432 } });
    network.names["db"] = ok(["192.0.2.1"]);
    const times: number[] = [];
    network.answer = () => {
      times.push(network.now());
      return times.length < 12 ? ECONNREFUSED : 77;
    };
    const client = network.arrive();
    await network.run(20 * SECOND);
    expect(network.spliced.get(client)).toBe(77);
    expect(times[1]).toBe(1000);
    const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    expect(gaps).toEqual(gaps.toSorted((a, b) => a - b));
    expect(gaps.at(-1)).toBe(200_000);
  });

  it("is given up after the connect timeout, with the last reason", async () => {
    const { network, messages } = start({ connectUsec: 3 * SECOND });
    network.answer = () => ENOENT;
    const client = network.arrive();
    await network.run(3 * SECOND - 1);
    expect(network.closed).toEqual([]);
    await network.run(1);
    expect(network.closed).toEqual([client]);
    expect(messages).toEqual(["Failed to connect to remote host: errno 2"]);
    const tries = network.targets.length;
    await network.run(10 * SECOND);
    expect(network.targets).toHaveLength(tries);
  });

  it("is not waited for at all with a connect timeout of 0", async () => {
    const { network } = start({ connectUsec: 0 });
    network.answer = () => ECONNREFUSED;
    const client = network.arrive();
    await network.run(0);
    expect(network.closed).toEqual([client]);
  });

  it("is waited for when nobody can say what its name means", async () => {
    const { network } = start({ backend: { kind: "host", host: "db", port: 1 } });
    network.names["db"] = err({ kind: "unavailable", message: "Temporary failure in name resolution" });
    const client = network.arrive();
    await network.run(SECOND);
    network.names["db"] = ok(["192.0.2.1"]);
    await network.run(SECOND);
    expect(network.spliced.has(client)).toBe(true);
  });

  it("does not answer at all: the client is let go in time", async () => {
    const { network, messages } = start({ connectUsec: SECOND });
    network.answer = () => null;
    const client = network.arrive();
    await network.run(SECOND);
    expect(network.closed).toEqual([client]);
    expect(messages).toEqual(["Failed to connect to remote host: Connection timed out"]);
  });

  it("is no longer looked for when every client has gone", async () => {
    const { network } = start();
    network.answer = () => ENOENT;
    const client = network.arrive();
    await network.run(SECOND);
    network.hangUp(client);
    const tries = network.targets.length;
    await network.run(10 * SECOND);
    expect(network.targets).toHaveLength(tries);
    expect(network.closed).toEqual([client]);
    expect([...network.watchedPaths]).toEqual([]);
  });
});

describe("limits", () => {
  it("refuses connections above the limit, says so once, and takes them again when one has ended", async () => {
    const { network, messages } = start({ connectionsMax: 2 });
    const [first = 0] = [network.arrive(), network.arrive()];
    const refused = [network.arrive(), network.arrive()];
    await network.run(0);
    expect(network.closed).toEqual(refused);
    expect(messages).toEqual(["Hit connection limit, refusing connection."]);
    network.finish(first);
    const later = network.arrive();
    await network.run(0);
    expect(network.spliced.has(later)).toBe(true);
  });

  it("pauses when there are no descriptors left, and goes on", async () => {
    const { network, messages } = start();
    network.acceptError = EMFILE;
    const client = network.arrive();
    await network.run(SECOND / 2);
    expect([...network.paused]).toEqual([LISTENER]);
    expect(messages).toHaveLength(1);
    network.acceptError = null;
    await network.run(SECOND);
    expect(network.spliced.has(client)).toBe(true);
  });
});

describe("idle time", () => {
  it("counts from the end of the last connection", async () => {
    const { network, idleAt } = start({ idleUsec: 5 * SECOND });
    const clients = [network.arrive(), network.arrive()];
    await network.run(20 * SECOND);
    network.finish(clients[0] ?? 0);
    await network.run(20 * SECOND);
    network.finish(clients[1] ?? 0);
    await network.run(5 * SECOND - 1);
    expect(idleAt()).toBeNull();
    await network.run(1);
    expect(idleAt()).toBe(45 * SECOND);
  });

  it("starts anew with every connection, also one that failed", async () => {
    const { network, idleAt } = start({ idleUsec: 5 * SECOND, connectUsec: 0 });
    network.answer = () => ENOENT;
    await network.run(4 * SECOND);
    network.arrive();
    await network.run(4 * SECOND);
    expect(idleAt()).toBeNull();
    await network.run(SECOND);
    expect(idleAt()).toBe(9 * SECOND);
  });

  it("is not over while a client waits for the backend", async () => {
    const { network, idleAt } = start({ idleUsec: SECOND });
    network.answer = () => ENOENT;
    network.arrive();
    await network.run(20 * SECOND);
    expect(idleAt()).toBeNull();
  });

  it("never ends without a limit", async () => {
    const { network, idleAt } = start();
    await network.run(1000 * SECOND);
    expect(idleAt()).toBeNull();
  });
});
