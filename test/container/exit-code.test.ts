/** What the container's exit code is, and that the units are stopped before. */

import { describe, expect, test } from "vitest";
import { startUsher } from "./harness/usher.ts";

const install = "[Install]\nWantedBy=multi-user.target\n";

/** Shows by its trace that it was stopped in order before the end. */
const beside = `[Service]\nType=exec\nExecStart=/opt/fixtures/dumper pause\nExecStop=/opt/fixtures/dumper append /tmp/stopped yes\n${install}`;

const dumper = "/opt/fixtures/dumper";

/** By name: the [Unit] section and the end of the service that has it, and the code that the container ends with. */
const actions: readonly { readonly unit: string; readonly ends: string; readonly code: number }[] = [
  { unit: "SuccessAction=exit", ends: "exit 0", code: 0 },
  { unit: "SuccessAction=exit\nSuccessActionExitStatus=7", ends: "exit 0", code: 7 },
  { unit: "FailureAction=exit", ends: "exit 9", code: 9 },
  { unit: "FailureAction=exit\nFailureActionExitStatus=42", ends: "exit 9", code: 42 },
  { unit: "SuccessAction=exit\nFailureAction=exit", ends: "exit 3", code: 3 },
  { unit: "SuccessAction=poweroff", ends: "exit 0", code: 0 },
];

describe.concurrent("actions", () => {
  test.for(actions)("$unit, $ends: the container ends with $code", async ({ unit, ends, code }, context) => {
    const box = await startUsher(
      {
        units: {
          "beside.service": beside,
          "main.service": `[Unit]\nAfter=beside.service\n${unit}\n[Service]\nExecStart=${dumper} ${ends}\n${install}`,
        },
      },
      context,
    );
    expect((await box.exited()).exitCode).toBe(code);
    expect(await box.readFile("/tmp/stopped")).toBe("yes\n");
  });

  test("no action on success means that the container goes on", async (context) => {
    const box = await startUsher(
      {
        units: {
          "main.service": `[Unit]\nFailureAction=exit\n[Service]\nType=oneshot\nExecStart=${dumper} exit 0\n${install}`,
        },
      },
      context,
    );
    await box.booted();
    await box.kill("SIGTERM");
    expect((await box.exited()).exitCode).toBe(0);
  });

  test("StartLimitAction=exit ends a crash loop", async (context) => {
    const box = await startUsher(
      {
        units: {
          "main.service": `[Unit]\nStartLimitAction=exit\nStartLimitBurst=3\n[Service]\nRestart=always\nRestartSec=0\nExecStart=${dumper} append /tmp/runs run exit 4\n${install}`,
        },
      },
      context,
    );
    await box.exited();
    expect(await box.readFile("/tmp/runs")).toBe("run\n".repeat(3));
  });
});

describe.concurrent("a command beside units", () => {
  test.for([
    { name: "its status", ends: "exit 5", code: 5 },
    { name: "success", ends: "exit 0", code: 0 },
    { name: "128 and the signal that ended it", ends: "raise 9", code: 137 },
  ])("the container ends with $name, after the units were stopped", async ({ ends, code }, context) => {
    const box = await startUsher(
      {
        units: { "beside.service": beside },
        cmd: ["--", dumper, "wait-file", "/tmp/go", ...ends.split(" ")],
      },
      context,
    );
    await box.booted();
    await box.run("touch /tmp/go");
    expect((await box.exited()).exitCode).toBe(code);
    expect(await box.readFile("/tmp/stopped")).toBe("yes\n");
  });

  test("its output goes where it always went, untouched", async (context) => {
    const box = await startUsher(
      {
        units: { "beside.service": beside },
        cmd: ["--", "sh", "-c", "echo plain; echo error >&2"],
      },
      context,
    );
    expect((await box.exited()).exitCode).toBe(0);
    expect(box.log.lines).toContainEqual({ stream: "stdout", text: "plain", record: undefined });
    expect(box.log.lines).toContainEqual({ stream: "stderr", text: "error", record: undefined });
  });

  test("SIGTERM stops it and the units, and its own status is the container's", async (context) => {
    const box = await startUsher(
      {
        units: { "beside.service": beside },
        cmd: ["--", "sh", "-c", "trap 'exit 21' TERM; touch /tmp/up; while :; do sleep 0.02; done"],
      },
      context,
    );
    await box.booted();
    await box.run("while ! [ -e /tmp/up ]; do sleep 0.02; done");
    await box.kill("SIGTERM");
    expect((await box.exited()).exitCode).toBe(21);
    expect(await box.readFile("/tmp/stopped")).toBe("yes\n");
  });
});
