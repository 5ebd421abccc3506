/** Classic packet filters (socket(7), SO_ATTACH_FILTER and SO_ATTACH_REUSEPORT_CBPF), as far as usher needs them. */

/** code, jt, jf, k */
export type Instruction = readonly [code: number, whenTrue: number, whenFalse: number, operand: number];

export const LOAD_BYTE = 0x30;
export const LOAD_HALF = 0x28;
export const LOAD_WORD = 0x20;
export const SHIFT_RIGHT = 0x74;
export const SKIP_UNLESS_EQUAL = 0x15;
export const RETURN = 0x06;

/** Offsets from here on are into the network header. */
export const NETWORK_HEADER = 0xfff00000;

/** As `setFilter` takes it: struct sock_filter, one after the other, little-endian like every machine usher runs on. */
export function assemble(instructions: readonly Instruction[]): string {
  return instructions
    .map(([code, whenTrue, whenFalse, k]) =>
      String.fromCharCode(
        code & 255,
        code >> 8,
        whenTrue,
        whenFalse,
        k & 255,
        (k >>> 8) & 255,
        (k >>> 16) & 255,
        k >>> 24,
      ),
    )
    .join("");
}
