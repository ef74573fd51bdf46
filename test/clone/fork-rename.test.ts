// hack/fork-rename.sh on a whole clone: no old name is left, nothing else changes, and what it leaves is a project that
// installs, builds and passes its tests. The names are computed, so that none of them stands in this file.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { type Clone, makeClone } from './clone.js';

const SCRIPT = 'hack/fork-rename.sh';

/** Other letters in the same places: text keeps its width, so that its formatting is the same. */
const rot13 = (text: string): string =>
  text.replace(/[a-z]/g, (letter) => String.fromCharCode(((letter.charCodeAt(0) - 97 + 13) % 26) + 97));

/** And with a hyphen, which may stand in names, and not in metrics or variables: they are written in another way. */
const hyphenated = (name: string): string => `${rot13(name).slice(0, 4)}-${rot13(name).slice(5)}`;

const read = (clone: Clone, path: string): string => readFileSync(join(clone.directory, path), 'utf8');
const manifest = (clone: Clone): { name: string; repository?: { url: string } } =>
  JSON.parse(read(clone, 'package.json'));

function namesOf(clone: Clone): { repo: string; group: string } {
  const crd = parse(read(clone, 'crds/serviceinstances.yaml')) as { spec: { group: string } };
  return { repo: manifest(clone).name, group: crd.spec.group };
}

/** Where names are left, in texts and in paths, but for the licence and for what is history. */
async function leftovers(clone: Clone, { repo, group }: { repo: string; group: string }): Promise<string[]> {
  const words = [...new Set([repo, repo.replaceAll('-', '_'), group, group.replaceAll('.', '\\.')])];
  const patterns = words.flatMap((word) => ['-e', word]);
  const files = ['--', '.', ':!LICENSE', ':!CHANGELOG.md'];
  const { said } = await clone.attempt('git', 'grep', '--ignore-case', '-nF', ...patterns, ...files);
  const paths = (await clone.run('git', 'ls-files')).split('\n');
  const inPaths = paths.filter((path) => words.some((word) => path.includes(word)));
  return [...said.split('\n').filter(Boolean), ...inPaths];
}

describe(SCRIPT, () => {
  let clone: Clone;
  let first: { repo: string; group: string };
  let second: typeof first;
  before(async () => {
    clone = await makeClone('shared');
    first = namesOf(clone);
    second = { repo: hyphenated(first.repo), group: rot13(first.group) };
  });
  after(() => clone.remove());

  const status = (): Promise<string> => clone.run('git', 'status', '--porcelain');

  const REFUSED: [what: string, words: string[], why: RegExp][] = [
    ['no names', [], /usage: /],
    ['one name', ['acme'], /usage: /],
    ['an option', ['acme', 'other', '--force'], /usage: /],
    ['upper case', ['acme', 'Other'], /the name "Other" must be/],
    ['an organisation with a blank', ['ac me', 'other'], /the organisation "ac me" must be/],
    ['a group without a dot', ['acme', 'another-one', 'group'], /the API group "group" must be/],
    ["a dependency's name", ['acme', 'koa'], /a package which this one imports/],
    ['a word of the source', ['acme', 'broker'], /"broker" cannot be told from a word that stands already/],
  ];
  for (const [what, words, why] of REFUSED) {
    it(`refuses ${what}, and changes nothing`, async () => {
      const { code, said } = await clone.attempt(SCRIPT, ...words);
      expect(code, said).to.equal(1);
      expect(said).to.match(why).and.to.include('Nothing was changed.');
      expect(await status()).to.equal('');
    });
  }

  it('refuses a clone with changes that are not committed', async () => {
    writeFileSync(join(clone.directory, 'new-file'), '');
    const { code, said } = await clone.attempt(SCRIPT, 'acme', second.repo, second.group);
    expect(code, said).to.equal(1);
    expect(said).to.include('commit or stash them');
    expect(await status()).to.equal('?? new-file\n');
    await clone.run('git', 'clean', '--quiet', '--force');
  });

  it('leaves no old name, and says in the manifest where the fork is', async () => {
    const said = await clone.run(SCRIPT, 'acme', second.repo, second.group);
    expect(said).to.include(`${first.repo} is ${second.repo} now`);
    expect(await leftovers(clone, first)).to.deep.equal([]);
    expect(namesOf(clone)).to.deep.equal(second);
    expect(manifest(clone).repository!.url).to.include(`/acme/${second.repo}`);
    const { name, packages } = JSON.parse(read(clone, 'package-lock.json'));
    expect([name, packages[''].name]).to.deep.equal([second.repo, second.repo]);
    expect(await clone.run('git', 'diff', '--name-only'), 'all of it is staged').to.equal('');
    await clone.commit();
  });

  it('changes nothing when it runs again', async () => {
    expect(await clone.run(SCRIPT, 'acme', second.repo, second.group)).to.include('nothing to change');
    expect(await status()).to.equal('');
  });

  it('changes nothing but names: the way back leads to where it began', async () => {
    await clone.run(SCRIPT, 'acme', first.repo, first.group);
    expect(await leftovers(clone, second)).to.deep.equal([]);
    // The address of the repository stays.
    const changed = await clone.run('git', 'diff', '--cached', '--name-only', 'HEAD~1');
    expect(changed.split('\n').filter((path) => path !== 'package.json')).to.deep.equal(['']);
    await clone.commit();
  });
});

describe('a fork, as docs/forking.md types it', () => {
  let clone: Clone;
  before(async () => {
    clone = await makeClone();
  });
  after(() => clone.remove());

  it('gets its names and its dependencies', async () => {
    const old = namesOf(clone);
    const [, ...words] = /^hack\/fork-rename\.sh (\S+) (\S+)$/m.exec(read(clone, 'docs/forking.md'))!;
    const [org, repo] = words as [string, string];
    await clone.run(SCRIPT, org, repo);
    expect(namesOf(clone)).to.deep.equal({ repo, group: `${repo}.${org}.github.io` });
    if (old.repo !== repo) expect(await leftovers(clone, old)).to.deep.equal([]);
    expect(existsSync(join(clone.directory, 'node_modules', '.package-lock.json'))).to.be.true;
    await clone.commit();
  });

  for (const target of ['verify', 'build']) {
    it(`passes make ${target}`, async () => {
      await clone.run('make', target);
      expect(await clone.run('git', 'status', '--porcelain')).to.equal('');
    });
  }

  for (const suite of ['test:unit', 'test:contract']) {
    it(`passes npm run ${suite}`, async () => {
      await clone.run('npm', 'run', '--silent', suite, '--', '--reporter', 'dot');
    });
  }

  it('can take other names later', async () => {
    const { repo, group } = namesOf(clone);
    await clone.run(SCRIPT, 'acme-two', `${rot13(repo)}-two`);
    expect(await leftovers(clone, { repo, group })).to.deep.equal([]);
    expect(namesOf(clone).repo).to.equal(`${rot13(repo)}-two`);
    await clone.run('npm', 'run', '--silent', 'generate:check');
    await clone.run('npm', 'run', '--silent', 'format:check');
    await clone.run('npm', 'run', '--silent', 'typecheck');
  });
});
