// The dashboard's pages. Ids come from outside, so all of them pass through `escape`; the policy is a second fence.
import type { InstanceView } from './ledger.js';

/** Sent with every page: nothing is loaded, nothing runs, nobody frames it. */
export const PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";

const STYLE =
  'body{font-family:sans-serif;margin:2em}td,th{border:1px solid;padding:.3em .6em;text-align:left}';

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escape = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);

function page(title: string, content: string): string {
  return (
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${escape(title)}</title>` +
    `<style>${STYLE}</style></head><body><h1>${escape(title)}</h1>${content}</body></html>\n`
  );
}

/** One instance: its bindings and how many messages it got. */
export function instancePage(service: string, instance: InstanceView): string {
  const bindings = instance.bindings.map((id) => `<li>${escape(id)}</li>`).join('');
  return page(
    `${service} ${instance.id}`,
    `<table><tr><th>Instance</th><th>Bindings</th><th>Messages</th></tr>` +
      `<tr><td>${escape(instance.id)}</td><td>${instance.bindings.length}</td><td>${instance.messages}</td></tr></table>` +
      `<h2>Bindings</h2><ul>${bindings}</ul>`,
  );
}

/** All instances, each with a link to its own page below `base`. */
export function overviewPage(service: string, base: string, instances: readonly InstanceView[]): string {
  const rows = instances.map(
    ({ id, bindings, messages }) =>
      `<tr><td><a href="${escape(`${base}/${encodeURIComponent(id)}`)}">${escape(id)}</a></td>` +
      `<td>${bindings.length}</td><td>${messages}</td></tr>`,
  );
  return page(
    `${service}: instances`,
    `<table><tr><th>Instance</th><th>Bindings</th><th>Messages</th></tr>${rows.join('')}</table>`,
  );
}
