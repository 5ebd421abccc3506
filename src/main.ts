/** The composition root of usher as an init: reads the command line, opens the sockets, and hands over to the rest. */
import type { UnitReader } from "./cli/system.ts";
import { native } from "./host/native.ts";
import { bootEarly, type EarlyBoot } from "./runtime/boot/early-boot.ts";
import { parseInvocation } from "./runtime/boot/options.ts";
import { specifierFacts } from "./runtime/boot/system-facts.ts";
import { environmentValue } from "./runtime/process/environment.ts";
import { sectionDirectives } from "./unit/directive/directive-table.ts";
import { knownDirectives } from "./unit/directive/known-directives.ts";
import { createLoader } from "./unit/load/loader.ts";

const EXIT_USAGE = 2;
const ACCOUNT_FILE_MAX = 4 * 1024 * 1024;

/** What the tools' blob exports when it is loaded from here. */
interface Tools {
  readonly main: (reader: UnitReader) => void;
}

/** The rest of the init, which is loaded while the kernel already queues connections. */
interface Manager {
  readonly main: (early: EarlyBoot) => void;
}

/** Lends the tools this blob's loader for --verify, so that theirs needs none. */
const unitReader: UnitReader = {
  createLoader,
  directiveNames: (section) =>
    [...sectionDirectives(section), ...knownDirectives(section)].map(([name]) => name),
  specifierFacts: () =>
    specifierFacts(native, (path) => {
      const text = native.readFile(path, ACCOUNT_FILE_MAX);
      return typeof text === "number" ? "" : text;
    }),
};

function main(): void {
  const complaints: string[] = [];
  const invocation = parseInvocation(
    native.argv.slice(1),
    (name) => environmentValue(native.environ, name),
    (complaint) => complaints.push(complaint),
  );
  if (!invocation.ok) {
    native.writeOut(2, `usher: ${invocation.error}\n`);
    native.exit(EXIT_USAGE);
  }
  if (invocation.value.kind === "tool") {
    (native.loadBlob("tools") as Tools).main(unitReader);
    return;
  }
  // An argument is evaluated after the function that it goes to: named first, so that the sockets come before the blob.
  const early = bootEarly(native, invocation.value.options, complaints);
  (native.loadBlob("manager") as Manager).main(early);
}

main();
