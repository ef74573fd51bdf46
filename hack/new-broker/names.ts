// The name of a new backend: which ones there may be, and how it is written in code and in texts.

export interface Words {
  /** `redis-cache`: the backend, its folder, the offering. */
  kebab: string;
  /** `redisCache`, `RedisCache`: in code. */
  camel: string;
  pascal: string;
  /** `Redis Cache`: for people. */
  title: string;
}

export function wordsOf(name: string): Words {
  const parts = name.split('-').map((part) => part.charAt(0).toUpperCase() + part.slice(1));
  const pascal = parts.join('');
  return {
    kebab: name,
    camel: pascal.charAt(0).toLowerCase() + pascal.slice(1),
    pascal,
    title: parts.join(' '),
  };
}

/** What the templates are called. */
export const TEMPLATE = wordsOf('my-service');

/** A template with another name in it. */
export function named(text: string, words: Words): string {
  const pattern = new RegExp(Object.values(TEMPLATE).join('|'), 'g');
  const style = (found: string): keyof Words =>
    (Object.keys(TEMPLATE) as (keyof Words)[]).find((each) => TEMPLATE[each] === found)!;
  return text.replace(pattern, (found) => words[style(found)]);
}

const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** What is wrong with it; undefined when it is right. */
export function nameProblem(name: string): string | undefined {
  if (name.length <= 40 && NAME.test(name)) return undefined;
  return (
    `the name "${name}" must be at most 40 lower-case letters, digits and single hyphens, and begin with a letter, ` +
    'as in redis-cache: a folder, a resource and variables are named after it'
  );
}

export const idProblem = (id: string): string | undefined =>
  UUID.test(id) ? undefined : `the id "${id}" must be a UUID, as in ${crypto.randomUUID()}`;
