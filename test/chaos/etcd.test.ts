// A broker of etcd that is killed as a process, before and after each of its requests to etcd.
import { itSurvivesKillsAt } from '../etcd/kills.js';
import { describeWithEtcd } from '../etcd/server.js';
import { POINTS } from '../etcd/steps.js';

describeWithEtcd('a broker of etcd', function () {
  this.timeout(60_000);
  itSurvivesKillsAt(POINTS);
});
