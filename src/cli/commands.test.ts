import { expect } from 'chai';
import { COMMANDS, findCommand } from './commands.js';
import { helpOf } from './help.js';

const nameOf = (...words: string[]): string | undefined => findCommand(words).command?.name;

describe('the commands', () => {
  it('are found by their first words, and get the others', () => {
    expect(findCommand(['serve', '--port', '1'])).to.deep.include({
      args: ['--port', '1'],
      wantsHelp: false,
    });
    expect(findCommand(['catalog', 'validate', 'x'])).to.deep.include({ args: ['x'] });
    expect(nameOf('catalog', 'validate', 'serve')).to.equal('catalog validate');
  });

  it('leave the word to the help of the program where none is named', () => {
    for (const words of [[], ['--help'], ['-h'], ['--help', 'serve']]) {
      expect(findCommand(words)).to.deep.equal({ args: [], wantsHelp: true });
    }
    expect(findCommand(['serve', '--port', '1', '-h']).wantsHelp).to.equal(true);
    expect(nameOf('catalog', '--help')).to.equal('catalog validate');
  });

  for (const [words, hint] of [
    [['sevre'], '"sevre" is not a command; did you mean "serve"?'],
    [['catalog', 'vlaidate', 'x'], '"catalog vlaidate" is not a command; did you mean "catalog validate"?'],
    [['serve-all'], '"serve-all" is not a command'],
    [['--version'], '"--version" is not a command; did you mean "version"?'],
  ] as const) {
    it(`are suggested: ${words.join(' ')}`, () => {
      expect(() => findCommand(words))
        .to.throw(hint)
        .with.property('message')
        .that.includes('catalog validate');
    });
  }

  it('have each a help that begins with how to call it, in lines that fit', () => {
    for (const command of COMMANDS) {
      expect(helpOf(command).split('\n')[0]).to.equal(
        `Usage: brokersdk ${command.name} ${command.usage}`.trim(),
      );
      expect(helpOf()).to.include(command.name).and.to.include(command.summary);
      for (const line of helpOf(command).split('\n')) expect(line).to.have.length.below(121);
    }
  });
});
