/** Paths as unit files state them: text only, nothing is looked up. */
import { utf8Fits } from "../../base/utf8.ts";

const LONGEST_PATH = 4095;
const LONGEST_NAME = 255;

export function isAbsolute(path: string): boolean {
  return path.startsWith("/");
}

/** Without repeated slashes, "." components and a slash at the end. */
export function simplifyPath(path: string): string {
  if (!path.includes("//") && !path.includes("./") && !path.includes("/.") && !path.endsWith("/"))
    return path;
  const parts = path.split("/").filter((part) => part !== "" && part !== ".");
  const joined = parts.join("/");
  if (isAbsolute(path)) return `/${joined}`;
  return joined === "" && path !== "" ? "." : joined;
}

/** Not empty, not too long as a whole and in each component. */
export function isValidPath(path: string): boolean {
  if (path === "") return false;
  if (path.length <= LONGEST_NAME / 3) return true;
  return utf8Fits(path, LONGEST_PATH) && path.split("/").every((part) => utf8Fits(part, LONGEST_NAME));
}

/** No "." or ".." component. */
export function isNormalized(path: string): boolean {
  return !path.includes(".") || !/(^|\/)\.\.?(\/|$)/.test(path);
}

/** A single name that can stand in a directory. */
export function isFileName(name: string): boolean {
  if (name === "" || name === "." || name === "..") return false;
  return !name.includes("/") && utf8Fits(name, LONGEST_NAME);
}

/** Simplified absolute path; undefined for one that is relative, malformed or has "..". */
export function parseAbsolutePath(text: string): string | undefined {
  if (!isAbsolute(text)) return undefined;
  const path = simplifyPath(text);
  return isValidPath(path) && isNormalized(path) ? path : undefined;
}

/** Simplified relative path; undefined for one that is absolute, malformed or has "..". */
export function parseRelativePath(text: string): string | undefined {
  if (isAbsolute(text)) return undefined;
  const path = simplifyPath(text);
  return isValidPath(path) && isNormalized(path) ? path : undefined;
}

/** /var/run/ is /run/ since long ago, and systemd rewrites it so. */
export function patchVarRun(path: string): string {
  return path.startsWith("/var/run/") ? path.slice(4) : path;
}

/** Is `path` `directory` itself or below it? */
export function isBelow(path: string, directory: string): boolean {
  return path === directory || path.startsWith(directory === "/" ? "/" : `${directory}/`);
}
