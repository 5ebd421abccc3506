/** "/run/app.sock", "usher" → "/run/.app.sock.usher": further names of a Unix socket, beside it. */
export function hiddenName(path: string, suffix: string): string {
  const slash = path.lastIndexOf("/");
  return `${path.slice(0, slash + 1)}.${path.slice(slash + 1)}.${suffix}`;
}
