// A view as HTML. The same parts make the page and what is sent after it; a browser exchanges those that have changed.
import { SCRIPT_ELEMENT, STYLE_ELEMENT } from './assets.js';
import { type Html, html, type Part } from './html.js';
import type { EventView, OperationView, View } from './view.js';

const TONE: Record<View['state'], string> = {
  Ready: 'good',
  Pending: 'busy',
  Deleting: 'busy',
  Failed: 'bad',
  Gone: 'off',
};

/** `expires`: when the link ends, in seconds since 1970. */
export function instancePage(view: View, { expires, now }: { expires: number; now: Date }): string {
  return documentOf(
    titleOf(view),
    html`<main>${parts(view)}</main>
      <footer>
        <p id="live" role="status">
          As of ${time(now.toISOString())}; reload the page to see what has changed
        </p>
        <p>All times are UTC. This link works until ${time(new Date(expires * 1000).toISOString())}.</p>
      </footer>
      ${SCRIPT_ELEMENT}`,
  );
}

/** What of a page may change. */
export const instanceParts = (view: View): string => html`${parts(view)}`.text;

/** A page that has only this to say. */
export const plainPage = (title: string, text: string): string =>
  documentOf(
    title,
    html`<main>
      <section>
        <h1>${title}</h1>
        <p>${text}</p>
      </section>
    </main>`,
  );

const documentOf = (title: string, body: Html): string =>
  html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex" />
        <title>${title}</title>
        <link rel="icon" href="data:," />
        ${STYLE_ELEMENT}
      </head>
      <body>
        ${body}
      </body>
    </html> `.text;

const titleOf = ({ state, service, plan }: View): string => `${state}: ${service} ${plan}`;

const parts = (view: View): Html[] => [
  html`<section data-part="state" aria-live="polite" aria-atomic="true">${stateOf(view)}</section>`,
  html`<section data-part="facts" aria-label="Facts">${factsOf(view)}</section>`,
  html`<section data-part="operations" aria-labelledby="operations">
    ${operationsOf(view.operations)}
  </section>`,
  html`<section data-part="conditions" aria-labelledby="conditions">${conditionsOf(view)}</section>`,
  html`<section data-part="events" aria-labelledby="events">${eventsOf(view.events)}</section>`,
];

function stateOf(view: View): Html {
  const { service, plan, state, message } = view;
  return html`<h1 data-title="${titleOf(view)}">${service} <span class="faint">${plan}</span></h1>
    <p class="state ${TONE[state]}">${state}</p>
    ${message === '' ? undefined : html`<p>${message}</p>`}`;
}

function factsOf({ id, service, plan, nextPlan, createdAt, bindings }: View): Html {
  const fact = (name: string, value: Part): Html =>
    html`<div>
      <dt>${name}</dt>
      <dd>${value}</dd>
    </div>`;
  return html`<dl>
    ${fact('Service', service)}
    ${fact('Plan', nextPlan === undefined ? plan : `${plan}, changing to ${nextPlan}`)}
    ${fact('Instance', id)} ${fact('Created', time(createdAt))} ${fact('Bindings', bindings)}
  </dl>`;
}

const STATE_TONE: Record<OperationView['state'], string> = {
  'in progress': 'busy',
  succeeded: 'good',
  failed: 'bad',
};

const operationsOf = (operations: readonly OperationView[]): Html =>
  table('operations', 'Operations', {
    columns: ['Operation', 'State', 'Description', 'Started', 'Finished', 'Failures'],
    rows: operations.map(({ type, state, description, startedAt, finishedAt, attempts }) => [
      type,
      html`<span class="${STATE_TONE[state]}">${state}</span>`,
      description,
      time(startedAt),
      time(finishedAt),
      attempts,
    ]),
    none: 'There was none yet.',
  });

const conditionsOf = ({ conditions }: View): Html =>
  table('conditions', 'Conditions', {
    columns: ['Condition', 'Status', 'Message', 'Reason', 'Since'],
    rows: conditions.map(({ type, status, message, reason, lastTransitionTime }) => [
      type,
      status,
      message,
      reason,
      time(lastTransitionTime),
    ]),
    none: 'There are none yet.',
  });

const eventsOf = (events: readonly EventView[] | undefined): Html =>
  table('events', 'Events', {
    columns: ['Type', 'Message', 'Reason', 'Last seen', 'Times'],
    rows: (events ?? []).map(({ type, reason, message, at, count }) => [
      type === 'Warning' ? html`<span class="bad">${type}</span>` : type,
      message,
      reason,
      time(at),
      count,
    ]),
    none: events
      ? 'There are none; a cluster keeps them for a while only.'
      : 'They cannot be read at the moment.',
  });

/** Columns of prose, which get room. */
const PROSE = ['Description', 'Message'];

function table(
  id: string,
  title: string,
  { columns, rows, none }: { columns: string[]; rows: Part[][]; none: string },
): Html {
  const heading = html`<h2 id="${id}">${title}</h2>`;
  if (rows.length === 0)
    return html`${heading}
      <p class="faint">${none}</p>`;
  const cell = (value: Part, index: number): Html =>
    PROSE.includes(columns[index]!) ? html`<td class="text">${value}</td>` : html`<td>${value}</td>`;
  return html`${heading}
    <div class="scroll" role="region" aria-labelledby="${id}" tabindex="0">
      <table>
        <thead>
          <tr>
            ${columns.map((column) => html`<th scope="col">${column}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${rows.map(
            (row) =>
              html`<tr>
                ${row.map(cell)}
              </tr> `,
          )}
        </tbody>
      </table>
    </div>`;
}

/** As people read it, in UTC. */
function time(at: string | undefined): Html | undefined {
  if (at === undefined || Number.isNaN(Date.parse(at))) return undefined;
  const text = new Date(at).toISOString();
  return html`<time datetime="${text}">${text.slice(0, 10)} ${text.slice(11, 19)}</time>`;
}
