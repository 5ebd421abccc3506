/**
 * A record as pino writes it, for the plain kind that usher writes for each start and end of a unit: a message, a unit,
 * and words and numbers beside them. pino's own way to the same line costs as much as starting the process; all other
 * records take it. A test holds the two to each other.
 */

export type PlainFields = Readonly<Record<string, string | number | boolean>>;

export function isPlain(fields: Readonly<Record<string, unknown>>): fields is PlainFields {
  for (const name in fields) {
    const value = fields[name];
    if (
      typeof value === "number"
        ? !Number.isFinite(value)
        : typeof value !== "string" && typeof value !== "boolean"
    )
      return false;
  }
  return true;
}

/** `level` is pino's number, `time` milliseconds after 1970. Ends with a newline. */
export function recordLine(
  level: number,
  time: number,
  unit: string | null,
  fields: PlainFields | undefined,
  message: string,
): string {
  let line = `{"level":${level},"time":${time}`;
  if (unit !== null) line += `,"unit":${JSON.stringify(unit)}`;
  for (const name in fields) {
    const value = fields[name];
    line += `,"${name}":${typeof value === "string" ? JSON.stringify(value) : value}`;
  }
  return `${line},"msg":${JSON.stringify(message)}}\n`;
}
