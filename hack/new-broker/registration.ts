// src/broker.ts with one backend more.

const BACKENDS = /\bbackends: \[([^\]]*)\]/;
const IMPORT = /^import .* from '(.*)';\n/gm;

/** Throws where the file has no list of backends, or knows the backend already. */
export function withBackend(text: string, name: string, variable: string): string {
  if (new RegExp(`\\b${variable}\\b`).test(text)) {
    throw new Error(`src/broker.ts knows a ${variable} already: choose another name`);
  }
  if (!BACKENDS.test(text)) {
    throw new Error('src/broker.ts has no list `backends: [...]`: add an empty one to its BrokerDefinition');
  }
  const listed = text.replace(BACKENDS, (_, list: string) => {
    const present = list.trim().replace(/,$/, '');
    return `backends: [${present}${present ? ', ' : ''}${variable}]`;
  });
  const path = `./backends/${name}/backend.js`;
  const line = `import { ${variable} } from '${path}';\n`;
  const imports = [...listed.matchAll(IMPORT)];
  const next = imports.find(([, other]) => other! > path);
  const last = imports.at(-1);
  const at = next?.index ?? (last ? last.index + last[0].length : 0);
  return listed.slice(0, at) + line + listed.slice(at);
}
