// What can be said of the values that a plan generates before there is any: their names, and what is set of each kind.
// Whether a certificate's names are templates is looked at in checks.ts, with all others.
import { isServerName } from './certificate.js';
import type { GeneratedSecret, WorkloadSettings } from './settings.js';

type SecretList = readonly [field: string, secrets: readonly GeneratedSecret[]];

export const secretListsOf = ({ secrets, binding }: Readonly<WorkloadSettings>): SecretList[] => [
  ['secrets', secrets],
  ['binding.secrets', binding?.secrets ?? []],
];

/** A sentence for each thing that is wrong. */
export const secretProblems = (settings: Readonly<WorkloadSettings>): string[] => [
  ...twins(settings),
  ...secretListsOf(settings).flatMap(([field, secrets]) =>
    secrets.flatMap((secret, index) => {
      const where = `settings.${field}[${index}]`;
      return [...strayOptions(secret, where), ...nameProblems(secret, where)];
    }),
  ),
];

/** Instances and bindings have their secrets under one name. */
function twins(settings: Readonly<WorkloadSettings>): string[] {
  const names = secretListsOf(settings).flatMap(([, secrets]) => secrets.map(({ name }) => name));
  return [...new Set(names.filter((name, index) => names.indexOf(name) < index))].map(
    (name) => `settings.secrets: two of them are named ${name}, those of bindings included`,
  );
}

/** Beside the name and the kind. */
const OPTIONS = {
  Password: ['length'],
  KeyPair: ['algorithm'],
  Certificate: ['names', 'days'],
} as const;

function strayOptions(secret: GeneratedSecret, where: string): string[] {
  const own: readonly string[] = OPTIONS[secret.kind];
  return Object.values(OPTIONS)
    .flat()
    .filter((option) => secret[option] !== undefined && !own.includes(option))
    .map((option) => `${where}.${option} is no setting of a ${secret.kind}`);
}

function nameProblems({ kind, names }: GeneratedSecret, where: string): string[] {
  if (kind !== 'Certificate') return [];
  if (names === undefined) return [`${where}.names must be given: the DNS names and addresses of the server`];
  return names.flatMap((name, index) =>
    isTemplate(name) || isServerName(name)
      ? []
      : [`${where}.names[${index}] is neither a DNS name nor an IP address`],
  );
}

/** What it yields is known only later. */
const isTemplate = (text: string): boolean => /\{[{%]/.test(text);
