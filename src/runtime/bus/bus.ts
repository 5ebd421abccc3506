/**
 * The system bus, as the rest of the runtime sees it. What is done with it is in bus-link.ts, a blob of its own
 * (src/bus.ts), since most containers have no bus and nobody who asks
 * as if there were one.
 */

/** The unit of the bus daemon; dbus-broker's has this name as an alias. */
export const BUS_UNIT = "dbus.service";

export interface Bus {
  /** A unit has a new state. */
  unitChanged(unit: string): void;
  /** Somebody connected to systemd's private socket; the descriptor is the bus's. */
  serve(client: number): void;
}
