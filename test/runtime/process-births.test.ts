import { describe, expect, it } from "vitest";
import { createBirths } from "../../src/runtime/process/process-births.ts";

/** A kernel that gives out ids in order, and goes round after `max`. */
function kernel(max = 1000) {
  let last = 1;
  let now = 0;
  let readable = true;
  const births = createBirths({
    monotonic: () => now,
    readFile: () => `${max}\n`,
    lastPid: () => (readable ? last : -2),
  });
  const fork = (): number => {
    last = last >= max ? 2 : last + 1;
    return last;
  };
  return {
    births,
    fork,
    spawn: () => births.spawned(fork()),
    wait: (usec: number) => {
      now += usec;
    },
    hide: () => {
      readable = false;
    },
  };
}

describe("who has been forking", () => {
  it("is usher alone while every id is its child's", () => {
    const { births, spawn } = kernel();
    const first = spawn();
    const second = spawn();
    spawn();
    expect(births.onlyOwnSince(first)).toBe(true);
    expect(births.onlyOwnSince(second)).toBe(true);
  });

  it("is somebody else after an id that usher did not ask for, whenever that was", () => {
    const { births, fork, spawn } = kernel();
    const before = spawn();
    fork();
    const after = spawn();
    spawn();
    expect(births.onlyOwnSince(before)).toBe(false);
    expect(births.onlyOwnSince(after)).toBe(true);
    fork();
    expect(births.onlyOwnSince(after)).toBe(false);
  });

  it("is uncertain when the ids have gone round", () => {
    const { births, spawn } = kernel(10);
    const before = spawn();
    for (let i = 0; i < 8; i++) spawn();
    expect(births.onlyOwnSince(before)).toBe(true);
    spawn();
    expect(births.onlyOwnSince(before)).toBe(false);
  });

  it("is uncertain after a long time, and without the kernel's word", () => {
    const old = kernel();
    const birth = old.spawn();
    old.wait(61_000_000);
    expect(old.births.onlyOwnSince(birth)).toBe(true);
    old.wait(5_000_000);
    expect(old.births.onlyOwnSince(birth)).toBe(false);
    const large = kernel(4_194_304);
    const young = large.spawn();
    large.wait(3_600_000_000);
    expect(large.births.onlyOwnSince(young)).toBe(true);
    const blind = kernel();
    const unseen = blind.spawn();
    blind.hide();
    expect(blind.births.onlyOwnSince(unseen)).toBe(false);
  });
});
