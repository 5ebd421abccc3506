/**
 * usher as an init: puts the parts together, boots, and runs until the engine says that all is over.
 *
 * The boot goes in this order, so that clients can connect as early as possible: the enabled sockets are found, loaded
 * and bound while nothing else has been read (early-boot.ts); the kernel queues for them from then on; then the rest
 * of usher and all other units are loaded, and the boot unit is started with everything that it wants. Nothing of this returns to the event loop, so
 * no connection is looked at before all units are known.
 */

import { err, ok, type Result } from "../../base/result.ts";
import type { Usec } from "../../base/time.ts";
import type { ControlFailure } from "../../control/backend.ts";
import type { ControlServer } from "../../control/server.ts";
import { createEngine } from "../../engine/step.ts";
import { activeState } from "../../engine/unit/active-state.ts";
import { describe } from "../../host/errno.ts";
import type { Native } from "../../host/native.ts";
import { forgetDirectives } from "../../unit/directive/directive-table.ts";
import type { ExecCommand } from "../../unit/model.ts";
import type { Activation } from "../adopt/activation.ts";
import type { Bus } from "../bus/bus.ts";
import type { ControlParts } from "../control/control-backend.ts";
import { listenForControl, listenUnix } from "../control/control-transport.ts";
import { createRequests } from "../control/requests.ts";
import { carryOut, runAside } from "../effects.ts";
import { createLog, type Log } from "../log/log.ts";
import { onNotification } from "../notify/notification.ts";
import { openNotifySocket } from "../notify/notify-socket.ts";
import { createOwnAccount } from "../process/accounts.ts";
import { findCgroups } from "../process/cgroups.ts";
import { containerEnvironment, environmentValue } from "../process/environment.ts";
import { readEnvironmentFiles } from "../process/environment-files.ts";
import { createPidFiles } from "../process/pid-files.ts";
import { createProcessTable } from "../process/process-table.ts";
import { stepFailure } from "../process/spawn-command.ts";
import { recover } from "../recover.ts";
import { createPump, type Runtime } from "../runtime.ts";
import { onSignal } from "../signals.ts";
import { createAcceptPause } from "../socket/accept-pause.ts";
import { createConnections } from "../socket/connections.ts";
import { createFdStore } from "../socket/fd-store.ts";
import { makeParents } from "../socket/socket-open.ts";
import { createSocketTable } from "../socket/socket-table.ts";
import { createTimers } from "../timers.ts";
import { COMMAND_UNIT } from "../unit-store.ts";
import { markBooted } from "./booted-mark.ts";
import type { EarlyBoot } from "./early-boot.ts";

const STDOUT = 1;

/** After a second request to stop, what is left of the time. */
const HASTENED_USEC: Usec = 1_000_000;

/**
 * Whatever one callback does: a loop that never ends in PID 1 would be worse than a lost event. It counts twice, once
 * by the clock and then by the processor.
 */
const CALLBACK_LIMIT_USEC = 2_500_000;

const SIGTERM = 15;

/** Makes the control server, when the first client comes: it is a blob of its own. */
export type OpenControl = (runtime: Runtime, parts: ControlParts) => ControlServer;

/** The blobs that are loaded on demand. */
export interface Later {
  readonly openControl: OpenControl;
  readonly openBus: (runtime: Runtime, parts: ControlParts) => Bus;
  readonly createActivation: (
    runtime: Runtime,
    run: (unit: string, command: ExecCommand) => number,
  ) => Activation;
}

export function runInit(host: Native, early: EarlyBoot, later: Later): void {
  const { options } = early;
  const variable = (name: string): string | null => environmentValue(host.environ, name);
  const pretty = host.isatty(STDOUT);
  const log = createLog(host, {
    level: options.logLevel,
    format: options.logFormat ?? (pretty ? "pretty" : "json"),
    colour: pretty && (variable("NO_COLOR") ?? "") === "",
  });
  early.log.attach(log);
  host.setScriptLimits(0, 0, CALLBACK_LIMIT_USEC);
  host.setLastLine(SIGTERM, options.stopBudgetUsec);
  if (!host.isPid1) host.setSubreaper(true);
  prepareRuntimeDirectory(host, log, early.runtimeDirectory);
  const isBooted = markBooted(host, options.sdBooted, log);
  const parts: ControlParts = {
    reload: () => reloadUnits(runtime),
    reexec: () => err({ name: "NotSupported", message: "usher cannot re-execute itself yet" }),
  };
  const runtime = assemble(host, log, early, later.createActivation, () => later.openBus(runtime, parts));
  listen(runtime, early.runtimeDirectory, () => later.openControl(runtime, parts));
  if (isBooted) listenAsSystemd(runtime);
  boot(runtime);
}

/** State that isn't worth a failure: where no directory can be made, control and notification have none. */
function prepareRuntimeDirectory(host: Native, log: Log, directory: string): void {
  makeParents(host, `${directory}/x`, 0o755);
  if (host.access(directory, 2) < 0) {
    log.write(
      "warn",
      null,
      `cannot write to ${directory}: usherctl will not reach this usher, ignoring (mount a tmpfs at /run, or set XDG_RUNTIME_DIR)`,
    );
  }
}

function assemble(
  host: Native,
  log: Log,
  early: EarlyBoot,
  createActivation: Later["createActivation"],
  loadBus: () => Bus,
): Runtime {
  const { options, readAccounts } = early;
  const environment = containerEnvironment(host.environ);
  const identity = host.identity();
  const engine = createEngine({
    seed: host.randomHex(16),
    stopBudgetUsec: options.stopBudgetUsec,
    hastenedBudgetUsec: HASTENED_USEC,
    commandUnit: options.command.length > 0 ? COMMAND_UNIT : null,
  });
  const pump = createPump(
    engine,
    host,
    (effect) => carryOut(runtime, effect),
    (error, event) => {
      const text = error instanceof Error ? `${error.message}\n${error.stack ?? ""}` : String(error);
      log.write(
        "error",
        null,
        `internal error at ${event.type}, ignoring the event: ${host.explainStack(text)}`,
      );
    },
    () => {
      for (const follow of runtime.settledFollowers) follow();
    },
  );
  const timers = createTimers(host);
  const pauseAccept = createAcceptPause(host, timers, log);
  const cgroups = findCgroups(host);
  const processes = createProcessTable(host, cgroups);
  const runtime: Runtime = {
    host,
    log,
    options,
    engine,
    units: early.units,
    sockets: createSocketTable(
      host,
      {
        incoming: (unit, listener) => pump.emit({ type: "socket-incoming", unit, listener }),
        accepted(unit, listener, fd, { instance, source, environment: variables }) {
          const connection = runtime.connections.keep(fd);
          pump.emit({
            type: "connection-accepted",
            unit,
            listener,
            connection,
            source,
            instance,
            environment: variables,
          });
        },
        exhausted: pauseAccept,
        acceptFailed: (unit, code) =>
          pump.emit({
            type: "accept-failed",
            unit,
            message: `cannot accept a connection: ${describe(code)}`,
          }),
      },
      early.opened,
      early.handed,
    ),
    activation: null,
    bus: null,
    loadBus,
    loadActivation: () => createActivation(runtime, (unit, command) => runAside(runtime, unit, command)),
    connections: createConnections(host),
    processes,
    fdStore: createFdStore(host, (unit, count) => pump.emit({ type: "fd-store-changed", unit, count })),
    pidFiles: createPidFiles(host, (unit, pid) => processes.unitOf(pid) === unit),
    timers,
    pauseAccept,
    requests: createRequests(),
    environment,
    spawnContext: {
      host,
      cgroups,
      identity,
      containerEnvironment: environment,
      readAccounts,
      ownAccount: createOwnAccount(readAccounts, identity.euid, identity.egid),
      readEnvironmentFiles: (exec) => readEnvironmentFiles(host, exec),
    },
    notify: null,
    arrivedFds: [],
    handedStdio: new Map(),
    pendingSpawns: new Map(),
    idleSpawns: [],
    captures: new Set(),
    foregroundPid: 0,
    ending: false,
    whenChildrenDied: null,
    cleaners: new Map(),
    settledFollowers: new Set(),
    logFollowers: new Set(),
    listeningUsec: early.listeningUsec,
    finishedUsec: 0,
    emit: pump.emit,
    ends: [],
    abandon: null,
  };
  host.onError((text) => {
    recover(runtime, pump);
    log.write("error", null, `internal error, ignoring: ${text}`);
  });
  return runtime;
}

function listen(runtime: Runtime, directory: string, openControl: () => ControlServer): void {
  const { host, log } = runtime;
  const notify = openNotifySocket(host, directory, (message) => onNotification(runtime, message));
  if (typeof notify === "number")
    log.write(
      "warn",
      null,
      `cannot open the notification socket: ${describe(notify)}; Type=notify services will time out`,
    );
  else runtime.notify = notify;
  const reload = (): void => void reloadUnits(runtime);
  host.onSignal((signal) => onSignal(runtime, signal, reload));
  host.onCaptureEnd((fd) => runtime.captures.delete(fd));
  host.onSpawned((pid, stage, step, errno) => spawnFinished(runtime, pid, stage, step, errno));
  let server: ControlServer | null = null;
  const path = listenForControl(runtime, directory, () => {
    server ??= openControl();
    return server;
  });
  if (typeof path === "number") log.write("debug", null, `no control socket: ${describe(path)}`);
}

/** Where root's systemd-run looks for systemd's PID 1. */
const PRIVATE_SOCKET = "/run/systemd/private";

function listenAsSystemd(runtime: Runtime): void {
  const listening = listenUnix(runtime, PRIVATE_SOCKET, 0o700, (client) => {
    runtime.bus ??= runtime.loadBus();
    runtime.bus.serve(client);
  });
  if (listening < 0)
    runtime.log.write("debug", null, `cannot listen on ${PRIVATE_SOCKET}: ${describe(listening)}, ignoring`);
}

function spawnFinished(runtime: Runtime, pid: number, stage: number, step: string, errno: number): void {
  const pending = runtime.pendingSpawns.get(pid);
  if (pending === undefined) return;
  runtime.pendingSpawns.delete(pid);
  // A child that failed exits with that status itself: the engine sees the result there, the log has the cause.
  if (stage === 0) runtime.emit({ type: "executed", unit: pending.unit, token: pending.token });
  else runtime.log.write("error", pending.unit, stepFailure(pending.order, stage, step, errno).message);
}

function boot(runtime: Runtime): void {
  const { log, units, emit, options } = runtime;
  emit({ type: "units-loaded", units: units.loadRest(), complete: true, stubs: [] });
  const startedBoot = runtime.requests.open({
    reply(error) {
      if (error === null) return;
      log.write("error", null, `cannot start ${options.bootUnit}: ${error.message}`);
      bootFinished(runtime);
    },
    done: () => bootFinished(runtime),
  });
  emit({
    type: "job-requested",
    requestId: startedBoot,
    unit: options.bootUnit,
    job: "start",
    mode: "replace",
  });
}

function bootFinished(runtime: Runtime): void {
  const { host, log, engine } = runtime;
  runtime.finishedUsec = host.monotonic();
  for (const { fd, name, address } of runtime.sockets.closeUnclaimed())
    log.write(
      "warn",
      null,
      `LISTEN_FDS: no socket unit that is up has FileDescriptorName=${name} or listens on ${address}: closing descriptor ${fd}`,
    );
  forgetDirectives();
  host.collectGarbage();
  const states = [...engine.graph.units.values()];
  if (!states.some((unit) => (unit.model?.fragmentPath ?? null) !== null))
    log.write(
      "warn",
      null,
      `no unit files, nothing to do: put some into ${runtime.units.ownDirectories.join(":")} (usher --help has an example)`,
    );
  const listening = states.filter((unit) => unit.kind === "socket" && activeState(unit) === "active").length;
  const since = (at: Usec): string => ((at - host.startUsec) / 1000).toFixed(1);
  const failed = states.filter((unit) => activeState(unit) === "failed").map((unit) => unit.name);
  log.write(
    "info",
    null,
    `Startup finished in ${since(runtime.finishedUsec)} ms: ${listening} ${listening === 1 ? "socket" : "sockets"} listening, the first after ${since(runtime.listeningUsec)} ms`,
    failed.length > 0 ? { failed } : undefined,
  );
  if (log.shows("debug")) log.write("debug", null, `${host.heapBytes()} bytes of script heap in use`);
}

export function reloadUnits(runtime: Runtime): Result<null, ControlFailure> {
  runtime.log.write("info", null, "reloading unit files");
  runtime.emit({ type: "units-loaded", units: runtime.units.reload(), complete: true, stubs: [] });
  forgetDirectives();
  return ok(null);
}
