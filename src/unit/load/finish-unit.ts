/**
 * Draft → Unit: what depends on several settings is decided here, as systemd does after it has read fragment and
 * drop-ins (its service_add_extras and socket_add_extras), and dependencies that follow from settings are added.
 */
import { USEC_INFINITY } from "../../base/time.ts";
import type {
  DependencyTable,
  ExecSettings,
  LoadState,
  PassiveUnit,
  RateLimit,
  ServiceSettings,
  ServiceType,
  ServiceUnit,
  SocketSettings,
  SocketUnit,
  Unit,
  UnitBase,
  UnitSettings,
  UnitType,
} from "../model.ts";
import {
  DEFAULTS,
  type Draft,
  group,
  TIMEOUT_UNSET,
  type WrittenServiceSettings,
  writable,
} from "../settings.ts";
import { unitPrefix } from "../unit-name.ts";
import { UINT32_MAX } from "../value/number.ts";
import { BURST_UNSET } from "../value/rate-limit.ts";
import {
  mergeDependencies,
  serviceDependencies,
  socketDependencies,
  targetDependencies,
} from "./default-dependencies.ts";
import { type Verdict, verifyService, verifySocket } from "./verify.ts";

/** Where a unit comes from, and how reading it went. */
export interface UnitOrigin {
  readonly name: string;
  readonly type: UnitType;
  readonly aliases: readonly string[];
  readonly loadState: LoadState;
  readonly loadError: string | null;
  readonly fragmentPath: string | null;
  readonly dropInPaths: readonly string[];
}

export interface FinishedUnit {
  readonly unit: Unit;
  /** Why all of it together is refused, though every value is right. */
  readonly refusal: string | null;
  readonly warnings: readonly string[];
}

function serviceType(service: WrittenServiceSettings, exec: ExecSettings): ServiceType {
  if (service.type !== null) return service.type;
  if (service.busName !== null) return "dbus";
  if (exec.credentials.length > 0) return "exec";
  return service.execStart.length > 0 ? "simple" : "oneshot";
}

function finishService(draft: Draft, exec: ExecSettings): ServiceSettings {
  const service = writable(draft, "service");
  const type = serviceType(service, exec);
  const wantsNotify =
    type === "notify" ||
    type === "notify-reload" ||
    service.watchdogUsec > 0 ||
    service.fileDescriptorStoreMax > 0;
  if (type === "oneshot" && !service.timeoutStartDefined) service.timeoutStartUsec = USEC_INFINITY;
  if (service.notifyAccess === "none" && wantsNotify) service.notifyAccess = "main";
  service.restartUsec = Math.min(service.restartUsec, service.restartMaxDelayUsec);
  return Object.assign(service, { type });
}

/** Streams that go both ways; output inherits them. */
const TWO_WAY: readonly string[] = ["tty", "tty-force", "tty-fail", "socket", "fd"];

/** DynamicUser= without User= takes the unit's name where that can be an account's. */
function dynamicUser(name: string): string {
  const prefix = unitPrefix(name);
  return /^[A-Za-z_][A-Za-z0-9_-]{0,30}$/.test(prefix) ? prefix : `_du${hash(prefix)}`;
}

function hash(text: string): string {
  let sum = 0;
  for (let i = 0; i < text.length; i++) sum = (Math.imul(sum, 31) + text.charCodeAt(i)) >>> 0;
  return sum.toString(16);
}

/** What most sockets and many services have: nothing written. */
const PLAIN_EXEC: ExecSettings = { ...DEFAULTS.exec, standardOutput: "journal" };

const SCHED_FIFO = 1;
const SCHED_RR = 2;

/** The real-time policies have priorities from 1 on, the others none. */
function schedulingPriority({
  cpuSchedulingPolicy: policy,
  cpuSchedulingPriority: priority,
}: ExecSettings): number | null {
  if (policy === null) return priority;
  return policy === SCHED_FIFO || policy === SCHED_RR ? Math.max(priority ?? 1, 1) : 0;
}

function finishExec(draft: Draft, name: string, type: "service" | "socket"): ExecSettings {
  const { exec } = draft;
  if (exec === undefined) return PLAIN_EXEC;
  // A socket's commands have no input but what StandardInput= says.
  const isService = type === "service";
  if (isService && exec.standardInput === "null" && exec.standardInputData !== "")
    exec.standardInput = "data";
  // The manager's DefaultStandardError= is "inherit", its DefaultStandardOutput= "journal".
  const inherits = isService && TWO_WAY.includes(exec.standardInput);
  if (exec.standardOutput === "inherit" && !inherits) exec.standardOutput = "journal";
  exec.cpuSchedulingPriority = schedulingPriority(exec);
  if (exec.dynamicUser) {
    exec.user ??= dynamicUser(name);
    exec.group ??= exec.user;
    exec.noNewPrivileges = true;
  }
  return exec;
}

/** "infinity" and the largest burst there is stand for the default, too. */
function resolveLimit(limit: RateLimit, burst: number): RateLimit {
  const hasBurst = limit.burst !== BURST_UNSET && limit.burst !== UINT32_MAX;
  if (hasBurst && limit.intervalUsec !== USEC_INFINITY) return limit;
  const { intervalUsec } = limit.intervalUsec === USEC_INFINITY ? DEFAULTS.socket.triggerLimit : limit;
  return { intervalUsec, burst: hasBurst ? limit.burst : burst };
}

function finishSocket(draft: Draft): SocketSettings {
  const socket = writable(draft, "socket");
  socket.triggerLimit = resolveLimit(socket.triggerLimit, socket.accept ? 200 : 20);
  socket.pollLimit = resolveLimit(socket.pollLimit, socket.accept ? 150 : 15);
  return socket;
}

function finishUnitSettings(draft: Draft): UnitSettings {
  const unit = writable(draft, "unit");
  if (unit.jobRunningTimeoutUsec === TIMEOUT_UNSET) unit.jobRunningTimeoutUsec = unit.jobTimeoutUsec;
  return unit;
}

/** What is particular to the unit's type. */
interface Part {
  readonly settings:
    | Omit<ServiceUnit, keyof UnitBase>
    | Omit<SocketUnit, keyof UnitBase>
    | Omit<PassiveUnit, keyof UnitBase>;
  readonly verdict: Verdict;
  /** Dependencies that follow from the settings. */
  readonly added: DependencyTable;
}

const NO_VERDICT: Verdict = { refusal: null, state: "bad-setting", warnings: [] };

function finishPart(draft: Draft, name: string, type: UnitType, unit: UnitSettings): Part {
  if (type === "service") {
    const exec = finishExec(draft, name, type);
    const service = finishService(draft, exec);
    return {
      settings: { type, service, exec, kill: group(draft, "kill") },
      verdict: verifyService(service, unit),
      added: serviceDependencies(unit, service),
    };
  }
  if (type === "socket") {
    const socket = finishSocket(draft);
    return {
      settings: { type, socket, exec: finishExec(draft, name, type), kill: group(draft, "kill") },
      verdict: verifySocket(socket),
      added: socketDependencies(name, unit, socket),
    };
  }
  const added = type === "target" ? targetDependencies(name, unit) : {};
  return { settings: { type }, verdict: NO_VERDICT, added };
}

/**
 * Completes a unit; the draft becomes part of it. One that could not be read keeps its settings and gets no
 * dependencies; one that is refused when all of it is known has them.
 */
export function finishUnit(draft: Draft, origin: UnitOrigin): FinishedUnit {
  const { name, aliases, fragmentPath, dropInPaths } = origin;
  const unit = finishUnitSettings(draft);
  const { settings, verdict, added } = finishPart(draft, name, origin.type, unit);
  const isRefused = origin.loadState === "loaded" && verdict.refusal !== null;
  const loadState = isRefused ? verdict.state : origin.loadState;
  const base: UnitBase = {
    name,
    aliases,
    loadState,
    loadError: isRefused ? `${fragmentPath ?? name}: ${verdict.refusal}` : origin.loadError,
    fragmentPath,
    dropInPaths,
    unit,
    dependencies:
      origin.loadState === "loaded"
        ? mergeDependencies(draft.dependencies, added)
        : (draft.dependencies ?? {}),
    install: group(draft, "install"),
    usher: group(draft, "usher"),
  };
  return { unit: Object.assign(base, settings), refusal: verdict.refusal, warnings: verdict.warnings };
}
