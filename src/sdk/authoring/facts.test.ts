import { IsInt, IsOptional } from 'class-validator';
import { expect } from 'chai';
import { API_VERSION, type ServiceInstance } from '../resources/kinds.js';
import { instanceFacts, instanceIdOf, typed } from './facts.js';

class Wishes {
  @IsOptional() @IsInt() users = 3;
}

const instance = (spec: Partial<ServiceInstance['spec']> = {}): ServiceInstance => ({
  apiVersion: API_VERSION,
  kind: 'ServiceInstance',
  metadata: { name: 'n', uid: 'u' },
  spec: { serviceId: 's', planId: 'p', ...spec },
});
const settings = { memory: 64 };

describe('what a backend may know of an instance', () => {
  it('is the least where nothing more is given', () => {
    expect(instanceFacts(instance(), { settings })).to.eql({
      id: 'n',
      name: 'n',
      serviceId: 's',
      planId: 'p',
      settings,
      parameters: {},
      context: {},
    });
  });

  it('is all that the spec tells', () => {
    const originatingIdentity = { platform: 'kubernetes', value: { user: 'u' } };
    const facts = instanceFacts(
      instance({
        instanceId: 'I/1',
        parameters: { a: 1 },
        context: { b: 2 },
        maintenanceInfo: { version: '1.0.0' },
        originatingIdentity,
      }),
      { settings },
    );
    expect(facts).to.deep.include({
      id: 'I/1',
      name: 'n',
      parameters: { a: 1 },
      context: { b: 2 },
      maintenanceVersion: '1.0.0',
      originatingIdentity,
    });
  });

  it('has parameters of the author`s class', () => {
    const { parameters } = instanceFacts(instance(), { settings, parameters: Wishes });
    expect(parameters).to.be.instanceOf(Wishes);
    expect(parameters).to.include({ users: 3 });
  });

  it('is frozen', () => {
    const facts = instanceFacts(instance(), { settings, parameters: Wishes });
    expect(Object.isFrozen(facts) && Object.isFrozen(facts.parameters)).to.equal(true);
  });
});

describe('the id of an instance', () => {
  it('is the platform`s, else the name', () => {
    expect(instanceIdOf(instance({ instanceId: 'x' }))).to.equal('x');
    expect(instanceIdOf(instance())).to.equal('n');
  });
});

describe('typed parameters', () => {
  it('are as they came where there is no class, or they do not fit it', () => {
    expect(typed(undefined, { a: 1 })).to.eql({ a: 1 });
    expect(typed(undefined, undefined)).to.eql({});
    expect(typed(Wishes, { users: 'many' })).to.eql({ users: 'many' });
  });
});
