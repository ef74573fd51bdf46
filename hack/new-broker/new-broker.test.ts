// Names and the registration; what is made of them is walked through in test/clone.
import { expect } from 'chai';
import { idProblem, named, nameProblem, TEMPLATE, wordsOf } from './names.js';
import { withBackend } from './registration.js';

describe('the name of a new backend', () => {
  it('is written as each place wants it', () => {
    const words = wordsOf('redis-cache2');
    expect(words).to.deep.equal({
      kebab: 'redis-cache2',
      camel: 'redisCache2',
      pascal: 'RedisCache2',
      title: 'Redis Cache2',
    });
    const all = Object.values(TEMPLATE).join(', ');
    expect(named(all, words)).to.equal('redis-cache2, redisCache2, RedisCache2, Redis Cache2');
    expect(named(all, TEMPLATE)).to.equal(all);
  });

  it('is a word that everything can be named after', () => {
    for (const name of ['a', 'redis', 'redis-cache', 'r2-d2', 'n'.repeat(40)]) {
      expect(nameProblem(name), name).to.equal(undefined);
    }
    for (const name of ['', 'A', '2a', '-a', 'a-', 'a--b', 'a_b', '../a', 'a/b', 'a b', 'n'.repeat(41)]) {
      expect(nameProblem(name), name).to.include(`"${name}"`);
    }
  });

  it('has ids that are UUIDs', () => {
    expect(idProblem('0d4d8a3e-6c0e-4c53-9d3c-5f2d5f4f7f7e')).to.equal(undefined);
    expect(idProblem('1')).to.include('must be a UUID');
  });
});

describe('the registration of a backend', () => {
  const line = (name: string): string => `import { ${name}Backend } from './backends/${name}/backend.js';\n`;
  const other = `import { x } from './x.js';\n`;
  const rest = (list: string): string => `\nexport const broker = {\n  backends: [${list}],\n};\n`;

  it('is an import and a word in the list, each in its place', () => {
    const before = `// Head.\n${line('b')}${other}${rest('bBackend')}`;
    expect(withBackend(before, 'c', 'cBackend')).to.equal(
      `// Head.\n${line('b')}${line('c')}${other}${rest('bBackend, cBackend')}`,
    );
    expect(withBackend(`${line('a')}${rest('')}`, 'b', 'bBackend')).to.equal(
      `${line('a')}${line('b')}${rest('bBackend')}`,
    );
    expect(withBackend(`${other}${rest('\n    x,\n  ')}`, 'b', 'bBackend')).to.equal(
      `${line('b')}${other}${rest('x, bBackend')}`,
    );
  });

  it('is refused where it is there, or where there is no list', () => {
    expect(() => withBackend(line('a') + rest('aBackend'), 'a', 'aBackend')).to.throw('knows a aBackend');
    expect(() => withBackend(other, 'a', 'aBackend')).to.throw('has no list');
  });
});
