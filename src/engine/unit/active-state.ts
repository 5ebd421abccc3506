/**
 * From each unit kind's sub state to the state that all units share (systemd's state_translation_table), and the
 * questions that are asked of the latter.
 */
import type { ActiveState, PassiveSubState, ServiceSubState, SocketSubState, UnitState } from "../state.ts";

const SERVICE: Readonly<Record<ServiceSubState, ActiveState>> = {
  dead: "inactive",
  condition: "activating",
  "start-pre": "activating",
  start: "activating",
  "start-post": "activating",
  running: "active",
  exited: "active",
  reload: "reloading",
  "reload-signal": "reloading",
  "reload-notify": "reloading",
  stop: "deactivating",
  "stop-watchdog": "deactivating",
  "stop-sigterm": "deactivating",
  "stop-sigkill": "deactivating",
  "stop-post": "deactivating",
  "final-watchdog": "deactivating",
  "final-sigterm": "deactivating",
  "final-sigkill": "deactivating",
  failed: "failed",
  "dead-before-auto-restart": "inactive",
  "failed-before-auto-restart": "failed",
  "dead-resources-pinned": "inactive",
  "auto-restart": "activating",
  "auto-restart-queued": "activating",
  cleaning: "maintenance",
};

const SOCKET: Readonly<Record<SocketSubState, ActiveState>> = {
  dead: "inactive",
  "start-pre": "activating",
  "start-open": "activating",
  "start-chown": "activating",
  "start-post": "activating",
  listening: "active",
  deferred: "active",
  running: "active",
  "stop-pre": "deactivating",
  "stop-pre-sigterm": "deactivating",
  "stop-pre-sigkill": "deactivating",
  "stop-post": "deactivating",
  "final-sigterm": "deactivating",
  "final-sigkill": "deactivating",
  failed: "failed",
  cleaning: "maintenance",
};

const PASSIVE: Readonly<Record<PassiveSubState, ActiveState>> = { dead: "inactive", active: "active" };

/** A Type=idle service counts as up as soon as it is begun, so that nothing waits for it. */
function idleActiveState(sub: ServiceSubState): ActiveState {
  const active = SERVICE[sub];
  return active === "activating" && !sub.startsWith("auto-restart") ? "active" : active;
}

export function serviceActiveState(sub: ServiceSubState, idle: boolean): ActiveState {
  return idle ? idleActiveState(sub) : SERVICE[sub];
}

export function socketActiveState(sub: SocketSubState): ActiveState {
  return SOCKET[sub];
}

export function passiveActiveState(sub: PassiveSubState): ActiveState {
  return PASSIVE[sub];
}

export function activeState(unit: UnitState): ActiveState {
  switch (unit.kind) {
    case "service":
      return serviceActiveState(unit.sub, unit.model.service.type === "idle");
    case "socket":
      return SOCKET[unit.sub];
    case "passive":
      return PASSIVE[unit.sub];
  }
}

export function isActiveOrReloading(state: ActiveState): boolean {
  return state === "active" || state === "reloading" || state === "refreshing";
}

export function isActiveOrActivating(state: ActiveState): boolean {
  return state === "activating" || isActiveOrReloading(state);
}

export function isInactiveOrFailed(state: ActiveState): boolean {
  return state === "inactive" || state === "failed";
}

export function isInactiveOrDeactivating(state: ActiveState): boolean {
  return state === "deactivating" || isInactiveOrFailed(state);
}
