// What no manifest of ours may ask for, and what each has to say, as sentences about whatever is wrong. Knows nothing of
// a broker: the same holds for any pod and any role.
import { keyOf, type Manifest } from './manifests.js';

const SECRET_NAME = /password|token|secret|credential|private|_key$/i;
const PROBES = ['startupProbe', 'livenessProbe', 'readinessProbe'];
const ANYBODY = ['system:anonymous', 'system:unauthenticated', 'system:authenticated'];

/** One sentence for each fault; none where all is well. */
export function securityProblems(manifests: Manifest[]): string[] {
  return manifests.flatMap((manifest) => {
    const problems = [
      ...(manifest.kind === 'Secret' ? ['is a Secret, with its value for everybody to read'] : []),
      ...podProblems(manifest),
      ...rightsProblems(manifest),
    ];
    return problems.map((problem) => `${keyOf(manifest)} ${problem}`);
  });
}

const podOf = ({ kind, spec }: Manifest): any => (kind === 'Pod' ? spec : spec?.template?.spec);

function podProblems(manifest: Manifest): string[] {
  const pod = podOf(manifest);
  if (!pod?.containers) return [];
  const { securityContext: own = {}, volumes = [] } = pod;
  const lasting = manifest.kind !== 'Pod' && manifest.kind !== 'Job';
  return [
    ...['hostNetwork', 'hostPID', 'hostIPC'].filter((field) => pod[field]).map((field) => `has ${field}`),
    ...volumes.filter((volume: any) => volume.hostPath).map(() => 'has a hostPath'),
    ...(own.runAsNonRoot === true ? [] : ['may run as root']),
    ...(own.runAsUser === 0 ? ['runs as root'] : []),
    ...(own.seccompProfile?.type === 'RuntimeDefault' ? [] : ['has no seccomp profile']),
    ...(pod.automountServiceAccountToken === undefined ? ['leaves open whether it gets a token'] : []),
    ...(pod.automountServiceAccountToken && !pod.serviceAccountName ? ['has the default token'] : []),
    ...[...pod.containers, ...(pod.initContainers ?? [])].flatMap((each) => containerProblems(each, lasting)),
  ];
}

function containerProblems(container: any, lasting: boolean): string[] {
  const { securityContext = {}, resources = {}, env = [], ports = [] } = container;
  const faults: [boolean, string][] = [
    ...privileges(securityContext),
    [!resources.requests?.cpu || !resources.requests.memory, 'asks for no resources'],
    [!resources.limits?.memory, 'has no limit of memory'],
    [ports.some((port: any) => port.hostPort), 'has a port of its node'],
    ...PROBES.map((probe): [boolean, string] => [lasting && !container[probe], `has no ${probe}`]),
    ...env.filter(isLiteralSecret).map(({ name }: any) => [true, `has a secret in ${name}`]),
  ];
  return faults.filter(([holds]) => holds).map(([, fault]) => `${fault} (container ${container.name})`);
}

const privileges = (context: any): [boolean, string][] => [
  [context.privileged === true, 'is privileged'],
  [context.allowPrivilegeEscalation !== false, 'may gain privileges'],
  [context.readOnlyRootFilesystem !== true, 'may write to its root file system'],
  [context.runAsUser === 0 || context.runAsNonRoot === false, 'runs as root'],
  [!context.capabilities?.drop?.includes('ALL') || 'add' in context.capabilities, 'has capabilities'],
];

/** The path of a file that has a secret is none. */
const isLiteralSecret = ({ name, value }: { name: string; value?: string }): boolean =>
  value !== undefined && SECRET_NAME.test(name) && !name.endsWith('_FILE');

function rightsProblems({ kind, rules = [], subjects = [] }: Manifest): string[] {
  const wild = (rules as Record<string, string[]>[]).filter((rule) =>
    Object.values(rule).some((words) => words.some((word) => word.includes('*'))),
  );
  const escalating = (rules as Record<string, string[]>[]).filter((rule) =>
    rule.verbs!.some((verb) => ['bind', 'escalate', 'impersonate'].includes(verb)),
  );
  return [
    ...wild.map(() => 'has a wildcard in a rule'),
    ...escalating.map(() => 'lets its holder take further rights'),
    ...(kind === 'ClusterRoleBinding' ? ['gives rights in the whole cluster'] : []),
    ...subjects
      .filter(({ name }: { name: string }) => ANYBODY.includes(name))
      .map(({ name }: { name: string }) => `gives rights to ${name}`),
  ];
}
