/**
 * Debian's servers as they are, none of which knows that it is started by a connection: asleep, woken by its own
 * client, restarted twenty times under load, stopped when nobody is connected, woken again. All in one container, with the engine's default profile and
 * capabilities, each as its own user.
 */

import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { sharedUsher } from "../container/harness/usher.ts";
import { startLoad } from "./adopt/load.ts";
import { type Server, servers } from "./adopt/servers.ts";

const restarts = 20;
const clients = 8;

const box = sharedUsher({
  image: "usher-test:adopt",
  folder: join(import.meta.dirname, "adopt"),
});
beforeAll(() => box().booted());

const isStopped =
  (name: string) =>
  ({ unit, msg }: { readonly unit?: string; readonly msg?: string }): boolean =>
    unit === `${name}.service` && msg === `Stopped ${name}.service.`;

const cases: readonly (readonly [string, Server])[] = Object.entries(servers);

test("all of them sleep", async () => {
  const processes = await box().processes();
  expect(processes.map(({ args }) => args)).toEqual(["/usr/bin/usher"]);
});

describe.each(cases)("%s", (name, server) => {
  test("is woken by its own client", async () => {
    expect(await box().run(["sh", "-c", server.client])).toMatch(server.says);
    const pid = await box().run(["usherctl", "show", "-P", "MainPID", `${name}.service`]);
    const processes = await box().processes();
    expect(processes.find((one) => one.pid === Number(pid))?.user).toBe(server.user);
  });

  test("is restarted twenty times under load, and nobody is refused", { timeout: 180_000 }, async () => {
    const load = startLoad(box().address, server.port, server.exchange, clients);
    await load.answers(clients);
    for (let count = 0; count < restarts; count++) {
      await box().run(["usherctl", "restart", `${name}.service`]);
      await load.answers(2 * clients);
    }
    const { refused, lost, wrong, remarks } = await load.stop();
    expect({ refused, wrong }, remarks.join("\n")).toEqual({ refused: 0, wrong: 0 });
    // What a server had accepted dies with it: the connection that each client has open, and perhaps the next, which
    // a server accepts that takes its time to stop.
    expect(lost, remarks.join("\n")).toBeLessThanOrEqual(2 * restarts * clients);
  });

  test("is stopped when nobody is connected, and woken again", async () => {
    const idle = box().log.position();
    expect(await box().run(["sh", "-c", server.client])).toMatch(server.says);
    await box().event(isStopped(name), { from: idle });
    expect(await box().run(["sh", "-c", server.client])).toMatch(server.says);
    await box().event(isStopped(name), { from: box().log.position() });
  });
});
