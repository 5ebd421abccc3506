/** Rows of execution and killing, valid in [Service] and [Socket] (systemd.exec(5), systemd.kill(5)). */

import type { RateLimit } from "../model.ts";
import { DEFAULTS } from "../settings.ts";
import { accountName, accountNames } from "../value/account-name.ts";
import { capabilitySet } from "../value/capability.ts";
import { credentials } from "../value/credential.ts";
import { assignments, environmentFiles, namesOrAssignments, variableNames } from "../value/environment.ts";
import { execDirectory, execDirectoryMode } from "../value/exec-directory.ts";
import { parseAbsolutePath } from "../value/path.ts";
import { rateBurst, rateInterval } from "../value/rate-limit.ts";
import { type LimitUnit, resourceLimit } from "../value/resource-limit.ts";
import {
  boolean,
  mode,
  optionalSignal,
  path,
  pathsByColon,
  signal,
  text,
  tristate,
  vitalBoolean,
  vitalPath,
} from "../value/scalar-types.ts";
import {
  coredumpFilter,
  cpuPolicy,
  cpuSet,
  ioClass,
  optionalInteger,
  schedulingPriority,
  secureBits,
} from "../value/scheduling.ts";
import {
  standardInput,
  standardInputData,
  standardInputText,
  standardOutput,
} from "../value/standard-stream.ts";
import { logFacility, logLevel } from "../value/syslog-level.ts";
import { parseNanoseconds } from "../value/timespan.ts";
import { oneOf, orDefault, plain, type Scope, type ValueType } from "../value/value-type.ts";
import { type Directive, type Directives, fieldsOf, severalFields } from "./directive.ts";
import { preserveMode } from "./service-section.ts";

/** Resources of setrlimit(2), and in what their limits count. */
const RESOURCES: readonly (readonly [string, LimitUnit])[] = [
  ["CPU", "seconds"],
  ["FSIZE", "bytes"],
  ["DATA", "bytes"],
  ["STACK", "bytes"],
  ["CORE", "bytes"],
  ["RSS", "bytes"],
  ["NOFILE", "count"],
  ["AS", "bytes"],
  ["NPROC", "count"],
  ["MEMLOCK", "bytes"],
  ["LOCKS", "count"],
  ["SIGPENDING", "count"],
  ["MSGQUEUE", "bytes"],
  ["NICE", "nice"],
  ["RTPRIO", "count"],
  ["RTTIME", "microseconds"],
];

interface WorkingDirectory {
  readonly directory: string | null;
  readonly missingOk: boolean;
}

/** A bad path refuses the unit unless "-" stands before it. */
function readWorkingDirectory(value: string, scope: Scope): WorkingDirectory | undefined {
  const missingOk = value.startsWith("-");
  const written = missingOk ? value.slice(1) : value;
  if (value === "" || written === "~") return { directory: written || null, missingOk };
  const expanded = scope.expand(written);
  const directory = expanded === undefined ? undefined : parseAbsolutePath(expanded);
  if (directory !== undefined) return { directory, missingOk };
  if (!missingOk) scope.refuse("not a working directory", { found: value, expected: path.expected });
  return undefined;
}

const NO_LIMIT: RateLimit = { intervalUsec: 0, burst: 0 };

/** The log's rate limit is absent until one of its halves is written. */
function partOfLogLimit(part: ValueType<RateLimit>): ValueType<RateLimit | null> {
  return {
    expected: part.expected,
    read: (value, scope, before) => part.read(value, scope, before ?? NO_LIMIT, NO_LIMIT),
  };
}

const nanoseconds: ValueType<number | null> = plain<number | null>(
  "a time span, in ns without unit",
  parseNanoseconds,
);

const personality: ValueType<string | null> = orDefault(
  oneOf<string | null>("x86", "x86-64", "arm", "arm64"),
);

const killMode: ValueType<"control-group" | "process" | "mixed" | "none"> = orDefault(
  oneOf("control-group", "process", "mixed", "none"),
);

export function killDirectives(): Directives {
  const inKill = fieldsOf("kill");
  return {
    KillMode: inKill("killMode", killMode),
    KillSignal: inKill("killSignal", signal),
    RestartKillSignal: inKill("restartKillSignal", optionalSignal),
    SendSIGKILL: inKill("sendSigkill", boolean),
    SendSIGHUP: inKill("sendSighup", boolean),
    FinalKillSignal: inKill("finalKillSignal", signal),
    WatchdogSignal: inKill("watchdogSignal", signal),
  };
}

function limitRows(): Record<string, Directive> {
  const inExec = fieldsOf("exec");
  const rows: Record<string, Directive> = {};
  for (const [name, unit] of RESOURCES) {
    rows[`Limit${name}`] = inExec("limits", resourceLimit(name.toLowerCase(), unit));
  }
  return rows;
}

function directoryRows(): Record<string, Directive> {
  const inExec = fieldsOf("exec");
  const rows: Record<string, Directive> = {};
  for (const name of ["Runtime", "State", "Cache", "Logs", "Configuration"] as const) {
    const kind = name.toLowerCase() as Lowercase<typeof name>;
    rows[`${name}Directory`] = inExec("directories", execDirectory(kind));
    rows[`${name}DirectoryMode`] = inExec("directories", execDirectoryMode(kind));
  }
  return rows;
}

function streamRows(): Record<string, Directive> {
  return {
    StandardInput: severalFields(
      "exec",
      "standardInput",
      standardInput.expected,
      (value, scope) => standardInput.read(value, scope, NO_INPUT, NO_INPUT),
      (exec, { kind, argument }) => {
        exec.standardInput = kind;
        exec.standardInputArgument = argument;
      },
    ),
    StandardOutput: severalFields(
      "exec",
      "standardOutput",
      standardOutput.expected,
      (value, scope) => standardOutput.read(value, scope, NO_OUTPUT, NO_OUTPUT),
      (exec, { kind, argument }) => {
        exec.standardOutput = kind;
        exec.standardOutputArgument = argument;
      },
    ),
    StandardError: severalFields(
      "exec",
      "standardError",
      standardOutput.expected,
      (value, scope) => standardOutput.read(value, scope, NO_OUTPUT, NO_OUTPUT),
      (exec, { kind, argument }) => {
        exec.standardError = kind;
        exec.standardErrorArgument = argument;
      },
    ),
  };
}

const NO_INPUT = { kind: DEFAULTS.exec.standardInput, argument: null };
const NO_OUTPUT = { kind: DEFAULTS.exec.standardOutput, argument: null };

export function execDirectives(): Directives {
  const inExec = fieldsOf("exec");
  return {
    WorkingDirectory: severalFields(
      "exec",
      "workingDirectory",
      "an absolute path or ~, - before it if it may be missing",
      readWorkingDirectory,
      (exec, { directory, missingOk }) => {
        exec.workingDirectory = directory;
        exec.workingDirectoryMissingOk = missingOk;
      },
    ),
    RootDirectory: inExec("rootDirectory", vitalPath),
    User: inExec("user", accountName),
    Group: inExec("group", accountName),
    SupplementaryGroups: inExec("supplementaryGroups", accountNames),
    DynamicUser: inExec("dynamicUser", vitalBoolean),
    SetLoginEnvironment: inExec("setLoginEnvironment", tristate),
    Nice: inExec("nice", optionalInteger(-20, 19)),
    OOMScoreAdjust: inExec("oomScoreAdjust", optionalInteger(-1000, 1000)),
    CoredumpFilter: inExec("coredumpFilter", coredumpFilter),
    IOSchedulingClass: inExec("ioSchedulingClass", ioClass),
    IOSchedulingPriority: inExec("ioSchedulingPriority", optionalInteger(0, 7)),
    CPUSchedulingPolicy: inExec("cpuSchedulingPolicy", cpuPolicy),
    CPUSchedulingPriority: inExec("cpuSchedulingPriority", schedulingPriority),
    CPUSchedulingResetOnFork: inExec("cpuSchedulingResetOnFork", boolean),
    CPUAffinity: inExec("cpuAffinity", cpuSet),
    UMask: inExec("umask", mode),
    Environment: inExec("environment", assignments),
    EnvironmentFile: inExec("environmentFiles", environmentFiles),
    PassEnvironment: inExec("passEnvironment", variableNames),
    UnsetEnvironment: inExec("unsetEnvironment", namesOrAssignments),
    ExecSearchPath: inExec("execSearchPath", pathsByColon),
    ...streamRows(),
    StandardInputText: inExec("standardInputData", standardInputText),
    StandardInputData: inExec("standardInputData", standardInputData),
    TTYPath: inExec("ttyPath", path),
    SyslogIdentifier: inExec("syslogIdentifier", text),
    SyslogFacility: inExec("syslogFacility", logFacility),
    SyslogLevel: inExec("syslogLevel", logLevel),
    SyslogLevelPrefix: inExec("syslogLevelPrefix", boolean),
    LogLevelMax: inExec("logLevelMax", logLevel),
    LogRateLimitIntervalSec: inExec("logRateLimit", partOfLogLimit(rateInterval)),
    LogRateLimitBurst: inExec("logRateLimit", partOfLogLimit(rateBurst)),
    ...limitRows(),
    CapabilityBoundingSet: inExec("capabilityBoundingSet", capabilitySet(null)),
    AmbientCapabilities: inExec("ambientCapabilities", capabilitySet([])),
    SecureBits: inExec("secureBits", secureBits),
    NoNewPrivileges: inExec("noNewPrivileges", boolean),
    TimerSlackNSec: inExec("timerSlackNsec", nanoseconds),
    Personality: inExec("personality", personality),
    IgnoreSIGPIPE: inExec("ignoreSigpipe", boolean),
    RuntimeDirectoryPreserve: inExec("runtimeDirectoryPreserve", preserveMode),
    ...directoryRows(),
    SetCredential: inExec("credentials", credentials("set")),
    LoadCredential: inExec("credentials", credentials("load")),
    ImportCredential: inExec("credentials", credentials("import")),
  };
}
