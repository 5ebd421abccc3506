/**
 * The face `systemd-socket-activate` (systemd-socket-activate(1)): listens, and starts a program when somebody comes.
 * For trying socket activation without units.
 */
import { err, ok, type Result } from "../../base/result.ts";
import { formatSocketAddress, parseSocketAddress } from "../../unit/value/socket-address.ts";
import { type ParsedOptions, parseOptions } from "../options.ts";
import { getVariable, type ListenKind, type RunRequest, type System } from "../system.ts";

const PROGRAM = "systemd-socket-activate";
const FIRST_PASSED_FD = 3;

const OPTIONS = {
  help: { kind: "flag", short: "h" },
  version: { kind: "flag" },
  listen: { kind: "value", short: "l" },
  datagram: { kind: "flag", short: "d" },
  seqpacket: { kind: "flag" },
  accept: { kind: "flag", short: "a" },
  setenv: { kind: "value", short: "E" },
  environment: { kind: "value" },
  fdname: { kind: "value" },
  inetd: { kind: "flag" },
  now: { kind: "flag" },
} as const;

type Options = ParsedOptions<typeof OPTIONS>;

const HELP = `systemd-socket-activate [OPTION…] COMMAND [ARGUMENT…]

Listens, and runs the command when the first connection or datagram comes. The
command gets the sockets as a unit's service would: from descriptor 3 on, with
LISTEN_FDS, LISTEN_PID and LISTEN_FDNAMES.

  -h --help                  this help
     --version               usher's version
  -l --listen=ADDRESS        8080, 127.0.0.1:8080, [::1]:8080, /path, @name
  -d --datagram              datagram sockets instead of streams
     --seqpacket             sequential packets instead of streams
  -a --accept                accept, and run one command for each connection
  -E --setenv=NAME[=VALUE]   a variable for the command; else it gets only
                             TERM, COLORTERM, NO_COLOR, PATH, USER and HOME
     --fdname=NAME[:NAME…]   names of the sockets
     --inetd                 the socket as standard input and output
     --now                   run the command at once

Example:
  systemd-socket-activate -l 8080 --fdname=http ./myapp
`;

interface Listener {
  readonly fd: number;
  readonly text: string;
}

interface Activation {
  readonly listeners: readonly Listener[];
  readonly command: readonly string[];
  readonly environment: readonly string[];
  readonly names: readonly string[];
  readonly inetd: boolean;
}

export async function runSocketActivate(system: System): Promise<number> {
  const parsed = parseOptions(OPTIONS, system.args, { program: PROGRAM, stopEarly: true });
  if (!parsed.ok) return complain(system, parsed.error);
  const options = parsed.value;
  if (options.has("help")) return say(system, HELP);
  if (options.has("version")) return say(system, `usher ${system.versions.usher}\n`);
  const activation = prepare(system, options);
  if (!activation.ok) return complain(system, activation.error);
  if (options.has("now")) return becomeCommand(system, activation.value);
  return options.has("accept")
    ? serveConnections(system, activation.value)
    : activateOnce(system, activation.value);
}

function prepare(system: System, options: Options): Result<Activation, string> {
  const command = options.operands;
  const kind = chooseKind(options);
  const names = options.last("fdname")?.split(":") ?? [];
  if (command.length === 0) return err(`${PROGRAM}: command to execute is missing.`);
  if (!kind.ok) return kind;
  if (kind.value !== "stream" && options.has("accept"))
    return err("Datagram sockets do not accept connections.");
  const listeners = openListeners(system, options.all("listen"), kind.value);
  if (!listeners.ok) return listeners;
  if (listeners.value.length === 0) return err("No sockets to listen on specified or passed in.");
  if (names.length > 0 && names.length !== listeners.value.length && !options.has("accept")) {
    return err(
      `The number of fd names is different than the number of fds: ${names.length} vs ${listeners.value.length}`,
    );
  }
  if (options.has("inetd") && !options.has("accept") && listeners.value.length !== 1) {
    return err("--inetd only supported with a single file descriptor, or with --accept.");
  }
  const environment = commandEnvironment(system, options.all("setenv").concat(options.all("environment")));
  return ok({ listeners: listeners.value, command, environment, names, inetd: options.has("inetd") });
}

function chooseKind(options: Options): Result<ListenKind, string> {
  if (options.has("datagram") && options.has("seqpacket"))
    return err("--seqpacket may not be combined with --datagram.");
  return ok(options.has("datagram") ? "datagram" : options.has("seqpacket") ? "seqpacket" : "stream");
}

/** Sockets that we were passed come first, then those to listen on. */
function openListeners(
  system: System,
  addresses: readonly string[],
  kind: ListenKind,
): Result<readonly Listener[], string> {
  const listeners: Listener[] = passedFds(system).map((fd) => ({ fd, text: `descriptor ${fd}` }));
  for (const address of addresses) {
    const opened = system.processes.listen(address, kind);
    if (!opened.ok) return err(`Failed to open '${address}': ${system.explain(opened.error)}`);
    const parsed = parseSocketAddress(address);
    listeners.push({ fd: opened.value, text: parsed === undefined ? address : formatSocketAddress(parsed) });
  }
  for (const [at, { text }] of listeners.entries()) {
    system.output.writeError(`Listening on ${text} as ${FIRST_PASSED_FD + at}.\n`);
  }
  return ok(listeners);
}

function passedFds(system: System): readonly number[] {
  const count = Number(getVariable(system, "LISTEN_FDS") ?? "0");
  if (getVariable(system, "LISTEN_PID") !== String(system.pid) || !Number.isInteger(count)) return [];
  return system.inheritedFds.filter((fd) => fd >= FIRST_PASSED_FD && fd < FIRST_PASSED_FD + count);
}

const COPIED_VARIABLES: readonly string[] = ["TERM", "COLORTERM", "NO_COLOR", "PATH", "USER", "HOME"];

function commandEnvironment(system: System, given: readonly string[]): readonly string[] {
  const values = new Map<string, string>();
  const copy = (name: string): void => {
    const value = getVariable(system, name);
    if (value !== null) values.set(name, value);
  };
  COPIED_VARIABLES.forEach(copy);
  for (const one of given) {
    const at = one.indexOf("=");
    if (at < 0) copy(one);
    else values.set(one.slice(0, at), one.slice(at + 1));
  }
  return [...values].map(([name, value]) => `${name}=${value}`);
}

function commandText(command: readonly string[]): string {
  return `${command[0]} (${command.join(" ")})`;
}

// --------------------------------------------------------------------------------------------------------- activation

async function activateOnce(system: System, activation: Activation): Promise<number> {
  const fd = await system.processes.readable(activation.listeners.map((listener) => listener.fd));
  system.output.writeError(`Communication attempt on fd ${passedNumber(activation, fd)}.\n`);
  return becomeCommand(system, activation);
}

function passedNumber({ listeners }: Activation, fd: number): number {
  return FIRST_PASSED_FD + listeners.findIndex((listener) => listener.fd === fd);
}

async function becomeCommand(system: System, activation: Activation): Promise<number> {
  const fds = activation.listeners.map((listener) => listener.fd);
  system.output.writeError(`Execing ${commandText(activation.command)}\n`);
  const ended = await system.processes.runInstead(requestFor(activation, fds));
  if (ended.ok) return ended.value;
  return complain(
    system,
    `Failed to execp ${commandText(activation.command)}: ${system.explain(ended.error)}`,
  );
}

function requestFor({ command, environment, names, inetd }: Activation, fds: readonly number[]): RunRequest {
  if (inetd) {
    return { argv: command, environment, passed: [], standard: fds[0] ?? null, pidVariables: [] };
  }
  const protocol = [
    `LISTEN_FDS=${fds.length}`,
    ...(names.length > 0 ? [`LISTEN_FDNAMES=${names.slice(0, fds.length).join(":")}`] : []),
  ];
  return {
    argv: command,
    environment: [...environment, ...protocol],
    passed: fds,
    standard: null,
    pidVariables: ["LISTEN_PID"],
  };
}

/** -a: runs until it is killed. */
async function serveConnections(system: System, activation: Activation): Promise<number> {
  const { processes, output } = system;
  const fds = activation.listeners.map((listener) => listener.fd);
  processes.onChildEnd((pid, status, signal) => {
    output.writeError(
      signal === null
        ? `Child ${pid} died with code ${status}\n`
        : `Child ${pid} died with signal ${signal}\n`,
    );
  });
  for (;;) {
    const fd = await processes.readable(fds);
    output.writeError(`Communication attempt on fd ${passedNumber(activation, fd)}.\n`);
    const accepted = processes.accept(fd);
    if (!accepted.ok) continue;
    const listener = activation.listeners.find((one) => one.fd === fd);
    output.writeError(`Connection from ${processes.peerName(accepted.value)} to ${listener?.text ?? ""}\n`);
    startChild(system, activation, accepted.value);
    processes.close(accepted.value);
  }
}

function startChild(system: System, activation: Activation, connection: number): void {
  const started = system.processes.spawn(requestFor(activation, [connection]));
  const text = commandText(activation.command);
  system.output.writeError(
    started.ok
      ? `Spawned ${text} as PID ${started.value}.\n`
      : `Failed to spawn ${text}: ${system.explain(started.error)}\n`,
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
