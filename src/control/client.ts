/**
 * The control client: one connection for each call, replies as values.
 *
 * A `Transport` carries the bytes (the C host's socket in the tools, anything in tests). Failures are values:
 * `remote` came from usher, everything else says why it couldn't be asked.
 */
import { err, ok, type Result } from "../base/result.ts";
import {
  createFrameDecoder,
  encodeCall,
  INTERFACE,
  type MethodName,
  type Methods,
  type Reply,
  readReply,
} from "./protocol.ts";

export interface Transport {
  /** Queues bytes. */
  write(bytes: string): void;
  /** Calls back with what comes, and once with null at the end of the connection. */
  onData(callback: (bytes: string | null) => void): void;
  close(): void;
}

export interface ClientError {
  readonly kind: "absent" | "refused" | "broken" | "denied" | "remote";
  /** For `remote`: usher's name for it ("NoSuchUnit"); else "". */
  readonly name: string;
  /** A sentence for people, without a final stop where systemd has none. */
  readonly message: string;
}

export type Outcome<M extends MethodName> = Result<Methods[M]["reply"], ClientError>;

/** What a call hears besides its last reply. */
export interface CallOptions<M extends MethodName> {
  /** Asks for several replies; called with each one that is not the last. */
  readonly onProgress?: (reply: Methods[M]["reply"]) => void;
}

/** Connects, or says why it can't. */
export type Connect = () => Result<Transport, ClientError>;

/** usher's answers are a few hundred bytes a unit; anything larger than this is no answer of usher's. */
const REPLY_MAX = 64 * 1024 * 1024;

export function callUsher<M extends MethodName>(
  connect: Connect,
  method: M,
  parameters: Methods[M]["parameters"],
  options: CallOptions<M> = {},
): Promise<Outcome<M>> {
  const connected = connect();
  if (!connected.ok) return Promise.resolve(connected);
  const transport = connected.value;
  const more = options.onProgress !== undefined;
  return new Promise((resolve) => {
    const decoder = createFrameDecoder(REPLY_MAX);
    let over = false;
    const finish = (outcome: Outcome<M>): void => {
      if (over) return;
      over = true;
      transport.close();
      resolve(outcome);
    };
    transport.onData((bytes) => {
      if (bytes === null) return finish(broken("usher closed the connection before it answered"));
      for (const frame of decoder.push(bytes)) {
        if (!frame.ok) return finish(broken(`usher's answer makes no sense: ${frame.error.reason}`));
        const reply = readReply(frame.value);
        if (reply.continues) options.onProgress?.(reply.parameters as Methods[M]["reply"]);
        else finish(readOutcome(reply));
      }
      return undefined;
    });
    transport.write(
      encodeCall({ method: `${INTERFACE}.${method}`, parameters: { ...parameters }, more, oneway: false }),
    );
  });
}

/** The server is the same program, so a reply of a method is trusted to have that method's form. */
function readOutcome<M extends MethodName>(reply: Reply): Outcome<M> {
  if (reply.error === null) return ok(reply.parameters as Methods[M]["reply"]);
  const { message, parameter, method, reason } = reply.parameters;
  const name = reply.error.slice(reply.error.lastIndexOf(".") + 1);
  if (name === "PermissionDenied") {
    return err({
      kind: "denied",
      name,
      message: "Access denied: only root and the user that usher runs as may do that",
    });
  }
  const detail = [message, parameter, method, reason].find((text) => typeof text === "string");
  return err({ kind: "remote", name, message: typeof detail === "string" ? detail : name });
}

function broken(message: string): Result<never, ClientError> {
  return err({ kind: "broken", name: "", message });
}
