import { readdirSync } from 'node:fs';
import { expect } from 'chai';

interface Table {
  IMPORT_TABLE: [string, string[]][];
  importProblem: (from: string, to: string) => string | null;
}
const { IMPORT_TABLE, importProblem } = (await import(
  new URL('import-table.js', import.meta.url).href
)) as Table;

const sdk = (room: string): string => `src/sdk/${room}/x.ts`;
const pairs = (from: string, ...to: string[]): [string, string][] => to.map((each) => [from, each]);

const ALLOWED = [
  ...pairs(sdk('osb'), sdk('osb'), sdk('telemetry')),
  ...pairs(sdk('resources'), sdk('resources'), 'src/sdk/kube/types.ts'),
  ...pairs(sdk('authoring'), sdk('resources')),
  ...pairs(sdk('operations'), ...['osb', 'catalog', 'resources', 'runtime', 'kube'].map(sdk)),
  ...pairs(sdk('catalog'), ...['osb', 'resources', 'runtime'].map(sdk)),
  ...pairs(sdk('controllers'), ...['resources', 'catalog', 'runtime', 'kube'].map(sdk)),
  ...pairs(sdk('runtime'), ...['kube', 'telemetry'].map(sdk)),
  ...pairs(sdk('kube'), sdk('telemetry')),
  ...pairs(sdk('local'), sdk('resources')),
  ...pairs('src/sdk/index.ts', ...['authoring', 'osb', 'controllers'].map(sdk)),
  ...pairs('src/services/x.ts', 'src/sdk/index.ts', 'src/backends/http/backend.ts'),
  ...pairs('src/backends/http/x.ts', 'src/sdk/index.ts', 'src/backends/http/y.ts'),
  ...pairs('src/backends/docker/x.ts', 'src/docker-hosts/x.ts'),
  ...pairs('src/docker-hosts/x.ts', ...['resources', 'kube', 'runtime'].map(sdk), 'src/sdk/osb/body.ts'),
  ...pairs('src/agent/x.ts', 'src/docker-hosts/x.ts', sdk('kube')),
  ...pairs('src/cli/x.ts', 'src/sdk/index.ts', 'src/sdk/local/x.ts', 'src/agent/x.ts'),
  ...pairs('src/broker.ts', 'src/services/x.ts', 'src/backends/http/x.ts', 'src/sdk/run.ts'),
  ...pairs('hack/gen-types.ts', 'src/sdk/osb/x.ts'),
];

const REFUSED = [
  ...pairs(sdk('osb'), ...['kube', 'resources', 'operations', 'catalog', 'controllers', 'runtime'].map(sdk)),
  ...pairs(
    sdk('resources'),
    ...['operations', 'controllers', 'osb', 'catalog', 'authoring', 'telemetry'].map(sdk),
  ),
  ...pairs(sdk('resources'), 'src/sdk/kube/rest.ts'),
  ...pairs(sdk('authoring'), ...['operations', 'controllers', 'osb', 'kube', 'catalog'].map(sdk)),
  ...pairs(sdk('operations'), ...['controllers', 'local'].map(sdk), 'src/services/x.ts', 'src/sdk/index.ts'),
  ...pairs(sdk('catalog'), ...['operations', 'controllers'].map(sdk)),
  ...pairs(sdk('controllers'), ...['osb', 'operations', 'local'].map(sdk), 'src/backends/http/x.ts'),
  ...pairs(sdk('runtime'), ...['controllers', 'resources', 'osb', 'catalog'].map(sdk)),
  ...pairs(sdk('kube'), ...['runtime', 'resources', 'osb'].map(sdk)),
  ...pairs(sdk('local'), ...['kube', 'runtime', 'osb', 'controllers'].map(sdk)),
  ...pairs(sdk('telemetry'), ...['osb', 'kube', 'resources'].map(sdk)),
  ...pairs('src/services/x.ts', sdk('osb'), sdk('resources'), 'src/sdk/run.ts'),
  ...pairs('src/backends/http/x.ts', sdk('authoring'), sdk('kube'), 'src/services/x.ts', 'src/broker.ts'),
  ...pairs('src/docker-hosts/x.ts', sdk('osb'), sdk('controllers'), 'src/backends/docker/x.ts'),
  ...pairs('src/agent/x.ts', 'src/backends/docker/x.ts', sdk('operations')),
  ...pairs('src/echo-service/x.ts', 'src/sdk/index.ts'),
];

describe('the import table', () => {
  for (const [from, to] of ALLOWED) {
    it(`lets ${from} import ${to}`, () => expect(importProblem(from, to)).to.equal(null));
  }
  for (const [from, to] of REFUSED) {
    it(`keeps ${from} from importing ${to}`, () =>
      expect(importProblem(from, to)).to.be.a('string').that.includes(to));
  }

  it('refuses a file that is in no room', () => {
    expect(importProblem('src/nowhere/x.ts', sdk('telemetry'))).to.match(
      /^src\/nowhere\/x\.ts is in no room/,
    );
  });

  it('takes no room for another whose name begins alike', () => {
    expect(importProblem(sdk('osb'), 'src/sdk/telemetry-x/y.ts')).to.be.a('string');
  });

  it('has every room: no folder or file of the source is left out', () => {
    const root = new URL('../../', import.meta.url);
    const list = (folder: string): string[] =>
      readdirSync(new URL(`${folder}/`, root), { withFileTypes: true })
        .filter((entry) => entry.isDirectory() || /(?<!\.test)\.ts$/.test(entry.name))
        .map((entry) => `${folder}/${entry.name}`);
    const places = [...list('src').filter((place) => place !== 'src/sdk'), ...list('src/sdk')];
    const rooms = IMPORT_TABLE.map(([room]) => room);
    expect(rooms).to.include.members(places);
  });

  it('has no circle among the rooms of the SDK', () => {
    const doors = /^src\/(broker|sdk\/(index|run|start))\.ts$/;
    const rooms = IMPORT_TABLE.filter(([room]) => !doors.test(room));
    const reach = (room: string, seen = new Set<string>()): Set<string> => {
      for (const next of rooms.find(([name]) => name === room)?.[1] ?? []) {
        if (!seen.has(next)) reach(next, seen.add(next));
      }
      return seen;
    };
    for (const [room] of rooms) expect([...reach(room)], room).to.not.include(room);
  });
});
