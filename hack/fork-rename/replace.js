// Text with the names of one project, turned into text with those of another, in one pass, so that a new name that
// holds an old one is not replaced again. Knows neither files nor which names are legal.

// A name ends where no letter or digit touches it; the letter of an escape, as in `\n`, is none of a word.
const START = String.raw`(?:(?<![A-Za-z0-9])|(?<=\\[bnrt]))`;
const END = '(?![A-Za-z0-9])';

const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
const snake = (name) => name.replaceAll('-', '_');
const camel = (name) => name.replace(/-+(.)/g, (_, letter) => letter.toUpperCase());

/** The API group as a pattern: in regular expressions, its dots carry backslashes. */
const groupPattern = (group) =>
  `(?<!-)(?<first>${escaped(group.split('.')[0])})(?<slashes>\\\\*)\\.${group
    .split('.')
    .slice(1)
    .map(escaped)
    .join(String.raw`\k<slashes>\.`)}(?!-)`;

/** The repository's name as it is written in names, in metrics (`a_b_`), and in the environment (`A_B_`). */
const repoPattern = (repo) =>
  [
    `(?<screaming>${snake(repo).toUpperCase()})`,
    `(?<snake>(?<=_)${snake(repo)}|${snake(repo)}(?=_)${repo.includes('-') ? `|${snake(repo)}` : ''})`,
    `(?<repo>${repo})`,
  ].join('|');

/** Finds every name of a project: `{ org, repo, group }`; `org` may be missing. */
export function namesPattern({ org, repo, group }) {
  const home = org ? `(?<home>${escaped(`${org}/${repo}`)})|` : '';
  const words = `(?:${home}${groupPattern(group)}|${repoPattern(repo)})${END}`;
  return new RegExp(`${START}(?:${words}|(?<camel>${camel(repo)})(?=[A-Z]))`, 'g');
}

/** A function from text to text. */
export function renamer(from, to) {
  const pattern = namesPattern(from);
  return (text) =>
    text.replace(pattern, (...found) => {
      const { home, first, slashes, screaming, ...written } = found.at(-1);
      if (home) return `${to.org}/${to.repo}`;
      if (first) return to.group.replaceAll('.', `${slashes}.`);
      if (screaming) return snake(to.repo).toUpperCase();
      if (written.camel) return camel(to.repo);
      return written.snake ? snake(to.repo) : to.repo;
    });
}

/** Whether a word stands in a text by itself, in whichever way it is written. */
export const holds = (text, word) =>
  new RegExp(`${START}(?:${escaped(word)}|${escaped(snake(word))})${END}`, 'i').test(text);
