// The table of metrics in docs/operations.md, from the metrics themselves.
import { Metrics } from '../src/sdk/telemetry/metrics.js';

const PLACE = /(<!-- metrics:.*? -->\n)[\s\S]*?(<!-- end -->)/;

export function withMetricsTable(text: string): string {
  const rows = new Metrics().describe().map(({ name, type, labels, help }) => {
    return `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${help} |`;
  });
  const table = ['| Metric | Type | Labels | Meaning |', '| --- | --- | --- | --- |', ...rows].join('\n');
  return text.replace(PLACE, (_, begin: string, end: string) => `${begin}\n${table}\n\n${end}`);
}
