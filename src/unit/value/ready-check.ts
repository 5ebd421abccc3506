/**
 * ReadyCheck= of [X-Usher]: how usher finds out that a service which never says so is ready.
 *
 *     tcp:5432, tcp:10.0.0.1:5432   somebody accepts connections there (a port alone: of 127.0.0.1)
 *     unix:/run/app.sock            the same for a path
 *     http:8080/health              GET answers with 2xx or 3xx
 *     exec:/usr/bin/pg_isready      the command ends with 0; it is run as ExecStartPost= would be
 *     log:ready to accept           a line of the service's output matches the regular expression
 */

import type { ReadyCheck } from "../model.ts";
import { readCommands } from "./exec-command.ts";
import { parseSocketAddress } from "./socket-address.ts";
import type { Scope, ValueType } from "./value-type.ts";

const EXPECTED = "tcp:[ADDRESS:]PORT, unix:PATH, http:[ADDRESS:]PORT/PATH, exec:COMMAND or log:REGEX";

function readInet(text: string): { readonly host: string; readonly port: number } | undefined {
  const address = parseSocketAddress(text);
  if (address?.family === "any") return { host: "127.0.0.1", port: address.port };
  return address?.family === "inet" || address?.family === "inet6" ? address : undefined;
}

function readHttp(text: string): ReadyCheck | undefined {
  const match = /^(?:\/\/)?([^/]+)(\/\S*)?$/.exec(text);
  const address = readInet(match?.[1] ?? "");
  if (address === undefined) return undefined;
  return { kind: "http", host: address.host, port: address.port, path: match?.[2] ?? "/" };
}

function readExec(text: string, scope: Scope): ReadyCheck | undefined {
  const [command, ...more] = readCommands(text, scope);
  return command === undefined || more.length > 0 ? undefined : { kind: "exec", command };
}

function readLog(pattern: string): ReadyCheck | undefined {
  try {
    return pattern !== "" && new RegExp(pattern) ? { kind: "log", pattern } : undefined;
  } catch {
    return undefined;
  }
}

function readCheck(text: string, scope: Scope): ReadyCheck | undefined {
  const colon = text.indexOf(":");
  const rest = text.slice(colon + 1);
  switch (text.slice(0, colon)) {
    case "tcp": {
      const address = readInet(rest);
      return address === undefined ? undefined : { kind: "tcp", host: address.host, port: address.port };
    }
    case "unix": {
      const path = scope.expand(rest);
      return path?.startsWith("/") || path?.startsWith("@") ? { kind: "unix", path } : undefined;
    }
    case "http":
      return readHttp(rest);
    case "exec":
      return readExec(rest, scope);
    case "log":
      return readLog(rest);
    default:
      return undefined;
  }
}

/** One check a line; an empty one clears them. All must succeed. */
export const readyChecks: ValueType<readonly ReadyCheck[]> = {
  expected: EXPECTED,
  read(text, scope, before) {
    if (text === "") return [];
    const check = readCheck(text, scope);
    return check === undefined ? undefined : [...before, check];
  },
};
