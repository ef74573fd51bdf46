import { expect } from 'chai';
import { EngineError, engineErrorOf, isEngineError } from './engine-errors.js';

const asked = { engine: 'tcp://h:2376', what: 'start the container x' };
const withCode = (code: string): Error => Object.assign(new Error('words'), { code });
/** As docker-modem throws it. */
const answered = (statusCode: number, said: string): Error =>
  Object.assign(new Error(`(HTTP code ${statusCode}) server error - ${said} `), { statusCode });

describe('engineErrorOf', () => {
  for (const [code, kind, message] of [
    ['ECONNREFUSED', 'unreachable', 'cannot be reached: nothing listens there'],
    ['ENOENT', 'unreachable', 'cannot be reached: there is no such socket'],
    ['ENOTFOUND', 'unreachable', 'cannot be reached: the name of its host is not known'],
    ['EUNKNOWN', 'unreachable', 'cannot be reached: words'],
    ['CERT_HAS_EXPIRED', 'untrusted', 'cannot be used: its certificate has expired'],
    [
      'DEPTH_ZERO_SELF_SIGNED_CERT',
      'untrusted',
      'cannot be used: its certificate is not of the authority in ca.crt',
    ],
    [
      'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED',
      'untrusted',
      'cannot be used: it wants a client certificate that it trusts in tls.crt, with its key in tls.key',
    ],
  ] as const) {
    it(`says what ${code} is`, () => {
      const error = engineErrorOf(withCode(code), asked);
      expect(error).to.include({ kind, message: `the Docker Engine at tcp://h:2376 ${message}` });
    });
  }

  for (const [status, said, kind] of [
    [404, 'No such container: x', 'not found'],
    [404, 'No such image: redis:7', 'no image'],
    [404, 'manifest for redis:77 not found: manifest unknown: manifest unknown', 'no image'],
    [404, "pull access denied for x, repository does not exist or may require 'docker login'", 'no image'],
    [409, 'Conflict. The container name "/x" is already in use', 'conflict'],
    [500, 'driver failed: Bind for 0.0.0.0:49156 failed: port is already allocated', 'port taken'],
    [500, 'listen tcp4 0.0.0.0:80: bind: address already in use', 'port taken'],
    [500, 'write /var/lib/docker/x: no space left on device', 'no space'],
    [400, 'invalid reference format', 'invalid'],
    [500, 'something', 'other'],
  ] as const) {
    it(`knows ${kind} by "${said}"`, () => {
      const error = engineErrorOf(answered(status, said), asked);
      expect(error).to.include({
        kind,
        message: `the Docker Engine at tcp://h:2376 cannot start the container x: ${said}`,
      });
    });
  }

  it('tells of an engine that wants TLS', () => {
    const error = engineErrorOf(answered(400, 'Client sent an HTTP request to an HTTPS server.'), asked);
    expect(error).to.include({ kind: 'untrusted' });
    expect(error.message).to.equal(
      'the Docker Engine at tcp://h:2376 cannot be used: it wants TLS, and its host has none set',
    );
  });

  it('keeps what is said short, and in one line', () => {
    expect(engineErrorOf(answered(500, `first\nsecond`), asked).message).to.match(/: first$/);
    expect(engineErrorOf(answered(500, 'x'.repeat(1000)), asked).message).to.match(/: x{300}…$/);
    expect(engineErrorOf(answered(500, ''), asked).message).to.match(/: it does not say why$/);
  });

  it('is told apart by its kind', () => {
    const error = new EngineError('conflict', 'no');
    expect(isEngineError(error)).to.equal(true);
    expect(isEngineError(error, 'late', 'conflict')).to.equal(true);
    expect(isEngineError(error, 'late')).to.equal(false);
    expect(isEngineError(new Error('no'))).to.equal(false);
  });
});
