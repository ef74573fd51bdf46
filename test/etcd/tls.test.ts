// etcd with TLS: whom the broker believes, and what it takes where etcd asks for certificates in its turn.
import { expect } from 'chai';
import { etcdBackend } from '../../src/backends/etcd/backend.js';
import { bindingOf, failureOf, instanceOf, NOTHING } from './direct.js';
import { describeWithEtcd, type EtcdOptions, EtcdServer } from './server.js';

/** Runs the test with an etcd of its own. */
const withEtcd = (options: EtcdOptions, test: (etcd: EtcdServer) => Promise<void>) => async () => {
  const etcd = await EtcdServer.start({ tls: true, ...options });
  await test(etcd).finally(() => etcd.stop());
};

const secretOf = ({ admin, authority, clientCertificate: client }: EtcdServer): Record<string, string> => ({
  ...admin,
  'ca.crt': authority!,
  ...(client ? { 'tls.crt': client.cert, 'tls.key': client.key } : {}),
});

describeWithEtcd('etcd with TLS', function () {
  this.timeout(60_000);

  it(
    'is believed by its authority alone, which applications get too',
    withEtcd({}, async (etcd) => {
      const instance = instanceOf(etcd, { secret: secretOf(etcd) });
      expect(await etcdBackend.check!(instance)).to.deep.equal([]);
      await etcdBackend.ensure(instance);
      const bound = await etcdBackend.bind!(bindingOf(instance));
      const credentials: any = bound.state === 'done' ? bound.result.credentials : undefined;
      expect(credentials).to.include({ ca_cert: etcd.authority });
      expect(credentials.uri).to.match(/^https:/);
      expect(await etcd.as(credentials, 'put', `${credentials.keypath}/k`, 'v')).to.equal('OK\n');
      await etcdBackend.unbind!(bindingOf(instance));
      await etcdBackend.destroy(instance);
      expect(await etcd.everything()).to.deep.equal(NOTHING);
      const stranger = instanceOf(etcd);
      const words = 'the certificate of etcd is not of an authority in ca.crt';
      expect((await failureOf(etcdBackend.ensure(stranger))).message).to.include(words);
      expect((await etcdBackend.check!(stranger))[0]).to.include(words);
    }),
  );
});

describeWithEtcd('etcd that asks for client certificates', function () {
  this.timeout(60_000);

  it(
    'lets the broker in with one, and says what it wants without',
    withEtcd({ clientCertificates: true }, async (etcd) => {
      const instance = instanceOf(etcd, { secret: secretOf(etcd) });
      expect(await etcdBackend.check!(instance)).to.deep.equal([]);
      await etcdBackend.ensure(instance);
      const bound = await etcdBackend.bind!(bindingOf(instance));
      const credentials: any = bound.state === 'done' ? bound.result.credentials : undefined;
      expect(credentials).to.include.keys('ca_cert').and.not.include.keys('tls.crt', 'tls.key');
      expect(await etcd.as(credentials, 'put', `${credentials.keypath}/k`, 'v')).to.equal('OK\n');
      await etcdBackend.destroy(instance);
      expect(await etcd.everything()).to.deep.equal(NOTHING);
      const bare = instanceOf(etcd, { secret: { ...etcd.admin, 'ca.crt': etcd.authority! } });
      const words = 'etcd wants a client certificate that it trusts in tls.crt, with its key in tls.key';
      expect((await failureOf(etcdBackend.ensure(bare))).message).to.include(words);
      expect((await etcdBackend.check!(bare))[0]).to.include(words);
    }),
  );

  // Its gateway to JSON cannot pass on who a common name says that one is, and so lets nobody by who has one.
  it(
    'refuses one with a common name',
    withEtcd({ clientCertificates: true, commonName: 'broker' }, async (etcd) => {
      const instance = instanceOf(etcd, { secret: secretOf(etcd) });
      expect((await etcdBackend.check!(instance))[0]).to.include(
        'refuses client certificates with a common name',
      );
    }),
  );

  // The gateway shows etcd the certificate of the member itself.
  it(
    'does not serve where that of its members is for servers only',
    withEtcd({ clientCertificates: true, usage: 'serverAuth' }, async (etcd) => {
      const instance = instanceOf(etcd, { secret: secretOf(etcd) });
      expect((await failureOf(etcdBackend.ensure(instance))).message).to.match(/connection (closed|error)/);
    }),
  );
});
