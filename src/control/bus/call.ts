/** Calls to usher's objects on the bus, what they are answered with, and a method as a row of a table. */
import type { BusValue } from "../../base/dbus/marshal.ts";
import type { ControlFailure } from "../backend.ts";
import type { BusBackend } from "./backend.ts";
import { BUS_NAME, DBUS_ERROR } from "./names.ts";

export interface BusCall {
  readonly path: string;
  /** Empty where the caller leaves it open. */
  readonly interface: string;
  readonly member: string;
  readonly signature: string;
  readonly body: readonly BusValue[];
  readonly sender: string;
  /** Descriptors that came along; who keeps one takes it out. */
  readonly fds: number[];
}

export type BusAnswer =
  | { readonly ok: true; readonly signature: string; readonly body: readonly BusValue[] }
  | { readonly ok: false; readonly error: string; readonly message: string };

export interface BusSignal {
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  readonly signature: string;
  readonly body: readonly BusValue[];
  /** null: everybody who listens. */
  readonly destination: string | null;
}

export interface Context {
  readonly backend: BusBackend;
  readonly emit: (signal: BusSignal) => void;
  /** Has `forget` called when the client leaves. false: too many are followed already. */
  readonly follow: (client: string) => boolean;
  readonly subscribers: Set<string>;
  /** Who holds a unit (RefUnit, AddRef), by unit. */
  readonly references: Map<string, Set<string>>;
  readonly virtualization: string;
}

export interface Method {
  readonly takes: string;
  readonly gives: string;
  /** Then the caller has to be root. */
  readonly changes: boolean;
  readonly run: (context: Context, call: BusCall, args: readonly BusValue[]) => BusAnswer;
}

export type Methods = Readonly<Record<string, Method>>;

export function look(takes: string, gives: string, run: Method["run"]): Method {
  return { takes, gives, changes: false, run };
}

export function change(takes: string, gives: string, run: Method["run"]): Method {
  return { takes, gives, changes: true, run };
}

export function good(...body: readonly BusValue[]): BusAnswer {
  return { ok: true, signature: "", body };
}

export function bad(error: string, message: string): BusAnswer {
  return { ok: false, error, message };
}

export function invalid(message: string): BusAnswer {
  return bad(`${DBUS_ERROR}.InvalidArgs`, message);
}

/** Names that D-Bus has itself. */
const COMMON: readonly string[] = ["Failed", "NotSupported", "InvalidArgs"];

export function failed({ name, message }: ControlFailure): BusAnswer {
  return bad(COMMON.includes(name) ? `${DBUS_ERROR}.${name}` : `${BUS_NAME}.${name}`, message);
}

export function text(value: BusValue | undefined): string {
  return typeof value === "string" ? value : "";
}
