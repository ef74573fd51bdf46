// The name that was probably meant by one that is not known.

/** `; did you mean "port"?` for `prot`; empty where no name is near enough to be a typing error. */
export function suggestion(word: string, names: readonly string[], dashes = ''): string {
  const [best] = names
    .map((name) => ({ name, distance: editDistance(word.toLowerCase(), name.toLowerCase()) }))
    .filter(({ name, distance }) => distance <= Math.max(1, Math.floor(name.length / 3)))
    .sort((a, b) => a.distance - b.distance);
  return best ? `; did you mean "${dashes}${best.name}"?` : '';
}

/** How many letters must be added, removed, changed, or swapped with their neighbour. */
export function editDistance(from: string, to: string): number {
  let previous: number[] = [];
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const isSame = from[i - 1] === to[j - 1];
      const isSwapped = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      next[j] = Math.min(
        row[j]! + 1,
        next[j - 1]! + 1,
        row[j - 1]! + (isSame ? 0 : 1),
        isSwapped ? previous[j - 2]! + 1 : Infinity,
      );
    }
    previous = row;
    row = next;
  }
  return row[to.length]!;
}
