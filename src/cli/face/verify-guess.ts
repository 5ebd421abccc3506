/** For keys and sections that nobody knows: what was meant, surely or perhaps. */
import { nearest } from "../../base/nearest.ts";
import type { Diagnostic } from "../../unit/text/diagnostic.ts";
import type { UnitReader } from "../system.ts";

const SECTIONS: readonly string[] = ["Unit", "Install", "Service", "Socket", "X-Usher"];

/** "Restrat" is 2 from "Restart". */
const FARTHEST = 3;

/** The same with what was expected instead, as far as that can be guessed. */
export function guess(reader: UnitReader, diagnostic: Diagnostic): Diagnostic {
  const { unknown } = diagnostic;
  if (unknown === undefined) return diagnostic;
  const { section, key } = unknown;
  return { ...diagnostic, expected: key === null ? meantSection(section) : meantKey(reader, section, key) };
}

function meantSection(section: string): string | null {
  const meant = nearest(section, SECTIONS, FARTHEST);
  return meant === null || meant === section ? null : `[${meant}]`;
}

function meantKey(reader: UnitReader, section: string, key: string): string | null {
  const elsewhere = SECTIONS.find((other) => other !== section && reader.directiveNames(other).includes(key));
  if (elsewhere !== undefined) return `it in section [${elsewhere}]`;
  const meant = nearest(key, reader.directiveNames(section), FARTHEST);
  return meant === null ? null : `${meant}=`;
}
