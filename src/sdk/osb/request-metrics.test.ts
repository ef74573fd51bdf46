import { expect } from 'chai';
import { OsbError } from './errors.js';
import { BIND, BINDING, INST, PROVISION, startHarness, type Harness } from './harness.test.js';

type Counted = Record<'operation' | 'status' | 'plan' | 'seconds', unknown>;

describe('the metrics of requests', () => {
  let counted: Counted[];
  let osb: Harness;
  beforeEach(async () => {
    counted = [];
    const planName = (serviceId: string, planId: string): string =>
      serviceId === 's' && planId === 'p' ? 'redis/small' : '';
    const metrics = { sink: { requestAnswered: (request: Counted) => counted.push(request) }, planName };
    osb = await startHarness({ app: { metrics } });
  });
  afterEach(() => osb.stop());

  const last = (): unknown[] => {
    const { operation, status, plan, seconds } = counted.at(-1)!;
    expect(seconds).to.be.above(0);
    return [operation, status, plan];
  };

  it('count each endpoint under its name, with the plan that the request names', async () => {
    const ids = 'service_id=s&plan_id=p';
    for (const [method, path, body, expected] of [
      ['GET', '/v2/catalog', undefined, ['catalog', 200, '']],
      ['PUT', INST, PROVISION, ['provision', 201, 'redis/small']],
      ['GET', `${INST}?${ids}`, undefined, ['fetch_instance', 200, 'redis/small']],
      ['GET', INST, undefined, ['fetch_instance', 200, '']],
      ['PATCH', INST, { service_id: 's', plan_id: 'p' }, ['update', 200, 'redis/small']],
      ['PATCH', INST, { service_id: 's' }, ['update', 200, '']],
      ['DELETE', `${INST}?${ids}`, undefined, ['deprovision', 200, 'redis/small']],
      ['GET', `${INST}/last_operation?${ids}`, undefined, ['instance_last_operation', 200, 'redis/small']],
      ['PUT', BIND, BINDING, ['bind', 201, 'redis/small']],
      ['GET', `${BIND}?${ids}`, undefined, ['fetch_binding', 200, 'redis/small']],
      ['DELETE', `${BIND}?${ids}`, undefined, ['unbind', 200, 'redis/small']],
      ['GET', `${BIND}/last_operation?${ids}`, undefined, ['binding_last_operation', 200, 'redis/small']],
    ] as const) {
      await osb.send(method, path, { body });
      expect(last(), `${method} ${path}`).to.deep.equal(expected);
    }
  });

  it('count what is refused, with no word of what is not in the catalog', async () => {
    osb.broker.overrides.provision = () => {
      throw new OsbError('BadRequest', 'There is no such plan');
    };
    await osb.send('PUT', INST, { body: { ...PROVISION, plan_id: 'made-up' } });
    expect(last()).to.deep.equal(['provision', 400, '']);
    osb.broker.overrides.bind = () => Promise.reject(new Error('broken'));
    await osb.send('PUT', BIND, { body: BINDING });
    expect(last()).to.deep.equal(['bind', 500, 'redis/small']);
    for (const [path, headers, status] of [
      ['/nowhere', {}, 404],
      [INST, { authorization: undefined }, 401],
      [INST, { 'x-broker-api-version': '3.0' }, 412],
    ] as const) {
      await osb.send('GET', path, { headers });
      expect(last()).to.deep.equal(['none', status, '']);
    }
    await osb.send('POST', INST);
    expect(last()).to.deep.equal(['none', 405, '']);
  });
});
