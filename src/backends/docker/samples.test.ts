import { existsSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { parseAllDocuments } from 'yaml';
import { DockerSettings } from './settings.js';

const ROOT = new URL('../../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, ROOT), 'utf8');

interface Plan {
  name: string;
  settings: DockerSettings;
}

describe('the sample containers', () => {
  const offerings = parseAllDocuments(read('install/samples/docker.yaml')).map(
    (document) => (document.toJS() as { spec: { name: string; plans: Plan[] } }).spec,
  );

  for (const { name: offering, plans } of offerings) {
    for (const { name, settings } of plans) {
      it(`are right: ${offering}, plan ${name}`, () => {
        const checked = plainToInstance(DockerSettings, settings);
        expect(validateSync(checked, { whitelist: true, forbidNonWhitelisted: true })).to.deep.equal([]);
      });
    }
  }

  const all = offerings.flatMap(({ plans }) => plans.map(({ settings }) => settings));

  it('are of all three kinds: generated, static and pre-existing', () => {
    const kinds = all.map(({ container, credentialsSecret }) =>
      container === undefined ? (credentialsSecret ? 'static' : 'generated') : 'pre-existing',
    );
    expect(kinds).to.deep.equal(['generated', 'generated', 'static', 'pre-existing']);
  });

  it('have limits where the broker makes the container', () => {
    for (const settings of all.filter(({ container }) => container === undefined)) {
      expect(settings).to.include.keys('memoryMegabytes', 'cpus', 'maxProcesses');
    }
  });

  it('name images that make images builds', () => {
    const script = read('hack/images.sh');
    for (const { image } of all.filter(({ container }) => container === undefined)) {
      const [, name = ''] = /^brokersdk-([a-z-]+):latest$/.exec(image ?? '') ?? [];
      expect(script, image).to.include(`build "$image-${name}" `);
    }
  });

  it('use the variables that the image of Redis knows', () => {
    const start = read('images/redis/start.sh');
    const { env = {}, parametersInEnv = {} } = all[0]!;
    for (const name of [...Object.keys(env), ...Object.values(parametersInEnv)]) {
      expect(start, name).to.include(`\${${name}`);
    }
    for (const hook of ['provision', 'bind', 'unbind', 'deprovision']) {
      expect(existsSync(new URL(`images/redis/${hook}.sh`, ROOT)), hook).to.equal(true);
      expect(read('images/redis/Dockerfile')).to.include(`COPY ${hook}.sh /${hook}\n`);
    }
  });
});
