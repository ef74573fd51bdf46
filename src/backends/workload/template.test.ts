import { expect } from 'chai';
import { holds, renderText, TemplateError, variablesOf, variablesOfCondition } from './template.js';

const scope = {
  parameters: { count: 3, tags: ['a', 'b'], on: false, nothing: null, text: '{{ secrets.password }}' },
  secrets: { password: 'pa55word' },
  objects: { Secret: {} },
};

describe('a template', () => {
  for (const [text, value] of [
    ['plain', 'plain'],
    ['', ''],
    ['{{ parameters.count }}', 3],
    ['{{ parameters.on }}', false],
    ['{{ parameters.nothing }}', null],
    ['{{ parameters.tags }}', ['a', 'b']],
    ['{{ parameters.text }}', '{{ secrets.password }}'],
    ['x{{ parameters.count }}', 'x3'],
    ["{{ parameters.count | append: '' }}", '3'],
    ['{{ parameters.count | plus: 1 }}', 4],
    ['{{ parameters.missing | default: 5 }}', 5],
    ['{{ parameters.size | default: 5 }}', 5],
    ['{{ parameters.tags.size }}', 2],
    ['{{ parameters.on | default: true, allow_false: true }}', false],
    ['{% if parameters.missing %}a{% else %}b{% endif %}', 'b'],
    ["{% assign n = 'count' %}{{ parameters[n] }}", 3],
    ['{{ secrets.password | base64_encode }}', 'cGE1NXdvcmQ='],
    ['{% raw %}{{ x }}{% endraw %}', '{{ x }}'],
  ] as const) {
    it(`${text || '(empty)'} is ${JSON.stringify(value)}`, () => {
      expect(renderText(text, scope)).to.deep.equal(value);
    });
  }

  it('yields copies, which may be changed', () => {
    expect(renderText('{{ parameters.tags }}', scope)).not.to.equal(scope.parameters.tags);
  });

  for (const [text, message] of [
    ['{{ parameters.size }}', 'parameters.size does not exist'],
    ['{{ parameters.constructor }}', 'parameters.constructor does not exist'],
    ['{{ parameters.count | date }}', 'undefined filter: date'],
    ['{% include "/etc/passwd" %}', 'tag "include" not found'],
    ['{% render "a" %}', 'tag "render" not found'],
    ['{{ parameters', 'output "{{ parameters" not closed'],
    ['{% for i in (1..999999999) %}x{% endfor %}', 'memory alloc limit exceeded'],
  ]) {
    it(`${text} is refused: ${message}`, () => {
      expect(() => renderText(text!, scope)).to.throw(TemplateError, message);
    });
  }

  it('that fails quotes itself, and no value', () => {
    const text = '{{ objects.Secret[secrets.password].data }}';
    expect(() => renderText(text, scope))
      .to.throw(TemplateError, 'objects.Secret[secrets.password].data does not exist')
      .with.property('missing', 'objects.Secret[secrets.password].data');
  });

  it('tells the variables that it takes, those inside of others included', () => {
    expect(variablesOf('plain')).to.deep.equal([]);
    expect(
      variablesOf('{% assign a = instance.name %}{{ objects.Service[instance.name] }}{{ a }}'),
    ).to.deep.equal([
      ['instance', 'name'],
      ['objects', 'Service', ['instance', 'name']],
    ]);
  });
});

describe('a condition', () => {
  it('holds or does not, and counts what is missing as false', () => {
    expect(holds('parameters.count > 2', scope)).to.equal(true);
    expect(holds('parameters.count > 2 and parameters.missing', scope)).to.equal(false);
    expect(holds('parameters.on', scope)).to.equal(false);
  });

  it('is no template of its own', () => {
    for (const condition of ['{{ parameters.on }}', 'a %}{% if b', '', '|']) {
      expect(() => holds(condition, scope), condition).to.throw(TemplateError);
      expect(() => variablesOfCondition(condition), condition).to.throw(TemplateError);
    }
  });
});
