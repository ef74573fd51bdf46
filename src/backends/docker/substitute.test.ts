import { expect } from 'chai';
import { substitute, UnknownPort } from './substitute.js';

const place = {
  host: 'db.example.com',
  ports: new Map([
    ['3306/tcp', 49157],
    ['53/udp', 49158],
    ['33060/tcp', 49159],
    ['53/tcp', 49160],
  ]),
};

describe('substitute', () => {
  it('fills in the host and the ports, in every string however deep, and in no name of a field', () => {
    const said = {
      uri: 'mysql://$HOST:$PORT_3306/db',
      nodes: [{ at: '$HOST' }],
      $HOST: 1,
      on: true,
      no: null,
    };
    expect(substitute(said, place)).to.deep.equal({
      uri: 'mysql://db.example.com:49157/db',
      nodes: [{ at: 'db.example.com' }],
      $HOST: 1,
      on: true,
      no: null,
    });
  });

  it('takes the lowest container port for $PORT, and tcp before udp', () => {
    expect(substitute('$PORT $PORT_53', place)).to.equal('49160 49160');
  });

  it('takes a port by its whole number', () => {
    expect(substitute('$PORT_3306,$PORT_33060', place)).to.equal('49157,49159');
  });

  it('leaves words alone that only begin like one', () => {
    expect(substitute('$HOSTNAME $PORTS $PORT_http $HOST_1', place)).to.equal(
      '$HOSTNAME $PORTS $PORT_http $HOST_1',
    );
  });

  it('fills in nothing twice', () => {
    expect(substitute('$HOST', { ...place, host: '$PORT' })).to.equal('$PORT');
  });

  it('refuses a port that is not published, and says which are', () => {
    expect(() => substitute(['$PORT_80'], place)).to.throw(
      UnknownPort,
      '$PORT_80 is named, and the container does not publish that port: it publishes 3306/tcp, 53/udp, 33060/tcp, 53/tcp',
    );
    expect(() => substitute('$PORT', { host: 'h', ports: new Map() })).to.throw(
      UnknownPort,
      'it publishes none',
    );
  });
});
