/**
 * The first part of the boot: from the command line to listening sockets, with as little code loaded as that needs.
 *
 * What is wrong with unit files is noticed here but told later: the log comes with the rest of the init. A socket
 * that can't be opened yet is no failure here; its unit tries again when its turn comes, and that counts.
 */

import type { Usec } from "../../base/time.ts";
import { runtimeDirectory } from "../../control/control-path.ts";
import type { Native } from "../../host/native.ts";
import type { Log } from "../log/log.ts";
import type { ReadAccountFile } from "../process/accounts.ts";
import { createAccountReader } from "../process/accounts.ts";
import { environmentValue } from "../process/environment.ts";
import { findHandedSockets, type HandedSockets } from "../socket/handed-sockets.ts";
import { openSocketUnit } from "../socket/socket-open.ts";
import { socketOwner } from "../socket/socket-owner.ts";
import type { AheadSockets } from "../socket/socket-table.ts";
import { createUnitStore, type UnitStore } from "../unit-store.ts";
import type { InitOptions } from "./options.ts";

const ACCOUNT_FILE_MAX = 4 * 1024 * 1024;

type LogCall = Parameters<Log["write"]>;

/** A log that remembers until there is one. */
export interface WaitingLog extends Pick<Log, "write"> {
  /** Writes what was remembered, in order, and everything from now on at once. */
  attach(log: Log): void;
}

export interface EarlyBoot {
  readonly options: InitOptions;
  readonly log: WaitingLog;
  readonly units: UnitStore;
  readonly opened: AheadSockets;
  /** Sockets that usher itself was given. */
  readonly handed: HandedSockets;
  readonly readAccounts: ReadAccountFile;
  /** "/run/usher", where the control and notification sockets go. */
  readonly runtimeDirectory: string;
  /** Monotonic time at which all that can listen this early did. */
  readonly listeningUsec: Usec;
}

export function bootEarly(host: Native, options: InitOptions, complaints: readonly string[]): EarlyBoot {
  const log = createWaitingLog();
  for (const complaint of complaints) log.write("warn", null, complaint);
  const read = (path: string): string => {
    const text = host.readFile(path, ACCOUNT_FILE_MAX);
    return typeof text === "number" ? "" : text;
  };
  const readAccounts = createAccountReader(read, (path) => host.fileStamp(path));
  const directory = runtimeDirectory(host.identity().euid, (name) => environmentValue(host.environ, name));
  const units = createUnitStore(host, log, options, directory, readAccounts);
  const handed = findHandedSockets(host);
  const opened = openEarlySockets(host, units, readAccounts, handed);
  return {
    options,
    log,
    units,
    opened,
    handed,
    readAccounts,
    runtimeDirectory: directory,
    listeningUsec: host.monotonic(),
  };
}

function createWaitingLog(): WaitingLog {
  const waiting: LogCall[] = [];
  let target: Log | null = null;
  return {
    write(...record) {
      if (target === null) waiting.push(record);
      else target.write(...record);
    },
    attach(log) {
      target = log;
      for (const record of waiting.splice(0)) log.write(...record);
    },
  };
}

/** Sockets that nothing has to come before listen now; their units take them over when the boot reaches them. */
function openEarlySockets(
  host: Native,
  store: UnitStore,
  readAccounts: ReadAccountFile,
  handed: HandedSockets,
): AheadSockets {
  const opened: AheadSockets = new Map();
  const { units, early } = store.loadSockets();
  const names = new Set(early);
  for (const unit of units) {
    if (unit.type !== "socket" || !names.has(unit.name)) continue;
    const owner = socketOwner(readAccounts, unit);
    const socket = owner.ok ? openSocketUnit(host, unit, owner.value, handed) : owner;
    if (socket.ok) opened.set(unit.name, { unit, ...socket.value });
  }
  return opened;
}
