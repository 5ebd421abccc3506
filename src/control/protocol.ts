/**
 * The control protocol: what the messages are, and how they are framed.
 *
 * Framed as Varlink frames it (varlink.org): each message is one JSON object followed by a NUL byte, over a Unix stream
 * socket. A call has `method`, `parameters`, and `more` (several replies are welcome) or `oneway` (no reply); a reply
 * has `parameters`, and `error` or `continues`. Replies come in the order of the calls of one connection.
 *
 * Pure. "Bytes" are strings whose code units are 0…255. What is sent is ASCII (everything else as \uXXXX), so the
 * surrogate-escaped bytes of file names and environments survive; what is received may be UTF-8.
 */
import { err, ok, type Result } from "../base/result.ts";
import { carriedByte, joinCarriedBytes } from "../base/utf8.ts";
import type { JobMode } from "../unit/model.ts";
import type { CleanKind } from "../unit/value/cleanable.ts";
import type {
  ControlJobResult,
  ControlJobType,
  DependencyNode,
  ExitRequest,
  JobSummary,
  JobTicket,
  KillRequest,
  LogEntry,
  LogQuery,
  SystemSummary,
  UnitDetails,
  UnitSummary,
} from "./backend.ts";

export const INTERFACE = "io.usher.Manager";
export const SERVICE_INTERFACE = "org.varlink.service";

/** Name of the socket in usher's runtime directory. */
export const SOCKET_NAME = "control";

export type JsonObject = Readonly<Record<string, unknown>>;

/** A call with no parameters, a reply with no content. */
export type Nothing = Readonly<Record<never, never>>;

export interface StartJobParameters {
  readonly unit: string;
  readonly type: ControlJobType;
  readonly mode: JobMode;
  /** Reply when the job has ended; with `more` also at once, when it is queued. */
  readonly wait: boolean;
}

export interface StartJobReply {
  readonly job: JobTicket;
  /** null: queued, not ended (yet). */
  readonly result: ControlJobResult | null;
}

export interface LogsParameters extends LogQuery {
  /** With `more`: go on with what comes. */
  readonly follow: boolean;
}

/** Every method: what it takes and what it answers. Streams answer several times. */
export interface Methods {
  readonly GetSystem: { readonly parameters: Nothing; readonly reply: { readonly system: SystemSummary } };
  readonly ListUnits: {
    readonly parameters: Nothing;
    readonly reply: { readonly units: readonly UnitSummary[] };
  };
  readonly GetUnit: {
    readonly parameters: { readonly unit: string };
    readonly reply: { readonly unit: UnitDetails };
  };
  readonly ListDependencies: {
    readonly parameters: Nothing;
    readonly reply: { readonly nodes: readonly DependencyNode[] };
  };
  readonly ListJobs: {
    readonly parameters: Nothing;
    readonly reply: { readonly jobs: readonly JobSummary[] };
  };
  readonly StartJob: { readonly parameters: StartJobParameters; readonly reply: StartJobReply };
  readonly CancelJob: { readonly parameters: { readonly id: number }; readonly reply: Nothing };
  readonly KillUnit: { readonly parameters: KillRequest; readonly reply: Nothing };
  readonly Reload: { readonly parameters: Nothing; readonly reply: Nothing };
  readonly Reexec: { readonly parameters: { readonly path: string | null }; readonly reply: Nothing };
  readonly ResetFailed: { readonly parameters: { readonly unit: string | null }; readonly reply: Nothing };
  readonly CleanUnit: {
    readonly parameters: { readonly unit: string; readonly what: readonly CleanKind[] };
    readonly reply: Nothing;
  };
  /** Replies when none of the units is up or has a job, with those that have failed. */
  readonly AwaitInactive: {
    readonly parameters: { readonly units: readonly string[] };
    readonly reply: { readonly failed: readonly string[] };
  };
  /** Replies when the boot is finished, or will never be. */
  readonly AwaitBoot: { readonly parameters: Nothing; readonly reply: { readonly system: SystemSummary } };
  readonly GetEnvironment: {
    readonly parameters: Nothing;
    readonly reply: { readonly environment: readonly string[] };
  };
  readonly ChangeEnvironment: {
    readonly parameters: { readonly set: readonly string[]; readonly unset: readonly string[] };
    readonly reply: Nothing;
  };
  readonly Logs: {
    readonly parameters: LogsParameters;
    readonly reply: { readonly entries: readonly LogEntry[] };
  };
  readonly SetLogLevel: { readonly parameters: { readonly level: string }; readonly reply: Nothing };
  readonly Exit: { readonly parameters: ExitRequest; readonly reply: Nothing };
}

export type MethodName = keyof Methods;

export interface Call {
  /** Full name, interface included. */
  readonly method: string;
  readonly parameters: JsonObject;
  readonly more: boolean;
  readonly oneway: boolean;
}

export interface Reply {
  readonly parameters: JsonObject;
  readonly error: string | null;
  readonly continues: boolean;
}

// ------------------------------------------------------------------------------------------------------------ frames

/** One JSON object as it goes onto the wire. */
export function encodeFrame(message: JsonObject): string {
  return `${asciiJson(JSON.stringify(message))}\0`;
}

export function encodeCall(call: Call): string {
  return encodeFrame({
    method: call.method,
    parameters: call.parameters,
    ...(call.more ? { more: true } : {}),
    ...(call.oneway ? { oneway: true } : {}),
  });
}

export function encodeReply(reply: Reply): string {
  return encodeFrame({
    parameters: reply.parameters,
    ...(reply.error === null ? {} : { error: reply.error }),
    ...(reply.continues ? { continues: true } : {}),
  });
}

function asciiJson(json: string): string {
  return json.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** What can be wrong with a frame. After `too-long` nothing that follows can be understood. */
export interface FrameError {
  readonly kind: "too-long" | "malformed";
  readonly reason: string;
}

export type Frame = Result<JsonObject, FrameError>;

export interface FrameDecoder {
  /** Takes bytes as they come, returns the frames that they complete. Never throws. */
  push(bytes: string): readonly Frame[];
}

/** JSON deeper than this is refused before the parser sees it. */
const DEPTH_MAX = 32;

/** A decoder that refuses frames of more than `limit` bytes and is silent after the first such one. */
export function createFrameDecoder(limit: number): FrameDecoder {
  let parts: string[] = [];
  let held = 0;
  let overrun = false;
  const push = (bytes: string): readonly Frame[] => {
    const frames: Frame[] = [];
    let from = 0;
    while (!overrun && from < bytes.length) {
      const nul = bytes.indexOf("\0", from);
      const part = bytes.slice(from, nul < 0 ? bytes.length : nul);
      held += part.length;
      if (held > limit) {
        overrun = true;
        parts = [];
        frames.push(err({ kind: "too-long", reason: `a message of more than ${limit} bytes` }));
        break;
      }
      parts.push(part);
      if (nul < 0) break;
      frames.push(parseFrame(parts.join("")));
      parts = [];
      held = 0;
      from = nul + 1;
    }
    return frames;
  };
  return { push };
}

function parseFrame(bytes: string): Frame {
  const text = decodeUtf8(bytes);
  if (jsonDepth(text) > DEPTH_MAX) return malformed(`JSON nested deeper than ${DEPTH_MAX}`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    return malformed(cause instanceof Error ? cause.message : "no JSON");
  }
  return isObject(value) ? ok(value) : malformed("expected a JSON object");
}

function malformed(reason: string): Frame {
  return err({ kind: "malformed", reason });
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Deepest nesting of a JSON text, strings left aside. */
function jsonDepth(text: string): number {
  let depth = 0;
  let deepest = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (quoted) {
      if (char === 0x5c) at++;
      else if (char === 0x22) quoted = false;
    } else if (char === 0x22) quoted = true;
    else if (char === 0x7b || char === 0x5b) deepest = Math.max(deepest, ++depth);
    else if (char === 0x7d || char === 0x5d) depth--;
  }
  return deepest;
}

/** UTF-8 bytes to text; a run of bytes that is no UTF-8 stays as surrogate escapes. */
export function decodeUtf8(bytes: string): string {
  if (!/[\u0080-\u00ff]/.test(bytes)) return bytes;
  return joinCarriedBytes(bytes.replace(/[\u0080-\u00ff]/g, (byte) => carriedByte(byte.charCodeAt(0))));
}

// ----------------------------------------------------------------------------------------------------------- messages

/** A frame as a call; the error is the reason it isn't one. */
export function readCall(frame: JsonObject): Result<Call, string> {
  const { method, parameters, more, oneway } = frame;
  if (typeof method !== "string") return err("method");
  if (parameters !== undefined && parameters !== null && !isObject(parameters)) return err("parameters");
  return ok({ method, parameters: parameters ?? {}, more: more === true, oneway: oneway === true });
}

/** A frame as a reply. */
export function readReply(frame: JsonObject): Reply {
  const { parameters, error, continues } = frame;
  return {
    parameters: isObject(parameters) ? parameters : {},
    error: typeof error === "string" ? error : null,
    continues: continues === true,
  };
}
