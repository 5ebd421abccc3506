/** Names and object paths of org.freedesktop.systemd1(5). */
import { byteText, carriedByte, joinCarriedBytes } from "../../base/utf8.ts";

export const BUS_NAME = "org.freedesktop.systemd1";
export const ROOT = "/org/freedesktop/systemd1";
export const UNITS = "/org/freedesktop/systemd1/unit";
export const MANAGER = "org.freedesktop.systemd1.Manager";
export const UNIT = "org.freedesktop.systemd1.Unit";
export const SERVICE = "org.freedesktop.systemd1.Service";
export const PROPERTIES = "org.freedesktop.DBus.Properties";
export const INTROSPECTABLE = "org.freedesktop.DBus.Introspectable";
export const PEER = "org.freedesktop.DBus.Peer";
export const DBUS_ERROR = "org.freedesktop.DBus.Error";

const SAFE = /[A-Za-z0-9]/;

/** "ssh.service" → "ssh_2eservice" (sd_bus_path_encode(3)). */
export function unitLabel(name: string): string {
  const label = [...byteText(name)].map((one, index) =>
    SAFE.test(one) && !(index === 0 && /\d/.test(one))
      ? one
      : `_${one.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
  return label.join("") || "_";
}

export function unitPath(name: string): string {
  return `${UNITS}/${unitLabel(name)}`;
}

/** null: no unit's path. */
export function unitOfPath(path: string): string | null {
  if (!path.startsWith(`${UNITS}/`)) return null;
  const bytes = path.slice(UNITS.length + 1).replace(/_([0-9a-f]{2})/g, (_, hex: string) => {
    const byte = Number.parseInt(hex, 16);
    return byte < 0x80 ? String.fromCharCode(byte) : carriedByte(byte);
  });
  return joinCarriedBytes(bytes);
}

/** A job that is not there is "/". */
export function jobPath(id: number): string {
  return id === 0 ? "/" : `${ROOT}/job/${id}`;
}
