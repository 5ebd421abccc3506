/** Run-time states of units that were never started, and what holds for a unit of any kind. */
import type { PassiveUnit, ServiceUnit, SocketUnit, Unit } from "../../unit/model.ts";
import type { PassiveState, ServiceState, SocketState, UnitCore, UnitState } from "../state.ts";
import { freshWindow } from "./rate-limit.ts";

function freshCore(name: string): UnitCore {
  return {
    name,
    loadState: "not-found",
    loadError: null,
    job: null,
    nopJob: null,
    invocationId: null,
    transient: false,
    referenced: false,
    conditionResult: null,
    assertResult: null,
    conditionToken: null,
    startLimit: freshWindow(),
    startLimitHit: false,
    stateChangeUsec: null,
    inactiveExitUsec: null,
    activeEnterUsec: null,
    activeExitUsec: null,
    inactiveEnterUsec: null,
    autoStartStop: freshWindow(),
    terminations: freshWindow(),
    triggeredBy: null,
  };
}

function loadedCore(model: Unit): UnitCore {
  return { ...freshCore(model.name), loadState: model.loadState, loadError: model.loadError };
}

/** A name that is only referred to. */
export function placeholderState(name: string): PassiveState {
  return { ...freshCore(name), kind: "passive", model: null, sub: "dead" };
}

/** Made for each connection: one record at once costs half of one that is put together. */
function freshService(model: ServiceUnit): ServiceState {
  return {
    name: model.name,
    loadState: model.loadState,
    loadError: model.loadError,
    job: null,
    nopJob: null,
    invocationId: null,
    transient: false,
    referenced: false,
    conditionResult: null,
    assertResult: null,
    conditionToken: null,
    startLimit: freshWindow(),
    startLimitHit: false,
    stateChangeUsec: null,
    inactiveExitUsec: null,
    activeEnterUsec: null,
    activeExitUsec: null,
    inactiveEnterUsec: null,
    autoStartStop: freshWindow(),
    terminations: freshWindow(),
    triggeredBy: null,
    kind: "service",
    model,
    sub: "dead",
    result: "success",
    reloadResult: "success",
    cleanResult: "success",
    main: null,
    mainIndex: null,
    mainKnown: false,
    control: null,
    controlCommand: null,
    execMain: null,
    execControl: {},
    mayHaveProcesses: false,
    forbidRestart: false,
    nRestarts: 0,
    flushRestarts: false,
    notifyState: "unknown",
    notifyAccessOverride: null,
    statusText: null,
    statusErrno: 0,
    watchdogOverrideUsec: null,
    watchdogTimestamp: null,
    reloadBeginUsec: null,
    busNameGood: false,
    pidFileQuestion: null,
    pendingMainExit: null,
    fdStoreCount: 0,
    readyToken: null,
    connection: null,
  };
}

function freshSocket(model: SocketUnit): SocketState {
  return {
    ...loadedCore(model),
    kind: "socket",
    model,
    sub: "dead",
    result: "success",
    control: null,
    controlCommand: null,
    execControl: {},
    mayHaveProcesses: false,
    open: false,
    watched: false,
    accepted: 0,
    refused: 0,
    connections: 0,
    perSource: {},
    triggerLimit: freshWindow(),
    pollLimit: model.socket.listeners.map(freshWindow),
    pausedListeners: [],
    triggerPauses: 0,
    pausedUntil: null,
  };
}

function freshPassive(model: PassiveUnit): PassiveState {
  return { ...loadedCore(model), kind: "passive", model, sub: "dead" };
}

export function freshState(model: Unit): UnitState {
  switch (model.type) {
    case "service":
      return freshService(model);
    case "socket":
      return freshSocket(model);
    default:
      return freshPassive(model);
  }
}

/**
 * The state with new settings (daemon-reload). Run-time state stays; a name that was only referred to keeps its job.
 * A unit can't change its kind, because the kind is in its name.
 */
export function withModel(unit: UnitState, model: Unit): UnitState {
  if (unit.kind === "service" && model.type === "service") unit.model = model;
  else if (unit.kind === "socket" && model.type === "socket") replaceSocketModel(unit, model);
  else if (unit.kind === "passive" && model.type !== "service" && model.type !== "socket") unit.model = model;
  else return { ...freshState(model), job: unit.job, nopJob: unit.nopJob };
  unit.loadState = model.loadState;
  unit.loadError = model.loadError;
  return unit;
}

function replaceSocketModel(unit: SocketState, model: SocketUnit): void {
  unit.model = model;
  unit.pollLimit = model.socket.listeners.map((_, i) => unit.pollLimit[i] ?? freshWindow());
}

/** "foo.service - Description", as status messages name a unit. */
export function describeUnit(unit: UnitState): string {
  const description = unit.model?.unit.description ?? "";
  return description === "" || description === unit.name ? unit.name : `${unit.name} - ${description}`;
}
