// Printer columns: those of a definition, those of the kinds that are built in, and ages as kubectl shows them.
import { compileJsonPath } from './json-path.js';
import type { Column } from './kinds.js';
import type { ApiObject } from './objects.js';

export interface ColumnDefinition {
  name: string;
  type: string;
  jsonPath: string;
  format?: string;
  description?: string;
  priority?: number;
}

const UNKNOWN = '<unknown>';

/** How long ago, in at most two units: `45s`, `3m20s`, `5h`, `2d4h`, `3y`. */
export function age(time: unknown, now: Date): string {
  const since = typeof time === 'string' ? Date.parse(time) : NaN;
  if (Number.isNaN(since)) return UNKNOWN;
  const seconds = Math.max(0, Math.floor((now.getTime() - since) / 1000));
  const [minutes, hours, days] = [seconds / 60, seconds / 3600, seconds / 86_400].map(Math.floor) as [
    number,
    number,
    number,
  ];
  const pair = (first: string, rest: number, unit: string) => (rest ? `${first}${rest}${unit}` : first);
  if (seconds < 120) return `${seconds}s`;
  if (minutes < 10) return pair(`${minutes}m`, seconds % 60, 's');
  if (hours < 3) return `${minutes}m`;
  if (hours < 8) return pair(`${hours}h`, minutes % 60, 'm');
  if (hours < 48) return `${hours}h`;
  if (days < 8) return pair(`${days}d`, hours % 24, 'h');
  if (days < 730) return `${days}d`;
  return pair(`${Math.floor(days / 365)}y`, days < 2920 ? days % 365 : 0, 'd');
}

export const NAME_COLUMN: Column = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description: 'The name of the object, unique within its namespace.',
  priority: 0,
  value: ({ metadata }) => metadata.name,
};

export const AGE_COLUMN: Column = {
  name: 'Age',
  type: 'string',
  description: 'How long ago the object was made.',
  priority: 0,
  value: ({ metadata }, now) => age(metadata.creationTimestamp, now),
};

/** A column whose cell is what the path finds first. */
export function pathColumn(definition: ColumnDefinition): Column {
  const find = compileJsonPath(definition.jsonPath) ?? (() => []);
  const { name, type, format } = definition;
  return {
    name,
    type,
    ...(format ? { format } : {}),
    description:
      definition.description ??
      `Custom resource definition column (in JSONPath format): ${definition.jsonPath}`,
    priority: definition.priority ?? 0,
    value: (object, now) => cell(type, find(object)[0], now),
  };
}

function cell(type: string, value: unknown, now: Date): unknown {
  if (value === undefined || value === null) return null;
  switch (type) {
    case 'date':
      return age(value, now);
    case 'integer':
    case 'number':
      return typeof value === 'number' ? value : null;
    case 'boolean':
      return typeof value === 'boolean' ? value : null;
    default:
      return typeof value === 'string' ? value : JSON.stringify(value);
  }
}

/** A column of a kind that is built in, by a function. */
export function column(name: string, value: (object: ApiObject, now: Date) => unknown, priority = 0): Column {
  return { name, type: 'string', priority, value };
}
