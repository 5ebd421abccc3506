/**
 * The README's table of figures, made from bench/results.json: the few that people compare by. `npm run bench` puts it
 * there, and a unit test holds the README to it.
 *
 *     node bench/front-page.ts [--check]
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Figure, lookupIn, show } from "./figures.ts";
import { formatTable } from "./report.ts";

const root = join(import.meta.dirname, "..");
const readme = join(root, "README.md");
const BEGIN = "<!-- figures, made by bench/front-page.ts -->";
const END = "<!-- end of figures -->";

interface Results {
  readonly environment: { readonly date: string; readonly processors: string; readonly load: string };
  readonly figures: readonly Figure[];
}

interface Row {
  readonly text: string;
  readonly measurement: string;
  readonly metric: string;
  /** Who is shown for usher, and beside it. */
  readonly subjects: readonly string[];
}

const ROWS: readonly Row[] = [
  {
    text: "`INIT -- cmd`: the command runs after",
    measurement: "start",
    metric: "exec",
    subjects: ["usher", "tini", "dumb-init"],
  },
  {
    text: "Around one command: private memory",
    measurement: "wrapper-memory",
    metric: "private",
    subjects: ["usher", "tini", "dumb-init"],
  },
  {
    text: "100 sockets listen after",
    measurement: "listen",
    metric: "last-100",
    subjects: ["usher", "systemd"],
  },
  {
    text: "Connection to first byte, service to be started",
    measurement: "first-byte",
    metric: "every",
    subjects: ["usher", "systemd", "systemd-socket-activate", "bare-spawn"],
  },
  {
    text: "`Accept=yes`, one by one",
    measurement: "accept",
    metric: "serial",
    subjects: ["usher", "systemd", "tcpserver", "xinetd"],
  },
  {
    text: "10 services: resident memory",
    measurement: "memory",
    metric: "resident-10",
    subjects: ["usher", "systemd", "supervisord", "s6"],
  },
  {
    text: "10 services: private memory",
    measurement: "memory",
    metric: "private-10",
    subjects: ["usher", "systemd", "supervisord", "s6"],
  },
];

/** The table with a line on how it was measured. */
function figuresSection({ environment, figures }: Results): string {
  const find = lookupIn(figures);
  const rows = ROWS.map(({ text, measurement, metric, subjects }) => {
    const shown = subjects.flatMap((subject) => {
      const figure = find(measurement, subject, metric);
      return figure === undefined ? [] : [{ subject, text: show(figure.median, figure.unit) }];
    });
    const others = shown
      .filter(({ subject }) => subject !== "usher")
      .map((one) => `${one.subject} ${one.text}`);
    return [text, shown.find(({ subject }) => subject === "usher")?.text ?? "–", others.join(", ")];
  });
  const table = formatTable(["", "usher", "others in the same run"], rows);
  const { date, processors, load } = environment;
  return `${table}\n\nMedians of the run of ${date} UTC (${processors}, load ${load} at its start).`;
}

/** The README's text with the section between its two marks. */
function withFigures(text: string, section: string): string {
  const begin = text.indexOf(BEGIN);
  const end = text.indexOf(END);
  if (begin < 0 || end < begin) throw new Error("the README has no place for the figures");
  return `${text.slice(0, begin + BEGIN.length)}\n\n${section}\n\n${text.slice(end)}`;
}

/** Puts the table of the last results into the README. With `check` only tells whether it is there. */
export function updateFrontPage(check: boolean): boolean {
  const results = JSON.parse(readFileSync(join(root, "bench/results.json"), "utf8")) as Results;
  const text = readFileSync(readme, "utf8");
  const current = withFigures(text, figuresSection(results));
  if (!check) writeFileSync(readme, current);
  return current === text;
}

if (import.meta.main) {
  const check = process.argv.includes("--check");
  const isCurrent = updateFrontPage(check);
  if (check && !isCurrent) {
    console.error(
      "README.md has other figures than bench/results.json: node bench/front-page.ts puts them there",
    );
    process.exitCode = 1;
  }
}
