const UNITS = ["E", "P", "T", "G", "M", "K"] as const;

/** Bytes as systemctl prints them: "252K", "4.5M", "800B". Fractions are cut off, not rounded. */
export function formatMemory(bytes: number): string {
  let factor = 1024 ** UNITS.length;
  for (const unit of UNITS) {
    if (bytes >= factor) {
      const tenths = Math.floor(((bytes % factor) * 10) / factor);
      return `${Math.floor(bytes / factor)}${tenths > 0 ? `.${tenths}` : ""}${unit}`;
    }
    factor /= 1024;
  }
  return `${bytes}B`;
}
