// `brokersdk catalog validate FILE`: says what is wrong with a catalog file, in lines that an editor can jump to.
import { broker } from '../broker.js';
import { type CatalogReport, checkCatalog } from './catalog-check.js';

export async function run(args: string[]): Promise<void> {
  const [file, ...more] = args;
  if (file === undefined || file.startsWith('-') || more.length > 0) {
    throw new Error('catalog validate takes one file: brokersdk catalog validate FILE');
  }
  const report = checkCatalog(file, broker);
  for (const { line, path, text } of report.problems) {
    process.stdout.write(`${file}:${line}: ${path ? `${path}: ` : ''}${text}\n`);
  }
  for (const { line, path, text } of report.notes) {
    process.stdout.write(`${file}:${line}: note: ${path}: ${text}\n`);
  }
  process.stdout.write(`${file}: ${summary(report)}\n`);
  if (report.problems.length > 0) process.exitCode = 1;
}

function summary({ problems, offerings, plans }: CatalogReport): string {
  if (problems.length === 0) {
    return `${counted(offerings.all, 'offering')} with ${counted(plans.all, 'plan')}, all right.`;
  }
  const found = counted(problems.length, 'problem');
  return `${offerings.right} of ${counted(offerings.all, 'offering')} and ${plans.right} of ${counted(plans.all, 'plan')} right; ${found}.`;
}

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;
