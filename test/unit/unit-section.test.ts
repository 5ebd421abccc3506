import { describe, expect, it } from "vitest";
import { USEC_INFINITY } from "../../src/base/time.ts";
import { type ReadUnit, readFiles } from "./read-files.ts";
import { type Row, testRows, testThatAllHaveRows } from "./section-rows.ts";

const SECOND = 1_000_000;

/** A target with these lines in the section. */
function withLines(section: string): (...lines: string[]) => ReadUnit {
  return (...lines) => readFiles({ "u-v.target": [`[${section}]`, ...lines, ""].join("\n") }, "u-v.target");
}

function unit(expected: object): object {
  return { unit: expected };
}

function on(expected: object): object {
  return { dependencies: expected };
}

function readyBy(check: object): object {
  return { usher: { readyChecks: [check] } };
}

const DEPENDENCIES = [
  "Requires",
  "Requisite",
  "Wants",
  "BindsTo",
  "PartOf",
  "Upholds",
  "OnSuccess",
  "OnFailure",
  "PropagatesReloadTo",
  "ReloadPropagatedFrom",
  "PropagatesStopTo",
  "StopPropagatedFrom",
];

const ROWS: readonly Row[] = [
  ["Description=of %N", unit({ description: "of u-v" })],
  [
    "Documentation=man:x(1) https://example.org/",
    unit({ documentation: ["man:x(1)", "https://example.org/"] }),
  ],
  ["SourcePath=/etc/x", unit({ sourcePath: "/etc/x" })],
  ...DEPENDENCIES.map(
    (kind): Row => [`${kind}=a.service b.service`, on({ [kind]: ["a.service", "b.service"] })],
  ),
  ["Wants=a.service\nWants=\nWants=a.service b.service", on({ Wants: ["a.service", "b.service"] })],
  ["Wants=%p@.service", on({ Wants: ["u-v@u-v.service"] })],
  ["Wants=nonsense", null],
  ["Before=a.service", on({ Before: ["a.service", "shutdown.target"] })],
  ["After=a.service", on({ After: ["a.service"] })],
  ["Conflicts=a.service", on({ Conflicts: ["a.service", "shutdown.target"] })],
  ["RequiresOverridable=a.service", on({ Requires: ["a.service"] })],
  ["RequisiteOverridable=a.service", on({ Requisite: ["a.service"] })],
  ["BindTo=a.service", on({ BindsTo: ["a.service"] })],
  ["PropagateReloadTo=a.service", on({ PropagatesReloadTo: ["a.service"] })],
  ["PropagateReloadFrom=a.service", on({ ReloadPropagatedFrom: ["a.service"] })],
  ["StopWhenUnneeded=yes", unit({ stopWhenUnneeded: true })],
  ["RefuseManualStart=yes", unit({ refuseManualStart: true })],
  ["RefuseManualStop=yes", unit({ refuseManualStop: true })],
  ["AllowIsolate=yes", unit({ allowIsolate: true })],
  ["DefaultDependencies=no", { unit: { defaultDependencies: false }, dependencies: {} }],
  ["OnSuccessJobMode=replace", unit({ onSuccessJobMode: "replace" })],
  ["OnFailureJobMode=fail", unit({ onFailureJobMode: "fail" })],
  ["OnFailureIsolate=yes", unit({ onFailureJobMode: "isolate" })],
  ["IgnoreOnIsolate=yes", unit({ ignoreOnIsolate: true })],
  ["JobTimeoutSec=5", unit({ jobTimeoutUsec: 5 * SECOND, jobRunningTimeoutUsec: 5 * SECOND })],
  ["JobRunningTimeoutSec=3", unit({ jobTimeoutUsec: USEC_INFINITY, jobRunningTimeoutUsec: 3 * SECOND })],
  [
    "JobRunningTimeoutSec=3\nJobTimeoutSec=5",
    unit({ jobTimeoutUsec: 5 * SECOND, jobRunningTimeoutUsec: 3 * SECOND }),
  ],
  ["JobTimeoutAction=exit", unit({ jobTimeoutAction: "exit" })],
  ["StartLimitIntervalSec=0", unit({ startLimit: { intervalUsec: 0, burst: 5 } })],
  ["StartLimitInterval=1", unit({ startLimit: { intervalUsec: SECOND } })],
  ["StartLimitBurst=3", unit({ startLimit: { burst: 3 } })],
  ["StartLimitAction=reboot", unit({ startLimitAction: "reboot" })],
  ["FailureAction=poweroff", unit({ failureAction: "poweroff" })],
  ["SuccessAction=exit", unit({ successAction: "exit" })],
  ["SuccessAction=celebrate", null],
  ["FailureActionExitStatus=7", unit({ failureActionExitStatus: 7 })],
  ["SuccessActionExitStatus=255", unit({ successActionExitStatus: 255 })],
  ["SuccessActionExitStatus=256", null],
  ["CollectMode=inactive-or-failed", unit({ collectMode: "inactive-or-failed" })],
];

const INSTALL_ROWS: readonly Row[] = [
  ["Alias=w.target\nAlias=x.target", { install: { alias: ["w.target", "x.target"], present: true } }],
  ["WantedBy=a.target b.target", { install: { wantedBy: ["a.target", "b.target"] } }],
  ["WantedBy=a.target\nWantedBy=\nWantedBy=b.target", { install: { wantedBy: ["b.target"] } }],
  ["RequiredBy=a.target", { install: { requiredBy: ["a.target"] } }],
  ["UpheldBy=a.target", { install: { upheldBy: ["a.target"] } }],
  ["Also=%p.socket", { install: { also: ["u-v.socket"] } }],
  ["DefaultInstance=one", { install: { defaultInstance: "one" } }],
];

const USHER_ROWS: readonly Row[] = [
  ["CleanEnvironment=yes", { usher: { cleanEnvironment: true } }],
  ["OnTriggerLimit=pause", { usher: { onTriggerLimit: "pause" } }],
  ["AdoptSockets=try", { usher: { adoptSockets: "try" } }],
  ["IdleTimeoutSec=5min", { usher: { idleTimeoutUsec: 300 * SECOND } }],
  ["ReadyCheck=tcp:80", readyBy({ kind: "tcp", host: "127.0.0.1", port: 80 })],
  ["ReadyCheck=tcp:[::1]:80", readyBy({ kind: "tcp", host: "::1", port: 80 })],
  ["ReadyCheck=unix:/run/%N.sock", readyBy({ kind: "unix", path: "/run/u-v.sock" })],
  ["ReadyCheck=http:8080/health", readyBy({ kind: "http", host: "127.0.0.1", port: 8080, path: "/health" })],
  ["ReadyCheck=exec:/bin/check one", readyBy({ kind: "exec", command: { argv: ["/bin/check", "one"] } })],
  ["ReadyCheck=log:ready to (accept|serve)", readyBy({ kind: "log", pattern: "ready to (accept|serve)" })],
  ["ReadyCheck=log:(", null],
  ["ReadyCheck=tcp:http", null],
  ["HoldUntilReady=yes", { usher: { holdUntilReady: true } }],
];

describe("[Unit]", () => {
  testRows(ROWS, withLines("Unit"));

  it("knows every kind of condition and assert", () => {
    const { unit: read, problems } = withLines("Unit")(
      "ConditionPathExists=|!/run/%N",
      "AssertUser=! root",
      "ConditionPathExists=! /x//y/",
    );
    expect(read.unit.conditions).toEqual([
      { kind: "PathExists", assert: false, trigger: true, negate: true, parameter: "/run/u-v" },
      { kind: "User", assert: true, trigger: false, negate: true, parameter: "root" },
      { kind: "PathExists", assert: false, trigger: false, negate: true, parameter: "/x/y" },
    ]);
    expect(problems).toEqual([]);
  });

  it("clears conditions, or asserts, by an empty line of any kind", () => {
    const { unit: read } = withLines("Unit")("ConditionUser=a", "AssertUser=b", "ConditionHost=");
    expect(read.unit.conditions.map(({ assert }) => assert)).toEqual([true]);
  });

  it("complains about a condition whose path is none", () => {
    expect(withLines("Unit")("ConditionPathExists=x").problems).toEqual([
      'u-v.target:2:21: ConditionPathExists=: wrong value, ignored: found "x", expected an absolute path, | and ! before it if wanted',
    ]);
  });

  testThatAllHaveRows("Unit", ["dependencies"], ROWS);
});

describe("[Install]", () => {
  testRows(INSTALL_ROWS, withLines("Install"));
  testThatAllHaveRows("Install", ["install"], INSTALL_ROWS);
});

describe("[X-Usher]", () => {
  testRows(USHER_ROWS, withLines("X-Usher"));
  testThatAllHaveRows("X-Usher", ["usher"], USHER_ROWS);
});
