/** What the bus asks of the running init beyond what clients of the control socket do. */
import type { Result } from "../../base/result.ts";
import type { ControlBackend, ControlFailure } from "../backend.ts";

/** A unit that a program makes (systemd-run(1)), as the text of its file. */
export interface TransientUnit {
  readonly name: string;
  readonly text: string;
  /** Descriptors for standard input, output and error; -1: as the text says. */
  readonly stdio: readonly [number, number, number];
}

export interface BusBackend extends ControlBackend {
  /**
   * Writes the files of new units, below /run, and loads them; none of them if one can't be. The descriptors are the
   * backend's then, and still the caller's after an error. The units are kept until `setReferenced` says otherwise, and
   * from then on forgotten as soon as they are down.
   */
  makeTransient(units: readonly TransientUnit[]): Result<null, ControlFailure>;
  /** Somebody holds the unit in memory, or nobody any more. */
  setReferenced(unit: string, referenced: boolean): void;
}
