/** What every step of a spawn sees: the runtime around it, how it fails, and what is open because of it. */
import type { Result } from "../../base/result.ts";
import type { Identity, Native } from "../../host/native.ts";
import type { ExecSettings } from "../../unit/model.ts";
import type { ReadAccountFile, User } from "./accounts.ts";
import type { Cgroups } from "./cgroups.ts";
import type { ContainerEnvironment } from "./environment.ts";

export interface SpawnFailure {
  /** 200…243, or null where no process could be made. */
  readonly exitStatus: number | null;
  readonly message: string;
}

export interface SpawnContext {
  readonly host: Native;
  readonly cgroups: Cgroups | null;
  /** usher's own, which never changes. */
  readonly identity: Identity;
  readonly containerEnvironment: ContainerEnvironment;
  readonly readAccounts: ReadAccountFile;
  /** Of usher itself. */
  readonly ownAccount: () => User;
  /** Assignments of the unit's environment files, or what is wrong with one. */
  readonly readEnvironmentFiles: (exec: ExecSettings) => Result<readonly string[], string>;
}

/** Everything opened for one spawn that PID 1 must close again. */
export interface OpenedForChild {
  readonly toClose: number[];
  output: number;
  outputForChild: number;
  /** The child's end and ours. */
  adopt: readonly [number, number] | null;
}

/** In place of a descriptor: /dev/null, or what the child opens for itself. */
export const NULL_FD = -1;

/** What outlives a good start. */
export function closeOurs(host: Native, opened: OpenedForChild): void {
  if (opened.output >= 0) host.close(opened.output);
  if (opened.adopt !== null) host.close(opened.adopt[1]);
}

/** What was opened for the child alone. */
export function closeAll(host: Native, opened: OpenedForChild): void {
  for (const fd of opened.toClose) host.close(fd);
}
