/**
 * From esbuild's source maps to what native/compiler puts into the bytecode. All source files count as one long text:
 * the lines of the first, then those of the second, and so on. A position in a script is then one number, and a list of
 * the files with their numbers of lines leads back to file and line when something has failed (native/script.c).
 *
 * The list (`sources`) has a line "COUNT NAME" for each file. A script's map (`SCRIPT.lines`) has a line
 * "LINE COLUMN NUMBER" (all from 0) wherever the number changes within the script.
 */

export interface SourceMap {
  readonly sources: readonly string[];
  readonly mappings: string;
}

/** Positions within one script. */
interface Mapping {
  readonly line: number;
  readonly column: number;
  readonly source: string;
  readonly sourceLine: number;
}

const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** The numbers of one segment of a source map (base64 VLQ). */
function decodeSegment(segment: string): number[] {
  const numbers: number[] = [];
  let value = 0;
  let shift = 0;
  for (const digit of segment) {
    const bits = digits.indexOf(digit);
    value |= (bits & 31) << shift;
    shift += 5;
    if ((bits & 32) === 0) {
      numbers.push(value & 1 ? -(value >> 1) : value >> 1);
      value = 0;
      shift = 0;
    }
  }
  return numbers;
}

/** A name that says more than the path into node_modules does. */
function shortName(source: string): string {
  const at = source.lastIndexOf("node_modules/");
  return at < 0 ? source.replace(/^(\.\.\/)+/, "") : source.slice(at + "node_modules/".length);
}

function decodeMap({ sources, mappings }: SourceMap): Mapping[] {
  const found: Mapping[] = [];
  let file = 0;
  let sourceLine = 0;
  for (const [line, segments] of mappings.split(";").entries()) {
    let column = 0;
    for (const segment of segments === "" ? [] : segments.split(",")) {
      const [columnDelta = 0, fileDelta, lineDelta] = decodeSegment(segment);
      column += columnDelta;
      if (fileDelta === undefined || lineDelta === undefined) continue;
      file += fileDelta;
      sourceLine += lineDelta;
      found.push({ line, column, source: shortName(sources[file] ?? "?"), sourceLine });
    }
  }
  return found;
}

export interface LineMaps {
  readonly sources: string;
  /** By script, in the order in which they came. */
  readonly scripts: readonly string[];
}

export function encodeLineMaps(maps: readonly SourceMap[]): LineMaps {
  const scripts = maps.map(decodeMap);
  const counts = new Map<string, number>();
  for (const { source, sourceLine } of scripts.flat()) {
    counts.set(source, Math.max(counts.get(source) ?? 0, sourceLine + 1));
  }
  const first = new Map<string, number>();
  let lines = 0;
  for (const [source, count] of counts) {
    first.set(source, lines);
    lines += count;
  }
  return {
    sources: [...counts].map(([source, count]) => `${count} ${source}\n`).join(""),
    scripts: scripts.map((mappings) => encodeScript(mappings, first)),
  };
}

function encodeScript(mappings: readonly Mapping[], first: ReadonlyMap<string, number>): string {
  let text = "";
  let written = -1;
  for (const { line, column, source, sourceLine } of mappings) {
    const number = (first.get(source) ?? 0) + sourceLine;
    if (number !== written) text += `${line} ${column} ${number}\n`;
    written = number;
  }
  return text;
}
