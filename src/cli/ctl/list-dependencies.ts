/** The verb `list-dependencies`. */
import type { DependencyNode } from "../../control/backend.ts";
import { type Context, EXIT_OK, print, reportFailure } from "./context.ts";
import { stateGlyph } from "./glyphs.ts";
import { compareTreeNodes } from "./unit-order.ts";
import { completeName } from "./units.ts";

type Direction = "forward" | "reverse" | "after" | "before";

const KINDS: Readonly<Record<Direction, readonly string[]>> = {
  forward: ["Requires", "Requisite", "Wants", "ConsistsOf", "BindsTo", "Upholds"],
  reverse: ["RequiredBy", "RequisiteOf", "WantedBy", "PartOf", "BoundBy", "UpheldBy"],
  after: ["After"],
  before: ["Before"],
};

export async function listDependencies(context: Context, typed: readonly string[]): Promise<number> {
  const reply = await context.call("ListDependencies", {});
  if (!reply.ok) return reportFailure(context, "Failed to get dependencies", reply.error);
  const nodes = new Map(reply.value.nodes.map((node) => [node.name, node]));
  const roots = typed.length === 0 ? ["default.target"] : typed.map((word) => completeName(context, word));
  const { json } = context.settings;
  if (json !== "off") {
    const rows = reached(context, nodes, roots);
    print(context, `${JSON.stringify(rows, null, json === "pretty" ? 2 : 0)}\n`);
    return EXIT_OK;
  }
  const trees = roots.map((root) => formatTree(context, nodes, root));
  print(context, trees.join("\n"));
  return EXIT_OK;
}

interface Reached {
  readonly unit: string;
  readonly active: string;
  /** Names, in the tree's order. */
  readonly dependencies: readonly string[];
}

/** For JSON: every unit of the trees once, those that the tree leaves closed without what is below them. */
function reached(
  { settings }: Context,
  nodes: ReadonlyMap<string, DependencyNode>,
  roots: readonly string[],
): readonly Reached[] {
  const kinds = KINDS[directionOf(settings)];
  const found = new Map<string, Reached>();
  const queue = [...roots];
  for (const unit of queue) {
    if (found.has(unit)) continue;
    const opens = roots.includes(unit) || settings.options.has("all") || unit.endsWith(".target");
    const dependencies = opens ? below(nodes, kinds, unit) : [];
    found.set(unit, { unit, active: nodes.get(unit)?.activeState ?? "inactive", dependencies });
    queue.push(...dependencies);
  }
  return [...found.values()];
}

function below(
  nodes: ReadonlyMap<string, DependencyNode>,
  kinds: readonly string[],
  unit: string,
): readonly string[] {
  const dependencies = nodes.get(unit)?.dependencies ?? {};
  return [...new Set(kinds.flatMap((kind) => dependencies[kind] ?? []))].sort(compareTreeNodes);
}

function directionOf({ options }: Context["settings"]): Direction {
  if (options.has("after")) return "after";
  if (options.has("before")) return "before";
  return options.has("reverse") ? "reverse" : "forward";
}

interface Frame {
  readonly name: string;
  /** Names from the root to this one. */
  readonly path: readonly string[];
  readonly last: boolean;
  /** Whether each ancestor below the root was the last of its siblings. */
  readonly ancestors: readonly boolean[];
}

/** Depth first with a stack of its own: a chain of a thousand units is no recursion. */
function formatTree(context: Context, nodes: ReadonlyMap<string, DependencyNode>, root: string): string {
  const { options } = context.settings;
  const kinds = KINDS[directionOf(context.settings)];
  const plain = options.has("plain");
  const seen = new Set<string>([root]);
  const lines = [root];
  const stack = children(nodes, kinds, { name: root, path: [root], last: true, ancestors: [] }, true);
  for (let frame = stack.pop(); frame !== undefined; frame = stack.pop()) {
    if (plain && seen.has(frame.name)) continue;
    seen.add(frame.name);
    const cyclic = frame.path.slice(0, -1).includes(frame.name);
    lines.push(formatLine(context, nodes, frame, cyclic && !plain));
    const descends = options.has("all") || frame.name.endsWith(".target");
    if (descends && !cyclic) stack.push(...children(nodes, kinds, frame, false));
  }
  return `${lines.join("\n")}\n`;
}

/** The units below one, in the order in which a stack gives them back. */
function children(
  nodes: ReadonlyMap<string, DependencyNode>,
  kinds: readonly string[],
  parent: Frame,
  isRoot: boolean,
): Frame[] {
  const names = below(nodes, kinds, parent.name);
  return names
    .map((name, at) => ({
      name,
      path: [...parent.path, name],
      last: at === names.length - 1,
      ancestors: isRoot ? [] : [...parent.ancestors, parent.last],
    }))
    .reverse();
}

function formatLine(
  { style, settings }: Context,
  nodes: ReadonlyMap<string, DependencyNode>,
  { name, last, ancestors }: Frame,
  cyclic: boolean,
): string {
  const dot = cyclic ? " " : stateGlyph(nodes.get(name)?.activeState ?? "inactive", style);
  if (settings.options.has("plain")) return `${"  ".repeat(ancestors.length + 1)}${name}`;
  const bars = ancestors.map((ended) => (ended ? "  " : "│ ")).join("");
  return `${dot} ${bars}${last ? "└─" : "├─"}${cyclic ? "..." : name}`;
}
