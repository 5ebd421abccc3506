/**
 * Carries out the engine's `spawn`: from a unit's settings to the flat description that the native host executes
 * (systemd.exec(5), sd_listen_fds(3)).
 *
 * Anything that can fail before the fork fails with the exit status that systemd documents for that step, as if a
 * child had exited with it, so that results and messages are the same wherever a step is done.
 */

import { err, ok, type Result } from "../../base/result.ts";
import { describe } from "../../host/errno.ts";
import { AF_UNIX, type Native, SOCK_SEQPACKET, type SpawnRequest } from "../../host/native.ts";
import type { ExecSettings } from "../../unit/model.ts";
import { expandArguments, mentionsVariables } from "../../unit/text/expand-variables.ts";
import { credentialsDirectory, makeCredentials } from "./credentials.ts";
import { buildEnvironment, DEFAULT_PATH, environmentValue } from "./environment.ts";
import { directoryVariables, makeExecDirectories } from "./exec-directories.ts";
import { openPassed, opensOf } from "./passed-descriptors.ts";
import { resolveCredentials } from "./spawn-account.ts";
import {
  closeAll,
  closeOurs,
  type OpenedForChild,
  type SpawnContext,
  type SpawnFailure,
} from "./spawn-context.ts";
import type { PassedDescriptor, SpawnOrder } from "./spawn-order.ts";
import {
  addConfinement,
  addIdentity,
  addScheduling,
  addSession,
  type Credentials,
  type Mutable,
} from "./spawn-request.ts";
import { hasSocketAsStream, openStdio } from "./spawn-stdio.ts";

export interface SpawnOutcome {
  readonly pid: number;
  readonly pending: boolean;
  /** Read end of the pipe that carries the command's output; -1: it goes elsewhere. */
  readonly output: number;
  /** Set where the child failed before or at exec. */
  readonly failure: SpawnFailure | null;
  /** Our end of the channel for adopted sockets, -1 without. */
  readonly adoptChannel: number;
}

const EXIT_SECCOMP = 228;
const EXIT_CREDENTIALS = 243;

export function spawnCommand(context: SpawnContext, order: SpawnOrder): Result<SpawnOutcome, SpawnFailure> {
  const opened: OpenedForChild = { toClose: [], output: -1, outputForChild: -1, adopt: null };
  const request = prepare(context, order, opened);
  if (!request.ok) {
    closeAll(context.host, opened);
    closeOurs(context.host, opened);
    return request;
  }
  const result = context.host.spawn(request.value);
  closeAll(context.host, opened);
  if (result.pid < 0) {
    closeOurs(context.host, opened);
    return err({ exitStatus: null, message: `cannot make a process: ${describe(result.pid)}` });
  }
  const failure = result.stage === 0 ? null : stepFailure(order, result.stage, result.step, result.errno);
  return ok({
    pid: result.pid,
    pending: result.pending,
    output: opened.output,
    failure,
    adoptChannel: opened.adopt?.[1] ?? -1,
  });
}

/** What a step was about, where the unit says it. */
const STEP_SUBJECTS: Readonly<Record<string, (exec: ExecSettings) => string | null>> = {
  stdin: (exec) => exec.standardInputArgument,
  stdout: (exec) => exec.standardOutputArgument,
  stderr: (exec) => exec.standardErrorArgument,
  chroot: (exec) => exec.rootDirectory,
  chdir: (exec) => exec.workingDirectory,
};

/** What to do about it, where that is always the same. */
const STEP_ADVICE: Readonly<Record<string, string>> = {
  "adopt sockets": "; kernel or seccomp profile refuse the filter, AdoptSockets=try runs it without",
};

/** "cannot run /opt/app: chdir /srv: No such file or directory (ENOENT)" */
export function stepFailure(
  { command, unit }: Pick<SpawnOrder, "command" | "unit">,
  exitStatus: number,
  step: string,
  errno: number,
): SpawnFailure {
  const subject = STEP_SUBJECTS[step]?.(unit.exec) ?? null;
  const what = subject === null ? step : `${step} ${subject}`;
  const advice = STEP_ADVICE[step] ?? "";
  return { exitStatus, message: `cannot run ${command.path}: ${what}: ${describe(-errno)}${advice}` };
}

function prepare(
  context: SpawnContext,
  order: SpawnOrder,
  opened: OpenedForChild,
): Result<SpawnRequest, SpawnFailure> {
  const { host } = context;
  const { exec } = order.unit;
  const credentials = resolveCredentials(context, order);
  if (!credentials.ok) return credentials;
  const directories = makeExecDirectories(host, exec, credentials.value.uid, credentials.value.gid);
  if (!directories.ok)
    return err({ exitStatus: directories.error.exitStatus, message: directories.error.message });
  const secrets = makeCredentials(host, order.unit.name, exec.credentials, credentials.value.uid);
  if (!secrets.ok) return err({ exitStatus: EXIT_CREDENTIALS, message: secrets.error });
  const passed = openPassed(host, order, opened);
  if (!passed.ok) return passed;
  const environment = environmentOf(context, order, credentials.value, passed.value);
  if (!environment.ok) return environment;
  const stdio = openStdio(host, order, credentials.value, opened, passed.value);
  if (!stdio.ok) return stdio;
  const adoption = openAdoption(host, order, opened);
  if (!adoption.ok) return adoption;
  for (const { fd } of order.passed) host.setNonblock(fd, order.nonBlocking);
  const cgroupProcs = order.foreground ? null : (context.cgroups?.enter(order.unit.name) ?? null);
  const argv =
    order.command.noEnvExpand || !mentionsVariables(order.command.argv)
      ? order.command.argv
      : expandArguments(order.command.argv, (name) => environmentValue(environment.value, name));
  const handed = stdio.value.dropPassed ? [] : passed.value.map(({ fd }) => fd);
  const request: Mutable<SpawnRequest> = {
    file: order.command.path,
    searchPath:
      exec.execSearchPath.length > 0
        ? exec.execSearchPath.join(":")
        : (context.containerEnvironment.searchPath ?? DEFAULT_PATH),
    argv,
    env: environment.value,
    pidEnv: pidVariables(order, handed.length),
    fds: handed.length === 0 ? stdio.value.fds : [...stdio.value.fds, ...handed],
  };
  const opens = [...stdio.value.opens, ...opensOf(passed.value, handed.length)];
  if (opens.length > 0) request.opens = opens;
  if (cgroupProcs !== null) request.cgroupProcs = cgroupProcs;
  if (opened.adopt !== null) {
    request.adoptChannel = opened.adopt[0];
    request.adoptBestEffort = order.adopt === "try";
  }
  addSession(request, order);
  addIdentity(request, order, credentials.value, context.identity);
  addConfinement(request, order, credentials.value.user);
  addScheduling(request, order);
  return ok(request);
}

function pidVariables(order: SpawnOrder, passed: number): string[] {
  if (order.foreground) return passed > 0 ? ["LISTEN_PID"] : [];
  const names = ["SYSTEMD_EXEC_PID"];
  if (passed > 0) names.push("LISTEN_PID");
  if (order.watchdogUsec > 0) names.push("WATCHDOG_PID");
  return names;
}

function environmentOf(
  context: SpawnContext,
  order: SpawnOrder,
  credentials: Credentials,
  passed: readonly PassedDescriptor[],
): Result<string[], SpawnFailure> {
  const { exec, usher } = order.unit;
  const files = context.readEnvironmentFiles(exec);
  if (!files.ok) return err({ exitStatus: null, message: files.error });
  const own = [`INVOCATION_ID=${order.invocationId}`, ...directoryVariables(exec)];
  if (passed.length > 0 && !hasSocketAsStream(exec)) {
    own.push(`LISTEN_FDS=${passed.length}`, `LISTEN_FDNAMES=${passed.map(({ name }) => name).join(":")}`);
  }
  if (exec.credentials.length > 0) own.push(`CREDENTIALS_DIRECTORY=${credentialsDirectory(order.unit.name)}`);
  if (order.notifyAddress !== null) own.push(`NOTIFY_SOCKET=${order.notifyAddress}`);
  if (order.watchdogUsec > 0) own.push(`WATCHDOG_USEC=${order.watchdogUsec}`);
  if (order.fdStoreMax > 0) own.push(`FDSTORE=${order.fdStoreMax}`);
  own.push(...order.environment);
  return ok(
    buildEnvironment({
      container: context.containerEnvironment,
      cleanEnvironment: usher.cleanEnvironment,
      own: order.foreground ? order.environment : own,
      user: credentials.user,
      exec,
      fileAssignments: files.value,
    }),
  );
}

/** The channel for adopted sockets; the child's end is closed with everything else that was opened for it. */
function openAdoption(host: Native, order: SpawnOrder, opened: OpenedForChild): Result<null, SpawnFailure> {
  if (order.adopt === "no") return ok(null);
  const pair = host.socketpair(AF_UNIX, SOCK_SEQPACKET);
  if (typeof pair === "number")
    return err({ exitStatus: EXIT_SECCOMP, message: `cannot adopt sockets: ${describe(pair)}` });
  opened.adopt = pair;
  opened.toClose.push(pair[0]);
  return ok(null);
}
