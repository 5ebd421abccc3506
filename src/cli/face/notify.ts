/**
 * The face `systemd-notify` (systemd-notify(1)): tells the service manager how a service is.
 *
 * Shell and Node programs have no datagram sockets of their own, so this is how they speak sd_notify. The message is
 * sent in the name of the process that called us, since that is the one that the manager knows.
 */
import { err, ok, type Result } from "../../base/result.ts";
import type { Usec } from "../../base/time.ts";
import { type ParsedOptions, parseOptions } from "../options.ts";
import { type Errno, getVariable, type System } from "../system.ts";

const PROGRAM = "systemd-notify";
const EPERM: Errno = 1;
const BARRIER_TIMEOUT_USEC: Usec = 5_000_000;

const OPTIONS = {
  help: { kind: "flag", short: "h" },
  version: { kind: "flag" },
  ready: { kind: "flag" },
  reloading: { kind: "flag" },
  stopping: { kind: "flag" },
  pid: { kind: "optional" },
  uid: { kind: "value" },
  status: { kind: "value" },
  booted: { kind: "flag" },
  "no-block": { kind: "flag" },
  exec: { kind: "flag" },
  fd: { kind: "value" },
  fdname: { kind: "value" },
} as const;

type Options = ParsedOptions<typeof OPTIONS>;

const HELP = `systemd-notify [OPTION…] [VARIABLE=VALUE…]
systemd-notify [OPTION…] --exec [VARIABLE=VALUE…] ; COMMAND…

Tells the init (usher or systemd) how a service is: for services of Type=notify.

  -h --help            this help
     --version         usher's version
     --ready           the service has started, or has reloaded
     --reloading       it is reloading its configuration
     --stopping        it is about to end
     --pid[=PID]       its main process is PID (without PID: the caller)
     --status=TEXT     what it is doing, for "usherctl status"
     --booted          exit status 0 where systemd's or usher's units run
     --no-block        don't wait until the init has read it
     --exec            then run the command after the ";"
     --fd=FD           hand over this descriptor for the store
     --fdname=NAME     its name there

Example, in a shell script that is a service:
  systemd-notify --ready --status="Waiting for work"
`;

export async function runNotify(system: System): Promise<number> {
  const parsed = parseOptions(OPTIONS, system.args, { program: PROGRAM, stopEarly: true });
  if (!parsed.ok) return complain(system, parsed.error);
  const options = parsed.value;
  if (options.has("help")) return say(system, HELP);
  if (options.has("version")) return say(system, `usher ${system.versions.usher}\n`);
  if (options.has("booted")) return isBooted(system) ? 0 : 1;
  const message = composeMessage(system, options);
  if (!message.ok) return complain(system, message.error);
  if (message.value.lines.length === 0) {
    say(system, HELP);
    return 1;
  }
  const sent = await send(system, options, message.value);
  if (!sent.ok) return complain(system, sent.error);
  return message.value.command.length > 0 ? execute(system, message.value.command) : 0;
}

function isBooted({ files }: System): boolean {
  return files.exists("/run/systemd/system") || files.exists("/run/usher");
}

interface Message {
  readonly lines: readonly string[];
  readonly fds: readonly number[];
  readonly asPid: number;
  readonly command: readonly string[];
}

/** In the order in which systemd-notify puts the fields. */
function composeMessage(system: System, options: Options): Result<Message, string> {
  const pid = readPid(system, options.last("pid"));
  if (!pid.ok) return pid;
  const fds = readDescriptors(options.all("fd"));
  if (!fds.ok) return fds;
  const operands = splitOperands(options);
  if (!operands.ok) return operands;
  const status = options.last("status");
  const name = options.last("fdname");
  const lines = [
    ...(options.has("reloading") ? ["RELOADING=1", `MONOTONIC_USEC=${system.clock.monotonic()}`] : []),
    ...(options.has("ready") ? ["READY=1"] : []),
    ...(options.has("stopping") ? ["STOPPING=1"] : []),
    ...(status === null ? [] : [`STATUS=${status}`]),
    ...(pid.value === null ? [] : [`MAINPID=${pid.value}`]),
    ...(fds.value.length > 0 ? ["FDSTORE=1"] : []),
    ...(name === null ? [] : [`FDNAME=${name}`]),
    ...operands.value.assignments,
  ];
  return ok({ lines, fds: fds.value, asPid: pid.value ?? system.parentPid, command: operands.value.command });
}

/** null: not given; without a value, or "auto" and "parent": the caller. */
function readPid(system: System, text: string | null): Result<number | null, string> {
  if (text === null) return ok(null);
  if (text === "" || text === "auto" || text === "parent") return ok(system.parentPid);
  if (text === "self") return ok(system.pid);
  return /^[1-9]\d{0,8}$/.test(text)
    ? ok(Number(text))
    : err(`Failed to refer to --pid='${text}': Invalid argument`);
}

function readDescriptors(texts: readonly string[]): Result<readonly number[], string> {
  const bad = texts.find((text) => !/^\d{1,6}$/.test(text));
  return bad === undefined ? ok(texts.map(Number)) : err(`Failed to parse file descriptor: ${bad}`);
}

interface Operands {
  readonly assignments: readonly string[];
  readonly command: readonly string[];
}

function splitOperands(options: Options): Result<Operands, string> {
  const { operands } = options;
  if (!options.has("exec")) return checkAssignments({ assignments: operands, command: [] });
  const at = operands.indexOf(";");
  if (at < 0) return err("If --exec is used, the argument list must contain ';' separator, refusing.");
  const command = operands.slice(at + 1);
  if (command.length === 0) return err("Empty command line specified after ';' separator, refusing.");
  return checkAssignments({ assignments: operands.slice(0, at), command });
}

function checkAssignments(operands: Operands): Result<Operands, string> {
  const bad = operands.assignments.find((one) => !/^[A-Za-z_]\w*=/.test(one));
  return bad === undefined ? ok(operands) : err(`Not an assignment: ${bad}`);
}

async function send(system: System, options: Options, message: Message): Promise<Result<null, string>> {
  const to = getVariable(system, "NOTIFY_SOCKET");
  if (to === null || to === "") return err("No status data could be sent: $NOTIFY_SOCKET was not set");
  const { processes, explain } = system;
  const datagram = { text: message.lines.join("\n"), to, fds: message.fds, asPid: message.asPid };
  let sent = processes.sendDatagram(datagram);
  // Only root may speak for another process.
  if (!sent.ok && sent.error === EPERM) sent = processes.sendDatagram({ ...datagram, asPid: 0 });
  if (!sent.ok) return err(`Failed to notify init system: ${explain(sent.error)}`);
  if (options.has("no-block")) return ok(null);
  const read = await processes.barrier(to, BARRIER_TIMEOUT_USEC);
  return read.ok ? ok(null) : err(`Failed to invoke barrier: ${explain(read.error)}`);
}

async function execute(system: System, command: readonly string[]): Promise<number> {
  const ended = await system.processes.runInstead({
    argv: command,
    environment: system.environment,
    passed: [],
    standard: null,
    pidVariables: [],
  });
  if (ended.ok) return ended.value;
  return complain(
    system,
    `Failed to execute command line: ${command.join(" ")}: ${system.explain(ended.error)}`,
  );
}

function say({ output }: System, text: string): number {
  output.write(text);
  return 0;
}

function complain({ output }: System, message: string): number {
  output.writeError(`${message}\n`);
  return 1;
}
