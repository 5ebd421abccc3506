import { describe, expect, it } from "vitest";
import { signalName } from "../../src/base/signal.ts";
import { USEC_INFINITY, USEC_PER_SEC } from "../../src/base/time.ts";
import type { ServiceUnit, SocketUnit, Unit } from "../../src/unit/model.ts";
import { formatSocketAddress } from "../../src/unit/value/socket-address.ts";
import { readFiles } from "./read-files.ts";
import vectors from "./vectors/unit-file-syntax.json" with { type: "json" };

function service(unit: Unit): ServiceUnit {
  if (unit.type !== "service") throw new Error(`${unit.name} is not a service`);
  return unit;
}

function socket(unit: Unit): SocketUnit {
  if (unit.type !== "socket") throw new Error(`${unit.name} is not a socket`);
  return unit;
}

function span(usec: number): string {
  if (usec === USEC_INFINITY) return "infinity";
  const seconds = usec / USEC_PER_SEC;
  return `${Math.trunc(seconds / 60)}min ${seconds % 60}s`;
}

const LISTEN = { stream: "ListenStream", datagram: "ListenDatagram" } as const;

function listening(unit: Unit): string[] {
  return socket(unit).socket.listeners.map((listener) => {
    if (listener.kind !== "stream" && listener.kind !== "datagram") throw new Error("not in the vectors");
    return `${LISTEN[listener.kind]}=${formatSocketAddress(listener.address)}`;
  });
}

/** How systemd shows what the vectors check. */
const SHOWN: Readonly<Record<string, (unit: Unit) => readonly string[]>> = {
  Description: (unit) => [unit.unit.description || unit.name],
  "Unit Load State": (unit) => [unit.loadState],
  "Command Line": (unit) => service(unit).service.execStart.map(({ argv }) => argv.join(" ")),
  Environment: (unit) => service(unit).exec.environment,
  Wants: (unit) => (unit.dependencies.Wants ?? []).filter((name) => name.startsWith("foo-")).toSorted(),
  RemainAfterExit: (unit) => [service(unit).service.remainAfterExit ? "yes" : "no"],
  KillSignal: (unit) => [signalName(service(unit).kill.killSignal)],
  UMask: (unit) => [service(unit).exec.umask.toString(8).padStart(4, "0")],
  TimeoutStopSec: (unit) => [span(service(unit).service.timeoutStopUsec)],
  TimeoutStartSec: (unit) => [span(service(unit).service.timeoutStartUsec)],
  Type: (unit) => [service(unit).service.type],
  ListenStream: (unit) => listening(unit).map((line) => line.replace("ListenStream=", "")),
  "Listen*": listening,
  FileDescriptorName: (unit) => [socket(unit).socket.fileDescriptorName ?? unit.name],
};

describe("unit files", () => {
  for (const { id, files, load, check, expect: expected } of vectors) {
    it(`${id}: ${check}`, () => {
      const tree = Object.fromEntries(Object.entries(files).filter(([, text]) => text !== undefined));
      const { unit } = readFiles(tree, load);
      expect(SHOWN[check]?.(unit)).toEqual(expected);
    });
  }
});
