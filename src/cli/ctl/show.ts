/** The verbs `show` and `cat`. */
import type { SystemSummary, UnitDetails } from "../../control/backend.ts";
import { knownDirective } from "../../unit/directive/known-directives.ts";
import { lexUnitFile } from "../../unit/text/lexer.ts";
import { formatTimestamp } from "../format/time.ts";
import { openUnitFiles } from "../unit-files/open.ts";
import { type Context, complain, EXIT_FAILURE, EXIT_OK, print, reportFailure } from "./context.ts";
import { PROPERTY_ROWS, type PropertyInput, type PropertyValue } from "./properties.ts";
import { fileStateOf } from "./status.ts";
import { getUnit, isUnknown, resolveUnitNames } from "./units.ts";

type Property = readonly [name: string, value: PropertyValue];

export async function show(context: Context, typed: readonly string[]): Promise<number> {
  if (typed.length === 0) return showManager(context);
  const names = await resolveUnitNames(context, typed);
  if (!names.ok) return reportFailure(context, "Failed to list units", names.error);
  const files = await openUnitFiles(context);
  const { settings, system } = context;
  const all: (readonly Property[])[] = [];
  for (const name of names.value) {
    const details = await getUnit(context, name);
    if (!details.ok) return reportFailure(context, `Failed to get properties of ${name}`, details.error);
    const fileState = fileStateOf(details.value, files);
    all.push(
      propertiesOf({
        details: details.value,
        fileState,
        notEnforced: unenforcedDirectives(context, details.value),
        preset: fileState === null ? null : files.preset(name),
        timestamp: settings.timestamp,
        zone: system.clock.zone,
      }),
    );
  }
  printProperties(context, all);
  return EXIT_OK;
}

/** Names of directives in the unit's files that have no effect here though systemd's users rely on them. */
function unenforcedDirectives({ system }: Context, { unit }: UnitDetails): readonly string[] {
  const paths = [...(unit.fragmentPath === null ? [] : [unit.fragmentPath]), ...unit.dropInPaths];
  const names = paths.flatMap((path) => {
    const text = system.files.read(path);
    const assignments = text.ok ? lexUnitFile(text.value).assignments : [];
    return assignments
      .filter(({ section, key }) => knownDirective(section, key) === "unenforced")
      .map(({ key }) => key);
  });
  return [...new Set(names)];
}

function propertiesOf(input: PropertyInput): readonly Property[] {
  return PROPERTY_ROWS.map(({ name, value }): Property => [name, value(input)]).filter(
    ([, value]) => value !== null,
  );
}

function printProperties(context: Context, units: readonly (readonly Property[])[]): void {
  const { settings } = context;
  const chosen = units.map((unit) => unit.filter((property) => isWanted(context, property)));
  if (settings.json !== "off") {
    const objects = chosen.map((unit) => Object.fromEntries(unit));
    print(context, `${JSON.stringify(objects, null, settings.json === "pretty" ? 2 : 0)}\n`);
  } else print(context, chosen.map((unit) => formatProperties(unit, settings.valuesOnly)).join("\n"));
}

/** Empty ones are shown only when asked for by name or with --all. */
function isWanted({ settings }: Context, [name, value]: Property): boolean {
  if (settings.properties.length > 0) return settings.properties.includes(name);
  return settings.options.has("all") || (value !== "" && value?.length !== 0);
}

function formatProperties(properties: readonly Property[], valuesOnly: boolean): string {
  return properties
    .flatMap(([name, value]) => {
      const lines = typeof value === "string" ? [value] : value === null ? [] : value;
      return lines.map((line) => (valuesOnly ? `${line}\n` : `${name}=${line}\n`));
    })
    .join("");
}

async function showManager(context: Context): Promise<number> {
  const reply = await context.call("GetSystem", {});
  if (!reply.ok) return reportFailure(context, "Failed to get properties", reply.error);
  const environment = await context.call("GetEnvironment", {});
  printProperties(context, [
    managerProperties(context, reply.value.system, environment.ok ? environment.value.environment : []),
  ]);
  return EXIT_OK;
}

function managerProperties(
  context: Context,
  system: SystemSummary,
  environment: readonly string[],
): readonly Property[] {
  const stamp = (at: number): string =>
    formatTimestamp(at, context.system.clock.zone, context.settings.timestamp);
  return [
    ["Version", system.version],
    ["Architecture", context.system.versions.arch.replace("_", "-")],
    ["UserspaceTimestamp", stamp(system.started.realtimeUsec)],
    ["UserspaceTimestampMonotonic", String(system.started.monotonicUsec)],
    ["FinishTimestamp", stamp(system.finished.realtimeUsec)],
    ["FinishTimestampMonotonic", String(system.finished.monotonicUsec)],
    ["LogLevel", system.logLevel],
    ["NNames", String(system.unitCount)],
    ["NFailedUnits", String(system.failed.length)],
    ["NJobs", String(system.jobCount)],
    ["Environment", environment.join(" ")],
    ["UnitPath", system.unitPath.join(" ")],
    ["SystemState", system.state],
  ];
}

// ---------------------------------------------------------------------------------------------------------------- cat

export async function cat(context: Context, typed: readonly string[]): Promise<number> {
  const names = await resolveUnitNames(context, typed);
  if (!names.ok) return reportFailure(context, "Failed to list units", names.error);
  let first = true;
  for (const name of names.value) {
    const details = await getUnit(context, name);
    if (!details.ok) return reportFailure(context, `Failed to get properties of ${name}`, details.error);
    if (isUnknown(details.value) || details.value.unit.fragmentPath === null) {
      complain(context, `No files found for ${name}.`);
      return EXIT_FAILURE;
    }
    if (!first) print(context, "\n");
    first = false;
    if (!printFiles(context, details.value)) return EXIT_FAILURE;
  }
  return EXIT_OK;
}

function printFiles(context: Context, { unit, needDaemonReload, summary }: UnitDetails): boolean {
  const paths = [...(unit.fragmentPath === null ? [] : [unit.fragmentPath]), ...unit.dropInPaths];
  for (const [at, path] of paths.entries()) {
    const text = context.system.files.read(path);
    if (!text.ok) {
      complain(context, `Failed to cat ${path}: ${context.system.explain(text.error)}`);
      return false;
    }
    print(context, `${at > 0 ? "\n" : ""}${context.style.dim(`# ${path}`)}\n${text.value}`);
    if (!text.value.endsWith("\n")) print(context, "\n");
  }
  if (needDaemonReload) {
    complain(
      context,
      `Warning: ${summary.name} changed on disk, the version usher has loaded is outdated.\nThis output shows the current version of the unit's original fragment and drop-in files.\nIf fragments or drop-ins were added or removed, they are not properly reflected in this output.\nRun '${context.program} daemon-reload' to reload units.`,
    );
  }
  return true;
}
