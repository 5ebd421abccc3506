/** IP addresses as text: what inet_pton(3) takes, and back from the bytes of a DNS record. */

/** 0 to 255 without leading zeros. */
function isOctet(text: string): boolean {
  const number = Number(text);
  return number >= 0 && number <= 255 && String(Math.trunc(number)) === text;
}

export function isIpv4(text: string): boolean {
  const parts = text.split(".");
  return parts.length === 4 && parts.every(isOctet);
}

/** Colon-separated groups; undefined if one is malformed. A dotted IPv4 address at the end counts as two. */
function countGroups(text: string, mayEndInIpv4: boolean): number | undefined {
  if (text === "") return 0;
  const groups = text.split(":");
  const last = groups[groups.length - 1] ?? "";
  const dotted = mayEndInIpv4 && last.includes(".");
  if (dotted && !isIpv4(last)) return undefined;
  const hex = dotted ? groups.slice(0, -1) : groups;
  if (!hex.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return undefined;
  return hex.length + (dotted ? 2 : 0);
}

/** As inet_pton(3) has it: no brackets, no scope. */
export function isIpv6(text: string): boolean {
  const gap = text.indexOf("::");
  if (gap < 0) return countGroups(text, true) === 8;
  const before = countGroups(text.slice(0, gap), false);
  const after = countGroups(text.slice(gap + 2), true);
  return before !== undefined && after !== undefined && before + after <= 7;
}

/** "192.0.2.1" for the four bytes of an A record. */
export function formatIpv4(bytes: readonly number[]): string {
  return bytes.join(".");
}

/** "2001:db8::1" for the sixteen bytes of an AAAA record, shortened as RFC 5952 says. */
export function formatIpv6(bytes: readonly number[]): string {
  const groups: number[] = [];
  for (let at = 0; at < 16; at += 2) groups.push(((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0));
  const gap = longestZeroRun(groups);
  const hex = (part: readonly number[]): string => part.map((group) => group.toString(16)).join(":");
  if (gap === null) return hex(groups);
  return `${hex(groups.slice(0, gap.start))}::${hex(groups.slice(gap.start + gap.length))}`;
}

/** The first of the longest runs of at least two zero groups. */
function longestZeroRun(
  groups: readonly number[],
): { readonly start: number; readonly length: number } | null {
  let best: { readonly start: number; readonly length: number } | null = null;
  for (let start = 0; start < groups.length; start++) {
    let length = 0;
    while (groups[start + length] === 0) length++;
    if (length >= 2 && length > (best?.length ?? 0)) best = { start, length };
  }
  return best;
}
