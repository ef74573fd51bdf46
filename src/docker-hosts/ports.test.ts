import { expect } from 'chai';
import * as fc from 'fast-check';
import { assignPorts, countFree, type PortRequest, PortsExhausted } from './ports.js';

const RANGE = { min: 100, max: 104 };

const request = (more: Partial<PortRequest>): PortRequest => ({
  host: 'a',
  range: RANGE,
  taken: new Set(),
  held: new Map(),
  wanted: [],
  ...more,
});

const assigned = (more: Partial<PortRequest>): Record<string, number> =>
  Object.fromEntries(assignPorts(request(more)));

describe('ports of a range', () => {
  it('are given from the lowest free one on, in the order in which they are wanted', () => {
    expect(assigned({ taken: new Set([100, 102]), wanted: ['80/tcp', '53/udp', '80/tcp'] })).to.deep.equal({
      '80/tcp': 101,
      '53/udp': 103,
    });
  });

  it('end before the upper bound', () => {
    expect(assigned({ taken: new Set([100, 101, 102]), wanted: ['80/tcp'] })).to.deep.equal({
      '80/tcp': 103,
    });
    const taken = new Set([100, 101, 102, 103]);
    expect(() => assigned({ taken, wanted: ['80/tcp'] })).to.throw(PortsExhausted);
  });

  it('stay with who holds them, even outside of the range, and are let go when they are wanted no more', () => {
    const held = new Map([
      ['80/tcp', 102],
      ['443/tcp', 9000],
      ['53/udp', 100],
    ]);
    expect(assigned({ held, wanted: ['443/tcp', '25/tcp', '80/tcp'] })).to.deep.equal({
      '443/tcp': 9000,
      '80/tcp': 102,
      '25/tcp': 100,
    });
    expect(assigned({ range: undefined, held, wanted: ['443/tcp', '25/tcp'] })).to.deep.equal({
      '443/tcp': 9000,
    });
  });

  it('are not left with two where a record says so', () => {
    expect(
      assigned({ held: new Map([['80/tcp', 100]]), taken: new Set([100]), wanted: ['80/tcp'] }),
    ).to.deep.equal({ '80/tcp': 101 });
  });

  it('are refused in a sentence when too few are left', () => {
    const ask = {
      taken: new Set([100, 101, 102]),
      held: new Map([['1/tcp', 102]]),
      wanted: ['2/tcp', '3/tcp'],
    };
    expect(() => assigned(ask)).to.throw(
      PortsExhausted,
      'the Docker host a has 1 port free from 100 to 103, and the instance needs 2 more: widen spec.ports of the DockerHost, or remove instances from it',
    );
  });

  it('are none where the range is upside down', () => {
    expect(countFree({ min: 10, max: 5 }, new Set([7]))).to.equal(0);
    expect(() => assigned({ range: { min: 10, max: 5 }, wanted: ['80/tcp'] })).to.throw(PortsExhausted);
  });

  it('are counted without those taken outside of the range', () => {
    expect(countFree(RANGE, new Set([99, 100, 104]))).to.equal(3);
  });

  it('whatever is taken and held: each once, none of others, none skipped, none missing', () => {
    const range = { min: 100, max: 110 };
    const names = ['1/tcp', '2/tcp', '3/tcp', '4/udp'];
    const ports = fc.uniqueArray(fc.integer({ min: 98, max: 112 }));
    const property = fc.property(ports, ports, fc.subarray(names), (others, holding, wanted) => {
      const taken = new Set(others);
      const held = new Map(holding.slice(0, names.length).map((port, index) => [names[index]!, port]));
      const kept = wanted.flatMap((name) => held.get(name) ?? []).filter((port) => !taken.has(port));
      const ask = request({ range, taken, held, wanted });
      if (wanted.length - kept.length > countFree(range, new Set([...taken, ...kept]))) {
        expect(() => assignPorts(ask)).to.throw(PortsExhausted);
        return;
      }
      const given = assignPorts(ask);
      const used = new Set([...taken, ...given.values()]);
      expect([...given.keys()].sort()).to.deep.equal([...wanted].sort());
      expect(used.size).to.equal(taken.size + wanted.length);
      for (const port of given.values()) {
        if (kept.includes(port)) continue;
        expect(port).to.be.within(100, 109);
        for (let lower = range.min; lower < port; lower++) expect(used).to.include(lower);
      }
      expect(assignPorts({ ...ask, held: given })).to.deep.equal(given);
    });
    fc.assert(property);
  });
});
