import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { loadKubeConfig } from './kube/config.js';
import { kubeconfigFor } from './local/kubeconfig.js';
import { DOCKER_HOSTS } from './resources/kinds.js';
import { requireCluster } from './require-cluster.js';

describe('the cluster that a broker starts on', () => {
  const directory = mkdtempSync(join(tmpdir(), 'brokersdk-'));
  after(() => rmSync(directory, { recursive: true }));

  const outcome = async (url: string): Promise<string> => {
    const kubeconfig = join(directory, 'kubeconfig');
    writeFileSync(kubeconfig, kubeconfigFor(url, 'brokersdk'));
    const cluster = loadKubeConfig({ kubeconfig });
    try {
      return await requireCluster(cluster, 'brokersdk', [DOCKER_HOSTS]).then(
        () => 'fine',
        (error: Error) => error.message.replace(url, 'URL'),
      );
    } finally {
      await cluster.close();
    }
  };

  /** Where the API server answers with that status. */
  const outcomeOf = async (statusFor: (path: string) => number): Promise<string> => {
    const body = JSON.stringify({ kind: 'List', metadata: { resourceVersion: '1' }, items: [] });
    const server = createServer(({ url = '' }, response) => response.writeHead(statusFor(url)).end(body));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    try {
      return await outcome(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    } finally {
      server.close();
      server.closeAllConnections();
    }
  };

  for (const [status, sentence] of [
    [200, /^fine$/],
    [401, /^the cluster at URL does not accept the credentials .*: renew them$/],
    [
      403,
      /^the cluster at URL does not let the broker list serviceinstances in the namespace brokersdk: give it/,
    ],
    [404, /^the cluster at URL does not know the custom resources: kubectl apply -f crds\/ brings them$/],
    [503, /^the cluster at URL cannot be used now \(.*503.*\): see that it runs/],
  ] as const) {
    it(`is asked once: ${status}`, async () => {
      expect(await outcomeOf(() => status)).to.match(sentence);
    });
  }

  it('may lack a kind that a part of the broker follows', async () => {
    const statusFor = (path: string): number => (path.includes('/dockerhosts') ? 403 : 200);
    expect(await outcomeOf(statusFor)).to.match(/does not let the broker list dockerhosts/);
  });

  it('may not be there', async () => {
    expect(await outcome('http://127.0.0.1:1')).to.match(
      /^the cluster at URL cannot be used now \(.*ECONNREFUSED/,
    );
  });
});
