// Property tests try the same cases at each run, so that a change is judged by what it changed; FUZZ_SEED=N tries others.
import * as fc from 'fast-check';

fc.configureGlobal({ seed: Number(process.env.FUZZ_SEED ?? 217) });
