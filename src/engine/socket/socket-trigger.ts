/**
 * Traffic on a listening socket starts its service (Accept=no), or an instance for the connection (Accept=yes); and
 * what becomes of the service decides when the socket listens again (systemd.socket(5)).
 *
 * A socket is polled in `listening` alone. It comes back there as soon as its service is dead and has no job; during
 * the wait for an automatic restart too, but then traffic only turns it to `running` and hastens nothing.
 */
import { addUsec } from "../../base/time.ts";
import type { Unit } from "../../unit/model.ts";
import { type Engine, emit, log } from "../engine.ts";
import type { ConnectionAccepted, InstanceLoaded } from "../event.ts";
import { addUnit, findUnit, linked, linkedByAtom } from "../graph.ts";
import { addJob } from "../job/add-job.ts";
import { activeOrPending, stopPending } from "../job/job.ts";
import type { PendingConnection, ServiceState, SocketState, UnitState } from "../state.ts";
import { activeState, isInactiveOrFailed } from "../unit/active-state.ts";
import { freshState } from "../unit/unit-state.ts";
import { enterListening, isServiceActive } from "./socket-start.ts";
import { armStateTimer, serviceOf, setSocketState } from "./socket-state.ts";
import { enterStopPre } from "./socket-stop.ts";
import { countPoll, countTrigger, serviceLimitHit } from "./trigger-limit.ts";

/* ---- Accept=no ---- */

export function socketIncoming(engine: Engine, s: SocketState, listener: number): void {
  if (s.sub !== "listening" || !s.watched) return;
  countPoll(engine, s, listener);
  if (stopPending(s)) {
    log(engine, "debug", s, "Suppressing connection request since unit stop is scheduled.");
    emit(engine, { type: "flush-socket", unit: s.name });
  } else if (countTrigger(engine, s)) {
    triggerService(engine, s);
  }
}

function triggerService(engine: Engine, s: SocketState): void {
  const service = serviceOf(engine, s);
  if (service === undefined) {
    log(engine, "warning", s, "Service to activate vanished, refusing activation.");
    enterStopPre(engine, s, "resources");
  } else if ([...linked(engine.graph, s, "Triggers"), service].some(activeOrPending)) {
    setSocketState(engine, s, "running");
  } else if (s.model.socket.deferTrigger !== "no" && isInConflict(engine, service) && mayDefer(engine, s)) {
    enterDeferred(engine, s);
  } else {
    startTriggered(engine, s, service);
  }
}

function startTriggered(engine: Engine, s: SocketState, service: UnitState): void {
  const outcome = addJob(engine, service, "start", "replace");
  if (outcome.ok) {
    setSocketState(engine, s, "running");
    return;
  }
  log(engine, "warning", s, `Failed to queue service startup job: ${outcome.error.message}`);
  enterStopPre(engine, s, "resources");
}

/* ---- DeferTrigger= ---- */

/** Would starting it take down something that is up? */
function isInConflict(engine: Engine, service: UnitState): boolean {
  return linkedByAtom(engine.graph, service, ["Conflicts", "ConflictedBy"]).some(
    (other) => other.job !== null || !isInactiveOrFailed(activeState(other)),
  );
}

function mayDefer(engine: Engine, s: SocketState): boolean {
  return s.model.socket.deferTrigger === "patient" || engine.jobs.size > 0;
}

function enterDeferred(engine: Engine, s: SocketState): void {
  armStateTimer(engine, s, addUsec(engine.now, s.model.socket.deferTriggerMaxUsec));
  setSocketState(engine, s, "deferred");
}

/** A unit stopped: perhaps the way is free now. */
export function retryDeferred(engine: Engine, s: SocketState): void {
  if (s.sub !== "deferred") return;
  const service = serviceOf(engine, s);
  if (service === undefined) return;
  if (!isInConflict(engine, service)) {
    startTriggered(engine, s, service);
  } else if (!mayDefer(engine, s)) {
    log(
      engine,
      "warning",
      s,
      "Service conflicts with active units even after all jobs have completed, giving up.",
    );
    enterStopPre(engine, s, "resources");
  }
}

/* ---- Accept=yes ---- */

function refuse(engine: Engine, s: SocketState, connection: number, why: string | null): void {
  s.refused += 1;
  emit(engine, { type: "close-connection", connection });
  if (why !== null) log(engine, "warning", s, why);
}

/** MaxConnections= and MaxConnectionsPerSource=; null: there is room. */
function fullness(s: SocketState, source: string | null): string | null {
  const { maxConnections, maxConnectionsPerSource } = s.model.socket;
  if (s.connections >= maxConnections)
    return `Too many incoming connections (${s.connections}), dropping connection.`;
  if (source === null || maxConnectionsPerSource === 0) return null;
  const count = s.perSource[source] ?? 0;
  if (count < maxConnectionsPerSource) return null;
  return `Too many incoming connections (${count}) from source ${source}, dropping connection.`;
}

function instanceName(s: SocketState, peer: string): string {
  const prefix = s.name.replace(/(@.*)?\.socket$/, "");
  return `${prefix}@${s.accepted}-${peer}.service`;
}

export function connectionAccepted(engine: Engine, s: SocketState, event: ConnectionAccepted): void {
  const { connection, source } = event;
  countPoll(engine, s, event.listener);
  if (s.sub !== "listening" || stopPending(s)) {
    refuse(engine, s, connection, null);
    return;
  }
  const full = countTrigger(engine, s) ? fullness(s, source) : "";
  if (full !== null) refuse(engine, s, connection, full === "" ? null : full);
  else loadInstance(engine, s, event);
}

function loadInstance(engine: Engine, s: SocketState, event: ConnectionAccepted): void {
  const { connection, source, environment } = event;
  const name = instanceName(s, event.instance);
  s.accepted += 1;
  s.connections += 1;
  if (source !== null) s.perSource[source] = (s.perSource[source] ?? 0) + 1;
  engine.pendingConnections.set(connection, { socket: s.name, connection, source, environment, name });
  emit(engine, { type: "load-instance", socket: s.name, connection, name });
}

/** One connection less; nobody needs the manager's copy any more. */
function giveUpConnection(
  engine: Engine,
  socket: UnitState | undefined,
  connection: number,
  source: string | null,
): void {
  emit(engine, { type: "close-connection", connection });
  if (socket?.kind !== "socket") return;
  socket.connections = Math.max(0, socket.connections - 1);
  if (source === null) return;
  const left = (socket.perSource[source] ?? 0) - 1;
  if (left > 0) socket.perSource[source] = left;
  else delete socket.perSource[source];
}

/** The instance is down: its slot is free, and the client sees the end. */
export function releaseConnection(engine: Engine, s: ServiceState): void {
  if (s.connection === null) return;
  const { socket, connection, source } = s.connection;
  s.connection = null;
  giveUpConnection(engine, findUnit(engine.graph, socket), connection, source);
}

function instanceProblem(unit: Unit | null, error: string | null): string | null {
  if (unit === null) return `Failed to load connection service unit: ${error ?? "not found"}`;
  if (unit.loadState === "masked") return "Connection service unit is masked, refusing.";
  if (unit.loadState === "loaded" && unit.type === "service") return null;
  return `Failed to load connection service unit: ${unit.loadError ?? unit.loadState}`;
}

export function instanceLoaded(engine: Engine, event: InstanceLoaded): void {
  const pending = engine.pendingConnections.get(event.connection);
  if (pending === undefined) return;
  engine.pendingConnections.delete(event.connection);
  const socket = findUnit(engine.graph, pending.socket);
  const problem = instanceProblem(event.unit, event.error);
  if (socket?.kind !== "socket" || socket.sub !== "listening") {
    giveUpConnection(engine, socket, pending.connection, pending.source);
  } else if (problem !== null || event.unit === null) {
    giveUpConnection(engine, socket, pending.connection, pending.source);
    log(engine, "warning", socket, problem ?? "");
    enterStopPre(engine, socket, "resources");
  } else {
    startInstance(engine, socket, event.unit, pending);
  }
}

function startInstance(engine: Engine, socket: SocketState, model: Unit, pending: PendingConnection): void {
  const instance = freshState(model);
  if (instance.kind !== "service") return;
  const { connection, source, environment } = pending;
  instance.transient = true;
  instance.connection = { socket: socket.name, connection, source, environment };
  addUnit(engine.graph, instance);
  const outcome = addJob(engine, instance, "start", "replace");
  if (outcome.ok) return;
  engine.settled.add(instance);
  log(
    engine,
    "warning",
    socket,
    `Failed to queue service startup job (Maybe the service is missing or is a template unit?): ${outcome.error.message}`,
  );
  enterStopPre(engine, socket, "resources");
}

export function acceptFailed(engine: Engine, s: SocketState, message: string): void {
  if (s.sub !== "listening") return;
  log(engine, "error", s, `Failed to accept connection socket: ${message}`);
  enterStopPre(engine, s, "resources");
}

/* ---- the service changed ---- */

/**
 * Both are to be stopped, and the service is down already: it only waits for its turn. Who is in the socket's queue
 * would wait for nothing; and where it is somebody who must be stopped before them, everybody until the time is over.
 * (systemd leaves the socket alone as long as its service has any job.)
 */
function willNotStart(s: SocketState, service: UnitState): boolean {
  return service.job?.type === "stop" && stopPending(s) && isInactiveOrFailed(activeState(service));
}

/** The service's state or job changed (systemd's socket_trigger_notify). */
export function serviceChanged(engine: Engine, s: SocketState, service: UnitState): void {
  if (s.sub !== "running" && s.sub !== "listening" && s.sub !== "deferred") return;
  if (s.model.socket.accept) return;
  if (service.startLimitHit) {
    serviceLimitHit(engine, s);
    return;
  }
  if (service.job !== null && !willNotStart(s, service)) return;
  if (!isServiceActive(service, true)) {
    if (s.sub !== "listening" || !s.watched) enterListening(engine, s);
  } else if (service.sub === "running" && s.sub !== "running") {
    setSocketState(engine, s, "running");
  }
}
