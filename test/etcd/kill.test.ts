// A broker of etcd that is killed as a process, in its making and in its removing: all points are tried in test/chaos,
// since each takes some seconds, and without processes in crash.test.ts.
import { itSurvivesKillsAt } from './kills.js';
import { describeWithEtcd } from './server.js';
import { type Point } from './steps.js';

const POINTS: readonly Point[] = [
  { step: 'bind', path: 'user/add', side: 'after' },
  { step: 'deprovision', path: 'kv/deleterange', side: 'before' },
];

describeWithEtcd('a broker of etcd', function () {
  this.timeout(60_000);
  itSurvivesKillsAt(POINTS);
});
