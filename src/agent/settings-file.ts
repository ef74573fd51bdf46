// The agent's settings as a file, JSON or YAML: `serviceagent` has the settings, `brokerservers` the brokers. Every value
// is taken as the text that stands in the file, so that a password of digits stays what it is. Nothing but keys is quoted.
import { readFileSync } from 'node:fs';
import { isMap, isScalar, isSeq, LineCounter, parseDocument, type Scalar } from 'yaml';
import { suggestion } from '../sdk/settings-nearest.js';
import { flagOf, isSecret, keyOf, type Layer, NAMES, type SettingName } from './settings.js';

/** One of `brokerservers`: the text of each of its values by its name. */
export interface ListedBroker {
  /** `brokerservers[0] in FILE` */
  label: string;
  fields: ReadonlyMap<BrokerField, string>;
}

export interface SettingsFile {
  layer: Layer;
  brokers: ListedBroker[];
  /** What earlier agents had and this one has no use for, as it is called in the file. */
  ignored: string[];
  problems: string[];
}

const BROKER_FIELDS = ['host', 'port', 'user', 'password'] as const;
export type BrokerField = (typeof BROKER_FIELDS)[number];

/** How a container was entered before the engine's API could run something in it. */
const IGNORED = ['execcommand', 'execargs'];

/** They are about brokers: `brokerservers` has them, for each broker. */
const NOT_IN_FILE: readonly SettingName[] = ['brokers', 'brokerUser', 'brokerPassword'];
const BY_KEY: ReadonlyMap<string, SettingName> = new Map(
  NAMES.filter((name) => !NOT_IN_FILE.includes(name) && !isSecret(name)).map((name) => [
    keyOf(flagOf(name)),
    name,
  ]),
);

export const noFile = (problems: string[] = []): SettingsFile => ({
  layer: new Map(),
  brokers: [],
  ignored: [],
  problems,
});

/** What the file says. `label` is how the user named it: `--config` or the variable. */
export function readSettingsFile(path: string, label: string): SettingsFile {
  let content: string;
  try {
    content = readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return noFile([`${label} must be a file that can be read (${code}), not ${JSON.stringify(path)}`]);
  }
  const lines = new LineCounter();
  const { contents, errors } = parseDocument(content, { lineCounter: lines, prettyErrors: false });
  const [first] = errors;
  if (first) {
    // Not the parser's message, which quotes the file.
    const { line } = lines.linePos(first.pos[0]);
    return noFile([
      `${path}, line ${line}: is neither JSON nor YAML (${first.code.toLowerCase().replaceAll('_', ' ')})`,
    ]);
  }
  const file = noFile();
  const sections = fieldsOf(file, contents, {
    known: ['serviceagent', 'brokerservers'],
    label: path,
    plain: keyOf,
  });
  const agent = sections.get('serviceagent')?.value;
  if (agent !== undefined) takeAgent(file, agent, path);
  takeBrokers(file, sections.get('brokerservers')?.value, path);
  return file;
}

function takeAgent(file: SettingsFile, node: unknown, path: string): void {
  const section = `serviceagent in ${path}`;
  const shape = { known: [...BY_KEY.keys(), ...IGNORED], label: section, plain: keyOf };
  for (const [key, { word, value }] of fieldsOf(file, node, shape)) {
    const label = `${word} of ${section}`;
    const setting = BY_KEY.get(key);
    if (!setting) file.ignored.push(label);
    else takeText(file, value, label, (text) => file.layer.set(setting, { text, label }));
  }
}

function takeBrokers(file: SettingsFile, node: unknown, path: string): void {
  if (node === undefined || (isScalar(node) && node.value === null)) return;
  if (!isSeq(node)) {
    file.problems.push(`brokerservers in ${path} must be a list`);
    return;
  }
  node.items.forEach((item, index) => {
    const label = `brokerservers[${index}] in ${path}`;
    const fields = new Map<BrokerField, string>();
    for (const [key, { value }] of fieldsOf(file, item, { known: BROKER_FIELDS, label })) {
      takeText(file, value, `${key} of ${label}`, (text) => fields.set(key, text));
    }
    file.brokers.push({ label, fields });
  });
}

interface Field {
  /** The key as it was written. */
  word: string;
  value: unknown;
}

interface Shape<Key> {
  known: readonly Key[];
  label: string;
  /** Makes of a key what it is known by. */
  plain?: (word: string) => string;
}

/** The values of a mapping by their keys; other keys than the known ones are problems. */
function fieldsOf<Key extends string>(
  file: SettingsFile,
  node: unknown,
  { known, label, plain = (word) => word }: Shape<Key>,
): Map<Key, Field> {
  const fields = new Map<Key, Field>();
  if (!isMap(node)) {
    file.problems.push(`${label} must be a mapping with the keys ${known.join(', ')}`);
    return fields;
  }
  for (const { key: keyNode, value } of node.items) {
    const word = isScalar(keyNode) ? textOf(keyNode) : '';
    const key = known.find((each) => each === plain(word));
    if (key !== undefined) fields.set(key, { word, value });
    else
      file.problems.push(
        `${JSON.stringify(word)} in ${label} is not a setting${suggestion(plain(word), known)}`,
      );
  }
  return fields;
}

function takeText(file: SettingsFile, value: unknown, label: string, take: (text: string) => void): void {
  if (value === null || isScalar(value)) take(value ? textOf(value) : '');
  else file.problems.push(`${label} must be a single value`);
}

function textOf({ value, source = '' }: Scalar): string {
  if (value === null) return '';
  return typeof value === 'string' ? value : source;
}
