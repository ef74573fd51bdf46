import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { parseAllDocuments } from 'yaml';
import { problemsOf } from './checks.js';
import { WorkloadSettings } from './settings.js';

const SAMPLES = new URL('../../../install/samples/', import.meta.url);

describe('the sample workloads', () => {
  for (const file of ['workloads.yaml', 'workloads-postgres.yaml']) {
    const documents = parseAllDocuments(readFileSync(new URL(file, SAMPLES), 'utf8'));
    for (const { spec } of documents.map((document) => document.toJS())) {
      for (const plan of spec.plans) {
        it(`are right: ${spec.name}, plan ${plan.name}`, () => {
          const settings = plainToInstance(WorkloadSettings, plan.settings);
          expect(validateSync(settings, { whitelist: true, forbidNonWhitelisted: true })).to.deep.equal([]);
          expect(problemsOf(settings)).to.deep.equal([]);
        });
      }
    }
  }
});
