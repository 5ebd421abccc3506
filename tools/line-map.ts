/**
 * From esbuild's source map to the compact line map that native/script.c reads when something has failed: number of
 * files, their names (each ended by NUL), then an entry wherever the source line changes within the bundle:
 * bundle line (difference), column, file (zigzag difference), source line (zigzag difference), all as varints.
 */

export interface SourceMap {
  readonly sources: readonly string[];
  readonly mappings: string;
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

function pushVarint(bytes: number[], value: number): void {
  let rest = value;
  while (rest > 127) {
    bytes.push((rest & 127) | 128);
    rest >>>= 7;
  }
  bytes.push(rest);
}

const zigzag = (value: number): number => (value < 0 ? -value * 2 - 1 : value * 2);

/** A name that says more than the path into node_modules does. */
function shortName(source: string): string {
  const at = source.lastIndexOf("node_modules/");
  return at < 0 ? source.replace(/^(\.\.\/)+/, "") : source.slice(at + "node_modules/".length);
}

export function encodeLineMap(map: SourceMap): Uint8Array {
  const bytes: number[] = [];
  pushVarint(bytes, map.sources.length);
  for (const source of map.sources) bytes.push(...new TextEncoder().encode(shortName(source)), 0);
  let file = 0;
  let line = 0;
  let written = { bundleLine: 0, file: 0, line: 0 };
  map.mappings.split(";").forEach((segments, bundleLine) => {
    let column = 0;
    let first = true;
    for (const segment of segments === "" ? [] : segments.split(",")) {
      const [columnDelta = 0, fileDelta, lineDelta] = decodeSegment(segment);
      column += columnDelta;
      if (fileDelta === undefined || lineDelta === undefined) continue;
      file += fileDelta;
      line += lineDelta;
      if (!first && file === written.file && line === written.line) continue;
      first = false;
      pushVarint(bytes, bundleLine - written.bundleLine);
      pushVarint(bytes, column);
      pushVarint(bytes, zigzag(file - written.file));
      pushVarint(bytes, zigzag(line - written.line));
      written = { bundleLine, file, line };
    }
  });
  return new Uint8Array(bytes);
}
