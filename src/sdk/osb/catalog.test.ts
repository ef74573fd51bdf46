import { expect } from 'chai';
import { startHarness, type Harness } from './harness.test.js';
import { OsbError } from './errors.js';

describe('the catalog endpoint', () => {
  let osb: Harness;
  beforeEach(async () => (osb = await startHarness()));
  afterEach(() => osb.stop());

  it('[46] [73] answers with the catalog, its validators, and leave to ask again', async () => {
    const answered = await osb.send('GET', '/v2/catalog');
    expect(answered.status).to.equal(200);
    expect(answered.json).to.deep.equal({ services: [] });
    expect(answered.headers).to.include({
      'content-type': 'application/json',
      etag: '"e-1"',
      'last-modified': 'Fri, 02 Jan 2026 03:04:05 GMT',
    });
    expect(answered.headers['cache-control']).to.include('no-cache').and.not.include('no-store');
  });

  it('[73] answers 304 without a body when nothing has changed', async () => {
    const unchanged = [
      { 'if-none-match': '"e-1"' },
      { 'if-none-match': '"e-0", W/"e-1"' },
      { 'if-none-match': '*' },
      { 'if-modified-since': 'Fri, 02 Jan 2026 03:04:05 GMT' },
    ];
    for (const headers of unchanged) {
      const answered = await osb.send('GET', '/v2/catalog', { headers });
      expect(answered.status, JSON.stringify(headers)).to.equal(304);
      expect(answered.text).to.equal('');
      expect(answered.headers.etag).to.equal('"e-1"');
    }
  });

  it('[73] answers in full when something has changed, or the question makes no sense', async () => {
    const changed = [
      { 'if-none-match': '"e-0"' },
      { 'if-none-match': '"e-0"', 'if-modified-since': 'Fri, 02 Jan 2026 03:04:05 GMT' },
      { 'if-modified-since': 'Fri, 02 Jan 2026 03:04:04 GMT' },
      { 'if-modified-since': 'yesterday' },
    ];
    for (const headers of changed) {
      const answered = await osb.send('GET', '/v2/catalog', { headers });
      expect(answered.status, JSON.stringify(headers)).to.equal(200);
      expect(answered.json).to.have.property('services');
    }
  });

  it('[8] keeps a 304 from whom it does not know', async () => {
    const headers = { authorization: undefined, 'if-none-match': '"e-1"' };
    expect((await osb.send('GET', '/v2/catalog', { headers })).status).to.equal(401);
  });

  it('[36] passes on that there is no catalog yet', async () => {
    osb.broker.overrides.catalog = () => {
      throw new OsbError('Unavailable', 'The catalog is being loaded');
    };
    const answered = await osb.send('GET', '/v2/catalog', { headers: { 'if-none-match': '"e-1"' } });
    expect(answered.status).to.equal(503);
    expect(answered.json).to.deep.equal({ description: 'The catalog is being loaded' });
  });
});
