import { expect } from 'chai';
import { credentialsOf, endpointsOf } from './credentials.js';
import type { EtcdSettings } from './settings.js';

const settings = (more: Partial<EtcdSettings> = {}): EtcdSettings => ({
  endpoints: ['https://etcd-0.etcd:2379', 'https://etcd-1.etcd:2379'],
  adminSecret: 'etcd-admin',
  ...more,
});
const account = { instance: 'i', username: 'user-i_b', password: 'a-pass_word', ca: undefined };

describe('the credentials of etcd', () => {
  // Applications are written against these. A key may come, none may go or mean something else.
  it('are what they have ever been', () => {
    expect(credentialsOf({ ...account, settings: settings(), ca: 'PEM' })).to.deep.equal({
      host: 'etcd-0.etcd',
      port: '2379',
      endpoints: ['https://etcd-0.etcd:2379', 'https://etcd-1.etcd:2379'],
      username: 'user-i_b',
      password: 'a-pass_word',
      base_path: '/service_instances/i',
      keypath: '/service_instances/i',
      uri: 'https://user-i_b:a-pass_word@etcd-0.etcd:2379',
      ca_cert: 'PEM',
    });
  });

  it('name no authority where there is none', () => {
    expect(credentialsOf({ ...account, settings: settings() })).to.not.have.property('ca_cert');
  });

  it('tell the addresses that applications see', () => {
    const seen = settings({ publicEndpoints: ['http://[::1]', 'https://etcd.example.com/'] });
    const { host, port, uri } = credentialsOf({ ...account, settings: seen });
    expect({ host, port, uri }).to.deep.equal({
      host: '::1',
      port: '80',
      uri: 'http://user-i_b:a-pass_word@[::1]',
    });
    expect(endpointsOf(seen)).to.deep.equal([
      { host: '::1', ports: ['80'], protocol: 'tcp' },
      { host: 'etcd.example.com', ports: ['443'], protocol: 'tcp' },
    ]);
  });
});
