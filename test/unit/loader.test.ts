import { describe, expect, it } from "vitest";
import { createLoader, type Loader, type LoaderOptions } from "../../src/unit/load/loader.ts";
import { searchPath } from "../../src/unit/load/unit-files.ts";
import type { DependencyKind, Unit } from "../../src/unit/model.ts";
import { formatDiagnostic } from "../../src/unit/text/diagnostic.ts";
import { FACTS } from "./facts.ts";
import { type MemoryFiles, type MemoryTree, memoryFiles, SECRET } from "./memory-files.ts";

const OWN = "/etc/usher/units";
const SYSTEM = "/etc/systemd/system";
const VENDOR = "/usr/lib/systemd/system";
const NULL = { link: "/dev/null" };

const SOCKET = "[Socket]\nListenStream=/run/x.sock\n[Install]\nWantedBy=sockets.target\n";
const SERVICE = "[Service]\nExecStart=/bin/x\n";
const WANTED = `${SERVICE}[Install]\nWantedBy=multi-user.target\n`;

interface Opened {
  readonly loader: Loader;
  readonly files: MemoryFiles;
}

function open(
  tree: MemoryTree,
  options: Partial<LoaderOptions> & { given?: readonly string[] } = {},
): Opened {
  const files = memoryFiles(tree);
  const search = searchPath(options.given ?? [], files);
  const loader = createLoader({
    files,
    search,
    facts: FACTS,
    bootUnit: "default.target",
    extraUnits: [],
    ...options,
  });
  return { loader, files };
}

/** All units of a tree by name. */
function load(tree: MemoryTree): ReadonlyMap<string, Unit> {
  const { loader } = open(tree);
  loader.loadSockets();
  return new Map(loader.loadRest().units.map((unit) => [unit.name, unit]));
}

function problems(tree: MemoryTree): string[] {
  const { loader } = open(tree);
  const first = loader.loadSockets().diagnostics;
  return [...first, ...loader.loadRest().diagnostics].map(({ diagnostic }) => formatDiagnostic(diagnostic));
}

function names(unit: Unit | undefined | null, kind: DependencyKind): readonly string[] {
  return unit?.dependencies[kind] ?? [];
}

describe("enablement", () => {
  it("is by being there for a unit with [Install] in usher's own directory", () => {
    const units = load({ [`${OWN}/x.socket`]: SOCKET, [`${OWN}/x.service`]: SERVICE });
    expect(names(units.get("sockets.target"), "Wants")).toEqual(["x.socket"]);
    expect(units.has("x.service")).toBe(true);
  });

  it("needs a link elsewhere", () => {
    const linked = `${SYSTEM}/multi-user.target.wants/b.service`;
    const units = load({
      [`${SYSTEM}/a.service`]: WANTED,
      [`${SYSTEM}/b.service`]: WANTED,
      [linked]: { link: "../b.service" },
    });
    expect(names(units.get("multi-user.target"), "Wants")).toEqual(["b.service"]);
    expect(units.has("a.service")).toBe(false);
  });

  it("is taken away by a link to /dev/null in the target's directory", () => {
    const units = load({
      [`${OWN}/a.service`]: WANTED,
      [`${SYSTEM}/multi-user.target.wants/a.service`]: NULL,
    });
    expect(names(units.get("multi-user.target"), "Wants")).toEqual([]);
  });

  it("knows RequiredBy=, UpheldBy= and the directories of the same meaning", () => {
    const install = "[Install]\nRequiredBy=multi-user.target\nUpheldBy=app.service\n";
    const units = load({
      [`${OWN}/a.service`]: `${SERVICE}${install}`,
      [`${OWN}/app.service`]: SERVICE,
      [`${SYSTEM}/b.service`]: SERVICE,
      [`${SYSTEM}/multi-user.target.requires/b.service`]: { link: "../b.service" },
      [`${SYSTEM}/app.service.upholds/b.service`]: { link: "../b.service" },
    });
    expect(names(units.get("multi-user.target"), "Requires")).toEqual([
      "basic.target",
      "b.service",
      "a.service",
    ]);
    expect(names(units.get("app.service"), "Upholds")).toEqual(["b.service", "a.service"]);
  });

  it("of a template is that of its DefaultInstance=", () => {
    const units = load({ [`${OWN}/a@.service`]: `${WANTED}DefaultInstance=one\n` });
    expect(names(units.get("multi-user.target"), "Wants")).toEqual(["a@one.service"]);
    expect(units.has("a@one.service")).toBe(true);
  });

  it("of a template without one is that of the target's own name, as systemd completes it", () => {
    const units = load({ [`${OWN}/a@.service`]: WANTED });
    expect(names(units.get("multi-user.target"), "Wants")).toEqual(["a@multi-user.service"]);
  });

  it("reaches graphical.target's units from the built-in default.target", () => {
    const units = load({ [`${OWN}/a.service`]: `${SERVICE}[Install]\nWantedBy=graphical.target\n` });
    expect(names(units.get("graphical.target"), "Wants")).toEqual(["a.service"]);
    expect(names(units.get("default.target"), "Wants")).toEqual(["graphical.target"]);
  });

  it("follows the administrator's default.target", () => {
    const units = load({
      [`${SYSTEM}/default.target`]: { link: `${VENDOR}/multi-user.target` },
      [`${OWN}/a.service`]: `${SERVICE}[Install]\nWantedBy=default.target\n`,
    });
    expect(units.get("multi-user.target")?.aliases).toEqual(["default.target"]);
    expect(names(units.get("multi-user.target"), "Wants")).toEqual(["a.service"]);
    expect(units.has("graphical.target")).toBe(false);
  });

  it("warns of a target that does not exist", () => {
    expect(problems({ [`${OWN}/a.service`]: `${SERVICE}[Install]\nWantedBy=multi_user.target\n` })).toEqual([
      `${OWN}/a.service: [Install] names a unit that does not exist, so that nothing starts this one for it: found "multi_user.target"`,
    ]);
  });

  it("by directories given replaces usher's usual one", () => {
    const { loader } = open(
      { "/srv/u/x.socket": SOCKET, [`${OWN}/y.socket`]: SOCKET },
      { given: ["/srv/u/"] },
    );
    expect(loader.search.directories.slice(0, 3)).toEqual(["/srv/u", "/run/systemd/transient", SYSTEM]);
    expect(loader.loadSockets().units.map(({ name }) => name)).toEqual(["x.socket"]);
  });

  it("passes over systemd's own units in the distribution's directories", () => {
    const units = load({
      [`${VENDOR}/systemd-journald.service`]: SERVICE,
      [`${VENDOR}/sysinit.target.wants/systemd-journald.service`]: { link: "../systemd-journald.service" },
      [`${VENDOR}/dbus.socket`]: SOCKET,
      [`${VENDOR}/sockets.target.wants/dbus.socket`]: { link: "../dbus.socket" },
    });
    expect(units.has("systemd-journald.service")).toBe(false);
    expect(units.has("dbus.socket")).toBe(true);
  });

  it("passes over what the base system enables for the machine's upkeep, unless it is made anew", () => {
    const timer = "[Timer]\nOnCalendar=daily\n";
    const link = `${SYSTEM}/timers.target.wants/fstrim.timer`;
    const tree = { [`${VENDOR}/fstrim.timer`]: timer, [link]: { link: `${VENDOR}/fstrim.timer` } };
    expect(load(tree).has("fstrim.timer")).toBe(false);
    const own = { ...tree, [`${SYSTEM}/fstrim.timer`]: timer, [link]: { link: "../fstrim.timer" } };
    expect(load(own).has("fstrim.timer")).toBe(true);
  });
});

describe("the first step of a boot", () => {
  it("loads the enabled sockets and knows which services there are", () => {
    const { loader } = open({
      [`${OWN}/x.socket`]: SOCKET,
      [`${OWN}/x.service`]: SERVICE,
      [`${OWN}/y.socket`]: SOCKET,
      [`${OWN}/off.socket`]: "[Socket]\nListenStream=1\n",
    });
    const first = loader.loadSockets();
    expect(first.units.map(({ name }) => name).sort()).toEqual(["x.socket", "y.socket"]);
    expect(first.stubs).toEqual(["x.service"]);
    expect(first.early).toEqual(["x.socket"]);
  });

  it("reads no service and no target", () => {
    const { loader, files } = open({ [`${OWN}/x.socket`]: SOCKET, [`${OWN}/x.service`]: SERVICE });
    loader.loadSockets();
    expect(files.calls.filter((call) => call.startsWith("read "))).toEqual([`read ${OWN}/x.socket`]);
  });

  it("leaves a socket whose service is masked for later", () => {
    const { loader } = open({ [`${OWN}/x.socket`]: SOCKET, [`${OWN}/x.service`]: NULL });
    expect(loader.loadSockets()).toMatchObject({ stubs: [], early: [] });
  });

  for (const [what, lines] of [
    ["an order", "[Unit]\nAfter=db.service\n"],
    ["a requirement", "[Unit]\nRequires=net.service\n"],
    ["a condition", "[Unit]\nConditionPathExists=/x\n"],
    ["a conflict", "[Unit]\nConflicts=old.service\n"],
    ["a command", "[Socket]\nExecStartPre=/bin/true\n"],
  ] as const) {
    it(`leaves a socket with ${what} for later`, () => {
      const { loader } = open({ [`${OWN}/x.socket`]: lines + SOCKET, [`${OWN}/x.service`]: SERVICE });
      expect(loader.loadSockets()).toMatchObject({ stubs: ["x.service"], early: [] });
    });
  }

  it("doesn't mind an order after what a container has from the beginning", () => {
    const socket = `[Unit]\nAfter=network.target local-fs.target\n${SOCKET}`;
    const { loader } = open({ [`${OWN}/x.socket`]: socket, [`${OWN}/x.service`]: SERVICE });
    expect(loader.loadSockets().early).toEqual(["x.socket"]);
  });

  it("leaves a socket of a target that is not reached for the second", () => {
    const tree = {
      [`${OWN}/x.socket`]: SOCKET.replace("sockets.target", "extra.target"),
      [`${OWN}/extra.target`]: "[Unit]\n",
    };
    const { loader } = open(tree);
    expect(loader.loadSockets().units).toEqual([]);
    expect(loader.loadRest().units.map(({ name }) => name)).toContain("x.socket");
  });

  it("gives the same sockets to the second", () => {
    const { loader } = open({ [`${OWN}/x.socket`]: SOCKET, [`${OWN}/x.service`]: SERVICE });
    const [socket] = loader.loadSockets().units;
    expect(loader.loadRest().units.find(({ name }) => name === "x.socket")).toBe(socket);
  });
});

describe("names", () => {
  it("lead to the first file on the search path", () => {
    const units = load({
      [`${OWN}/a.service`]: `[Unit]\nDescription=own\n${WANTED}`,
      [`${SYSTEM}/a.service`]: `[Unit]\nDescription=other\n${WANTED}`,
    });
    expect(units.get("a.service")).toMatchObject({
      fragmentPath: `${OWN}/a.service`,
      unit: { description: "own" },
    });
  });

  it("may be links to other units", () => {
    const units = load({
      [`${OWN}/a.service`]: `[Unit]\nRequires=alias.service\n${WANTED}`,
      [`${SYSTEM}/b.service`]: SERVICE,
      [`${SYSTEM}/alias.service`]: { link: "b.service" },
    });
    expect(units.get("b.service")?.aliases).toEqual(["alias.service"]);
    expect(units.has("alias.service")).toBe(false);
  });

  it("are given by Alias= in usher's own directory", () => {
    const tree = {
      [`${OWN}/a.service`]: `${WANTED}Alias=web.service\n`,
      [`${OWN}/b.service`]: `[Unit]\nWants=web.service\n${WANTED}`,
    };
    const units = load(tree);
    expect(units.get("a.service")?.aliases).toEqual(["web.service"]);
  });

  it("of instances lead to the template, by an alias of the template too", () => {
    const units = load({
      [`${OWN}/a.service`]: `[Unit]\nRequires=old@x.service\n${WANTED}`,
      [`${SYSTEM}/new@.service`]: "[Unit]\nDescription=for %i\n[Service]\nExecStart=/bin/x %i\n",
      [`${SYSTEM}/old@.service`]: { link: "new@.service" },
    });
    const unit = units.get("new@x.service");
    expect(unit).toMatchObject({
      aliases: ["old@x.service"],
      unit: { description: "for x" },
      fragmentPath: `${SYSTEM}/new@.service`,
    });
  });

  it("prefer an instance's own file to the template", () => {
    const units = load({
      [`${OWN}/a@.service`]: SERVICE,
      [`${OWN}/a@x.service`]: `[Unit]\nDescription=own\n${WANTED}`,
    });
    expect(units.get("a@x.service")?.unit.description).toBe("own");
  });

  it("survive links in a circle", () => {
    const units = load({
      [`${OWN}/a.service`]: `[Unit]\nWants=l1.service\n${WANTED}`,
      [`${SYSTEM}/l1.service`]: { link: "l2.service" },
      [`${SYSTEM}/l2.service`]: { link: "l1.service" },
    });
    expect(units.has("a.service")).toBe(true);
    expect(units.has("l1.service")).toBe(false);
  });

  it("may be links into a volume, as a ConfigMap has them", () => {
    const units = load({
      [`${OWN}/a.service`]: { link: "..data/a.service" },
      [`${OWN}/..data/a.service`]: WANTED,
    });
    expect(units.get("a.service")?.fragmentPath).toBe(`${OWN}/a.service`);
    expect(names(units.get("multi-user.target"), "Wants")).toEqual(["a.service"]);
  });
});

describe("drop-ins", () => {
  const describedBy = (tree: MemoryTree, name = "a-b-c.service"): string | undefined =>
    load({ [`${OWN}/${name}`]: `[Unit]\nDescription=main\n${WANTED}`, ...tree }).get(name)?.unit.description;
  const saying = (text: string): string => `[Unit]\nDescription=${text}\n`;

  it("are read in the order of their names, whatever directory they are in", () => {
    const tree = {
      [`${VENDOR}/a-b-c.service.d/20.conf`]: saying("twenty"),
      [`${OWN}/a-b-c.service.d/10.conf`]: saying("ten"),
    };
    expect(describedBy(tree)).toBe("twenty");
  });

  it("hide others of the same name further down", () => {
    const tree = {
      [`${VENDOR}/a-b-c.service.d/10.conf`]: saying("vendor"),
      [`${SYSTEM}/a-b-c.service.d/10.conf`]: NULL,
    };
    expect(describedBy(tree)).toBe("main");
  });

  for (const folder of ["a-b-.service.d", "a-.service.d", "service.d"]) {
    it(`are found in ${folder}`, () => {
      expect(describedBy({ [`${SYSTEM}/${folder}/x.conf`]: saying("%N") })).toBe("a-b-c");
    });
  }

  it("of a template count for its instances, less than the instance's own", () => {
    const tree = {
      [`${OWN}/t@.service`]: SERVICE,
      [`${OWN}/a.service`]: `[Unit]\nWants=t@1.service t@2.service\n${WANTED}`,
      [`${OWN}/t@.service.d/x.conf`]: saying("template"),
      [`${OWN}/t@1.service.d/x.conf`]: saying("instance"),
    };
    const units = load(tree);
    expect(units.get("t@1.service")?.unit.description).toBe("instance");
    expect(units.get("t@2.service")?.unit.description).toBe("template");
  });

  it("can extend a built-in target", () => {
    const units = load({
      [`${OWN}/multi-user.target.d/x.conf`]: "[Unit]\nWants=a.service\n",
      [`${OWN}/a.service`]: SERVICE,
    });
    expect(names(units.get("multi-user.target"), "Wants")).toEqual(["a.service"]);
    expect(units.get("multi-user.target")?.dropInPaths).toEqual([`${OWN}/multi-user.target.d/x.conf`]);
  });
});

describe("masks", () => {
  for (const [what, node] of [
    ["a link to /dev/null", NULL],
    ["an empty file", ""],
  ] as const) {
    it(`are made by ${what}`, () => {
      const units = load({
        [`${OWN}/a.service`]: `[Unit]\nWants=b.service\n${WANTED}`,
        [`${SYSTEM}/b.service`]: node,
        [`${VENDOR}/b.service`]: SERVICE,
      });
      expect(units.get("b.service")?.loadState).toBe("masked");
    });
  }
});

describe("bad files", () => {
  it("don't stop others", () => {
    const tree = {
      [`${OWN}/bad.service`]: "[Service\nExecStart=/bin/x\n",
      [`${OWN}/worse.service`]: "[Service]\nExecStart=relative/x\n",
      [`${OWN}/secret.service`]: SECRET,
      [`${OWN}/good.service`]: WANTED,
    };
    const units = load(tree);
    expect(units.get("bad.service")?.loadState).toBe("error");
    expect(units.get("worse.service")?.loadState).toBe("bad-setting");
    expect(units.get("secret.service")).toMatchObject({
      loadState: "error",
      loadError: `${OWN}/secret.service: cannot read the file: Permission denied (EACCES)`,
    });
    expect(units.get("good.service")?.loadState).toBe("loaded");
    expect(problems(tree)).toHaveLength(3);
  });

  it("are told once, in both steps together and for all instances", () => {
    const tree = {
      [`${OWN}/x.socket`]: `[Socket]\nNope=1\n${SOCKET}`,
      [`${OWN}/x.service`]: SERVICE,
      [`${OWN}/a.service`]: `[Unit]\nWants=t@1.service t@2.service\n${WANTED}`,
      [`${OWN}/t@.service`]: `[Service]\nNope=1\n${SERVICE}`,
    };
    expect(problems(tree)).toEqual([
      `${OWN}/x.socket:2:1: unknown key in section [Socket], ignored: found "Nope="`,
      `${OWN}/t@.service:2:1: unknown key in section [Service], ignored: found "Nope="`,
    ]);
  });

  it("say why a unit is refused as a whole", () => {
    expect(problems({ [`${OWN}/a.service`]: "[Service]\nType=simple\n" })).toEqual([
      `${OWN}/a.service: service has no ExecStart=, ExecStop= or SuccessAction=; the unit is refused`,
    ]);
  });

  it("that are links to nowhere are said, and count as absent", () => {
    const tree = { [`${OWN}/a.service`]: { link: "/nope/a.service" } };
    expect(load(tree).has("a.service")).toBe(false);
    expect(problems(tree)).toEqual([
      `${OWN}/a.service: cannot read the file: No such file or directory (ENOENT)`,
    ]);
  });
});

describe("a socket among others", () => {
  const socket = (...lines: string[]): string => ["[Socket]", "ListenStream=1", ...lines, ""].join("\n");
  const INSTALL = ["[Install]", "WantedBy=sockets.target"];

  it("is told that its service is not there", () => {
    expect(problems({ [`${OWN}/x.socket`]: socket(...INSTALL) })).toEqual([
      `${OWN}/x.socket: x.service, which it starts, does not exist`,
    ]);
    expect(problems({ [`${OWN}/x.socket`]: socket(...INSTALL), [`${OWN}/x.service`]: NULL })).toEqual([
      `${OWN}/x.socket: x.service, which it starts, is masked`,
    ]);
  });

  it("of a package is told so only if something starts it", () => {
    const tree = { "/usr/lib/systemd/system/x.socket": socket() };
    const naming = (kind: string): string => ["[Unit]", `${kind}=x.socket`, SERVICE].join("\n");
    expect(problems({ ...tree, [`${OWN}/a.service`]: naming("After") })).toEqual([]);
    expect(problems({ ...tree, [`${OWN}/a.service`]: naming("Wants") })).toEqual([
      "/usr/lib/systemd/system/x.socket: x.service, which it starts, does not exist",
    ]);
  });

  it("is told that the template for connections is not there", () => {
    const tree = { [`${OWN}/x.socket`]: socket("Accept=yes", ...INSTALL) };
    expect(problems(tree)).toEqual([
      `${OWN}/x.socket: x@.service, which it starts for each connection, does not exist`,
    ]);
    expect(problems({ ...tree, [`${OWN}/x@.service`]: SERVICE })).toEqual([]);
  });

  it("is told that nothing starts it", () => {
    const tree = { [`${OWN}/x.socket`]: socket(), [`${OWN}/x.service`]: SERVICE };
    expect(problems(tree)).toEqual([
      `${OWN}/x.socket: nothing starts this socket: it has no [Install] section`,
    ]);
    const wanted = { ...tree, [`${OWN}/a.service`]: `[Unit]\nWants=x.socket\n${WANTED}` };
    expect(problems(wanted)).toEqual([]);
  });
});

describe("targets", () => {
  it("come after what they pull in", () => {
    const units = load({ [`${OWN}/a.service`]: WANTED });
    expect(names(units.get("multi-user.target"), "After")).toContain("a.service");
    expect(names(units.get("default.target"), "After")).toContain("graphical.target");
  });

  it("don't where the order is the other way round", () => {
    const units = load({
      [`${OWN}/a.service`]: `[Unit]\nAfter=multi-user.target\n${WANTED}`,
      [`${OWN}/b.service`]: `[Unit]\nDefaultDependencies=no\n${WANTED}`,
    });
    expect(names(units.get("multi-user.target"), "After")).toEqual(["basic.target"]);
  });

  it("that systemd brings along are there, with what ends the container", () => {
    const units = load({ [`${OWN}/a.service`]: `[Unit]\nOnFailure=exit.target\n${WANTED}` });
    expect(names(units.get("basic.target"), "Wants")).toContain("sockets.target");
    expect(units.get("shutdown.target")?.loadState).toBe("loaded");
    expect(units.get("systemd-exit.service")).toMatchObject({
      loadState: "loaded",
      unit: { successAction: "exit-force" },
      service: { type: "oneshot", execStart: [] },
    });
    expect(names(units.get("systemd-exit.service"), "After")).toEqual([
      "shutdown.target",
      "umount.target",
      "final.target",
    ]);
  });

  it("of the distribution give way to the built-in ones, those of the administrator don't", () => {
    const other = "[Unit]\nDescription=other\n";
    const tree = { [`${OWN}/a.service`]: WANTED, [`${VENDOR}/basic.target`]: other };
    expect(load(tree).get("basic.target")?.unit.description).toBe("Basic System");
    expect(load({ ...tree, [`${SYSTEM}/basic.target`]: other }).get("basic.target")?.unit.description).toBe(
      "other",
    );
  });
});

describe("loading on demand", () => {
  it("finds a unit with what it refers to, in files that came later too", () => {
    const { loader, files } = open({ [`${OWN}/a.service`]: WANTED });
    loader.loadSockets();
    loader.loadRest();
    files.change({
      [`${SYSTEM}/n.service`]: `[Unit]\nRequires=m.service\n${SERVICE}`,
      [`${SYSTEM}/m.service`]: SERVICE,
    });
    expect(loader.find("n.service")).toBeNull();
    const { units } = loader.loadUnit("n.service");
    expect(units.map(({ name }) => name).sort()).toEqual(["m.service", "n.service"]);
    expect(loader.loadUnit("n.service").units).toEqual([]);
  });

  it("finds nothing for a name without a file", () => {
    const { loader } = open({});
    loader.loadRest();
    expect(loader.loadUnit("nope.service").units).toEqual([]);
    expect(loader.find("nope.service")).toBeNull();
  });

  it("makes instances for connections without keeping them", () => {
    const { loader } = open({
      [`${OWN}/c.socket`]: SOCKET.replace("[Socket]", "[Socket]\nAccept=yes"),
      [`${OWN}/c@.service`]: `[Unit]\nRequires=db.service\n${SERVICE}`,
      [`${SYSTEM}/db.service`]: SERVICE,
    });
    expect(loader.loadSockets().early).toEqual(["c.socket"]);
    loader.loadRest();
    expect(loader.find("db.service")).not.toBeNull();
    const instance = loader.loadInstance("c@1-2-3.service");
    expect(instance.ok && instance.value.name).toBe("c@1-2-3.service");
    expect(loader.find("c@1-2-3.service")).toBeNull();
  });

  it("says why there is no instance", () => {
    const { loader } = open({ [`${OWN}/bad@.service`]: "[Service]\nExecStart=./x\n" });
    expect(loader.loadInstance("c@1.service")).toEqual({ ok: false, error: "Unit c@.service not found." });
    expect(loader.loadInstance("bad@1.service")).toMatchObject({ ok: false });
  });

  it("includes the command line's own unit, wanted by the boot unit", () => {
    const { loader } = open({ [`${OWN}/a.service`]: WANTED });
    const extra = [...loader.loadRest().units].find(({ name }) => name === "a.service");
    const renamed = { ...extra, name: "command.service", fragmentPath: null } as Unit;
    const second = open({}, { extraUnits: [renamed] }).loader;
    second.loadSockets();
    const units = new Map(second.loadRest().units.map((unit) => [unit.name, unit]));
    expect(units.get("command.service")).toBe(renamed);
    expect(names(units.get("default.target"), "Wants")).toContain("command.service");
  });
});

describe("reload", () => {
  it("takes what is new, changed and gone, and keeps what was asked for by name", () => {
    const { loader, files } = open({
      [`${OWN}/a.service`]: WANTED,
      [`${SYSTEM}/n.service`]: SERVICE,
    });
    loader.loadRest();
    loader.loadUnit("n.service");
    files.change({
      [`${OWN}/a.service`]: `[Unit]\nDescription=new\n${WANTED}`,
      [`${OWN}/b.service`]: WANTED,
    });
    const units = new Map(loader.reload().units.map((unit) => [unit.name, unit]));
    expect(units.get("a.service")?.unit.description).toBe("new");
    expect(units.has("b.service")).toBe(true);
    expect(units.has("n.service")).toBe(true);
  });

  it("is asked for when a file or the list of drop-ins has changed", () => {
    const { loader, files } = open({ [`${OWN}/a.service`]: WANTED, [`${OWN}/b.service`]: WANTED });
    loader.loadRest();
    const [a, b] = [loader.find("a.service"), loader.find("b.service")];
    if (a === null || b === null) throw new Error("both are there");
    expect([a, b].map(loader.changedOnDisk)).toEqual([false, false]);
    files.change({ [`${OWN}/a.service`]: WANTED });
    expect([a, b].map(loader.changedOnDisk)).toEqual([true, false]);
    files.change({ [`${SYSTEM}/b.service.d/x.conf`]: "[Unit]\n" });
    expect([a, b].map(loader.changedOnDisk)).toEqual([true, true]);
  });
});

describe("the files", () => {
  it("are listed and read once each", () => {
    const { loader, files } = open({
      [`${OWN}/x.socket`]: SOCKET,
      [`${OWN}/x.service`]: WANTED,
      [`${OWN}/service.d/x.conf`]: "[Unit]\n",
      [`${OWN}/y.service`]: WANTED,
      [`${SYSTEM}/multi-user.target.wants/x.service`]: { link: "../x.service" },
    });
    loader.loadSockets();
    loader.loadRest();
    expect(files.calls.length).toBe(new Set(files.calls).size);
  });

  it("in /lib are passed over where /lib is /usr/lib", () => {
    expect(searchPath([], memoryFiles({ "/lib": { link: "usr/lib" } })).directories).not.toContain(
      "/lib/systemd/system",
    );
    expect(searchPath([], memoryFiles({})).directories).toContain("/lib/systemd/system");
  });
  it("leaves systemd's directories out where their units are another init's", () => {
    expect(searchPath(["/srv/units"], memoryFiles({}), true).directories).toEqual(["/srv/units"]);
  });
});
