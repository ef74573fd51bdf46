// The backend `my-service`: what makes its instances and bindings true. To begin with, an instance is a folder and a
// binding a file in it, so that all of it works; put what your service needs in the place of each file operation.
import 'reflect-metadata';
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { IsNotEmpty, IsString } from 'class-validator';
import { done, type NamedBackend } from '../../../src/sdk/index.js';
import type { SmallParameters } from './parameters.js';

/** What a plan is set to, under `settings` in its offering. It stands in a custom resource, so it holds no secret. */
export class MyServiceSettings {
  /** The folder of the folders; all replicas of the broker must see the same one. */
  @IsString()
  @IsNotEmpty()
  root!: string;
}

export const myServiceBackend: NamedBackend<MyServiceSettings, SmallParameters> = {
  name: 'my-service',
  settings: MyServiceSettings,

  // A provision, and each update: called until it is done, after a crash too, so it changes nothing that is right.
  // `return waiting('2 of 3 pods ready')` to be called again later; throw a TerminalError to fail for good.
  async ensure({ name, settings, parameters }) {
    const folder = join(settings.root, name);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'quota'), String(parameters.quota ?? 10));
    return done();
  },

  // A deprovision, also of what `ensure` did not finish. What is not there is removed already.
  async destroy({ name, settings }) {
    await rm(join(settings.root, name), { recursive: true, force: true });
  },

  // The credentials. Called until it is done, so it looks first whether an earlier call has made them.
  async bind({ name, instance }) {
    const file = join(instance.settings.root, instance.name, `${name}.password`);
    const password = (await readFile(file, 'utf8').catch(() => '')) || randomBytes(16).toString('hex');
    await writeFile(file, password, { mode: 0o600 });
    return done({ credentials: { username: name, password } });
  },

  // Afterwards, the credentials are useless.
  async unbind({ name, instance }) {
    await rm(join(instance.settings.root, instance.name, `${name}.password`), { force: true });
  },
};
