// The part of JSONPath that printer columns use: `.a.b`, `['a']`, `[0]`, `[*]`, `..` not at all, and filters
// `[?(@.type=="Ready")]`. A path is compiled once.
import { isJsonObject } from './objects.js';

type Step = (value: unknown) => unknown[];

const TOKEN =
  /\.((?:[A-Za-z_$]|\\.)(?:[-\w$/]|\\.)*|\*)|\['((?:[^'\\]|\\.)*)'\]|\["((?:[^"\\]|\\.)*)"\]|\[(-?\d+)\]|\[(\*)\]|\[\?\(\s*@([^=!<>]+?)\s*(==|!=)\s*(?:"([^"]*)"|'([^']*)'|([^)\s]+))\s*\)\]/y;

/** Makes a function that finds all values of the path; undefined when the path is not understood. */
export function compileJsonPath(path: string): ((document: unknown) => unknown[]) | undefined {
  const text = path
    .trim()
    .replace(/^\{(.*)\}$/s, '$1')
    .replace(/^\$/, '');
  const steps: Step[] = [];
  const normal = /^[.[]/.test(text) ? text : `.${text}`;
  for (TOKEN.lastIndex = 0; TOKEN.lastIndex < normal.length;) {
    const match = TOKEN.exec(normal);
    if (!match) return undefined;
    const step = toStep(match);
    if (!step) return undefined;
    steps.push(step);
  }
  return (document) => steps.reduce<unknown[]>((values, step) => values.flatMap(step), [document]);
}

function toStep(match: ArrayLike<string | undefined>): Step | undefined {
  const [, field, quoted, doubleQuoted, index, star] = Array.from(match);
  if (star || field === '*') return children;
  const name = field?.replace(/\\(.)/g, '$1') ?? quoted ?? doubleQuoted;
  if (name !== undefined)
    return (value) => (isJsonObject(value) && Object.hasOwn(value, name) ? [value[name]] : []);
  if (index !== undefined)
    return (value) => {
      const item: unknown = Array.isArray(value) ? value.at(Number(index)) : undefined;
      return item === undefined ? [] : [item];
    };
  return toFilter(match);
}

const children: Step = (value) => {
  if (Array.isArray(value)) return value as unknown[];
  return isJsonObject(value) ? Object.values(value) : [];
};

function toFilter(match: ArrayLike<string | undefined>): Step | undefined {
  const operator = match[7];
  const wanted = match[8] ?? match[9] ?? match[10];
  const inner = compileFilterPath(match[6]);
  if (!inner) return undefined;
  return (value) =>
    children(value).filter((item) => {
      const [found] = inner(item);
      return (
        (found !== undefined && (typeof found === 'string' ? found : JSON.stringify(found)) === wanted) ===
        (operator === '==')
      );
    });
}

function compileFilterPath(path: string | undefined) {
  const resume = TOKEN.lastIndex;
  const compiled = path === undefined ? undefined : compileJsonPath(path);
  TOKEN.lastIndex = resume;
  return compiled;
}
