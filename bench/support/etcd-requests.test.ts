import { expect } from 'chai';
import { nameOf } from './api-requests.js';
import { inWords, ofEtcd, total } from './etcd-requests.js';

const posted = (path: string): string => nameOf({ request: { method: 'POST', path } });

describe('the requests of etcd', () => {
  const found = ofEtcd({
    [posted('/v3/auth/user/add')]: 1,
    [posted('/v3/kv/deleterange')]: 2,
    [posted('/api/v1/namespaces/n/secrets')]: 4,
    [nameOf({ request: { method: 'GET', path: '/metrics' } })]: 8,
  });

  it('are told from those of the API server, by the end of their path', () => {
    expect(found).to.deep.equal({ 'user/add': 1, deleterange: 2 });
  });

  it('are summed up', () => {
    expect([total(found), inWords(found)]).to.deep.equal([3, 'user/add, 2 deleterange']);
    expect([total({}), inWords({})]).to.deep.equal([0, '']);
  });
});
