/**
 * The engine alone, for counting instructions: a chain of N services, each of which requires the one before it and
 * comes after it, and one job that starts the last. Bundled and run by QuickJS's own `qjs`:
 *
 *     qjs chain.js N load    loads the units
 *     qjs chain.js N plan    and builds the transaction
 *     qjs chain.js N start   and starts all of them, each spawn answered at once
 *
 * The difference between two of these is what is counted.
 */

import type { Effect } from "../../src/engine/effect.ts";
import type { Engine } from "../../src/engine/engine.ts";
import type { Event } from "../../src/engine/event.ts";
import { createEngine, step } from "../../src/engine/step.ts";
import { finishUnit } from "../../src/unit/load/finish-unit.ts";
import type { DependencyKind, Unit, UnitType } from "../../src/unit/model.ts";
import { type Draft, writable } from "../../src/unit/settings.ts";

declare const scriptArgs: readonly string[];
declare function print(text: string): void;

type Dependencies = Readonly<Partial<Record<DependencyKind, readonly string[]>>>;

const now = 1_000_000;

function makeUnit(name: string, type: UnitType, dependencies: Dependencies): Unit {
  const draft: Draft = { dependencies };
  if (type === "service") {
    const privileges = "normal";
    writable(draft, "service").execStart = [
      {
        path: "/bin/daemon",
        argv: ["/bin/daemon"],
        ignoreFailure: false,
        privileges,
        noEnvExpand: false,
        viaShell: false,
      },
    ];
  }
  const fragmentPath = `/etc/usher/units/${name}`;
  const origin = {
    name,
    type,
    aliases: [],
    loadState: "loaded",
    loadError: null,
    fragmentPath,
    dropInPaths: [],
  } as const;
  return finishUnit(draft, origin).unit;
}

function makeChain(length: number): Unit[] {
  const targets = ["sysinit.target", "basic.target", "shutdown.target"];
  const units = targets.map((name) => makeUnit(name, "target", {}));
  for (let index = 0; index < length; index++) {
    const before = index === 0 ? [] : [`u${index - 1}.service`];
    units.push(makeUnit(`u${index}.service`, "service", { Requires: before, After: before }));
  }
  return units;
}

/** Answers effects as a runtime would for programs that run; how many were started. */
function carryOut(engine: Engine, effects: readonly Effect[]): { spawns: number; result: string } {
  const events: Event[] = [];
  const outcome = { spawns: 0, result: "none" };
  let queue = effects;
  for (;;) {
    for (const effect of queue) {
      if (effect.type === "spawn") {
        const { unit, token } = effect;
        outcome.spawns += 1;
        events.push({ type: "spawned", now, unit, token, pid: 1000 + outcome.spawns, executed: true });
      } else if (effect.type === "job-done") {
        outcome.result = effect.result;
      }
    }
    const event = events.shift();
    if (event === undefined) return outcome;
    queue = step(engine, event);
  }
}

function main(length: number, until: string): void {
  const engine = createEngine({
    seed: "00112233445566778899aabbccddeeff",
    stopBudgetUsec: 8_000_000,
    hastenedBudgetUsec: 1_000_000,
    commandUnit: null,
  });
  step(engine, { type: "units-loaded", now, units: makeChain(length), complete: true, stubs: [] });
  if (until === "load") return;
  const unit = `u${length - 1}.service`;
  const effects = step(engine, {
    type: "job-requested",
    now,
    requestId: 1,
    unit,
    job: "start",
    mode: "replace",
  });
  if (until === "plan") return;
  const { spawns, result } = carryOut(engine, effects);
  print(`${spawns} ${result}`);
}

main(Number(scriptArgs[1]), scriptArgs[2] ?? "start");
