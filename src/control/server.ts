/**
 * The control server: takes bytes from clients, checks who they are, calls the method table, sends replies.
 *
 * It owns no descriptor. A transport gives it a `ControlConnection` for each client and feeds the returned session.
 * Bounds: one call at most `CALL_MAX` bytes; a client that doesn't read is dropped once `BACKLOG_MAX` bytes wait for
 * it and another reply comes; strangers (neither root nor usher's own user) share a number of connections, so that
 * they can't lock root out.
 */
import type { ControlBackend, ControlFailure } from "./backend.ts";
import { type Answer, METHODS, type MethodRow } from "./methods.ts";
import { readParameters } from "./parameters.ts";
import {
  type Call,
  createFrameDecoder,
  encodeReply,
  INTERFACE,
  type JsonObject,
  type Reply,
  readCall,
  SERVICE_INTERFACE,
} from "./protocol.ts";

export interface ControlPeer {
  readonly uid: number;
  readonly gid: number;
  readonly pid: number;
}

/** One client's connection, as the transport offers it. */
export interface ControlConnection {
  readonly peer: ControlPeer;
  /** Takes as many bytes as fit now and says how many; negative when the connection is broken. */
  write(bytes: string): number;
  /** Whether `onWritable` shall be called. */
  wantWritable(wanted: boolean): void;
  close(): void;
}

/** What the transport calls. After `onClose`, or after the server closed the connection, nothing. */
export interface ControlSession {
  onData(bytes: string): void;
  onWritable(): void;
  onClose(): void;
}

export interface ControlServer {
  /** null: no more connections for this peer; the transport closes it. */
  open(connection: ControlConnection): ControlSession | null;
  readonly connections: number;
}

export interface ControlPolicy {
  /** The user that usher runs as. */
  readonly ownUid: number;
  readonly version: string;
}

const CALL_MAX = 256 * 1024;
const BACKLOG_MAX = 1024 * 1024;
const STRANGERS_MAX = 16;
const CONNECTIONS_MAX = 256;

export function createControlServer(backend: ControlBackend, policy: ControlPolicy): ControlServer {
  let all = 0;
  let strangers = 0;
  const open = (connection: ControlConnection): ControlSession | null => {
    const { uid } = connection.peer;
    const trusted = uid === 0 || uid === policy.ownUid;
    if (all >= CONNECTIONS_MAX || (!trusted && strangers >= STRANGERS_MAX)) return null;
    all++;
    if (!trusted) strangers++;
    return openSession(backend, policy, connection, trusted, () => {
      all--;
      if (!trusted) strangers--;
    });
  };
  return {
    open,
    get connections() {
      return all;
    },
  };
}

function openSession(
  backend: ControlBackend,
  policy: ControlPolicy,
  connection: ControlConnection,
  trusted: boolean,
  onEnd: () => void,
): ControlSession {
  const decoder = createFrameDecoder(CALL_MAX);
  const releases = new Set<() => void>();
  let backlog = "";
  let over = false;
  let closeWhenSent = false;

  const end = (): void => {
    if (over) return;
    over = true;
    for (const release of releases) release();
    releases.clear();
    onEnd();
  };
  const drop = (): void => {
    if (over) return;
    end();
    connection.close();
  };
  const flush = (): void => {
    const taken = connection.write(backlog);
    backlog = backlog.slice(Math.max(taken, 0));
    if (taken < 0 || (backlog === "" && closeWhenSent)) drop();
    else connection.wantWritable(backlog !== "");
  };
  const send = (reply: Reply): void => {
    if (over) return;
    const idle = backlog === "";
    if (backlog.length > BACKLOG_MAX) {
      drop();
    } else {
      backlog += encodeReply(reply);
      if (idle) flush();
    }
  };
  const dispatch = (call: Call): void => answerCall({ backend, policy, trusted, call, send, releases });
  const take = (frame: ReturnType<typeof decoder.push>[number]): void => {
    if (!frame.ok) {
      closeWhenSent = frame.error.kind === "too-long";
      send(errorReply(`${INTERFACE}.Malformed`, { reason: frame.error.reason }));
      return;
    }
    const call = readCall(frame.value);
    if (call.ok) dispatch(call.value);
    else send(errorReply(`${SERVICE_INTERFACE}.InvalidParameter`, { parameter: call.error }));
  };

  return {
    onData: (bytes) => {
      for (const frame of decoder.push(bytes)) if (!over) take(frame);
    },
    onWritable: flush,
    onClose: end,
  };
}

interface CallContext {
  readonly backend: ControlBackend;
  readonly policy: ControlPolicy;
  readonly trusted: boolean;
  readonly call: Call;
  readonly send: (reply: Reply) => void;
  readonly releases: Set<() => void>;
}

function answerCall(context: CallContext): void {
  const { backend, policy, trusted, call, send } = context;
  const answer = createAnswer(context);
  const refuse = (error: string, parameters: JsonObject): void => {
    if (!call.oneway) send(errorReply(`${SERVICE_INTERFACE}.${error}`, parameters));
  };
  const row = findRow(call.method);
  if (call.method === `${SERVICE_INTERFACE}.GetInfo`) {
    answer.reply(serviceInfo(policy));
  } else if (row === null) {
    refuse("MethodNotFound", { method: call.method });
  } else if (row.privileged && !trusted) {
    refuse("PermissionDenied", {});
  } else {
    const reader = readParameters(call.parameters);
    const parameters = row.decode(reader);
    const wrong = reader.wrong();
    if (wrong === null) row.handle(backend, parameters, answer);
    else refuse("InvalidParameter", { parameter: wrong });
  }
}

/** Rows differ in what they take; one row's decoder feeds only its own handler, so the types may be forgotten here. */
function findRow(method: string): MethodRow<unknown, JsonObject> | null {
  const prefix = `${INTERFACE}.`;
  const name = method.startsWith(prefix) ? method.slice(prefix.length) : "";
  if (!Object.hasOwn(METHODS, name)) return null;
  return METHODS[name as keyof typeof METHODS] as unknown as MethodRow<unknown, JsonObject>;
}

function createAnswer({ call, send, releases }: CallContext): Answer<JsonObject> {
  let answered = false;
  const say = (reply: Reply): void => {
    if (answered) return;
    answered = !reply.continues;
    if (!call.oneway) send(reply);
  };
  return {
    more: call.more,
    reply: (parameters) => say({ parameters, error: null, continues: false }),
    progress: (parameters) => say({ parameters, error: null, continues: true }),
    fail: (failure) => say(failureReply(failure)),
    onGone: (release) => releases.add(release),
  };
}

function failureReply(failure: ControlFailure): Reply {
  return errorReply(`${INTERFACE}.${failure.name}`, { message: failure.message });
}

function errorReply(error: string, parameters: JsonObject): Reply {
  return { parameters, error, continues: false };
}

/** org.varlink.service.GetInfo */
function serviceInfo(policy: ControlPolicy): JsonObject {
  return {
    vendor: "usher",
    product: "usher",
    version: policy.version,
    url: "",
    interfaces: [SERVICE_INTERFACE, INTERFACE],
  };
}
