/** Rows of [Service] (systemd.service(5)), but for those of execution and killing. */
import type { Usec } from "../../base/time.ts";
import { socketNames } from "../dependency.ts";
import type { ServiceType, TimeoutFailureMode } from "../model.ts";
import { parseBoolean } from "../value/boolean.ts";
import { execCommands } from "../value/exec-command.ts";
import { exitStatusSet } from "../value/exit-status.ts";
import { UINT32_MAX } from "../value/number.ts";
import { openFiles } from "../value/open-file.ts";
import { isAbsolute, parseAbsolutePath, patchVarRun } from "../value/path.ts";
import { rateBurst, rateInterval } from "../value/rate-limit.ts";
import { boolean, optionalTimespan, signal, timeout, timespan } from "../value/scalar-types.ts";
import { integer } from "../value/scheduling.ts";
import { parseTimeout } from "../value/timespan.ts";
import { oneOf, orDefault, plain, specified, type ValueType } from "../value/value-type.ts";
import { type Directives, fieldsOf, severalFields } from "./directive.ts";
import { emergencyAction } from "./unit-section.ts";

/** A relative path is below /run. */
const pidFile: ValueType<string | null> = {
  expected: "a path, absolute or below /run",
  read: (text, scope, before) => {
    if (text === "") return null;
    const expanded = scope.expand(text);
    if (expanded === undefined) return before;
    const path = isAbsolute(expanded) ? expanded : `${scope.expand("%t") ?? "/run"}/${expanded}`;
    const absolute = parseAbsolutePath(path);
    if (absolute !== undefined) return patchVarRun(absolute);
    scope.refuse("not a path", { found: text, expected: pidFile.expected });
    return before;
  },
};

const busName: ValueType<string | null> = orDefault(
  specified(
    plain<string | null>("a D-Bus name such as org.example.Service", (text) =>
      /^[A-Za-z_-][\w-]*(\.[A-Za-z_-][\w-]*)+$/.test(text) && text.length <= 255 ? text : undefined,
    ),
  ),
);

/** Of file descriptors and runtime directories: kept over a stop, over a restart, or not. */
export const preserveMode: ValueType<"no" | "yes" | "restart"> = plain("yes, no or restart", (text) => {
  if (text === "restart") return text;
  const keep = parseBoolean(text);
  return keep === undefined ? undefined : keep ? "yes" : "no";
});

export function serviceDirectives(): Directives {
  const inService = fieldsOf("service");
  const inUnit = fieldsOf("unit");
  const failureMode = oneOf<TimeoutFailureMode>("terminate", "abort", "kill");
  const startTimeout = (alsoStop: boolean): Directives[string] =>
    severalFields("service", "timeoutStartUsec", timespan.expected, parseTimeout, (service, usec: Usec) => {
      service.timeoutStartUsec = usec;
      service.timeoutStartDefined = true;
      if (alsoStop) service.timeoutStopUsec = usec;
    });
  return {
    Type: inService(
      "type",
      oneOf<ServiceType | null>(
        "simple",
        "exec",
        "forking",
        "oneshot",
        "dbus",
        "notify",
        "notify-reload",
        "idle",
      ),
    ),
    ExitType: inService("exitType", oneOf("main", "cgroup")),
    ExecCondition: inService("execCondition", execCommands),
    ExecStartPre: inService("execStartPre", execCommands),
    ExecStart: inService("execStart", execCommands),
    ExecStartPost: inService("execStartPost", execCommands),
    ExecReload: inService("execReload", execCommands),
    ExecStop: inService("execStop", execCommands),
    ExecStopPost: inService("execStopPost", execCommands),
    Restart: inService(
      "restart",
      oneOf("no", "on-success", "on-failure", "on-abnormal", "on-watchdog", "on-abort", "always"),
    ),
    RestartMode: inService("restartMode", oneOf("normal", "direct", "debug")),
    RestartSec: inService("restartUsec", timespan),
    RestartSteps: inService("restartSteps", integer(0, UINT32_MAX)),
    RestartMaxDelaySec: inService("restartMaxDelayUsec", timespan),
    TimeoutSec: startTimeout(true),
    TimeoutStartSec: startTimeout(false),
    TimeoutStopSec: inService("timeoutStopUsec", timeout),
    TimeoutAbortSec: inService("timeoutAbortUsec", optionalTimespan),
    TimeoutStartFailureMode: inService("timeoutStartFailureMode", failureMode),
    TimeoutStopFailureMode: inService("timeoutStopFailureMode", failureMode),
    RuntimeMaxSec: inService("runtimeMaxUsec", timespan),
    RuntimeRandomizedExtraSec: inService("runtimeRandomizedExtraUsec", timespan),
    WatchdogSec: inService("watchdogUsec", timespan),
    RemainAfterExit: inService("remainAfterExit", boolean),
    GuessMainPID: inService("guessMainPid", boolean),
    PIDFile: inService("pidFile", pidFile),
    BusName: inService("busName", busName),
    RootDirectoryStartOnly: inService("rootDirectoryStartOnly", boolean),
    PermissionsStartOnly: inService("permissionsStartOnly", boolean),
    RestartPreventExitStatus: inService("restartPreventExitStatus", exitStatusSet),
    RestartForceExitStatus: inService("restartForceExitStatus", exitStatusSet),
    SuccessExitStatus: inService("successExitStatus", exitStatusSet),
    NonBlocking: inService("nonBlocking", boolean),
    NotifyAccess: inService("notifyAccess", oneOf("none", "main", "exec", "all")),
    Sockets: inService("sockets", socketNames),
    FileDescriptorStoreMax: inService("fileDescriptorStoreMax", integer(0, UINT32_MAX)),
    FileDescriptorStorePreserve: inService("fileDescriptorStorePreserve", preserveMode),
    OpenFile: inService("openFiles", openFiles),
    ReloadSignal: inService("reloadSignal", signal),
    OOMPolicy: inService("oomPolicy", oneOf<"continue" | "stop" | "kill" | null>("continue", "stop", "kill")),
    // The places these have in [Unit] came later; units still have them here.
    StartLimitInterval: inUnit("startLimit", rateInterval),
    StartLimitBurst: inUnit("startLimit", rateBurst),
    StartLimitAction: inUnit("startLimitAction", emergencyAction),
    FailureAction: inUnit("failureAction", emergencyAction),
  };
}
