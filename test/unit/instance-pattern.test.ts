/** An instance made from a pattern is the one that would have been read. */
import { describe, expect, it } from "vitest";
import { createLoader, type Loader } from "../../src/unit/load/loader.ts";
import { searchPath } from "../../src/unit/load/unit-files.ts";
import { FACTS } from "./facts.ts";
import { type MemoryTree, memoryFiles } from "./memory-files.ts";

const SYSTEM = "/etc/systemd/system";
const SERVICE =
  "[Service]\nExecStart=/bin/x --fast\nStandardInput=socket\nEnvironment=A=1 B=2\nUser=nobody\n";

function open(tree: MemoryTree): { loader: Loader; change: (tree: MemoryTree) => void } {
  const files = memoryFiles(tree);
  const search = searchPath([], files);
  const loader = createLoader({ files, search, facts: FACTS, bootUnit: "default.target", extraUnits: [] });
  loader.loadSockets();
  loader.loadRest();
  return { loader, change: files.change };
}

const LAST = "a-b@7-10.0.0.1:80-10.0.0.2:4242.service";

const TREES: Readonly<Record<string, MemoryTree>> = {
  "without a description": { [`${SYSTEM}/a-b@.service`]: SERVICE },
  "with a description": { [`${SYSTEM}/a-b@.service`]: `[Unit]\nDescription=B\n${SERVICE}` },
  "with the instance in the description": {
    [`${SYSTEM}/a-b@.service`]: `[Unit]\nDescription=for %i, %I at 100 %% of %n\n${SERVICE}`,
  },
  "with a description that a drop-in takes away": {
    [`${SYSTEM}/a-b@.service`]: `[Unit]\nDescription=for %i\n${SERVICE}`,
    [`${SYSTEM}/a-b@.service.d/x.conf`]: "[Unit]\nDescription=\n[Service]\nNice=3\n",
  },
  "with a description that is no text": {
    [`${SYSTEM}/a-b@.service`]: `[Unit]\nDescription=what %1 is\n${SERVICE}`,
  },
  "with drop-ins for all of a prefix": {
    [`${SYSTEM}/a-b@.service`]: SERVICE,
    [`${SYSTEM}/a-.service.d/x.conf`]: "[Service]\nNice=3\n",
    [`${SYSTEM}/service.d/x.conf`]: "[Service]\nUMask=077\n",
  },
  "with a drop-in for this one": {
    [`${SYSTEM}/a-b@.service`]: SERVICE,
    [`${SYSTEM}/${LAST}.d/x.conf`]: "[Service]\nNice=3\n",
  },
  "with a drop-in for this one's shorter name": {
    [`${SYSTEM}/a-b@.service`]: SERVICE,
    [`${SYSTEM}/a-${LAST.slice(3)}.d/x.conf`]: "[Service]\nNice=3\n",
  },
  "with a file of its own": {
    [`${SYSTEM}/a-b@.service`]: SERVICE,
    [`${SYSTEM}/${LAST}`]: "[Service]\nExecStart=/bin/y\n",
  },
  "with a mask of its own": {
    [`${SYSTEM}/a-b@.service`]: SERVICE,
    [`${SYSTEM}/${LAST}`]: { link: "/dev/null" },
  },
  "with another name": {
    [`${SYSTEM}/c@.service`]: SERVICE,
    [`${SYSTEM}/a-b@.service`]: { link: "c@.service" },
  },
  "with the instance in a command": {
    [`${SYSTEM}/a-b@.service`]: "[Service]\nExecStart=/bin/x %i\n",
  },
  "with a template that it requires": {
    [`${SYSTEM}/a-b@.service`]: `[Unit]\nRequires=c@.service\n${SERVICE}`,
    [`${SYSTEM}/c@.service`]: SERVICE,
  },
  "with a template that it wants by a link": {
    [`${SYSTEM}/a-b@.service`]: SERVICE,
    [`${SYSTEM}/a-b@.service.wants/c@.service`]: { link: "../c@.service" },
    [`${SYSTEM}/c@.service`]: SERVICE,
  },
  "with links to this one": {
    [`${SYSTEM}/a-b@.service`]: SERVICE,
    [`${SYSTEM}/${LAST}.wants/c.service`]: { link: "../c.service" },
    [`${SYSTEM}/c.service`]: SERVICE,
  },
  "enabled by a unit of usher's own": {
    [`${SYSTEM}/a-b@.service`]: SERVICE,
    "/etc/usher/units/c.service": `${SERVICE}[Install]\nWantedBy=${LAST}\n`,
  },
  "which is refused": { [`${SYSTEM}/a-b@.service`]: "[Service]\nExecStart=./x\n" },
};

describe("an instance after others", () => {
  it.each(Object.keys(TREES))("%s", (what) => {
    const tree = TREES[what] ?? {};
    const { loader } = open(tree);
    for (const id of ["1-PID-0", "2-10.0.0.1:80-10.0.0.2:4240"]) loader.loadInstance(`a-b@${id}.service`);
    expect(loader.loadInstance(LAST)).toEqual(open(tree).loader.loadInstance(LAST));
  });

  it("shares with them what is the same", () => {
    const { loader } = open(TREES["with the instance in the description"] ?? {});
    const [first, second] = ["a-b@1.service", "a-b@2.service"].map((name) => loader.loadInstance(name));
    if (!first?.ok || !second?.ok) throw new Error("no instances");
    expect("exec" in first.value && "exec" in second.value && first.value.exec === second.value.exec).toBe(
      true,
    );
  });

  it("is not valid because the first was", () => {
    const { loader } = open({ [`${SYSTEM}/a-b@.service`]: SERVICE });
    loader.loadInstance("a-b@1.service");
    expect(loader.loadInstance("a-b@2 3.service")).toMatchObject({ ok: false });
    expect(loader.loadInstance(`a-b@${"4".repeat(300)}.service`)).toMatchObject({ ok: false });
  });

  it("is read anew after a reload", () => {
    const { loader, change } = open({ [`${SYSTEM}/a-b@.service`]: SERVICE });
    loader.loadInstance("a-b@1.service");
    change({ [`${SYSTEM}/a-b@.service`]: "[Service]\nExecStart=/bin/other\n" });
    loader.reload();
    expect(loader.loadInstance("a-b@2.service")).toMatchObject({
      value: { name: "a-b@2.service", service: { execStart: [{ path: "/bin/other" }] } },
    });
  });
});
