// The hunt as a process: prints what it caught, and after how many schedules, as JSON.
import { hunt } from './hunt.js';

const { schedules, result } = await hunt(Number(process.env.SIM_SCHEDULES ?? 1000));
process.stdout.write(
  JSON.stringify({ schedules, seed: result?.seed, invariant: result?.violations[0]?.invariant }),
);
