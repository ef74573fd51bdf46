// Run by the Makefile before anything is installed: in old JavaScript, so that an old Node.js can say that it is old.
var parts = process.versions.node.split('.').map(Number);
if (parts[0] < 20 || (parts[0] === 20 && parts[1] < 19)) {
  console.error('Node.js 20.19 or newer is needed; this is ' + process.versions.node + '.');
  process.exit(1);
}
