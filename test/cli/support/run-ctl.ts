import { runCtl } from "../../../src/cli/ctl/ctl-face.ts";
import { createMemorySystem, type MemoryOptions, type MemorySystem } from "./memory-system.ts";

export interface Outcome {
  readonly status: number;
  readonly out: string;
  readonly errors: string;
  readonly memory: MemorySystem;
}

/** Runs `systemctl …` in memory; the command line is split at blanks. */
export async function systemctl(line: string, options: MemoryOptions = {}): Promise<Outcome> {
  const memory = createMemorySystem({
    ...options,
    args: options.args ?? line.split(" ").filter((word) => word !== ""),
  });
  const status = await runCtl(memory.system, "systemctl");
  return { status, out: memory.out(), errors: memory.errors(), memory };
}
