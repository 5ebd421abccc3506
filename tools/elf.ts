/** The little of ELF that is needed to say what a program's bytes are. */

export type Section = { readonly name: string; readonly size: number };

/** Sections with content, in file order. Throws when it is no little-endian 64-bit ELF file. */
export function readSections(file: Buffer): Section[] {
  if (file.readUInt32BE(0) !== 0x7f454c46 || file[4] !== 2 || file[5] !== 1) {
    throw new Error("not a little-endian 64-bit ELF file");
  }
  const at = Number(file.readBigUInt64LE(0x28));
  const entry = file.readUInt16LE(0x3a);
  const headers = Array.from({ length: file.readUInt16LE(0x3c) }, (_, index) =>
    file.subarray(at + index * entry, at + (index + 1) * entry),
  );
  const names = headers[file.readUInt16LE(0x3e)];
  if (names === undefined) throw new Error("no section names");
  const strings = file.subarray(Number(names.readBigUInt64LE(0x18)));
  const noBits = 8;
  return headers
    .filter((header) => header.readUInt32LE(4) !== 0 && header.readUInt32LE(4) !== noBits)
    .map((header) => {
      const start = header.readUInt32LE(0);
      return {
        name: strings.toString("latin1", start, strings.indexOf(0, start)),
        size: Number(header.readBigUInt64LE(0x20)),
      };
    });
}
