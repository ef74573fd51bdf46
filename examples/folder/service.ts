// A complete service: every instance is a folder of its own, every binding a token that opens it.
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { IsInt, IsOptional, Max, Min } from 'class-validator';
import { defineService, done } from 'brokersdk';

class FolderParameters {
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(100)
  quota = 10;
}

export const folderService = (root: string) =>
  defineService({
    id: '0d4d8a3e-6c0e-4c53-9d3c-5f2d5f4f7f7e',
    name: 'folder',
    description: 'A folder of your own',
    parameters: FolderParameters,
    plans: [{ id: '6c6f0d0e-1d7a-4b5b-8a55-0a4f6f0f1c11', name: 'small', description: 'A small one' }],

    async ensure({ name, parameters }) {
      await mkdir(join(root, name, 'tokens'), { recursive: true });
      await writeFile(join(root, name, 'quota'), String(parameters.quota));
      return done();
    },

    async destroy({ name }) {
      await rm(join(root, name), { recursive: true, force: true });
    },

    async bind({ name, instance }) {
      const file = join(root, instance.name, 'tokens', name);
      const token = await readFile(file, 'utf8').catch(() => randomBytes(16).toString('hex'));
      await writeFile(file, token, { mode: 0o600 });
      return done({ credentials: { path: join(root, instance.name), token } });
    },

    async unbind({ name, instance }) {
      await rm(join(root, instance.name, 'tokens', name), { force: true });
    },
  });
