import { expect } from 'chai';
import { html } from './html.js';

describe('html', () => {
  it('escapes what is put in, in text and in attributes', () => {
    const evil = `<img src=x onerror="alert('1')"> & more`;
    expect(html`<p title="${evil}">${evil}</p>`.text).to.equal(
      '<p title="&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt; &amp; more">' +
        '&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt; &amp; more</p>',
    );
  });

  it('takes its own as it is, one or many, and leaves nothing for what is undefined', () => {
    const items = ['a', '<b>'].map((each) => html`<i>${each}</i>`);
    expect(html`<b>${items}${undefined}${0}</b>`.text).to.equal('<b><i>a</i><i>&lt;b&gt;</i>0</b>');
  });

  it('does not take an object of the same shape for its own', () => {
    const forged = { text: '<b>' } as unknown as string;
    expect(() => html`${forged}`).to.throw();
  });
});
