/** Capabilities by name and number (capabilities(7)). */

import { words } from "../text/whitespace.ts";
import { parseInteger } from "./number.ts";
import type { Scope, ValueType } from "./value-type.ts";

const NAMES: readonly string[] =
  "CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE".split(
    " ",
  );

const LAST_CAPABILITY = 62;

/** "CAP_NET_ADMIN" for 12; a number without a name as "0x3f". */
export function capabilityName(capability: number): string {
  const name = NAMES[capability];
  return name === undefined ? `0x${capability.toString(16)}` : `CAP_${name}`;
}

/** A name in any case, or a number. */
export function parseCapability(text: string): number | undefined {
  const name = text.toUpperCase();
  const index = name.startsWith("CAP_") ? NAMES.indexOf(name.slice(4)) : -1;
  return index >= 0 ? index : parseInteger(text, 0, LAST_CAPABILITY);
}

function readNames(text: string, scope: Scope): number[] {
  return words(text).flatMap((word) => {
    const capability = parseCapability(word);
    if (capability !== undefined) return [capability];
    const details = {
      found: word,
      expected: "a capability such as CAP_NET_ADMIN",
      offset: text.indexOf(word),
    };
    scope.report("error", "unknown capability, ignored", details);
    return [];
  });
}

const ALL: readonly number[] = NAMES.map((_, index) => index);

function sorted(capabilities: Iterable<number>): readonly number[] {
  return [...new Set(capabilities)].sort((a, b) => a - b);
}

/**
 * CapabilityBoundingSet= (`unset` null: all), AmbientCapabilities= (`unset` []). "~" takes away; the first line
 * replaces, later ones merge; an empty one (or "~" alone) sets none (or all).
 */
export function capabilitySet<T extends readonly number[] | null>(
  unset: T,
): ValueType<readonly number[] | T> {
  return {
    expected: "capabilities, ~ before them to take them away",
    read: (text, scope, before) => {
      const inverted = text.startsWith("~");
      const named = readNames(inverted ? text.slice(1) : text, scope);
      const others = ALL.filter((capability) => !named.includes(capability));
      const wasUnset = before === null || (unset !== null && before.length === 0);
      // All of them is what CapabilityBoundingSet= begins with.
      if (named.length === 0 && inverted) return unset === null ? unset : ALL;
      if (named.length === 0) return [];
      if (wasUnset) return sorted(inverted ? others : named);
      return sorted(inverted ? before.filter((c) => !named.includes(c)) : [...before, ...named]);
    },
  };
}
