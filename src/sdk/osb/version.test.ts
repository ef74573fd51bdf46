import { expect } from 'chai';
import { startHarness, type Harness } from './harness.test.js';

const status = async (osb: Harness, version: string | string[] | undefined) =>
  (await osb.send('GET', '/v2/catalog', { headers: { 'x-broker-api-version': version } })).status;

describe('the version check', () => {
  let osb: Harness;
  beforeEach(async () => (osb = await startHarness()));
  afterEach(() => osb.stop());

  it('[1] [3] [4] serves any minor of major 2, compared as integers', async () => {
    for (const version of ['2.17', '2.18', '2.9', '2.3', '2.0', '2.100', '02.17']) {
      expect(await status(osb, version), version).to.equal(200);
    }
  });

  it('[3] refuses another major with 412', async () => {
    for (const version of ['1.17', '3.0', '20.17', '0.2']) expect(await status(osb, version)).to.equal(412);
    expect(osb.broker.calls).to.be.empty;
  });

  it('[5] refuses what is not MAJOR.MINOR with 400', async () => {
    const malformed = [
      'abc',
      '2',
      '2.',
      '.17',
      '2.17.0',
      '2.x',
      '-2.17',
      '2,17',
      '2.17 2.17',
      `2.${'9'.repeat(99)}`,
    ];
    for (const version of [...malformed, ['2.17', '2.17']]) {
      expect(await status(osb, version), String(version)).to.equal(400);
    }
    expect(osb.broker.calls).to.be.empty;
  });

  it('[2] refuses an absent or empty version with the status that is set', async () => {
    for (const version of [undefined, '']) {
      const headers = { 'x-broker-api-version': version };
      const answered = await osb.send('GET', '/v2/catalog', { headers });
      expect(answered.status).to.equal(400);
      expect(answered.json.description).to.match(/X-Broker-API-Version is needed/);
    }
    const strict = await startHarness({ app: { missingVersionStatus: 412 } });
    for (const version of [undefined, '']) expect(await status(strict, version)).to.equal(412);
    expect(await status(strict, 'abc')).to.equal(400);
    await strict.stop();
  });
});
