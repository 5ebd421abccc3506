/**
 * Restarts of a program with an adopted socket under load: every connection that a client has made is accepted by one of
 * its lives. What a life had accepted and not answered dies with it; nothing else is lost, and nobody is refused.
 */

import { beforeAll, describe, expect, test } from "vitest";
import { startLoad } from "../packages/adopt/load.ts";
import { adoptPrograms, serviceUnit, socketUnit } from "./harness/adopt.ts";
import { sharedUsher } from "./harness/usher.ts";

const restarts = 20;
const clients = 8;

describe.each([
  ["AdoptSockets=", ""],
  ["AdoptSockets= and HoldUntilReady=", "ReadyCheck=log:^listening\nHoldUntilReady=yes"],
])("%s", (_, usher) => {
  const box = sharedUsher({
    units: {
      "counts.socket": socketUnit("ListenStream=0.0.0.0:7501"),
      "counts.service": serviceUnit("/opt/counts 7501", usher),
    },
    files: { ...adoptPrograms, "/tmp/accepted": { content: "", mode: 0o666 } },
  });
  beforeAll(() => box().booted());

  test.each([
    ["stop", ["usherctl", "restart", "counts.service"]],
    ["crash", ["usherctl", "kill", "--signal=KILL", "counts.service"]],
  ])("twenty restarts by %s", async (how, command) => {
    const before = (await box().readFile("/tmp/accepted")).length;
    const exchange = { hello: "hello", answered: (text: string) => text.endsWith("\n") };
    const load = startLoad(box().address, 7501, exchange, clients);
    await load.answers(clients);
    for (let count = 0; count < restarts; count++) {
      await box().run(command);
      await load.answers(2 * clients);
    }
    const { answered, refused, lost, remarks } = await load.stop();
    const accepted = (await box().readFile("/tmp/accepted")).length - before;
    expect(refused, remarks.join("\n")).toBe(0);
    // A life that is killed may have accepted one that it has not written down.
    const slack = how === "crash" ? restarts : 0;
    expect(answered + lost - accepted).toBeGreaterThanOrEqual(0);
    expect(answered + lost - accepted).toBeLessThanOrEqual(slack);
    // At most what each client has open when a life ends.
    expect(lost, remarks.join("\n")).toBeLessThanOrEqual(restarts * clients);
  });
});
