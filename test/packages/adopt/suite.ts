/** What every server has to pass: asleep, woken, restarted under load, stopped when idle, woken again. */

import { beforeAll, describe, expect, test } from "vitest";
import type { StartOptions } from "../../container/harness/container.ts";
import { sharedUsher } from "../../container/harness/usher.ts";
import { startLoad } from "./load.ts";
import { type Server, servers } from "./servers.ts";

const restarts = 20;
const clients = 8;

/** The servers of that name, all in one container; `more` is put over the folder's own units. */
export function testServers(names: readonly string[], image: string, more: StartOptions["units"] = {}): void {
  const box = sharedUsher({ image, folder: import.meta.dirname, units: more });
  beforeAll(() => box().booted());

  const isStopped =
    (name: string) =>
    ({ unit, msg }: { readonly unit?: string; readonly msg?: string }): boolean =>
      unit === `${name}.service` && msg === `Stopped ${name}.service.`;

  const cases: readonly (readonly [string, Server])[] = names.map((name) => {
    const server = servers[name];
    if (server === undefined) throw new Error(`no server ${name}`);
    return [name, server];
  });

  test("all of them sleep", async () => {
    const processes = await box().processes();
    expect(processes.map(({ args }) => args)).toEqual(["/usr/bin/usher"]);
  });

  describe.each(cases)("%s", (name, server) => {
    test("is woken by its own client, and runs as its own user", async () => {
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
      // a server accepts that takes its time to stop. adopt-restart.test.ts counts with a server that counts, too.
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
}
