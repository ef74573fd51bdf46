// One string of a manifest as a template in Liquid: what it needs, and what it yields. What cannot be told at any time
// in the same way (files, the clock, chance, expressions that come from a value) is not in the language.
import { Context, Liquid, LiquidError, UndefinedVariableError } from 'liquidjs';

const FILTERS = [
  ...[
    'abs',
    'at_least',
    'at_most',
    'ceil',
    'divided_by',
    'floor',
    'minus',
    'modulo',
    'plus',
    'round',
    'times',
  ],
  ...[
    'append',
    'capitalize',
    'downcase',
    'lstrip',
    'prepend',
    'remove',
    'replace',
    'rstrip',
    'slice',
    'slugify',
  ],
  ...['split', 'strip', 'to_integer', 'truncate', 'upcase'],
  ...['compact', 'concat', 'first', 'join', 'last', 'reverse', 'size', 'uniq'],
  ...['base64_decode', 'base64_encode', 'default', 'json', 'sha256', 'url_decode', 'url_encode'],
];
const TAGS = ['assign', 'break', 'capture', 'case', 'comment', 'continue', 'for', 'if', 'raw', 'unless'];

const engine = new Liquid({
  strictFilters: true,
  strictVariables: true,
  lenientIf: true,
  ownPropertyOnly: true,
  keepOutputType: true,
  parseLimit: 100_000,
  memoryLimit: 1_000_000,
  renderLimit: 2_000,
});
for (const name of Object.keys(engine.tags)) if (!TAGS.includes(name)) delete engine.tags[name];
for (const name of Object.keys(engine.filters)) if (!FILTERS.includes(name)) engine.unregisterFilter(name);

/** To Liquid, `size` of an object without such a field is the number of its fields; here it is missing, as any other. */
class PlainContext extends Context {
  override readProperty(...[object, key]: Parameters<Context['readProperty']>): unknown {
    const isSizeOfObject = key === 'size' && isObject(object) && !Object.hasOwn(object, key);
    return isSizeOfObject ? undefined : super.readProperty(object, key);
  }
}

/** Of JSON: no list, and not null. */
export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const evaluate = (text: string, scope: object): unknown =>
  engine.renderSync(
    engine.parse(text),
    new PlainContext(scope, engine.options, { sync: true }, { liquid: engine }),
  );

/** The path to a variable, `['objects', 'Service', ['instance', 'name'], 'spec']` for one with another inside. */
export type VariablePath = readonly (string | number | VariablePath)[];

/** The reason in words, which quote the template and never a value. */
export class TemplateError extends Error {
  /** What the template names and does not exist: `parameters.size`. */
  readonly missing: string | undefined;

  constructor(reason: string, missing?: string) {
    super(reason);
    this.name = 'TemplateError';
    this.missing = missing;
  }
}

const isPlain = (text: string): boolean => !text.includes('{{') && !text.includes('{%');

/** What the text yields: the value itself where it is one output and nothing else. Throws a TemplateError. */
export function renderText(text: string, scope: object): unknown {
  if (isPlain(text)) return text;
  return inWords(() => plainValue(evaluate(text, scope)));
}

/** Whether a condition, as in `{% if … %}`, holds. */
export const holds = (condition: string, scope: object): boolean =>
  inWords(() => evaluate(conditional(condition), scope) === 'true');

/** The variables that the text takes from its scope. Throws a TemplateError where it is no template. */
export function variablesOf(text: string): VariablePath[] {
  if (isPlain(text)) return [];
  return inWords(() => engine.globalVariableSegmentsSync(engine.parse(text)) as VariablePath[]);
}

export const variablesOfCondition = (condition: string): VariablePath[] =>
  variablesOf(conditional(condition));

function conditional(condition: string): string {
  if (/%\}|\{%|\{\{/.test(condition)) {
    throw new TemplateError('a condition is what may stand in {% if … %}, without the braces');
  }
  return `{% if ${condition} %}true{% endif %}`;
}

/** A copy, as JSON has it: the scope is frozen, and some of Liquid's values are objects of its own. */
function plainValue(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value ?? null;
  return JSON.parse(JSON.stringify(value)) as unknown;
}

function inWords<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof LiquidError)) throw error;
    if (error instanceof UndefinedVariableError) {
      const name = error.token.getText();
      throw new TemplateError(`${name} does not exist`, name);
    }
    throw new TemplateError(error.message.replace(/, line:\d+, col:\d+$/, ''));
  }
}
