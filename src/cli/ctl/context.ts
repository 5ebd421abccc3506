/** What every verb of usherctl and systemctl works with. */
import { err } from "../../base/result.ts";
import {
  type CallOptions,
  type ClientError,
  type Connect,
  callUsher,
  type Outcome,
} from "../../control/client.ts";
import { controlPaths } from "../../control/control-path.ts";
import type { MethodName, Methods } from "../../control/protocol.ts";
import type { Style } from "../format/style.ts";
import { EACCES, ECONNREFUSED, ENOENT, getVariable, type System } from "../system.ts";
import type { CtlSettings } from "./options.ts";

export interface Context {
  readonly system: System;
  /** "usherctl" or "systemctl": for hints and messages. */
  readonly program: string;
  readonly settings: CtlSettings;
  readonly style: Style;
  call<M extends MethodName>(
    method: M,
    parameters: Methods[M]["parameters"],
    options?: CallOptions<M>,
  ): Promise<Outcome<M>>;
}

/** Exit statuses of systemctl(1). */
export const EXIT_OK = 0;
export const EXIT_FAILURE = 1;
export const EXIT_NOT_RUNNING = 3;
export const EXIT_UNKNOWN = 4;

export function createContext(system: System, program: string, settings: CtlSettings, style: Style): Context {
  const connect = connectTo(system);
  return {
    system,
    program,
    settings,
    style,
    call: (method, parameters, options) => callUsher(connect, method, parameters, options),
  };
}

/** Tries the user's own usher, then the system's. */
export function connectTo(system: System): Connect {
  return () => {
    const paths = controlPaths(system.uid, (name) => getVariable(system, name));
    for (const path of paths) {
      const connected = system.connect(path);
      if (connected.ok) return connected;
      if (connected.error !== ENOENT || path === paths.at(-1))
        return err(explainConnect(system, path, connected.error));
    }
    return err(explainConnect(system, "", ENOENT));
  };
}

function explainConnect(system: System, path: string, errno: number): ClientError {
  const say = (kind: ClientError["kind"], message: string): ClientError => ({ kind, name: "", message });
  if (errno === ENOENT) return say("absent", `usher is not running here: ${path} is missing`);
  if (errno === ECONNREFUSED) return say("absent", `usher is not running here: nobody listens at ${path}`);
  if (errno === EACCES) return say("denied", `cannot reach usher at ${path}: ${system.explain(errno)}`);
  return say("broken", `cannot reach usher at ${path}: ${system.explain(errno)}`);
}

export function print(context: Context, text: string): void {
  context.system.output.write(text);
}

/** A line on standard error. */
export function complain(context: Context, message: string): void {
  context.system.output.writeError(`${message}\n`);
}

/** Says why a call failed, and the exit status for it. */
export function reportFailure(context: Context, what: string, error: ClientError): number {
  complain(
    context,
    error.kind === "remote" || error.kind === "denied" ? `${what}: ${error.message}` : error.message,
  );
  return EXIT_FAILURE;
}

export function quiet(context: Context): boolean {
  return context.settings.options.has("quiet");
}
