/**
 * The C host from inside: its checks (test/native/host-checks.ts) run in its own engine, in the test build and in the
 * one with sanitizers; and its last line holds when the engine crashes.
 */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ownTag } from "../../tools/image-tag.ts";

const root = join(import.meta.dirname, "../..");
const directory = mkdtempSync(join(tmpdir(), "usher-native-"));

function bundle(name: string): string {
  const outfile = join(directory, `${name}.js`);
  buildSync({
    absWorkingDir: root,
    entryPoints: [`test/native/${name}.ts`],
    bundle: true,
    format: "iife",
    target: "es2023",
    outfile,
  });
  return outfile;
}

function docker(...args: string[]): string {
  return execFileSync("docker", args, { encoding: "utf8" }).trim();
}

/** A container of a build of usher that will run a script. Files go in by copy, so any engine will do. */
function createContainer(image: string, script: string, ...args: string[]): string {
  const id = docker("create", image, "--script", "/script.js", ...args);
  docker("cp", script, `${id}:/script.js`);
  return id;
}

afterAll(() => rmSync(directory, { recursive: true }));

describe.each([
  { flavour: "test", image: ownTag("usher:test") },
  { flavour: "asan", image: ownTag("usher:asan") },
])("the host, build $flavour", ({ flavour, image }) => {
  beforeAll(() => {
    execFileSync(process.execPath, ["tools/build.ts", `--${flavour}`], { cwd: root, stdio: "pipe" });
  }, 300_000);

  it("passes its checks", () => {
    const id = createContainer(image, bundle("host-checks"));
    try {
      const result = spawnSync("docker", ["start", "--attach", id], { encoding: "utf8", timeout: 50_000 });
      const lines = `${result.stdout}${result.stderr}`.trim().split("\n");
      expect(lines.filter((line) => !line.startsWith("ok "))).toEqual([]);
      expect(lines.length).toBeGreaterThan(15);
      expect(result.status).toBe(0);
    } finally {
      docker("rm", "--force", id);
    }
  });
});

describe("the last line", () => {
  beforeAll(() => {
    execFileSync(process.execPath, ["tools/build.ts", "--test"], { cwd: root, stdio: "pipe" });
  }, 300_000);

  it.each([
    { what: "a fault", signal: "11" },
    { what: "abort", signal: "6" },
  ])("keeps services alive and reaped after $what, and ends in time at SIGTERM", async ({ signal }) => {
    const id = createContainer(ownTag("usher:test"), bundle("crash"), signal);
    try {
      const attached = spawn("docker", ["start", "--attach", id], { stdio: ["ignore", "pipe", "pipe"] });
      let output = "";
      const lived = new Promise<void>((resolve) => {
        const add = (part: Buffer): void => {
          output += part.toString();
          const after = output.split("has crashed")[1] ?? "";
          if (after.split("alive").length > 5) resolve();
        };
        attached.stdout.on("data", add);
        attached.stderr.on("data", add);
      });
      const closed = new Promise((resolve) => attached.on("close", resolve));
      await lived;
      // Five orphans have ended by now; one may be dying at this instant.
      const zombies = docker("top", id, "-eo", "pid,stat").match(/\bZ/g) ?? [];
      expect(zombies.length).toBeLessThan(3);
      const before = Date.now();
      docker("stop", "--time", "9", id);
      expect(Date.now() - before).toBeLessThan(5000);
      await closed;
      expect(output).toContain("service ends");
      expect(docker("inspect", "--format", "{{.State.ExitCode}}", id)).toBe("70");
    } finally {
      docker("rm", "--force", id);
    }
  });

  it("ends in time after a fault in the middle of a stop, whose signal has been taken already", async () => {
    const id = createContainer(ownTag("usher:test"), bundle("crash"), "11", "stop");
    try {
      docker("start", id);
      await expect.poll(() => docker("logs", id), { timeout: 10_000 }).toContain("alive");
      const before = Date.now();
      docker("stop", "--time", "9", id);
      expect(Date.now() - before).toBeLessThan(5000);
      expect(spawnSync("docker", ["logs", id], { encoding: "utf8" }).stderr).toContain("service ends");
      expect(docker("inspect", "--format", "{{.State.ExitCode}}", id)).toBe("70");
    } finally {
      docker("rm", "--force", id);
    }
  });
});
