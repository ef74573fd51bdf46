import { IsInt, IsOptional } from 'class-validator';
import { expect } from 'chai';
import type { NamedBackend } from '../authoring/backend.js';
import { defineService } from '../authoring/define-service.js';
import { done } from '../authoring/outcome.js';
import { Backends } from './backends.js';

class Memory {
  @IsOptional() @IsInt() megabytes = 64;
}
const functions = { ensure: async () => done(), destroy: async () => {}, bind: async () => done() };
const plain: NamedBackend = { ...functions, name: 'plain' };
const typed: NamedBackend<Memory> = { ...functions, name: 'typed', settings: Memory };
const service = (id: string, more: object = {}) =>
  defineService({
    id,
    name: id,
    description: 'd',
    plans: [{ id: `${id}-p`, name: 'p', description: 'd' }],
    backend: plain,
    ...more,
  });

describe('the backends of a broker', () => {
  it('are found by name, with the settings as given', () => {
    expect(new Backends([plain]).resolve('s', 'plain', { a: 1 })).to.eql({
      backend: plain,
      settings: { a: 1 },
    });
    expect(new Backends([plain]).resolve('s', 'plain', undefined)).to.eql({ backend: plain, settings: {} });
  });

  it('get settings of their class, defaults filled in', () => {
    const found = new Backends([typed]).resolve('s', 'typed', undefined);
    expect(found).to.have.property('settings').that.is.instanceOf(Memory).and.includes({ megabytes: 64 });
  });

  it('refuse settings that do not fit, by path', () => {
    const found = new Backends([typed]).resolve('s', 'typed', { megabytes: 'canary' });
    expect(found).to.eql({ problems: ['settings.megabytes must be an integer number'] });
  });

  it('are told where the one that is asked for is not there', () => {
    const problems = (backends: NamedBackend[]) => new Backends(backends).resolve('s', 'x', {});
    expect(problems([{ ...functions, name: 'other' }, plain])).to.eql({
      problems: ['backend: there is no "x" in this broker; it has: other, plain'],
    });
    expect(problems([])).to.eql({ problems: ['backend: there is no "x" in this broker; it has: none'] });
  });

  it('may be shared by services and registered as well, each service with its parameter classes', () => {
    const services = [
      service('a', { parameters: Memory }),
      service('b', { bindParameters: Memory }),
      service('c'),
    ];
    const backends = new Backends([plain], services);
    const classes = (id: string) => {
      const found = backends.resolve(id, 'plain', {});
      return 'problems' in found ? found : [found.parameters, found.bindParameters];
    };
    expect(['a', 'b', 'c', 'unknown'].map(classes)).to.eql([
      [Memory, undefined],
      [undefined, Memory],
      [undefined, undefined],
      [undefined, undefined],
    ]);
  });

  it('are refused when two have one name', () => {
    expect(() => new Backends([plain, { ...plain }])).to.throw(
      'two backends are named "plain": rename one of them',
    );
    expect(() => new Backends([{ ...plain }], [service('a')])).to.throw(/two backends are named "plain"/);
  });
});
