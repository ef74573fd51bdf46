import { IsString } from 'class-validator';
import { expect } from 'chai';
import { defineService } from '../authoring/define-service.js';
import { done } from '../authoring/outcome.js';
import type { ServiceOfferingSpec } from '../resources/kinds.js';
import { Backends } from './backends.js';
import { toPlan } from './plan.js';

class PlanWishes {
  @IsString() region!: string;
}
class PlanBindWishes {
  @IsString() role!: string;
}
const DRAFT_04 = 'http://json-schema.org/draft-04/schema#';
const service = defineService({
  id: 's',
  name: 'redis',
  description: 'd',
  plans: [{ id: 'p', name: 'small', description: 'd', settings: { a: 1 } }],
  parameters: PlanWishes,
  bindParameters: PlanBindWishes,
  ensure: async () => done(),
  destroy: async () => {},
  bind: async () => done(),
});
const backends = new Backends([], [service]);

function plan(change: object = {}, offering: Partial<ServiceOfferingSpec> = {}) {
  const spec = { ...service.offering.plans[0]!, ...change };
  const found = toPlan({ ...service.offering, ...offering }, spec, backends);
  if ('problems' in found) throw new Error(found.problems.join('; '));
  return found;
}

describe('a plan', () => {
  it('knows its backend and what to write into an instance', () => {
    expect(plan().backend).to.equal(service.backend);
    expect(plan().resolved).to.eql({
      planId: 'p',
      serviceName: 'redis',
      planName: 'small',
      backend: 'redis',
      settings: { a: 1 },
    });
    expect(plan({ settings: undefined }).resolved).to.not.have.property('settings');
  });

  for (const [mine, its, result] of [
    [undefined, undefined, [true, false]],
    [undefined, true, [true, true]],
    [undefined, false, [false, false]],
    [true, false, [true, true]],
    [false, true, [false, false]],
  ] as const) {
    it(`[61] [62] says ${mine}, its service ${its}: bindable and updateable are ${result.join(', ')}`, () => {
      const flags = (value?: boolean): object =>
        value === undefined ? {} : { bindable: value, planUpdateable: value };
      const found = toPlan(
        { id: 's', name: 'n', description: 'd', plans: [], ...flags(its) },
        { id: 'p', name: 'p', description: 'd', backend: 'redis', ...flags(mine) },
        backends,
      );
      expect(found).to.include({ bindable: result[0], planUpdateable: result[1] });
    });
  }

  it('checks parameters by its schemas, each for its own operation', () => {
    const { instance, update, binding } = plan().checks;
    expect(instance({ region: 'eu' })).to.eql([]);
    expect(instance({})).to.eql(['parameters.region is required']);
    expect(update({})).to.eql([]);
    expect(update({ region: 1 })).to.eql(['parameters.region must be string']);
    expect(binding({ role: 'r' })).to.eql([]);
    expect(binding({ region: 'eu' })).to.have.length(2);
  });

  it('checks by the class too, where the schema of the plan is content', () => {
    const { instance } = plan({ schemas: { instanceCreate: { $schema: DRAFT_04 } } }).checks;
    expect(instance({ region: 1 })).to.eql(['parameters.region must be a string']);
  });

  it('accepts anything where there is neither schema nor class', () => {
    const { instance, update, binding } = plan({ schemas: undefined }, { id: 'other' }).checks;
    for (const check of [instance, update, binding]) expect(check({ any: 1 })).to.eql([]);
  });

  it('is refused with a path when its backend or a schema is not right', () => {
    expect(() => plan({ backend: 'x' })).to.throw(/backend: there is no "x"/);
    expect(() => plan({ schemas: { bindingCreate: { $schema: 'x' } } })).to.throw(
      /^schemas\.bindingCreate: \$schema "x" is not/,
    );
  });
});
