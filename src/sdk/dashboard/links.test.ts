import { expect } from 'chai';
import { API_VERSION, type ServiceInstance } from '../resources/kinds.js';
import { Links, readClaim } from './links.js';

const CREATED = Date.parse('2026-01-01T12:00:00Z');
const DAY = 86_400_000;
const LIFE = 30 * 86_400;

const instanceOf = (name: string, uid: string): ServiceInstance => ({
  apiVersion: API_VERSION,
  kind: 'ServiceInstance',
  metadata: { name, uid, creationTimestamp: '2026-01-01T12:00:00Z' },
  spec: { serviceId: 's', planId: 'p' },
});

describe('links to dashboards', () => {
  let now: number;
  let key: Buffer | undefined;
  const links = new Links({
    publicUrl: 'https://broker.example/x',
    seconds: LIFE,
    key: () => key,
    now: () => now,
  });
  const web = instanceOf('web', 'uid-1');
  const claimOf = (url: string) => readClaim(url.split('?')[1]!)!;

  beforeEach(() => {
    now = CREATED;
    key = Buffer.alloc(32, 1);
  });

  it('are good for their instance, until they expire', () => {
    const url = links.urlFor(web)!;
    expect(url).to.match(/^https:\/\/broker\.example\/x\/dashboard\/web\?/);
    const claim = claimOf(url);
    expect(links.verify('web', 'uid-1', claim)).to.equal('valid');
    now = claim.expires * 1000 - 1;
    expect(links.verify('web', 'uid-1', claim)).to.equal('valid');
    now = claim.expires * 1000;
    expect(links.verify('web', 'uid-1', claim)).to.equal('expired');
  });

  it('are good for nothing else', () => {
    const claim = claimOf(links.urlFor(web)!);
    const { expires, signature } = claim;
    expect(links.verify('other', 'uid-1', claim), 'another name').to.equal('wrong');
    expect(links.verify('web', 'uid-2', claim), 'another instance').to.equal('wrong');
    expect(links.verify('web', undefined, claim), 'no instance').to.equal('wrong');
    expect(links.verify('web', 'uid-1', { expires: expires + 1, signature }), 'longer').to.equal('wrong');
    for (let at = 0; at < signature.length; at++) {
      const tampered = Buffer.from(signature);
      tampered[at]! ^= 1;
      expect(links.verify('web', 'uid-1', { expires, signature: tampered }), `byte ${at}`).to.equal('wrong');
    }
    now = expires * 1000;
    expect(links.verify('web', 'uid-2', claim), 'another instance, expired').to.equal('wrong');
    key = Buffer.alloc(32, 2);
    expect(links.verify('web', 'uid-1', claim), 'another key').to.equal('wrong');
    key = undefined;
    expect(links.verify('web', 'uid-1', claim), 'no key').to.equal('wrong');
    expect(links.urlFor(web)).to.equal(undefined);
  });

  it('do not take an instance without a uid for one, not even where its link is signed', () => {
    const claim = claimOf(links.urlFor(instanceOf('web', ''))!);
    expect(links.verify('web', undefined, claim)).to.equal('wrong');
  });

  it('stay the same for a day from the creation, and always have their whole life before them', () => {
    const first = links.urlFor(web);
    now = CREATED + DAY - 1000;
    expect(links.urlFor(web)).to.equal(first);
    for (const age of [0, DAY - 1, DAY, 100 * DAY + 12_345_678]) {
      now = CREATED + age;
      const left = claimOf(links.urlFor(web)!).expires - now / 1000;
      expect(left, `${age}`)
        .to.be.at.least(LIFE)
        .and.at.most(LIFE + 86_400);
    }
    now = CREATED - 5000; // the API server's clock is ahead
    expect(links.urlFor(web)).to.equal(first);
  });

  it('are read only in their own form', () => {
    const signature = 'A'.repeat(43);
    expect(readClaim(`expires=1&signature=${signature}`)?.signature).to.have.lengthOf(32);
    for (const query of [
      '',
      `expires=1`,
      `signature=${signature}`,
      `expires=-1&signature=${signature}`,
      `expires=1e3&signature=${signature}`,
      `expires=${'9'.repeat(13)}&signature=${signature}`,
      `expires=1&signature=${signature}A`,
      `expires=1&signature=${signature.slice(1)}`,
      `expires=1&signature=${signature.slice(1)}%2B`,
    ]) {
      expect(readClaim(query), query).to.equal(undefined);
    }
  });
});
