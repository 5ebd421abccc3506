/**
 * Transient units (systemd-run(1)): their files below /run, which are gone when the units are, and the descriptors that
 * their programs get as standard streams.
 */
import { err, ok, type Result } from "../base/result.ts";
import type { ControlFailure } from "../control/backend.ts";
import type { BusBackend, TransientUnit } from "../control/bus/backend.ts";
import { describe } from "../host/errno.ts";
import { checkUnitText } from "../unit/load/check-text.ts";
import { TRANSIENT_DIRECTORY } from "../unit/load/unit-files.ts";
import { specifierFacts } from "./boot/system-facts.ts";
import { releaseHandedStdio } from "./handed-stdio.ts";
import { type Runtime, stateOf } from "./runtime.ts";
import { makeParents } from "./socket/socket-open.ts";

/** The part of the bus's backend that has to do with them. */
export function createTransientBackend(
  runtime: Runtime,
): Pick<BusBackend, "makeTransient" | "setReferenced"> {
  return {
    makeTransient: (units) => make(runtime, units),
    setReferenced(unit, referenced) {
      runtime.emit({ type: "unit-referenced", unit, referenced });
      // Where it could not even be loaded.
      if (stateOf(runtime, unit) === undefined) releaseHandedStdio(runtime, unit);
    },
  };
}

const pathOf = (name: string): string => `${TRANSIENT_DIRECTORY}/${name}`;

function make(runtime: Runtime, made: readonly TransientUnit[]): Result<null, ControlFailure> {
  for (const { name, text } of made) {
    const checked = check(runtime, name, text);
    if (!checked.ok) return checked;
  }
  const written = write(runtime, made);
  if (!written.ok) return written;
  const units = made.flatMap(({ name }) => runtime.units.load(name));
  const transient = made.map(({ name }) => name);
  for (const { name, stdio } of made) if (stdio.some((fd) => fd >= 0)) runtime.handedStdio.set(name, stdio);
  runtime.emit({ type: "units-loaded", units, complete: false, stubs: [], transient });
  return ok(null);
}

function check(runtime: Runtime, name: string, text: string): Result<null, ControlFailure> {
  // A container that is started again still has the files of its last life.
  if ((stateOf(runtime, name)?.model ?? null) === null) runtime.host.unlink(pathOf(name));
  runtime.units.ensureLoaded(name, runtime.emit);
  if ((stateOf(runtime, name)?.model ?? null) !== null)
    return err({ name: "UnitExists", message: `Unit ${name} was already loaded or has a fragment file.` });
  const checked = checkUnitText(
    specifierFacts(runtime.host, runtime.spawnContext.readAccounts),
    name,
    pathOf(name),
    text,
  );
  if (checked.ok) return checked;
  const { kind, message } = checked.error;
  return err({ name: kind === "value" ? "InvalidArgs" : "BadUnitSetting", message });
}

function write({ host }: Runtime, made: readonly TransientUnit[]): Result<null, ControlFailure> {
  makeParents(host, pathOf("x"), 0o755);
  for (const { name, text } of made) {
    const code = host.writeFile(pathOf(name), text, 0o644);
    if (code >= 0) continue;
    for (const unit of made) host.unlink(pathOf(unit.name));
    return err({ name: "Failed", message: `cannot write ${pathOf(name)}: ${describe(code)}` });
  }
  return ok(null);
}
