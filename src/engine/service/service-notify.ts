/** What a service says of itself (sd_notify(3)). */
import { addUsec, USEC_INFINITY, type Usec } from "../../base/time.ts";
import type { NotifyAccess } from "../../unit/model.ts";
import { type Engine, emit, log } from "../engine.ts";
import type { Notify } from "../event.ts";
import { capExtension } from "../shutdown/stop-budget.ts";
import type { ServiceState } from "../state.ts";
import { setTimer, timerId } from "../timer.ts";
import { setMainPid } from "./service-main-pid.ts";
import { mainStarted } from "./service-ready.ts";
import { enterReloadByNotify, enterRunning } from "./service-running.ts";
import { notifyAccess } from "./service-spawn.ts";
import { resetWatchdog, setServiceState, watchdogApplies } from "./service-state.ts";
import { enterSignal, enterStopByNotify } from "./service-stop.ts";

const STATUS_TEXT_MAX = 16384;
const ACCESS: readonly string[] = ["none", "main", "exec", "all"];

function mayTell(s: ServiceState, pid: number): boolean {
  switch (notifyAccess(s)) {
    case "none":
      return false;
    case "main":
      return pid === s.main?.pid;
    case "exec":
      return pid === s.main?.pid || pid === s.control?.pid;
    case "all":
      return true;
  }
}

function sayRefused(engine: Engine, s: ServiceState, pid: number): void {
  const access = notifyAccess(s);
  const why =
    access === "none"
      ? "reception is disabled"
      : `reception only permitted for main PID${access === "exec" ? " and control PID" : ""} (${s.main?.pid ?? "not known"})`;
  log(engine, "warning", s, `Got notification message from PID ${pid}, but ${why}`);
}

/** The first value of the key. */
function firstValue(tags: readonly string[], key: string): string | null {
  const tag = tags.find((one) => one.startsWith(key) && one.charAt(key.length) === "=");
  return tag === undefined ? null : tag.slice(key.length + 1);
}

function usecOf(engine: Engine, s: ServiceState, tags: readonly string[], key: string): Usec | null {
  const text = firstValue(tags, key);
  if (text === null) return null;
  if (/^\d{1,20}$/.test(text)) return Math.min(Number(text), USEC_INFINITY);
  log(engine, "warning", s, `Failed to parse ${key}=${text} in notification message, ignoring`);
  return null;
}

function isUpForMainPid(s: ServiceState): boolean {
  return s.sub === "start" || s.sub === "start-post" || s.sub === "running" || s.sub.startsWith("reload");
}

/** MAINPID=; the runtime lets only a process through that may be this service's. */
function takeMainPid(engine: Engine, s: ServiceState, tags: readonly string[]): void {
  const text = firstValue(tags, "MAINPID");
  if (text === null || !isUpForMainPid(s)) return;
  if (/^[1-9]\d{0,9}$/.test(text)) setMainPid(engine, s, Number(text));
  else log(engine, "warning", s, `Failed to parse MAINPID=${text} field in notification message, ignoring`);
}

function takeStopping(engine: Engine, s: ServiceState): void {
  s.notifyState = "stopping";
  if (s.sub === "running" || s.sub === "reload-signal" || s.sub === "reload-notify")
    enterStopByNotify(engine, s);
}

/** A reload that began after ReloadSignal= was sent: not one that was under way already. */
function isOurReload(engine: Engine, s: ServiceState, tags: readonly string[]): boolean {
  const usec = usecOf(engine, s, tags, "MONOTONIC_USEC");
  return (
    s.sub === "reload-signal" && usec !== null && s.reloadBeginUsec !== null && usec >= s.reloadBeginUsec
  );
}

function takeReady(engine: Engine, s: ServiceState, tags: readonly string[]): void {
  s.notifyState = "ready";
  const { type } = s.model.service;
  if ((type === "notify" || type === "notify-reload") && s.sub === "start" && s.readyToken === null)
    mainStarted(engine, s);
  if (s.sub === "reload-notify") enterRunning(engine, s, "success");
  if (tags.includes("RELOADING=1") && isOurReload(engine, s, tags)) {
    engine.work.push({ kind: "propagate-reload", unit: s });
    enterRunning(engine, s, "success");
  }
}

function takeReloading(engine: Engine, s: ServiceState, tags: readonly string[]): void {
  s.notifyState = "reloading";
  if (isOurReload(engine, s, tags)) setServiceState(engine, s, "reload-notify");
  if (s.sub === "running") enterReloadByNotify(engine, s);
}

/** STOPPING= wins over the others, and READY= over RELOADING=. */
function takeState(engine: Engine, s: ServiceState, tags: readonly string[]): void {
  if (tags.includes("STOPPING=1")) takeStopping(engine, s);
  else if (tags.includes("READY=1")) takeReady(engine, s, tags);
  else if (tags.includes("RELOADING=1")) takeReloading(engine, s, tags);
}

function takeStatus(engine: Engine, s: ServiceState, tags: readonly string[]): void {
  const text = firstValue(tags, "STATUS");
  if (text === null) return;
  if (text.length > STATUS_TEXT_MAX) {
    log(engine, "warning", s, `Status message overly long (${text.length} > ${STATUS_TEXT_MAX}), ignoring.`);
    return;
  }
  const status = text === "" ? null : text;
  if (status === s.statusText) return;
  s.statusText = status;
  emit(engine, { type: "status-text", unit: s.name, text });
}

function takeAccess(engine: Engine, s: ServiceState, tags: readonly string[]): void {
  const text = firstValue(tags, "NOTIFYACCESS");
  if (text === null) return;
  if (ACCESS.includes(text)) s.notifyAccessOverride = text as NotifyAccess;
  else
    log(
      engine,
      "warning",
      s,
      `Failed to parse NOTIFYACCESS= field value '${text}' in notification message, ignoring`,
    );
}

function takeErrno(engine: Engine, s: ServiceState, tags: readonly string[]): void {
  const text = firstValue(tags, "ERRNO");
  if (text === null) return;
  if (/^\d{1,4}$/.test(text)) s.statusErrno = Number(text);
  else
    log(
      engine,
      "warning",
      s,
      `Failed to parse ERRNO= field value '${text}' in notification message, ignoring`,
    );
}

function extend(engine: Engine, id: string, until: Usec): void {
  const at = engine.timers.get(id);
  if (at !== undefined && at < until) setTimer(engine, id, until);
}

function takeExtension(engine: Engine, s: ServiceState, tags: readonly string[]): void {
  const usec = usecOf(engine, s, tags, "EXTEND_TIMEOUT_USEC");
  if (usec === null) return;
  const until = capExtension(engine, s, addUsec(engine.now, usec));
  extend(engine, timerId("state", s), until);
  extend(engine, timerId("watchdog", s), until);
}

function takeWatchdog(engine: Engine, s: ServiceState, tags: readonly string[]): void {
  const text = firstValue(tags, "WATCHDOG");
  if (text === "1") {
    if (watchdogApplies(s)) resetWatchdog(engine, s);
  } else if (text === "trigger") {
    log(engine, "error", s, `Watchdog request (last status: ${s.statusText ?? "<unset>"})!`);
    enterSignal(engine, s, "stop-watchdog", "watchdog");
  } else if (text !== null) {
    log(engine, "warning", s, "Passed WATCHDOG= field is invalid, ignoring.");
  }
  const usec = usecOf(engine, s, tags, "WATCHDOG_USEC");
  if (usec === null) return;
  s.watchdogOverrideUsec = usec;
  if (watchdogApplies(s)) resetWatchdog(engine, s);
}

function isFdName(name: string): boolean {
  return name.length > 0 && name.length <= 255 && /^[\x21-\x39\x3b-\x7e]+$/.test(name);
}

function removeStored(engine: Engine, s: ServiceState, name: string | null): void {
  if (name !== null && isFdName(name)) {
    emit(engine, { type: "remove-stored-descriptors", unit: s.name, name });
    return;
  }
  const what = "FDSTOREREMOVE=1 requested, but no valid file descriptor name passed, ignoring.";
  log(engine, "warning", s, what);
}

function takeDescriptors(engine: Engine, s: ServiceState, tags: readonly string[], count: number): void {
  const name = firstValue(tags, "FDNAME");
  if (tags.includes("FDSTOREREMOVE=1")) {
    removeStored(engine, s, name);
  } else if (tags.includes("FDSTORE=1") && count > 0 && s.model.service.fileDescriptorStoreMax > 0) {
    const valid = name !== null && isFdName(name);
    if (name !== null && !valid) log(engine, "warning", s, "Passed FDNAME= name is invalid, ignoring.");
    const poll = !tags.includes("FDPOLL=0");
    emit(engine, { type: "store-descriptors", unit: s.name, name: valid ? name : "stored", poll });
  }
}

export function serviceNotified(engine: Engine, s: ServiceState, event: Notify): void {
  if (!mayTell(s, event.pid)) {
    sayRefused(engine, s, event.pid);
    return;
  }
  const { tags } = event;
  takeMainPid(engine, s, tags);
  takeState(engine, s, tags);
  takeStatus(engine, s, tags);
  takeAccess(engine, s, tags);
  takeErrno(engine, s, tags);
  takeExtension(engine, s, tags);
  takeWatchdog(engine, s, tags);
  takeDescriptors(engine, s, tags, event.descriptors);
}

/** Type=dbus: the name's coming starts the service, its going ends it. */
export function serviceBusName(engine: Engine, s: ServiceState, owned: boolean): void {
  s.busNameGood = owned;
  if (s.model.service.type !== "dbus") return;
  if (s.sub === "running") enterRunning(engine, s, "success");
  else if (s.sub === "start" && owned) mainStarted(engine, s);
}
