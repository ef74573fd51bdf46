// SIM_SEED=N plays one schedule alone, SIM_TRACE=1 tells all that happens in it; SIM_FROM and SIM_SCHEDULES say which are
// drawn, SIM_LIVES=slow plays the lives with slow watches too.
import { expect } from 'chai';
import { drawn, life, LIFE, lives, POINTS, report, SLOW_LIFE } from './hunt.js';
import { runSchedule, type ScheduleResult } from './schedule.js';

const { SIM_SEED, SIM_TRACE, SIM_FROM = '1', SIM_SCHEDULES = '200', SIM_LIVES } = process.env;
const GROUP = 50;

async function expectNoViolation(results: AsyncIterable<ScheduleResult>): Promise<void> {
  for await (const result of results) if (result.violations.length > 0) expect.fail(report(result));
}

describe('the simulator', function () {
  this.timeout(0);

  if (SIM_SEED !== undefined) {
    it(`schedule ${SIM_SEED}`, async () => {
      const result = await runSchedule({ seed: Number(SIM_SEED), isVerbose: SIM_TRACE === '1' });
      expect(result.violations, report(result, 400)).to.deep.equal([]);
    });
    return;
  }

  it('plays the life of an instance', async () => {
    const { lines, violations } = await life();
    expect(violations).to.deep.equal([]);
    const parts = [
      'disk of i0 is made',
      'i0-b1 has password-1',
      'i0 becomes plan-large',
      'disk of i0 is removed',
    ];
    for (const part of parts)
      expect(
        lines.filter((line) => line.includes(part)),
        part,
      ).to.have.length(1);
  });

  it('plays the same course of events from the same seed', async () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const [one, two] = [await runSchedule({ seed }), await runSchedule({ seed })];
      expect(one.lines).to.deep.equal(two.lines);
    }
  });

  it('sees what is left behind', async () => {
    const { violations } = await runSchedule({
      ...LIFE,
      sabotage: (cloud) => cloud.makePart('nobody', 'disk'),
    });
    expect(violations.map(({ invariant }) => invariant)).to.deep.equal(['nothing is left behind']);
  });

  for (const fault of POINTS) {
    it(`a life in which one request meets ${fault}, for each of its requests`, () =>
      expectNoViolation(lives(LIFE, fault)));
    if (SIM_LIVES !== 'slow') continue;
    it(`a life with slow watches in which one request meets ${fault}, for each of its requests`, () =>
      expectNoViolation(lives(SLOW_LIFE, fault)));
  }

  const [first, count] = [Number(SIM_FROM), Number(SIM_SCHEDULES)];
  for (let from = first; from < first + count; from += GROUP) {
    const size = Math.min(GROUP, first + count - from);
    it(`schedules ${from} to ${from + size - 1}`, () => expectNoViolation(drawn(from, size)));
  }
});
