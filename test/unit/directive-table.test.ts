import { describe, expect, it } from "vitest";
import { findDirective, hasSection, sectionDirectives } from "../../src/unit/directive/directive-table.ts";
import { knownDirectives } from "../../src/unit/directive/known-directives.ts";
import directives from "./vectors/directives.json" with { type: "json" };

describe("the directive table", () => {
  for (const [section, names] of Object.entries(directives)) {
    it(`knows every directive of systemd in [${section}]`, () => {
      expect(names.filter((name) => findDirective(section, name) === undefined)).toEqual([]);
    });
  }

  it("knows what is shared in each section that has it", () => {
    for (const section of ["Service", "Socket"]) {
      expect(findDirective(section, "User")).toMatchObject({ group: "exec", field: "user" });
      expect(findDirective(section, "KillMode")).toMatchObject({ group: "kill", field: "killMode" });
      expect(findDirective(section, "PrivateTmp")).toBe("unenforced");
      expect(findDirective(section, "MemoryMax")).toBe("unenforced");
      expect(findDirective(section, "TTYReset")).toBe("meaningless");
    }
    expect(findDirective("Slice", "MemoryMax")).toBe("unenforced");
    expect(findDirective("Timer", "OnCalendar")).toBe("unsupported");
  });

  it("doesn't know a directive where it has no place", () => {
    expect(findDirective("Unit", "ExecStart")).toBeUndefined();
    expect(findDirective("Socket", "ExecStart")).toBeUndefined();
    expect(findDirective("Service", "ListenStream")).toBeUndefined();
    expect(findDirective("Slice", "PrivateTmp")).toBeUndefined();
    expect(findDirective("Nowhere", "User")).toBeUndefined();
    expect(findDirective("Service", "constructor")).toBeUndefined();
  });

  it("has no directive both carried out and not", () => {
    for (const section of ["Unit", "Service", "Socket"]) {
      const carriedOut = new Set(sectionDirectives(section).map(([name]) => name));
      const both = knownDirectives(section).filter(([name]) => carriedOut.has(name));
      expect(both.map(([name]) => name)).toEqual([]);
    }
  });

  it("knows which sections a unit of a type may have", () => {
    expect(hasSection("service", "Service")).toBe(true);
    expect(hasSection("service", "Install")).toBe(true);
    expect(hasSection("service", "Socket")).toBe(false);
    expect(hasSection("timer", "Timer")).toBe(true);
  });
});
