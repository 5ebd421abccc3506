/** What there is to know of one start beside the unit's settings. */
import type { SpawnOpen } from "../../host/native.ts";
import type { ExecCommand, ExecSettings, OpenFile, Unit } from "../../unit/model.ts";

/** One command to run, with everything that isn't in the unit's own settings. */
export interface SpawnOrder {
  readonly unit: Unit & { readonly exec: ExecSettings };
  readonly command: ExecCommand;
  /** Passed from descriptor 3 on, with their names. */
  readonly passed: readonly PassedDescriptor[];
  /** StandardInput=socket and its sisters; -1: none. */
  readonly stdioSocket: number;
  /** O_NONBLOCK of passed sockets (NonBlocking=). */
  readonly nonBlocking: boolean;
  readonly invocationId: string;
  readonly notifyAddress: string | null;
  readonly watchdogUsec: number;
  readonly fdStoreMax: number;
  readonly environment: readonly string[];
  readonly applyPermissions: boolean;
  readonly applyRoot: boolean;
  readonly openFiles: readonly OpenFile[];
  /** The main command of the command line: keeps usher's own descriptors and environment. */
  readonly foreground: boolean;
  readonly handedStdio: HandedStdio | null;
  /** Not passed but adopted: the program binds for itself, and gets usher's sockets (adoption.ts). */
  readonly adopt: "no" | "yes" | "try";
}

/** Descriptors that a program gave for standard input, output and error (systemd-run); -1: as the unit says. */
export type HandedStdio = readonly [number, number, number];

export interface PassedDescriptor {
  readonly fd: number;
  readonly name: string;
  /** Opened by the child in its place, since opening it may wait for somebody. */
  readonly open?: Omit<SpawnOpen, "slot">;
}
