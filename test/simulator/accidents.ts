// What happens by itself in a schedule, now and then: to the API server, or to one of the processes.
import type { ApiServer } from './api-server.js';
import type { BrokerProcess } from './broker-process.js';
import type { Accident, Chaos } from './chaos.js';
import type { Random } from './random.js';
import type { VirtualTime } from './time.js';

export interface Site {
  time: VirtualTime;
  chaos: Chaos;
  api: ApiServer;
  processes: () => BrokerProcess[];
}

/** For as long as the schedule runs. */
export function befall(site: Site, random: Random): void {
  const { time, chaos, api, processes } = site;
  const again = (): void => {
    const accident = chaos.accident();
    if (accident === 'restartApi') api.restart(random.between(100, 20_000));
    else if (accident === 'expireAll') api.forgetHistory();
    else if (accident && processes().length > 0) hit(random.pick(processes()), accident, random);
    time.after(random.between(50, 4_000), again);
  };
  again();
}

function hit(
  process: BrokerProcess,
  accident: Exclude<Accident, 'restartApi' | 'expireAll'>,
  random: Random,
): void {
  switch (accident) {
    case 'kill':
      return process.kill('by chance');
    case 'stall':
      return process.stall(random.between(500, 60_000), random.chance(0.5));
    case 'partition':
      return process.cutOff(random.between(500, 40_000));
    case 'jump':
      return process.setClock(random.between(-30_000, 120_000));
    case 'stop':
      return process.stop();
  }
}
