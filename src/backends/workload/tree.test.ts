import { expect } from 'chai';
import * as fc from 'fast-check';
import { pathText, renderTree, TreeError, usesIn } from './tree.js';

const scope = (value: unknown) => ({ parameters: { value } });

describe('a tree of templates', () => {
  it('is rendered string by string; names of fields and all else stay', () => {
    const tree = { '{{ name }}': ['{{ parameters.value }}', 1, null, { deep: 'a-{{ parameters.value }}' }] };
    expect(renderTree(tree, scope(7), 'm')).to.deep.equal({ '{{ name }}': [7, 1, null, { deep: 'a-7' }] });
  });

  it('leaves out what has a condition that does not hold', () => {
    const tree = (condition: unknown) => ({
      field: { $if: condition, a: 1 },
      list: [0, { $if: condition, b: 2 }],
    });
    expect(renderTree(tree('parameters.value'), scope(true), 'm')).to.deep.equal({
      field: { a: 1 },
      list: [0, { b: 2 }],
    });
    expect(renderTree(tree('parameters.value'), scope(false), 'm')).to.deep.equal({ list: [0] });
    expect(renderTree(tree(false), scope(1), 'm')).to.deep.equal({ list: [0] });
  });

  it('renders nothing of what is left out', () => {
    const tree = [{ $if: 'parameters.missing', a: '{{ parameters.missing }}' }];
    expect(renderTree(tree, scope(1), 'm')).to.deep.equal([]);
  });

  it('says where a template fails', () => {
    const tree = [{ a: 'b' }, { spec: { replicas: '{{ parameters.size }}' } }];
    expect(() => renderTree(tree, scope(1), 'manifests'))
      .to.throw(TreeError, 'manifests[1].spec.replicas: parameters.size does not exist')
      .with.property('missing', 'parameters.size');
    expect(() => renderTree([{ $if: '|' }], scope(1), 'manifests')).to.throw('manifests[0].$if: invalid');
  });

  it('tells what its templates take, and where', () => {
    const uses = usesIn({ a: ['{{ x.y }}', '{{ broken', 1], b: { $if: 'z', c: 'plain' } }, ['m']);
    expect(uses.map((use) => [pathText(use.path), use.variables, use.problem])).to.deep.equal([
      ['m.a[0]', [['x', 'y']], undefined],
      ['m.a[1]', [], 'output "{{ broken" not closed'],
      ['m.b.$if', [['z']], undefined],
      ['m.b.c', [], undefined],
    ]);
  });

  describe('with any value whatsoever', () => {
    const hostile = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        '{{ parameters }}',
        "{% include 'a' %}",
        '"}, "x": {"',
        '\n  - evil: true',
        '{% raw %}',
        '$if',
      ),
      fc.jsonValue(),
    );
    const manifest = {
      kind: 'ConfigMap',
      metadata: { name: 'n', labels: { plain: 'a' } },
      data: { mixed: 'a {{ parameters.value }} b', plain: 'c' },
      list: ['x', '{{ parameters.value }}', { end: true }],
    };

    it('changes no more than the string where it is named', () => {
      fc.assert(
        fc.property(hostile, (value) => {
          const plain = JSON.parse(JSON.stringify(value)) as unknown;
          const rendered = renderTree(manifest, scope(plain), 'm') as typeof manifest;
          expect(rendered.data.mixed)
            .to.be.a('string')
            .that.matches(/^a [^]* b$/);
          expect(rendered.list[1]).to.deep.equal(plain);
          expect({
            ...rendered,
            data: { ...rendered.data, mixed: manifest.data.mixed },
            list: rendered.list.map((each, index) => (index === 1 ? manifest.list[1] : each)),
          }).to.deep.equal(manifest);
        }),
      );
    });

    it('puts text in as it is', () => {
      fc.assert(
        fc.property(fc.string({ unit: 'binary' }), (value) => {
          const rendered = renderTree(manifest, scope(value), 'm') as typeof manifest;
          expect(rendered.data.mixed).to.equal(`a ${value} b`);
          expect(rendered.list[1]).to.equal(value);
        }),
      );
    });

    it('is never a template itself, nor a condition', () => {
      fc.assert(
        fc.property(hostile, (value) => {
          const nested = { parameters: { value: [{ $if: value }, value] } };
          expect(() => renderTree('{{ parameters.value | json }}', nested, 'm')).not.to.throw();
          expect(renderTree(['{{ parameters.value }}'], nested, 'm')).to.deep.equal([
            JSON.parse(JSON.stringify(nested.parameters.value)),
          ]);
        }),
      );
    });
  });
});
