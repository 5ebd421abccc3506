/**
 * SetCredential=, LoadCredential= and ImportCredential= (systemd.exec(5), "Credentials"): files in a directory of the service's own below
 * /run/credentials, readable by its user alone, named to it in CREDENTIALS_DIRECTORY, and gone when it has stopped.
 * A container has no memory file system to spare for them; they are as safe as /run is.
 */
import { err, ok, type Result } from "../../base/result.ts";
import { describe } from "../../host/errno.ts";
import type { Native } from "../../host/native.ts";
import type { Credential } from "../../unit/model.ts";
import { makeParents } from "../socket/socket-open.ts";

const ROOT = "/run/credentials";
/** What the container manager handed in. */
const SYSTEM = `${ROOT}/@system`;
/** The first that has a name gives it. */
const PRECEDENCE: readonly Credential["source"][] = ["load", "import", "set"];
const STORES: readonly string[] = [
  "/etc/credstore",
  "/run/credstore",
  "/usr/local/lib/credstore",
  "/usr/lib/credstore",
];
const CREDENTIAL_MAX = 1024 * 1024;

export function credentialsDirectory(unit: string): string {
  return `${ROOT}/${unit}`;
}

/** The directory, null where the unit has no credentials, or a sentence about what can't be had. */
export function makeCredentials(
  host: Native,
  unit: string,
  credentials: readonly Credential[],
  uid: number,
): Result<string | null, string> {
  if (credentials.length === 0) return ok(null);
  const directory = credentialsDirectory(unit);
  makeParents(host, `${directory}/x`, 0o755);
  const written = new Set<string>();
  for (const source of PRECEDENCE) {
    for (const credential of credentials.filter((one) => one.source === source)) {
      for (const [id, text] of textsOf(host, credential)) {
        if (text === null || written.has(id)) continue;
        if (typeof text === "number")
          return err(`cannot load the credential "${id}" from ${credential.value}: ${describe(text)}`);
        const code = writeOne(host, `${directory}/${id}`, text, uid);
        if (code < 0) return err(`cannot write the credential "${id}": ${describe(code)}`);
        written.add(id);
      }
    }
  }
  // It stays usher's own: the service's user must not be able to put a link where a secret is about to be written.
  host.chmod(directory, uid >= 0 ? 0o755 : 0o700);
  return ok(directory);
}

export function removeCredentials(host: Native, unit: string, credentials: readonly Credential[]): void {
  if (credentials.length > 0) host.removeTree(credentialsDirectory(unit));
}

/** The texts of a line by their names; an errno for what can't be read, null for what isn't there. */
function textsOf(host: Native, { source, id, value }: Credential): [string, string | number | null][] {
  if (source === "set") return [[id, value]];
  if (source === "load") return [[id, load(host, value)]];
  const start = id.replace(/\*$/, "");
  const matches = (name: string): boolean => (start === id ? name === id : name.startsWith(start));
  return [SYSTEM, ...STORES].flatMap((store) => {
    const entries = host.listDirectory(store);
    const names = typeof entries === "number" ? [] : entries.map(({ name }) => name).filter(matches);
    return names.map((name): [string, string | number | null] => [
      value === "" ? name : value + name.slice(start.length),
      host.readFile(`${store}/${name}`, CREDENTIAL_MAX),
    ]);
  });
}

function writeOne(host: Native, path: string, text: string, uid: number): number {
  const written = host.replaceFile(path, text, 0o400);
  return written < 0 || uid < 0 ? written : host.lchown(path, uid, -1);
}

/** A path, or a name in the credential stores; a name that is in none of them is no credential. */
function load(host: Native, source: string): string | number | null {
  if (source.startsWith("/")) return host.readFile(source, CREDENTIAL_MAX);
  for (const store of STORES) {
    const text = host.readFile(`${store}/${source}`, CREDENTIAL_MAX);
    if (typeof text === "string") return text;
  }
  return null;
}
