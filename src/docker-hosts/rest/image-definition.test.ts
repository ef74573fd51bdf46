import { expect } from 'chai';
import type { JsonObject } from '../../sdk/index.js';
import { readImage } from './image-definition.js';

describe('the definition of an image', () => {
  const problemOf = (body: JsonObject, image = 'redis'): string => {
    try {
      readImage(image, { Plan: 'p', ...body });
    } catch (error) {
      return (error as Error).message;
    }
    throw new Error('it was taken');
  };

  it('has its fields in any letter case, and none that is empty', () => {
    const body = {
      ...{ name: 'redis', PLAN: 'p', dashboardurl: { dashboard_url: '' }, Credentials: {} },
      ...{
        containername: '',
        numinstances: 2,
        dockerhost: null,
        metadata: { displayname: 'R', imageUrl: '' },
      },
    };
    expect(readImage('redis', body)).to.deep.equal({
      name: 'redis',
      plan: 'p',
      metadata: { displayName: 'R' },
    });
    expect(readImage('redis', { Plan: 'p', Credentials: null, DashBoardUrl: null })).to.deep.equal({
      name: 'redis',
      plan: 'p',
    });
  });

  it('has all that can be said', () => {
    const credentials = { user: 'u', ports: [1, 2] };
    const body = {
      ...{
        Name: 'redis',
        Plan: 'p',
        DashBoardUrl: { dashboard_url: 'http://$HOST' },
        Credentials: credentials,
      },
      ...{ Numinstances: 0, Containername: 'c', DockerHost: 'h', Metadata: { longDescription: 'l' } },
    };
    expect(readImage('redis', body)).to.deep.equal({
      ...{ name: 'redis', plan: 'p', dashboardUrl: 'http://$HOST', credentials, container: 'c' },
      ...{ dockerHost: 'h', metadata: { longDescription: 'l' } },
    });
  });

  it('is refused for what it cannot have, by the name of the field', () => {
    const wrong: [JsonObject, RegExp][] = [
      [{ Name: 'mysql' }, /^Name must be the one of the path/],
      [{ Offering: 'mysql' }, /^Offering must be the one of the path/],
      [{ Plan: '' }, /^Plan must be a name/],
      [{ Plan: 'a plan' }, /^Plan must be a name/],
      [{ Plan: 7 }, /^Plan must be a text/],
      [{ plan: 'q' }, /^Plan must be given only once/],
      [{ Credntials: {} }, /^the fields are Name, .* there is no "Credntials"$/],
      [{ DashBoardUrl: 'http://x' }, /^DashBoardUrl must be an object/],
      [{ DashBoardUrl: { dashboard_url: 7 } }, /^DashBoardUrl must be /],
      [{ DashBoardUrl: { dashboard_url: 'http://u:p@x/' } }, /^DashBoardUrl must hold no user/],
      [{ Credentials: [1] }, /^Credentials must be an object/],
      [{ Credentials: 'swordfish' }, /^Credentials must be an object/],
      [{ Credentials: { password: '***' } }, /^Credentials.password is masked/],
      [{ Numinstances: -1 }, /^Numinstances must be /],
      [{ Numinstances: '0' }, /^Numinstances must be /],
      [{ Containername: '../etc' }, /^Containername must name a container/],
      [{ Containername: 'c', Numinstances: 1 }, /with Numinstances 0/],
      [{ DockerHost: {}, Containername: 7 }, /^Containername must be a text/],
      [{ DockerHost: 7 }, /^DockerHost must be a text/],
      [{ Metadata: { color: 'red' } }, /there is no "color"$/],
      [{ Metadata: { displayName: 7 } }, /^displayName must be a text/],
    ];
    for (const [body, problem] of wrong) {
      expect(problemOf(body), JSON.stringify(body)).to.match(problem).and.not.include('swordfish');
    }
  });

  it('is for a reference of an image, and for nothing else', () => {
    const right = [
      'redis',
      'redis:7.2-alpine',
      'library/redis',
      'registry.example.org:5000/a/b__c:v1',
      `redis@sha256:${'a'.repeat(64)}`,
    ];
    for (const image of right) expect(readImage(image, { Plan: 'p' }).name).to.equal(image);
    const wrong = [
      '',
      '.',
      '..',
      '../redis',
      'a/../b',
      'a//b',
      '/redis',
      'redis/',
      'Redis',
      'redis:',
      'redis:a:b',
      'a b',
      'a\0',
      'a%2fb',
      'é',
      `a${'b'.repeat(255)}`,
    ];
    for (const image of wrong) expect(problemOf({}, image), image).to.match(/^the image must be /);
  });
});
