import { expect } from 'chai';
import * as fc from 'fast-check';
import type { HostView } from './hosts.js';
import { chooseHost } from './schedule.js';

const LOST = 'has not given a sign of life since 2026-01-02T03:04:05Z';

const host = (name: string, more: Partial<HostView> = {}): HostView => ({
  name,
  serviceHost: name,
  isAlive: true,
  schedulable: true,
  perfFactor: 1,
  freePorts: 2,
  lost: '',
  ...more,
});

const dead = (name: string, more: Partial<HostView> = {}): HostView =>
  host(name, { isAlive: false, lost: LOST, ...more });

const NEED = { ports: 2 };

describe('the choice of a host', () => {
  it('falls on the lowest perfFactor', () => {
    const hosts = [host('slow', { perfFactor: 2 }), host('fast', { perfFactor: 0.5 }), host('other')];
    expect(chooseHost(hosts, NEED, () => 0)).to.deep.equal({ host: 'fast' });
  });

  it('falls on each of equals, as the die says', () => {
    const hosts = [host('a'), host('b'), host('c'), host('slow', { perfFactor: 2 })];
    const chosen = [0, 0.34, 0.67, 0.999, 1].map((random) => chooseHost(hosts, NEED, () => random));
    expect(chosen).to.deep.equal(['a', 'b', 'c', 'c', 'c'].map((name) => ({ host: name })));
  });

  it('passes over a lost host with the lowest perfFactor, which hides none that is alive', () => {
    const hosts = [dead('lost', { perfFactor: 0 }), host('alive', { perfFactor: 9 })];
    expect(chooseHost(hosts, NEED, () => 0)).to.deep.equal({ host: 'alive' });
  });

  it('passes over a host that is not schedulable', () => {
    const hosts = [host('cordoned', { schedulable: false, perfFactor: 0 }), host('open')];
    expect(chooseHost(hosts, NEED, () => 0)).to.deep.equal({ host: 'open' });
  });

  it('passes over a host with too few ports, and takes one whose engine chooses them', () => {
    const hosts = [host('full', { freePorts: 1, perfFactor: 0 }), host('any', { freePorts: undefined })];
    expect(chooseHost(hosts, NEED, () => 0)).to.deep.equal({ host: 'any' });
  });

  it('falls on the one that it must be, or on none', () => {
    const hosts = [host('a', { perfFactor: 0 }), host('b'), dead('c')];
    expect(chooseHost(hosts, { ports: 1, only: 'b' }, () => 0)).to.deep.equal({ host: 'b' });
    expect(chooseHost(hosts, { ports: 1, only: 'c' }, () => 0)).to.deep.equal({
      problem: `no Docker host can take the instance: c ${LOST}`,
    });
    expect(chooseHost(hosts, { ports: 1, only: 'd' }, () => 0)).to.deep.equal({
      problem: 'there is no Docker host d: run brokersdk agent on it',
    });
  });

  it('says of each host why it will not do', () => {
    const hosts = [
      dead('a'),
      host('b', { schedulable: false }),
      host('c', { freePorts: 1 }),
      host('d', { freePorts: 0 }),
    ];
    expect(chooseHost(hosts, NEED, () => 0)).to.deep.equal({
      problem:
        `no Docker host can take the instance: a ${LOST}; b takes no new instances (spec.schedulable is false); ` +
        'c has 1 port free of the 2 needed; d has 0 ports free of the 2 needed',
    });
    expect(chooseHost([], NEED, () => 0)).to.deep.equal({
      problem: 'there is no Docker host: run brokersdk agent on one',
    });
  });

  it('names a few hosts of a large fleet, and counts the others', () => {
    const choice = chooseHost(
      Array.from({ length: 500 }, (_, index) => dead(`h${index}`)),
      NEED,
      () => 0,
    );
    expect((choice as { problem: string }).problem).to.match(/; h4 [^;]+; and 495 more cannot$/);
  });

  it('whatever hosts there are, falls on one of the best that fit, and on none where none does', () => {
    const views = fc.uniqueArray(
      fc.record({
        name: fc.string({ minLength: 1 }),
        isAlive: fc.boolean(),
        schedulable: fc.boolean(),
        perfFactor: fc.constantFrom(0, 0.5, 1, 1.22, Infinity),
        freePorts: fc.constantFrom(undefined, 0, 1, 2, 3),
      }),
      { selector: ({ name }) => name },
    );
    const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    const property = fc.property(views, fc.integer({ min: 0, max: 3 }), random, (several, ports, die) => {
      const hosts = several.map((each) => host(each.name, { ...each, lost: each.isAlive ? '' : LOST }));
      const fit = hosts.filter(
        ({ isAlive, schedulable, freePorts }) => isAlive && schedulable && (freePorts ?? ports) >= ports,
      );
      const choice = chooseHost(hosts, { ports }, () => die);
      if (fit.length === 0) {
        expect(choice).to.have.property('problem');
        return;
      }
      const best = Math.min(...fit.map(({ perfFactor }) => perfFactor));
      const names = fit.filter(({ perfFactor }) => perfFactor === best).map(({ name }) => name);
      expect(names).to.include((choice as { host: string }).host);
    });
    fc.assert(property);
  });
});
