// The suites that need an etcd: skipped aloud where none is installed.
import { missingEtcd } from '../support/etcd-server.js';
import { suiteUnless } from '../support/skip.js';

export { type Account, type EtcdOptions, EtcdServer } from '../support/etcd-server.js';

export const describeWithEtcd = (title: string, suite: (this: Mocha.Suite) => void): void =>
  suiteUnless(missingEtcd(), title, suite);
