import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { check } from '../../../src/sdk/authoring/parameters.js';
import { readCatalogFile } from '../../../src/sdk/catalog/load.js';
import type { Binding, Instance } from '../../../src/sdk/index.js';
import { offeringProblems } from '../../../src/sdk/resources/offering-problems.js';
import { ownsNothing } from '../../../test/support/owns-nothing.js';
import { myServiceBackend, MyServiceSettings } from './backend.js';
import type { SmallParameters } from './parameters.js';

describe('the backend my-service', () => {
  const root = mkdtempSync(join(tmpdir(), 'my-service-'));
  after(() => rmSync(root, { recursive: true }));

  const call = {
    context: {},
    operationId: 'o',
    signal: new AbortController().signal,
    secret: () => ({}),
    log: { debug() {}, info() {}, warn() {}, error() {} },
    ...ownsNothing,
  };
  const instance = (parameters: SmallParameters): Instance<MyServiceSettings, SmallParameters> => {
    const plan = { serviceId: 's', planId: 'p', settings: { root } };
    return { ...call, ...plan, id: 'An id', name: 'an-instance', parameters };
  };
  const binding: Binding<MyServiceSettings, SmallParameters> = {
    ...{ ...call, id: 'B', name: 'a-binding', parameters: {}, bindResource: {} },
    instance: instance({}),
  };
  const quota = (): string => readFileSync(join(root, 'an-instance', 'quota'), 'utf8');

  it('makes an instance, changes it, and leaves it as it is when it is right', async () => {
    await myServiceBackend.ensure(instance({}));
    expect(quota()).to.equal('10');
    for (const time of ['first', 'second']) {
      expect(await myServiceBackend.ensure(instance({ quota: 20 }))).to.have.property('state', 'done');
      expect(quota(), time).to.equal('20');
    }
  });

  it('gives a binding credentials, the same ones when it is asked again', async () => {
    const first = await myServiceBackend.bind!(binding);
    expect(first).to.have.nested.property('result.credentials.password').with.length(32);
    expect(await myServiceBackend.bind!(binding)).to.deep.equal(first);
  });

  it('removes bindings and instances, also those that are not there', async () => {
    for (const left of [['quota'], ['quota']]) {
      await myServiceBackend.unbind!(binding);
      expect(readdirSync(join(root, 'an-instance'))).to.deep.equal(left);
    }
    for (const left of [[], []]) {
      await myServiceBackend.destroy(instance({}));
      expect(readdirSync(root)).to.deep.equal(left);
    }
  });

  it('has an offering whose plans it can serve', () => {
    const [offering] = readCatalogFile('hack/new-broker/template/offering.yaml');
    expect(offeringProblems(offering!.spec)).to.deep.equal([]);
    for (const { backend, settings = {} } of offering!.spec.plans) {
      expect(backend).to.equal(myServiceBackend.name);
      expect(check(MyServiceSettings, settings).problems).to.deep.equal([]);
    }
  });
});
