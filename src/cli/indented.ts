// Sentences of the help in lines that fit.

const INDENT = '      ';
const WIDTH = 120;

/** The sentence below what it is about. */
export function indented(sentence: string): string {
  const lines: string[] = [];
  let line = '';
  for (const word of sentence.split(' ')) {
    if (line !== '' && INDENT.length + line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = '';
    }
    line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].map((each) => INDENT + each).join('\n');
}
