/**
 * Reads compose.yaml (the Compose Specification) as far as this repository uses it, so that the demo and its test run
 * the very definition that people run with `docker compose up`, also where there is no Compose. A key that isn't
 * known here is an error: nothing of the file may be silently left out.
 */

import { readFileSync } from "node:fs";
import { parse } from "yaml";

/** A port of the container, and where the host offers it (port 0: a free one). */
export type PublishedPort = {
  readonly address: string;
  readonly hostPort: number;
  readonly containerPort: number;
};

/** One service of compose.yaml. */
export type ComposeService = {
  readonly name: string;
  readonly image: string;
  readonly context: string;
  readonly dockerfile: string;
  readonly ports: readonly PublishedPort[];
  readonly environment: Readonly<Record<string, string>>;
};

type Variables = Readonly<Record<string, string | undefined>>;

/** The services of a compose file. `variables` fill in `${NAME:-default}`. Throws where it can't be understood. */
export function readCompose(path: string, variables: Variables): ComposeService[] {
  return parseCompose(readFileSync(path, "utf8"), variables);
}

/** The same for its text. */
export function parseCompose(text: string, variables: Variables): ComposeService[] {
  const { services } = record(parse(fillIn(text, variables)), "compose file", ["services"]);
  return Object.entries(record(services, "services")).map(([name, value]) => readService(name, value));
}

function readService(name: string, value: unknown): ComposeService {
  const service = record(value, name, ["image", "build", "ports", "environment"]);
  const build = record(service["build"], `${name}.build`, ["context", "dockerfile"]);
  const ports = service["ports"] ?? [];
  if (!Array.isArray(ports)) throw new Error(`compose: ${name}.ports is no list`);
  const environment = Object.entries(record(service["environment"] ?? {}, `${name}.environment`));
  return {
    name,
    image: text(service["image"], `${name}.image`),
    context: text(build["context"], `${name}.build.context`),
    dockerfile: text(build["dockerfile"], `${name}.build.dockerfile`),
    ports: ports.map((port) => readPort(text(port, `${name}.ports`))),
    environment: Object.fromEntries(environment.map(([key, entry]) => [key, text(entry, key)])),
  };
}

/** "127.0.0.1:8080:8080" */
function readPort(port: string): PublishedPort {
  const [, address = "", host = "", container = ""] = /^([\d.]+):(\d+):(\d+)$/.exec(port) ?? [];
  if (address === "") throw new Error(`compose: port "${port}" is not ADDRESS:HOST:CONTAINER`);
  return { address, hostPort: Number(host), containerPort: Number(container) };
}

function fillIn(text: string, variables: Variables): string {
  return text.replace(/\$\{(\w+):-([^}]*)\}/g, (_, name: string, otherwise: string) => {
    const value = variables[name] ?? "";
    return value === "" ? otherwise : value;
  });
}

function record(value: unknown, what: string, known?: readonly string[]): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Error(`compose: ${what} is no mapping`);
  }
  const unknown = Object.keys(value).find((key) => known !== undefined && !known.includes(key));
  if (unknown !== undefined)
    throw new Error(`compose: ${what} has "${unknown}", which is not understood here`);
  return value as Record<string, unknown>;
}

function text(value: unknown, what: string): string {
  if (typeof value === "string" || typeof value === "number") return String(value);
  throw new Error(`compose: ${what} is no text`);
}
