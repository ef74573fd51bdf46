// Makes docs/conformance.md: every rule of the protocol, and the tests that show it. Tests claim rules by number at the
// start of their titles, as in `[91, 96] …`; here the titles are read from the sources, without running anything.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import ts from 'typescript';
import { CONFORMANCE_ITEMS, type ConformanceItem } from '../test/conformance/items.js';

const ROOT = fileURLToPath(new URL('../', import.meta.url));

export interface Claim {
  /** Relative to the repository. */
  file: string;
  title: string;
  items: number[];
}

const NUMBERS = /^(?:\[\d+(?:, ?\d+)*\] ?)+/;

/** The items that a title claims, and what is left of it. */
export function parseTitle(title: string): { items: number[]; text: string } {
  const [claim = ''] = NUMBERS.exec(title) ?? [];
  return { items: (claim.match(/\d+/g) ?? []).map(Number), text: title.slice(claim.length) };
}

/** Every test that claims an item, in the order of files and lines. A skipped test claims nothing. */
export function readClaims(directories = ['test', 'src', 'hack']): Claim[] {
  return directories
    .flatMap((directory) =>
      readdirSync(join(ROOT, directory), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.test.ts'))
        .map((name) => join(ROOT, directory, name)),
    )
    .sort()
    .flatMap((path) => claimsOf(relative(ROOT, path).split(sep).join('/'), readFileSync(path, 'utf8')));
}

/** The claims of one source. */
export function claimsOf(file: string, source: string): Claim[] {
  const claims: Claim[] = [];
  const visit = (node: ts.Node): void => {
    const title =
      ts.isCallExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === 'it'
        ? titleOf(node.arguments[0])
        : undefined;
    if (title !== undefined) {
      const { items, text } = parseTitle(title);
      if (items.length > 0) claims.push({ file, title: text, items });
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, source, ts.ScriptTarget.Latest));
  return claims;
}

/** The text of a literal; what is filled in when the test runs shows as an ellipsis. */
function titleOf(node: ts.Expression | undefined): string | undefined {
  if (!node) return undefined;
  if (ts.isStringLiteralLike(node)) return node.text;
  if (!ts.isTemplateExpression(node)) return undefined;
  return node.head.text + node.templateSpans.map(({ literal }) => `…${literal.text}`).join('');
}

const isContract = ({ file }: Claim): boolean => file.startsWith('test/contract/');
const bindsBroker = ({ binds }: ConformanceItem): boolean => binds !== 'P';

/** What is wrong with the claims: items of the broker that no contract test shows, and numbers that are no item. */
export function conformanceProblems(claims: readonly Claim[]): string[] {
  const known = new Set(CONFORMANCE_ITEMS.map(({ number }) => number));
  const shown = new Set(claims.filter(isContract).flatMap(({ items }) => items));
  return [
    ...claims.flatMap(({ file, title, items }) =>
      items
        .filter((item) => !known.has(item))
        .map((item) => `${file}: "${title}" claims ${item}, which is no item`),
    ),
    ...CONFORMANCE_ITEMS.filter((item) => bindsBroker(item) && !shown.has(item.number)).map(
      ({ number, summary }) => `item ${number} has no contract test: ${summary}`,
    ),
  ];
}

const HEAD = `# Conformance

What the Open Service Broker API 2.17 asks for, and the tests that show that this broker does it. Made from
test/conformance/items.ts and the titles of the tests by \`make generate\`; do not edit.

Each rule has a number, and a level: MUST, SHOULD and MAY are the specification's; MUST\\* follows from several rules
together; MAY-silent is our choice where the specification leaves one. The contract tests run against the whole broker,
on the embedded API server and on a real one. Rules for platforms are marked as such; where a test shows that the broker
relies on one, or bears with its breach, it is named.
`;

/** The text of docs/conformance.md. */
export async function conformance(): Promise<string> {
  const claims = readClaims();
  const sections = [...new Set(CONFORMANCE_ITEMS.map(({ section }) => section))];
  const text = [HEAD, ...sections.map((section) => sectionText(section, claims))].join('\n');
  const options = await resolveConfig(join(ROOT, '.prettierrc.json'));
  return format(text, { ...options, parser: 'markdown' });
}

function sectionText(section: string, claims: readonly Claim[]): string {
  const items = CONFORMANCE_ITEMS.filter((item) => item.section === section);
  return [`## ${section}\n`, ...items.map((item) => itemText(item, claims))].join('\n');
}

function itemText(item: ConformanceItem, claims: readonly Claim[]): string {
  const own = claims.filter(({ items }) => items.includes(item.number));
  const level = item.level.replace('*', '\\*');
  const whose = item.binds === 'B' ? level : item.binds === 'P' ? `${level}, platform` : `${level}, both`;
  const lines = own
    .toSorted((a, b) => Number(isContract(b)) - Number(isContract(a)))
    .map((claim) => `- ${isContract(claim) ? '' : 'unit: '}\`${claim.file}\`: ${escape(claim.title)}`);
  const none = bindsBroker(item) ? ['- no test yet'] : [];
  return [
    `**${item.number}** (${whose}) ${escape(item.summary)}\n`,
    ...(own.length > 0 ? lines : none),
    '',
  ].join('\n');
}

const escape = (text: string): string => text.replace(/[\\*_<>[\]`]/g, (character) => `\\${character}`);
