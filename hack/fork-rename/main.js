// hack/fork-rename.sh: renames the tracked files of a clean checkout, makes anew what is made from others, and stages
// the result. Which names, and how text changes, its two neighbours know.
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { presentNames, problemsOf } from './names.js';
import { renamer } from './replace.js';

// The licence is a given text, and history happened under the names of its time.
const UNTOUCHED = ['LICENSE', 'CHANGELOG.md'];

const USAGE = `usage: hack/fork-rename.sh <org> <repo> [api-group]
  org        who owns the repository, as in github.com/<org>/<repo>
  repo       the name of the package, the images, the namespace, the labels and the chart
  api-group  the group of the custom resources (<repo>.<org>.github.io)`;

class Refusal extends Error {}

const git = (...words) => execFileSync('git', words, { encoding: 'utf8', maxBuffer: 2 ** 28 });

/** Path → text of all that git tracks, but for links and what is no text. */
function trackedFiles() {
  const paths = git('ls-files', '-z')
    .split('\0')
    .filter((path) => path && existsSync(path));
  return new Map(
    paths
      .filter((path) => !lstatSync(path).isSymbolicLink())
      .map((path) => [path, readFileSync(path, 'utf8')])
      .filter(([, text]) => !text.includes('\0')),
  );
}

const asJson = (value) => `${JSON.stringify(value, null, 2)}\n`;

/** The manifest also says where the repository is: the next rename reads it there. */
function withRepository(text, { org, repo }) {
  const { name, version, description, license, ...rest } = JSON.parse(text);
  if (rest.repository) return text;
  const repository = { type: 'git', url: `git+https://github.com/${org}/${repo}.git` };
  return asJson({ name, version, description, license, repository, ...rest });
}

/** Of the lock, what describes this package; the rest are names and hashes of others. */
function renamedLock(text, rename) {
  const lock = JSON.parse(text);
  const own = JSON.parse(rename(JSON.stringify({ name: lock.name, root: lock.packages[''] })));
  return asJson({ ...lock, name: own.name, packages: { ...lock.packages, '': own.root } });
}

/** What would change: `[path, new path, new text]`. */
function plan(files, present, wanted) {
  const rename = renamer(present, wanted);
  return [...files]
    .filter(([path]) => !UNTOUCHED.includes(path))
    .map(([path, text]) => {
      if (path === 'package-lock.json') return [path, path, renamedLock(text, rename)];
      if (path === 'package.json') return [path, path, withRepository(rename(text), wanted)];
      return [path, rename(path), rename(text)];
    })
    .filter(([path, newPath, text]) => path !== newPath || text !== files.get(path));
}

function apply(changes) {
  for (const [path, newPath, text] of changes) {
    writeFileSync(path, text);
    if (newPath === path) continue;
    mkdirSync(dirname(newPath), { recursive: true });
    renameSync(path, newPath);
    removeEmpty(dirname(path));
  }
}

function removeEmpty(directory) {
  try {
    rmdirSync(directory);
  } catch {
    return; // something is left in it
  }
  removeEmpty(dirname(directory));
}

/** Files that are made from others, and tables and line breaks that fit the new names. */
function makeAnew(paths) {
  const npm = (...words) => execFileSync('npm', words, { stdio: ['ignore', 'ignore', 'inherit'] });
  try {
    if (!existsSync('node_modules')) npm('ci');
    npm('run', '--silent', 'generate');
    npm('exec', '--', 'prettier', '--write', '--ignore-unknown', '--log-level', 'warn', ...paths);
  } catch (error) {
    const text = 'the names are changed, but npm, as it says above, did not make the rest anew';
    throw new Error(`${text}: remove the cause, then run \`make generate fmt\` and git add --all`, {
      cause: error,
    });
  }
}

function main(words) {
  // <org>.github.io is a domain that the owner of the repository has already.
  const [org, repo, group = `${repo}.${org}.github.io`] = words;
  if (words.length < 2 || words.length > 3 || words.some((word) => word.startsWith('-')))
    throw new Refusal(USAGE);
  if (!existsSync('.git'))
    throw new Refusal('this is no checkout: git init, git add --all and git commit first');
  const [files, wanted] = [trackedFiles(), { org, repo, group }];
  const present = presentNames(files);
  const problems = problemsOf(wanted, present, files);
  if (problems.length > 0) throw new Refusal(problems.join('\n'));
  const changes = plan(files, present, wanted);
  if (changes.length === 0) return `The names are ${repo} and ${group} already: nothing to change.`;
  if (git('status', '--porcelain') !== '') {
    throw new Refusal(
      'there are changes that are not committed: commit or stash them, so that this one can be seen and undone',
    );
  }
  apply(changes);
  console.log(`${present.repo} is ${repo} now, and the API group ${present.group} is ${group}.`);
  console.log('Making anew what is made from other files, and the formatting ...');
  makeAnew(changes.map(([, path]) => path));
  git('add', '--all');
  return `${changes.length} files changed, and staged: see them with \`git diff --staged\`, try them with \`make test\`, commit them.`;
}

try {
  console.log(main(process.argv.slice(2)));
} catch (error) {
  const tail = error instanceof Refusal ? '\nNothing was changed.' : '';
  console.error(`hack/fork-rename.sh: ${error.message}${tail}`);
  process.exitCode = 1;
}
