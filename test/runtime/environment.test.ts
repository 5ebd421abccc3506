import { describe, expect, it } from "vitest";
import {
  buildEnvironment,
  containerEnvironment,
  DEFAULT_PATH,
  type EnvironmentSources,
  environmentValue,
} from "../../src/runtime/process/environment.ts";

const EXEC: EnvironmentSources["exec"] = {
  environment: [],
  passEnvironment: [],
  unsetEnvironment: [],
  setLoginEnvironment: null,
  user: null,
  execSearchPath: [],
};
const USER = { name: "app", uid: 1000, gid: 1000, home: "/home/app", shell: "/bin/ash" };

function build(
  changes: Partial<Omit<EnvironmentSources, "exec" | "container">> & {
    exec?: Partial<EnvironmentSources["exec"]>;
    container?: readonly string[];
  },
): Record<string, string> {
  const { exec, container = [], ...rest } = changes;
  const block = buildEnvironment({
    container: containerEnvironment(container),
    cleanEnvironment: false,
    own: [],
    user: null,
    fileAssignments: [],
    ...rest,
    exec: { ...EXEC, ...exec },
  });
  return Object.fromEntries(
    block.map((entry) => [entry.slice(0, entry.indexOf("=")), entry.slice(entry.indexOf("=") + 1)]),
  );
}

describe("buildEnvironment", () => {
  it("gives a PATH where the container has none", () => {
    expect(build({})["PATH"]).toBe(DEFAULT_PATH);
    expect(build({ container: ["PATH=/opt/bin"] })["PATH"]).toBe("/opt/bin");
  });
  it("hands the container's environment on, but not what describes usher's own start", () => {
    const env = build({
      container: ["DB=x", "LISTEN_FDS=3", "LISTEN_PID=1", "NOTIFY_SOCKET=/run/x", "USHER_LOG_LEVEL=debug"],
    });
    expect(env).toEqual({ PATH: DEFAULT_PATH, DB: "x" });
  });
  it("keeps it away with CleanEnvironment=, but for PassEnvironment=", () => {
    const env = build({
      container: ["A=1", "B=2"],
      cleanEnvironment: true,
      exec: { passEnvironment: ["B", "C"] },
    });
    expect(env).toEqual({ PATH: DEFAULT_PATH, B: "2" });
  });
  it("lets Environment= win over the container, and files over Environment=", () => {
    const env = build({
      container: ["A=1", "B=1", "C=1"],
      exec: { environment: ["A=2", "B=2"] },
      fileAssignments: ["B=3"],
    });
    expect(env).toMatchObject({ A: "2", B: "3", C: "1" });
  });
  it("takes a name away whatever its value, an assignment only as it is", () => {
    const env = build({ container: ["A=1", "B=1", "C=1"], exec: { unsetEnvironment: ["A", "B=1", "C=2"] } });
    expect(env).toEqual({ PATH: DEFAULT_PATH, C: "1" });
  });
  it("sets the account's variables with User=, and USER alone without", () => {
    expect(build({ user: USER, exec: { user: "app" } })).toMatchObject({
      USER: "app",
      LOGNAME: "app",
      HOME: "/home/app",
      SHELL: "/bin/ash",
    });
    expect(build({ user: USER })).toEqual({ PATH: DEFAULT_PATH, USER: "app" });
    const daemon = { ...USER, home: "/", shell: "/usr/sbin/nologin" };
    expect(build({ container: ["HOME=/root"], user: daemon, exec: { user: "app" } })).toEqual({
      PATH: DEFAULT_PATH,
      USER: "app",
      LOGNAME: "app",
    });
    expect(build({ user: USER, exec: { setLoginEnvironment: true } })).toMatchObject({ HOME: "/home/app" });
    expect(build({ user: USER, exec: { user: "app", setLoginEnvironment: false } })).toEqual({
      PATH: DEFAULT_PATH,
      USER: "app",
    });
  });
});

describe("environmentValue", () => {
  it("finds the last assignment of exactly that name", () => {
    expect(environmentValue(["A=1", "AB=2", "A=3"], "A")).toBe("3");
    expect(environmentValue(["AB=2"], "A")).toBeNull();
    expect(environmentValue(["A="], "A")).toBe("");
  });
});
