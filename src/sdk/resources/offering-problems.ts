// What can be wrong with a catalog entry by itself, by the rules of the specification's Catalog Management.
// Pure: shared by `defineService`, which refuses to start, and the catalog, which leaves the offering out.
import type { PlanSpec, ServiceOfferingSpec } from './kinds.js';

const SEMVER =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(\.(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*)?(\+[0-9a-zA-Z-]+(\.[0-9a-zA-Z-]+)*)?$/;
const PERMISSIONS = ['syslog_drain', 'route_forwarding', 'volume_mount'];
const SCHEMA_LIMIT = 64 * 1024;

/** One sentence for each fault: the field's path, what is wrong, what would be right. Empty when all is well. */
export function offeringProblems(offering: ServiceOfferingSpec): string[] {
  const problems: string[] = [];
  for (const field of ['id', 'name', 'description'] as const) text(problems, field, offering[field]);
  for (const word of offering.requires ?? []) {
    if (!PERMISSIONS.includes(word))
      problems.push(`requires: "${word}" is not one of ${PERMISSIONS.join(', ')}`);
  }
  const client = offering.dashboardClient;
  if (client) {
    text(problems, 'dashboardClient.id', client.id);
    text(problems, 'dashboardClient.secretRef.name', client.secretRef?.name);
    text(problems, 'dashboardClient.secretRef.key', client.secretRef?.key);
  }
  if (!Array.isArray(offering.plans) || offering.plans.length === 0) {
    problems.push('plans: at least one plan is needed');
    return problems;
  }
  if (!offering.plans.every((plan) => typeof plan === 'object' && plan !== null)) {
    problems.push('plans: each plan must be an object');
    return problems;
  }
  offering.plans.forEach((plan, index) => planProblems(problems, `plans[${index}]`, plan, offering));
  for (const field of ['id', 'name'] as const) {
    const twice = repeated(offering.plans.map((plan) => plan[field]));
    if (twice !== undefined)
      problems.push(`plans: two plans have the ${field} "${twice}"; give each its own`);
  }
  return problems;
}

function planProblems(problems: string[], path: string, plan: PlanSpec, offering: ServiceOfferingSpec): void {
  for (const field of ['id', 'name', 'description', 'backend'] as const)
    text(problems, `${path}.${field}`, plan[field]);
  const polling = plan.maximumPollingDuration;
  if (polling !== undefined && !(Number.isInteger(polling) && polling > 0)) {
    problems.push(`${path}.maximumPollingDuration: must be a whole number of seconds, at least 1`);
  }
  if (plan.maintenanceInfo && !SEMVER.test(plan.maintenanceInfo.version)) {
    problems.push(
      `${path}.maintenanceInfo.version: "${plan.maintenanceInfo.version}" is not a semantic version; write it like "2.1.0"`,
    );
  }
  if (plan.settingsFrom) sourceProblems(problems, `${path}.settingsFrom.configMapKeyRef`, plan.settingsFrom);
  if (plan.asyncRequired?.bindings && offering.bindingsRetrievable === false) {
    problems.push(
      `${path}.asyncRequired.bindings: needs bindingsRetrievable: true, since an asynchronous binding is fetched`,
    );
  }
  costProblems(problems, `${path}.metadata.costs`, plan.metadata?.costs);
  for (const [name, schema] of Object.entries(plan.schemas ?? {})) {
    schemaProblems(problems, `${path}.schemas.${name}`, schema);
  }
}

function sourceProblems(
  problems: string[],
  path: string,
  { configMapKeyRef }: Partial<NonNullable<PlanSpec['settingsFrom']>>,
): void {
  text(problems, `${path}.name`, configMapKeyRef?.name);
  text(problems, `${path}.key`, configMapKeyRef?.key);
}

function costProblems(problems: string[], path: string, costs: unknown): void {
  if (costs === undefined) return;
  const right =
    Array.isArray(costs) &&
    costs.every((cost: { amount?: unknown; unit?: unknown } | null) => {
      const amounts = Object.values(cost?.amount ?? {}) as unknown[];
      return (
        typeof cost?.unit === 'string' && amounts.length > 0 && amounts.every((n) => typeof n === 'number')
      );
    });
  if (!right) problems.push(`${path}: must be a list like [{ amount: { usd: 99.0 }, unit: MONTHLY }]`);
}

function schemaProblems(problems: string[], path: string, schema: unknown): void {
  if (typeof schema !== 'object' || schema === null) {
    problems.push(`${path}: must be a JSON schema`);
    return;
  }
  const { $schema } = schema as { $schema?: unknown };
  if (typeof $schema !== 'string') {
    problems.push(
      `${path}.$schema: is missing; "http://json-schema.org/draft-04/schema#" is what every platform knows`,
    );
  }
  secretProblems(problems, path, schema);
  const json = JSON.stringify(schema);
  if (Buffer.byteLength(json) > SCHEMA_LIMIT) problems.push(`${path}: is larger than 64 kB`);
  for (const [, reference] of json.matchAll(/"\$ref":"([^"]*)"/g)) {
    if (!reference!.startsWith('#')) {
      problems.push(`${path}: refers to "${reference}" outside itself; put it under definitions`);
    }
  }
}

/** A secret parameter is a string at the top: only such a one can be moved into a Secret as it is. */
function secretProblems(problems: string[], path: string, schema: unknown, depth = 0): void {
  if (typeof schema !== 'object' || schema === null) return;
  const { writeOnly, type } = schema as { writeOnly?: unknown; type?: unknown };
  const isParameter = depth === 2; // schema → properties → the parameter
  if (writeOnly === true && !(isParameter && type === 'string')) {
    problems.push(
      `${path}: a writeOnly parameter is kept in a Secret, and must be a string at the top of the parameters`,
    );
  }
  for (const [name, child] of Object.entries(schema))
    secretProblems(problems, `${path}.${name}`, child, depth + 1);
}

function text(problems: string[], path: string, value: unknown): void {
  if (typeof value !== 'string' || value === '') problems.push(`${path}: must be a non-empty string`);
}

function repeated(values: string[]): string | undefined {
  return values.find((value, index) => values.indexOf(value) !== index);
}
