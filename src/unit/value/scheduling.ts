/** Nice levels, schedulers, processors and other numbers of systemd.exec(5), "Scheduling". */
import { extractWords } from "../text/extract-word.ts";
import { words } from "../text/whitespace.ts";
import { parseInteger } from "./number.ts";
import { orDefault, plain, type ValueType } from "./value-type.ts";

const LARGEST_CPU = 8191;

/** An integer within bounds; an empty value unsets it. */
export function optionalInteger(min: number, max: number): ValueType<number | null> {
  return orDefault(
    plain<number | null>(`a number from ${min} to ${max}`, (text) => parseInteger(text, min, max)),
  );
}

export function integer(min: number, max: number): ValueType<number> {
  return plain(`a number from ${min} to ${max}`, (text) => parseInteger(text, min, max));
}

/** CPUSchedulingPriority=; what the policy makes of it is decided when both are known. */
export const schedulingPriority: ValueType<number | null> = plain<number | null>(
  "a number from 0 to 99",
  (text) => parseInteger(text, 0, 99),
);

/** A name with its number, or the number itself; an empty value unsets it. */
function numbered(names: string): ValueType<number | null> {
  const known = names.split(",");
  return orDefault(
    plain<number | null>(`one of ${known.filter((name) => name !== "").join(", ")}`, (text) => {
      const index = text === "" ? -1 : known.indexOf(text);
      return index >= 0 ? index : parseInteger(text, 0, known.length - 1);
    }),
  );
}

/** IOPRIO_CLASS_… of ioprio_set(2) */
export const ioClass: ValueType<number | null> = numbered("none,realtime,best-effort,idle");

/** SCHED_… of sched_setscheduler(2) */
export const cpuPolicy: ValueType<number | null> = numbered("other,fifo,rr,batch,,idle,,ext");

function readRange(word: string): readonly number[] | undefined {
  const match = /^(\d+)(?:-(\d+))?$/.exec(word);
  if (match === null) return undefined;
  const first = Number(match[1]);
  const last = Number(match[2] ?? match[1]);
  if (last > LARGEST_CPU) return undefined;
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
}

/** CPUAffinity=: "0-3,8 10"; lines add, an empty one clears. "numa" has no meaning here. */
export const cpuSet: ValueType<readonly number[]> = {
  expected: "processor numbers and ranges such as 0-3,8",
  read: (text, _scope, before) => {
    if (text === "") return [];
    const { words: parts, error } = extractWords(text.replaceAll(",", " "), {
      unquote: true,
      escapes: "drop",
    });
    if (error !== null) return undefined;
    const set = new Set(before);
    for (const part of parts) {
      const range = readRange(part);
      if (range === undefined) return undefined;
      for (const cpu of range) set.add(cpu);
    }
    return [...set].sort((a, b) => a - b);
  },
};

const COREDUMP_BITS: readonly string[] =
  "private-anonymous shared-anonymous private-file-backed shared-file-backed elf-headers private-huge shared-huge private-dax shared-dax".split(
    " ",
  );

function coredumpBits(word: string): number | undefined {
  if (word === "default") return 0x33;
  if (word === "all") return 0x1ff;
  const index = COREDUMP_BITS.indexOf(word);
  if (index >= 0) return 1 << index;
  return /^(0x)?[0-9a-f]{1,8}$/i.test(word) ? Number.parseInt(word, 16) : undefined;
}

/** CoredumpFilter=, see core(5) */
export const coredumpFilter: ValueType<number | null> = {
  expected: "default, all, kinds of mappings (core(5)) or a hexadecimal mask",
  read: (text, _scope, before) => {
    if (text === "") return null;
    let mask = before ?? 0;
    for (const word of words(text)) {
      const bits = coredumpBits(word);
      if (bits === undefined) return undefined;
      mask |= bits;
    }
    return mask;
  },
};

export const SECURE_BITS: readonly string[] = [
  "noroot",
  "noroot-locked",
  "no-setuid-fixup",
  "no-setuid-fixup-locked",
  "keep-caps",
  "keep-caps-locked",
];

/** SecureBits=, as prctl(PR_SET_SECUREBITS) numbers them */
export const secureBits: ValueType<number> = {
  expected: `any of ${SECURE_BITS.join(", ")}`,
  read: (text, scope) => {
    let bits = 0;
    for (const word of words(text)) {
      const index = SECURE_BITS.indexOf(word);
      if (index >= 0) bits |= 1 << index;
      else {
        const details = { found: word, expected: secureBits.expected, offset: text.indexOf(word) };
        scope.report("error", "not a secure bit, ignored", details);
      }
    }
    return bits;
  },
};
