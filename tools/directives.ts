/**
 * Writes docs/directives.md: every directive and what becomes of it.
 *
 *     node tools/directives.ts
 *     node tools/directives.ts --untested    names those that work and that no container test has
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import {
  type DirectiveStatus,
  directiveReference,
  type ReferenceEntry,
  type ReferencePart,
} from "../src/unit/directive/directive-reference.ts";
import { testsOf } from "./tested-by.ts";

const root = join(import.meta.dirname, "..");
export const page: string = join(root, "docs/directives.md");

const WORDS: Readonly<Record<DirectiveStatus, string>> = {
  works: "works",
  fixed: "fixed answer",
  unenforced: "**not enforced**",
  meaningless: "no effect",
  unsupported: "**not supported**",
};

/** Unit files of the container tests, and unit files in their texts. */
const TESTS: readonly string[] = ["test/container", "test/packages"];
const UNIT_TEXT = /\.(service|socket|target|conf|ts)$/;

/** Directives that no container test has, of those that work. */
function untested(): string[] {
  const texts = TESTS.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && UNIT_TEXT.test(entry.name))
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8")),
  );
  const tested = new Set(
    texts.flatMap((text) => [...text.matchAll(/([A-Z][A-Za-z0-9]+)=/g)].map(([, name]) => name)),
  );
  const entries = directiveReference().flatMap((one) => one.entries);
  return entries
    .filter(({ name, status }) => status === "works" && !tested.has(name))
    .map(({ name }) => name);
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}

function linkTo(test: string | undefined): string {
  return test === undefined ? "" : `[${basename(test, ".test.ts")}](../test/${test})`;
}

function row({ name, status, expected, note }: ReferenceEntry, test: string | undefined): string {
  const becomes = note === null ? WORDS[status] : `${WORDS[status]}: ${note}`;
  return `| \`${name}=\` | ${cell(becomes)} | ${cell(expected ?? "")} | ${linkTo(test)} |`;
}

function part({ title, manual, entries }: ReferencePart): string[] {
  const link = manual.endsWith(".md") ? `[${manual}](${manual})` : manual;
  const tests = testsOf(title);
  return [
    "",
    `## ${title}`,
    "",
    `${link}`,
    "",
    "| directive | | takes | tested by |",
    "|---|---|---|---|",
    ...entries.map((entry) => row(entry, tests.get(entry.name))),
  ];
}

function summary(parts: readonly ReferencePart[]): string[] {
  const entries = parts.flatMap((one) => one.entries);
  const count = (status: DirectiveStatus): number =>
    entries.filter((entry) => entry.status === status).length;
  return [
    "| | directives | |",
    "|---|---|---|",
    `| works | ${count("works")} | as systemd's manual page says, unless a note says otherwise |`,
    `| fixed answer | ${count("fixed")} | a condition that a container can't ask |`,
    `| **not enforced** | ${count("unenforced")} | accepted with a notice; the protection or limit is *not there* |`,
    `| no effect | ${count("meaningless")} | accepted with a notice; nothing is lost in a container |`,
    `| **not supported** | ${count("unsupported")} | accepted with a warning; what the unit is for doesn't happen |`,
  ];
}

/** What a comparison with systemd's reading still finds (tools/oracle/differential.ts), and why it stays. */
const DIFFERENCES: readonly string[] = [
  "`LoadError=` names file, line and column, where systemd's names the unit alone.",
  "A unit that can't be read is told with its reason by `systemctl start`, which ends with 1; of a socket's path with `..` systemd says \"Access denied\" and ends with 4.",
  "After a line that refuses the unit the rest is still read, so that everything wrong in it is told at once; `show` of such a unit has more than systemd's.",
  "`PIDFile=` with `..` makes the unit `bad-setting`, not `error`.",
  "Numbers beyond 2⁵³ (times in nanoseconds, sizes in bytes) count as infinite or are refused.",
  "What systemd 258 has is taken already: the prefix `|` of commands, `CPUSchedulingPolicy=ext`, and the directives marked below.",
  "IPv6 addresses are shown as they are written until they are bound, interfaces by number as numbers.",
  "`StandardOutput=inherit` of a socket's own commands is the journal.",
  "`ListenSpecial=` of what can't be polled (`/dev/null`) fails before `ExecStartPost=`, not after it.",
  "A unit that is down stays known with what was seen of it, where systemd forgets it.",
];

export function renderDirectives(): string {
  const parts = directiveReference();
  return [
    "# Directives",
    "",
    "<!-- Written by tools/directives.ts: don't edit. -->",
    "",
    "Every directive of systemd 257's unit files, with a few of later versions, and what usher makes of it. A key that",
    "isn't here is reported as unknown, with file and line; keys and sections that begin with `X-` are passed over.",
    "",
    ...summary(parts),
    "",
    "Every value that systemd's parsers know to tell apart, right and wrong, and random mixtures of them were read by",
    "both, and what `show` prints was compared (`npm run oracle:differential`). What still differs does so on purpose:",
    "",
    ...DIFFERENCES.map((text) => `- ${text}`),
    ...parts.flatMap((one) => part(one)),
    "",
  ].join("\n");
}

if (import.meta.main) {
  if (process.argv.includes("--untested")) process.stdout.write(`${untested().join("\n")}\n`);
  else writeFileSync(page, renderDirectives());
}
