// Label selectors and field selectors, parsed once and then asked about many objects.
import { badRequest } from './api-error.js';
import type { Kind } from './kinds.js';
import { isJsonObject, type ApiObject } from './objects.js';

export type Selector = (object: ApiObject) => boolean;

const REQUIREMENT =
  /^\s*(!?)\s*([A-Za-z0-9][-A-Za-z0-9_./]*)\s*(?:(==|=|!=|>|<)\s*([^,]*)|\s(in|notin)\s*\(([^)]*)\))?\s*$/;

type Labels = Record<string, string>;

/** `a=b,c!=d,e in (f,g),h notin (i),j,!k`. */
export function labelSelector(text: string | undefined): Selector | undefined {
  if (!text?.trim()) return undefined;
  const requirements = splitOutsideParentheses(text).map(parseRequirement);
  return ({ metadata }) => requirements.every((holds) => holds(metadata.labels ?? {}));
}

function splitOutsideParentheses(text: string): string[] {
  return text.split(/,(?![^(]*\))/);
}

function parseRequirement(text: string): (labels: Labels) => boolean {
  const [, not, key, operator, rawValue = '', setOperator, rawSet = ''] = REQUIREMENT.exec(text) ?? [];
  if (!key) throw badRequest(`unable to parse requirement: ${JSON.stringify(text.trim())}`);
  const value = rawValue.trim();
  if (setOperator) {
    const set = rawSet.split(',').map((item) => item.trim());
    return (labels) => (labels[key] !== undefined && set.includes(labels[key])) === (setOperator === 'in');
  }
  switch (operator) {
    case '=':
    case '==':
      return (labels) => labels[key] === value;
    case '!=':
      return (labels) => labels[key] !== value;
    case '>':
      return (labels) => Number(labels[key]) > Number(value);
    case '<':
      return (labels) => Number(labels[key]) < Number(value);
    case undefined:
    default:
      return (labels) => (labels[key] === undefined) === (not === '!');
  }
}

/** `metadata.name=a,type!=Normal`; a field that the kind does not offer is refused. */
export function fieldSelector(text: string | undefined, kind: Kind): Selector | undefined {
  if (!text?.trim()) return undefined;
  const known = ['metadata.name', 'metadata.namespace', ...(kind.selectableFields ?? [])];
  const requirements = text.split(',').map((part) => {
    const [, field, operator, value] = /^\s*([^=!\s]+)\s*(==|=|!=)\s*(.*?)\s*$/.exec(part) ?? [];
    if (!field) throw badRequest(`invalid selector: '${text}'; can't understand '${part}'`);
    if (!known.includes(field)) throw badRequest(`field label not supported: ${field}`);
    const path = field.split('.');
    return (object: ApiObject) => (fieldText(object, path) === value) === (operator !== '!=');
  });
  return (object) => requirements.every((holds) => holds(object));
}

function fieldText(object: ApiObject, path: string[]): string {
  let value: unknown = object;
  for (const part of path) value = isJsonObject(value) ? value[part] : undefined;
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? `${value}`
    : '';
}

/** The two together; undefined when everything is selected. */
export function selector(
  kind: Kind,
  query: { labelSelector?: string | undefined; fieldSelector?: string | undefined },
): Selector | undefined {
  const byLabel = labelSelector(query.labelSelector);
  const byField = fieldSelector(query.fieldSelector, kind);
  if (byLabel && byField) return (object) => byLabel(object) && byField(object);
  return byLabel ?? byField;
}
