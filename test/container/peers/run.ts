/** Runs a table of cases in one container, by driver.py. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll } from "vitest";
import { sharedUsher } from "../harness/usher.ts";
import type { Case, Where } from "./cases.ts";

/** One case, one program, one place. */
export type Job = {
  readonly case: Case;
  /** The program's argv[0]. */
  readonly face: string;
  /** Its path. */
  readonly program: string;
  readonly where: Where;
};

/** What one of the case's processes noted. */
export type TraceEvent =
  | {
      readonly event: "start";
      readonly [key: string]: unknown;
    }
  | { readonly event: "signal"; readonly number: number; readonly sender: string };

/** What happened. Process ids have names here: "wrapper", "command", "kid", … */
export type Result = {
  /** Exit status, or the negative number of the signal that ended the program; null: it had to be killed. */
  readonly exit: number | null;
  /** Lines of "stdout" and "stderr", or of "tty". */
  readonly output: Readonly<Record<string, readonly string[]>>;
  readonly trace: Readonly<Record<string, readonly TraceEvent[]>>;
  /** What was looked at, and what was waited for in vain. */
  readonly notes: readonly string[];
};

/** Where usher's faces are in the image. */
export function faceOf(name: string): string {
  return name === "usher" ? "/usr/bin/usher" : `/usr/libexec/usher/${name}`;
}

/** The signals that a process noted, in order. */
export function signalsOf(result: Result, who = "command"): number[] {
  return (result.trace[who] ?? []).flatMap((event) => (event.event === "signal" ? [event.number] : []));
}

/** Runs all jobs before the tests of the file; they ask for the results, in the jobs' order. */
export function runTable(jobs: readonly Job[]): () => readonly Result[] {
  const driver = readFileSync(join(import.meta.dirname, "driver.py"));
  const box = sharedUsher({
    image: "usher-test:peers",
    // For PID namespaces, each with a /proc of its own.
    capAdd: ["SYS_ADMIN"],
    securityOpt: ["seccomp=unconfined", "apparmor=unconfined"],
    files: { "/peers/driver.py": { content: driver }, "/peers/jobs.json": JSON.stringify(jobs) },
  });
  let results: readonly Result[] = [];
  beforeAll(async () => {
    results = JSON.parse(await box().run(["python3", "/peers/driver.py", "/peers/jobs.json"])) as Result[];
    // Seconds, but a minute where everything else runs at the same time.
  }, 300_000);
  return () => results;
}
