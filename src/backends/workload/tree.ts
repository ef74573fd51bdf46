// Templates in a tree of plain JSON: each string is one, and each object may have a condition. The tree is parsed
// before any value comes in, so that a value stays within its string.
import {
  holds,
  isObject,
  renderText,
  TemplateError,
  type VariablePath,
  variablesOf,
  variablesOfCondition,
} from './template.js';

/** The field that tells when the object that has it is left out. */
const CONDITION = '$if';

/** Says where: `manifests[0].spec.replicas: parameters.size does not exist`. */
export class TreeError extends Error {
  readonly missing: string | undefined;

  constructor(path: string, { message, missing }: TemplateError) {
    super(`${path}: ${message}`);
    this.name = 'TreeError';
    this.missing = missing;
  }
}

/** The tree with values in place of templates. Throws a TreeError. */
export function renderTree(tree: unknown, scope: object, path: string): unknown {
  if (typeof tree === 'string') return at(path, () => renderText(tree, scope));
  if (Array.isArray(tree))
    return present(
      tree.map((each, index) => [index, each] as const),
      scope,
      path,
    ).map(([index, each]) => renderTree(each, scope, `${path}[${index}]`));
  if (!isObject(tree)) return tree;
  return Object.fromEntries(
    present(Object.entries(tree), scope, path)
      .filter(([name]) => name !== CONDITION)
      .map(([name, each]) => [name, renderTree(each, scope, `${path}.${name}`)]),
  );
}

/** Without those whose condition does not hold. */
function present<Key extends string | number>(
  entries: readonly (readonly [Key, unknown])[],
  scope: object,
  path: string,
): (readonly [Key, unknown])[] {
  return entries.filter(([key, each]) => {
    if (!isObject(each) || !Object.hasOwn(each, CONDITION)) return true;
    const condition = String(each[CONDITION]);
    return at(`${pathTo(path, key)}.${CONDITION}`, () => holds(condition, scope));
  });
}

const pathTo = (path: string, key: string | number): string =>
  typeof key === 'number' ? `${path}[${key}]` : `${path}.${key}`;

/** What one template in a tree takes from its scope. */
export interface Use {
  /** Where the template stands: `['manifests', 0, 'spec', 'replicas']`. */
  readonly path: readonly (string | number)[];
  readonly variables: readonly VariablePath[];
  /** Why it is no template. */
  readonly problem?: string;
}

/** All templates of the tree, looked at without any values. */
export function usesIn(tree: unknown, path: readonly (string | number)[]): Use[] {
  if (typeof tree === 'string') return [useOf(path, () => variablesOf(tree))];
  if (Array.isArray(tree)) return tree.flatMap((each, index) => usesIn(each, [...path, index]));
  if (!isObject(tree)) return [];
  return Object.entries(tree).flatMap(([name, each]) =>
    name === CONDITION
      ? [useOf([...path, name], () => variablesOfCondition(String(each)))]
      : usesIn(each, [...path, name]),
  );
}

function useOf(path: Use['path'], look: () => VariablePath[]): Use {
  try {
    return { path, variables: look() };
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    return { path, variables: [], problem: error.message };
  }
}

/** `manifests[0].spec.replicas` */
export const pathText = (path: Use['path']): string =>
  path.reduce<string>((text, part) => (text === '' ? String(part) : pathTo(text, part)), '');

function at<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof TemplateError ? new TreeError(path, error) : error;
  }
}
