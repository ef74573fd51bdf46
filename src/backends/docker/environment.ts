// The environment of an instance's container: the plan's variables, and those that the user's parameters become.
import { TerminalError } from '../../sdk/index.js';
import { newPassword } from '../password.js';
import type { DockerInstance } from './site.js';

/** The instance's password, made once; undefined where its plan names none. */
export async function passwordOf({ keep, settings }: DockerInstance): Promise<string | undefined> {
  const isNamed = Object.values(settings.env ?? {}).some((value) => /\$PASSWORD\b/.test(value));
  return isNamed ? (await keep({ password: () => newPassword() })).password : undefined;
}

export async function environmentFor(instance: DockerInstance): Promise<Record<string, string>> {
  const { id, settings, parameters } = instance;
  const password = await passwordOf(instance);
  const values: Readonly<Record<string, string>> = { $INSTANCE_ID: id, $PASSWORD: password ?? '' };
  const fixed = Object.entries(settings.env ?? {}).map(([name, text]) => [
    name,
    text.replace(/\$(INSTANCE_ID|PASSWORD)\b/g, (word) => values[word]!),
  ]);
  const given = Object.entries(settings.parametersInEnv ?? {})
    .filter(([parameter]) => parameters[parameter] !== undefined)
    .map(([parameter, name]) => [name, asText(parameter, parameters[parameter])]);
  return Object.fromEntries([...fixed, ...given]) as Record<string, string>;
}

function asText(parameter: string, value: unknown): string {
  if (['string', 'number', 'boolean'].includes(typeof value)) return String(value);
  throw new TerminalError(`the parameter ${parameter} must be a text, a number or true or false`, {
    updateRepeatable: false,
  });
}
