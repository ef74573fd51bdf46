// The kubeconfig that leads kubectl and client libraries to the embedded server.
import { stringify } from 'yaml';

export function kubeconfigFor(url: string, namespace: string): string {
  const name = 'local';
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server: url, 'insecure-skip-tls-verify': true } }],
    users: [{ name, user: {} }],
    contexts: [{ name, context: { cluster: name, user: name, namespace } }],
    'current-context': name,
  });
}
