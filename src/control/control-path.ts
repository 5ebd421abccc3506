import { SOCKET_NAME } from "./protocol.ts";

/** Where usher keeps its state: /run/usher, or below XDG_RUNTIME_DIR (or /tmp) for a user who isn't root. */
export function runtimeDirectory(uid: number, getVariable: (name: string) => string | null): string {
  if (uid === 0) return "/run/usher";
  const own = getVariable("XDG_RUNTIME_DIR");
  return own === null || own === "" ? `/tmp/usher-${uid}` : `${own}/usher`;
}

/** Sockets that a client tries, in order: USHER_CONTROL alone where it is set; else the user's own, then the system's. */
export function controlPaths(uid: number, getVariable: (name: string) => string | null): readonly string[] {
  const given = getVariable("USHER_CONTROL");
  if (given !== null && given !== "") return [given];
  const own = `${runtimeDirectory(uid, getVariable)}/${SOCKET_NAME}`;
  const system = `/run/usher/${SOCKET_NAME}`;
  return own === system ? [system] : [own, system];
}
