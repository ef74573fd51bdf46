import { expect } from 'chai';
import type { Secret } from '../kube/types.js';
import { SECRET_LABEL } from '../resources/kinds.js';
import { backendSecrets } from './backend-secrets.js';

const labelled = (role: string | undefined): Secret => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'admin', ...(role === undefined ? {} : { labels: { [SECRET_LABEL]: role } }) },
  data: { username: Buffer.from('root').toString('base64'), password: Buffer.from('pä').toString('base64') },
});
const read = (secret: Secret | undefined) =>
  backendSecrets({ stores: { secrets: { get: () => secret } } } as never)('admin');

describe('a Secret that a plan names', () => {
  it('is read with its values', () => {
    expect(read(labelled('backend'))).to.deep.equal({ username: 'root', password: 'pä' });
    expect(read({ ...labelled('backend'), data: {} })).to.deep.equal({});
  });

  for (const [what, secret] of [
    ['there is none', undefined],
    ['it has no label', labelled(undefined)],
    ["it is a binding's", labelled('binding')],
  ] as const) {
    it(`is not read where ${what}, and the remedy is said`, () => {
      expect(() => read(secret)).to.throw(
        `there is no Secret admin with the label ${SECRET_LABEL}: backend in the broker's namespace`,
      );
    });
  }
});
