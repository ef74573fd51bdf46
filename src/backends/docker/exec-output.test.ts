import { expect } from 'chai';
import { ExecOutput, MAX_OUTPUT_BYTES } from './exec-output.js';

function frame(stream: 1 | 2, content: Buffer | string): Buffer {
  const head = Buffer.alloc(8);
  head[0] = stream;
  head.writeUInt32BE(Buffer.byteLength(content), 4);
  return Buffer.concat([head, Buffer.from(content)]);
}

const inPieces = (all: Buffer, size: number): Buffer[] =>
  Array.from({ length: Math.ceil(all.length / size) }, (_, index) =>
    all.subarray(index * size, (index + 1) * size),
  );

describe('ExecOutput', () => {
  const frames = [frame(1, '{"key":'), frame(2, 'wörds'), frame(1, ''), frame(1, '"välue"}'), frame(2, '!')];

  for (const size of [1, 3, 7, 8, 9, 1000]) {
    it(`parts the streams, whatever pieces they come in: ${size} bytes`, () => {
      const output = new ExecOutput();
      for (const piece of inPieces(Buffer.concat(frames), size)) output.push(piece);
      expect(output.stdout).to.equal('{"key":"välue"}');
      expect(output.stderr).to.equal('wörds!');
    });
  }

  it('drops what is beyond its bound of one stream, and goes on with the other', () => {
    const output = new ExecOutput();
    for (let index = 0; index < 3; index++) output.push(frame(1, Buffer.alloc(MAX_OUTPUT_BYTES / 2, 'x')));
    output.push(frame(2, 'the end'));
    expect(output.stdout).to.have.length(MAX_OUTPUT_BYTES);
    expect(output.stderr).to.equal('the end');
  });

  it('takes very many small frames at once', () => {
    const output = new ExecOutput();
    output.push(Buffer.concat(Array.from({ length: 50_000 }, () => frame(1, 'x'))));
    expect(output.stdout).to.have.length(50_000);
  });
});
