/** Rows of [Unit], [Install] and [X-Usher] (systemd.unit(5)). */

import { dependencyNames, installNames } from "../dependency.ts";
import {
  type Condition,
  type DependencyKind,
  type EmergencyAction,
  JOB_MODES,
  type JobMode,
} from "../model.ts";
import { skipBlanks } from "../text/whitespace.ts";
import { parseBoolean } from "../value/boolean.ts";
import { parseAbsolutePath } from "../value/path.ts";
import { rateBurst, rateInterval } from "../value/rate-limit.ts";
import { readyChecks } from "../value/ready-check.ts";
import { boolean, documentation, path, text, timeout, timespan } from "../value/scalar-types.ts";
import { optionalInteger } from "../value/scheduling.ts";
import { oneOf, orDefault, plain, specified, type ValueType } from "../value/value-type.ts";
import { type Directives, dependencyOf, fieldsOf } from "./directive.ts";

export const emergencyAction: ValueType<EmergencyAction> = oneOf<EmergencyAction>(
  "none",
  "exit",
  "exit-force",
  "reboot",
  "reboot-force",
  "reboot-immediate",
  "poweroff",
  "poweroff-force",
  "poweroff-immediate",
  "soft-reboot",
  "soft-reboot-force",
  "kexec",
  "kexec-force",
  "halt",
  "halt-force",
  "halt-immediate",
);

const jobMode: ValueType<JobMode> = oneOf(...JOB_MODES);

const description: ValueType<string> = orDefault(specified(plain("text", (value) => value)));

function readCondition(kind: string, assert: boolean, takesPath: boolean): ValueType<readonly Condition[]> {
  return {
    expected: takesPath
      ? "an absolute path, | and ! before it if wanted"
      : "a parameter, | and ! before it if wanted",
    read: (value, scope, before) => {
      if (value === "") return before.filter((condition) => condition.assert !== assert);
      const trigger = value.startsWith("|");
      let at = trigger ? skipBlanks(value, 1) : 0;
      const negate = value.charAt(at) === "!";
      if (negate) at = skipBlanks(value, at + 1);
      const expanded = scope.expand(value.slice(at));
      if (expanded === undefined) return before;
      const parameter = takesPath ? parseAbsolutePath(expanded) : expanded;
      return parameter === undefined
        ? undefined
        : before.concat({ kind, assert, trigger, negate, parameter });
    },
  };
}

const PATH_CONDITIONS =
  "PathExists PathExistsGlob PathIsDirectory PathIsSymbolicLink PathIsMountPoint PathIsReadWrite PathIsEncrypted DirectoryNotEmpty FileNotEmpty FileIsExecutable NeedsUpdate";
const OTHER_CONDITIONS =
  "FirstBoot Architecture Firmware Virtualization Host KernelCommandLine KernelVersion Version Credential Security Capability ACPower Memory CPUFeature CPUs Environment User Group ControlGroupController OSRelease MemoryPressure CPUPressure IOPressure KernelModuleLoaded";

function conditionRows(): Directives {
  const rows: Record<string, Directives[string]> = {};
  const inUnit = fieldsOf("unit");
  for (const [kinds, takesPath] of [
    [PATH_CONDITIONS, true],
    [OTHER_CONDITIONS, false],
  ] as const) {
    for (const kind of kinds.split(" ")) {
      rows[`Condition${kind}`] = inUnit("conditions", readCondition(kind, false, takesPath));
      rows[`Assert${kind}`] = inUnit("conditions", readCondition(kind, true, takesPath));
    }
  }
  return rows;
}

export function unitDirectives(): Directives {
  const inUnit = fieldsOf("unit");
  const dependency = (kind: DependencyKind): Directives[string] => dependencyOf(kind, dependencyNames);
  return {
    Description: inUnit("description", description),
    Documentation: inUnit("documentation", documentation),
    SourcePath: inUnit("sourcePath", path),
    Requires: dependency("Requires"),
    RequiresOverridable: dependency("Requires"),
    Requisite: dependency("Requisite"),
    RequisiteOverridable: dependency("Requisite"),
    Wants: dependency("Wants"),
    BindsTo: dependency("BindsTo"),
    BindTo: dependency("BindsTo"),
    Upholds: dependency("Upholds"),
    PartOf: dependency("PartOf"),
    Conflicts: dependency("Conflicts"),
    Before: dependency("Before"),
    After: dependency("After"),
    OnSuccess: dependency("OnSuccess"),
    OnFailure: dependency("OnFailure"),
    PropagatesReloadTo: dependency("PropagatesReloadTo"),
    PropagateReloadTo: dependency("PropagatesReloadTo"),
    ReloadPropagatedFrom: dependency("ReloadPropagatedFrom"),
    PropagateReloadFrom: dependency("ReloadPropagatedFrom"),
    PropagatesStopTo: dependency("PropagatesStopTo"),
    StopPropagatedFrom: dependency("StopPropagatedFrom"),
    StopWhenUnneeded: inUnit("stopWhenUnneeded", boolean),
    RefuseManualStart: inUnit("refuseManualStart", boolean),
    RefuseManualStop: inUnit("refuseManualStop", boolean),
    AllowIsolate: inUnit("allowIsolate", boolean),
    DefaultDependencies: inUnit("defaultDependencies", boolean),
    OnSuccessJobMode: inUnit("onSuccessJobMode", jobMode),
    OnFailureJobMode: inUnit("onFailureJobMode", jobMode),
    OnFailureIsolate: inUnit(
      "onFailureJobMode",
      plain<JobMode>("a boolean (yes or no)", (value) => {
        const isolate = parseBoolean(value);
        return isolate === undefined ? undefined : isolate ? "isolate" : "replace";
      }),
    ),
    IgnoreOnIsolate: inUnit("ignoreOnIsolate", boolean),
    JobTimeoutSec: inUnit("jobTimeoutUsec", timeout),
    JobRunningTimeoutSec: inUnit("jobRunningTimeoutUsec", timeout),
    JobTimeoutAction: inUnit("jobTimeoutAction", emergencyAction),
    StartLimitIntervalSec: inUnit("startLimit", rateInterval),
    StartLimitInterval: inUnit("startLimit", rateInterval),
    StartLimitBurst: inUnit("startLimit", rateBurst),
    StartLimitAction: inUnit("startLimitAction", emergencyAction),
    FailureAction: inUnit("failureAction", emergencyAction),
    SuccessAction: inUnit("successAction", emergencyAction),
    FailureActionExitStatus: inUnit("failureActionExitStatus", optionalInteger(0, 255)),
    SuccessActionExitStatus: inUnit("successActionExitStatus", optionalInteger(0, 255)),
    CollectMode: inUnit("collectMode", oneOf("inactive", "inactive-or-failed")),
    ...conditionRows(),
  };
}

export function installDirectives(): Directives {
  const inInstall = fieldsOf("install");
  return {
    Alias: inInstall("alias", installNames),
    WantedBy: inInstall("wantedBy", installNames),
    RequiredBy: inInstall("requiredBy", installNames),
    UpheldBy: inInstall("upheldBy", installNames),
    Also: inInstall("also", installNames),
    DefaultInstance: inInstall("defaultInstance", text),
  };
}

export function usherDirectives(): Directives {
  const inUsher = fieldsOf("usher");
  return {
    CleanEnvironment: inUsher("cleanEnvironment", boolean),
    OnTriggerLimit: inUsher("onTriggerLimit", oneOf("fail", "pause")),
    AdoptSockets: inUsher("adoptSockets", oneOf("no", "yes", "try")),
    IdleTimeoutSec: inUsher("idleTimeoutUsec", timespan),
    ReadyCheck: inUsher("readyChecks", readyChecks),
    HoldUntilReady: inUsher("holdUntilReady", boolean),
  };
}
