import { expect } from 'chai';
import {
  errorOfAnswer,
  errorOfFailure,
  isAlreadyExists,
  isConflict,
  isGone,
  isInvalid,
  isNotFound,
} from './errors.js';

const status = (fields: object): string => JSON.stringify({ kind: 'Status', ...fields });
const plain = { call: 'get things x', confidential: false };

describe('KubeError', () => {
  it('says what was called, the status, the reason and the message of the server', () => {
    const body = status({ code: 404, reason: 'NotFound', message: 'things "x" not found' });
    const error = errorOfAnswer(plain, { status: 404, body });
    expect(error.message).to.equal('get things x: 404 NotFound: things "x" not found');
    expect(error).to.include({ status: 404, reason: 'NotFound' });
  });

  it('keeps what the server says about a secret object to itself', () => {
    const body = status({ code: 422, reason: 'Invalid', message: 'data: "hunter2" is bad' });
    const error = errorOfAnswer({ ...plain, confidential: true }, { status: 422, body });
    expect(error.message).to.equal('get things x: 422 Invalid');
    expect(JSON.stringify({ ...error, stack: error.stack })).not.to.include('hunter2');
  });

  for (const body of ['<html>hunter2</html>', '"hunter2"', 'null', '{"message":"hunter2"}', '']) {
    it(`never repeats a body that is no Status: ${body}`, () => {
      expect(errorOfAnswer(plain, { status: 502, body }).message).to.equal('get things x: 502');
    });
  }

  it('tells the fields that the server objects to, without their values', () => {
    const causes = [
      { reason: 'FieldValueInvalid', message: 'hunter2', field: 'spec.size' },
      { message: 'x' },
    ];
    const body = status({ code: 422, reason: 'Invalid', details: { causes } });
    const error = errorOfAnswer({ ...plain, confidential: true }, { status: 422, body });
    expect(error.fields).to.deep.equal(['spec.size']);
    expect(JSON.stringify(error)).not.to.include('hunter2');
    expect(errorOfFailure(plain, new Error('x')).fields).to.deep.equal([]);
  });

  it('takes Retry-After from the header, else from the Status', () => {
    const body = status({ details: { retryAfterSeconds: 3 } });
    expect(errorOfAnswer(plain, { status: 429, retryAfter: '7', body }).retryAfterSeconds).to.equal(7);
    expect(errorOfAnswer(plain, { status: 429, body }).retryAfterSeconds).to.equal(3);
    const date = 'Wed, 21 Oct 2026 07:28:00 GMT';
    expect(errorOfAnswer(plain, { status: 429, retryAfter: date, body: '' }).retryAfterSeconds).to.equal(
      undefined,
    );
  });

  it('has status 0 and the code of the system for a connection that failed', () => {
    const cause = Object.assign(new Error('connect refused'), { code: 'ECONNREFUSED' });
    const error = errorOfFailure(plain, cause);
    expect(error).to.include({ status: 0, message: 'get things x: ECONNREFUSED connect refused', cause });
  });

  it('tells the kinds apart', () => {
    const of = (code: number, reason: string): Error =>
      errorOfAnswer(plain, { status: code, body: status({ reason }) });
    const kinds = { isNotFound, isAlreadyExists, isConflict, isGone, isInvalid };
    const namesOf = (error: unknown): string[] =>
      Object.entries(kinds).flatMap(([name, is]) => (is(error) ? [name] : []));
    expect(namesOf(of(404, 'NotFound'))).to.deep.equal(['isNotFound']);
    expect(namesOf(of(409, 'AlreadyExists'))).to.deep.equal(['isAlreadyExists']);
    expect(namesOf(of(409, 'Conflict'))).to.deep.equal(['isConflict']);
    expect(namesOf(of(410, 'Expired'))).to.deep.equal(['isGone']);
    expect(namesOf(of(422, 'Invalid'))).to.deep.equal(['isInvalid']);
    expect(namesOf(Object.assign(new Error('x'), { status: 404 }))).to.deep.equal([]);
  });
});
