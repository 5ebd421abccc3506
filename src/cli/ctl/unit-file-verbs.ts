/** The verbs on unit files: enable, disable, mask, preset, is-enabled, list-unit-files, get-default, edit, … */
import type { Result } from "../../base/result.ts";
import { baseName } from "../../unit/load/unit-files.ts";
import { type Cell, type Column, renderTable, tableJson } from "../format/table.ts";
import { applyPlan } from "../unit-files/apply.ts";
import { openUnitFiles } from "../unit-files/open.ts";
import {
  type Plan,
  type PlanOptions,
  planDisable,
  planEnable,
  planMask,
  planPreset,
  planUnmask,
} from "../unit-files/plan.ts";
import { planAdd, planLink } from "../unit-files/plan-links.ts";
import type { UnitFileState, UnitFiles } from "../unit-files/store.ts";
import { type Context, complain, EXIT_FAILURE, EXIT_OK, EXIT_UNKNOWN, print, quiet } from "./context.ts";
import { runJobs } from "./jobs.ts";
import { tableWidth } from "./list-units.ts";
import { printStates } from "./states.ts";
import { compareUnits } from "./unit-order.ts";
import { patternFilter } from "./unit-patterns.ts";
import { completeName } from "./units.ts";

type Planner = (store: UnitFiles, names: readonly string[], options: PlanOptions) => Result<Plan, string>;

const NO_INSTALL_TEXT = `The unit files have no installation config (WantedBy=, RequiredBy=, UpheldBy=,
Also=, or Alias= settings in the [Install] section, and DefaultInstance= for
template units). This means they are not meant to be enabled or disabled using systemctl.
 
Possible reasons for having these kinds of units are:
• A unit may be statically enabled by being symlinked from another unit's
  .wants/, .requires/, or .upholds/ directory.
• A unit's purpose may be to act as a helper for some other unit which has
  a requirement dependency on it.
• A unit may be started when needed via activation (socket, path, timer,
  D-Bus, udev, scripted systemctl call, ...).
• In case of template units, the unit is meant to be enabled with some
  instance name specified.`;

export function enable(context: Context, typed: readonly string[]): Promise<number> {
  return changeFiles(context, typed, planEnable, "start");
}

export function disable(context: Context, typed: readonly string[]): Promise<number> {
  return changeFiles(context, typed, planDisable, "stop");
}

export function mask(context: Context, typed: readonly string[]): Promise<number> {
  return changeFiles(context, typed, planMask, "stop");
}

export function unmask(context: Context, typed: readonly string[]): Promise<number> {
  return changeFiles(context, typed, planUnmask, null);
}

export function preset(context: Context, typed: readonly string[]): Promise<number> {
  return changeFiles(context, typed, planPreset, null);
}

export function addWants(context: Context, typed: readonly string[]): Promise<number> {
  return changeFiles(context, typed, planAdd("wants"), null);
}

export function addRequires(context: Context, typed: readonly string[]): Promise<number> {
  return changeFiles(context, typed, planAdd("requires"), null);
}

/** Of files, not of names. */
export async function link(context: Context, typed: readonly string[]): Promise<number> {
  const paths = typed.map((path) => {
    const resolved = path.startsWith("/") ? null : context.system.files.resolve(path);
    return resolved?.ok === true ? resolved.value : path;
  });
  return changePlanned(context, typed, (store, options) => planLink(store, paths, options), null);
}

export async function presetAll(context: Context): Promise<number> {
  const store = await openUnitFiles(context);
  return changeFiles(context, store.names(), planPreset, null);
}

export async function reenable(context: Context, typed: readonly string[]): Promise<number> {
  const off = await changeFiles(context, typed, planDisable, null);
  return off === EXIT_OK ? enable(context, typed) : off;
}

function changeFiles(
  context: Context,
  typed: readonly string[],
  plan: Planner,
  nowVerb: "start" | "stop" | null,
): Promise<number> {
  const names = typed.map((word) => (word.startsWith("/") ? baseName(word) : completeName(context, word)));
  return changePlanned(context, typed, (store, options) => plan(store, names, options), nowVerb);
}

async function changePlanned(
  context: Context,
  typed: readonly string[],
  plan: (store: UnitFiles, options: PlanOptions) => Result<Plan, string>,
  nowVerb: "start" | "stop" | null,
): Promise<number> {
  const { settings, system } = context;
  const { options } = settings;
  const store = await openUnitFiles(context);
  const planned = plan(store, { runtime: options.has("runtime"), force: options.has("force") });
  const done = planned.ok ? applyPlan(system, store.paths.root, planned.value) : planned;
  if (!planned.ok || !done.ok) {
    complain(context, done.ok ? "" : done.error);
    return EXIT_FAILURE;
  }
  if (!quiet(context)) for (const line of done.value) complain(context, line);
  const nothing = !planned.value.installable && planned.value.changes.length === 0;
  if (nothing && !quiet(context) && !options.has("no-warn")) complain(context, NO_INSTALL_TEXT);
  return finishChange(context, typed, planned.value, nowVerb);
}

/** Has the running usher read its files again, and starts or stops with --now. Without a running usher, neither. */
async function finishChange(
  context: Context,
  typed: readonly string[],
  plan: Plan,
  nowVerb: "start" | "stop" | null,
): Promise<number> {
  const { options } = context.settings;
  if (context.settings.root !== null || options.has("no-reload")) return EXIT_OK;
  const now = options.has("now") && nowVerb !== null;
  if (plan.changes.length > 0 || now) {
    const reply = await context.call("Reload", {});
    if (!reply.ok && reply.error.kind !== "absent") {
      complain(context, `Failed to reload daemon: ${reply.error.message}`);
      return EXIT_FAILURE;
    }
    if (!reply.ok && !now) return EXIT_OK;
  }
  return now && nowVerb !== null ? runJobs(context, { type: nowVerb, word: nowVerb }, typed) : EXIT_OK;
}

// --------------------------------------------------------------------------------------------------------- is-enabled

const ENABLED_STATES: readonly UnitFileState[] = [
  "enabled",
  "enabled-runtime",
  "static",
  "alias",
  "indirect",
];

export async function isEnabled(context: Context, typed: readonly string[]): Promise<number> {
  const store = await openUnitFiles(context);
  const rows = typed
    .map((word) => completeName(context, word))
    .map((unit) => ({ unit, state: store.state(unit) }));
  const states = rows.map(({ state }) => state);
  printStates(context, rows);
  if (states.some((state) => ENABLED_STATES.includes(state))) return EXIT_OK;
  return states.every((state) => state === "not-found") ? EXIT_UNKNOWN : EXIT_FAILURE;
}

// ---------------------------------------------------------------------------------------------------- list-unit-files

const COLUMNS: readonly Column[] = [
  { field: "unit_file", header: "UNIT FILE", shrink: "middle" },
  { field: "state", header: "STATE", shrink: "keep" },
  { field: "preset", header: "PRESET", shrink: "keep" },
];

const WITHOUT_PRESET: readonly UnitFileState[] = ["static", "alias", "transient"];

export async function listUnitFiles(context: Context, patterns: readonly string[]): Promise<number> {
  const { settings, style } = context;
  const store = await openUnitFiles(context);
  const matches = patternFilter(patterns);
  const rows = store
    .names()
    .filter((name) => matches(name))
    .filter(
      (name) => settings.types.length === 0 || settings.types.includes(name.slice(name.lastIndexOf(".") + 1)),
    )
    .sort(compareUnits)
    .map((name) => ({ name, state: store.state(name) }))
    .filter(({ state }) => settings.states.length === 0 || settings.states.includes(state))
    .map(({ name, state }): readonly Cell[] => [
      { text: name },
      { text: state, paint: statePaint(context, state) },
      { text: WITHOUT_PRESET.includes(state) ? null : store.preset(name) },
    ]);
  if (settings.json !== "off") print(context, tableJson(COLUMNS, rows, settings.json === "pretty"));
  else {
    print(
      context,
      renderTable(COLUMNS, rows, { header: settings.legend, width: tableWidth(context), style }),
    );
    if (settings.legend) print(context, `\n${rows.length} unit files listed.\n`);
  }
  return rows.length > 0 || patterns.length === 0 ? EXIT_OK : EXIT_FAILURE;
}

function statePaint({ style }: Context, state: UnitFileState): (text: string) => string {
  if (state.startsWith("enabled")) return style.good;
  return state.startsWith("masked") ? style.bad : (text) => text;
}

// ------------------------------------------------------------------------------------------------------ default target

const DEFAULT_TARGET = "default.target";

export async function getDefault(context: Context): Promise<number> {
  const store = await openUnitFiles(context);
  const found = store.find(DEFAULT_TARGET);
  print(context, `${found?.name ?? DEFAULT_TARGET}\n`);
  return EXIT_OK;
}

export async function setDefault(context: Context, [typed]: readonly string[]): Promise<number> {
  const store = await openUnitFiles(context);
  const name = completeName(context, typed ?? "", "target");
  const unit = store.find(name);
  if (unit === null) {
    complain(context, `Failed to set default target: Unit ${name} does not exist`);
    return EXIT_FAILURE;
  }
  const path = `${store.paths.persistent}/${DEFAULT_TARGET}`;
  const plan: Plan = {
    changes: [{ kind: "link", path, target: unit.path, replace: true }],
    warnings: [],
    notes: [],
    installable: true,
  };
  const done = applyPlan(context.system, store.paths.root, plan);
  if (!done.ok) complain(context, `Failed to set default target: ${done.error}`);
  else if (!quiet(context)) for (const line of done.value) complain(context, line);
  return done.ok ? finishChange(context, [], plan, null) : EXIT_FAILURE;
}

// ---------------------------------------------------------------------------------------------------------------- edit

/** A container has seldom an editor, and its files are seldom what should be changed: says what to do. */
export async function edit(context: Context, typed: readonly string[]): Promise<number> {
  const store = await openUnitFiles(context);
  for (const word of typed) {
    const name = completeName(context, word);
    const unit = store.find(name);
    if (unit === null) {
      complain(context, `No files found for ${name}.`);
      return EXIT_FAILURE;
    }
    complain(
      context,
      [
        `${context.program} opens no editor. To change ${name} (${unit.path}):`,
        `  in the image: add a file ${store.paths.persistent}/${name}.d/override.conf`,
        `  here and now: mkdir -p ${store.paths.persistent}/${name}.d`,
        `                printf '[Service]\\nEnvironment=A=1\\n' > ${store.paths.persistent}/${name}.d/override.conf`,
        `                ${context.program} daemon-reload && ${context.program} restart ${name}`,
      ].join("\n"),
    );
  }
  return EXIT_FAILURE;
}
