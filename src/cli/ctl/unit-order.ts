/** How systemctl sorts units and addresses. */

function suffix(name: string): string {
  return name.slice(name.lastIndexOf("."));
}

export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function compareFolded(a: string, b: string): number {
  return compareText(a.toLowerCase(), b.toLowerCase());
}

/** By type, then by name, capitals and small letters alike. */
export function compareUnits(a: string, b: string): number {
  return compareFolded(suffix(a), suffix(b)) || compareFolded(a, b);
}

/** In trees: targets last, else by name. */
export function compareTreeNodes(a: string, b: string): number {
  const target = (name: string): number => (name.endsWith(".target") ? 1 : 0);
  return target(a) - target(b) || compareFolded(a, b);
}

/** Addresses: what is no path first, then paths part by part. */
export function compareAddresses(a: string, b: string): number {
  const isPath = (text: string): number => (text.startsWith("/") ? 1 : 0);
  if (isPath(a) !== isPath(b)) return isPath(a) - isPath(b);
  const left = a.split("/");
  const right = b.split("/");
  for (let at = 0; at < Math.min(left.length, right.length); at++) {
    const order = compareText(left[at] ?? "", right[at] ?? "");
    if (order !== 0) return order;
  }
  return left.length - right.length;
}
