/** Who holds which unit in memory (RefUnit, AddRef=): a transient unit is not forgotten while somebody does. */
import type { Context } from "./call.ts";

export function addReference({ references, backend }: Context, unit: string, client: string): void {
  const holders = references.get(unit) ?? new Set();
  references.set(unit, holders.add(client));
  backend.setReferenced(unit, true);
}

/** false: the client held none. */
export function dropReference({ references, backend }: Context, unit: string, client: string): boolean {
  const holders = references.get(unit);
  if (holders?.delete(client) !== true) return false;
  if (holders.size > 0) return true;
  references.delete(unit);
  backend.setReferenced(unit, false);
  return true;
}

/** The client has left. */
export function dropReferences(context: Context, client: string): void {
  for (const unit of [...context.references.keys()]) dropReference(context, unit, client);
}
