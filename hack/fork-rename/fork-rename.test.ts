// How names change in texts, and which names are refused. What the script does to a whole checkout is in test/clone.
import { expect } from 'chai';

interface Names {
  org?: string;
  repo: string;
  group: string;
}
type Files = Map<string, string>;
const load = async <T>(file: string): Promise<T> => (await import(new URL(file, import.meta.url).href)) as T;
const { renamer } = await load<{ renamer: (from: Names, to: Names) => (text: string) => string }>(
  'replace.js',
);
const { presentNames, problemsOf } = await load<{
  presentNames: (files: Files) => Names;
  problemsOf: (wanted: Names, present: Names, files: Files) => string[];
}>('names.js');

const OLD = { repo: 'oldname', group: 'older.example.org' };
const NEW = { org: 'an-org', repo: 'new-name', group: 'oldname.an-org.example' };
const LATER = { org: 'else', repo: 'third', group: 'groups.test' };
const forth = renamer(OLD, NEW);
const on = renamer(NEW, LATER);

describe('a text under new names', () => {
  const TEXTS: [what: string, old: string, renamed: string, later: string][] = [
    ['a name', '"oldname"', '"new-name"', '"third"'],
    ['a name with a suffix', 'oldname-tls', 'new-name-tls', 'third-tls'],
    ['a metric', 'oldname_queue', 'new_name_queue', 'third_queue'],
    ['the end of a metric', 'x_oldname', 'x_new_name', 'x_third'],
    ['a setting', 'OLDNAME_PORT', 'NEW_NAME_PORT', 'THIRD_PORT'],
    ['a variable in code', 'oldnamePort', 'newNamePort', 'thirdPort'],
    ['a name after an escape', String.raw`\noldname`, String.raw`\nnew-name`, String.raw`\nthird`],
    ['the group', 'x.older.example.org/v1', 'x.oldname.an-org.example/v1', 'x.groups.test/v1'],
    [
      'the group in a regular expression',
      String.raw`/older\.example\.org/`,
      String.raw`/oldname\.an-org\.example/`,
      String.raw`/groups\.test/`,
    ],
    ['a longer word', 'oldnames boldname', 'oldnames boldname', 'oldnames boldname'],
    ['a longer domain', 'my-older.example.org', 'my-older.example.org', 'my-older.example.org'],
  ];
  for (const [what, old, renamed, later] of TEXTS) {
    it(`has ${what}: ${old}`, () => {
      expect(forth(old)).to.equal(renamed);
      expect(on(renamed)).to.equal(later);
    });
  }

  it('has the address of the repository, once that is known', () => {
    expect(on('https://git.example/an-org/new-name.git')).to.equal('https://git.example/else/third.git');
    expect(on('an-org/other')).to.equal('an-org/other');
  });
});

const crd = (group: string): string => `spec:\n  group: ${group}\n`;
const FILES: Files = new Map([
  ['package.json', JSON.stringify({ name: 'oldname' })],
  [
    'package-lock.json',
    JSON.stringify({ packages: { '': {}, 'node_modules/@a/b': {}, 'node_modules/left': {} } }),
  ],
  ['crds/things.yaml', crd('older.example.org')],
  ['src/x.ts', 'const taken_word = 1; // oldname and its-own'],
  ['README.md', 'call it prose'],
]);

describe('the present names', () => {
  it('are those of the manifests', () => {
    expect(presentNames(FILES)).to.deep.equal({ org: undefined, ...OLD });
    for (const repository of [
      'github:an-org/oldname',
      { url: 'git+https://git.example/an-org/oldname.git' },
    ]) {
      const text = JSON.stringify({ name: '@scope/oldname', repository });
      const files = new Map([...FILES, ['package.json', text]] as const);
      expect(presentNames(files)).to.deep.equal({ org: 'an-org', ...OLD });
    }
  });

  it('are not guessed where the manifests disagree', () => {
    const files = new Map([...FILES, ['crds/more.yaml', crd('another.example')]] as const);
    expect(() => presentNames(files)).to.throw('older.example.org, another.example');
  });
});

describe('a new name', () => {
  const problems = (wanted: Partial<Names>): string[] => problemsOf({ ...NEW, ...wanted }, OLD, FILES);

  it('may be what is legal and new, or what is there', () => {
    expect(problems({})).to.deep.equal([]);
    expect(problems(OLD)).to.deep.equal([]);
    expect(problems({ repo: 'prose' })).to.deep.equal([]);
  });

  const REFUSED: [wanted: Partial<Names>, why: RegExp][] = [
    ...['Upper', '-a', 'a-', 'a--b', 'a_b', 'a.b', '', 'o'.repeat(40)].map(
      (org): [Partial<Names>, RegExp] => [{ org }, /^the organisation ".*" must be/],
    ),
    ...['Upper', '1a', '-a', 'a-', 'a_b', 'a.b', 'a/b', '', 'r'.repeat(41)].map(
      (repo): [Partial<Names>, RegExp] => [{ repo }, /^the name ".*" must be at most 40/],
    ),
    ...['nodot', 'A.b', 'a..b', '.a.b', 'a-.b', 'a_b.c', '', `${'g'.repeat(64)}.b`, 'a.b'.repeat(70)].map(
      (group): [Partial<Names>, RegExp] => [{ group }, /^the API group ".*" must be a DNS name/],
    ),
    [{ repo: 'kube-x' }, /reserved/],
    [{ repo: 'left' }, /a package which this one imports/],
    [{ repo: 'zlib' }, /a package which this one imports/],
    [{ group: 'a.k8s.io' }, /a domain of Kubernetes/],
    [{ repo: 'its' }, /"its" cannot be told from a word that stands already in src\/x\.ts/],
    [{ repo: 'taken-word' }, /"taken-word" cannot be told/],
  ];
  for (const [wanted, why] of REFUSED) {
    it(`is not ${JSON.stringify(wanted).slice(0, 70)}`, () => {
      const found = problems(wanted);
      expect(found).to.have.length(1);
      expect(found[0]).to.match(why);
    });
  }
});
