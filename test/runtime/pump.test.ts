import { describe, expect, it } from "vitest";
import type { Effect } from "../../src/engine/effect.ts";
import { createEngine } from "../../src/engine/step.ts";
import { createPump, type Happening, type Pump } from "../../src/runtime/runtime.ts";
import { service } from "../engine/builders.ts";
import { OPTIONS } from "../engine/simulator.ts";

function start(requestId: number, unit: string): Happening {
  return { type: "job-requested", requestId, unit, job: "start", mode: "replace" };
}

/** A pump whose effects are noted; one of this type is cut off, as the script engine ends a callback: nothing catches. */
function pumpThatFailsAt(type: Effect["type"]): { pump: Pump; done: Effect["type"][]; cutOff(): void } {
  const engine = createEngine(OPTIONS);
  const done: Effect["type"][] = [];
  let fails = true;
  const pump = createPump(
    engine,
    { monotonic: () => 1_000_000 },
    (effect) => {
      if (effect.type === type && fails) {
        fails = false;
        throw new Error("interrupted");
      }
      done.push(effect.type);
    },
    () => undefined,
    () => undefined,
  );
  const units = [service("a.service"), service("b.service")];
  pump.emit({ type: "units-loaded", units, complete: true, stubs: [] });
  const cutOff = (): void => expect(() => pump.emit(start(1, "a.service"))).toThrow("interrupted");
  return { pump, done, cutOff };
}

describe("a pump that was cut off", () => {
  it("stands still until it is told to recover", () => {
    const { pump, done, cutOff } = pumpThatFailsAt("spawn");
    cutOff();
    const before = [...done];
    pump.emit({ type: "reset-failed", requestId: 3, unit: null });
    expect(done).toEqual(before);
    expect(pump.recover()).toBe(true);
    pump.goOn();
    expect(done.length).toBeGreaterThan(before.length);
  });

  it("carries out all other effects, and takes up the events that waited", () => {
    const whole = pumpThatFailsAt("exit");
    whole.pump.emit(start(1, "a.service"));
    whole.pump.emit(start(2, "b.service"));
    const cut = pumpThatFailsAt("reply");
    cut.cutOff();
    cut.pump.emit(start(2, "b.service"));
    cut.pump.recover();
    cut.pump.goOn();
    const missing = [...whole.done];
    for (const type of cut.done) missing.splice(missing.indexOf(type), 1);
    expect(missing).toEqual(["reply"]);
  });

  it("has nothing to recover when all went well", () => {
    const { pump } = pumpThatFailsAt("exit");
    expect(pump.recover()).toBe(false);
  });
});
