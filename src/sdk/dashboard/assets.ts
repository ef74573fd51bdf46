// The style and the script that stand in every page. The policy of the page names their hashes, so that nothing else
// can be run by it; the script is not needed to read the page, only to see it change.
import { createHash } from 'node:crypto';
import { Html } from './html.js';

const STYLE = `
:root {
  color-scheme: light dark;
  --ground: #f6f7f9; --card: #fff; --line: #e3e6ea; --text: #1c2127; --faint: #5b6672;
  --good: #1a7f45; --busy: #8a5a00; --bad: #c0272d; --off: #5b6672;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #14171b; --card: #1d2126; --line: #30363d; --text: #e8ebee; --faint: #9aa5b1;
    --good: #4cc57f; --busy: #e3b04b; --bad: #ff7b76; --off: #9aa5b1;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--text); font: 15px/1.5 system-ui, sans-serif; }
main, footer { max-width: 66rem; margin: 0 auto; padding: 0 1.25rem; }
main { padding-top: 2.5rem; }
footer { padding-top: .5rem; padding-bottom: 2.5rem; color: var(--faint); font-size: .85rem;
  display: flex; flex-wrap: wrap; gap: .25rem 2rem; justify-content: space-between; }
footer p { margin: 0; }
section { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding: 1.1rem 1.35rem;
  margin-bottom: 1.1rem; overflow-wrap: anywhere; }
h1 { margin: 0; font-size: 1.5rem; line-height: 1.3; }
h2 { margin: 0 0 .6rem; font-size: 1rem; }
p { margin: .35rem 0 0; }
.faint, dt, th { color: var(--faint); }
.state { display: flex; align-items: center; gap: .6rem; margin: .9rem 0 0; font-size: 1.1rem; font-weight: 600; }
.state::before, #live::before { content: ""; width: .7rem; height: .7rem; border-radius: 50%; background: currentColor;
  flex: none; }
.good { color: var(--good); } .busy { color: var(--busy); } .bad { color: var(--bad); } .off { color: var(--off); }
dl { display: flex; flex-wrap: wrap; gap: .8rem 2.5rem; margin: 0; }
dt { font-size: .8rem; }
dd { margin: 0; }
.scroll { overflow-x: auto; }
.scroll:focus-visible { outline: 2px solid var(--faint); outline-offset: 4px; }
table { width: 100%; border-collapse: collapse; font-size: .92rem; }
th { text-align: left; font-weight: 500; font-size: .8rem; white-space: nowrap; }
th, td { padding: .4rem 1.4rem .4rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
td { white-space: nowrap; overflow-wrap: normal; }
tr:last-child > td { border-bottom: 0; }
td.text { width: 100%; min-width: 13rem; white-space: normal; overflow-wrap: anywhere; }
time { white-space: nowrap; font-variant-numeric: tabular-nums; }
#live { display: flex; align-items: center; gap: .5rem; }
#live::before { width: .5rem; height: .5rem; background: var(--off); }
#live[data-live="on"]::before { background: var(--good); }
@media (prefers-reduced-motion: no-preference) {
  .busy.state::before { animation: pulse 1.6s ease-in-out infinite; }
  @keyframes pulse { 50% { opacity: .25; } }
}
`;

const SCRIPT = `
'use strict';
const RETRY_MS = 15000;
const TRIES = 8;
const live = document.getElementById('live');
let isOver = live === null;
let failures = 0;
let source;
let timer;

function say(text, isLive) {
  live.textContent = text;
  live.dataset.live = isLive ? 'on' : 'off';
}

function show(page) {
  const next = new DOMParser().parseFromString(page, 'text/html');
  for (const part of next.querySelectorAll('[data-part]')) {
    const present = document.querySelector('[data-part="' + part.dataset.part + '"]');
    if (present && present.innerHTML !== part.innerHTML) present.replaceChildren(...part.childNodes);
  }
  document.title = document.querySelector('[data-title]').dataset.title;
}

function stop() {
  clearTimeout(timer);
  source?.close();
}

function end(text) {
  isOver = true;
  stop();
  say(text, false);
}

function follow() {
  source = new EventSource(location.pathname + '/events' + location.search);
  source.onopen = () => { failures = 0; say('Live: changes show as they happen', true); };
  source.onmessage = ({ data }) => show(JSON.parse(data));
  source.addEventListener('gone', ({ data }) => { show(JSON.parse(data)); end('Nothing more will happen here'); });
  source.addEventListener('ended', ({ data }) => end(JSON.parse(data)));
  source.onerror = () => {
    say('Not live: the connection is lost; trying again', false);
    if (source.readyState !== EventSource.CLOSED) return;
    if (++failures < TRIES) timer = setTimeout(follow, RETRY_MS);
    else end('Not live: reload the page to see what has changed');
  };
}

// A browser has few connections to one server, so that many tabs would starve each other.
function followWhileSeen() {
  stop();
  if (!isOver && !document.hidden) follow();
}

document.addEventListener('visibilitychange', followWhileSeen);
followWhileSeen();
`;

// Whole elements: what stands between the tags has to be to the letter what was hashed.
export const STYLE_ELEMENT = new Html(`<style>${STYLE}</style>`);
export const SCRIPT_ELEMENT = new Html(`<script>${SCRIPT}</script>`);

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** On every answer of a dashboard, whatever it is. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy': [
    `default-src 'none'`,
    `script-src ${hashOf(SCRIPT)}`,
    `style-src ${hashOf(STYLE)}`,
    `img-src data:`,
    `connect-src 'self'`,
    `base-uri 'none'`,
    `form-action 'none'`,
    `frame-ancestors 'none'`,
  ].join('; '),
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
};
