/** Units as they would come from their files, with systemd's defaults and only what a test says besides. */
import { USEC_INFINITY, USEC_PER_SEC } from "../../src/base/time.ts";
import type {
  DependencyTable,
  ExecCommand,
  ExecSettings,
  KillSettings,
  PassiveUnit,
  ServiceSettings,
  ServiceUnit,
  SocketSettings,
  SocketUnit,
  UnitSettings,
  UsherSettings,
} from "../../src/unit/model.ts";
import { DEFAULTS } from "../../src/unit/settings.ts";

export const SEC: number = USEC_PER_SEC;
export const NEVER: number = USEC_INFINITY;

export function command(path: string, ignoreFailure = false): ExecCommand {
  return { path, argv: [path], ignoreFailure, privileges: "normal", noEnvExpand: false, viaShell: false };
}

const SERVICE: ServiceSettings = {
  ...DEFAULTS.service,
  type: "simple",
  execStart: [command("/bin/daemon")],
  restartUsec: SEC / 10,
};

const SOCKET: SocketSettings = {
  ...DEFAULTS.socket,
  listeners: [
    { kind: "stream", address: { family: "inet", host: "127.0.0.1", port: 7001 }, text: "127.0.0.1:7001" },
  ],
  triggerLimit: { intervalUsec: 2 * SEC, burst: 20 },
  pollLimit: { intervalUsec: 2 * SEC, burst: 15 },
};

/** What any unit can say: its dependencies, its [Unit] settings, and whether it could be loaded. */
export interface Common {
  readonly deps?: DependencyTable;
  readonly unit?: Partial<UnitSettings>;
  readonly loadState?: "loaded" | "masked" | "bad-setting";
  readonly aliases?: readonly string[];
  readonly usher?: Partial<UsherSettings>;
}

export interface ServiceParts extends Common {
  readonly service?: Partial<ServiceSettings>;
  readonly kill?: Partial<KillSettings>;
  readonly exec?: Partial<ExecSettings>;
}

export interface SocketParts extends Common {
  readonly socket?: Partial<SocketSettings>;
  readonly kill?: Partial<KillSettings>;
}

function base(name: string, parts: Common): Omit<PassiveUnit, "type"> {
  return {
    name,
    aliases: parts.aliases ?? [],
    loadState: parts.loadState ?? "loaded",
    loadError: null,
    fragmentPath: `/etc/usher/units/${name}`,
    dropInPaths: [],
    unit: { ...DEFAULTS.unit, jobRunningTimeoutUsec: NEVER, ...parts.unit },
    dependencies: parts.deps ?? {},
    install: DEFAULTS.install,
    usher: { ...DEFAULTS.usher, ...parts.usher },
  };
}

export function service(name: string, parts: ServiceParts = {}): ServiceUnit {
  const settings = { ...SERVICE, ...parts.service };
  if (settings.type === "oneshot" && parts.service?.timeoutStartUsec === undefined) {
    Object.assign(settings, { timeoutStartUsec: NEVER });
  }
  const kill = { ...DEFAULTS.kill, ...parts.kill };
  return {
    ...base(name, parts),
    type: "service",
    service: settings,
    exec: { ...DEFAULTS.exec, ...parts.exec },
    kill,
  };
}

/** With Triggers= and Before= to its service, as the loader adds them. */
export function socket(name: string, parts: SocketParts = {}): SocketUnit {
  const settings = { ...SOCKET, ...parts.socket };
  const started = settings.service ?? name.replace(".socket", ".service");
  const deps: DependencyTable = settings.accept
    ? (parts.deps ?? {})
    : { ...parts.deps, Triggers: [started], Before: [...(parts.deps?.Before ?? []), started] };
  return {
    ...base(name, { ...parts, deps }),
    type: "socket",
    socket: settings,
    exec: DEFAULTS.exec,
    kill: { ...DEFAULTS.kill, ...parts.kill },
  };
}

export function target(name: string, parts: Common = {}): PassiveUnit {
  return { ...base(name, parts), type: "target" };
}
