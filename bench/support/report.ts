// What a measurement found, as a table for people and as JSON.

/** Column heading → value. */
export type Row = Record<string, string | number>;

export interface Measurement {
  title: string;
  rows: Row[];
  /** What ought to hold and does not: the benchmark then fails. */
  failures?: string[];
}

export interface Results {
  machine: { processors: number; node: string; apiServer: string };
  measurements: Record<string, Measurement>;
}

/** Three significant digits say all that a benchmark knows. */
export function show(value: string | number): string {
  if (typeof value === 'string' || Number.isInteger(value)) {
    return value.toLocaleString('en-US');
  }
  return value >= 100 ? Math.round(value).toLocaleString('en-US') : String(Number(value.toPrecision(3)));
}

export function markdownTable(rows: readonly Row[]): string {
  const headings = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const cells = rows.map((row) => headings.map((heading) => show(row[heading] ?? '')));
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...cells.map((line) => line[column]!.length)),
  );
  const line = (texts: string[]): string =>
    `| ${texts.map((text, column) => text.padEnd(widths[column]!)).join(' | ')} |`;
  return [line(headings), line(widths.map((width) => '-'.repeat(width))), ...cells.map(line)].join('\n');
}
