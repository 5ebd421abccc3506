/**
 * Draft → Unit: what depends on several settings is decided here, as systemd does after it has read fragment and
 * drop-ins (its service_add_extras and socket_add_extras), and dependencies that follow from settings are added.
 */
import { USEC_INFINITY } from "../base/time.ts";
import { defaultDependencies } from "./default-dependencies.ts";
import type {
  DependencyTable,
  ExecSettings,
  LoadState,
  RateLimit,
  ServiceSettings,
  ServiceType,
  SocketSettings,
  Unit,
  UnitSettings,
  UnitType,
} from "./model.ts";
import { BURST_UNSET } from "./rate-limit.ts";
import { DEFAULTS, type Draft, group, type WrittenServiceSettings } from "./settings.ts";
import { unitPrefix } from "./unit-name.ts";
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

function finishService(written: WrittenServiceSettings, exec: ExecSettings): ServiceSettings {
  const type = serviceType(written, exec);
  const wantsNotify =
    type === "notify" ||
    type === "notify-reload" ||
    written.watchdogUsec > 0 ||
    written.fileDescriptorStoreMax > 0;
  return {
    ...written,
    type,
    timeoutStartUsec:
      type === "oneshot" && !written.timeoutStartDefined ? USEC_INFINITY : written.timeoutStartUsec,
    notifyAccess: written.notifyAccess === "none" && wantsNotify ? "main" : written.notifyAccess,
    restartUsec: Math.min(written.restartUsec, written.restartMaxDelayUsec),
  };
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

function finishExec(written: ExecSettings, name: string): ExecSettings {
  let exec = written;
  if (exec.standardInput === "null" && exec.standardInputData !== "")
    exec = { ...exec, standardInput: "data" };
  if (!TWO_WAY.includes(exec.standardInput)) {
    const inherits = exec.standardOutput === "inherit";
    // The manager's DefaultStandardError= is "inherit", its DefaultStandardOutput= "journal".
    if (inherits) exec = { ...exec, standardOutput: "journal" };
  }
  if (exec.dynamicUser) {
    const user = exec.user ?? dynamicUser(name);
    exec = { ...exec, user, group: exec.group ?? user, noNewPrivileges: true };
  }
  return exec;
}

function resolveBurst(limit: RateLimit, burst: number): RateLimit {
  return limit.burst === BURST_UNSET ? { ...limit, burst } : limit;
}

function finishSocket(written: SocketSettings): SocketSettings {
  return {
    ...written,
    triggerLimit: resolveBurst(written.triggerLimit, written.accept ? 200 : 20),
    pollLimit: resolveBurst(written.pollLimit, written.accept ? 150 : 15),
  };
}

function finishUnitSettings(draft: Draft, name: string): UnitSettings {
  const { jobRunningTimeoutDefined: _, ...unit } = group(draft, "unit");
  return unit.description === "" ? { ...unit, description: name } : unit;
}

/** Only the kinds that have any names. */
function compactDependencies(draft: Draft): DependencyTable {
  const written = draft.dependencies;
  if (written === undefined) return {};
  return Object.fromEntries(Object.entries(written).filter(([, names]) => names.length > 0));
}

function withVerdict(origin: UnitOrigin, verdict: Verdict): Pick<UnitOrigin, "loadState" | "loadError"> {
  const { loadState, loadError } = origin;
  if (loadState !== "loaded" || verdict.refusal === null) return { loadState, loadError };
  return { loadState: "bad-setting", loadError: `${origin.fragmentPath ?? origin.name}: ${verdict.refusal}` };
}

const NO_VERDICT: Verdict = { refusal: null, warnings: [] };

/** Completes a unit. A unit that is not loaded keeps its defaults and gets no dependencies. */
export function finishUnit(draft: Draft, origin: UnitOrigin): FinishedUnit {
  const { name, type, aliases, fragmentPath, dropInPaths } = origin;
  const base = {
    name,
    aliases,
    fragmentPath,
    dropInPaths,
    unit: finishUnitSettings(draft, name),
    install: group(draft, "install"),
    usher: group(draft, "usher"),
    dependencies: compactDependencies(draft),
  };
  if (type === "service") {
    const exec = finishExec(group(draft, "exec"), name);
    const service = finishService(group(draft, "service"), exec);
    const verdict = verifyService(service, base.unit);
    const states = withVerdict(origin, verdict);
    const unit: Unit = { ...base, ...states, type, service, exec, kill: group(draft, "kill") };
    return { unit: { ...unit, dependencies: defaultDependencies(unit) }, ...verdict };
  }
  if (type === "socket") {
    const socket = finishSocket(group(draft, "socket"));
    const exec = draft.exec === undefined ? DEFAULTS.exec : finishExec(draft.exec, name);
    const verdict = verifySocket(socket);
    const states = withVerdict(origin, verdict);
    const unit: Unit = { ...base, ...states, type, socket, exec, kill: group(draft, "kill") };
    return { unit: { ...unit, dependencies: defaultDependencies(unit) }, ...verdict };
  }
  const unit: Unit = { ...base, ...withVerdict(origin, NO_VERDICT), type };
  return { unit: { ...unit, dependencies: defaultDependencies(unit) }, ...NO_VERDICT };
}
