// What hooks are called with, for an instance and for a binding.
import type { Binding } from '../../sdk/index.js';
import { passwordOf } from './environment.js';
import { type Hook, type HookInput, type HookResult, runHook } from './hooks.js';
import type { Running } from './running.js';
import type { DockerSettings } from './settings.js';
import type { DockerInstance } from './site.js';

/** Whether the plan leaves it to the image's hooks what instances and bindings are. */
export const hasHooks = ({ settings }: DockerInstance): boolean => settings.credentialsSecret === undefined;

export const callForInstance = (
  hook: Hook,
  running: Running,
  instance: DockerInstance,
): Promise<HookResult> => call(hook, running, instance, inputOf(instance, instance.parameters));

export interface Account {
  readonly username: string;
  readonly password: string;
}

export const callForBinding = (
  hook: Hook,
  running: Running,
  binding: Binding<DockerSettings>,
  { username, password }: Partial<Account> = {},
): Promise<HookResult> => {
  const { instance, signal } = binding;
  return call(
    hook,
    running,
    { ...instance, signal },
    {
      ...inputOf(instance, binding.parameters),
      BINDING_ID: binding.id,
      BINDING_NAME: binding.name,
      ...(username === undefined ? {} : { BINDING_USERNAME: username }),
      ...(password === undefined ? {} : { BINDING_PASSWORD: password }),
    },
  );
};

const inputOf = ({ id, name }: DockerInstance, parameters: object): HookInput => ({
  INSTANCE_ID: id,
  INSTANCE_NAME: name,
  PARAMETERS: JSON.stringify(parameters),
});

async function call(
  hook: Hook,
  { place, container, address }: Running,
  instance: DockerInstance,
  input: HookInput,
): Promise<HookResult> {
  const { settings, signal, log } = instance;
  return runHook(place.engine, container, hook, {
    ...{ input, place: address, signal, log },
    timeoutMs: settings.hookSeconds * 1000,
    secrets: [(await passwordOf(instance)) ?? ''],
  });
}
