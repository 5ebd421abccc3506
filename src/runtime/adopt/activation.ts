/**
 * What programs need that know nothing of being started by a connection: sockets put in the place of their own, a
 * readiness that is found out, clients held until then, and an end when nobody is there any more. A blob of its own
 * (src/activation.ts), since most containers have no such unit.
 */
import type { ServiceUnit, Unit } from "../../unit/model.ts";
import type { HeldSocket } from "./adopt-match.ts";
import type { Adoption } from "./adoption.ts";
import type { Hold } from "./hold.ts";
import type { Readiness } from "./readiness.ts";

export interface Activation {
  readonly adoption: Adoption;
  readonly hold: Hold;
  readonly readiness: Readiness;
  /** Before a unit's main command is spawned; `held` are its sockets. */
  prepare(unit: Unit, held: readonly HeldSocket[]): void;
  /** A service has a new state. */
  follow(unit: ServiceUnit, active: string, sub: string, socketsOf: () => readonly HeldSocket[]): void;
}
