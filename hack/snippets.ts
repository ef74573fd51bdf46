// Code in documents is taken from files that are compiled and tested: between `<!-- snippet: PATH -->` and
// `<!-- end -->` stands the file, whole.

const SNIPPET = /(<!-- snippet: (\S+) -->\n)[\s\S]*?(<!-- end -->)/g;

export function withSnippets(text: string, read: (path: string) => string): string {
  return text.replace(SNIPPET, (_, begin: string, path: string, end: string) => {
    const language = path.split('.').at(-1) ?? '';
    return `${begin}\n\`\`\`${language}\n${read(path).trimEnd()}\n\`\`\`\n\n${end}`;
  });
}
