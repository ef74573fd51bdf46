// What a newcomer types next.
export function nextSteps(broker: { url: string; namespace: string; kubeconfig?: string }): string {
  const kubectl = `kubectl${broker.kubeconfig ? ` --kubeconfig ${broker.kubeconfig}` : ''} -n ${broker.namespace}`;
  const address = broker.url === 'http://127.0.0.1:8080' ? '' : `BROKER_URL=${broker.url} `;
  return `
The broker serves at ${broker.url}. In another terminal:

  ${address}test-scripts/catalog.sh        what it offers
  ${address}test-scripts/provision.sh      makes an instance
  ${address}test-scripts/bind.sh           gives it credentials
  ${kubectl} get osbi,osbb,osbo
  ${address}test-scripts/unbind.sh         and back again
  ${address}test-scripts/deprovision.sh
  ${address}test-scripts/lifecycle.sh      all of it, and uses the credentials

Ctrl-C ends it.

`;
}
