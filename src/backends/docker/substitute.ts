// Where an instance can be reached, put into what a hook or a Secret says: `$HOST`, `$PORT_<container port>` and `$PORT`.

export type JsonValue =
  string | number | boolean | null | readonly JsonValue[] | { readonly [name: string]: JsonValue };

export interface Address {
  /** How applications call the host. */
  readonly host: string;
  /** Host port by container port (`6379/tcp`). */
  readonly ports: ReadonlyMap<string, number>;
}

/** A port is named that the container does not publish. */
export class UnknownPort extends Error {
  override readonly name = 'UnknownPort';
}

/** Whole words only: `$HOSTNAME` is another one, and `$PORT_33` is no beginning of `$PORT_3306`. */
const WORDS = /\$(?:HOST|PORT(?:_(\d+))?)(?!\w)/g;

/** In every string of the value, names of fields excepted. Throws UnknownPort. */
export function substitute<T extends JsonValue>(value: T, place: Address): T {
  return filled(value, place) as T;
}

function filled(value: JsonValue, place: Address): JsonValue {
  if (typeof value === 'string') return inText(value, place);
  if (Array.isArray(value)) return value.map((item: JsonValue) => filled(item, place));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, filled(field, place)]));
}

const inText = (text: string, { host, ports }: Address): string =>
  text.replace(WORDS, (word, port?: string) =>
    word === '$HOST' ? host : String(hostPort(word, port, ports)),
  );

const numberOf = (port: string): number => Number.parseInt(port, 10);

/** That of the lowest container port where none is named; tcp where udp has the same number. */
function hostPort(word: string, port: string | undefined, ports: Address['ports']): number {
  const [first] = [...ports]
    .filter(([published]) => port === undefined || numberOf(published) === Number(port))
    .sort(([one], [other]) => numberOf(one) - numberOf(other) || one.localeCompare(other));
  if (first) return first[1];
  const published = ports.size === 0 ? 'it publishes none' : `it publishes ${[...ports.keys()].join(', ')}`;
  throw new UnknownPort(`${word} is named, and the container does not publish that port: ${published}`);
}
