import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import { HttpSettings } from '../backends/http/settings.js';
import { check } from '../sdk/authoring/parameters.js';
import { echoService } from './echo.js';
import { invertService } from './invert.js';

const BASE_URL = 'http://echo-service.brokersdk.svc:8090';
const SAMPLES = new URL('../../install/samples/offerings.yaml', import.meta.url);

/** What the CRD adds to a manifest, and `defineService` to a definition. */
const OFFERING_DEFAULTS = {
  bindable: true,
  instancesRetrievable: true,
  bindingsRetrievable: true,
  allowContextUpdates: false,
  planUpdateable: false,
  requiresApp: false,
};
const PLAN_DEFAULTS = { free: true, bindingRotatable: false };

describe('the sample services', () => {
  const services = [echoService(BASE_URL), invertService(BASE_URL)];

  it('are the same in code and as manifests', () => {
    const manifests = parseAllDocuments(readFileSync(SAMPLES, 'utf8')).map((document) => {
      const { spec } = document.toJS() as { spec: { plans: object[] } };
      const plans = spec.plans.map((plan) => ({ ...PLAN_DEFAULTS, ...plan }));
      return { ...OFFERING_DEFAULTS, ...spec, plans };
    });
    expect(manifests).to.deep.equal(services.map(({ offering }) => offering));
  });

  it('have settings that their backend accepts, and ids of their own', () => {
    const plans = services.flatMap(({ offering }) => offering.plans);
    for (const plan of plans) {
      expect(check(HttpSettings, plan.settings ?? {}).problems, plan.id).to.deep.equal([]);
    }
    expect(new Set(plans.map(({ id }) => id))).to.have.property('size', 3);
  });
});
