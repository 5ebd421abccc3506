/**
 * systemd-socket-proxyd(8): joins the sockets that it was passed to a backend that knows no socket activation. Its
 * options, messages and exit statuses are those of systemd 257, except that
 *
 * - a backend that still starts is waited for, for `--connect-timeout=` (0: not at all, as systemd has it);
 * - a half-close is passed on; systemd 257 takes it for the end of both directions;
 * - `--connections-max=N` lets N connections in, as the manual page says; systemd 257 lets N + 1 in;
 * - the idle time also counts before the first connection, as the manual page says; systemd 257 begins to count at
 *   the end of one;
 * - a backend that can never be right (a port that doesn't exist, an overlong path) is refused at once.
 */
import { err, ok, type Result } from "../../base/result.ts";
import { USEC_INFINITY, USEC_PER_SEC, type Usec } from "../../base/time.ts";
import { parseInteger, UINT32_MAX } from "../../unit/value/number.ts";
import { parseTimespan } from "../../unit/value/timespan.ts";
import { type OptionTable, type ParsedOptions, parseOptions } from "../options.ts";
import { parseBackend } from "../proxy/backend.ts";
import type { Network } from "../proxy/network.ts";
import { type ProxySettings, runProxy } from "../proxy/proxy.ts";
import { getVariable, type System } from "../system.ts";

const PROGRAM = "systemd-socket-proxyd";
const EXIT_OK = 0;
const EXIT_FAILURE = 1;

const OPTIONS = {
  "connections-max": { kind: "value", short: "c" },
  "exit-idle-time": { kind: "value" },
  "connect-timeout": { kind: "value" },
  help: { kind: "flag", short: "h" },
  version: { kind: "flag" },
} as const satisfies OptionTable;

const HELP = `${PROGRAM} [HOST:PORT]
${PROGRAM} [SOCKET]

Bidirectionally proxy local sockets to another (possibly remote) socket.

  -c --connections-max=  Set the maximum number of connections to be accepted
     --exit-idle-time=   Exit when without a connection for this duration. See
                         the systemd.time(7) man page for time span format
     --connect-timeout=  How long to wait for a backend that is still starting,
                         30s by default, 0 to fail at once
  -h --help              Show this help
     --version           Show package version

See the systemd-socket-proxyd(8) man page for details.
`;

const DEFAULT_CONNECTIONS = 256;
const DEFAULT_CONNECT_TIMEOUT: Usec = 30 * USEC_PER_SEC;

/** Descriptors are passed from this one on (sd_listen_fds(3)). */
const FIRST_PASSED = 3;

/** Runs until it has been idle for long enough or is told to end; the exit status. */
export async function runSocketProxyd(system: System): Promise<number> {
  const network = system.openNetwork();
  const prepared = prepare(system, network);
  if (typeof prepared === "number") return prepared;
  const { settings, listeners } = prepared;
  const complain = (message: string): void => system.output.writeError(`${message}\n`);
  const ended = new Promise<void>((resolve) => {
    network.onTerminate(resolve);
    runProxy(network, listeners, settings, { onIdle: resolve, report: complain, explain: system.explain });
  });
  notify(system, "READY=1\nSTATUS=Processing requests...");
  await ended;
  notify(system, "STOPPING=1");
  return EXIT_OK;
}

interface Prepared {
  readonly settings: ProxySettings;
  readonly listeners: readonly number[];
}

/** What there is to do, or the exit status where there is nothing more to do. */
function prepare(system: System, network: Network): Prepared | number {
  const fail = (message: string): number => {
    system.output.writeError(`${message}\n`);
    return EXIT_FAILURE;
  };
  const options = parseOptions(OPTIONS, system.args, { program: PROGRAM });
  if (!options.ok) return fail(options.error);
  if (options.value.has("help")) {
    system.output.write(HELP);
    return EXIT_OK;
  }
  if (options.value.has("version")) {
    system.output.write(`usher ${system.versions.usher}\n`);
    return EXIT_OK;
  }
  const settings = readSettings(options.value, () => readServices(system));
  if (!settings.ok) return fail(settings.error);
  const listeners = passedListeners(system, network);
  return listeners.ok ? { settings: settings.value, listeners: listeners.value } : fail(listeners.error);
}

function readServices(system: System): string {
  const text = system.files.read("/etc/services");
  return text.ok ? text.value : "";
}

function readSettings(
  options: ParsedOptions<typeof OPTIONS>,
  services: () => string,
): Result<ProxySettings, string> {
  const connections = options.last("connections-max");
  const connectionsMax =
    connections === null ? DEFAULT_CONNECTIONS : parseInteger(connections, 0, UINT32_MAX);
  if (connectionsMax === undefined) return err(`Failed to parse --connections-max= argument: ${connections}`);
  if (connectionsMax < 1) return err("Connection limit is too low.");
  const idleUsec = readTime(options, "exit-idle-time", USEC_INFINITY);
  if (!idleUsec.ok) return idleUsec;
  const connectUsec = readTime(options, "connect-timeout", DEFAULT_CONNECT_TIMEOUT);
  if (!connectUsec.ok) return connectUsec;
  const [operand] = options.operands;
  if (operand === undefined) return err("Not enough parameters.");
  if (options.operands.length > 1) return err("Too many parameters.");
  const backend = parseBackend(operand, services);
  if (!backend.ok) return backend;
  return ok({
    backend: backend.value,
    connectionsMax,
    idleUsec: idleUsec.value,
    connectUsec: connectUsec.value,
  });
}

function readTime(
  options: ParsedOptions<typeof OPTIONS>,
  name: "exit-idle-time" | "connect-timeout",
  unset: Usec,
): Result<Usec, string> {
  const text = options.last(name);
  const usec = text === null ? unset : parseTimespan(text);
  return usec === undefined ? err(`Failed to parse --${name}= argument: ${text}`) : ok(usec);
}

/** sd_listen_fds(3), and what each descriptor must be. */
function passedListeners(system: System, network: Network): Result<readonly number[], string> {
  const count = getVariable(system, "LISTEN_FDS");
  const forUs = parseInteger(getVariable(system, "LISTEN_PID") ?? "", 1, UINT32_MAX) === system.pid;
  if (count === null || !forUs) return err("Didn't get any sockets passed in.");
  const number = parseInteger(count, 1, system.inheritedFds.length);
  if (number === undefined) return err("Failed to receive sockets from parent.");
  const fds = Array.from({ length: number }, (_, index) => FIRST_PASSED + index);
  for (const fd of fds) {
    const kind = network.describe(fd);
    if (kind === "no-socket") return err("Failed to determine socket type: Socket operation on non-socket");
    if (kind === "other-socket") return err("Passed in socket is not a stream socket.");
  }
  return ok(fds);
}

/** sd_notify(3); nobody may be there to hear it. */
function notify(system: System, text: string): void {
  const to = getVariable(system, "NOTIFY_SOCKET");
  if (to !== null && to !== "") system.processes.sendDatagram({ text, to, fds: [], asPid: 0 });
}
