import { expect } from 'chai';
import { nameOf } from './api-requests.js';
import { beyondBudget } from './request-budget.js';

const kept = { 'create serviceinstances': 3, 'update serviceinstances/status': 3 };
const apart = { 'create events': 2, 'watch serviceinstances': 1, 'update leases': 4, 'get leases': 1 };

describe('the budget of requests', () => {
  it('is kept by one create and one status write each, whatever Events, watches and the Lease take', () => {
    expect(beyondBudget({ ...kept, ...apart }, 3)).to.deep.equal([]);
  });

  it('is broken by one more, one less, and any other request', () => {
    expect(beyondBudget({ ...kept, 'create serviceinstances': 4 }, 3)).to.deep.equal([
      'create serviceinstances: 4 instead of 3',
    ]);
    expect(beyondBudget({ 'create serviceinstances': 3 }, 3)).to.deep.equal([
      'update serviceinstances/status: 0 instead of 3',
    ]);
    expect(beyondBudget({ ...kept, 'list serviceinstances': 1 }, 3)).to.deep.equal([
      'list serviceinstances: 1 instead of 0',
    ]);
  });

  it('counts requests by verb and resource, and what was refused apart', () => {
    const custom = '/apis/sdkbroker.broker.io/v1alpha1/namespaces/n/serviceinstances';
    const names = [
      { request: { method: 'POST', path: custom } },
      { request: { method: 'PUT', path: `${custom}/i/status` } },
      { request: { method: 'PUT', path: `${custom}/i` }, response: { statusCode: 409 } },
      { request: { method: 'GET', path: `${custom}?limit=500` }, response: { statusCode: 200 } },
      { request: { method: 'GET', path: `${custom}?watch=true&resourceVersion=1` } },
      { request: { method: 'GET', path: '/api/v1/namespaces/n/secrets/s' } },
      { request: { method: 'DELETE', path: `${custom}/i` } },
    ].map(nameOf);
    expect(names).to.deep.equal([
      'create serviceinstances',
      'update serviceinstances/status',
      'update serviceinstances (409)',
      'list serviceinstances',
      'watch serviceinstances',
      'get secrets',
      'delete serviceinstances',
    ]);
  });
});
