// Settings as a YAML file: one mapping of flag names to values. Every value is taken as the text that stands in the
// file, as in an environment, so that a password of digits stays what it is. Nothing of the file is ever quoted but keys.
import { readFileSync } from 'node:fs';
import { isMap, isScalar, LineCounter, parseDocument, type Scalar } from 'yaml';
import { FLAGS, type Layer, settingOf } from './settings.js';
import { suggestion } from './settings-nearest.js';

export interface SettingsFile {
  layer: Layer;
  problems: string[];
}

/** What the file says. `label` is how the user named it: `--config` or the variable. */
export function readSettingsFile(path: string, label: string): SettingsFile {
  const failed = (problem: string): SettingsFile => ({ layer: new Map(), problems: [problem] });
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return failed(`${label} must be a file that can be read (${code}), not ${JSON.stringify(path)}`);
  }
  const lines = new LineCounter();
  const { contents, errors } = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [first] = errors;
  if (first) {
    // Not the parser's message, which quotes the file.
    const { line } = lines.linePos(first.pos[0]);
    return failed(`${path}, line ${line}: is not YAML (${first.code.toLowerCase().replaceAll('_', ' ')})`);
  }
  if (contents === null) return { layer: new Map(), problems: [] };
  if (!isMap(contents)) return failed(`${path} must hold lines like "port: 8080"`);
  const file: SettingsFile = { layer: new Map(), problems: [] };
  for (const { key, value } of contents.items) takeEntry(file, path, key, value);
  return file;
}

function takeEntry(file: SettingsFile, path: string, keyNode: unknown, value: unknown): void {
  const key = isScalar(keyNode) ? textOf(keyNode) : '';
  const setting = settingOf(key);
  if (!setting) {
    const near = suggestion(key.replace(/^BROKER_/, ''), FLAGS);
    file.problems.push(`${JSON.stringify(key)} in ${path} is not a setting${near}`);
  } else if (value !== null && !isScalar(value)) {
    file.problems.push(`${key} in ${path} must be a single value`);
  } else {
    file.layer.set(setting, { text: value ? textOf(value) : '', label: `${key} in ${path}` });
  }
}

function textOf({ value, source = '' }: Scalar): string {
  if (value === null) return '';
  return typeof value === 'string' ? value : source;
}
