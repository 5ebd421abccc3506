/**
 * usher as the init of an engine: `docker run --init` with a second engine whose init-path is usher, where this machine
 * lets one start; and, everywhere, a container that is started as an engine does it, with the binary at
 * /sbin/docker-init and its arguments.
 */

import { spawn, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { ownTag } from "../../tools/image-tag.ts";
import { imageTag } from "../../tools/images.ts";
import { startUsher } from "./harness/usher.ts";

const dumper = "/opt/fixtures/dumper";
const commands: readonly { readonly face: string; readonly program: readonly string[] }[] = [
  { face: "docker-init", program: ["/sbin/docker-init", "--"] },
  { face: "tini", program: ["/usr/libexec/usher/tini", "--"] },
  { face: "dumb-init", program: ["/usr/libexec/usher/dumb-init"] },
  { face: "catatonit", program: ["/usr/libexec/usher/catatonit", "--"] },
  { face: "usher", program: ["/usr/bin/usher", "--"] },
];

test.for(commands)(
  "$face as PID 1 of a container passes a signal on and tells of the death",
  async ({ program }) => {
    const box = await startUsher({
      image: "usher-test:peers",
      entrypoint: [...program, dumper, "print", "ready", "pause"],
    });
    await box.line(({ text }) => text === "ready");
    const [init, command] = await box.processes();
    expect(init).toMatchObject({ pid: 1, args: [...program, dumper, "print", "ready", "pause"].join(" ") });
    expect(command).toMatchObject({ ppid: 1, args: `${dumper} print ready pause` });
    await box.kill("SIGTERM");
    expect((await box.exited()).exitCode).toBe(143);
  },
);

test.for(commands)("$face as PID 1 of a container reaps orphans", async ({ program }) => {
  const box = await startUsher({
    image: "usher-test:peers",
    entrypoint: [...program, "sh", "-c", `/opt/fixtures/orphans 200; echo ready; exec ${dumper} pause`],
  });
  await box.line(({ text }) => text === "ready");
  await expect
    .poll(async () => (await box.processes()).filter(({ state }) => state.startsWith("Z")), { interval: 10 })
    .toEqual([]);
});

test("Ctrl-C at the container's terminal ends the command with 130", async () => {
  const box = await startUsher({
    image: "usher-test:peers",
    entrypoint: ["/sbin/docker-init", "--", dumper, "print", "ready", "pause"],
    tty: true,
  });
  await box.line(({ text }) => text.includes("ready"));
  const stream = await box.docker.attach({ stream: true, stdin: true, hijack: true });
  stream.write("\u0003");
  expect((await box.exited()).exitCode).toBe(130);
  stream.end();
});

// ---------------------------------------------------------------------------------------------- a second engine

type Engine = {
  readonly docker: (...args: string[]) => { status: number | null; stdout: string; stderr: string };
};

function run(command: string, args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(command, args);
  return { status, stdout: stdout.toString(), stderr: stderr.toString() };
}

/** An engine of its own in every respect: containerd, storage, sockets, no network. Undefined where it doesn't start. */
async function startEngine(initPath: string): Promise<Engine | undefined> {
  const folder = mkdtempSync(join(tmpdir(), "usher-engine-"));
  const config = join(folder, "containerd.toml");
  writeFileSync(
    config,
    `version = 2
root = "${folder}/containerd-root"
state = "${folder}/containerd-state"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
address = "${folder}/c.sock"
[ttrpc]
address = "${folder}/t.sock"
`,
  );
  const containerd = spawn("containerd", ["--config", config], { stdio: "ignore" });
  const options = [
    "--host",
    `unix://${folder}/d.sock`,
    "--containerd",
    `${folder}/c.sock`,
    "--init-path",
    initPath,
  ];
  const own = [
    "--data-root",
    `${folder}/data`,
    "--exec-root",
    `${folder}/exec`,
    "--pidfile",
    `${folder}/pid`,
  ];
  // In a network namespace of its own: an engine without a bridge removes docker0, which is the other engine's.
  const dockerd = spawn(
    "unshare",
    ["--net", "dockerd", ...options, ...own, "--bridge=none", "--iptables=false", "--ip6tables=false"],
    {
      stdio: "ignore",
    },
  );
  const ended = (process: typeof dockerd) =>
    new Promise<void>((resolve) => {
      process.on("exit", () => resolve());
      process.on("error", () => resolve());
    });
  const ends = [ended(dockerd), ended(containerd)];
  onTestFinished(async () => {
    dockerd.kill();
    await ends[0];
    containerd.kill();
    await ends[1];
    rmSync(folder, { recursive: true, force: true });
  });
  const docker: Engine["docker"] = (...args) => run("docker", ["--host", `unix://${folder}/d.sock`, ...args]);
  const until = performance.now() + 20_000;
  while (docker("version").status !== 0) {
    if (dockerd.exitCode !== null || performance.now() > until) return undefined;
    await sleep(50);
  }
  return { docker };
}

const binaries = ["dockerd", "containerd", "docker", "unshare"].every((name) =>
  (process.env["PATH"] ?? "").split(":").some((folder) => existsSync(join(folder, name))),
);

test.skipIf(!binaries || process.getuid?.() !== 0)("docker run --init", async ({ skip }) => {
  const folder = mkdtempSync(join(tmpdir(), "usher-init-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const init = join(folder, "docker-init");
  const product = process.env["USHER_PRODUCT_IMAGE"] ?? ownTag("usher:dev");
  const created = run("docker", ["create", product]).stdout.trim();
  expect(run("docker", ["cp", `${created}:/usr/bin/usher`, init]).status).toBe(0);
  run("docker", ["rm", created]);
  chmodSync(init, 0o755);
  const engine = await startEngine(init);
  if (engine === undefined) return skip("a second engine does not start here");
  const scratch = imageTag("usher-test:scratch");
  const archive = join(folder, "image.tar");
  expect(run("docker", ["save", "--output", archive, scratch])).toMatchObject({ status: 0 });
  expect(engine.docker("load", "--input", archive)).toMatchObject({ status: 0 });
  const inits = (...command: string[]) => {
    const plain = ["run", "--rm", "--network=none", "--init"];
    const [program = "", ...args] = command;
    return engine.docker(...plain, "--entrypoint", program, scratch, ...args);
  };
  // What the engine asks its init.
  expect(engine.docker("info", "--format", "{{.InitCommit.ID}}").status).toBe(0);
  expect(inits(dumper, "exit", "7")).toMatchObject({ status: 7, stderr: "" });
  expect(inits(dumper, "raise", "15").status).toBe(143);
  expect(inits("/nonexistent").status).toBe(127);
  const name = "usher-init-test";
  const started = engine.docker(
    ...["run", "--detach", "--network=none", "--init", "--name", name, "--entrypoint", dumper, scratch],
    ...["print", "ready", "pause"],
  );
  expect(started).toMatchObject({ status: 0 });
  const table = engine.docker("top", name, "-eo", "pid,args").stdout;
  expect(table).toMatch(/\/sbin\/docker-init -- \/opt\/fixtures\/dumper print ready pause\n/);
  expect(engine.docker("stop", "--time", "20", name).status).toBe(0);
  expect(engine.docker("wait", name).stdout.trim()).toBe("143");
  engine.docker("rm", name);
});
