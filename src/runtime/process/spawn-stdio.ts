/** Standard input, output and error of a command (systemd.exec(5), "Logging and Standard Input/Output"). */
import { err, ok, type Result } from "../../base/result.ts";
import { describe } from "../../host/errno.ts";
import {
  type Native,
  O_APPEND,
  O_CREAT,
  O_NOCTTY,
  O_RDONLY,
  O_RDWR,
  O_TRUNC,
  O_WRONLY,
  type SpawnOpen,
} from "../../host/native.ts";
import type { ExecOutput, ExecSettings } from "../../unit/model.ts";
import { NULL_FD, type OpenedForChild, type SpawnFailure } from "./spawn-context.ts";
import type { PassedDescriptor, SpawnOrder } from "./spawn-order.ts";
import type { Credentials } from "./spawn-request.ts";

const EXIT_STDIN = 208;
const EXIT_STDOUT = 209;

interface Stdio {
  readonly fds: readonly number[];
  readonly opens: readonly SpawnOpen[];
  /** StandardInput=socket hands the socket over as standard input and passes nothing else. */
  readonly dropPassed: boolean;
}

/** The same open file as a descriptor that comes before it. */
const copyOf = (slot: 0 | 1): number => -3 - slot;

/** The one socket is a stream then, and nothing is passed beside it. */
export function hasSocketAsStream(exec: ExecSettings): boolean {
  const { standardInput, standardOutput, standardError } = exec;
  return standardInput === "socket" || standardOutput === "socket" || standardError === "socket";
}

export function openStdio(
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
