// A YAML file of ServiceOfferings, with the line that each part of it stands on.
import { readFileSync } from 'node:fs';
import { type Document, isNode, LineCounter, parseAllDocuments } from 'yaml';

export interface Problem {
  line: number;
  /** Empty where the problem is no field's. */
  path: string;
  text: string;
}

export interface CatalogDocument {
  content: unknown;
  /** The line of the field, or of what is nearest to where it should be: `spec.plans[0].id`. */
  lineOf(path: string): number;
}

/** The documents of the file that say something, and where it is not YAML. Throws when it cannot be read. */
export function readCatalog(path: string): { documents: CatalogDocument[]; problems: Problem[] } {
  const lines = new LineCounter();
  const parsed = parseAllDocuments(readText(path), { lineCounter: lines, prettyErrors: false });
  const problems = parsed
    .flatMap(({ errors }) => errors)
    .map(({ pos, message }) => ({
      line: lines.linePos(pos[0]).line,
      path: '',
      text: `is not YAML: ${message}`,
    }));
  const documents = parsed
    .filter(({ errors, contents }) => errors.length === 0 && contents !== null)
    .map((document) => ({
      content: document.toJS() as unknown,
      lineOf: (field: string) => lines.linePos(offsetOf(document, field)).line,
    }))
    .filter(({ content }) => content !== null);
  return { documents, problems };
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Error(`${path} cannot be read (${code}): give the path of a YAML file of ServiceOfferings`, {
      cause: error,
    });
  }
}

function offsetOf(document: Document, field: string): number {
  for (let path = field.split(/[.[\]]+/).filter(Boolean); path.length > 0; path = path.slice(0, -1)) {
    const node = document.getIn(path, true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return document.contents?.range?.[0] ?? 0;
}
