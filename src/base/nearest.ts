/** What somebody who mistyped a word may have meant. */

/**
 * The one of `among` that begins with the word, else the one that fewest changes of single letters lead to, `farthest`
 * at most; null where none is that near.
 */
export function nearest(word: string, among: Iterable<string>, farthest: number): string | null {
  let best: string | null = null;
  let least = farthest + 1;
  for (const candidate of among) {
    const distance = word !== "" && candidate.startsWith(word) ? 0 : editDistance(word, candidate);
    if (distance < least) [best, least] = [candidate, distance];
  }
  return best;
}

/** Levenshtein's. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
