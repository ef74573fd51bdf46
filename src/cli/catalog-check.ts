// All that can be said of a catalog file without a cluster: each offering by its definition, by the rules of the
// catalog and by the backends of its plans; all of them together, with the services that the broker has in code.
import type { BrokerDefinition } from '../sdk/index.js';
import { Backends } from '../sdk/catalog/backends.js';
import { offeringObject } from '../sdk/catalog/load.js';
import { compileSchema } from '../sdk/catalog/schema-check.js';
import type { PlanSpec, ServiceOffering } from '../sdk/resources/kinds.js';
import { offeringProblems } from '../sdk/resources/offering-problems.js';
import { type CatalogDocument, type Problem, readCatalog } from './catalog-file.js';
import { type FieldProblem, checkBySchema } from './offering-schema.js';

interface Count {
  right: number;
  all: number;
}

export interface CatalogReport {
  /** In the order of the file's lines. */
  problems: Problem[];
  /** What was not looked at, since only the cluster has it. */
  notes: Problem[];
  offerings: Count;
  plans: Count;
}

interface Judged {
  document: CatalogDocument;
  offering?: ServiceOffering;
  problems: FieldProblem[];
}

/** Reads the file and judges it. */
export function checkCatalog(
  path: string,
  { services = [], backends = [] }: BrokerDefinition,
): CatalogReport {
  const { documents, problems } = readCatalog(path);
  const known = new Backends(backends, services);
  const judged = documents.map((document): Judged => {
    const { offering, problems: found } = checkBySchema(document.content);
    if (!offering) return { document, problems: found };
    return { document, offering, problems: merge(found, ruleProblems(offering, known)) };
  });
  const inCode = services.map(({ offering }) => offeringObject(offering, 'code'));
  addClashes(judged, inCode);
  const placed = judged.flatMap(({ document, problems: found }) =>
    found.map((problem) => ({ ...problem, line: document.lineOf(problem.path) })),
  );
  if (problems.length + judged.length === 0)
    placed.push({ line: 1, path: '', text: 'holds no ServiceOffering' });
  return {
    problems: [...problems, ...placed].sort((a, b) => a.line - b.line),
    notes: judged.flatMap(notesOn),
    offerings: countOf(judged.map(({ problems: found }) => found.length === 0)),
    plans: countOf(judged.flatMap(rightPlans)),
  };
}

/** The rules of the catalog, and what the backends and schemas of the plans say where they do not. */
function ruleProblems({ spec }: ServiceOffering, backends: Backends): FieldProblem[] {
  const rules = offeringProblems(spec).map((text) => fieldProblem('spec', text));
  const plans = (spec.plans ?? []).flatMap((plan, index) => {
    const path = `spec.plans[${index}]`;
    const found = backends.resolve(spec.id, plan.backend, plan.settings);
    const bySettings = 'problems' in found ? found.problems : [];
    return [...bySettings.filter((text) => isCertain(plan, text)), ...schemaProblems(plan)]
      .map((text) => fieldProblem(path, text))
      .filter((problem) => !rules.some((rule) => isWithin(rule.path, problem.path)));
  });
  return [...rules, ...plans];
}

/** Where a ConfigMap brings settings too, only those are known that stand in the file, and go over its own. */
function isCertain({ settingsFrom, settings = {} }: PlanSpec, problem: string): boolean {
  const [, field] = /^settings\.([^\s.:[]+)/.exec(problem) ?? [];
  return !settingsFrom || field === undefined || field in settings;
}

function notesOn({ document, offering }: Judged): Problem[] {
  const plans = offering?.spec.plans ?? [];
  return plans.flatMap(({ settingsFrom }, index) => {
    const { name, key } = settingsFrom?.configMapKeyRef ?? {};
    if (!name || !key) return [];
    const path = `spec.plans[${index}].settingsFrom`;
    const text = `key ${key} of ConfigMap ${name} is in the cluster, and was not looked at`;
    return [{ line: document.lineOf(path), path, text }];
  });
}

function schemaProblems({ schemas = {} }: PlanSpec): string[] {
  return Object.entries(schemas).flatMap(([name, schema]) => {
    try {
      compileSchema(schema);
      return [];
    } catch (error) {
      return [`schemas.${name}: ${(error as Error).message}`];
    }
  });
}

/** `id: must be …` and `settings.url must be …` alike. */
function fieldProblem(parent: string, sentence: string): FieldProblem {
  const [, path, text] = /^([^\s:]+):? (.*)$/s.exec(sentence)!;
  return { path: `${parent}.${path}`, text: text! };
}

/** Our own rules name the remedy, so they speak where the definition would, too. */
function merge(bySchema: FieldProblem[], byRules: FieldProblem[]): FieldProblem[] {
  return [...bySchema.filter(({ path }) => !byRules.some((rule) => rule.path === path)), ...byRules];
}

/** A service in code gives way to an offering of the file that has the name of its object. */
function addClashes(judged: readonly Judged[], inCode: readonly ServiceOffering[]): void {
  const names = new Set(judged.map(({ offering }) => offering?.metadata.name));
  const taken = new Map<string, string>();
  for (const offering of inCode.filter(({ metadata }) => !names.has(metadata.name))) {
    for (const { what } of claims(offering)) taken.set(what, `the service "${offering.spec.name}" in code`);
  }
  for (const { document, offering, problems } of judged) {
    if (!offering) continue;
    const own = claims(offering);
    for (const { path, what } of own) {
      const owner = taken.get(what);
      if (owner) problems.push({ path, text: `the ${what} is taken by ${owner}; choose another` });
    }
    const owner = `the offering ${offering.metadata.name} in line ${document.lineOf('')}`;
    for (const { what } of own) if (!taken.has(what)) taken.set(what, owner);
  }
}

/** What must be unique in a catalog. */
function claims({ metadata, spec }: ServiceOffering): { path: string; what: string }[] {
  return [
    { path: 'metadata.name', what: `name ${metadata.name} of a resource` },
    { path: 'spec.id', what: `service id ${spec.id}` },
    { path: 'spec.name', what: `service name ${spec.name}` },
    ...(spec.plans ?? []).map(({ id }, index) => ({
      path: `spec.plans[${index}].id`,
      what: `plan id ${id}`,
    })),
  ];
}

function rightPlans({ document, problems }: Judged): boolean[] {
  const { spec } = (document.content ?? {}) as { spec?: { plans?: unknown } };
  const plans = Array.isArray(spec?.plans) ? spec.plans : [];
  return plans.map(
    (_, index) =>
      !problems.some(({ path }) => path === 'spec.plans' || isWithin(path, `spec.plans[${index}]`)),
  );
}

const isWithin = (path: string, parent: string): boolean => path === parent || path.startsWith(`${parent}.`);

const countOf = (right: boolean[]): Count => ({ right: right.filter(Boolean).length, all: right.length });
