// Which names a project has, and which it may have. Reads what it is given; changes nothing.
import { builtinModules } from 'node:module';
import { holds, namesPattern } from './replace.js';

const REPOSITORY = /[/:]([^/:]+)\/[^/]+?(?:\.git)?$/;

/** The present names, from the repository itself: package.json, and the manifests of crds/. */
export function presentNames(files) {
  const { name, repository } = JSON.parse(files.get('package.json'));
  const groups = new Set();
  for (const [path, text] of files) {
    if (path.startsWith('crds/')) groups.add(/^ {2}group: (\S+)$/m.exec(text)?.[1]);
  }
  if (groups.size !== 1) throw new Error(`crds/ has not one API group, but: ${[...groups].join(', ')}`);
  const address = typeof repository === 'string' ? repository : repository?.url;
  return { org: REPOSITORY.exec(address ?? '')?.[1], repo: name.split('/').at(-1), group: [...groups][0] };
}

const LABEL = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/;

function orgProblems(org) {
  if (org.length <= 39 && /^[a-z0-9]+(-[a-z0-9]+)*$/.test(org)) return [];
  return [
    `the organisation "${org}" must be what stands in the address of the repository: at most 39 lower-case letters, ` +
      'digits and single hyphens between them (upper case is left out because images do not allow it)',
  ];
}

// 40: the longest name that is made from it, with its suffix, stays below the 63 characters of a label.
function repoProblems(repo, packages) {
  if (repo.length > 40 || !LABEL.test(repo) || !/^[a-z]/.test(repo)) {
    return [
      `the name "${repo}" must be at most 40 lower-case letters, digits and hyphens, begin with a letter and end ` +
        'with a letter or digit: package, images, namespace, labels and objects are named after it',
    ];
  }
  if (repo.startsWith('kube-'))
    return [`the name "${repo}" is reserved: kube-… are Kubernetes' own namespaces`];
  if (builtinModules.includes(repo) || packages.has(repo)) {
    return [`the name "${repo}" is that of a package which this one imports: choose another`];
  }
  return [];
}

function groupProblems(group) {
  const labels = group.split('.');
  if (
    group.length > 200 ||
    labels.length < 2 ||
    labels.some((each) => each.length > 63 || !LABEL.test(each))
  ) {
    return [
      `the API group "${group}" must be a DNS name with a dot, of lower-case letters, digits and hyphens, 200 ` +
        'characters at most: a name below a domain of yours, as in brokers.example.org',
    ];
  }
  if (/(^|\.)(k8s|kubernetes)\.io$/.test(group)) {
    return [`the API group "${group}" is below a domain of Kubernetes: take one of yours`];
  }
  return [];
}

// Documents may well say a name before the project has it.
const isProse = (path) => path.endsWith('.md') || path === 'package-lock.json';

/** Where a word stands already: a later rename could not tell it from the name. */
function takenProblems(word, files, present) {
  const pattern = namesPattern(present);
  const found = [...files].find(([path, text]) => !isProse(path) && holds(text.replace(pattern, ''), word));
  if (!found) return [];
  return [`the name "${word}" cannot be told from a word that stands already in ${found[0]}: choose another`];
}

/** Sentences that say what is wrong with the wanted names; none when they are right. */
export function problemsOf({ org, repo, group }, present, files) {
  const locked = Object.keys(JSON.parse(files.get('package-lock.json')).packages);
  const packages = new Set(locked.map((path) => path.replace(/^.*node_modules\//, '')));
  const problems = [...orgProblems(org), ...repoProblems(repo, packages)];
  // The group may be made of the two, and would only repeat what is wrong with them.
  if (problems.length === 0) problems.push(...groupProblems(group));
  if (problems.length > 0) return problems;
  const isNew = (word) => word !== present.repo && word !== present.group;
  return [repo, group].filter(isNew).flatMap((word) => takenProblems(word, files, present));
}
