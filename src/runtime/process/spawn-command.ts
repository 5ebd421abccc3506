/**
 * Carries out the engine's `spawn`: from a unit's settings to the flat description that the native host executes
 * (systemd.exec(5), sd_listen_fds(3)).
 *
 * Anything that can fail before the fork fails with the exit status that systemd documents for that step, as if a
 * child had exited with it, so that results and messages are the same wherever a step is done.
 */

import { err, ok, type Result } from "../../base/result.ts";
import { describe } from "../../host/errno.ts";
import {
  AF_UNIX,
  type FileKind,
  type Identity,
  type Native,
  O_APPEND,
  O_CREAT,
  O_NOCTTY,
  O_NONBLOCK,
  O_RDONLY,
  O_RDWR,
  O_TRUNC,
  O_WRONLY,
  SOCK_SEQPACKET,
  SOCK_STREAM,
  type SpawnOpen,
  type SpawnRequest,
} from "../../host/native.ts";
import type { ExecOutput, ExecSettings, OpenFile } from "../../unit/model.ts";
import { expandArguments, mentionsVariables } from "../../unit/text/expand-variables.ts";
import { unitPrefix } from "../../unit/unit-name.ts";
import { findGroup, findUser, memberGroups, type ReadAccountFile, type User } from "./accounts.ts";
import type { Cgroups } from "./cgroups.ts";
import { credentialsDirectory, makeCredentials } from "./credentials.ts";
import { dynamicUser } from "./dynamic-user.ts";
import {
  buildEnvironment,
  type ContainerEnvironment,
  DEFAULT_PATH,
  environmentValue,
} from "./environment.ts";
import { directoryVariables, makeExecDirectories } from "./exec-directories.ts";
import type { PassedDescriptor, SpawnOrder } from "./spawn-order.ts";
import {
  addConfinement,
  addIdentity,
  addScheduling,
  addSession,
  type Credentials,
  type Mutable,
} from "./spawn-request.ts";

export interface SpawnFailure {
  /** 200…243, or null where no process could be made. */
  readonly exitStatus: number | null;
  readonly message: string;
}

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
interface OpenedForChild {
  readonly toClose: number[];
  output: number;
  outputForChild: number;
  /** The child's end and ours. */
  adopt: readonly [number, number] | null;
}

const NULL_FD = -1;
const FIRST_PASSED = 3;

const EXIT_FDS = 202;
const EXIT_STDIN = 208;
const EXIT_STDOUT = 209;
const EXIT_USER = 217;
const EXIT_GROUP = 216;
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

function resolveCredentials(context: SpawnContext, order: SpawnOrder): Result<Credentials, SpawnFailure> {
  const { exec } = order.unit;
  const user = unitUser(context, order);
  if (user !== null && !user.ok)
    return err({ exitStatus: EXIT_USER, message: `User=${exec.user}: ${user.error}` });
  const group = unitGroup(context, order);
  if (group !== null && !group.ok)
    return err({ exitStatus: EXIT_GROUP, message: `Group=${exec.group}: ${group.error}` });
  const gid = group?.value ?? user?.value.gid ?? -1;
  const groups = user === null ? [] : memberGroups(context.readAccounts, user.value.name, gid);
  for (const name of exec.supplementaryGroups) {
    const extra = findGroup(context.readAccounts, name);
    if (!extra.ok)
      return err({ exitStatus: EXIT_GROUP, message: `SupplementaryGroups=${name}: ${extra.error}` });
    if (!groups.includes(extra.value)) groups.push(extra.value);
  }
  // Group= alone leaves the other groups as they are.
  const changes = user !== null || exec.supplementaryGroups.length > 0;
  return ok({
    user: user?.value ?? context.ownAccount(),
    uid: user?.value.uid ?? -1,
    gid,
    groups: changes ? groups : null,
  });
}

/** User=, or what DynamicUser= makes of the unit's name; null: usher's own. */
function unitUser(context: SpawnContext, order: SpawnOrder): Result<User, string> | null {
  const { name, exec } = order.unit;
  const wanted = exec.user ?? (exec.dynamicUser ? unitPrefix(name) : null);
  if (wanted === null) return null;
  // Nobody needs an entry to stay who they are.
  if (wanted === String(context.identity.euid)) return ok(context.ownAccount());
  const found = findUser(context.readAccounts, wanted);
  return !found.ok && exec.dynamicUser ? ok(dynamicUser(wanted)) : found;
}

/** Group=; with DynamicUser= a group that isn't there is the user's own. */
function unitGroup(context: SpawnContext, order: SpawnOrder): Result<number, string> | null {
  const { group, dynamicUser: isDynamic } = order.unit.exec;
  if (group === null) return null;
  const found = findGroup(context.readAccounts, group);
  return !found.ok && isDynamic ? ok(dynamicUser(group).gid) : found;
}

/** The sockets, then what OpenFile= adds. */
function openPassed(
  host: Native,
  order: SpawnOrder,
  opened: OpenedForChild,
): Result<readonly PassedDescriptor[], SpawnFailure> {
  const passed = [...order.passed];
  for (const file of order.openFiles) {
    const flags = openFlags(file);
    const kind = kindAt(host, file.path);
    if (kind === "fifo" || kind === "char") {
      passed.push({ fd: NULL_FD, name: file.fdName, open: { path: file.path, flags, mode: 0o644 } });
      continue;
    }
    // A path that is a Unix socket is connected to, as systemd does.
    const fd = kind === "socket" ? connectUnix(host, file.path) : openAtOnce(host, file.path, flags);
    if (fd < 0 && file.graceful) continue;
    if (fd < 0)
      return err({ exitStatus: EXIT_FDS, message: `cannot open ${file.path} (OpenFile=): ${describe(fd)}` });
    opened.toClose.push(fd);
    passed.push({ fd, name: file.fdName });
  }
  return ok(passed);
}

/** What the child opens of the descriptors that are handed to it. */
function opensOf(passed: readonly PassedDescriptor[], handed: number): SpawnOpen[] {
  return passed
    .slice(0, handed)
    .flatMap(({ open }, index) => (open === undefined ? [] : [{ ...open, slot: FIRST_PASSED + index }]));
}

function openFlags(file: OpenFile): number {
  return (
    (file.readOnly ? O_RDONLY : O_RDWR) |
    O_NOCTTY |
    (file.append ? O_APPEND : 0) |
    (file.truncate ? O_TRUNC : 0)
  );
}

function kindAt(host: Native, path: string): FileKind | null {
  const status = host.stat(path);
  return typeof status === "number" ? null : status.kind;
}

/** Nothing may keep PID 1 waiting, not even what has come there since it looked. */
function openAtOnce(host: Native, path: string, flags: number): number {
  const fd = host.open(path, flags | O_NONBLOCK, 0o644);
  if (fd >= 0) host.setNonblock(fd, false);
  return fd;
}

/** A listener with a full queue refuses (EAGAIN) instead of keeping PID 1 waiting. */
function connectUnix(host: Native, path: string): number {
  const fd = host.socket(AF_UNIX, SOCK_STREAM, 0);
  if (fd < 0) return fd;
  host.setNonblock(fd, true);
  const code = host.connect(fd, { family: "unix", path });
  host.setNonblock(fd, false);
  if (code >= 0) return fd;
  host.close(fd);
  return code;
}

interface Stdio {
  readonly fds: readonly number[];
  readonly opens: readonly SpawnOpen[];
  /** StandardInput=socket hands the socket over as standard input and passes nothing else. */
  readonly dropPassed: boolean;
}

/** The same open file as a descriptor that comes before it. */
const copyOf = (slot: 0 | 1): number => -3 - slot;

/** The one socket is a stream then, and nothing is passed beside it. */
function hasSocketAsStream(exec: ExecSettings): boolean {
  const { standardInput, standardOutput, standardError } = exec;
  return standardInput === "socket" || standardOutput === "socket" || standardError === "socket";
}

function openStdio(
  host: Native,
  order: SpawnOrder,
  credentials: Credentials,
  opened: OpenedForChild,
  passed: readonly PassedDescriptor[],
): Result<Stdio, SpawnFailure> {
  if (order.foreground) return ok({ fds: [0, 1, 2], opens: [], dropPassed: false });
  const opens: SpawnOpen[] = [];
  const { exec } = order.unit;
  const given = (slot: 0 | 1 | 2): Result<number, SpawnFailure> | null => {
    const fd = order.handedStdio?.[slot] ?? -1;
    return fd < 0 ? null : ok(fd);
  };
  const input = given(0) ?? openInput(host, order, opens, opened, passed);
  if (!input.ok) return input;
  const sinks: OutputSinks = { host, order, credentials, opens, opened, passed };
  const out = given(1) ?? openOutput(sinks, 1, exec.standardOutput, exec.standardOutputArgument);
  if (!out.ok) return out;
  const error = given(2) ?? openOutput(sinks, 2, exec.standardError, exec.standardErrorArgument);
  if (!error.ok) return error;
  return ok({
    fds: [input.value, out.value, error.value],
    opens,
    dropPassed: hasSocketAsStream(exec),
  });
}

function openInput(
  host: Native,
  order: SpawnOrder,
  opens: SpawnOpen[],
  opened: OpenedForChild,
  passed: readonly PassedDescriptor[],
): Result<number, SpawnFailure> {
  const { exec } = order.unit;
  switch (exec.standardInput) {
    case "null":
      return ok(NULL_FD);
    case "tty":
    case "tty-force":
    case "tty-fail":
      opens.push({ slot: 0, path: exec.ttyPath ?? "/dev/console", flags: O_RDWR | O_NOCTTY, mode: 0 });
      return ok(NULL_FD);
    case "socket":
      if (order.stdioSocket >= 0) return ok(order.stdioSocket);
      return err({
        exitStatus: EXIT_STDIN,
        message: "StandardInput=socket, but no socket is passed: start it through its socket unit",
      });
    case "fd":
      return namedDescriptor(passed, exec.standardInputArgument ?? "stdin", EXIT_STDIN);
    case "file":
      opens.push({
        slot: 0,
        path: exec.standardInputArgument ?? "/dev/null",
        flags: (isAlsoOutput(exec) ? O_RDWR : O_RDONLY) | O_NOCTTY,
        mode: 0,
      });
      return ok(NULL_FD);
    case "data": {
      const fd = host.memfd("stdin", exec.standardInputData);
      if (fd < 0)
        return err({ exitStatus: EXIT_STDIN, message: `cannot make StandardInputText=: ${describe(fd)}` });
      opened.toClose.push(fd);
      return ok(fd);
    }
  }
}

/** One file for input and output is opened once. */
function isAlsoOutput(exec: ExecSettings): boolean {
  const path = exec.standardInputArgument;
  return (
    (exec.standardOutput === "file" && exec.standardOutputArgument === path) ||
    (exec.standardError === "file" && exec.standardErrorArgument === path)
  );
}

function namedDescriptor(
  passed: readonly PassedDescriptor[],
  name: string,
  exitStatus: number,
): Result<number, SpawnFailure> {
  const found = passed.find((candidate) => candidate.name === name);
  return found === undefined
    ? err({ exitStatus, message: `no passed descriptor has the name "${name}"` })
    : ok(found.fd);
}

interface OutputSinks {
  readonly host: Native;
  readonly order: SpawnOrder;
  readonly credentials: Credentials;
  readonly opens: SpawnOpen[];
  readonly opened: OpenedForChild;
  readonly passed: readonly PassedDescriptor[];
}

function openOutput(
  sinks: OutputSinks,
  slot: 1 | 2,
  kind: ExecOutput,
  argument: string | null,
): Result<number, SpawnFailure> {
  const { exec } = sinks.order.unit;
  const openIn = (path: string, flags: number): Result<number, SpawnFailure> => {
    if (exec.standardInput === "file" && exec.standardInputArgument === path && isAlsoOutput(exec))
      return ok(copyOf(0));
    sinks.opens.push({ slot, path, flags: flags | O_NOCTTY, mode: 0o666 & ~exec.umask });
    return ok(NULL_FD);
  };
  if (slot === 2 && kind === exec.standardOutput && argument === exec.standardOutputArgument)
    return ok(copyOf(1));
  switch (kind) {
    case "null":
      return ok(NULL_FD);
    case "inherit":
      return inheritOutput(sinks, slot);
    case "journal":
    case "kmsg":
    case "journal+console":
    case "kmsg+console":
      return capturePipe(sinks);
    case "tty":
      return openIn(exec.ttyPath ?? "/dev/console", O_WRONLY);
    case "socket":
      if (sinks.order.stdioSocket >= 0) return ok(sinks.order.stdioSocket);
      return err({
        exitStatus: EXIT_STDOUT,
        message: `Standard${slot === 1 ? "Output" : "Error"}=socket, but no socket is passed`,
      });
    case "fd":
      return namedDescriptor(
        sinks.passed,
        argument ?? (slot === 1 ? "stdout" : "stderr"),
        EXIT_STDOUT + slot - 1,
      );
    case "file":
      return openIn(argument ?? "/dev/null", O_WRONLY | O_CREAT);
    case "append":
      return openIn(argument ?? "/dev/null", O_WRONLY | O_CREAT | O_APPEND);
    case "truncate":
      return openIn(argument ?? "/dev/null", O_WRONLY | O_CREAT | O_TRUNC);
  }
}

/** Errors follow output; output follows an input that can be written to, else it is captured as always. */
function inheritOutput(sinks: OutputSinks, slot: 1 | 2): Result<number, SpawnFailure> {
  if (slot === 2) return ok(copyOf(1));
  const input = sinks.order.unit.exec.standardInput;
  return input === "socket" || input.startsWith("tty") ? ok(copyOf(0)) : capturePipe(sinks);
}

/** One pipe for a command's output and errors, owned by its user, because programs open /dev/stdout by path. */
function capturePipe(sinks: OutputSinks): Result<number, SpawnFailure> {
  const { host, opened, credentials } = sinks;
  if (opened.output >= 0) return ok(opened.outputForChild);
  const pipe = host.pipe();
  if (typeof pipe === "number")
    return err({ exitStatus: EXIT_STDOUT, message: `cannot make a pipe for output: ${describe(pipe)}` });
  const [readEnd, writeEnd] = pipe;
  opened.output = readEnd;
  opened.outputForChild = writeEnd;
  opened.toClose.push(writeEnd);
  if (credentials.uid >= 0 || credentials.gid >= 0) host.fchown(writeEnd, credentials.uid, credentials.gid);
  return ok(writeEnd);
}

/** What outlives a good start. */
function closeOurs(host: Native, opened: OpenedForChild): void {
  if (opened.output >= 0) host.close(opened.output);
  if (opened.adopt !== null) host.close(opened.adopt[1]);
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

function closeAll(host: Native, opened: OpenedForChild): void {
  for (const fd of opened.toClose) host.close(fd);
}
