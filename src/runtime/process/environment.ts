/**
 * The environment block of a process that usher starts (systemd.exec(5), "Environment variables in spawned
 * processes").
 *
 * Later sources win, in this order: the container's own environment (which people expect to reach a service), what
 * usher says about this start, the account's variables, PassEnvironment=, Environment=, EnvironmentFile=; and
 * UnsetEnvironment= takes away last. `[X-Usher] CleanEnvironment=yes` leaves the container's environment out.
 */
import type { ExecSettings } from "../../unit/model.ts";
import type { User } from "./accounts.ts";

/** systemd's DEFAULT_PATH, for a container that has set none. */
export const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** Variables that describe how usher itself was started and that would only mislead a service. */
const NEVER_INHERITED: readonly string[] = [
  "LISTEN_PID",
  "LISTEN_FDS",
  "LISTEN_FDNAMES",
  "LISTEN_PIDFDID",
  "NOTIFY_SOCKET",
  "WATCHDOG_PID",
  "WATCHDOG_USEC",
  "INVOCATION_ID",
  "FDSTORE",
];

/** What usher was started with and `set-environment` changes. What every start needs of it is found once. */
export interface ContainerEnvironment {
  /** `NAME=value`, all of them. */
  assignments: readonly string[];
  /** What services inherit, and the names of these. */
  inherited: readonly string[];
  inheritedNames: readonly string[];
  /** PATH's value. */
  searchPath: string | null;
}

export interface EnvironmentSources {
  readonly container: ContainerEnvironment;
  readonly cleanEnvironment: boolean;
  /** What usher says about this start: LISTEN_FDS, NOTIFY_SOCKET, INVOCATION_ID, … */
  readonly own: readonly string[];
  readonly user: User | null;
  readonly exec: Pick<
    ExecSettings,
    "environment" | "passEnvironment" | "unsetEnvironment" | "setLoginEnvironment" | "user" | "execSearchPath"
  >;
  /** Assignments read from the environment files, in order. */
  readonly fileAssignments: readonly string[];
}

export function containerEnvironment(assignments: readonly string[]): ContainerEnvironment {
  const inherited = inheritable(assignments);
  const inheritedNames = inherited.map(nameOf);
  return { assignments, inherited, inheritedNames, searchPath: environmentValue(assignments, "PATH") };
}

const DEFAULT_PATH_ASSIGNMENT = `PATH=${DEFAULT_PATH}`;

function add(merged: Map<string, string>, assignments: readonly string[]): void {
  for (const assignment of assignments) merged.set(nameOf(assignment), assignment);
}

function addInherited(
  merged: Map<string, string>,
  { container, cleanEnvironment, exec }: EnvironmentSources,
): void {
  const { inherited, inheritedNames } = container;
  const isForeign = (name: string): boolean => setsLogin(exec) && LOGIN_VARIABLES.includes(name);
  if (cleanEnvironment) {
    add(
      merged,
      pick(container.assignments, exec.passEnvironment).filter((one) => !isForeign(nameOf(one))),
    );
    return;
  }
  for (let i = 0; i < inherited.length; i++) {
    const name = inheritedNames[i] ?? "";
    if (!isForeign(name)) merged.set(name, inherited[i] ?? "");
  }
}

/** `NAME=value` strings, each name once. */
export function buildEnvironment(sources: EnvironmentSources): string[] {
  const { exec } = sources;
  const merged = new Map<string, string>();
  merged.set("PATH", DEFAULT_PATH_ASSIGNMENT);
  addInherited(merged, sources);
  add(merged, sources.own);
  add(merged, accountVariables(sources.user, exec));
  if (exec.execSearchPath.length > 0) merged.set("PATH", `PATH=${exec.execSearchPath.join(":")}`);
  add(merged, exec.environment);
  add(merged, sources.fileAssignments);
  for (const unset of exec.unsetEnvironment) remove(merged, unset);
  return [...merged.values()];
}

/** The value of a variable in a block, or null. */
export function environmentValue(block: readonly string[], name: string): string | null {
  const assignment = block.findLast((entry) => nameOf(entry) === name);
  return assignment === undefined ? null : assignment.slice(name.length + 1);
}

function inheritable(container: readonly string[]): string[] {
  return container.filter((assignment) => {
    const name = nameOf(assignment);
    return !NEVER_INHERITED.includes(name) && !name.startsWith("USHER_");
  });
}

function pick(container: readonly string[], names: readonly string[]): string[] {
  return container.filter((assignment) => names.includes(nameOf(assignment)));
}

function setsLogin(exec: EnvironmentSources["exec"]): boolean {
  return exec.setLoginEnvironment ?? exec.user !== null;
}

function accountVariables(user: User | null, exec: EnvironmentSources["exec"]): string[] {
  if (user === null) return [];
  if (!setsLogin(exec)) return [`USER=${user.name}`];
  const login = [`USER=${user.name}`, `LOGNAME=${user.name}`];
  if (user.home !== "/") login.push(`HOME=${user.home}`);
  if (user.shell !== "" && !NO_SHELLS.test(user.shell)) login.push(`SHELL=${user.shell}`);
  return login;
}

/** What accounts that nobody logs into have in a shell's place. */
const NO_SHELLS = /^(\/usr)?(\/s?bin\/nologin|\/bin\/(false|true))$/;

/** Another account's, which PID 1 was started with. */
const LOGIN_VARIABLES: readonly string[] = ["LOGNAME", "HOME", "SHELL"];

/** UnsetEnvironment=: a name takes the variable away, a whole assignment only where it is exactly that. */
function remove(merged: Map<string, string>, unset: string): void {
  const name = nameOf(unset);
  if (name === unset || merged.get(name) === unset) merged.delete(name);
}

function nameOf(assignment: string): string {
  const equals = assignment.indexOf("=");
  return equals < 0 ? assignment : assignment.slice(0, equals);
}
