/**
 * Carries the engine's effects out: one handler for each kind, checked for being complete. What the engine needs to
 * know of the outcome goes back as an event.
 */

import type { Result } from "../base/result.ts";
import { err, ok } from "../base/result.ts";
import { USEC_INFINITY, USEC_PER_SEC } from "../base/time.ts";
import type { Effect, Spawn, UnitChanged } from "../engine/effect.ts";
import { linked } from "../engine/graph.ts";
import { activeState } from "../engine/unit/active-state.ts";
import { describe } from "../host/errno.ts";
import type { ExecCommand, SocketUnit, UsherSettings } from "../unit/model.ts";
import type { Activation } from "./adopt/activation.ts";
import type { HeldSocket } from "./adopt/adopt-match.ts";
import { endContainer } from "./boot/container-end.ts";
import { BUS_UNIT } from "./bus/bus.ts";
import { checkConditions } from "./condition-facts.ts";
import { releaseHandedStdio } from "./handed-stdio.ts";
import type { LogLevel } from "./log/log-levels.ts";
import { removeCredentials } from "./process/credentials.ts";
import { directoryPaths, removeRuntimeDirectories } from "./process/exec-directories.ts";
import { spawnCommand } from "./process/spawn-command.ts";
import type { PassedDescriptor, SpawnOrder } from "./process/spawn-order.ts";
import { type Runtime, serviceOf, socketOf, stateOf, unitOf } from "./runtime.ts";
import { explainOpenFailure } from "./socket/socket-open.ts";
import { socketOwner } from "./socket/socket-owner.ts";

type Handlers = {
  readonly [K in Effect["type"]]: (runtime: Runtime, effect: Extract<Effect, { type: K }>) => void;
};

/** Type=idle waits at most this long (systemd.service(5)). */
const IDLE_LIMIT_USEC = 5 * USEC_PER_SEC;

const HANDLERS: Handlers = {
  spawn(runtime, effect) {
    if (!effect.idle) return spawn(runtime, effect);
    let started = false;
    const start = (): void => {
      if (started) return;
      started = true;
      spawn(runtime, effect);
    };
    runtime.idleSpawns.push(start);
    runtime.timers.set(`idle:${effect.token}`, runtime.host.monotonic() + IDLE_LIMIT_USEC, start);
  },
  kill(runtime, effect) {
    // Before the signal: a service goes on accepting until it has heard of it.
    const state = stateOf(runtime, effect.unit);
    if (state?.kind === "service" && activeState(state) === "deactivating")
      runtime.activation?.hold.follow(effect.unit, "deactivating", state.sub);
    runtime.processes.kill(effect);
    if (effect.rest) scan(runtime, effect.unit);
  },
  "scan-processes": (runtime, effect) => scan(runtime, effect.unit),
  "open-socket"(runtime, effect) {
    const unit = socketOf(runtime, effect.unit);
    if (unit === null) return;
    const opened = openSocket(runtime, unit);
    if (opened.ok) runtime.emit({ type: "socket-opened", unit: effect.unit });
    else runtime.emit({ type: "socket-failed", unit: effect.unit, ...opened.error });
  },
  "close-socket"(runtime, effect) {
    const unit = socketOf(runtime, effect.unit);
    if (unit === null) return;
    const fds = runtime.sockets.descriptors(unit.name);
    runtime.activation?.hold.drop(fds);
    runtime.sockets.close(unit);
    runtime.activation?.adoption.drop(unit, fds);
  },
  "watch-socket"(runtime, effect) {
    const unit = socketOf(runtime, effect.unit);
    if (unit === null) return;
    runtime.sockets.watch(unit);
    // Who is held is in no queue that could be polled.
    runtime.sockets.descriptors(unit.name).forEach((fd, listener) => {
      if (runtime.activation?.hold.isAwaited(fd))
        runtime.emit({ type: "socket-incoming", unit: unit.name, listener });
    });
  },
  "unwatch-socket": (runtime, effect) => runtime.sockets.unwatch(effect.unit),
  "pause-listener": (runtime, effect) => runtime.sockets.pause(effect.unit, effect.listener),
  "resume-listener": (runtime, effect) => runtime.sockets.resume(effect.unit, effect.listener),
  "flush-socket": (runtime, effect) => runtime.sockets.flush(effect.unit),
  "close-connection": (runtime, effect) => runtime.connections.close(effect.connection),
  "load-instance"(runtime, effect) {
    const loaded = runtime.units.loadInstance(effect.name);
    runtime.emit({
      type: "instance-loaded",
      socket: effect.socket,
      connection: effect.connection,
      unit: loaded.ok ? loaded.value : null,
      error: loaded.ok ? null : loaded.error,
    });
  },
  "check-conditions"(runtime, effect) {
    const unit = unitOf(runtime, effect.unit);
    const outcome = checkConditions(runtime, unit?.unit.conditions ?? []);
    runtime.emit({ type: "conditions-checked", unit: effect.unit, token: effect.token, ...outcome });
  },
  "check-readiness"(runtime, effect) {
    const unit = serviceOf(runtime, effect.unit);
    if (unit !== null)
      activationFor(runtime, unit.usher)?.readiness.begin(unit.name, effect.token, unit.usher.readyChecks);
  },
  "read-pid-file": (runtime, effect) => answerPidFile(runtime, effect.unit),
  "watch-pid-file"(runtime, effect) {
    const path = serviceOf(runtime, effect.unit)?.service.pidFile ?? null;
    if (path !== null) runtime.pidFiles.watch(effect.unit, path, () => answerPidFile(runtime, effect.unit));
  },
  "unwatch-pid-file": (runtime, effect) => runtime.pidFiles.unwatch(effect.unit),
  "remove-pid-file"(runtime, effect) {
    const path = serviceOf(runtime, effect.unit)?.service.pidFile ?? null;
    if (path !== null) runtime.host.unlink(path);
  },
  "guess-main-pid"(runtime, effect) {
    const [first, ...others] = runtime.processes.childrenOfInit(effect.unit);
    runtime.emit({
      type: "main-pid-guessed",
      unit: effect.unit,
      pid: first !== undefined && others.length === 0 ? first : null,
    });
  },
  "set-timer": (runtime, effect) =>
    runtime.timers.set(effect.id, effect.at, () => runtime.emit({ type: "timer", id: effect.id })),
  "clear-timer": (runtime, effect) => runtime.timers.clear(effect.id),
  "remove-runtime-directories"(runtime, effect) {
    const unit = unitOf(runtime, effect.unit);
    if (unit === null || !("exec" in unit)) return;
    removeRuntimeDirectories(runtime.host, unit.exec);
    removeCredentials(runtime.host, unit.name, unit.exec.credentials);
  },
  "store-descriptors"(runtime, effect) {
    const max = serviceOf(runtime, effect.unit)?.service.fileDescriptorStoreMax ?? 0;
    const fds = runtime.arrivedFds;
    runtime.arrivedFds = [];
    fdStoreChanged(
      runtime,
      effect.unit,
      runtime.fdStore.store(effect.unit, fds, effect.name, max, effect.poll),
    );
  },
  "remove-stored-descriptors": (runtime, effect) =>
    fdStoreChanged(runtime, effect.unit, runtime.fdStore.remove(effect.unit, effect.name)),
  "release-fd-store"(runtime, effect) {
    runtime.fdStore.release(effect.unit);
    fdStoreChanged(runtime, effect.unit, 0);
  },
  clean(runtime, effect) {
    const unit = unitOf(runtime, effect.unit);
    if (effect.what.includes("fdstore")) {
      runtime.fdStore.release(effect.unit);
      fdStoreChanged(runtime, effect.unit, 0);
    }
    const paths = unit !== null && "exec" in unit ? directoryPaths(unit.exec, effect.what) : [];
    const pid = paths.length === 0 ? 0 : runtime.host.removeTreesAside(paths);
    if (pid <= 0) return runtime.emit({ type: "cleaned", unit: effect.unit, ok: pid === 0 });
    runtime.processes.spawned(effect.unit, pid, null);
    runtime.cleaners.set(pid, effect.unit);
  },
  "unit-changed"(runtime, effect) {
    if (effect.unit.endsWith(".service")) serviceChanged(runtime, effect);
    if (runtime.handedStdio.size > 0) releaseHandedStdio(runtime, effect.unit);
    if (runtime.bus !== null || isBusUp(runtime, effect)) {
      runtime.bus ??= runtime.loadBus();
      runtime.bus.unitChanged(effect.unit);
    }
    if (!runtime.log.shows("debug")) return;
    runtime.log.write(
      "debug",
      effect.unit,
      `${effect.fromActive}/${effect.fromSub} -> ${effect.active}/${effect.sub}`,
      { result: effect.result },
    );
  },
  "status-text": (runtime, effect) => runtime.log.write("debug", effect.unit, `STATUS=${effect.text}`),
  "unit-removed"(runtime, effect) {
    runtime.processes.forget(effect.unit);
    runtime.units.forget(effect.unit);
    releaseHandedStdio(runtime, effect.unit);
    runtime.log.forget(effect.unit);
  },
  "job-done": (runtime, effect) => runtime.requests.done(effect.requestIds, effect.result),
  "jobs-drained"(runtime) {
    for (const start of runtime.idleSpawns.splice(0)) start();
  },
  reply: (runtime, effect) => runtime.requests.reply(effect.requestId, effect.error, effect.job),
  log: (runtime, effect) =>
    runtime.log.write(logLevel(runtime, effect), effect.unit, effect.message, effect.fields ?? undefined),
  exit: (runtime, effect) => endContainer(runtime, effect),
};

function isBusUp(runtime: Runtime, { unit, sub }: Extract<Effect, { type: "unit-changed" }>): boolean {
  return sub === "running" && stateOf(runtime, BUS_UNIT)?.name === unit;
}

const LEVELS: Readonly<Record<Extract<Effect, { type: "log" }>["level"], LogLevel>> = {
  emergency: "fatal",
  alert: "fatal",
  critical: "fatal",
  error: "error",
  warning: "warn",
  notice: "info",
  info: "info",
  debug: "debug",
};

/** What usher's own targets are up to is nobody's news; a target that somebody wrote a file for is. */
function logLevel(runtime: Runtime, effect: Extract<Effect, { type: "log" }>): LogLevel {
  const level = LEVELS[effect.level];
  if (level !== "info" || effect.unit?.endsWith(".target") !== true) return level;
  return (unitOf(runtime, effect.unit)?.fragmentPath ?? null) === null ? "debug" : "info";
}

/** A handler that throws is a bug of its own: the other effects of the step are still carried out. */
export function carryOut(runtime: Runtime, effect: Effect): void {
  try {
    (HANDLERS[effect.type] as (runtime: Runtime, effect: Effect) => void)(runtime, effect);
  } catch (error) {
    const text = error instanceof Error ? `${error.message}\n${error.stack ?? ""}` : String(error);
    runtime.log.write(
      "error",
      "unit" in effect ? effect.unit : null,
      `internal error in ${effect.type}, ignoring: ${runtime.host.explainStack(text)}`,
    );
  }
}

function scan(runtime: Runtime, unit: string): void {
  runtime.processes.awaitEmpty(unit, (empty) =>
    runtime.emit({ type: empty ? "processes-gone" : "processes-remain", unit }),
  );
}

/** What [X-Usher] has to do with a service's state. */
function serviceChanged(runtime: Runtime, { unit: name, active, sub }: UnitChanged): void {
  const unit = serviceOf(runtime, name);
  if (unit !== null)
    activationFor(runtime, unit.usher)?.follow(unit, active, sub, () => socketsOf(runtime, name));
}

/** Loads what [X-Usher] asks for with the first unit that does. */
function activationFor(runtime: Runtime, usher: UsherSettings): Activation | null {
  const asked =
    usher.adoptSockets !== "no" ||
    usher.holdUntilReady ||
    usher.readyChecks.length > 0 ||
    usher.idleTimeoutUsec < USEC_INFINITY;
  if (asked) runtime.activation ??= runtime.loadActivation();
  return runtime.activation;
}

/** A command beside the service's own (ReadyCheck=exec:), as ExecStartPost= is run; its pid, or a negative number. */
export function runAside(runtime: Runtime, unit: string, command: ExecCommand): number {
  const state = stateOf(runtime, unit);
  const mainPid = state?.kind === "service" ? (state.main?.pid ?? null) : null;
  const order = spawnOrder(runtime, {
    type: "spawn",
    unit,
    token: -1,
    role: "ExecStartPost",
    command,
    invocationId: state?.invocationId ?? "",
    passSockets: [],
    passConnection: null,
    passStored: false,
    notifySocket: false,
    watchdogUsec: 0,
    fdStoreMax: 0,
    idle: false,
    applyPermissions: true,
    applyRoot: true,
    environment: mainPid === null ? [] : [`MAINPID=${mainPid}`],
  });
  const outcome = order === null ? null : spawnCommand(runtime.spawnContext, order);
  if (order === null || outcome === null || !outcome.ok || outcome.value.failure !== null) return -1;
  const { pid, output } = outcome.value;
  if (output >= 0) startCapture(runtime, order, output, pid);
  runtime.processes.spawned(unit, pid, state?.invocationId ?? null);
  return pid;
}

function fdStoreChanged(runtime: Runtime, unit: string, count: number): void {
  runtime.emit({ type: "fd-store-changed", unit, count });
}

function answerPidFile(runtime: Runtime, unit: string): void {
  const path = serviceOf(runtime, unit)?.service.pidFile ?? null;
  if (path === null) return;
  runtime.emit({ type: "pid-file-read", unit, ...runtime.pidFiles.read(unit, path) });
}

/** Is it the user or group of a service with DynamicUser=? */
function isDynamic(runtime: Runtime, name: string): boolean {
  for (const unit of runtime.engine.graph.units.values()) {
    const exec = unit.kind === "service" ? unit.model.exec : null;
    if (exec?.dynamicUser === true && (exec.user === name || exec.group === name)) return true;
  }
  return false;
}

function openSocket(
  runtime: Runtime,
  unit: SocketUnit,
): Result<null, { result: "resources" | "exit-code"; message: string }> {
  const owner = socketOwner(runtime.spawnContext.readAccounts, unit, (name) => isDynamic(runtime, name));
  if (!owner.ok) return err({ result: "exit-code", message: owner.error });
  const opened = runtime.sockets.open(unit, owner.value);
  if (!opened.ok) return err({ result: "resources", message: explainOpenFailure(opened.error) });
  for (const warning of opened.value) runtime.log.write("warn", unit.name, warning);
  return ok(null);
}

function spawn(runtime: Runtime, effect: Spawn): void {
  const { unit: name, token } = effect;
  const order = spawnOrder(runtime, effect);
  if (order === null) {
    runtime.emit({
      type: "spawn-failed",
      unit: name,
      token,
      exitStatus: null,
      message: `${name} has no commands`,
    });
    return;
  }
  const activation = effect.role === "ExecStart" ? activationFor(runtime, order.unit.usher) : null;
  const held = activation === null ? [] : heldSockets(runtime, effect.passSockets);
  activation?.prepare(order.unit, held);
  const outcome = spawnCommand(runtime.spawnContext, order);
  if (!outcome.ok) {
    runtime.emit({ type: "spawn-failed", unit: name, token, ...outcome.error });
    return;
  }
  const { pid, pending, output, failure, adoptChannel } = outcome.value;
  if (output >= 0) startCapture(runtime, order, output, pid);
  if (adoptChannel >= 0) activation?.adoption.serve(name, adoptChannel, held);
  if (failure !== null) {
    runtime.emit({ type: "spawn-failed", unit: name, token, ...failure });
    return;
  }
  runtime.processes.spawned(name, pid, effect.invocationId);
  if (order.foreground) runtime.foregroundPid = pid;
  if (pending) runtime.pendingSpawns.set(pid, { unit: name, token, order });
  runtime.emit({ type: "spawned", unit: name, token, pid, executed: !pending });
}

function startCapture(runtime: Runtime, order: SpawnOrder, fd: number, pid: number): void {
  const code = runtime.host.captureStart(fd, runtime.log.sink(order.unit.name, pid, order.unit.exec));
  if (code < 0) {
    runtime.log.write("warn", order.unit.name, `cannot capture output: ${describe(code)}, ignoring`);
    runtime.host.close(fd);
    return;
  }
  runtime.captures.add(fd);
}

function spawnOrder(runtime: Runtime, effect: Spawn): SpawnOrder | null {
  const unit = unitOf(runtime, effect.unit);
  if (unit === null || !("exec" in unit)) return null;
  const connection =
    effect.passConnection === null ? -1 : runtime.connections.descriptor(effect.passConnection);
  const adopt = effect.passSockets.length > 0 ? unit.usher.adoptSockets : "no";
  const passed = passedDescriptors(runtime, adopt === "no" ? effect.passSockets : [], effect, connection);
  return {
    unit,
    command: effect.command,
    passed,
    stdioSocket: connection >= 0 ? connection : passed.length === 1 ? (passed[0]?.fd ?? -1) : -1,
    nonBlocking: unit.type === "service" && unit.service.nonBlocking,
    invocationId: effect.invocationId,
    notifyAddress: effect.notifySocket ? (runtime.notify?.address ?? null) : null,
    watchdogUsec: effect.watchdogUsec,
    fdStoreMax: effect.fdStoreMax,
    environment: effect.environment,
    applyPermissions: effect.applyPermissions,
    applyRoot: effect.applyRoot,
    openFiles: effect.passStored && unit.type === "service" ? unit.service.openFiles : [],
    foreground: effect.unit === runtime.engine.options.commandUnit,
    handedStdio: runtime.handedStdio.get(effect.unit) ?? null,
    adopt,
  };
}

/** Sockets in the engine's order, then the connection, then what the service stored. */
function passedDescriptors(
  runtime: Runtime,
  sockets: readonly string[],
  effect: Spawn,
  connection: number,
): PassedDescriptor[] {
  const passed: PassedDescriptor[] = [];
  for (const socket of sockets) {
    const name = socketOf(runtime, socket)?.socket.fileDescriptorName ?? socket;
    for (const fd of runtime.sockets.descriptors(socket)) passed.push({ fd, name });
  }
  if (connection >= 0) passed.push({ fd: connection, name: connectionName(runtime, effect) });
  if (effect.passStored) passed.push(...runtime.fdStore.list(effect.unit));
  return passed;
}

/** All open sockets that start the service. */
function socketsOf(runtime: Runtime, service: string): HeldSocket[] {
  const unit = stateOf(runtime, service);
  if (unit === undefined) return [];
  const sockets = [...linked(runtime.engine.graph, unit, "TriggeredBy")];
  return heldSockets(
    runtime,
    sockets.map(({ name }) => name),
  );
}

/** These sockets with their addresses: what answers a program's bind() calls. */
function heldSockets(runtime: Runtime, sockets: readonly string[]): HeldSocket[] {
  const held: HeldSocket[] = [];
  for (const socket of sockets) {
    const listeners = socketOf(runtime, socket)?.socket.listeners ?? [];
    runtime.sockets.descriptors(socket).forEach((fd, index) => {
      const kind = listeners[index]?.kind;
      const address = runtime.sockets.address(fd);
      if (address !== null && (kind === "stream" || kind === "datagram" || kind === "seqpacket"))
        held.push({ fd, kind, address });
    });
  }
  return held;
}

function connectionName(runtime: Runtime, effect: Spawn): string {
  const state = stateOf(runtime, effect.unit);
  const socket = state?.kind === "service" ? (state.connection?.socket ?? null) : null;
  return (socket === null ? null : socketOf(runtime, socket)?.socket.fileDescriptorName) ?? "connection";
}
